"""What can become of one request on its way to a provider and back, as a table: how each fault is
made on the wire, and which kind of thing it is."""

import json
import socket
import struct
import time
from email.utils import formatdate

LOST = "lost"               # no connection, or it ended in the middle
UNTRUSTED = "untrusted"     # a certificate that does not hold
SLOW = "slow"               # no whole answer in time
LARGE = "large"             # more than any answer may hold
BROKEN = "broken"           # status 200, and no answer
MOVED = "moved"             # a redirect
REFUSED = "refused"         # the provider's own no, in its own words
BLOCKED = "blocked"         # a 4xx without words of OAuth's: whoever stands before the provider
STRANGER = "stranger"       # 401 and nothing: the client is not known
PATIENCE = "patience"       # OAuth's own word for "later"
PERSON_NO = "person's no"   # OAuth's word for it, where a person was asked
PERSON_LATE = "too late"    # likewise
LIMITED = "limited"         # 429
DOWN = "down"               # a 5xx

HTML = b"<!DOCTYPE html><html><body>Please log in to the wireless network.</body></html>"
DRIP = 0.2                  # seconds between two bytes
LARGE_BYTES = 10_000_000
SOON, LATE, NEVER = 2, 300, 10 ** 12    # seconds of Retry-After
WAITS = {"": None, "soon": SOON, "late": LATE, "never": NEVER,
         "date soon": SOON, "date late": LATE}
# status -> OAuth's word, and the kind of that word
WORDS = {400: ("invalid_request", REFUSED), 401: ("invalid_client", REFUSED),
         403: ("unauthorized_client", REFUSED), 404: ("invalid_target", REFUSED),
         429: ("too_many_requests", LIMITED), 500: ("server_error", DOWN),
         502: ("server_error", DOWN), 503: ("temporarily_unavailable", DOWN)}

SILENT = {400: REFUSED, 401: STRANGER}  # what a status says by itself


class Fault:
    """`made` is called with the connection and what an honest provider answers; it returns whether
    the connection goes on. `before`: what happens instead of a connection."""

    def __init__(self, name, kind, made=None, before=None, wait=None, words=""):
        self.name, self.kind, self.made, self.before = name, kind, made, before
        self.wait = wait        # seconds that the provider asks for
        self.words = words      # of the provider's, which the log has to hold

    def asks_too_much(self):
        return self.wait is not None and self.wait > SOON


def response(status, body, headers=(), length=None):
    """An answer as bytes; `length` is what it says of the body."""
    length = len(body) if length is None else length
    return b"\r\n".join([f"HTTP/1.1 {status} Whatever".encode(),
                         b"Content-Type: application/json",
                         *([b"Content-Length: %d" % length] if length >= 0 else []),
                         *[line.encode() for line in headers], b"", body])


def honest(answer):
    status, body = answer
    return response(status, body)


# --- how each is made: function(connection, answer) -> whether the connection goes on ---------


def reset(connection, _answer):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def cut_headers(connection, answer):
    connection.sendall(honest(answer)[:40])
    return False


def cut_body(connection, answer):
    connection.sendall(honest(answer)[:-1])
    return False


def too_long(connection, answer):
    """Says more than it holds."""
    status, body = answer
    connection.sendall(response(status, body, length=len(body) + 10))
    return False


def too_short(connection, answer):
    """Says less than it holds."""
    status, body = answer
    connection.sendall(response(status, body, length=len(body) - 5))
    return False


def stall(connection, _answer):
    connection.recv(1)      # until the other side has had enough
    return False


def drip(connection, answer):
    connection.settimeout(DRIP)
    for i, byte in enumerate(honest(answer)):
        connection.sendall(bytes([byte]))
        try:
            if i >= 1 and not connection.recv(1):
                break
        except TimeoutError:
            pass
    return False


def flood(connection, _answer):
    connection.sendall(response(200, b"", length=-1))
    for _ in range(LARGE_BYTES // 10_000):
        connection.sendall(b" " * 10_000)
    return False


def say(status, body, *headers):
    def made(connection, _answer):
        connection.sendall(response(status, body, headers))
        return True
    return made


def truncated(connection, answer):
    _, body = answer
    connection.sendall(response(200, body[:len(body) // 2]))
    return True


def duplicated(connection, answer):
    """The first member stands twice; what is no object becomes one."""
    _, body = answer
    member = body[1:].split(b",")[0] if body.startswith(b"{") and b"," in body else b'"sub":"x"'
    member = member if member.count(b'"') == 4 else b'"x":"x"'
    rest = body[1:] if body.startswith(b"{") else b"}"
    twice = b"{" + member + b"," + member + (b"," if rest.strip() != b"}" else b"") + rest
    connection.sendall(response(200, twice))
    return True


def later(status, body, wait, as_date=False):
    def made(connection, _answer):
        value = formatdate(time.time() + wait, usegmt=True) if as_date else wait
        connection.sendall(response(status, body, [f"Retry-After: {value}"]))
        return True
    return made


# --- the table --------------------------------------------------------------------------------


def word(status, name=None):
    return json.dumps({"error": name or WORDS[status][0],
                       "error_description": "as it was told"}).encode()


def connections():
    for name, before in (("connection refused", "refused"), ("name not found", "name")):
        yield Fault(name, LOST, before=before)
    for name, before in (("expired", "expired"), ("of another host", "wrong-host"),
                         ("of an unknown authority", "unknown-ca")):
        yield Fault(f"certificate {name}", UNTRUSTED, before=f"tls-{before}")
    yield Fault("reset before the answer", LOST, reset)
    yield Fault("closed in the headers", LOST, cut_headers)
    yield Fault("closed in the body", LOST, cut_body)
    yield Fault("shorter than it says", LOST, too_long)
    yield Fault("longer than it says", BROKEN, too_short)
    yield Fault("no answer", SLOW, stall)
    yield Fault("byte by byte", SLOW, drip)
    yield Fault("10 MB", LARGE, flood)


def bodies():
    for name, body in (("HTML", HTML), ("nothing", b""), ("`null`", b"null"), ("`[]`", b"[]")):
        yield Fault(f"200, {name}", BROKEN, say(200, body))
    yield Fault("200, half of it", BROKEN, truncated)
    yield Fault("200, a member twice", BROKEN, duplicated)


def statuses():
    for status in (301, 302, 303, 307, 308):
        yield Fault(f"{status}", MOVED, say(status, b"", "Location: https://localhost:1/else"))
    for status, (name, kind) in WORDS.items():
        yield Fault(f"{status}, a reason", kind, say(status, word(status)), words=name)
        other = kind if kind in (LIMITED, DOWN) else BLOCKED
        yield Fault(f"{status}, HTML", other, say(status, HTML))
        yield Fault(f"{status}, nothing", SILENT.get(status, other), say(status, b""))
    yield Fault("429, `slow_down`", PATIENCE, say(429, word(429, "slow_down")))
    yield Fault("403, `access_denied`", PERSON_NO, say(403, word(403, "access_denied")),
                words="access_denied")
    yield Fault("400, `expired_token`", PERSON_LATE, say(400, word(400, "expired_token")),
                words="expired_token")


def waits():
    for name, wait in WAITS.items():
        if wait is None:
            continue
        for status, body in ((503, HTML), (503, word(503)), (429, b"")):
            made = later(status, body, wait, as_date=name.startswith("date"))
            form = {HTML: "HTML", b"": "nothing"}.get(body, "a reason")
            when = f"{wait} s" if wait != NEVER else "10^12 s"
            when += " as a date" if name.startswith("date") else ""
            yield Fault(f"{status}, {form}, Retry-After {when}", WORDS[status][1], made, wait=wait)
    for status in (403, 500):
        kind = DOWN if status == 500 else BLOCKED
        yield Fault(f"{status}, HTML, Retry-After {LATE} s", kind, later(status, HTML, LATE),
                    wait=LATE)


FAULTS = {fault.name: fault
          for part in (connections, bodies, statuses, waits) for fault in part()}
