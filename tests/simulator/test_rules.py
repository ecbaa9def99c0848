#!/usr/bin/python3
"""Every rule of the simulator, broken once: one table line or one test each."""

import socket
import ssl
import time
import uuid
from urllib.parse import urlsplit

from client import ASSERTION_TYPE, CLAIM, FORM, Keys, confirmation
from stage import CLIENT_ID, OTHER_ID, SimulatorTest, main

ADVANCED, BASIC = CLAIM + "acr_advanced", CLAIM + "acr_basic"
NAME, TEXT = CLAIM + "claim_approval_template_name", CLAIM + "claim_approval_text_key"


def now() -> int:
    return int(time.time())


# Changes of the client assertion, each of which makes it 401 invalid_client; None removes.
ASSERTION_RULES = {
    "without_iss": {"iss": None},
    "without_sub": {"sub": None},
    "without_aud": {"aud": None},
    "without_exp": {"exp": None},
    "without_jti": {"jti": None},
    "other_iss": {"iss": "somebody"},
    "other_sub": {"sub": "somebody"},
    "other_aud": {"aud": "https://localhost/v2"},
    "aud_list": {"aud": ["https://localhost/v2/token"]},
    "exp_now": {"exp": now},
    "exp_past": {"exp": lambda: now() - 30},
    "exp_far": {"exp": lambda: now() + 700},
    "exp_string": {"exp": lambda: str(now() + 60)},
    "exp_float": {"exp": lambda: now() + 60.5},
    "exp_true": {"exp": True},
    "iat_future": {"iat": lambda: now() + 120},
    "iat_old": {"iat": lambda: now() - 1000},
    "iat_string": {"iat": lambda: str(now())},
    "nbf_future": {"nbf": lambda: now() + 120},
    "jti_number": {"jti": 7},
    "jti_empty": {"jti": ""},
    "jti_long": {"jti": "x" * 256},
}

# Changes of a token's header, refused for every token that the client signs.
HEADER_RULES = {
    "alg_none": {"alg": "none"},
    "alg_hs256": {"alg": "HS256"},
    "alg_rs512": {"alg": "RS512"},
    "alg_missing": {"alg": None},
    "kid_missing": {"kid": None},
    "kid_unknown": {"kid": "nobody"},
    "kid_of_encryption": {"kid": "enc1"},
    "kid_number": {"kid": 1},
    "crit": {"crit": ["b64"], "b64": True},
    "own_key": {"jwk": {"kty": "RSA"}},
    "typ_number": {"typ": 1},
    "cty_list": {"cty": ["JWT"]},
}

# Changes of the request object: (changes, the OAuth error).
REQUEST_RULES = {
    "without_iss": ({"iss": None}, "invalid_request"),
    "without_client_id": ({"client_id": None}, "invalid_request"),
    "without_aud": ({"aud": None}, "invalid_request"),
    "without_exp": ({"exp": None}, "invalid_request"),
    "without_iat": ({"iat": None}, "invalid_request"),
    "without_nbf": ({"nbf": None}, "invalid_request"),
    "without_jti": ({"jti": None}, "invalid_request"),
    "other_iss": ({"iss": "somebody"}, "invalid_request"),
    "other_client_id": ({"client_id": OTHER_ID}, "invalid_request"),
    "other_aud": ({"aud": "https://localhost/v2/token"}, "invalid_request"),
    "exp_past": ({"exp": lambda: now() - 1}, "invalid_request"),
    "exp_far": ({"exp": lambda: now() + 700}, "invalid_request"),
    "exp_string": ({"exp": lambda: str(now() + 60)}, "invalid_request"),
    "iat_string": ({"iat": lambda: str(now())}, "invalid_request"),
    "nbf_string": ({"nbf": lambda: str(now())}, "invalid_request"),
    "nbf_future": ({"nbf": lambda: now() + 120}, "invalid_request"),
    "jti_long": ({"jti": "x" * 256}, "invalid_request"),
    "without_scope": ({"scope": None}, "invalid_scope"),
    "scope_without_openid": ({"scope": "service:ORG_LOGIN"}, "invalid_scope"),
    "scope_without_service": ({"scope": "openid"}, "invalid_scope"),
    "scope_two_services": ({"scope": "openid service:ORG_LOGIN service:ORG_CONFIRM"},
                           "invalid_scope"),
    "scope_unknown_service": ({"scope": "openid service:NOBODY"}, "invalid_scope"),
    "scope_service_of_other": ({"scope": "openid service:OTHER_LOGIN"}, "invalid_scope"),
    "scope_unknown_word": ({"scope": "openid service:ORG_LOGIN everything"}, "invalid_scope"),
    "scope_word_twice": ({"scope": "openid openid service:ORG_LOGIN"}, "invalid_scope"),
    "scope_two_spaces": ({"scope": "openid  service:ORG_LOGIN"}, "invalid_scope"),
    "login_hint": ({"login_hint": "alice"}, "invalid_request"),
    "id_token_hint": ({"id_token_hint": "x"}, "invalid_request"),
    "notification_token": ({"client_notification_token": "x" * 40}, "invalid_request"),
    "unknown_member": ({"response_type": "code"}, "invalid_request"),
    "without_hint": ({"login_hint_token": None}, "invalid_request"),
    "hint_object": ({"login_hint_token": {"type": "subject_code", "value": "x"}},
                    "invalid_request"),
    "hint_not_signed": ({"login_hint_token": "just text"}, "invalid_request"),
    "acr_unknown": ({"acr_values": "urn:strong"}, "invalid_request"),
    "acr_list": ({"acr_values": [BASIC]}, "invalid_request"),
    "acr_one_unknown": ({"acr_values": f"{BASIC} urn:strong"}, "invalid_request"),
    "nonce_number": ({"nonce": 7}, "invalid_request"),
    "nonce_empty": ({"nonce": ""}, "invalid_request"),
    "expiry_string": ({"requested_expiry": "60"}, "invalid_request"),
    "expiry_zero": ({"requested_expiry": 0}, "invalid_request"),
    "expiry_negative": ({"requested_expiry": -1}, "invalid_request"),
    "expiry_float": ({"requested_expiry": 60.0}, "invalid_request"),
    "expiry_true": ({"requested_expiry": True}, "invalid_request"),
    "claims_string": ({"claims": "{}"}, "invalid_request"),
    "claims_unknown_part": ({"claims": {"elsewhere": {}}}, "invalid_request"),
    "claims_part_list": ({"claims": {"userinfo": []}}, "invalid_request"),
    "claims_member_string": ({"claims": {"userinfo": {"email": "yes"}}}, "invalid_request"),
    "claims_member_true": ({"claims": {"id_token": {"email": True}}}, "invalid_request"),
    "claims_essential_string": ({"claims": {"userinfo": {"email": {"essential": "true"}}}},
                                "invalid_request"),
    "claims_values_string": ({"claims": {"userinfo": {"email": {"values": "x"}}}},
                             "invalid_request"),
    "text_for_login": ({"claims": {"userinfo": {
        NAME: {"essential": True, "value": "free_text"},
        TEXT: {"essential": True, "value": "x"}}}}, "invalid_request"),
}


CONFIRM_RULES = {
    "without_text": {"scope": "openid service:ORG_CONFIRM"},
    "empty_text": confirmation(""),
    "text_number": confirmation(7),
    "text_too_long": confirmation("x" * 7501),
    "text_outside_8859_15": confirmation("пароль"),
    "text_bidi": confirmation("a\u202eb"),
    "text_newline": confirmation("one\ntwo"),
    "text_escape": confirmation("\x1b[2J"),
    "other_template": confirmation("x", name="another"),
    "not_essential": confirmation("x", essential=False),
    "id_token_differs": confirmation("x") | {"claims": confirmation("x")["claims"] | {"id_token": {
        TEXT: {"essential": True, "value": "y"}}}},
}


def table(rules: dict, prefix: str):
    """Turn each line of `rules` into a test that calls check_<prefix>(line)."""
    def add(cls):
        for name, line in rules.items():
            def test(self, line=line):
                getattr(self, f"check_{prefix}")(line)
            setattr(cls, f"test_{prefix}_{name}_refused", test)
        return cls
    return add


def ripe(changes: dict) -> dict:
    """Values that depend on the time, worked out when they are needed."""
    return {name: value() if callable(value) else value for name, value in changes.items()}


class RuleTest(SimulatorTest):
    OPTIONS = ("--interval", "0", "--qr-rotate", "0")

    def assert_refused(self, answer, status: int, error: str):
        self.assertEqual((answer.status, answer.error), (status, error), answer.body)

    def hint(self) -> str:
        return self.client.hint(self.alice, "subject_code")

    def identifier(self) -> str:
        """A fresh user_identifier_token."""
        session = self.client.begin().json["user_discovery_session_id"]
        self.assertEqual(self.simulator.run("scan").returncode, 0)
        return self.client.poll_session(session).json["user_identifier_token"]


@table(ASSERTION_RULES, "assertion")
@table(HEADER_RULES, "header")
class AssertionTest(RuleTest):
    def check_assertion(self, changes):
        self.assert_refused(self.client.begin(**self.client.assertion(
            "/backchannel/authentication", **ripe(changes))), 401, "invalid_client")

    def check_header(self, members):
        claims = self.client.assertion_claims("/backchannel/authentication")
        members = {"alg": "RS256", "kid": "sig1"} | members
        token = self.client.sign(claims, **members)
        self.assert_refused(self.client.begin(client_assertion=token), 401, "invalid_client")

    def test_good_assertion_accepted(self):
        self.assertEqual(self.client.begin().status, 200)

    def test_assertion_without_optional_claims_accepted(self):
        self.assertEqual(self.client.begin(**self.client.assertion(
            "/backchannel/authentication", iat=None, nbf=None)).status, 200)

    def test_assertion_jti_replay_refused(self):
        same = self.client.assertion("/backchannel/authentication")
        self.assertEqual(self.client.begin(**same).status, 200)
        self.assert_refused(self.client.begin(**same), 401, "invalid_client")

    def test_assertion_jti_replay_in_new_token_refused(self):
        path, jti = "/backchannel/authentication", str(uuid.uuid4())
        self.assertEqual(self.client.begin(**self.client.assertion(path, jti=jti)).status, 200)
        self.assert_refused(self.client.begin(**self.client.assertion(
            path, jti=jti, exp=now() + 90)), 401, "invalid_client")

    def test_same_jti_of_another_client_accepted(self):
        path, jti = "/backchannel/authentication", str(uuid.uuid4())
        other = self.simulator.other_client()
        self.addCleanup(other.close)
        self.assertEqual(self.client.begin(**self.client.assertion(path, jti=jti)).status, 200)
        self.assertEqual(other.begin(**other.assertion(path, jti=jti)).status, 200)

    def test_foreign_key_under_known_kid_refused(self):
        claims = self.client.assertion_claims("/backchannel/authentication")
        token = self.client.sign(claims, key=Keys("1").sig)
        self.assert_refused(self.client.begin(client_assertion=token), 401, "invalid_client")

    def test_turned_signature_refused(self):
        token = self.client.assertion("/backchannel/authentication")["client_assertion"]
        head, body, signature = token.split(".")
        turned = ("B" if signature[0] == "A" else "A") + signature[1:]
        self.assert_refused(self.client.begin(client_assertion=f"{head}.{body}.{turned}"),
                            401, "invalid_client")

    def test_padded_token_refused(self):
        token = self.client.assertion("/backchannel/authentication")["client_assertion"]
        self.assert_refused(self.client.begin(client_assertion=token + "="),
                            401, "invalid_client")

    def test_audience_of_the_endpoint_itself_refused(self):
        self.assert_refused(self.client.begin(**self.client.assertion(
            "/user_discovery_sessions")), 401, "invalid_client")

    def test_audience_for_authentication_is_the_token_endpoint(self):
        self.assert_refused(self.client.authenticate(self.hint(), self.client.assertion(
            "/backchannel/authentication")), 401, "invalid_client")

    def test_audience_for_token_is_the_token_endpoint(self):
        self.assert_refused(self.client.token("x", **self.client.assertion(
            "/backchannel/authentication")), 401, "invalid_client")

    def test_unknown_client_refused(self):
        self.assert_refused(self.client.begin(client_id="NOBODY"), 401, "invalid_client")

    def test_assertion_of_another_client_refused(self):
        self.assert_refused(self.client.begin(client_id=OTHER_ID), 401, "invalid_client")

    def test_other_assertion_type_refused(self):
        self.assert_refused(self.client.begin(client_assertion_type=ASSERTION_TYPE + "x"),
                            401, "invalid_client")


class FormTest(RuleTest):
    def test_missing_parameter_refused(self):
        for name in ("client_id", "client_assertion", "client_assertion_type"):
            with self.subTest(name):
                self.assert_refused(self.client.begin(**{name: None}), 400, "invalid_request")

    def test_empty_parameter_refused(self):
        self.assert_refused(self.client.begin(client_id=""), 400, "invalid_request")

    def test_unknown_parameter_refused(self):
        self.assert_refused(self.client.begin(extra="x"), 400, "invalid_request")

    def test_plain_authentication_parameter_refused(self):
        for name in ("scope", "login_hint_token", "client_id"):
            with self.subTest(name):
                self.assert_refused(self.client.authenticate(self.hint(), {name: "x"}),
                                    400, "invalid_request")

    def test_parameter_twice_refused(self):
        form = [("client_id", CLIENT_ID), ("client_id", CLIENT_ID),
                *self.client.assertion("/backchannel/authentication").items()]
        self.assert_refused(self.client.post("/user_discovery_sessions", form),
                            400, "invalid_request")

    def test_other_content_type_refused(self):
        for kind in ("application/json", FORM + "; charset=UTF-8", "text/plain"):
            with self.subTest(kind):
                form = {"client_id": CLIENT_ID,
                        **self.client.assertion("/backchannel/authentication")}
                self.assert_refused(self.client.post(
                    "/user_discovery_sessions", form, kind), 400, "invalid_request")

    def test_parameters_in_the_address_refused(self):
        form = {"client_id": CLIENT_ID, **self.client.assertion("/backchannel/authentication")}
        self.assert_refused(self.client.post("/user_discovery_sessions?x=1", form),
                            400, "invalid_request")

    def test_body_that_is_no_form_refused(self):
        for body in (b"\xff\xfe", b"novalue", b"{}", b""):
            with self.subTest(body):
                self.assert_refused(self.client.call(
                    "POST", self.client.issuer + "/token", body, {"Content-Type": FORM}),
                    400, "invalid_request")

    def test_other_method_refused(self):
        self.assert_refused(self.client.get("/token"), 405, "invalid_request")

    def test_unknown_endpoint_refused(self):
        self.assertEqual(self.client.get("/nothing").status, 404)


@table(REQUEST_RULES, "request")
@table(CONFIRM_RULES, "confirm")
@table(HEADER_RULES, "header")
class RequestTest(RuleTest):
    def check_request(self, line):
        changes, error = line
        self.assert_refused(self.client.authenticate(self.hint(), **ripe(changes)), 400, error)

    def check_confirm(self, changes):
        self.assert_refused(self.client.authenticate(self.hint(), **changes),
                            400, "invalid_request")

    def check_header(self, members):
        members = {"alg": "RS256", "kid": "sig1"} | members
        token = self.client.sign(self.client.request_claims(self.hint()), **members)
        self.assert_refused(self.client.authenticate(None, {"request": token}),
                            400, "invalid_request")

    def test_good_request_accepted(self):
        answer = self.client.authenticate(self.hint())
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["expires_in"], 120)
        self.assertEqual(answer.json["interval"], 0)

    def test_everything_optional_accepted(self):
        answer = self.client.authenticate(
            self.hint(), scope="openid service:ORG_LOGIN profile email phone address eid",
            acr_values=f"{BASIC} {ADVANCED}", requested_expiry=33,
            claims={"id_token": {"email": None, "acr": {"values": [BASIC]}},
                    "userinfo": {"phone_number": {"essential": False}}})
        self.assertEqual(answer.json["expires_in"], 33)

    def test_confirm_text_accepted(self):
        for text in ("x" * 7500, "naïve €uro <b>", "sudo 'rm -rf' <br>"):
            with self.subTest(text[:20]):
                self.assertEqual(
                    self.client.authenticate(self.hint(), **confirmation(text)).status, 200)
        both = confirmation("x")
        both["claims"]["id_token"] = both["claims"]["userinfo"]
        self.assertEqual(self.client.authenticate(self.hint(), **both).status, 200)

    def test_request_jti_replay_refused(self):
        jti = str(uuid.uuid4())
        self.assertEqual(self.client.authenticate(self.hint(), jti=jti).status, 200)
        self.assert_refused(self.client.authenticate(self.hint(), jti=jti),
                            400, "invalid_request")

    def test_request_of_another_client_refused(self):
        other = self.simulator.other_client()
        self.addCleanup(other.close)
        token = other.sign(other.request_claims(self.hint()))
        self.assert_refused(self.client.authenticate(None, {"request": token}),
                            400, "invalid_request")

    def test_hint_with_another_member_refused(self):
        hint = self.client.sign({"type": "subject_code", "value": self.alice, "exp": now()})
        self.assert_refused(self.client.authenticate(hint), 400, "invalid_request")

    def test_hint_of_unknown_type_refused(self):
        self.assert_refused(self.client.authenticate(self.client.hint("x", "phone")),
                            400, "invalid_request")

    def test_hint_value_number_refused(self):
        hint = self.client.sign({"type": "subject_code", "value": 7})
        self.assert_refused(self.client.authenticate(hint), 400, "invalid_request")

    def test_hint_signed_by_somebody_else_refused(self):
        hint = self.client.sign({"type": "subject_code", "value": self.alice},
                                key=Keys("1").sig)
        self.assert_refused(self.client.authenticate(hint), 400, "invalid_request")

    def test_unknown_subject_refused(self):
        self.assert_refused(self.client.authenticate(self.client.hint("0" * 36, "subject_code")),
                            400, "unknown_user_id")

    def test_subject_of_another_client_refused(self):
        other = self.simulator.run(
            "subject", "--person", "alice", "--client-id", OTHER_ID).stdout.strip()
        self.assert_refused(self.client.authenticate(self.client.hint(other, "subject_code")),
                            400, "unknown_user_id")

    def test_identifier_is_single_use(self):
        identifier = self.identifier()
        self.assertEqual(
            self.client.authenticate(self.client.hint(identifier)).status, 200)
        self.assert_refused(self.client.authenticate(self.client.hint(identifier)),
                            400, "expired_login_hint_token")

    def test_identifier_of_another_client_refused(self):
        identifier = self.identifier()
        other = self.simulator.other_client()
        self.addCleanup(other.close)
        self.assert_refused(
            other.authenticate(other.hint(identifier), scope="openid service:OTHER_LOGIN"),
            400, "unknown_user_id")

    def test_identifier_survives_a_refused_request(self):
        identifier = self.identifier()
        self.client.authenticate(self.client.hint(identifier), scope="openid")
        self.assertEqual(
            self.client.authenticate(self.client.hint(identifier)).status, 200)


class TokenTest(RuleTest):
    def ask(self) -> str:
        return self.client.authenticate(self.hint()).json["auth_req_id"]

    def act(self, command: str) -> None:
        self.assertEqual(self.simulator.run(command).returncode, 0)

    def test_other_grant_type_refused(self):
        self.assert_refused(self.client.token(self.ask(), grant_type="refresh_token"),
                            400, "unsupported_grant_type")

    def test_unknown_auth_req_id_refused(self):
        self.assert_refused(self.client.token("x" * 43), 400, "invalid_grant")

    def test_auth_req_id_of_another_client_refused(self):
        auth_req_id = self.ask()
        other = self.simulator.other_client()
        self.addCleanup(other.close)
        self.assert_refused(other.token(auth_req_id), 400, "invalid_grant")

    def test_pending(self):
        self.assert_refused(self.client.token(self.ask()), 400, "authorization_pending")

    def test_denied(self):
        auth_req_id = self.ask()
        self.act("deny")
        self.assert_refused(self.client.token(auth_req_id), 400, "access_denied")

    def test_expired(self):
        auth_req_id = self.ask()
        self.act("expire")
        self.assert_refused(self.client.token(auth_req_id), 400, "expired_token")

    def test_expired_by_time(self):
        auth_req_id = self.client.authenticate(
            self.hint(), requested_expiry=1).json["auth_req_id"]
        handle = self.simulator.log()[-1]["request_handle"]
        time.sleep(1.05)
        self.assert_refused(self.client.token(auth_req_id), 400, "expired_token")
        self.assertNotEqual(self.simulator.run("approve", handle).returncode, 0)

    def test_approved_but_fetched_too_late(self):
        auth_req_id = self.client.authenticate(
            self.hint(), requested_expiry=2).json["auth_req_id"]
        self.act("approve")
        time.sleep(2.05)
        self.assert_refused(self.client.token(auth_req_id), 400, "expired_token")

    def test_auth_req_id_is_single_use(self):
        auth_req_id = self.ask()
        self.act("approve")
        self.assertEqual(self.client.token(auth_req_id).status, 200)
        self.assert_refused(self.client.token(auth_req_id), 400, "invalid_grant")

    def test_userinfo_wants_a_good_access_token(self):
        for value in (None, "Bearer", "Bearer nobody", "Basic eDp4"):
            with self.subTest(value):
                answer = self.client.get(
                    "/userinfo", {"Authorization": value} if value else None)
                self.assertEqual(answer.status, 401)

    def test_userinfo_refuses_token_in_address(self):
        auth_req_id = self.ask()
        self.act("approve")
        token = self.client.token(auth_req_id).json["access_token"]
        self.assertEqual(self.client.get(f"/userinfo?access_token={token}").status, 401)


class TlsTest(RuleTest):
    def test_handshake_without_a_server_name_refused(self):
        where = urlsplit(self.client.issuer)
        self.client.tls.check_hostname = False
        with socket.create_connection(("127.0.0.1", where.port), timeout=10) as connection:
            with self.assertRaises(ssl.SSLError):
                self.client.tls.wrap_socket(connection)
        self.assertIsNone(self.simulator.log("hello")[-1]["server_name"])


class SessionTest(RuleTest):
    def test_session_of_another_client_refused(self):
        session = self.client.begin().json["user_discovery_session_id"]
        other = self.simulator.other_client()
        self.addCleanup(other.close)
        self.assert_refused(other.poll_session(session), 400, "invalid_request")

    def test_unknown_session_refused(self):
        self.assert_refused(self.client.poll_session("x" * 43), 400, "invalid_request")

    def test_identifier_is_given_out_once(self):
        session = self.client.begin().json["user_discovery_session_id"]
        self.assertEqual(self.simulator.run("scan").returncode, 0)
        self.assertEqual(self.client.poll_session(session).json["status"], "USER_DISCOVERED")
        self.assert_refused(self.client.poll_session(session), 400, "invalid_request")

    def test_ended_session_refused(self):
        session = self.client.begin().json["user_discovery_session_id"]
        waiting = self.simulator.run("pending").stdout.split("scan ")[-1].split()[0]
        self.assertEqual(self.simulator.run("expire", waiting).returncode, 0)
        self.assert_refused(self.client.poll_session(session), 400, "invalid_request")


del RuleTest

if __name__ == "__main__":
    main()
