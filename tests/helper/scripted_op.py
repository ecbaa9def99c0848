"""A provider of OpenID Connect, device login and CIBA whose answers a test can bend at will.

It plays by the rules unless told otherwise, checks how the client proves itself, and writes
down what it was asked. Its JOSE is jwcrypto's, never ours.
"""

import base64
import hashlib
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

from jwcrypto import jwe, jwk, jws

SUBJECT = "248289761001"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"


def make_certificate(directory, name=None):
    """A key and a certificate for localhost, or for NAME alone, that is its own authority."""
    host = () if name else ("-addext", "subjectAltName=DNS:localhost")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-utf8", "-subj", f"/CN={name or 'localhost'}", *host,
         "-days", "1", "-keyout", directory / "tls.key", "-out", directory / "tls.pem"],
        check=True, stderr=subprocess.DEVNULL)


def subject_of(certificate):
    """Its common name; None without one."""
    return certificate and dict(pair for pairs in certificate["subject"]
                                for pair in pairs)["commonName"]


class Op:
    """`client` is what is registered: auth, secret, keys (a JWK Set), encrypt."""

    doors = ()                          # further servers, until the next reset()

    def __init__(self, directory, client_id, signer, name=None):
        make_certificate(directory, name)
        self.client_id = client_id
        self.signer = signer
        self.directory = directory
        self.server = self.listen(self.context())
        self.issuer = f"https://localhost:{self.server.server_port}/op"
        self.reset()

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "tls.pem", self.directory / "tls.key")
        return context

    def listen(self, context):
        op = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                op.answer(self, "")

            def do_POST(self):
                op.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):     # a client may leave in the middle
                pass

        server = Server(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def open_door(self, authority, required=True, tls=None):
        """The address of another server of this provider, which asks for a certificate of the
        file AUTHORITY's; TLS: of that version alone."""
        context = self.context()
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        context.load_verify_locations(authority)
        if tls is not None:
            context.minimum_version = context.maximum_version = tls
        self.doors.append(self.listen(context))
        return f"https://localhost:{self.doors[-1].server_port}/op"

    def close(self):
        for server in [self.server, *self.doors]:
            server.shutdown()
            server.server_close()
        self.doors = []

    def reset(self):
        """An honest provider again, with nothing written down."""
        for door in self.doors:
            door.shutdown()
            door.server_close()
        self.doors = []
        self.shown = []                 # (endpoint, port, name in the certificate or None)
        self.auth, self.secret, self.keys, self.encrypt = "none", None, None, None
        self.subject = None             # in the certificate of a client that TLS proves
        self.wrap = "RSA-OAEP-256"      # what it encrypts by
        self.audience = None            # what assertions must be for; None: anything
        self.metadata = {}              # members replaced; None removes
        self.bend = {}                  # endpoint -> function(answer) -> answer
        self.headers = {}               # endpoint -> further headers of its answers
        self.claims = {}                # of the ID Token, likewise
        self.sign = None                # function(claims) -> token, instead of ours
        self.pending = 1                # polls before the approval
        self.asked = []                 # (endpoint, form, headers)
        self.jtis = set()
        self.nonce = None
        self.problems = []

    def forms(self, endpoint):
        return [form for name, form, _ in self.asked if name == endpoint]

    # --- HTTP

    def answer(self, request, body):
        form = dict(parse_qsl(body, keep_blank_values=True))
        path = request.path.removeprefix("/op/")
        names = {".well-known/openid-configuration": "discovery", "jwks": "jwks",
                 "device": "device", "/ciba": "ciba", "token": "token", "userinfo": "userinfo"}
        name = names.get(path, "elsewhere")
        self.asked.append((name, form, dict(request.headers)))
        self.shown.append((name, request.server.server_port,
                           subject_of(request.connection.getpeercert())))
        try:
            status, answer = getattr(self, name)(form, request.headers)
        except Exception as problem:        # the test must hear of it
            self.problems.append(f"{name}: {problem!r}")
            status, answer = 400, {"error": "invalid_request"}
        status, answer = self.bend.get(name, lambda *a: a)(status, answer)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        for header, value in self.headers.get(name, {}).items():
            request.send_header(header, value)
        request.end_headers()
        request.wfile.write(data)

    # --- documents

    def document(self):
        found = {"issuer": self.issuer, "jwks_uri": self.issuer + "/jwks",
                 "token_endpoint": self.issuer + "/token",
                 "userinfo_endpoint": self.issuer + "/userinfo",
                 "device_authorization_endpoint": self.issuer + "/device",
                 "backchannel_authentication_endpoint": self.issuer + "//ciba",
                 "id_token_signing_alg_values_supported": ["RS256", "HS256"]} | self.metadata
        return {name: value for name, value in found.items() if value is not None}

    def discovery(self, _form, _headers):
        return 200, self.document()

    def elsewhere(self, _form, _headers):
        return 404, b""

    def jwks(self, _form, _headers):
        return 200, {"keys": [json.loads(self.signer.export_public()) | {"use": "sig"}]}

    # --- clients

    def authenticate(self, form, headers, endpoint):
        assert form["client_id"] == self.client_id, "client_id is always sent"
        getattr(self, "by_" + self.auth)(form, headers, endpoint)

    def by_none(self, form, headers, _endpoint):
        assert "Authorization" not in headers and "client_secret" not in form

    def by_client_secret_basic(self, form, headers, _endpoint):
        kind, value = headers["Authorization"].split()
        user, password = base64.b64decode(value).decode().split(":")
        assert kind == "Basic" and "client_secret" not in form
        assert (unquote(user), unquote(password)) == (self.client_id, self.secret)

    def by_client_secret_post(self, form, headers, _endpoint):
        assert "Authorization" not in headers and form["client_secret"] == self.secret

    def by_tls_client_auth(self, form, headers, _endpoint):
        assert "Authorization" not in headers and form.keys().isdisjoint(
            {"client_secret", "client_assertion", "client_assertion_type"}), form
        assert self.shown[-1][2] == self.subject, self.shown[-1]

    def by_private_key_jwt(self, form, _headers, endpoint):
        assert form["client_assertion_type"] == JWT_BEARER
        header, claims = self.verify(form["client_assertion"])
        assert claims["iss"] == claims["sub"] == self.client_id
        assert claims["exp"] - claims["iat"] <= 60 and claims["jti"] not in self.jtis
        self.jtis.add(claims["jti"])
        expected = {"endpoint": endpoint, "token_endpoint": self.issuer + "/token",
                    "issuer": self.issuer}.get(self.audience)
        assert expected is None or claims["aud"] == expected, claims["aud"]
        self.assertion_alg = header["alg"]

    def verify(self, token):
        """Header and claims of what the client signed."""
        signed = jws.JWS()
        signed.deserialize(token)
        key = self.keys.get_key(signed.jose_header["kid"])
        signed.verify(key)
        return signed.jose_header, json.loads(signed.payload)

    # --- logging in

    def device(self, form, headers):
        self.authenticate(form, headers, self.issuer + "/device")
        assert "openid" in form["scope"].split()
        self.nonce = form["nonce"]
        self.left = self.pending
        number = len(self.forms("device"))
        return 200, {"device_code": f"dc-{number}", "user_code": f"WDJB-{number}",
                     "verification_uri": self.issuer + "/activate",
                     "verification_uri_complete": f"{self.issuer}/activate?c=WDJB-{number}",
                     "expires_in": 60, "interval": 1, "extra": {"unasked": True}}

    def ciba(self, form, headers):
        self.authenticate(form, headers, self.issuer + "//ciba")
        if "request" in form:
            _, self.wishes = self.verify(form["request"])
            assert self.wishes["aud"] == self.issuer and "login_hint" not in form
        else:
            self.wishes = form
        self.nonce = self.wishes.get("nonce")
        self.left = self.pending
        return 200, {"auth_req_id": "req-1", "expires_in": 60, "interval": 1}

    def token(self, form, headers):
        self.authenticate(form, headers, self.issuer + "/token")
        handle = {DEVICE_GRANT: "device_code", CIBA_GRANT: "auth_req_id"}[form["grant_type"]]
        assert form[handle]
        if self.left > 0:
            self.left -= 1
            return 400, {"error": "authorization_pending"}
        access = "at-1"
        return 200, {"access_token": access, "token_type": "bearer", "expires_in": 60,
                     "refresh_token": "unasked", "id_token": self.id_token(access)}

    def userinfo(self, _form, _headers):
        return 200, {"sub": SUBJECT}

    # --- tokens

    def id_token(self, access):
        now = int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {"iss": self.issuer, "sub": SUBJECT, "aud": self.client_id, "iat": now,
                  "exp": now + 60, "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("=")}
        if self.nonce is not None:
            claims["nonce"] = self.nonce
        claims = {name: value for name, value in (claims | self.claims).items()
                  if value is not None}
        token = (self.sign or self.signed)(claims)
        return token if self.encrypt is None else self.encrypted(token)

    def signed(self, claims, alg="RS256", key=None, **header):
        made = jws.JWS(json.dumps(claims).encode())
        made.add_signature(key or self.signer, alg, json.dumps(
            {"alg": alg, "kid": self.signer.key_id} | header))
        return made.serialize(compact=True)

    def encrypted(self, token):
        key = self.encrypt
        head = {"alg": self.wrap, "enc": "A128CBC-HS256", "cty": "JWT", "kid": key.key_id}
        made = jwe.JWE(token.encode(), json.dumps(head))
        made.add_recipient(key)
        return made.serialize(compact=True)


def hmac_key(text):
    return jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))
