"""The provider of one login, on a port of its own: it plays by the rules of scripted_op.py or of
itsme®, but for one step, which goes wrong as faults.py says: once, or for ever."""

import base64
import json
import secrets
import socket
import threading
import time
from urllib.parse import parse_qsl

from faults import honest
from scripted_op import Op, SUBJECT

from jwcrypto import jwe

STEPS = {       # of each flow, in their order
    "device": ("metadata", "device", "keys", "token", "userinfo"),
    "ciba": ("metadata", "authentication", "keys", "token", "userinfo"),
    "qr": ("session", "metadata", "keys", "discovery", "authentication", "token", "userinfo"),
    "push": ("metadata", "authentication", "keys", "token", "userinfo"),
}
ENDPOINTS = {"keys": "jwks_uri", "token": "token_endpoint", "userinfo": "userinfo_endpoint",
             "device": "device_authorization_endpoint",
             "authentication": "backchannel_authentication_endpoint"}
ONCE, FOREVER = 1, 10 ** 9
HEADERS_MAX = 65536


class Names:
    """Host names that come and go: lines of one length in a file like /etc/hosts."""

    def __init__(self, path, count):
        self.path = path
        self.line = len(self.text(0, True))
        path.write_text("127.0.0.1 localhost\n" + "".join(
            self.text(number, True) for number in range(count)), encoding="ascii")
        self.first = len("127.0.0.1 localhost\n")

    @staticmethod
    def name(number):
        return f"n{number:05}.op.test"

    def text(self, number, known):
        return f"127.0.0.1 {self.name(number) if known else 'x' * len(self.name(0))}\n"

    def set(self, number, known):
        with open(self.path, "r+b", buffering=0) as file:
            file.seek(self.first + number * self.line)
            file.write(self.text(number, known).encode())


class World:
    """What all providers have in common: TLS, keys, the client and the names."""

    def __init__(self, tls, signer, successor, client_id, client_keys, names, picture):
        self.tls, self.signer, self.successor = tls, signer, successor
        self.client_id, self.client_keys = client_id, client_keys
        self.names, self.picture = names, picture
        self.encryption = next(key for key in client_keys if key.get("use") == "enc")


class FaultyOp(Op):
    """`step` goes wrong `times` times; `rotates`: the ID Token is signed by a key that was not
    published before. `number` is this login's, among all."""

    def __init__(self, world, flow, number, fault=None, step=None, times=0):
        self.world, self.flow, self.number = world, flow, number
        self.fault, self.step, self.times = fault, step, times
        self.is_itsme = flow in ("qr", "push")
        self.rotates = step == "new_keys"
        self.lock = threading.Lock()
        self.first_seen = None          # when somebody connected
        self.stands = []                # (step, seconds) of each request, in their order
        self.rung, self.spoiled, self.seen = 0, 0, set()
        self.may_ring = 1               # requests that ring a phone
        self.granted = False
        self.outage = None              # seconds from the first time on, instead of `times`
        self.out_since = None
        self.tls_fault = None
        self.listener, self.is_closed = None, False
        self.holder = self.bind(0)      # keeps the port while nobody listens
        self.port = self.holder.getsockname()[1]
        self.begin_with_fault = step == STEPS[flow][0]
        by_name = fault is not None and fault.before == "name"
        host = self.world.names.name(number) if by_name and self.begin_with_fault else "localhost"
        self.issuer = f"https://{host}:{self.port}/op"
        self.client_id, self.signer = world.client_id, world.signer
        self.reset()
        self.auth, self.keys, self.pending = "private_key_jwt", world.client_keys, 0
        self.elsewhere_url = None       # where the faulty step is, if not at the issuer
        if by_name and not self.begin_with_fault:
            self.elsewhere_url = f"https://{self.world.names.name(number)}:{self.port}/op"
        self.listen()
        if self.begin_with_fault:
            self.arm()

    # --- the port -----------------------------------------------------------------------------

    def bind(self, port):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def listen(self):
        with self.lock:
            if self.listener is not None or self.is_closed:
                return
            self.listener = self.bind(self.port)
            self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def deafen(self):
        with self.lock:
            listener, self.listener = self.listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def close(self):
        self.is_closed = True
        self.deafen()
        self.holder.close()

    def accept(self, listener):
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            self.first_seen = self.first_seen or time.monotonic()
            threading.Thread(target=self.converse, args=(plain,), daemon=True).start()

    # --- the fault ----------------------------------------------------------------------------

    def arm(self):
        """What stands between the client and its next connection."""
        before = self.fault.before if self.fault is not None else None
        if before == "refused":
            self.deafen()
        elif before == "name":
            self.world.names.set(self.number, False)
        elif before is not None:
            self.tls_fault = before

    def heal(self):
        """The client has met the fault: one that happens once is over."""
        if self.fault.before is not None and (self.times == ONCE or self.is_back()):
            self.tls_fault = None
            self.world.names.set(self.number, True)
            self.listen()

    def is_back(self):
        """Whether an outage is over, which begins with the first look at it."""
        if self.outage is None:
            return False
        self.out_since = self.out_since or time.monotonic()
        return time.monotonic() - self.out_since >= self.outage

    def is_preceding(self, step):
        """Whether the step that goes wrong is the next one."""
        if self.fault is None or self.fault.before is None or self.begin_with_fault:
            return False
        steps = STEPS[self.flow]
        after = steps[steps.index(self.step) - 1] if self.step in steps else "token"
        return step == after

    # --- HTTP ---------------------------------------------------------------------------------

    def converse(self, plain):
        fault, self.tls_fault = self.tls_fault, None if self.times == ONCE else self.tls_fault
        try:
            plain.settimeout(60)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.world.tls.context(fault or "right").wrap_socket(
                    plain, server_side=True) as connection:
                while self.serve(connection):
                    pass
        except OSError:         # a client may leave in the middle
            pass
        finally:
            plain.close()

    @staticmethod
    def read(connection):
        """(path, headers, form) of a request; None at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(HEADERS_MAX)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.title(): value for name, value in
                   (line.split(": ", 1) for line in lines)}
        while len(body) < int(headers.get("Content-Length", 0)):
            body += connection.recv(HEADERS_MAX)
        return first.split()[1], headers, dict(parse_qsl(body.decode(), keep_blank_values=True))

    def step_of(self, path):
        """What the helper calls the request."""
        name = path.removeprefix("/op")
        if name.startswith("/user_discovery_sessions/"):
            return "discovery"
        known = {"/.well-known/openid-configuration": "metadata", "/device": "device",
                 "/user_discovery_sessions": "session", "//ciba": "authentication",
                 "/backchannel/authentication": "authentication", "/token": "token",
                 "/userinfo": "userinfo", "/jwks": "new_keys" if self.granted else "keys"}
        return known.get(name, "metadata" if "well-known" in name else name)

    def serve(self, connection):
        """One request; whether the connection goes on."""
        request = self.read(connection)
        if request is None:
            return False
        path, headers, form = request
        step = self.step_of(path)
        with self.lock:
            self.asked.append((step, form, headers))
            self.stands.append((step, time.monotonic()))
            count = sum(stood == step for stood, _ in self.stands)
            is_faulty = (self.fault is not None and self.fault.made is not None
                         and step == self.step and count <= self.times
                         and not self.is_back())
            self.spoiled += is_faulty
            self.note_assertion(form)
            self.rung += step == "authentication"
            answer = self.answer_of(step, form, headers)
        if is_faulty:
            return self.fault.made(connection, answer)
        if self.is_preceding(step):
            self.arm()
            connection.sendall(honest(answer).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            return False
        connection.sendall(honest(answer))
        return True

    def note_assertion(self, form):
        """Each assertion is used once."""
        if "client_assertion" in form:
            payload = form["client_assertion"].split(".")[1]
            jti = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]
            if jti in self.seen:
                self.problems.append(f"the jti {jti} was used twice")
            self.seen.add(jti)

    def answer_of(self, step, form, headers):
        try:
            status, answer = getattr(self, f"take_{step}")(form, headers)
        except Exception as problem:        # the test must hear of it
            self.problems.append(f"{step}: {problem!r}")
            status, answer = 400, {"error": "invalid_request"}
        return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    # --- the answers of each step -------------------------------------------------------------

    def take_metadata(self, form, headers):
        _, found = self.discovery(form, headers)
        if self.is_itsme:
            found |= {"backchannel_authentication_endpoint":
                      self.issuer + "/backchannel/authentication",
                      "id_token_encryption_alg_values_supported": ["RSA-OAEP-256"],
                      "id_token_encryption_enc_values_supported": ["A128CBC-HS256"]}
        found["id_token_signing_alg_values_supported"] = ["RS256"]
        name = ENDPOINTS.get("keys" if self.step == "new_keys" else self.step)
        if self.elsewhere_url is not None and name is not None:
            found[name] = found[name].replace(self.issuer, self.elsewhere_url)
        return 200, found

    def take_keys(self, _form, _headers):
        return self.jwks(None, None)

    def take_new_keys(self, _form, _headers):
        self.signer = self.world.successor
        return self.jwks(None, None)

    def take_device(self, form, headers):
        return self.device(form, headers)

    def take_authentication(self, form, headers):
        if not self.is_itsme:
            return self.ciba(form, headers)
        assert form["request"] and form["client_assertion"]
        self.nonce, self.left = None, self.pending
        return 200, {"auth_req_id": "req-1", "expires_in": 60, "interval": 1}

    def take_session(self, form, _headers):
        assert form["client_assertion"]
        return 200, {"user_discovery_session_id": "s-1", "status": "PENDING_USER_DISCOVERY",
                     "user_discovery_token": {"qr_code": self.world.picture,
                                              "expires_at": "2040-01-01T00:00:00Z"},
                     "interval": 1}

    def take_discovery(self, form, _headers):
        assert form["client_assertion"]
        return 200, {"user_discovery_session_id": "s-1", "status": "USER_DISCOVERED",
                     "user_identifier_token": secrets.token_hex(8)}

    def take_token(self, form, headers):
        if self.is_itsme:
            assert form["auth_req_id"] == "req-1" and form["client_assertion"]
        signer = self.signer
        self.signer = self.world.successor if self.rotates else signer
        self.encrypt = self.world.encryption if self.is_itsme else None
        if self.is_itsme:
            status, answer = 200, {"access_token": "at-1", "token_type": "Bearer",
                                   "expires_in": 60, "id_token": self.id_token("at-1")}
        else:
            status, answer = self.token(form, headers)
        self.signer = signer
        self.granted = self.granted or status == 200
        return status, answer

    def take_userinfo(self, _form, headers):
        assert headers["Authorization"] == "Bearer at-1"
        claims = {"sub": SUBJECT, "email_verified": True}
        if not self.is_itsme:
            return 200, claims
        signed = self.signed(claims | {"iss": self.issuer, "aud": self.client_id})
        return 200, self.encrypted(signed).encode()

    def encrypted(self, token):
        key = self.world.encryption
        made = jwe.JWE(token.encode(), json.dumps(
            {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "cty": "JWT", "kid": key.key_id}))
        made.add_recipient(key)
        return made.serialize(compact=True)
