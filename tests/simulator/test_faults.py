#!/usr/bin/python3
"""Every fault of the simulator does what its line in the table says."""

import base64
import http.client
import io
import json
import socket
import ssl
import time
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

from PIL import Image
from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_encode

from stage import CLIENT_ID, PATIENCE, TOP, SimulatorTest, decode, main

ISSUER_ELSEWHERE = "https://another.example/v2"


class FaultTest(SimulatorTest):
    OPTIONS = ("--interval", "0", "--qr-rotate", "0", "--auto", "approve", "--auto-delay", "0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token = (cls.simulator.state / "control-token").read_text()
        port = int(cls.simulator.ready["phone"].split(":")[2].strip("/"))
        cls.control = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        cls.addClassCleanup(cls.control.close)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.act, "fault-clear")

    def act(self, action: str, **body) -> dict:
        self.control.request("POST", f"/api/{action}", json.dumps(body), {
            "Content-Type": "application/json", "X-Token": self.token})
        answer = self.control.getresponse()
        content = json.loads(answer.read())
        self.assertEqual(answer.status, 200, content)
        return content

    def arm(self, name: str, value: str | None = None, **more) -> None:
        self.act("fault-set", name=name, value=value, **more)

    def tokens(self) -> dict:
        """A whole login; the answer of the token endpoint."""
        hint = self.client.hint(self.alice, "subject_code")
        asked = self.client.authenticate(hint).json["auth_req_id"]
        until = time.monotonic() + PATIENCE
        while (answer := self.client.token(asked)).error == "authorization_pending":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def inner(self) -> str:
        return self.client.decrypt(self.tokens()["id_token"])[1]

    def claims(self) -> dict:
        return self.client.verify(self.inner())[1]

    def code(self) -> dict:
        return self.client.begin().json["user_discovery_token"]

    def picture(self) -> bytes:
        return base64.b64decode(self.code()["qr_code"], validate=True)


class IdTokenTest(FaultTest):
    def test_missing(self):
        self.arm("idtoken-missing")
        self.assertNotIn("id_token", self.tokens())

    def test_bad_signature(self):
        self.arm("idtoken-bad-signature")
        with self.assertRaises(jws.InvalidJWSSignature):
            self.claims()

    def test_foreign_key(self):
        self.arm("idtoken-foreign-key")
        with self.assertRaises(jws.InvalidJWSSignature):
            self.claims()

    def test_wrong_kid(self):
        self.arm("idtoken-wrong-kid")
        with self.assertRaises(KeyError):
            self.claims()

    def test_alg_none(self):
        self.arm("idtoken-alg-none")
        head, body, signature = self.inner().split(".")
        self.assertEqual(json.loads(base64.urlsafe_b64decode(head + "=="))["alg"], "none")
        self.assertEqual(signature, "")

    def test_hs256_with_the_public_key(self):
        self.arm("idtoken-hs256")
        message = jws.JWS()
        message.deserialize(self.inner())
        public = self.client.provider_keys()[message.jose_header["kid"]].export_to_pem()
        message.verify(jwk.JWK(kty="oct", k=base64url_encode(public)), alg="HS256")

    def test_unencrypted(self):
        self.arm("idtoken-unencrypted")
        self.assertEqual(self.client.verify(self.tokens()["id_token"])[1]["sub"], self.alice)

    def test_unsigned(self):
        self.arm("idtoken-unsigned")
        self.assertEqual(json.loads(self.inner())["sub"], self.alice)

    def test_double_nesting(self):
        self.arm("idtoken-double-nesting")
        inner = self.client.decrypt(self.inner())[1]
        self.assertEqual(self.client.verify(inner)[1]["sub"], self.alice)

    def test_tampered(self):
        for name in ("idtoken-tampered-tag", "idtoken-tampered-text"):
            with self.subTest(name):
                self.arm(name, count=1)
                with self.assertRaises(jwe.InvalidJWEData):
                    self.inner()

    def test_wrong_enc_kid(self):
        self.arm("idtoken-wrong-enc-kid")
        outer, _ = self.client.decrypt(self.tokens()["id_token"])
        self.assertEqual(outer["kid"], "not-yours")

    def test_rsa1_5(self):
        self.arm("idtoken-rsa1_5")
        outer, inner = self.client.decrypt(self.tokens()["id_token"])
        self.assertEqual(outer["alg"], "RSA1_5")
        self.assertEqual(self.client.verify(inner)[1]["sub"], self.alice)

    def test_claims(self):
        now = time.time()
        cases = {
            "idtoken-wrong-iss": lambda c: c["iss"] == ISSUER_ELSEWHERE,
            "idtoken-wrong-aud": lambda c: c["aud"] not in (CLIENT_ID, [CLIENT_ID]),
            "idtoken-expired": lambda c: c["exp"] < now - 3000,
            "idtoken-future-iat": lambda c: c["iat"] > now + 3000,
            "idtoken-string-exp": lambda c: isinstance(c["exp"], str),
            "idtoken-no-sub": lambda c: "sub" not in c,
            "idtoken-long-sub": lambda c: len(c["sub"]) == 300,
            "idtoken-other-subject": lambda c: c["sub"] != self.alice and len(c["sub"]) == 36,
        }
        for name, holds in cases.items():
            with self.subTest(name):
                self.arm(name, count=1)
                self.assertTrue(holds(self.claims()))
                self.assertFalse(holds(self.claims()), "still there after its count")

    def test_acr(self):
        self.arm("idtoken-acr", "urn:weak", count=1)
        self.assertEqual(self.claims()["acr"], "urn:weak")
        self.arm("idtoken-acr", "", count=1)
        self.assertNotIn("acr", self.claims())

    def test_any_claims_and_header(self):
        self.arm("idtoken-claims", '{"aud": ["ORG", "B"], "azp": "B", "acr": null}')
        self.arm("idtoken-header", '{"crit": ["x"], "x": 1, "alg": "RS512"}')
        inner = self.inner()
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
                          for part in inner.split(".")[:2])
        self.assertEqual((header["crit"], header["alg"]), (["x"], "RS512"))
        self.assertEqual((claims["aud"], claims["azp"]), (["ORG", "B"], "B"))
        self.assertNotIn("acr", claims)


class HttpTest(FaultTest):
    def test_500(self):
        self.arm("http-500", "jwks")
        self.assertEqual(self.client.get("/jwks").status, 500)
        self.assertEqual(self.client.get("/.well-known/openid-configuration").status, 200)

    def test_path_limits_and_count_ends(self):
        self.arm("http-500", path="jwks", count=2)
        found = [self.client.get("/jwks").status for _ in range(3)]
        self.assertEqual(found, [500, 500, 200])

    def test_html(self):
        self.arm("http-html")
        answer = self.client.get("/jwks")
        self.assertEqual(answer.status, 200)
        self.assertIn(b"<html>", answer.body)

    def test_garbage(self):
        self.arm("http-garbage")
        with self.assertRaises(http.client.BadStatusLine):
            self.client.get("/jwks")

    def test_close(self):
        self.arm("http-close")
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.client.get("/jwks")

    def test_status(self):
        self.arm("http-status", "409", path="jwks")
        answer = self.client.get("/jwks")
        self.assertEqual(answer.status, 409)
        with self.assertRaises(ValueError):
            json.loads(answer.body)
        self.arm("http-status", "429 slow_down", path="jwks")
        answer = self.client.get("/jwks")
        self.assertEqual((answer.status, answer.json["error"]), (429, "slow_down"))

    def test_late(self):
        self.arm("http-late", "0.7")
        began = time.monotonic()
        self.assertIn("keys", self.client.get("/jwks").json)
        self.assertGreaterEqual(time.monotonic() - began, 0.7)

    def test_stall(self):
        self.arm("http-stall")
        with self.assertRaises(TimeoutError):
            self.client.call("GET", self.client.issuer + "/jwks", timeout=0.5)
        until = time.monotonic() + PATIENCE
        while self.simulator.log()[-1].get("faults") != ["http-stall"]:
            self.assertLess(time.monotonic(), until, "not in the log")
            time.sleep(0.02)

    def test_drip(self):
        self.arm("http-drip")
        port = urlsplit(self.client.issuer).port
        with socket.create_connection(("localhost", port), PATIENCE) as plain, \
                self.client.tls.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"GET /v2/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received, began = b"", time.monotonic()
            while received.count(b"\r\n1\r\n") < 5:     # chunks of one byte
                received += connection.recv(65536)
        self.assertGreater(time.monotonic() - began, 0.7)

    def test_huge(self):
        self.arm("http-huge")
        answer = self.client.get("/jwks")
        self.assertGreater(len(answer.body), 64 * 1024 * 1024)
        self.assertIn("keys", json.loads(answer.body))

    def test_redirect(self):
        self.arm("http-redirect")
        answer = self.client.get("/jwks")
        self.assertEqual(answer.status, 302)
        self.assertEqual(answer.headers["Location"], self.client.issuer + "/elsewhere")

    def test_retry_after(self):
        session = self.client.begin().json["user_discovery_session_id"]
        self.arm("retry-after", "7")
        answer = self.client.poll_session(session)
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (429, "7"))
        self.assertEqual(self.client.get("/jwks").status, 503)

    def test_duplicate_key(self):
        self.arm("json-duplicate-key", "jwks")
        body = self.client.get("/jwks").body
        self.assertEqual(body.count(b'"keys":'), 2)
        self.assertEqual(json.loads(body), {"keys": 0})

    def test_trailing(self):
        self.arm("json-trailing", "jwks")
        with self.assertRaisesRegex(json.JSONDecodeError, "Extra data"):
            json.loads(self.client.get("/jwks").body)

    def test_answer_numbers(self):
        self.arm("answer-interval", '"5"')
        self.arm("answer-expires-in", "-1")
        self.assertEqual(self.client.begin().json["interval"], "5")
        answer = self.client.authenticate(self.client.hint(self.alice, "subject_code")).json
        self.assertEqual((answer["interval"], answer["expires_in"]), ("5", -1))

    def test_token_slow_down(self):
        asked = self.client.authenticate(
            self.client.hint(self.alice, "subject_code")).json["auth_req_id"]
        self.arm("token-slow-down", count=1)
        self.assertEqual(self.client.token(asked).error, "slow_down")
        self.assertEqual(self.simulator.log()[-1]["gap"], None)

    def test_token_unknown_error(self):
        self.arm("token-unknown-error")
        answer = self.client.token("x")
        self.assertEqual((answer.status, answer.error), (400, "out_of_cheese"))

    def test_discovery(self):
        self.arm("discovery-wrong-issuer")
        self.arm("discovery-foreign-endpoints")
        document = self.client.get("/.well-known/openid-configuration").json
        self.assertEqual(document["issuer"], ISSUER_ELSEWHERE)
        self.assertEqual(document["token_endpoint"], ISSUER_ELSEWHERE + "/token")

    def test_jwks_empty(self):
        self.arm("jwks-empty")
        self.assertEqual(self.client.get("/jwks").json, {"keys": []})

    def test_jwks_duplicate_kid(self):
        self.arm("jwks-duplicate-kid")
        kids = [key["kid"] for key in self.client.get("/jwks").json["keys"]]
        self.assertEqual(len(kids), len(set(kids)) + 1)

    def test_jwks_odd_key(self):
        honest = self.client.get("/jwks").json["keys"]
        self.arm("jwks-odd-key")
        keys = self.client.get("/jwks").json["keys"]
        self.assertEqual(keys[:-1], honest)
        self.assertEqual(keys[-1]["kty"], "RSA")
        self.assertNotIn("n", keys[-1])

    def test_tls(self):
        cases = {"tls-wrong-host": "Hostname mismatch", "tls-expired": "expired",
                 "tls-unknown-ca": "unable to get local issuer|self.signed"}
        for name, text in cases.items():
            with self.subTest(name):
                self.arm(name, count=1)
                self.client.close()
                with self.assertRaisesRegex(ssl.SSLCertVerificationError, text):
                    self.client.get("/jwks")
                self.assertEqual(self.simulator.log("hello")[-1]["certificate"], name)
                self.assertEqual(self.client.get("/jwks").status, 200)


class QrTest(FaultTest):
    def test_missing(self):
        self.arm("qr-missing")
        self.assertEqual(self.code().keys(), {"expires_at"})

    def test_not_base64(self):
        self.arm("qr-not-base64")
        with self.assertRaises(ValueError):
            self.picture()

    def test_garbage(self):
        self.arm("qr-garbage")
        with self.assertRaises(OSError):
            Image.open(io.BytesIO(self.picture())).load()

    def test_blank(self):
        self.arm("qr-blank")
        self.assertEqual(decode(self.picture()), "")

    def test_huge(self):
        self.arm("qr-huge-image")
        picture = self.picture()
        self.assertLess(len(picture), 200_000)
        with mock.patch.object(Image, "MAX_IMAGE_PIXELS", None):   # Pillow knows such files
            image = Image.open(io.BytesIO(picture))
            self.assertEqual(image.size, (20000, 20000))
            image.verify()      # it is bad by its size alone

    def test_hostile_payload(self):
        self.arm("qr-http-payload")
        self.assertIn("\x1b[2J", decode(self.picture()))


class TableTest(FaultTest):
    def test_unknown_and_incomplete_faults_refused(self):
        for arguments in (["set", "nothing"], ["set", "idtoken-acr"], ["set", "jwks-empty=1"],
                          ["set", "idtoken-claims=not json"], ["set", "idtoken-header=1"],
                          ["set", "retry-after=1\r\nX: y"], ["set", "http-late=-1"],
                          ["set", "http-late=soon"], ["set", "http-status=hello"], ["clear", "nothing"],
                          ["set", "http-500", "--count", "0"], ["set"]):
            with self.subTest(arguments):
                self.assertEqual(self.simulator.run("fault", *arguments).returncode, 1)

    def test_command_sets_lists_and_clears(self):
        self.simulator.run("fault", "set", "http-500=token", "--count", "3")
        self.assertIn("* http-500", self.simulator.run("fault", "list").stdout)
        self.simulator.run("fault", "clear", "http-500")
        self.assertNotIn("* http-500", self.simulator.run("fault", "list").stdout)

    def test_every_fault_is_tested_and_documented(self):
        """Both the tests above and the manual name every line of the table."""
        table = {line[2:].split("=")[0].split("[")[0].split()[0]
                 for line in self.simulator.run("fault", "list").stdout.splitlines()}
        self.assertGreater(len(table), 40)
        tests = Path(__file__).read_text()
        manual = (TOP / "docs" / "simulator.md").read_text()
        self.assertEqual({name for name in table if f'"{name}"' not in tests}, set())
        self.assertEqual({name for name in table if f"`{name}" not in manual}, set())


del FaultTest

if __name__ == "__main__":
    main()
