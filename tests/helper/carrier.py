"""Whoever carries the helper's requests to the provider, gone bad: a proxy that ends the TLS
connection itself, with a certificate that the helper trusts, asks the honest provider and gives
back what a test likes.

    carrier.bend["token"] = function(status, answer) -> (status, answer)

ANSWER is what the JSON says, or bytes where there is none. What was asked is in `asked`.
"""

import http.client
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scripted_op import make_certificate


def unpacked(data):
    """What the JSON says; the bytes themselves where it is none."""
    try:
        return json.loads(data)
    except ValueError:
        return data


def packed(answer):
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


class Bender:
    """Makes of answers what a test likes, and writes down what was asked."""

    def reset(self):
        """Honest again, with nothing written down."""
        self.bend = {}
        self.asked = []

    def count(self, step):
        return self.asked.count(step)

    @staticmethod
    def step_of(path):
        """The last part of the address: token, userinfo, jwks, openid-configuration, ciba …"""
        return path.rstrip("/").rpartition("/")[2]

    def bent(self, step, status, answer):
        return self.bend[step](status, answer) if step in self.bend else (status, answer)


class Carrier(Bender):
    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        make_certificate(directory)
        self.ca_file = directory / "tls.pem"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca_file, directory / "tls.key")
        self.trusting = ssl.create_default_context()
        self.trusting.check_hostname = False
        self.trusting.verify_mode = ssl.CERT_NONE
        self.reset()
        self.server = self._listen()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def carry(self, host, request, body):
        """The provider's answer, or what is made of it: status, body."""
        step = self.step_of(request.path)
        self.asked.append(step)
        headers = {name: request.headers[name] for name in ("Content-Type", "Authorization")
                   if name in request.headers}
        there = http.client.HTTPSConnection(host, context=self.trusting, timeout=60)
        try:
            there.request(request.command, request.path, body or None, headers)
            answer = there.getresponse()
            status, data = answer.status, answer.read()
        finally:
            there.close()
        status, answer = self.bent(step, status, unpacked(data))
        return status, packed(answer)

    def _listen(self):
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            host = None

            def do_CONNECT(self):
                self.host = self.path
                self.send_response(200)
                self.end_headers()
                self.connection = carrier.context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)
                self.close_connection = False

            def answer(self, body):
                status, data = carrier.carry(self.host, self, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                self.answer(b"")

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):     # a client may leave in the middle
                pass

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
