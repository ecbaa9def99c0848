#!/usr/bin/python3
"""The real helper with `profile = oidc` against a provider that does as it is told: each
way to log in, each way to prove who we are, and what every wrong answer leads to.

    test_oidc.py BUILD-DIRECTORY [NAME...]

As root, in a mount namespace of its own. Closes with `N passed, N failed`.
"""

import base64
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto import jwk, jws

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import programs  # noqa: E402
from channel import PASSWORD_STYLE, PROMPT_STYLE, Helper  # noqa: E402
from pki import Pki, make_key  # noqa: E402
from scripted_op import Op, SUBJECT, hmac_key  # noqa: E402
from test_helper import (  # noqa: E402
    PLACE, best_of_three, expect, forget, main, private_run, steps_of)

CLIENT = "my:client"
SECRET = "s%cr&t +" + "x" * 24
SHORT = 10  # seconds: the shortest login there is


class Site:
    """A provider and a configuration that trusts it; cases run on it one at a time."""

    def __init__(self, build, directory, signer):
        self.build, self.dir = Path(build), directory
        directory.mkdir(parents=True)
        self.helper_program = [*private_run(directory / "run"), programs.helper(build)]
        self.op = Op(directory, CLIENT, signer)
        self.control("keygen", directory / "keys")
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-out", directory / "keys/ec.pem"], check=True)
        for name, curve in (("p384", "P-384"), ("x25519", "X25519")):
            key = jwk.JWK.generate(kty="EC" if name == "p384" else "OKP", crv=curve)
            self.write(directory / f"keys/{name}.pem",
                       key.export_to_pem(private_key=True, password=None).decode())
        self.conf = directory / "pam_itsme.conf"
        self.reset()

    def control(self, *arguments):
        (self.dir / "keys").mkdir(exist_ok=True)
        return subprocess.run([self.build / "itsmectl", *arguments], check=True,
                              stdout=subprocess.PIPE).stdout

    @staticmethod
    def write(path, text):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def reset(self):
        forget(self.dir / "run")
        self.op.reset()
        self.configure()
        self.write_map(f"daemon sub={SUBJECT}\n")
        self.write(self.dir / "secret", SECRET + "\r\n")  # as some editors end it

    def configure(self, provider="", client="auth = none", login="", ca=None, timeout=60):
        """Further lines of each section. The client's keys are registered with the provider."""
        self.write(self.conf, f"""[provider]
issuer = {self.op.issuer}
profile = oidc
client_id = {CLIENT}
ca_file = {ca or self.dir / "tls.pem"}
connect_timeout = 20
request_timeout = 30
{provider}
[client]
{client.replace("KEYS", str(self.dir / "keys"))}
[login]
timeout = {timeout}
{login}
[identity]
map = {self.dir}/users
minimum_uid = 0
""")
        self.op.keys = jwk.JWKSet.from_json(self.control("jwks", "--config", self.conf).decode())

    def write_map(self, text):
        self.write(self.dir / "users", text)

    def start(self, *arguments, within=(), **request):
        """WITHIN: a command that starts the helper, in a file system of its own."""
        *before, program = self.helper_program
        return Helper([*before, *within, program], request={
            "arguments": (f"config={self.conf}", "debug", *arguments)} | request)

    def start_by_the_service_manager(self, credentials):
        """As on an accepted connection of its socket, with its copies of files."""
        helper = Helper(
            [*private_run(self.dir / "run"), "sh", "-c", 'export LISTEN_PID=$$; exec "$0"',
             programs.helper(self.build)],
            {"PATH": "/usr/bin:/bin", "LISTEN_FDS": "1",
             "CREDENTIALS_DIRECTORY": str(credentials)})
        helper.request(arguments=(f"config={self.conf}",))
        return helper

    def log_in(self, *arguments, verdict="authenticated", reason="ok", **request):
        helper = self.start(*arguments, **request)
        expect(helper, verdict, reason)
        assert not self.op.problems, self.op.problems
        for secret in (SECRET, "dc-1", "req-1", "at-1", SUBJECT):
            assert secret not in helper.log(), f"{secret} stands in the log"
        return helper

    def stop(self):
        self.op.close()


# --- what an honest provider leads to ---------------------------------------------------


def device_shows_address_and_code(site):
    helper = site.start(style=PROMPT_STYLE)
    text = helper.until("QUESTION")["text"]
    assert "link" not in text, text
    assert f"\n{site.op.issuer}/activate\n" in text, text  # the code holds the long one
    assert "Enter this code there: WDJB-1\n" in text, text
    assert text.endswith("press Enter."), text
    expect(helper, "authenticated", "ok")
    assert steps_of(helper) == ["metadata", "device", "keys", "token", "token"], helper.log()


def device_code_is_renewed(site):
    """The first code expires, is replaced on screen, and the second one is approved."""
    site.op.pending = 99

    def short(status, answer):
        second = len(site.op.forms("device")) > 1
        site.op.left = 0 if second else 99
        return status, answer | {"expires_in": 60 if second else 6}

    site.op.bend["device"] = short
    helper = site.start()
    assert "WDJB-1" in helper.until("SHOW")["text"]
    assert "WDJB-2" in helper.until("SHOW")["text"]
    expect(helper, "authenticated", "ok")
    codes = [form["device_code"] for form in site.op.forms("token")]
    assert codes[0] == "dc-1" and codes[-1] == "dc-2", codes


def wrong_account(site):
    site.write_map("daemon sub=somebody-else\n")
    site.log_in(verdict="wrong_account", reason="wrong_subject")


def denied(site):
    site.op.bend["token"] = lambda *_: (403, {"error": "access_denied"})
    helper = site.log_in(verdict="denied", reason="user_denied")
    said = helper.messages[-1][1]["text"]
    assert said == "The request was denied.", said  # and of itsme nobody has heard here


RSA = "signing_key = KEYS/sig.pem"
# name -> (client section, auth at the provider, metadata, algorithm of the assertion)
METHODS = {
    "private_key_jwt": (RSA, "private_key_jwt", {}, "RS256"),
    "private_key_jwt PS256": (RSA, "private_key_jwt", {
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256"]}, "PS256"),
    "private_key_jwt ES256": ("signing_key = KEYS/ec.pem", "private_key_jwt", {}, "ES256"),
    "private_key_jwt ES384": ("signing_key = KEYS/p384.pem", "private_key_jwt", {
        "token_endpoint_auth_signing_alg_values_supported": ["ES384"]}, "ES384"),
    "private_key_jwt RS512": (RSA, "private_key_jwt", {
        "token_endpoint_auth_signing_alg_values_supported": ["PS512", "RS512"]}, "RS512"),
    "client_secret_basic": ("auth = client_secret_basic\nclient_secret_file = SECRET",
                            "client_secret_basic", {}, None),
    "client_secret_post": ("auth = client_secret_post\nclient_secret_file = SECRET",
                           "client_secret_post", {}, None),
    "none": ("auth = none", "none", {}, None),
}


def method_case(client, auth, metadata, alg):
    def case(site):
        site.configure(client=client.replace("SECRET", str(site.dir / "secret")))
        site.op.auth, site.op.secret, site.op.metadata = auth, SECRET, metadata
        site.log_in()
        assert alg is None or site.op.assertion_alg == alg
    return case


def audiences(site):
    for word in ("auto", "endpoint", "token_endpoint", "issuer"):
        site.op.reset()
        site.configure(client=f"{RSA}\nassertion_audience = {word}")
        site.op.auth = "private_key_jwt"
        site.op.audience = "token_endpoint" if word == "auto" else word
        site.log_in()


def register_encryption(site):
    keys = [key for key in site.op.keys if json.loads(key.export_public())["use"] == "enc"]
    site.op.encrypt = keys[0]


def encrypted_token(site):
    """Nested where we gave out a key for it: then nothing else will do."""
    site.configure(client="auth = none\ndecryption_key = KEYS/enc.pem")
    site.log_in(verdict="bad_token", reason="token_form token_nesting")
    register_encryption(site)
    site.log_in()


# what signs -> its key, the hash that at_hash is made with
NAMED_SIGNATURES = {
    "RS384": ({"kty": "RSA", "size": 2048}, "sha384"),
    "PS512": ({"kty": "RSA", "size": 2048}, "sha512"),
    "ES384": ({"kty": "EC", "crv": "P-384"}, "sha384"),
}


def sign_by(site, alg, key, digest):
    """The provider has another key, of that algorithm, and says so in its key set."""
    half = hashlib.new(digest, b"at-1").digest()
    half = half[:len(half) // 2]
    site.op.claims = {"at_hash": base64.urlsafe_b64encode(half).decode().rstrip("=")}
    public = key.export_public(as_dict=True)
    site.op.bend["jwks"] = lambda *_: (200, {"keys": [public]})
    site.op.pending = 0
    site.op.sign = lambda claims: site.op.signed(claims, alg, key, kid="more")


def signatures_by_name(site):
    """What a provider must name itself: by name it is taken, without it is not."""
    for alg, (kind, digest) in NAMED_SIGNATURES.items():
        site.op.reset()
        sign_by(site, alg, jwk.JWK.generate(**kind, kid="more", use="sig"), digest)
        site.op.metadata = {"id_token_signing_alg_values_supported": ["RS256", alg]}
        site.log_in()
    site.op.metadata = {"id_token_signing_alg_values_supported": None}
    site.log_in(verdict="bad_token", reason="alg_refused")


def eddsa_with_at_hash(site):
    """With metadata that lists nothing: EdDSA is of the usual ones, and both hashes are right."""
    key = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="more", use="sig", alg="EdDSA")
    for digest, verdict, reason in (("sha512", "authenticated", "ok"),
                                    ("sha256", "authenticated", "ok"),
                                    ("sha384", "bad_token", "claim_at_hash")):
        site.op.reset()
        sign_by(site, "EdDSA", key, digest)
        site.op.metadata = {"id_token_signing_alg_values_supported": None}
        site.log_in(verdict=verdict, reason=reason)


def encryption_by_name(site):
    """Keys on each curve, and the agreed key that wraps only where that is named."""
    for name, wrap in (("x25519", "ECDH-ES"), ("p384", "ECDH-ES+A128KW"),
                       ("x25519", "ECDH-ES+A256KW")):
        site.op.reset()
        site.configure(client=f"auth = none\ndecryption_key = KEYS/{name}.pem")
        register_encryption(site)
        site.op.wrap, site.op.pending = wrap, 0
        site.op.metadata = {"id_token_encryption_alg_values_supported": [wrap]}
        site.log_in()
    site.op.metadata = {}
    site.log_in(verdict="bad_token", reason="alg_refused")


def encryption_as_configured(site):
    site.configure(client="auth = none\ndecryption_key = KEYS/enc.pem",
                   provider="id_token_encrypted = no")
    site.log_in()
    register_encryption(site)
    site.log_in(verdict="bad_token", reason="token_form token_nesting")


def discovery_elsewhere(site):
    """RFC 8414's address, where OpenID's has nothing; nothing there is no provider."""
    paths = []
    site.op.bend["discovery"] = lambda *_: (404, b"")
    site.op.bend["elsewhere"] = lambda *_: (200, site.op.document())
    site.log_in()
    site.op.bend["elsewhere"] = lambda *a: paths.append(a) or (404, b"")
    site.log_in(verdict="unavailable", reason="provider_refused")
    assert len(paths) == 2, "what comes first is forgiven once"


def endpoints_by_hand(site):
    site.op.bend["discovery"] = lambda *_: (500, b"")
    site.configure(provider="\n".join(
        f"{name} = {site.op.document()[name]}" for name in (
            "jwks_uri", "token_endpoint", "device_authorization_endpoint")))
    site.log_in()
    assert not site.op.forms("discovery"), "discovery was asked all the same"


# --- CIBA -------------------------------------------------------------------------------


def ciba_hints(site):
    """(the map's words, the template) -> login_hint"""
    for words, template, hint in [
            ("login=alice@example.org", "", "alice@example.org"),
            ("", "{user}@example.org", "daemon@example.org"),
            ("login=other@example.org", "{user}@example.org", "other@example.org"),
            ('login=al"ice', '{"name":"{login}"}', '{"name":"al\\"ice"}'),
            ('login={"tel":"+32"}', "", '{"tel":"+32"}'),
            ("", "{sub}", SUBJECT)]:
        site.op.reset()
        site.configure(provider=f"login_hint = {template}" if template else "")
        site.write_map(f"daemon sub={SUBJECT} {words}\n")
        helper = site.log_in("flow=ciba")
        assert site.op.wishes["login_hint"] == hint, site.op.wishes
        assert hint not in helper.log(), "the hint stands in the log"


def ciba_shows_that_the_phone_was_asked(site):
    site.configure(provider="login_hint = x")
    for style, kind in ((PROMPT_STYLE, "PROMPT"), (0, "SHOW")):
        helper = site.start("flow=ciba", style=style)
        assert "We sent a request to your phone." in helper.until(kind)["text"]
        expect(helper, "authenticated", "ok")
        assert steps_of(helper)[:3] == ["metadata", "authentication", "keys"], helper.log()


def ciba_signed(site):
    site.configure(provider="login_hint = x", client=RSA)
    site.op.auth = "private_key_jwt"
    site.op.metadata = {
        "backchannel_authentication_request_signing_alg_values_supported": ["PS256", "ES256"]}
    site.log_in("flow=ciba")
    assert "request" in site.op.forms("ciba")[0]
    assert site.op.wishes["login_hint"] == "x" and site.op.wishes["scope"] == "openid"
    assert 0 < site.op.wishes["requested_expiry"] <= 60


def ciba_login_hint_token(site):
    site.configure(provider='login_hint_token = {"sub":"{sub}"}', client=RSA)
    site.op.auth = "private_key_jwt"
    site.log_in("flow=ciba")
    _, claims = site.op.verify(site.op.forms("ciba")[0]["login_hint_token"])
    assert claims == {"sub": SUBJECT}
    site.configure(provider='login_hint_token = {"l":"{login}"}', client=RSA)
    site.write_map(f'daemon sub={SUBJECT} login=al"ice\n')
    site.log_in("flow=ciba")
    _, claims = site.op.verify(site.op.forms("ciba")[1]["login_hint_token"])
    assert claims == {"l": 'al"ice'}
    site.configure(provider="login_hint_token = {user}", client=RSA)
    site.log_in("flow=ciba", verdict="misconfigured", reason="config_invalid")


def ciba_user_code(site):
    site.write_map(f"daemon sub={SUBJECT} login=x code=0815\n")
    site.log_in("flow=ciba")
    assert "user_code" not in site.op.wishes
    site.op.metadata = {"backchannel_user_code_parameter_supported": True}
    site.log_in("flow=ciba")
    assert site.op.wishes["user_code"] == "0815"


def ciba_for_nobody(site):
    site.log_in("flow=ciba", verdict="refused", reason="unmapped_user")
    assert not site.op.asked, "the provider was asked"
    site.configure(provider='login_hint = {"a":{user}}')
    site.log_in("flow=ciba", verdict="misconfigured", reason="config_invalid")


def auto_falls_back_to_device(site):
    """What needs no knowledge follows, and nothing of the first try was shown."""
    site.configure(provider="login_hint = x")
    for change in ("unknown", "no endpoint"):
        site.op.reset()
        if change == "unknown":
            site.op.bend["ciba"] = lambda *_: (400, {"error": "unknown_user_id"})
        else:
            site.op.metadata = {"backchannel_authentication_endpoint": None}
        helper = site.start()
        assert "WDJB-1" in helper.until("SHOW")["text"]
        expect(helper, "authenticated", "ok")


def auto_that_has_rung_shows_the_code_too(site):
    """A phone rings, and then the provider knows nobody there: what the next flow has is shown
    as well, and nobody waits for the time-out in silence."""
    def forgets(status, answer):
        rung = site.op.asked[-1][1].get("grant_type", "").endswith("ciba")
        return (400, {"error": "unknown_user_id"}) if rung else (status, answer)

    site.configure(provider="login_hint = x")
    site.op.bend["token"] = forgets
    helper = site.start()
    assert "We sent a request" in helper.until("SHOW")["text"], helper.messages
    shown = helper.until("SHOW")
    assert shown and "WDJB-1" in shown["text"], helper.messages
    expect(helper, "authenticated", "ok")


def auto_rings_nobody_for_sshd(site):
    site.configure(provider="login_hint = x")
    helper = site.start(service="sshd", ruid=0)
    assert "WDJB-1" in helper.until("SHOW")["text"]
    expect(helper, "authenticated", "ok")
    assert not site.op.forms("ciba")


# --- as providers write it --------------------------------------------------------------


def answers_as_they_are_written(site):
    """null for what is not there, numbers as texts, Google's name for the address, times with
    fractions, addresses of no use to us: nothing of that protects anybody."""
    site.op.metadata = {"userinfo_endpoint": "http://localhost/userinfo",
                        "id_token_signing_alg_values_supported": [None, 256, "RS256"]}
    site.op.bend["discovery"] = put(
        backchannel_authentication_endpoint=None, id_token_encryption_alg_values_supported=None)
    site.op.bend["token"] = lambda status, answer: (status, answer if status != 200 else answer | {
        "token_type": None, "expires_in": "60", "refresh_token": None, "scope": None,
        "error": None})
    now = time.time()
    site.op.claims = {"iat": now, "exp": now + 60.5, "nbf": 17e8}

    def device(status, answer):
        address = answer.pop("verification_uri")
        return status, answer | {"verification_url": address, "verification_uri_complete": None,
                                 "expires_in": "60", "interval": "1", "error": None}

    site.op.bend["device"] = device
    helper = site.start(style=PROMPT_STYLE)
    assert f"\n{site.op.issuer}/activate\n" in helper.until("QUESTION")["text"]
    expect(helper, "authenticated", "ok")
    site.op.metadata = site.op.claims = {}
    site.op.bend = {"ciba": put(expires_in="60", interval=None, error=None)}
    site.configure(provider="login_hint = x")
    site.log_in("flow=ciba")


def auto_goes_on_where_the_address_is_none(site):
    site.configure(provider="login_hint = x")
    site.op.bend["discovery"] = put(backchannel_authentication_endpoint="http://localhost/ciba")
    helper = site.start()
    assert "WDJB-1" in helper.until("SHOW")["text"]
    expect(helper, "authenticated", "ok")


def max_age_is_asked_for(site):
    """A provider that says when only where it is asked, as OpenID Connect Core has it."""
    signs = {"backchannel_authentication_request_signing_alg_values_supported": ["PS256"]}
    for flow, client, asked, metadata in [
            ("device", "auth = none", lambda: site.op.forms("device")[0], {}),
            ("ciba", "auth = none", lambda: site.op.wishes, {}),
            ("ciba", RSA, lambda: site.op.wishes, signs)]:
        def id_token(access, make=Op.id_token, asked=asked):
            wanted = asked().get("max_age") is not None
            site.op.claims = {"auth_time": int(time.time()) if wanted else None}
            return make(site.op, access)

        site.op.reset()
        site.op.metadata, site.op.auth = metadata, "private_key_jwt" if client == RSA else "none"
        site.op.id_token = id_token
        try:
            for login, wish in (("", None), ("max_age = 300", 300)):
                site.configure("login_hint = x", client, login)
                site.op.asked.clear()
                site.log_in(f"flow={flow}")
                assert asked().get("max_age") == (wish if metadata or not wish else str(wish))
        finally:
            del site.op.id_token


def userinfo_that_is_signed(site):
    """It must be of this provider, for this client and of now; its key may be a newer one."""
    site.configure(login="required_claims = level=3")
    rotated = jwk.JWK.generate(kty="RSA", size=2048)
    about = {"iss": site.op.issuer, "aud": CLIENT, "sub": SUBJECT, "level": 3}
    now = int(time.time())

    def answer(claims, key=None, kid="op-1"):
        token = site.op.signed(claims, key=key, kid=kid)
        site.op.bend["userinfo"] = lambda *_: (200, token.encode())

    for change, verdict, reason in [
            ({}, "authenticated", "ok"),
            ({"exp": now + 60.5, "iat": float(now)}, "authenticated", "ok"),
            ({"iss": None}, "bad_token", "claim_iss"),
            ({"aud": None}, "bad_token", "claim_aud"),
            ({"exp": now - 600}, "bad_token", "claim_exp"),
            ({"nbf": now + 600}, "bad_token", "claim_nbf")]:
        answer({k: v for k, v in (about | change).items() if v is not None})
        site.log_in(verdict=verdict, reason=reason)

    def keys(status, known):
        fetched = [name for name, *_ in site.op.asked].count("jwks")
        newer = json.loads(rotated.export_public()) | {"kid": "op-2", "use": "sig"}
        return status, {"keys": known["keys"] + [newer] * (fetched > 1)}

    answer(about, rotated, "op-2")
    site.op.asked.clear()
    site.op.bend["jwks"] = keys
    helper = site.log_in()
    assert steps_of(helper)[-2:] == ["userinfo", "new_keys"], helper.log()


# --- a certificate ----------------------------------------------------------------------

ALIASED = ("token_endpoint", "backchannel_authentication_endpoint",
           "device_authorization_endpoint", "userinfo_endpoint")


class Certified:
    """A site whose provider takes certificates of one authority, at a door of its own."""

    def __init__(self, site, kind="EC", above=None, **door):
        self.site = site
        self.pki = Pki(site.dir / "pki", above=above)
        self.pki.issue("host-1", make_key(kind))
        self.own = self.pki.directory / "host-1.pem"
        site.op.auth, site.op.subject = "tls_client_auth", "host-1"
        self.door = site.op.open_door((above or self.pki).certificate, **door)
        site.op.metadata = {"mtls_endpoint_aliases": self.aliases()}
        self.configure()

    def aliases(self, *names):
        """The plain addresses at the door."""
        plain = {k: v for k, v in self.site.op.document().items() if k in (names or ALIASED)}
        return {name: address.replace(self.site.op.issuer, self.door)
                for name, address in plain.items()}

    def configure(self, certificate=None, key=None, auth="tls_client_auth", more="", **rest):
        certificate = certificate or self.own
        self.site.configure(client=f"auth = {auth}\ncertificate = {certificate}\n"
                            f"certificate_key = {key or certificate.with_suffix('.key')}\n"
                            f"{more}", **rest)

    def shown(self, at_door):
        """What was asked at the door, or elsewhere, with whose certificate."""
        port = int(self.door.split(":")[2].split("/")[0])
        return {(name, subject) for name, where, subject in self.site.op.shown
                if (where == port) == at_door}


def certificate_at_the_aliases(site):
    """RFC 8705 section 5; where there is none, and by each name of the method."""
    for auth in ("tls_client_auth", "self_signed_tls_client_auth"):
        site.reset()
        at = Certified(site)
        at.configure(auth=auth, login="required_claims = email=a@example.org")
        site.op.bend["userinfo"] = put(email="a@example.org")
        site.log_in()
        assert at.shown(True) == {(name, "host-1") for name in ("device", "token", "userinfo")}
        assert at.shown(False) == {("discovery", None), ("jwks", None)}, site.op.shown


def certificate_for_ciba(site):
    at = Certified(site)
    at.configure(provider="login_hint = x\nsigned_request = yes", more=RSA)
    site.op.metadata["backchannel_authentication_request_signing_alg_values_supported"] = [
        "RS256"]
    site.log_in("flow=ciba")
    assert "request" in site.op.forms("ciba")[0]
    assert at.shown(True) == {("ciba", "host-1"), ("token", "host-1")}


def as_old_pem(path):
    """The key as PKCS#1 or SEC 1."""
    return serialization.load_pem_private_key(path.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption()).decode()


def as_jwk(path, **members):
    return json.dumps({**json.loads(jwk.JWK.from_pem(path.read_bytes()).export()), **members})


def certificate_of_each_kind(site):
    """Either key, either TLS, a chain, a door that only asks; an authority between; a key in
    each form, as itsme-fetch is told PKCS#8 alone."""
    for kind in ("EC", "RSA"):
        for tls, rewrite in ((ssl.TLSVersion.TLSv1_2, as_old_pem),
                             (ssl.TLSVersion.TLSv1_3, as_jwk)):
            site.reset()
            at = Certified(site, kind, tls=tls)
            key = at.own.with_suffix(".key")
            site.write(key, rewrite(key))
            site.log_in()
    site.reset()
    Certified(site, above=Pki(site.dir / "pki", "Root"), required=False)
    site.log_in()


def certificate_without_aliases(site):
    """Plain endpoints that ask for it; null and other objects say nothing, by hand goes first."""
    for aliases in (None, {}, {"revocation_endpoint": "https://localhost/r"},
                    {"introspection_endpoint": 7}, "null"):
        site.reset()
        at = Certified(site)
        plain = at.aliases()
        site.op.metadata = plain | {"mtls_endpoint_aliases": aliases}
        if aliases == "null":
            site.op.bend["discovery"] = lambda status, answer: (
                status, json.dumps(answer).replace('"null"', "null").encode())
        site.log_in()
    site.reset()
    at = Certified(site)
    by_hand = at.aliases("token_endpoint")["token_endpoint"]
    site.op.metadata["mtls_endpoint_aliases"]["token_endpoint"] = "https://localhost:1/token"
    at.configure(provider=f"token_endpoint = {by_hand}")
    site.log_in()


def aliases_of_others(site):
    """Who proves themselves otherwise is not interested, whatever stands there."""
    for aliases in ({"token_endpoint": "https://localhost:1/token"},
                    {"token_endpoint": "http://localhost/token"}, 7, "x", [], {}):
        site.reset()
        site.op.metadata = {"mtls_endpoint_aliases": aliases}
        site.log_in()


def aliases_that_are_refused(site):
    for aliases, words in (({"token_endpoint": "http://localhost/token"}, "token_endpoint"),
                           ({"device_authorization_endpoint": 7}, "device_authorization_end"),
                           (7, "mtls_endpoint_aliases"), ([], "mtls_endpoint_aliases")):
        site.reset()
        Certified(site)
        site.op.metadata = {"mtls_endpoint_aliases": aliases}
        helper = site.log_in(verdict="misconfigured", reason="provider_no_endpoint") \
            if isinstance(aliases, dict) else \
            site.log_in(verdict="unavailable", reason="provider_answer_invalid")
        assert words in helper.log(), helper.log()


def certificate_with_a_key_in_a_store(site):
    """itsme-fetch opens it, which has no environment: what tells it stands under /etc."""
    at = Certified(site, "RSA")
    tokens, settings, empty = (site.dir / name for name in ("tokens", "settings", "empty"))
    for directory in (tokens, settings, empty):
        directory.mkdir(0o755)
    (settings / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\n")
    for words in (["--init-token", "--free", "--label", "site", "--so-pin", "4711"],
                  ["--import", at.own.with_suffix(".key"), "--token", "site", "--label", "tls",
                   "--id", "01"]):
        subprocess.run(["softhsm2-util", *words, "--pin", "4711"], check=True,
                       env={**os.environ, "SOFTHSM2_CONF": str(settings / "softhsm2.conf")},
                       stdout=subprocess.DEVNULL)
    subprocess.run(["chown", "-R", "nobody", tokens], check=True)
    mounts = f"mount --bind {settings} /etc/softhsm"
    if b"__asan_init" in programs.helper(site.build).read_bytes():
        # pkcs11-provider loads with RTLD_DEEPBIND, where ASan gives up: leave it to the engine
        told = subprocess.run(["openssl", "version", "-m"], check=True, capture_output=True)
        mounts += f" && mount --bind {empty} {told.stdout.split()[1].decode()}"
    uri = "pkcs11:token=site;object={}?pin-value=4711&module-path=/usr/lib/softhsm/libsofthsm2.so"
    for name, verdict, reason in (("tls", "authenticated", "ok"),
                                  ("none", "misconfigured", "key_store")):
        at.configure(key=uri.format(name))
        site.log_in(verdict=verdict, reason=reason,
                    within=("sh", "-c", f'{mounts} && exec "$0"'))
    assert at.shown(True) == {("device", "host-1"), ("token", "host-1")}, site.op.shown


def certificate_that_is_no_use(site):
    """Said at once, with the file; the provider is not asked."""
    at = Certified(site)
    own, place = at.own, at.pki.directory
    key = own.with_suffix(".key")
    at.pki.issue("host-2")
    at.pki.issue("ended", days=(-2, -1))
    at.pki.issue("begins", days=(1, 2))
    at.pki.issue("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    site.write(place / "cut.pem", own.read_text()[:200])
    site.write(place / "many.pem", own.read_text() + at.pki.certificate.read_text() * 11)
    site.write(place / "locked.key", key.read_text().replace("PRIVATE KEY",
                                                             "ENCRYPTED PRIVATE KEY"))
    site.write(place / "both.pem", own.read_text() + key.read_text())
    site.write(place / "enc.key", as_jwk(key, use="enc"))
    site.write(place / "half.key", as_jwk(key, d=None))
    site.write(place / "open.key", key.read_text())
    (place / "open.key").chmod(0o640)
    site.write(place / "shared.pem", own.read_text())
    (place / "shared.pem").chmod(0o664)
    for certificate, key_file, reason, words in (
            ("host-1.pem", "host-2.key", "invalid", "host-1.pem: the certificate does not belong"),
            ("ended.pem", "ended.key", "invalid", "ended.pem: the certificate has expired"),
            ("begins.pem", "begins.key", "invalid", "begins.pem: the certificate is not valid"),
            ("weak.pem", "weak.key", "invalid", "weak.key"),
            ("host-1.key", "host-1.key", "invalid", "host-1.key: there is no certificate"),
            ("cut.pem", "host-1.key", "invalid", "cut.pem: a certificate is damaged"),
            ("many.pem", "host-1.key", "invalid", "many.pem: there are more than 10"),
            ("host-1.pem", "locked.key", "invalid", "locked.key: the key is encrypted"),
            ("host-1.pem", "enc.key", "invalid", "enc.key: use, key_ops or alg of the JWK"),
            ("host-1.pem", "half.key", "invalid", "half.key: "),
            ("host-1.pem", "both.pem", None, ""),
            ("none.pem", "host-1.key", "missing", "none.pem"),
            ("host-1.pem", "none.key", "missing", "none.key"),
            ("host-1.pem", "open.key", "unsafe", "open.key"),
            ("shared.pem", "host-1.key", "unsafe", "shared.pem")):
        site.op.asked.clear()
        at.configure(place / certificate, place / key_file)
        if reason is None:
            site.log_in()
            continue
        helper = site.log_in(verdict="misconfigured", reason=f"key_{reason}")
        assert words in helper.log() and "PRIVATE" not in helper.log(), helper.log()
        assert not site.op.asked, "the provider was asked"


def certificate_that_the_provider_refuses(site):
    """By TLS, which has no other word than an alert; or by its own."""
    for tls in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        site.reset()
        at = Certified(site, tls=tls)
        stranger = Pki(site.dir / "others", "Others").issue("host-1")[0]
        at.configure(stranger)
        helper = site.log_in(verdict="misconfigured", reason="client_refused_by_provider")
        assert "the provider refuses our certificate: unknown CA" in helper.log(), helper.log()
        assert not at.shown(True), "it was let in"
    site.reset()
    at = Certified(site)
    at.configure(at.pki.issue("host-2")[0])
    site.op.bend["device"] = say(401, b'{"error":"invalid_client"}')
    helper = site.start()
    expect(helper, "misconfigured", "client_refused_by_provider")
    assert ("device", "host-2") in at.shown(True), site.op.shown


def certificate_that_is_refused_rings_nobody(site):
    """Nor does the machine believe so: TLS 1.3 refuses only after the request is on its way."""
    at = Certified(site)
    at.configure(Pki(site.dir / "others", "Others").issue("host-1")[0],
                 provider="login_hint = x")
    for _ in range(2):
        site.log_in("flow=ciba", verdict="misconfigured", reason="client_refused_by_provider")
    assert not site.op.forms("ciba")


def certificate_is_shown_by_nobody_else(site):
    """A machine that proves itself otherwise shows nothing, even where it is asked to."""
    at = Certified(site, required=False)
    site.op.auth = "none"
    site.op.metadata = at.aliases()
    site.configure()
    site.log_in()
    assert at.shown(True) == {("device", None), ("token", None)}, site.op.shown


def certificate_from_the_service_manager(site):
    at = Certified(site)
    credentials = site.dir / "credentials"
    credentials.mkdir(exist_ok=True)
    for file in (at.own, at.own.with_suffix(".key")):
        file.rename(credentials / file.name)
    helper = site.start_by_the_service_manager(credentials)
    expect(helper, "authenticated", "ok")
# --- whose fault it is that there was no end --------------------------------------------


def timed(site, verdict, reason, **request):
    """A login, and how many seconds it took."""
    began = time.monotonic()
    helper = site.start(**request)
    expect(helper, verdict, reason)
    return helper, time.monotonic() - began


@best_of_three
def nobody_approves(site):
    """The provider has answered all questions: that is the person's, to the last second."""
    site.configure(timeout=SHORT)
    site.op.pending = 99
    helper, took = timed(site, "expired", "timeout")
    assert SHORT - 0.5 < took < SHORT + 1.5, took
    assert not own_lines(helper), helper.log()


@best_of_three
def nobody_approves_at_a_slow_provider(site):
    """A poll is always out: it may be held for as long as something may happen."""
    site.configure(timeout=SHORT)
    site.op.pending = 99
    site.op.bend["token"] = lambda *a: time.sleep(4) or a
    helper, _ = timed(site, "expired", "timeout")
    assert not own_lines(helper), helper.log()


@best_of_three
def provider_falls_silent(site):
    """A stalled poll is nobody's time-out but the provider's, and in time for a fallback."""
    event = threading.Event()
    site.configure(timeout=SHORT)
    site.op.bend["token"] = lambda *a: (event.wait(2 * SHORT), a)[1]
    helper, took = timed(site, "unavailable", "provider_timeout")
    event.set()
    assert took < SHORT - 0.4, took
    assert "token: no answer for" in helper.log(), helper.log()


@best_of_three
def wait_that_does_not_fit_is_cut(site):
    """An hour from the first poll: it is asked once more, and the phone has approved."""
    site.configure(timeout=SHORT)
    site.op.pending = 0
    site.op.headers["token"] = {"Retry-After": "3600"}
    site.op.bend["token"] = lambda *a: (503, b"") if len(site.op.forms("token")) == 1 else a
    _, took = timed(site, "authenticated", "ok")
    assert SHORT - 4 < took < SHORT, took
    site.op.bend["token"] = lambda *_: (503, b"")
    site.op.asked.clear()
    _, took = timed(site, "unavailable", "provider_status")
    assert SHORT - 4 < took < SHORT - 0.4 and len(site.op.forms("token")) == 2, took


@best_of_three
def stopped_helper_meets_no_outage(site):
    """One stumble would be forgiven; who keeps the helper from asking again has a refusal."""
    site.configure(timeout=SHORT)
    site.op.headers["token"] = {"Retry-After": "4"}
    stumbled = threading.Event()
    site.op.bend["token"] = lambda *_: stumbled.set() or (503, b"")
    helper = site.start()
    assert stumbled.wait(30)
    time.sleep(0.5)     # for the answer to arrive
    os.kill(helper.process.pid, signal.SIGSTOP)
    time.sleep(SHORT)
    os.kill(helper.process.pid, signal.SIGCONT)
    expect(helper, "unavailable", "helper_stopped")


def over_before_it_can_be_asked_about(site):
    """Five seconds to live and five between questions: it is asked about once all the same."""
    site.configure(provider="login_hint = x")
    for flow in ("device", "ciba"):
        site.op.bend[flow] = put(expires_in=5, interval=5)
        site.op.pending = 0
        site.log_in(f"flow={flow}")
    site.op.pending = 99
    site.op.bend["token"] = lambda *_: (400, {"error": "expired_token"})
    site.op.asked.clear()
    forget(site.dir / "run")
    helper = site.start("flow=ciba")
    expect(helper, "expired", "expired")
    assert len(site.op.forms("token")) == 1, site.op.asked


def limited_push_goes_on_with_the_code(site):
    """Nothing has begun, and a code rings nobody; where there is none, how long to wait."""
    for word in (None, "slow_down", "temporarily_unavailable"):
        site.reset()
        site.configure(provider="login_hint = x")
        site.op.headers["ciba"] = {"Retry-After": "42"}
        site.op.bend["ciba"] = lambda *_, word=word: (429, {"error": word} if word else b"")
        helper = site.start()
        assert "WDJB-1" in helper.until("SHOW")["text"]
        expect(helper, "authenticated", "ok")
        assert len(site.op.forms("ciba")) == 1
        site.configure(provider="login_hint = x", login="flow = ciba")
        forget(site.dir / "run")
        helper = site.start()
        expect(helper, "limited", "provider_too_many_requests")
        assert helper.messages[-1][1]["text"] == "Too many requests; try again in 42 seconds."


def limited_poll_shows_no_other_flow(site):
    """The phone rings already."""
    site.configure(provider="login_hint = x", timeout=SHORT)
    site.op.bend["token"] = lambda *_: (429, b"")
    helper = site.start()
    expect(helper, "limited", "provider_too_many_requests")
    assert not site.op.forms("device")


def own_lines(helper):
    """What stands in the log beside what is a line of its own anyway, and debugging."""
    return [fields for kind, fields in helper.messages if kind == "LOG"
            and fields["priority"] < 7 and not fields["text"].startswith("event=")]


def denied_is_one_line(site):
    site.op.bend["token"] = lambda *_: (400, {"error": "access_denied"})
    helper = site.start()
    expect(helper, "denied", "user_denied")
    assert not own_lines(helper), helper.log()
    assert "user_denied: token: status 400, access_denied" in helper.log(), helper.log()


def line_of_an_outage_is_a_warning(site):
    site.op.bend["device"] = lambda *_: (503, {"error": "maintenance"})
    helper = site.start()
    expect(helper, "unavailable", "provider_status")
    assert [line["priority"] for line in own_lines(helper)] == [4], helper.messages


PASSWORD_OUTAGES = [
    ((500, b""), 2, "unavailable", "provider_status"),
    ((302, b""), 2, "unavailable", "provider_status"),
    ((200, b"<html>"), 2, "unavailable", "provider_answer_invalid"),
    ((200, {"issuer": "https://localhost/"}), 1, "unavailable", "provider_issuer_mismatch"),
    ((400, {"error": "invalid_tenant"}), 1, "not_interactive", "not_interactive"),
    ((403, b"<html>"), 1, "not_interactive", "not_interactive"),
    ((404, b""), 1, "not_interactive", "not_interactive"),
    ((429, {"error": "temporarily_unavailable"}), 1, "not_interactive", "not_interactive"),
]


def outage_where_nobody_can_be_asked(site):
    """What a login would call one; a stumble that it would forgive is none."""
    for answer, times, verdict, reason in PASSWORD_OUTAGES:
        site.reset()
        site.op.bend["discovery"] = lambda *_, answer=answer: answer
        expect(site.start(style=PASSWORD_STYLE), verdict, reason)
        assert len(site.op.asked) == times, (answer, site.op.asked)
        site.op.bend["discovery"] = lambda *a, answer=answer: (
            answer if len(site.op.asked) % 2 else a)
        site.op.asked.clear()
        if times > 1:
            expect(site.start(style=PASSWORD_STYLE), "not_interactive", "not_interactive")


# --- files ------------------------------------------------------------------------------


def secret_files(site):
    secret = site.dir / "secret"
    site.configure(client=f"auth = client_secret_post\nclient_secret_file = {secret}")
    for reason, words, spoil in [
            ("key_unsafe", "chmod", lambda: secret.chmod(0o644)),
            ("key_invalid", "secret", lambda: site.write(secret, "\n")),
            ("key_invalid", "secret", lambda: site.write(secret, "a\nb\n")),
            ("key_invalid", "secret", lambda: site.write(secret, "x" * 1025)),
            ("key_missing", "secret", secret.unlink)]:
        spoil()
        helper = site.log_in(verdict="misconfigured", reason=reason)
        assert words in helper.log(), helper.log()
    assert not site.op.asked, "the provider was asked"


# --- what a wrong answer leads to -------------------------------------------------------


def unsigned(op):
    def sign(claims):
        head, body, _ = op.signed(claims).split(".")
        return f"eyJhbGciOiJub25lIiwia2lkIjoieCJ9.{body}."
    return sign


# name -> (change of the claims or of how they are signed, verdict, reasons)
TOKENS = {
    "only what must be there": ({"at_hash": None, "nonce": None}, "authenticated", "ok"),
    "wrong nonce": ({"nonce": "x"}, "bad_token", "claim_nonce"),
    "nonce of another type": ({"nonce": 7}, "bad_token", "claim_nonce"),
    "wrong at_hash": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "bad_token", "claim_at_hash"),
    "at_hash of another type": ({"at_hash": []}, "bad_token", "claim_at_hash"),
    "wrong auth_req_id": ({"urn:openid:params:jwt:claim:auth_req_id": "x"}, "bad_token",
                          "claim_auth_req_id"),
    "from before the login": ({"iat": int(time.time()) - 3600}, "bad_token", "claim_iat"),
    "other issuer": ({"iss": "https://localhost/op"}, "bad_token", "claim_iss"),
    "other audience": ({"aud": "x"}, "bad_token", "claim_aud"),
    "several audiences": ({"aud": [CLIENT, "x"]}, "bad_token", "claim_azp"),
    "no subject": ({"sub": None}, "bad_token", "claim_sub"),
    "expired": ({"exp": int(time.time()) - 600}, "bad_token", "claim_exp"),
    "expired, with a fraction": ({"exp": time.time() - 60.001}, "bad_token", "claim_exp"),
    "expiry as a text": ({"exp": str(int(time.time()) + 600)}, "bad_token", "claim_exp"),
    "alg none": (unsigned, "bad_token", "alg_refused kid_unknown token_form"),
    "HS256 with the client's secret": (
        lambda op: lambda c: op.signed(c, "HS256", hmac_key(SECRET)), "bad_token", "alg_refused"),
    "PS256, which is not on offer": (
        lambda op: lambda c: op.signed(c, "PS256"), "bad_token", "alg_refused"),
    "no kid": (lambda op: lambda c: op.signed(c, kid=None), "bad_token",
               "kid_missing header_refused"),
    "typ of an access token": (
        lambda op: lambda c: op.signed(c, typ="at+jwt"), "bad_token", "typ_refused"),
    "not a token": (lambda op: lambda c: "a.b.c", "bad_token",
                    "token_form base64url_invalid header_refused json_invalid"),
}


def token_case(change, verdict, reason):
    def case(site):
        if callable(change):
            site.op.sign = change(site.op)
        else:
            site.op.claims = change
        site.log_in(verdict=verdict, reason=reason)
    return case


def put(**members):
    return lambda status, answer: (status, answer | members)


def drop(name):
    return lambda status, answer: (status, {k: v for k, v in answer.items() if k != name})


def say(status, body=b""):
    return lambda *_: (status, body)


def unavailable(reason):
    return "unavailable", reason


BAD = unavailable("provider_answer_invalid")
REFUSED = ("misconfigured", "provider_error")
MORE = 99  # times: to the end of the login
# (endpoint, change, (verdict, reason), words in the log, how often it is asked)
ANSWERS = [
    ("discovery", put(issuer="https://localhost/"), unavailable("provider_issuer_mismatch"),
     "issuer"),
    ("discovery", put(token_endpoint="http://localhost/t"),
     ("misconfigured", "provider_no_endpoint"), "token_endpoint is not an https address"),
    ("discovery", put(token_endpoint=["https://localhost/t"]),
     ("misconfigured", "provider_no_endpoint"), "token_endpoint is not an https address"),
    ("discovery", put(jwks_uri="file:///etc/shadow"),
     ("misconfigured", "provider_no_endpoint"), "jwks_uri is not an https address"),
    ("discovery", drop("jwks_uri"), ("misconfigured", "provider_no_endpoint"), "jwks_uri"),
    ("discovery", drop("device_authorization_endpoint"),
     ("misconfigured", "provider_no_endpoint"), "device_authorization_endpoint"),
    ("discovery", put(id_token_signing_alg_values_supported="RS256"), BAD, "not a list"),
    ("discovery", put(id_token_signing_alg_values_supported=["HS256"]),
     ("misconfigured", "provider_no_algorithm"), "id_token_signing_alg_values_supported"),
    ("discovery", say(200, b"{"), BAD, "discovery", 2),
    ("discovery", say(200, b"<html>"), BAD, "discovery", 2),
    ("discovery", say(200, b" " * 300000), unavailable("provider_answer_too_large"), "", 2),
    ("discovery", say(302), unavailable("provider_status"), "302", 2),
    ("discovery", say(429), ("limited", "provider_too_many_requests"), "429", 2),
    ("discovery", say(400, {"error": "invalid_tenant"}), ("misconfigured", "provider_error"),
     "invalid_tenant"),
    ("device", say(401), ("misconfigured", "client_refused_by_provider"), "401"),
    ("device", say(403), unavailable("provider_refused"), "403, and the body is empty", 3),
    ("device", say(403, b"<html>"), unavailable("provider_refused"),
     "403, and the body is not JSON", 3),
    ("device", say(400), REFUSED, "400"),
    ("device", say(429, {"error": "slow_down"}), ("limited", "provider_too_many_requests"),
     "slow_down"),
    ("device", say(503, {"error": "temporarily_unavailable", "error_description": "at 9"}),
     unavailable("provider_status"), "503, temporarily_unavailable: at_9", 3),
    ("device", say(400, {"error": "unauthorized_client"}),
     ("misconfigured", "client_refused_by_provider"), "unauthorized_client"),
    ("device", say(400, {"error": "authorization_pending"}), REFUSED, "authorization_pending"),
    ("device", say(200, []), BAD, "", 3),
    ("device", put(user_code="\x1b[2J"), BAD, "user_code"),
    ("device", put(user_code="x" * 65), BAD, "user_code"),
    ("device", put(verification_uri="javascript:x"), BAD, "verification_uri"),
    ("device", put(verification_uri_complete="https://a/\u202e"), BAD,
     "verification_uri_complete"),
    ("device", put(expires_in="60s"), BAD, "expires_in is not a whole number"),
    ("device", put(expires_in=None), BAD, "expires_in is missing"),
    ("device", put(expires_in=-1), BAD, "expires_in"),
    ("device", put(interval=1e9), BAD, "interval"),
    ("device", put(interval=600), BAD, "interval is 600, allowed are 1 to 59 seconds"),
    ("device", drop("device_code"), BAD, "device_code"),
    ("jwks", say(404), unavailable("provider_refused"), "keys: status 404", MORE),
    ("jwks", say(200, b"<html>"), BAD, '"keys"', MORE),
    ("jwks", say(200, {"keys": []}), ("bad_token", "jwks_refused kid_unknown"), ""),
    ("token", drop("id_token"), ("misconfigured", "id_token_missing"), "openid"),
    ("token", put(id_token=""), BAD, "id_token is empty"),
    ("token", put(id_token=7), BAD, "id_token"),
    ("token", put(id_token=None), ("misconfigured", "id_token_missing"), "openid"),
    ("token", put(token_type="DPoP"), BAD, "token_type"),
    ("token", put(error="invalid_grant"), REFUSED, "invalid_grant"),
    ("token", say(400, {"error": "invalid_grant", "error_description": "\x1b[31mred"}),
     REFUSED, "invalid_grant"),
    ("token", say(400, {"error": ["x"]}), REFUSED, "400 without an error word"),
    ("token", say(401), ("misconfigured", "client_refused_by_provider"), "401"),
    ("token", say(200, b"\xff"), BAD, "", MORE),
    ("token", say(403, b"<html>"), unavailable("provider_refused"), "not JSON", MORE),
]


def answer_case(endpoint, change, outcome, words, times=1):
    def case(site):
        site.configure(timeout=10 if times == MORE else 60)
        site.op.pending = 0
        site.op.bend[endpoint] = change
        verdict, reason = outcome
        helper = site.log_in(verdict=verdict, reason=reason)
        assert words in helper.log() and "\x1b" not in helper.log(), helper.log()
        asked = [name for name, *_ in site.op.asked].count(endpoint)
        if times == MORE:
            assert asked > 2, f"{endpoint} was asked {asked} times"
        elif endpoint == "jwks" and "kid_unknown" in reason:
            assert asked <= 2, f"{endpoint} was asked {asked} times"
        else:
            assert asked == times, f"{endpoint} was asked {asked} times"
    return case


OTHER = jwk.JWK.generate(kty="RSA", size=2048, kid="other").export_public(as_dict=True)
EC = jwk.JWK.generate(kty="EC", crv="P-256", kid="ec").export_public(as_dict=True)
ED = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed").export_public(as_dict=True)

# Keys that nobody can use, or not for this, beside the one that signs. One by one they are
# in the checklist (tests/checklist/keys.c).
ODD_KEYS = {
    "oct": {"kty": "oct", "kid": "o", "k": "AAAA"},
    "no kty": {"kid": "x", "n": "AQAB"},
    "members missing": {"kty": "RSA", "kid": "x"},
    "a member of another type": OTHER | {"n": 7},
    "RSA-1024": jwk.JWK.generate(kty="RSA", size=1024, kid="x").export_public(as_dict=True),
    "RSA-16384": OTHER | {"n": "_" * 2731},
    "even modulus": OTHER | {"n": OTHER["n"][:-1] + "A"},
    "e = 1": OTHER | {"e": "AQ"},
    "encryption": OTHER | {"use": "enc", "alg": "RSA-OAEP-256"},
    "use unheard of": OTHER | {"use": "tls"},
    "use no text": OTHER | {"use": ["sig"]},
    "alg unheard of": OTHER | {"alg": "RS1"},
    "kty unheard of": {"kty": "AKP", "kid": "x", "pub": "AAAA"},
    "curve unheard of": EC | {"crv": "secp256k1"},
    "off the curve": EC | {"y": EC["x"]},
    "Ed25519 of small order": ED | {"x": "AQ" + "A" * 41},
    "Ed25519, no point": ED | {"x": "Ag" + "A" * 41},
    "kid of 300 bytes": OTHER | {"kid": "k" * 300},
    "kid no text": OTHER | {"kid": 7},
    "the same kid, other kty": EC | {"kid": "op-1"},
    "the same kid, other alg": OTHER | {"kid": "op-1", "alg": "PS256"},
    "the same kid, other use": OTHER | {"kid": "op-1", "use": "enc"},
    "key_ops doubled": OTHER | {"key_ops": ["verify", "verify"]},
    "not an object": "x",
    "null": None,
    "certificates of junk": OTHER | {"x5c": [7, "%%"], "x5t": {}, "x5u": []},
}
# What becomes of a login where such a key beside ours, or the choice, is no matter of taste.
BAD_KEYS = {
    "private": (OTHER | {"d": "AQAB"}, "jwks_refused"),
    "private, unheard of": ({"kty": "X", "p": "AQAB"}, "jwks_refused"),
    "the same kid, as good": (OTHER | {"kid": "op-1"}, "jwks_refused"),
}


def odd_keys(site):
    """All of them, in front of the key that signs and behind it."""
    site.op.pending = 0
    others = list(ODD_KEYS.values())
    site.op.bend["jwks"] = lambda status, answer: (
        status, {"keys": others + answer["keys"] + others})
    helper = site.log_in(verdict="authenticated")
    assert helper.log().count("keys skipped; key 0: symmetric key") == 1, helper.log()


def bad_keys_case(other, reason):
    def case(site):
        site.op.pending = 0
        site.op.bend["jwks"] = lambda status, answer: (
            status, {"keys": [*answer["keys"], other]})
        site.log_in(verdict="bad_token", reason=reason)
    return case


def nameless(answer):
    return {"keys": [{n: v for n, v in key.items() if n != "kid"} for key in answer["keys"]]}


def signed_without_kid(site, claims):
    token = site.op.signed(claims)
    made = jws.JWS(json.dumps(claims).encode())
    made.add_signature(site.op.signer, "RS256", json.dumps({"alg": "RS256"}))
    assert token != made.serialize(compact=True)
    return made.serialize(compact=True)


def no_kid_where_one_key_fits(site):
    """In the token, in the key, in neither; and what is skipped is told at debug, once."""
    site.op.pending = 0
    odd = [ODD_KEYS["RSA-1024"], EC, OTHER | {"use": "enc"}]
    for strip_key, strip_token in ((True, False), (False, True), (True, True)):
        site.op.bend["jwks"] = lambda status, answer, strip=strip_key: (
            status, {"keys": odd + (nameless(answer) if strip else answer)["keys"]})
        site.op.sign = (lambda claims: signed_without_kid(site, claims)) if strip_token else None
        helper = site.log_in(verdict="authenticated")
        assert helper.log().count("1 of 4 keys skipped; key 0: RSA modulus has 1024") == 1, \
            helper.log()


def no_kid_where_two_keys_fit(site):
    site.op.pending = 0
    site.op.bend["jwks"] = lambda status, answer: (status, {"keys": [OTHER, *answer["keys"]]})
    site.op.sign = lambda claims: signed_without_kid(site, claims)
    site.log_in(verdict="bad_token", reason="kid_missing")


def secret_from_the_service_manager(site):
    """Nowhere else is it: systemd has a copy of that name (LoadCredential=)."""
    site.configure(client=f"auth = client_secret_post\nclient_secret_file = {site.dir}/secret")
    site.op.auth, site.op.secret = "client_secret_post", SECRET
    credentials = site.dir / "credentials"
    credentials.mkdir(exist_ok=True)
    (site.dir / "secret").rename(credentials / "secret")
    helper = site.start_by_the_service_manager(credentials)
    expect(helper, "authenticated", "ok")


CASES = {f.__name__: f for f in (
    device_shows_address_and_code, device_code_is_renewed, wrong_account, denied, audiences,
    encrypted_token, encryption_as_configured, signatures_by_name, eddsa_with_at_hash,
    encryption_by_name, discovery_elsewhere, endpoints_by_hand,
    ciba_hints, ciba_shows_that_the_phone_was_asked, ciba_signed, ciba_login_hint_token,
    ciba_user_code, ciba_for_nobody, auto_falls_back_to_device,
    auto_that_has_rung_shows_the_code_too, auto_rings_nobody_for_sshd,
    answers_as_they_are_written, auto_goes_on_where_the_address_is_none, max_age_is_asked_for,
    userinfo_that_is_signed, odd_keys, no_kid_where_one_key_fits, no_kid_where_two_keys_fit,
    certificate_at_the_aliases, certificate_for_ciba, certificate_of_each_kind,
    certificate_with_a_key_in_a_store,
    certificate_without_aliases, aliases_of_others, aliases_that_are_refused,
    certificate_that_is_no_use, certificate_that_the_provider_refuses,
    certificate_that_is_refused_rings_nobody,
    certificate_is_shown_by_nobody_else, certificate_from_the_service_manager,
    nobody_approves, nobody_approves_at_a_slow_provider, provider_falls_silent,
    wait_that_does_not_fit_is_cut, stopped_helper_meets_no_outage,
    over_before_it_can_be_asked_about,
    limited_push_goes_on_with_the_code, limited_poll_shows_no_other_flow, denied_is_one_line,
    line_of_an_outage_is_a_warning, outage_where_nobody_can_be_asked,
    secret_files, secret_from_the_service_manager)}
CASES.update({f"method {name}": method_case(*row) for name, row in METHODS.items()})
CASES.update({f"token {name}": token_case(*row) for name, row in TOKENS.items()})
CASES.update({f"keys {name}": bad_keys_case(*row) for name, row in BAD_KEYS.items()})
CASES.update({f"answer {i} {row[0]} {row[3]}": answer_case(*row)
              for i, row in enumerate(ANSWERS)})


if __name__ == "__main__":
    SIGNER = jwk.JWK.generate(kty="RSA", size=2048, kid="op-1")
    sys.exit(main(CASES, lambda build, number: Site(build, PLACE / f"oidc{number}", SIGNER),
                  {}, {}))
