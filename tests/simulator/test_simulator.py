#!/usr/bin/python3
"""The simulator's good side: whole logins, pace, rotating codes, both shapes, its commands."""

import base64
import http.client
import json
import re
import socket
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from client import CLAIM, Keys, confirmation
from stage import CLIENT_ID, PATIENCE, PROGRAM, SimulatorTest, decode, main

from itsme_sim import number  # noqa: E402
from itsme_sim.world import Pace, Session, new_handle  # noqa: E402

ADVANCED = CLAIM + "acr_advanced"


class CommandTest(SimulatorTest):
    def command(self, *arguments: str) -> str:
        """Run a subcommand that must succeed; what it prints."""
        done = self.simulator.run(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def discover(self, person: str = "alice") -> str:
        session = self.client.begin().json["user_discovery_session_id"]
        self.command("scan", "--person", person)
        return self.client.poll_session(session).json["user_identifier_token"]

    def ask(self, person: str = "alice", **changes) -> str:
        hint = self.client.hint(self.subject(person), "subject_code")
        return self.client.authenticate(hint, **changes).json["auth_req_id"]


class LoginTest(CommandTest):
    OPTIONS = ("--interval", "0")

    def test_login_by_qr_code(self):
        begun = self.client.begin().json
        self.assertEqual(begun["status"], "PENDING_USER_DISCOVERY")
        token = begun["user_discovery_token"]
        self.assertRegex(token["expires_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        image = base64.b64decode(token["qr_code"], validate=True)
        self.assertTrue(image.startswith(b"\xff\xd8\xff"))
        payload = decode(image)
        self.assertEqual(len(payload), 104)
        session = begun["user_discovery_session_id"]
        self.assertEqual(self.client.poll_session(session).json, {
            "user_discovery_session_id": session, "status": "PENDING_USER_DISCOVERY"})
        self.command("scan", "--payload", payload, "--person", "Bob Dubois")
        found = self.client.poll_session(session).json
        self.assertEqual(found["status"], "USER_DISCOVERED")
        asked = self.client.authenticate(self.client.hint(found["user_identifier_token"])).json
        self.assertEqual(self.client.token(asked["auth_req_id"]).error, "authorization_pending")
        self.command("approve")
        answer = self.client.token(asked["auth_req_id"]).json
        self.assertEqual(answer["token_type"], "Bearer")
        outer, inner = self.client.decrypt(answer["id_token"])
        self.assertEqual(outer, {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256",
                                 "cty": "JWT", "kid": "enc1"})
        header, claims = self.client.verify(inner)
        self.assertEqual(header["alg"], "RS256")
        self.assertEqual(claims["iss"], self.client.issuer)
        self.assertEqual(claims["aud"], CLIENT_ID)
        self.assertEqual(claims["sub"], self.subject("bob"))
        self.assertEqual(claims["acr"], CLAIM + "acr_basic")
        self.assertLessEqual(abs(claims["iat"] - time.time()), PATIENCE)
        self.assertEqual(claims["exp"], claims["iat"] + 300)

    def test_login_by_subject_and_user_data(self):
        asked = self.ask("chloe", scope="openid service:ORG_LOGIN profile email",
                         acr_values=ADVANCED, claims={
            "id_token": {"email": None, "nobody_has_this": None},
            "userinfo": {CLAIM + "claim_device": None}})
        self.command("approve")
        answer = self.client.token(asked).json
        _, claims = self.client.verify(self.client.decrypt(answer["id_token"])[1])
        self.assertEqual(claims["email"], "chloe@example.org")
        self.assertEqual(claims["acr"], ADVANCED)
        self.assertNotIn("nobody_has_this", claims)
        for method in ("GET", "POST"):
            data = self.client.call(method, self.client.issuer + "/userinfo", None, {
                "Authorization": "Bearer " + answer["access_token"]})
            self.assertEqual(data.headers["Content-Type"], "application/json")
            _, user = self.client.verify(self.client.decrypt(data.body.decode())[1])
            self.assertEqual(user["sub"], claims["sub"])
            self.assertEqual(user["name"], "Chloé Maes")
            self.assertIs(user["email_verified"], False)
            self.assertIs(user[CLAIM + "claim_device"]["rooted"], False)
            self.assertNotIn("phone_number", user)

    def test_somebody_else_approves(self):
        asked = self.ask("alice")
        self.command("approve", "--person", "bob")
        _, claims = self.client.verify(
            self.client.decrypt(self.client.token(asked).json["id_token"])[1])
        self.assertEqual(claims["sub"], self.subject("bob"))

    def test_discovery_document(self):
        document = self.client.get("/.well-known/openid-configuration").json
        self.assertEqual(document["issuer"], self.client.issuer)
        self.assertEqual(document["jwks_uri"], self.client.issuer + "/jwks")
        self.assertEqual(document["backchannel_authentication_endpoint"],
                         self.client.issuer + "/backchannel/authentication")
        self.assertEqual(document["token_endpoint_auth_methods_supported"], ["private_key_jwt"])

    def test_no_private_key_is_published(self):
        for key in self.client.get("/jwks").json["keys"]:
            self.assertEqual(key.keys(), {"kty", "kid", "use", "n", "e"})

    def test_provider_keys_rotate(self):
        before = set(self.client.provider_keys())
        kid = self.command("rotate-keys").strip()
        self.assertEqual(set(self.client.provider_keys()), before | {kid})
        asked = self.ask()
        self.command("approve")
        header, _ = self.client.verify(
            self.client.decrypt(self.client.token(asked).json["id_token"])[1])
        self.assertEqual(header["kid"], kid)

    def test_client_keys_rotate(self):
        new = Keys("new")
        old = json.loads(self.simulator.jwks.read_text())["keys"]
        added = json.loads(new.published())["keys"]
        self.addCleanup(self.simulator.jwks.write_text, self.simulator.keys.published())
        self.simulator.jwks.write_text(json.dumps({"keys": old + added}))
        kids = set()
        for attempt in range(60):
            asked = self.ask()
            self.command("approve") if attempt < 1 else self.approve_quickly()
            token = self.client.token(asked).json["id_token"]
            kids.add(json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"])
            if kids == {"enc1", "encnew"}:
                break
        self.assertEqual(kids, {"enc1", "encnew"})
        self.simulator.jwks.write_text(json.dumps({"keys": added}))
        self.assertEqual(self.client.begin().status, 401)
        self.client.keys = new
        self.assertEqual(self.client.begin().status, 200)

    def approve_quickly(self):
        """Without the start of a process."""
        control = urlsplit(self.simulator.ready["control"])
        connection = http.client.HTTPConnection(control.hostname, control.port, timeout=PATIENCE)
        connection.request("POST", control.path + "approve", "{}", {
            "Content-Type": "application/json",
            "X-Token": (self.simulator.state / "control-token").read_text()})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_log_tells_everything_but_secrets(self):
        start = len(self.simulator.log())
        identifier = self.discover()
        asked = self.client.authenticate(self.client.hint(identifier)).json["auth_req_id"]
        self.command("approve")
        answer = self.client.token(asked).json
        self.client.get("/userinfo", {"Authorization": "Bearer " + answer["access_token"]})
        lines = self.simulator.log()[start:]
        self.assertEqual([line["endpoint"] for line in lines], [
            "begin_session", "poll_session", "authenticate", "token", "userinfo"])
        self.assertEqual(lines[0]["assertion"]["claims"]["sub"], CLIENT_ID)
        self.assertEqual(lines[2]["request"]["claims"]["scope"], "openid service:ORG_LOGIN")
        self.assertEqual(lines[2]["hint"], "user_identifier_token")
        self.assertEqual(len({line["connection"] for line in lines}), 1)
        self.assertEqual(len(self.simulator.log("hello")) >= 1, True)
        whole = (self.simulator.state / "requests.jsonl").read_text()
        for secret in (identifier, asked, answer["access_token"], answer["refresh_token"]):
            self.assertNotIn(secret, whole)

    def test_connections_are_counted(self):
        before = len(self.simulator.log("connection"))
        self.client.get("/jwks")
        port = self.client.connection.sock.getsockname()[1]
        self.client.get("/jwks")
        self.client.close()
        self.client.get("/jwks")
        connections = self.simulator.log("connection")[before:]
        self.assertEqual(len(connections), 2)
        self.assertEqual(connections[0]["peer_port"], port)
        self.assertEqual(connections[0]["server_name"], "localhost")


class PaceTest(CommandTest):
    OPTIONS = ("--interval", "3", "--qr-rotate", "1")

    def test_discovery_faster_than_interval_is_429(self):
        start = len(self.simulator.log())
        session = self.client.begin().json["user_discovery_session_id"]
        self.assertEqual(self.client.poll_session(session).status, 200)
        self.assertEqual(self.client.poll_session(session).status, 429)
        time.sleep(3)
        self.assertEqual(self.client.poll_session(session).status, 200)
        early = [line["early"] for line in self.simulator.log()[start:] if line.get("gap")]
        self.assertEqual(early, [True, False])

    def test_token_faster_than_interval_slows_down(self):
        asked = self.ask()
        self.assertEqual(self.client.token(asked).error, "authorization_pending")
        self.assertEqual(self.client.token(asked).error, "slow_down")
        self.command("approve")
        time.sleep(3.1)
        self.assertEqual(self.client.token(asked).error, "slow_down")
        self.assertEqual(self.simulator.log()[-1]["interval"], 8)

    def test_codes_rotate_and_old_ones_die(self):
        begun = self.client.begin().json
        first = decode(base64.b64decode(begun["user_discovery_token"]["qr_code"]))
        time.sleep(2.05)
        answer = self.client.poll_session(begun["user_discovery_session_id"]).json
        second = decode(base64.b64decode(answer["user_discovery_token"]["qr_code"]))
        self.assertNotEqual(first, second)
        refused = self.simulator.run("scan", "--payload", first)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("replaced", refused.stderr)


class LongTest(CommandTest):
    OPTIONS = ("--interval", "0", "--session-max", "2")

    def test_session_polled_for_too_long_is_400(self):
        session = self.client.begin().json["user_discovery_session_id"]
        time.sleep(2.05)
        self.assertEqual(self.client.poll_session(session).status, 400)


class CodeTest(unittest.TestCase):
    """Which code is good when, on a clock of the test's own."""

    def setUp(self):
        patch = mock.patch("itsme_sim.world.time.monotonic", lambda: self.now)
        patch.start()
        self.addCleanup(patch.stop)
        self.now = 1000.0
        self.session = Session(None, Pace(5), rotate=20, length=104, created=self.now)

    def test_current_and_previous_code_are_good(self):
        codes = [self.session.payload(number) for number in range(4)]
        self.assertEqual(len(set(codes)), 4)
        good = {1000.0: [0], 1019.9: [0], 1020.0: [0, 1], 1039.9: [0, 1], 1040.0: [1, 2],
                1075.0: [2, 3]}
        for self.now, numbers in good.items():
            found = [number for number in range(4) if self.session.accepts(codes[number])]
            self.assertEqual(found, numbers, self.now)

    def test_a_code_that_differs_in_one_letter_is_refused(self):
        code = self.session.payload(0)
        self.assertFalse(self.session.accepts(code[:-1] + ("a" if code[-1] != "a" else "b")))
        self.assertFalse(self.session.accepts(code[:-1]))

    def test_no_handle_looks_like_an_option(self):
        with mock.patch("itsme_sim.world.secrets.token_urlsafe", lambda size: "-a-"):
            self.assertEqual(new_handle(8), "_a_")

    def test_pace(self):
        pace, early = Pace(5), []
        for self.now in (1000.0, 1004.9, 1009.9, 1014.895, 1019.0):
            early.append(pace.poll()["early"])
        self.assertEqual(early, [False, True, False, False, True])


class NameTest(SimulatorTest):
    OPTIONS = ("--name", "provider.example")

    def test_issuer_and_certificate_have_the_name(self):
        issuer = urlsplit(self.simulator.ready["issuer"])
        self.assertEqual(issuer.hostname, "provider.example")
        with socket.create_connection(("127.0.0.1", issuer.port), PATIENCE) as plain, \
                self.client.tls.wrap_socket(plain, server_hostname=issuer.hostname) as secured:
            self.assertTrue(secured.version())


class OtherShapeTest(CommandTest):
    OPTIONS = ("--no-interval", "--flat", "--qr-format", "png", "--qr-logo", "--qr-bytes", "150",
               "--jwe-alg", "RSA-OAEP", "--jwe-enc", "A256GCM", "--error-text", "detail",
               "--login-hint-token-format", "object", "--userinfo-type", "application/jwt",
               "--auto", "approve", "--auto-delay", "0.1", "--auto-person", "chloe")

    def test_flat_png_without_interval_then_auto(self):
        begun = self.client.begin().json
        self.assertEqual(begun.keys(), {"user_discovery_session_id", "status", "qr_code",
                                        "expires_at"})
        image = base64.b64decode(begun["qr_code"])
        self.assertTrue(image.startswith(b"\x89PNG"))
        self.assertEqual(len(decode(image)), 150)
        session = begun["user_discovery_session_id"]
        self.simulator.wait_idle()
        identifier = self.client.poll_session(session).json["user_identifier_token"]
        hint = {"type": "user_identifier_token", "value": identifier}
        asked = self.client.authenticate(hint).json
        self.assertEqual(asked.keys(), {"auth_req_id", "expires_in"})
        self.simulator.wait_idle()
        answer = self.client.token(asked["auth_req_id"]).json
        outer, inner = self.client.decrypt(answer["id_token"])
        self.assertEqual((outer["alg"], outer["enc"]), ("RSA-OAEP", "A256GCM"))
        self.assertEqual(self.client.verify(inner)[1]["sub"], self.subject("chloe"))

    def test_interval_not_told_is_five_seconds(self):
        hint = {"type": "subject_code", "value": self.subject("bob")}
        asked = self.client.authenticate(hint).json["auth_req_id"]
        self.client.token(asked)
        line = self.simulator.log()[-1]
        self.assertEqual(line["interval"], 5)

    def test_error_text_in_detail(self):
        answer = self.client.begin(extra="x").json
        self.assertEqual(answer.keys(), {"error", "detail"})

    def test_signed_hint_refused_where_an_object_is_wanted(self):
        answer = self.client.authenticate(self.client.hint(self.subject("bob"), "subject_code"))
        self.assertEqual((answer.status, answer.error), (400, "invalid_request"))


class NumberTest(unittest.TestCase):
    """Where the number stands in a text, whatever else stands there."""

    def test_number_is_hidden_and_nothing_else(self):
        for text, shown, found in (
                ("Number: <b>47</b><br>Time: 14:05", "Number: <b>••</b><br>Time: 14:05", "47"),
                ("47", "••", "47"),
                ("number 47, please", "number ••, please", "47"),
                ("It is 47.<br>12", "It is ••.<br>12", "47"),
                ("From: 192.0.2.77<br>47", "From: 192.0.2.77<br>••", "47"),
                ("2001:db8::42 web-42 42nd 4711 47", "2001:db8::42 web-42 42nd 4711 ••", "47")):
            self.assertEqual(number.hide(text), (shown, found))

    def test_text_without_a_number_stays(self):
        for text in ("", "no number", "4 711 12:34 2026-03-01 +0100 ٤٧ 12.34 1,2"):
            self.assertEqual(number.hide(text), (text, None))


class NumberEntryTest(CommandTest):
    OPTIONS = ("--interval", "0", "--number-entry")
    TEXT = "Log in to <b>web01</b>.<br>Number: <b>47</b>"

    def outcome(self, asked: str) -> str:
        answer = self.client.token(asked)
        return "authenticated" if answer.status == 200 else answer.error

    def test_right_number_approves(self):
        asked = self.ask(**confirmation(self.TEXT))
        self.assertEqual(json.loads(self.command("approve", "--number", "47")).keys(),
                         {"approved", "person"})
        self.assertEqual(self.outcome(asked), "authenticated")

    def test_other_number_denies(self):
        asked = self.ask(**confirmation(self.TEXT))
        self.assertEqual(json.loads(self.command("approve", "--number", "74")).keys(),
                         {"denied", "person"})
        answer = self.client.token(asked)
        self.assertEqual(answer.error, "access_denied")
        self.assertIn("another number", answer.json["error_description"])
        self.assertNotEqual(self.simulator.run("approve", "--number", "47").returncode, 0)

    def test_no_number_is_no_answer(self):
        asked = self.ask(**confirmation(self.TEXT))
        for words in ((), *(("--number", typed) for typed in ("", "4", "047", "x7", "٤٧"))):
            done = self.simulator.run("approve", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("two digits", done.stderr)
        self.assertEqual(self.outcome(asked), "authorization_pending")
        self.command("deny")
        self.assertEqual(self.outcome(asked), "access_denied")

    def test_number_is_nowhere_but_in_the_log(self):
        self.ask(**confirmation(self.TEXT))
        found = json.loads(self.command("wait-for", "approve"))
        self.assertEqual((found["text"], found["number_needed"]),
                         ("Log in to <b>web01</b>.<br>Number: <b>••</b>", True))
        self.command("deny")

    def test_code_from_the_screen_asks_for_no_number(self):
        """Whoever scanned it has seen the right screen, and no number stands there."""
        asked = self.client.authenticate(self.client.hint(self.discover()), **confirmation(
            "Command: <b>sleep 10</b>")).json["auth_req_id"]
        refused = self.simulator.run("approve", "--number", "10")
        self.assertEqual((refused.returncode, refused.stderr),
                         (1, "itsme-sim: this request asks for no number\n"))
        self.command("approve")
        self.assertEqual(self.outcome(asked), "authenticated")

    def test_auto_approve_has_no_number(self):
        done = subprocess.run(
            [PROGRAM, "serve", "--state", str(self.simulator.directory / "another"),
             *self.simulator.options, "--auto", "approve"],
            capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--auto approve", done.stderr)


class DenyTest(CommandTest):
    OPTIONS = ("--interval", "0", "--auto", "deny", "--auto-delay", "0")

    def test_auto_denies(self):
        asked = self.ask()
        self.simulator.wait_idle()
        self.assertEqual(self.client.token(asked).error, "access_denied")


class ProgramTest(CommandTest):
    OPTIONS = ("--interval", "0")

    def control(self, action: str, headers: dict, body: str = "{}", method: str = "POST"):
        control = urlsplit(self.simulator.ready["control"])
        connection = http.client.HTTPConnection(control.hostname, control.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request(method, control.path + action, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def good_headers(self, **more) -> dict:
        token = (self.simulator.state / "control-token").read_text()
        return {"Content-Type": "application/json", "X-Token": token} | more

    def page_token(self) -> str:
        phone = urlsplit(self.simulator.ready["phone"])
        connection = http.client.HTTPConnection(phone.hostname, phone.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/")
        return re.search(r'name="token" content="([^"]+)"',
                         connection.getresponse().read().decode())[1]

    def test_state_is_private(self):
        mode = stat.S_IMODE(self.simulator.state.stat().st_mode)
        self.assertEqual(mode, 0o700)
        for file in self.simulator.state.iterdir():
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file.name)

    def test_listens_on_loopback_only(self):
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        ports = {urlsplit(self.simulator.ready[name]).port for name in ("issuer", "phone")}
        found = {(entry[1].split(":")[0], int(entry[1].split(":")[1], 16))
                 for entry in listening if entry[3] == "0A"}
        self.assertEqual({address for address, port in found if port in ports}, {"0100007F"})

    def test_second_simulator_in_the_same_directory_refused(self):
        done = subprocess.run(
            [PROGRAM, "serve", "--state", str(self.simulator.state),
             *self.simulator.options], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("already", done.stderr)

    def test_control_wants_its_token(self):
        self.assertEqual(self.control("state", self.good_headers()), 200)
        self.assertEqual(self.control("state", self.good_headers(**{"X-Token": "x"})), 403)
        self.assertEqual(self.control("state", {"Content-Type": "application/json"}), 403)

    def test_control_refuses_other_sites(self):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Host": "evil.example"}):
            with self.subTest(headers):
                self.assertEqual(self.control("state", self.good_headers(**headers)), 403)

    def test_control_refuses_other_bodies(self):
        for action, body in (("approve", '{"id": 7}'), ("approve", '{"person": ["alice"]}'),
                             ("deny", '{"everything": "x"}'), ("wait", '{"for": "nothing"}'),
                             ("wait", "{}"), ("wait", '{"for": "scan", "timeout": true}'),
                             ("scan", "[]"), ("fault-set", "{}"), ("scan", '{"payload": "\\ud800"}'),
                             ("fault-set", '{"name": "http-500", "count": 1.5}')):
            with self.subTest(body):
                self.assertIn(self.control(action, self.good_headers(), body), (400, 409))

    def test_control_refuses_simple_forms(self):
        headers = self.good_headers(**{"Content-Type": "text/plain"})
        self.assertEqual(self.control("approve", headers), 400)

    def test_page_token_is_good_for_less(self):
        headers = self.good_headers(**{"X-Token": self.page_token()})
        self.assertEqual(self.control("state", headers), 200)
        self.assertEqual(self.control("rotate-keys", headers), 403)
        self.assertEqual(self.control("fault-set", headers, '{"name": "http-500"}'), 403)

    def test_wait_for_scan_and_approve(self):
        self.assertEqual(self.simulator.run("wait-for", "scan", "--timeout", "0").returncode, 1)
        session = self.client.begin().json["user_discovery_session_id"]
        found = json.loads(self.command("wait-for", "scan"))
        self.command("scan", "--session", found["id"])
        identifier = self.client.poll_session(session).json["user_identifier_token"]
        self.client.authenticate(self.client.hint(identifier))
        found = json.loads(self.command("wait-for", "approve"))
        self.assertEqual(found["service"], "ORG_LOGIN")
        self.command("deny", found["id"])
        self.assertEqual(json.loads(self.command("pending", "--json"))["requests"], [])

    def test_scan_an_image(self):
        begun = self.client.begin().json
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(base64.b64decode(begun["user_discovery_token"]["qr_code"]))
            file.flush()
            self.command("scan", "--image", file.name, "--person", "bob")
        answer = self.client.poll_session(begun["user_discovery_session_id"]).json
        self.assertEqual(answer["status"], "USER_DISCOVERED")

    def test_foreign_payload_refused(self):
        for payload in ("https://example.org/", "", "https://sim.itsme.example/qr?s=x&t=y"):
            with self.subTest(payload):
                self.assertEqual(
                    self.simulator.run("scan", "--payload", payload).returncode, 1)

    def test_unknown_person_refused(self):
        done = self.simulator.run("subject", "--person", "Zoe", "--client-id", CLIENT_ID)
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_subject_is_pairwise_and_well_formed(self):
        here = self.subject("alice")
        self.assertRegex(here, r"^[0-9a-z]{36}$")
        self.assertEqual(here, self.subject("Alice Peeters"))
        elsewhere = self.command("subject", "--person", "alice", "--client-id", "OTHER").strip()
        self.assertEqual(len({here, elsewhere, self.subject("bob")}), 3)

    def test_unacceptable_jwks_refused_at_start(self):
        one = json.loads(self.simulator.keys.published())["keys"]
        secret = self.simulator.keys.sig.export(as_dict=True)
        for keys in ([], one[:1], one + [secret | {"kid": "x"}], one + one,
                     [one[0], {**one[1], "kid": None}]):
            with self.subTest(keys=len(keys)), tempfile.TemporaryDirectory() as directory:
                file = Path(directory) / "jwks.json"
                file.write_text(json.dumps({"keys": keys}))
                done = subprocess.run(
                    [PROGRAM, "serve", "--state", directory + "/state",
                     "--client-id", "X", "--client-jwks", str(file), "--service", "Y"],
                    capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, 1)
                self.assertIn("jwks.json", done.stderr)


class OptionTest(unittest.TestCase):
    def refused(self, *options: str, people: str = "", more: str = "") -> str:
        """Why `serve` does not start."""
        with tempfile.TemporaryDirectory() as directory:
            for name, text in (("people", people), ("more", more)):
                if text:
                    file = Path(directory) / f"{name}.json"
                    file.write_text(text.replace("JWKS", directory + "/jwks.json"))
                    options += (f"--{'more-clients' if name == 'more' else name}", str(file))
            (Path(directory) / "jwks.json").write_text(Keys("1").published())
            done = subprocess.run(
                [PROGRAM, "serve", "--state", directory + "/state", "--client-id", "X",
                 "--client-jwks", directory + "/jwks.json", "--service", "Y", *options],
                capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_times_that_are_none_refused(self):
        for option in ("--interval=-1", "--interval=nan", "--qr-rotate=-1", "--session-max=inf",
                       "--expires-in=0", "--auto-delay=-0.1"):
            with self.subTest(option):
                self.assertIn(option.partition("=")[0], self.refused(option))

    def test_people_without_a_name_refused(self):
        for people in ('[]', '[{"id": "x"}]', '[{"id": 7, "name": "x"}]',
                       '[{"id": "x", "name": " "}]', '[{"id": "x", "name": "X", "claims": []}]'):
            with self.subTest(people):
                self.assertIn("person", self.refused(people=people))

    def test_two_clients_of_one_name_refused(self):
        self.assertIn("two clients are called X", self.refused(
            more='[{"client_id": "X", "jwks": "JWKS", "services": ["Z"]}]'))


class RestartTest(CommandTest):
    def test_authority_whose_halves_differ_is_made_anew(self):
        """What is left of one that was ended between writing the two."""
        self.simulator.stop()
        (self.simulator.state / "ca-key.pem").write_bytes(ec.generate_private_key(
            ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.simulator.start()
        again = self.simulator.client()
        self.addCleanup(again.close)
        self.assertEqual(again.get("/jwks").status, 200)

    def test_ends_cleanly_and_keeps_its_keys(self):
        kids = set(self.client.provider_keys())
        authority = (self.simulator.state / "ca.pem").read_bytes()
        began = time.monotonic()
        self.assertEqual(self.simulator.stop(), 0)       # with a connection still open
        self.assertLess(time.monotonic() - began, 20)
        self.assertFalse((self.simulator.state / "ready.json").exists())
        self.assertEqual(self.simulator.run("pending").returncode, 1)
        self.assertEqual(self.simulator.run(             # works without a server
            "subject", "--person", "alice", "--client-id", CLIENT_ID).returncode, 0)
        self.simulator.start()
        again = self.simulator.client()
        self.addCleanup(again.close)
        self.assertEqual(set(again.provider_keys()), kids)
        self.assertEqual((self.simulator.state / "ca.pem").read_bytes(), authority)

    def test_what_a_killed_one_left_is_not_in_the_way(self):
        self.simulator.process.kill()
        self.simulator.process.wait()
        stale = (self.simulator.state / "ready.json").read_text()
        options = [*self.simulator.options, "--client-jwks", "/nonexistent"]
        done = subprocess.run([PROGRAM, "serve", "--state", str(self.simulator.state), *options],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)             # it did not get as far as ready
        self.assertFalse((self.simulator.state / "ready.json").exists())
        self.simulator.start()
        self.assertNotEqual((self.simulator.state / "ready.json").read_text(), stale)


if __name__ == "__main__":
    main()
