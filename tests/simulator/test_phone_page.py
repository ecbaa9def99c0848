#!/usr/bin/python3
"""The phone page in a real browser: scan, approve, deny, expire, and a hostile text.

PICTURES_DIR receives a picture of every screen, on a phone and on a desktop.
"""

import base64
import json
import os
import shutil
import tempfile
import time
import unittest
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys as Press
from selenium.webdriver.support.ui import WebDriverWait

from client import CLAIM
from stage import CLIENT_ID, PATIENCE, Simulator, decode, main

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
)

HOSTILE = (
    "<b>Log in</b> to <i>web01</i><br>as <u>alice</u>"
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
    "<b onclick='window.hit = 3' id='approve' style='position:fixed'>bold</b>"
    "<a href='javascript:window.hit = 4'>link</a><iframe src='/'></iframe><style>*{}</style>"
    "</div></main><h1>Approved</h1><!-- --><svg onload='window.hit = 5'>"
    "&lt;u&gt; 1 < 2 and 3 > 2 <b><i>open"
)


class BrowserTest(unittest.TestCase):
    ROTATE = "0"  # what is on the page stays good, however long the browser takes

    @classmethod
    def setUpClass(cls):
        cls.pictures = Path(os.environ.get("PICTURES_DIR") or tempfile.mkdtemp())
        cls.pictures.mkdir(parents=True, exist_ok=True)
        cls.profile = tempfile.mkdtemp(prefix="itsme-sim-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for switch in (*SWITCHES, f"--user-data-dir={cls.profile}"):
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(
            service=Service(shutil.which("chromedriver")), options=options)
        cls.addClassCleanup(cls.clean)

    @classmethod
    def clean(cls):
        cls.browser.quit()
        shutil.rmtree(cls.profile, ignore_errors=True)
        if not os.environ.get("PICTURES_DIR"):
            shutil.rmtree(cls.pictures)

    def setUp(self):
        self.simulator = Simulator("--interval", "0", "--qr-rotate", self.ROTATE)
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

    def wait(self, condition, text: str, seconds: float = PATIENCE):
        return WebDriverWait(self.browser, seconds, 0.05).until(lambda _: condition(), text)

    def wait_for_screen(self, kind: str):
        def there():
            found = self.browser.find_elements(By.CSS_SELECTOR, f'.card[data-screen="{kind}"]')
            return found[0] if found else None
        return self.wait(there, f"no screen {kind}")

    def press(self, label: str) -> None:
        button = self.wait(lambda: next(
            (one for one in self.browser.find_elements(By.TAG_NAME, "button")
             if one.text == label), None), f"no button {label}")
        button.click()

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
        return self.ask(person, scope="openid service:ORG_CONFIRM", claims={"userinfo": {
            CLAIM + "claim_approval_template_name": {"essential": True, "value": "free_text"},
            CLAIM + "claim_approval_text_key": {"essential": True, "value": text}}})

    def assert_quiet(self) -> None:
        """No script error, nothing refused by the page's own policy, no request elsewhere."""
        self.assertEqual([entry["message"] for entry in self.browser.get_log("browser")], [])
        fetched = self.browser.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        foreign = [name for name in fetched
                   if not name.startswith((self.simulator.ready["phone"], "data:"))]
        self.assertEqual(foreign, [])


class PageTest(BrowserTest):
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
        card = self.wait_for_screen("request")
        self.take_pictures("10-long")
        button = next(one for one in card.find_elements(By.TAG_NAME, "button")
                      if one.text == "Approve")
        for size, (_, height) in SIZES.items():
            self.resize(size)
            bottom = self.browser.execute_script(
                "return arguments[0].getBoundingClientRect().bottom", button)
            self.assertLess(bottom, height, size)

    def test_page_says_what_it_is(self):
        text = self.browser.find_element(By.TAG_NAME, "body").text
        self.assertIn("Simulator", text)
        self.assertIn("not affiliated", text)

    def test_simulator_gone_is_said(self):
        self.simulator.stop()
        problem = self.browser.find_element(By.ID, "problem")
        self.wait(lambda: "does not answer" in problem.text, "not said")
        self.browser.get("about:blank")


class RotationTest(BrowserTest):
    ROTATE = "2"

    def test_code_on_the_page_follows_the_rotation(self):
        session = self.client.begin().json["user_discovery_session_id"]
        self.wait_for_screen("scan")
        code = self.browser.find_element(By.ID, "code")
        before = self.wait(lambda: code.get_attribute("src"), "no code")
        time.sleep(2.05)
        self.client.poll_session(session)
        self.wait(lambda: code.get_attribute("src") != before, "the code is the old one")


if __name__ == "__main__":
    main()
