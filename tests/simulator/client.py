"""A small client of the backchannel API, for tests: does all of it right, or wrong on request."""

import http.client
import json
import ssl
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from jwcrypto import jwe, jwk, jws

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CIBA = "urn:openid:params:grant-type:ciba"
CLAIM = "http://itsme.services/v2/claim/"
FORM = "application/x-www-form-urlencoded"


def confirmation(text, name="free_text", essential=True) -> dict:
    """The changes of a request that wants `text` confirmed."""
    return {"scope": "openid service:ORG_CONFIRM", "claims": {"userinfo": {
        CLAIM + "claim_approval_template_name": {"essential": essential, "value": name},
        CLAIM + "claim_approval_text_key": {"essential": essential, "value": text}}}}


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json.get("error", "")


class Keys:
    """A client's own keys and the set it publishes."""

    def __init__(self, name: str = "1"):
        self.sig, self.enc = (jwk.JWK.generate(kty="RSA", size=2048, use=use, kid=use + name)
                              for use in ("sig", "enc"))

    def published(self) -> str:
        return json.dumps({"keys": [key.export_public(as_dict=True)
                                    for key in (self.sig, self.enc)]})


class TestClient:
    """The methods named after calls take overrides; a value of None leaves a member out."""

    __test__ = False

    def __init__(self, issuer: str, ca_file: str, client_id: str, keys: Keys):
        self.issuer = issuer
        self.client_id = client_id
        self.keys = keys
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.connection: http.client.HTTPSConnection | None = None

    # --- HTTP

    def call(self, method: str, url: str, body: bytes | None = None,
             headers: dict | None = None, timeout: float = 60) -> Answer:
        """Over one connection that is kept open, opened again after a failure."""
        parts = urlsplit(url)
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=self.tls)
        try:
            self.connection.timeout = timeout
            if self.connection.sock:
                self.connection.sock.settimeout(timeout)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            self.connection.request(method, target, body, headers or {})
            answer = self.connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def post(self, path: str, form, content_type: str = FORM) -> Answer:
        pairs = form if isinstance(form, list) else [
            (name, value) for name, value in form.items() if value is not None]
        return self.call("POST", self.issuer + path, urlencode(pairs).encode(),
                         {"Content-Type": content_type})

    def get(self, path: str, headers: dict | None = None) -> Answer:
        return self.call("GET", self.issuer + path, None, headers)

    # --- tokens

    def sign(self, claims: dict, key: jwk.JWK | None = None, **header) -> str:
        key = key or self.keys.sig
        members = {"alg": "RS256", "kid": self.keys.sig.key_id} | header
        members = {name: value for name, value in members.items() if value is not None}
        parts = jws.JWSCore("RS256", key, json.dumps(members), json.dumps(claims)).sign()
        return ".".join((parts["protected"], parts["payload"].decode(), parts["signature"]))

    def assertion_claims(self, path: str, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer + path,
                  "jti": str(uuid.uuid4()), "exp": now + 60, "iat": now, "nbf": now} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, path: str, **changes) -> dict:
        return {"client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self.sign(self.assertion_claims(path, **changes))}

    def hint(self, value: str, kind: str = "user_identifier_token") -> str:
        return self.sign({"type": kind, "value": value})

    def request_claims(self, hint, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": self.client_id, "client_id": self.client_id, "aud": self.issuer,
                  "jti": str(uuid.uuid4()), "exp": now + 60, "iat": now, "nbf": now,
                  "scope": "openid service:ORG_LOGIN", "login_hint_token": hint} | changes
        return {name: value for name, value in claims.items() if value is not None}

    # --- the calls

    def begin(self, **form) -> Answer:
        return self.post("/user_discovery_sessions", {
            "client_id": self.client_id, **self.assertion("/backchannel/authentication")} | form)

    def poll_session(self, session_id: str, **form) -> Answer:
        return self.post(f"/user_discovery_sessions/{session_id}", {
            "client_id": self.client_id, **self.assertion("/backchannel/authentication")} | form)

    def authenticate(self, hint, form: dict | None = None, **changes) -> Answer:
        return self.post("/backchannel/authentication", {
            "request": self.sign(self.request_claims(hint, **changes)),
            **self.assertion("/token")} | (form or {}))

    def token(self, auth_req_id: str, **form) -> Answer:
        return self.post("/token", {
            "grant_type": CIBA, "auth_req_id": auth_req_id, "client_id": self.client_id,
            **self.assertion("/token")} | form)

    # --- what comes back

    def provider_keys(self) -> dict[str, jwk.JWK]:
        keys = self.get("/jwks").json["keys"]
        return {key["kid"]: jwk.JWK(**key) for key in keys if key["use"] == "sig"}

    def decrypt(self, token: str) -> tuple[dict, str]:
        """(JWE header, inner text); raises what jwcrypto raises."""
        message = jwe.JWE(algs=["RSA-OAEP-256", "RSA-OAEP", "RSA1_5", "A128CBC-HS256",
                                "A256GCM"])
        message.deserialize(token, self.keys.enc)
        return message.jose_header, message.payload.decode()

    def verify(self, inner: str) -> tuple[dict, dict]:
        """(JWS header, claims), the signature verified with the provider's key of that kid."""
        message = jws.JWS()
        message.deserialize(inner)
        message.verify(self.provider_keys()[message.jose_header["kid"]])
        return message.jose_header, json.loads(message.payload)
