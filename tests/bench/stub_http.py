"""HTTP/1.1 over TLS in one thread, as little of it as the benchmark's clients speak, and a
record of every connection, handshake and request with its monotonic time.

It trusts its callers, which are on loopback and ours: never use it for anything else.
"""
import selectors
import socket
import ssl
import time
from dataclasses import dataclass, field


@dataclass
class Record:
    """What happened since the last reset."""
    connections: int = 0
    handshakes: int = 0
    resumed: int = 0
    requests: list = field(default_factory=list)  # {kind, arrived, sent, …}


class Connection:
    def __init__(self, sock, server):
        self.sock, self.server = sock, server
        self.ready = False
        self.data = b""

    def step(self):
        """Moves on as far as it goes without waiting. False: over."""
        try:
            if not self.ready:
                self.sock.do_handshake()
                self.ready = True
                record = self.server.record
                record.handshakes += 1
                record.resumed += bool(self.sock.session_reused)
            return self._read()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except (ssl.SSLError, OSError):
            return False

    def _read(self):
        while True:
            more = self.sock.recv(65536)
            if not more:
                return False
            self.data += more
            while self._request():
                pass

    def _request(self):
        """Answers the request at the head of the data, if it is there whole."""
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return False
        lines = head.split(b"\r\n")
        length = next((int(line.split(b":")[1]) for line in lines
                       if line.lower().startswith(b"content-length:")), 0)
        if len(rest) < length:
            return False
        arrived = time.monotonic()
        self.data = rest[length:]
        method, path, _ = lines[0].decode().split(" ", 2)
        status, headers, body, entry = self.server.answer(method, path, rest[:length], arrived)
        self.sock.sendall(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%s"
                          b"Content-Length: %d\r\n\r\n%s" % (status, headers, len(body), body))
        entry.update(path=path, status=status, arrived=arrived, sent=time.monotonic())
        self.server.record.requests.append(entry)
        return True


class Server:
    """`answer(method, path, body, arrived)` gives status, extra headers, body, log entry.
    `rest()` is called when what has come so far is answered."""

    def __init__(self, certificate, answer, rest):
        self.answer = answer
        self.rest = rest
        self.record = Record()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)

    def watch(self, stream, call):
        """Calls `call()` whenever there is something to read."""
        self.selector.register(stream, selectors.EVENT_READ, call)

    def serve(self):
        while True:
            for key, _ in self.selector.select():
                if key.data() is False:
                    return
            self.rest()

    def _accept(self):
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.record.connections += 1
        tls = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        connection = Connection(tls, self)

        def step():
            if not connection.step():
                self.selector.unregister(tls)
                tls.close()
        self.selector.register(tls, selectors.EVENT_READ, step)
