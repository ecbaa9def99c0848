"""A provider that counts what comes over the wire, and breaks one connection as it is told.

It speaks itsme's calls as well as those of other providers. It is TLS and bytes: what is asked
is written down with its connection before anything is answered, also where nothing will be.
"""

import base64
import contextlib
import json
import re
import socket
import ssl
import struct
import threading
from urllib.parse import parse_qsl

from itsme_sim import qr
from scripted_op import Op, SUBJECT

PLACES = ("before", "status", "headers", "body", "after")   # of the answer; where it breaks
WAYS = ("FIN", "RST")
ENDPOINTS = {"/op/.well-known/openid-configuration": "metadata", "/op/jwks": "keys",
             "/op/user_discovery_sessions": "session", "/op/device": "device",
             "/op//ciba": "authentication", "/op/token": "token", "/op/userinfo": "userinfo"}
PICTURE = qr.text(qr.picture("https://example.org/scan", "png"))


class Asked:
    """One request: its endpoint, its connection, and what may never come twice."""

    def __init__(self, endpoint, connection, form):
        self.endpoint, self.connection, self.form = endpoint, connection, form
        self.jtis = [jti for jti in map(jti_of, form.values()) if jti is not None]


def jti_of(value):
    """The `jti` of a signed token; None: it is no such thing."""
    found = re.fullmatch(r"[\w-]+\.([\w-]+)\.[\w-]+", value)
    try:
        payload = found and base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
        return json.loads(payload).get("jti") if payload else None
    except ValueError:
        return None


def signed_by(certificate):
    """What a server needs to be believed: made once for all of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "tls.pem", certificate / "tls.key")
    return context


class WireOp(Op):
    """`fault`: (endpoint, place, way); the first request for the endpoint meets it."""

    def __init__(self, context, client_id, signer, fault=None, keeps=True, address="127.0.0.1",
                 name="localhost"):
        self.context, self.client_id, self.signer = context, client_id, signer
        self.fault, self.keeps = fault, keeps
        self.connections, self.lock = 0, threading.Lock()
        self.listener = socket.create_server((address, 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.issuer = f"https://{name}:{self.port}/op"
        self.reset()
        self.audience = "unchecked"
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):      # wakes up who waits in accept()
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def count(self, endpoint):
        return len([asked for asked in self.asked if asked.endpoint == endpoint])

    # --- bytes

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with self.lock:
                    self.connections += 1
                threading.Thread(target=self.serve, daemon=True,
                                 args=(connection, self.connections)).start()

    def serve(self, raw, number):
        with contextlib.suppress(OSError):
            raw.settimeout(60)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(raw, server_side=True) as connection:
                while self.take(connection, number):
                    pass

    def take(self, connection, number):
        """One request and its answer; whether the connection lives on."""
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(65536)
            if not more:
                return False
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split()
        endpoint = ENDPOINTS.get(path) or (
            "discovery" if path.startswith("/op/user_discovery_sessions/") else path)
        length = re.search(rb"(?i)\r\nContent-Length: ([0-9]+)", head)
        while length and len(body) < int(length[1]):
            more = connection.recv(65536)
            if not more:
                break                           # half a request is one
            body += more
        asked = Asked(endpoint, number, dict(parse_qsl(body.decode())))
        with self.lock:
            self.asked.append(asked)
            place, way = self.meet(endpoint)
        return self.give(connection, self.reply(asked), place, way)

    def meet(self, endpoint):
        """What happens to this answer: the fault, once."""
        if self.fault is None or self.fault[0] != endpoint:
            return None, "FIN"
        _, place, way = self.fault
        self.fault = None
        return place, way

    def reply(self, asked):
        try:
            status, answer = getattr(self, "answer_" + asked.endpoint)(asked.form)
        except Exception as problem:            # the test must hear of it
            self.problems.append(f"{asked.endpoint}: {problem!r}")
            status, answer = 400, {"error": "invalid_request"}
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        kind = "jwt" if isinstance(answer, str) else "json"
        head = (f"HTTP/1.1 {status} Answer\r\nContent-Type: application/{kind}\r\n"
                f"Content-Length: {len(data)}\r\n{'' if self.keeps else 'Connection: close' + chr(13) + chr(10)}"
                "\r\n").encode()
        return head, data

    def give(self, connection, reply, place, way):
        head, data = reply
        sent = {"before": b"", "status": head[:head.index(b"\n") + 1],
                "headers": head[:head.index(b"Length")],
                "body": head + data[:len(data) // 2]}.get(place, head + data)
        if sent:
            connection.sendall(sent)
        if place is None and self.keeps:
            return True
        if way == "RST":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    # --- answers

    def answer_metadata(self, _form):
        return 200, self.document() | {
            "id_token_encryption_alg_values_supported": ["RSA-OAEP-256"],
            "id_token_encryption_enc_values_supported": ["A128CBC-HS256"]}

    def answer_keys(self, _form):
        return self.jwks(None, None)

    def answer_session(self, _form):
        return 200, {"user_discovery_session_id": "session-1", "interval": 1,
                     "status": "PENDING_USER_DISCOVERY", "qr_code": PICTURE}

    def answer_discovery(self, _form):
        return 200, {"status": "USER_DISCOVERED", "user_identifier_token": "hint"}

    def answer_device(self, form):
        self.nonce = form["nonce"]
        return 200, {"device_code": "dc-1", "user_code": "WDJB", "expires_in": 60, "interval": 1,
                     "verification_uri": self.issuer + "/activate"}

    def answer_authentication(self, _form):
        return 200, {"auth_req_id": "req-1", "expires_in": 60, "interval": 1}

    def answer_token(self, _form):
        return 200, {"access_token": "at-1", "token_type": "Bearer", "expires_in": 60,
                     "id_token": self.id_token("at-1")}

    def answer_userinfo(self, _form):
        claims = {"sub": SUBJECT, "iss": self.issuer, "aud": self.client_id,
                  "email_verified": True}
        return 200, claims if self.encrypt is None else self.encrypted(self.signed(claims))
