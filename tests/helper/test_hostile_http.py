#!/usr/bin/python3
"""The real helper against a provider that means harm below the answers: HTTP and TLS without end,
without sense or without haste. No program of a login grows beyond 64 MB, no login outlasts its
time, nobody is admitted by it, and an honest answer with something odd around it is one.

    test_hostile_http.py BUILD-DIRECTORY [NAME...]

As root, in a mount namespace of its own. Closes with `N passed, N failed`.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import family  # noqa: E402
from channel import reserve_descriptor  # noqa: E402
from faults import Fault, SLOW  # noqa: E402
from faulty_op import FOREVER, FaultyOp  # noqa: E402
from hostile_http import (  # noqa: E402
    HEAD, alerts_without_end, behind_the_answer, behind_the_body, chain, chunks_around, compressed,
    hello_slowly, many, nested, nothing, plain_text, records_without_end, slowly, status, whole,
    without_end)
from test_helper import PLACE, move_in, run_workers, select  # noqa: E402
from test_told import make_world  # noqa: E402
from told_login import Login, Soft  # noqa: E402

MOST = 64 << 20         # bytes of memory for each program
AT_A_TIME = 50          # logins: most of their time is waiting
LOOK = 0.02             # seconds
LATE = 1.0              # after the login's own time
TRIES = 3               # of one that a busy machine may have made late
TIMEOUT = 10            # of a login, in seconds
UNREACHABLE = "unavailable provider_unreachable"
TIMED_OUT = "unavailable provider_timeout"
TOO_LARGE = "unavailable provider_answer_too_large"
INVALID = "unavailable provider_answer_invalid"
TLS = "unavailable provider_tls"
# libcurl's word for a line that is too long
MEMORY = "unavailable out_of_memory"
LET_IN = "authenticated ok"
BEGIN, POLL = "metadata", "token"   # the first request of the device flow, and its polls


class HostileOp(FaultyOp):
    """`bare` does what it likes with each plain socket; `context` makes what TLS is spoken with."""

    def __init__(self, world, number, made=None, step=None, bare=None, context=None):
        fault = made and Fault("hostile", SLOW, made)
        super().__init__(world, "device", number, fault, step, FOREVER)
        self.bare, self.own = bare, context and context(PLACE / "tls")

    def converse(self, plain):
        if self.bare is None and self.own is None:
            return super().converse(plain)
        with contextlib.suppress(OSError), plain:
            plain.settimeout(60)
            if self.bare is not None:
                self.bare(plain)
            else:
                with self.own.wrap_socket(plain, server_side=True) as connection:
                    while self.serve(connection):
                        pass


class Watched(Login):
    """How much memory each of its programs has had, seen now and then."""

    def __init__(self, build, op):
        super().__init__(build, op, timeout=TIMEOUT)
        self.peaks, self.is_over = {}, threading.Event()

    def run(self):
        watcher = threading.Thread(target=self.watch)
        watcher.start()
        try:
            super().run()
        finally:
            self.is_over.set()
            watcher.join()

    def watch(self):
        while not self.is_over.wait(LOOK):
            if getattr(self, "helper", None) is not None:
                for name, peak in family.peaks(self.helper.process.pid).items():
                    self.peaks[name] = max(peak, self.peaks.get(name, 0))

    def check(self, expected):
        grown = {name: f"{peak >> 20} MB" for name, peak in self.peaks.items()
                 if name.startswith("itsme-") and peak > MOST}
        assert not grown, f"{grown}\n{self.log()}"
        assert len(self.verdicts) == 1 and self.status == 0, f"{self.status}\n{self.log()}"
        if self.elapsed > TIMEOUT + LATE or self.word == "helper_stopped":
            raise Soft(f"after {self.elapsed:.1f} s: {self.word}\n{self.log()}")
        assert f"{self.verdict} {self.word}" in expected.split(" or "), \
            f"{self.verdict} {self.word}\n{self.log()}"
        assert not self.op.problems, self.op.problems


# --- cases: name -> (what becomes of the request, how the login has to end) ---------------------

LINE = b"X-Line: " + b"x" * 1000
ANSWERS = {
    "trailers": (behind_the_body(LINE + b"\r\n"), TOO_LARGE),
    "short trailers": (behind_the_body(b"a:\r\n"), TOO_LARGE),
    "one trailer": (behind_the_body(b"x"), f"{UNREACHABLE} or {MEMORY}"),
    "headers": (without_end(HEAD, LINE + b"\r\n"), TOO_LARGE),
    "short headers": (without_end(HEAD, b"a:\r\n"), TOO_LARGE),
    "one header": (without_end(HEAD, b"x"), MEMORY),
    "a folded header": (without_end(HEAD + b"X-Line: x\r\n", b" x\r\n"), TOO_LARGE),
    "cookies": (without_end(HEAD, b"Set-Cookie: a=b; Domain=localhost\r\n"), TOO_LARGE),
    "the status line": (without_end(b"HTTP/1.1 200 ", b"x"), MEMORY),
    "no HTTP": (without_end(b"", b"\0\xff\n"), UNREACHABLE),
    "interim answers": (without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), TOO_LARGE),
    "early hints": (without_end(b"", b"HTTP/1.1 103 Early Hints\r\n" + LINE + b"\r\n\r\n"), TOO_LARGE),
    "a body": (without_end(HEAD + b"\r\n", b" "), TOO_LARGE),
    "a body of 10^18 bytes": (without_end(HEAD + b"Content-Length: 1" + b"0" * 18 + b"\r\n\r\n", b" "),
                              TOO_LARGE),
    "chunks of one byte": (without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
                           TOO_LARGE),
    "a chunk's extension": (without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"), TIMED_OUT),
    "a chunk's size": (without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1"), UNREACHABLE),
    "a chunk of 2^64 bytes": (without_end(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b" "),
        f"{TOO_LARGE} or {UNREACHABLE}"),
    "bytes behind the answer": (behind_the_answer(b"HTTP/1.1 200 OK\r\n"), f"{LET_IN} or {UNREACHABLE}"),
    "gzip": (whole(compressed(b"gzip"), b"Content-Encoding: gzip"), INVALID),
    "deflate": (whole(compressed(b"deflate"), b"Content-Encoding: deflate"), INVALID),
    "gzip on the way": (whole(compressed(b"gzip"), b"Transfer-Encoding: gzip"), TOO_LARGE),
    "lists in lists": (whole(nested(250_000)), INVALID),
    "many objects": (whole(many(b"{}")), INVALID),
    "many members": (whole(b"{" + b",".join(b'"%d":{}' % n for n in range(20_000)) + b"}"), INVALID),
    "one byte a second of the status": (slowly(b"", HEAD), TIMED_OUT),
    "one byte a second of a header": (slowly(HEAD, b"x"), TIMED_OUT),
    "one byte a second of the body": (slowly(HEAD + b"Content-Length: 1000\r\n\r\n", b" "), TIMED_OUT),
    "redirects": (status(b"307 Here", b"Location: /op/.well-known/openid-configuration"),
                  "unavailable provider_status"),
    "Retry-After 10^30": (status(b"429 Later", b"Retry-After: 1" + b"0" * 30),
                          "limited provider_too_many_requests"),
}
ODD = {     # honest answers with something odd around them
    "a chunk's extension": chunks_around(b";name=value", b"0\r\n\r\n"),
    "a few trailers": chunks_around(b"", b"0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"),
}
POLLED = ("trailers", "one trailer", "interim answers", "a body", "headers", "redirects",
          "one byte a second of the body")
SOCKETS = {
    "nothing": (nothing, TIMED_OUT),
    "a hello byte by byte": (hello_slowly, TIMED_OUT),
    "records": (records_without_end, f"{TLS} or {UNREACHABLE}"),
    "alerts": (alerts_without_end, f"{TLS} or {UNREACHABLE}"),
    "plain text": (plain_text, f"{TLS} or {UNREACHABLE}"),
}
CHAINS = {50_000: LET_IN, 1_000_000: f"{TLS} or {UNREACHABLE}"}


def log_in(world, build, op, expected):
    login = Watched(build, op)
    try:
        login.run()
    finally:
        op.close()
    login.check(expected)


def answer_case(step, made, expected):
    def case(world, build, number):
        log_in(world, build, HostileOp(world, number, made, step), expected)
    return case


def socket_case(bare, expected):
    def case(world, build, number):
        log_in(world, build, HostileOp(world, number, bare=bare), expected)
    return case


def chain_case(size, expected):
    def case(world, build, number):
        context = chain(PLACE / "tls/server-right.pem", size)
        log_in(world, build, HostileOp(world, number, context=context), expected)
    return case


def renegotiation(world, build, number):
    """TLS 1.2 is negotiated anew for ever, and no answer comes."""
    op = HostileOp(world, number)
    op.deafen()
    op.holder.close()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(op.port), "-tls1_2", "-cert", PLACE / "tls/server-right.pem"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdout.readline()    # it listens

    def go_on():
        with contextlib.suppress(OSError):
            while server.poll() is None:
                server.stdin.write(b"r\n")
                server.stdin.flush()
                time.sleep(0.005)

    def listen():
        with contextlib.suppress(ValueError):
            while server.stdout.read1(1 << 16):
                pass
    helpers = [threading.Thread(target=each) for each in (go_on, listen)]
    for each in helpers:
        each.start()
    try:
        log_in(world, build, op, f"{TIMED_OUT} or {UNREACHABLE} or {TLS}")
    finally:
        server.kill()
        server.wait()
        for each in helpers:
            each.join()


CASES = {f"{BEGIN}: {name}": answer_case(BEGIN, *row) for name, row in ANSWERS.items()}
CASES.update({f"{POLL}: {name}": answer_case(POLL, *ANSWERS[name]) for name in POLLED})
CASES.update({f"{step}: odd, {name}": answer_case(step, made, LET_IN)
              for name, made in ODD.items() for step in (BEGIN, POLL)})
CASES.update({f"socket: {name}": socket_case(*row) for name, row in SOCKETS.items()})
CASES.update({f"chain of {size} bytes": chain_case(size, expected) for size, expected in CHAINS.items()})
CASES["renegotiation"] = renegotiation


def work(world, build, todo, results):
    while True:
        try:
            number, (name, case) = todo.get_nowait()
        except queue.Empty:
            return
        for attempt in range(TRIES):
            trouble = None
            try:
                case(world, build, number + attempt * len(CASES))
                break
            except Soft as problem:
                trouble = str(problem)
            except Exception:
                trouble = traceback.format_exc(limit=-2)
                break
        results.put((name, trouble))


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__)
        return 2
    if "HELPER_TEST_INSIDE" not in os.environ:
        move_in(sys.argv)
    reserve_descriptor()
    build, wanted = sys.argv[1], sys.argv[2:]
    todo, results = queue.Queue(), queue.Queue()
    for row in enumerate(select(CASES, wanted).items()):
        todo.put(row)
    world = make_world(build)
    return run_workers([threading.Thread(target=work, args=(world, build, todo, results))
                        for _ in range(AT_A_TIME)], results)


if __name__ == "__main__":
    sys.exit(main())
