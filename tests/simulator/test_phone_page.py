#!/usr/bin/python3
"""The phone page in a real browser: scan, approve, deny, expire, and a hostile text.

PICTURES_DIR receives a picture of every screen, on a phone and on a desktop.
"""

import base64
import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys as Press

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from browser import Browser
from client import confirmation
from stage import CLIENT_ID, Simulator, decode, main

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}

HOSTILE = (
    "<b>Log in</b> to <i>web01</i><br>as <u>alice</u>"
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
    "<b onclick='window.hit = 3' id='approve' style='position:fixed'>bold</b>"
    "<a href='javascript:window.hit = 4'>link</a><iframe src='/'></iframe><style>*{}</style>"
    "</div></main><h1>Approved</h1><!-- --><svg onload='window.hit = 5'>"
    "&lt;u&gt; 1 < 2 and 3 > 2 <b><i>open"
)


TEXT = ("Log in to <b>web01</b> as <b>alice</b>.<br>Number: <b>47</b><br>"
        "Command: <b>systemctl restart nginx</b><br>Service: sudo<br>From: 192.0.2.7<br>"
        "Time: 2026-03-01 14:05 +0100<br>Refuse if you did not ask for this.")


class PageTest(unittest.TestCase):
    ROTATE = "0"  # what is on the page stays good, however long the browser takes

    @classmethod
    def setUpClass(cls):
        cls.pictures = Path(os.environ.get("PICTURES_DIR") or tempfile.mkdtemp())
        cls.pictures.mkdir(parents=True, exist_ok=True)
        if not os.environ.get("PICTURES_DIR"):
            cls.addClassCleanup(shutil.rmtree, cls.pictures)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.end)

    OPTIONS: tuple = ()

    def setUp(self):
        self.simulator = Simulator("--interval", "0", "--qr-rotate", self.ROTATE, *self.OPTIONS)
        self.addCleanup(self.simulator.remove)
        self.client = self.simulator.client()
        self.addCleanup(self.client.close)
        self.resize("phone")
        self.browser.get(self.simulator.ready["phone"])
        self.browser.get_log("browser")
        self.wait_for_screen("idle")

    # --- helpers

    def resize(self, size: str) -> None:
        width, height = SIZES[size]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def take_pictures(self, name: str) -> None:
        for size in SIZES:
            self.resize(size)
            self.browser.save_screenshot(str(self.pictures / f"{name}-{size}.png"))
            wide = self.browser.execute_script(
                "return document.documentElement.scrollWidth > innerWidth")
            self.assertFalse(wide, f"{name} is wider than a {size}")
        self.resize("phone")

    def wait(self, *arguments):
        return self.browser.wait(*arguments)

    def wait_for_screen(self, kind: str):
        def there():
            found = self.browser.find_elements(By.CSS_SELECTOR, f'.card[data-screen="{kind}"]')
            return found[0] if found else None
        return self.wait(there, f"no screen {kind}")

    def press(self, label: str) -> None:
        self.browser.button(label).click()

    def assert_in_reach(self, label: str) -> None:
        """Without scrolling."""
        button = self.browser.button(label)
        for size, (_, height) in SIZES.items():
            self.resize(size)
            bottom = self.browser.execute_script(
                "return arguments[0].getBoundingClientRect().bottom", button)
            self.assertLess(bottom, height, size)
        self.resize("phone")

    def choose(self, person: str) -> None:
        self.browser.find_element(
            By.CSS_SELECTOR, f'input[name=person][value="{person}"]').find_element(
                By.XPATH, "..").click()

    def subject(self, person: str) -> str:
        return self.simulator.run(
            "subject", "--person", person, "--client-id", CLIENT_ID).stdout.strip()

    def ask(self, person: str, **changes) -> str:
        hint = self.client.hint(self.subject(person), "subject_code")
        answer = self.client.authenticate(hint, **changes)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["auth_req_id"]

    def confirm(self, person: str, text: str) -> str:
        return self.ask(person, **confirmation(text))

    def assert_quiet(self) -> None:
        """No script error, nothing refused by the page's own policy, no request elsewhere."""
        self.assertEqual([entry["message"] for entry in self.browser.get_log("browser")], [])
        fetched = self.browser.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        foreign = [name for name in fetched
                   if not name.startswith((self.simulator.ready["phone"], "data:"))]
        self.assertEqual(foreign, [])


class WalkTest(PageTest):
    def test_scan_then_approve(self):
        self.take_pictures("1-idle")
        session = self.client.begin().json["user_discovery_session_id"]
        card = self.wait_for_screen("scan")
        self.assertIn(CLIENT_ID, card.text)
        source = self.wait(lambda: card.find_element(By.ID, "code").get_attribute("src"), "no code")
        payload = decode(base64.b64decode(source.partition(",")[2]))
        self.assertEqual(payload, json.loads(self.simulator.run(
            "pending", "--json").stdout)["sessions"][0]["payload"])
        self.choose("bob")
        self.take_pictures("2-scan")
        self.press("Scan as Bob")
        self.wait_for_screen("waiting")
        self.take_pictures("3-scanned")
        identifier = self.client.poll_session(session).json["user_identifier_token"]
        asked = self.client.authenticate(self.client.hint(identifier)).json["auth_req_id"]
        card = self.wait_for_screen("request")
        self.assertIn("ORG_LOGIN", card.text)
        self.assertRegex(card.text, r"[12]:[0-5]\d left")
        self.take_pictures("4-request")
        self.press("Approve")
        self.assertIn("Approved", self.wait_for_screen("result").text)
        self.take_pictures("5-approved")
        token = self.client.token(asked).json["id_token"]
        claims = self.client.verify(self.client.decrypt(token)[1])[1]
        self.assertEqual(claims["sub"], self.subject("bob"))
        self.press("Done")
        self.wait_for_screen("idle")
        self.assert_quiet()

    def test_typed_address_scans(self):
        begun = self.client.begin().json
        self.wait_for_screen("scan")
        payload = decode(base64.b64decode(begun["user_discovery_token"]["qr_code"]))
        self.browser.find_element(By.TAG_NAME, "summary").click()
        field = self.browser.find_element(By.ID, "typed")
        field.send_keys("https://somewhere.example/" + Press.TAB)
        self.press("Open")
        problem = self.browser.find_element(By.ID, "problem")
        self.wait(lambda: "not one of ours" in problem.text, "no refusal")
        self.simulator.run("deny")
        asked = self.ask("bob")
        self.wait(lambda: self.browser.find_elements(By.CLASS_NAME, "badge"), "no badge")
        self.assertIn("not one of ours", problem.text, "news wiped the answer away")
        self.assertEqual(self.client.token(asked).error, "authorization_pending")
        field.clear()
        field.send_keys(payload)
        self.press("Open")
        self.wait_for_screen("waiting")

    def test_deny(self):
        asked = self.ask("alice")
        self.wait_for_screen("request")
        self.press("Deny")
        self.assertIn("Denied", self.wait_for_screen("result").text)
        self.take_pictures("6-denied")
        self.assertEqual(self.client.token(asked).error, "access_denied")
        self.assert_quiet()

    def test_expiry_by_time(self):
        asked = self.ask("alice", requested_expiry=6)
        self.wait_for_screen("request")
        self.assertIn("Too late", self.wait_for_screen("result").text)
        self.take_pictures("7-expired")
        self.assertEqual(self.client.token(asked).error, "expired_token")

    def test_request_for_somebody_else_is_announced(self):
        self.ask("chloe")
        self.wait(lambda: self.browser.find_elements(By.CLASS_NAME, "badge"), "no badge")
        self.wait_for_screen("idle")
        self.take_pictures("8-badge")
        self.choose("chloe")
        self.wait_for_screen("request")

    def test_keyboard_alone_is_enough(self):
        asked = self.ask("alice")
        self.wait_for_screen("request")
        for _ in range(12):
            self.browser.switch_to.active_element.send_keys(Press.TAB)
            if self.browser.switch_to.active_element.text == "Approve":
                break
        self.browser.switch_to.active_element.send_keys(Press.ENTER)
        self.wait_for_screen("result")
        self.assertEqual(self.client.token(asked).status, 200)

    def test_hostile_text_is_inert(self):
        self.confirm("alice", HOSTILE)
        card = self.wait_for_screen("request")
        text = card.find_element(By.CLASS_NAME, "text")
        self.assertEqual(self.browser.execute_script("return window.hit"), None)
        inside = self.browser.execute_script(
            "return [...arguments[0].querySelectorAll('*')].map("
            "(node) => node.localName + node.getAttributeNames().join())", text)
        self.assertEqual(set(inside), {"b", "i", "u", "br"})
        content = text.get_attribute("textContent")
        self.assertIn("window.hit = 1", content)          # its text stays, as text
        self.assertIn("&lt;u&gt; 1 < 2 and 3 > 2 ", content)
        self.assertEqual(len(card.find_elements(By.TAG_NAME, "h1")), 1)
        self.take_pictures("9-hostile")
        self.press("Approve")
        self.wait_for_screen("result")
        self.assert_quiet()

    def test_long_text_keeps_the_buttons_in_reach(self):
        self.confirm("alice", "sudo <b>/usr/bin/id</b> " + "long-word" * 700)
        self.wait_for_screen("request")
        self.take_pictures("10-long")
        self.assert_in_reach("Approve")

    def test_page_says_what_it_is(self):
        text = self.browser.find_element(By.TAG_NAME, "body").text
        self.assertIn("Simulator", text)
        self.assertIn("not affiliated", text)

    def test_simulator_gone_is_said(self):
        self.simulator.stop()
        problem = self.browser.find_element(By.ID, "problem")
        self.wait(lambda: "does not answer" in problem.text, "not said")
        self.browser.get("about:blank")


class RotationTest(PageTest):
    ROTATE = "2"

    def test_code_on_the_page_follows_the_rotation(self):
        session = self.client.begin().json["user_discovery_session_id"]
        self.wait_for_screen("scan")
        code = self.browser.find_element(By.ID, "code")
        before = self.wait(lambda: code.get_attribute("src"), "no code")
        time.sleep(2.05)
        self.client.poll_session(session)
        self.wait(lambda: code.get_attribute("src") != before, "the code is the old one")


class NumberEntryTest(PageTest):
    OPTIONS = ("--number-entry",)

    def push(self, text: str = TEXT):
        """Push to Alice; the field of her page, once it is there."""
        self.asked = self.confirm("alice", text)
        self.wait_for_screen("request")
        return self.browser.find_element(By.ID, "number")

    def assert_pending(self) -> None:
        self.assertEqual(self.client.token(self.asked).error, "authorization_pending")

    def test_number_is_hidden_everywhere_in_the_page(self):
        self.push()
        self.assertIn("Number: ••\nCommand", self.wait_for_screen("request").text)
        told = self.browser.execute_async_script(
            "fetch('api/state', {method: 'POST', body: '{}', headers: {'Content-Type': "
            "'application/json', 'X-Token': document.querySelector('meta[name=token]').content}})"
            ".then((answer) => answer.json()).then(arguments[0])")["requests"][0]
        self.assertEqual(told["text"], TEXT.replace("47", "••"))
        self.assertEqual(told.keys(), {
            "id", "client_id", "person", "subject", "service", "kind", "text", "number_needed",
            "code_needed", "expires_in", "expires_at"})
        for place in ("text", "entry", "buttons"):
            self.assertNotIn("47", self.browser.find_element(
                By.CLASS_NAME, place).get_attribute("outerHTML"))
        self.take_pictures("11-number")
        self.assert_quiet()

    def test_right_number_approves(self):
        self.push().send_keys("47")
        self.press("Approve")
        self.assertIn("Approved", self.wait_for_screen("result").text)
        self.assertEqual(self.client.token(self.asked).status, 200)
        self.assert_quiet()

    def test_other_number_denies(self):
        self.push().send_keys("74")
        self.press("Approve")
        result = self.wait_for_screen("result")
        self.assertIn("Denied\nThat is not the number on the computer.", result.text)
        self.assertIn("Wrong number by Alice", self.browser.find_element(By.ID, "recent").text)
        self.take_pictures("12-mistyped")
        self.assertEqual(self.client.token(self.asked).error, "access_denied")

    def test_no_number_is_no_answer(self):
        field = self.push()
        problem = self.browser.find_element(By.ID, "number-problem")
        for typed in ("", "4", "4x"):
            field.clear()
            field.send_keys(typed)
            self.press("Approve")
            self.wait(lambda: "two digits" in problem.text, "not said")
            self.assertEqual(self.browser.switch_to.active_element, field)
            self.assertEqual(field.get_attribute("aria-invalid"), "true")
        self.take_pictures("13-slip")
        self.assert_pending()

    def test_denying_wants_no_number(self):
        self.push()
        self.press("Deny")
        self.assertIn("Nobody was let in", self.wait_for_screen("result").text)
        self.assertEqual(self.client.token(self.asked).error, "access_denied")

    def test_keyboard_alone_is_enough(self):
        """The field has the focus, and Enter in it approves."""
        self.assertEqual(self.push(), self.browser.switch_to.active_element)
        self.browser.switch_to.active_element.send_keys("47" + Press.ENTER)
        self.wait_for_screen("result")
        self.assertEqual(self.client.token(self.asked).status, 200)

    def test_field_says_what_it_wants(self):
        field = self.push()
        self.assertEqual(field.accessible_name, "Number on the computer's screen")
        self.assertEqual(field.get_attribute("inputmode"), "numeric")
        self.assertEqual(field.get_attribute("autocomplete"), "off")

    def test_typing_elsewhere_is_not_led_into_the_field(self):
        self.client.begin()
        self.wait_for_screen("scan")
        self.browser.find_element(By.TAG_NAME, "summary").click()
        self.browser.find_element(By.ID, "typed").send_keys("https://12")
        field = self.push()
        self.browser.switch_to.active_element.send_keys("12" + Press.ENTER)
        self.assertEqual(self.browser.switch_to.active_element.tag_name, "h1")
        self.assertEqual(field.get_attribute("value"), "")
        self.assert_pending()

    def test_login_without_a_number_asks_for_none(self):
        asked = self.ask("alice")
        self.wait_for_screen("request")
        self.assertEqual(self.browser.find_elements(By.ID, "number"), [])
        self.press("Approve")
        self.wait(lambda: self.client.token(asked).status == 200, "not approved")

    def test_long_text_keeps_the_buttons_in_reach(self):
        self.push(TEXT + "<br>" + "long-word" * 700)
        self.press("Approve")           # with the complaint, it is at its longest
        self.take_pictures("14-number-long")
        self.assert_in_reach("Approve")


del PageTest

if __name__ == "__main__":
    main()
