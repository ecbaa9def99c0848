#!/usr/bin/python3
"""What the real helper sends, counted where it arrives, whatever becomes of the connection: no
assertion comes twice, no phone rings twice, and a fault that may be forgiven ends no login.

    test_wire.py BUILD-DIRECTORY [NAME...]

As root, in a mount namespace of its own. Closes with `N passed, N failed`.
"""

import collections
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

from jwcrypto import jwk

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import programs  # noqa: E402
from test_helper import PLACE, move_in, private_run, run_workers, select  # noqa: E402
from channel import Helper, reserve_descriptor  # noqa: E402
from scripted_op import SUBJECT  # noqa: E402
from wire_op import PLACES, WAYS, WireOp, signed_by  # noqa: E402

AT_A_TIME = 40                  # logins: most of their time is waiting
CLIENT = "TestClient"
KEYS = "signing_key = {keys}/sig.pem\n"
ITSME = (f"service = TEST_LOGIN\n[client]\n{KEYS}decryption_key = {{keys}}/enc.pem\n", True)
OTHERS = (f"profile = oidc\nlogin_hint = {{{{user}}}}\n[client]\n{KEYS}", False)
# flow -> (what the configuration says, whether it is itsme), requests in their order
FLOWS = {
    "qr": (ITSME, ("session", "metadata", "keys", "discovery", "authentication", "token",
                   "userinfo")),
    "push": (ITSME, ("metadata", "authentication", "keys", "token", "userinfo")),
    "device": (OTHERS, ("metadata", "device", "keys", "token", "userinfo")),
    "ciba": (OTHERS, ("metadata", "authentication", "keys", "token", "userinfo")),
}
ENDS = [*((way, True) for way in WAYS), ("FIN", False)]  # of a connection, kept till then or not


class World:
    """What all logins share: a certificate, and the keys of both sides."""

    def __init__(self, build):
        self.build, self.keys = Path(build), PLACE / "keys"
        self.keys.mkdir()
        subprocess.run([self.build / "itsmectl", "keygen", self.keys], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=test", "-days", "1", "-keyout", PLACE / "tls.key",
             "-addext", "subjectAltName=DNS:localhost,DNS:op.test", "-out", PLACE / "tls.pem"],
            check=True, stderr=subprocess.DEVNULL)
        self.context = signed_by(PLACE)
        self.signer = jwk.JWK.generate(kty="RSA", size=2048, kid="op-1")
        self.configure(PLACE / "any", "qr", "https://localhost/op")
        listed = json.loads(subprocess.run(
            [self.build / "itsmectl", "jwks", "--config", PLACE / "any/conf"], check=True,
            stdout=subprocess.PIPE).stdout)["keys"]
        self.encrypt = next(jwk.JWK(**key) for key in listed if key["use"] == "enc")

    def configure(self, directory, flow, issuer, connect=4, request=20):
        (text, _), _ = FLOWS[flow]
        directory.mkdir()
        for name, content in (("users", f"daemon sub={SUBJECT}\n"), ("conf", f"""[provider]
issuer = {issuer}
client_id = {CLIENT}
ca_file = {PLACE}/tls.pem
connect_timeout = {connect}
request_timeout = {request}
{text.format(keys=self.keys)}
[login]
flow = {flow}
timeout = 60
required_claims = email_verified=true
[identity]
map = {directory}/users
minimum_uid = 0
""")):
            (directory / name).write_text(content, encoding="utf-8")
            (directory / name).chmod(0o600)

    def log_in(self, name, flow, hosts="", make=WireOp, seconds=(4, 20), **op):
        """(verdict, the provider), of one login."""
        provider = make(self.context, CLIENT, self.signer, **op)
        directory = PLACE / name.replace(" ", "-")
        self.configure(directory, flow, provider.issuer, *seconds)
        provider.encrypt = self.encrypt if FLOWS[flow][0][1] else None
        program = [*private_run(directory / "run"), programs.helper(self.build)]
        if hosts:
            (directory / "hosts").write_text(hosts)
            program = ["unshare", "--mount", "sh", "-c",
                       f'mount --bind {directory}/hosts /etc/hosts && exec "$@"', "sh", *program]
        helper = Helper(program)
        helper.request(arguments=(f"config={directory}/conf", "debug"))
        verdict = helper.verdict()
        helper.close()
        provider.close()
        provider.log = helper.log()
        assert not provider.problems, provider.problems
        return verdict, provider


# --- counts ---------------------------------------------------------------------------------


def check_counts(flow, provider, fault=None):
    """Strict, whatever the login has come to."""
    jtis = [jti for asked in provider.asked for jti in asked.jtis]
    twice = [jti for jti, count in collections.Counter(jtis).items() if count > 1]
    came = [(asked.endpoint, asked.connection) for asked in provider.asked]
    assert not twice, f"an assertion came twice: {came}\n{provider.log}"
    for endpoint in FLOWS[flow][1]:
        most = 2 if fault is not None and endpoint in (fault[0], after(flow, fault[0])) else 1
        if endpoint == "authentication":
            most = 1
        assert provider.count(endpoint) <= most, f"{endpoint}: {came}\n{provider.log}"


def after(flow, endpoint):
    """What is asked next, which a connection that is gone strikes as well."""
    names = (*FLOWS[flow][1], None)
    return names[names.index(endpoint) + 1]


def is_forgiven(flow, fault):
    """Whether the login must go on. Before the provider has answered it may, or not."""
    endpoint, place, _ = fault
    if place == "after":                # it may go just while the next request is sent
        return after(flow, endpoint) != "authentication"
    return endpoint != FLOWS[flow][1][0] and endpoint != "authentication"


def fault_case(flow, fault, keeps):
    def case(world, name):
        verdict, provider = world.log_in(name, flow, fault=fault, keeps=keeps)
        check_counts(flow, provider, fault)
        assert verdict[0] in ("authenticated", "unavailable"), f"{verdict}\n{provider.log}"
        if is_forgiven(flow, fault):
            assert verdict == ("authenticated", "ok"), f"{verdict}\n{provider.log}"
    return case


def whole_case(flow, keeps):
    """Nothing breaks: one request each, all over one connection where that is kept."""
    def case(world, name):
        verdict, provider = world.log_in(name, flow, keeps=keeps)
        assert verdict == ("authenticated", "ok"), f"{verdict}\n{provider.log}"
        assert [asked.endpoint for asked in provider.asked] == list(FLOWS[flow][1])
        expected = 1 if keeps else len(provider.asked)
        assert provider.connections == expected, f"{provider.connections} connections"
        check_counts(flow, provider)
    return case


# --- addresses ------------------------------------------------------------------------------


class Swallower:
    """Listens at an address, where a caller waits for ever: its queue is full."""

    def __init__(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sockets = [socket.socket(family) for _ in range(4)]
        self.sockets[0].bind((address, port))
        self.sockets[0].listen(0)
        for caller in self.sockets[1:]:
            caller.setblocking(False)
            caller.connect_ex((address, port))

    def close(self):
        for one in self.sockets:
            one.close()


def addresses_case(swallow, least, most, seconds=(4, 20)):
    """The last of several addresses answers; each of SWALLOW takes packets and says nothing. It
    is reached within LEAST and MOST seconds where connecting and a request may take SECONDS."""
    def case(world, name):
        last = f"127.0.0.{len(swallow) + 1}"
        provider = {}
        began = time.monotonic()

        class Slow(WireOp):
            def __init__(self, *arguments, **more):
                super().__init__(*arguments, address=last, name="op.test", **more)
                provider["swallow"] = [Swallower(each, self.port) for each in swallow]

            def take(self, connection, number):
                provider.setdefault("reached", time.monotonic() - began)
                return super().take(connection, number)

        hosts = "".join(f"{address} op.test\n" for address in (*swallow, last))
        try:
            verdict, found = world.log_in(name, "device", hosts=hosts, make=Slow,
                                          seconds=seconds)
        finally:
            for one in provider["swallow"]:
                one.close()
        assert verdict == ("authenticated", "ok"), f"{verdict}\n{found.log}"
        assert least <= provider["reached"] <= most, f"after {provider['reached']:.2f} s"
    return case


ADDRESSES = {
    "one swallows": (("127.0.0.1",), 1.9, 3.5),
    "two swallow": (("127.0.0.1", "127.0.0.2"), 2.9, 3.9),
    "one swallows, and a request has less time": (("127.0.0.1",), 1.9, 3.5, (20, 4)),
    "IPv6 swallows": (("::1",), 0.1, 1.8),
}


CASES = {f"{flow} whole {'kept' if keeps else 'closed'}": whole_case(flow, keeps)
         for flow in FLOWS for keeps in (True, False)}
CASES.update({f"{flow} {endpoint} {place} {way} {'kept' if keeps else 'closed'}":
              fault_case(flow, (endpoint, place, way), keeps)
              for flow, (_, endpoints) in FLOWS.items() for endpoint in endpoints
              for place in PLACES for way, keeps in ENDS})
CASES.update({f"addresses {name}": addresses_case(*row) for name, row in ADDRESSES.items()})


def work(world, todo, results):
    while True:
        try:
            name, case = todo.get_nowait()
        except queue.Empty:
            return
        try:
            case(world, name)
            results.put((name, None))
        except Exception:
            results.put((name, traceback.format_exc(limit=-3)))


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__)
        return 2
    if "HELPER_TEST_INSIDE" not in os.environ:
        move_in(sys.argv)
    reserve_descriptor()
    todo, results = queue.Queue(), queue.Queue()
    for row in select(CASES, sys.argv[2:]).items():
        todo.put(row)
    world = World(sys.argv[1])
    workers = [threading.Thread(target=work, args=(world, todo, results))
               for _ in range(AT_A_TIME)]
    return run_workers(workers, results)


if __name__ == "__main__":
    sys.exit(main())
