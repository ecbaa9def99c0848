"""A relying party in Python, to see what a provider does when nobody of ours is involved.

Its JOSE is python3-jwcrypto. It follows the standards and forgives nothing but what the caller
says: the differences between providers are for the tests to name.
"""
import base64
import json
import time
import urllib.parse
import uuid

from jwcrypto import jwe, jwk, jws

from web import Answer, Web

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 60


def sign(key: jwk.JWK, alg: str, claims: dict) -> str:
    token = jws.JWS(json.dumps(claims))
    token.add_signature(key, None, json.dumps({"alg": alg, "kid": key.get("kid")}))
    return token.serialize(compact=True)


class Client:
    def __init__(self, web: Web, issuer: str, client_id: str, *, auth: str = "private_key_jwt",
                 secret: str = "", signing: jwk.JWK = None, decryption: jwk.JWK = None,
                 alg: str = "RS256", audience: str | None = None):
        self.web, self.client_id, self.auth, self.secret = web, client_id, auth, secret
        self.signing, self.decryption, self.alg, self.audience = signing, decryption, alg, audience
        self.issuer = issuer
        self.metadata = web.ask(f"{issuer}/.well-known/openid-configuration").json
        self.keys = web.ask(self.metadata["jwks_uri"]).text

    # --- asking -------------------------------------------------------------------------

    def post(self, endpoint: str, **form: str) -> Answer:
        """The form with client authentication; ENDPOINT as the metadata calls it."""
        url = self.metadata[endpoint]
        headers = {}
        form = {"client_id": self.client_id, **form}
        if self.auth == "client_secret_basic":
            pair = ":".join(map(urllib.parse.quote_plus, (self.client_id, self.secret)))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif self.auth == "client_secret_post":
            form["client_secret"] = self.secret
        elif self.auth == "private_key_jwt":
            form["client_assertion_type"] = JWT_BEARER
            form["client_assertion"] = sign(self.signing, self.alg, self.fresh(
                iss=self.client_id, sub=self.client_id, aud=self.audience or url))
        return self.web.ask(url, form, headers=headers)

    @staticmethod
    def fresh(**claims: object) -> dict:
        now = int(time.time())
        return {**claims, "iat": now, "nbf": now, "exp": now + LIFETIME, "jti": str(uuid.uuid4())}

    def device(self, scope: str = "openid") -> Answer:
        return self.post("device_authorization_endpoint", scope=scope)

    def ciba(self, login_hint: str, signed: bool = True, scope: str = "openid",
             audience: str | None = None, **more: object) -> Answer:
        parameters = {"scope": scope, "login_hint": login_hint, **more}
        if not signed:
            return self.post("backchannel_authentication_endpoint", **parameters)
        request = sign(self.signing, self.alg, self.fresh(
            iss=self.client_id, client_id=self.client_id, aud=audience or self.issuer,
            **parameters))
        return self.post("backchannel_authentication_endpoint", request=request)

    def token(self, grant: str, handle: str) -> Answer:
        name = "device_code" if grant == DEVICE else "auth_req_id"
        return self.post("token_endpoint", grant_type=grant, **{name: handle})

    def wait_token(self, grant: str, handle: str, timeout: float = 60) -> Answer:
        """Until it is not pending any more; politely enough for an interval of a second."""
        deadline = time.monotonic() + timeout
        while True:
            answer = self.token(grant, handle)
            if answer.json.get("error") not in ("authorization_pending", "slow_down"):
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"still {answer.json}")
            time.sleep(1.1)

    # --- reading ------------------------------------------------------------------------

    def open(self, token: str) -> tuple[list[dict], dict]:
        """The headers from outside in, and the verified claims."""
        headers = []
        if token.count(".") == 4:
            sealed = jwe.JWE()
            sealed.deserialize(token, self.decryption)
            headers.append(json.loads(sealed.objects["protected"]))
            token = sealed.payload.decode()
        signed = jws.JWS()
        signed.deserialize(token)
        header = json.loads(signed.objects["protected"])
        keys = jwk.JWKSet.from_json(self.keys)
        signed.verify(keys.get_key(header["kid"]) if "kid" in header else list(keys["keys"])[0])
        return [*headers, header], json.loads(signed.payload)
