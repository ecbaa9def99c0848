#!/usr/bin/python3
"""What the provider says, and what it is that lets the password count: an outage, and nothing that a
caller can provoke. Every door and every stack is tried both ways."""
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helper"))

from jwcrypto import jwk

import checks
import host as hosts
from around import CONFIRM, NAME, AroundHost, Login, PatientSsh, Ssh, Su, Sudo, Vlock, \
    always_in, approve, drive, try_all
from installation import CLIENT_ID
from scripted_op import Op

# What a limiter says, or a firewall: a status, and maybe OAuth's word for it.
WORDS = ("", " slow_down", " invalid_request", " temporarily_unavailable",
         " authorization_pending")
REFUSALS = tuple(f"{status}{word}" for status in (400, 403, 404, 409, 418, 429)
                 for word in (WORDS if status in (400, 429) else WORDS[:2]))
TOO_MANY = ("429", "429 slow_down")
SESSIONS, METADATA, AUTHENTICATION = \
    "user_discovery_sessions", "openid-configuration", "backchannel/authentication"
HOSTS = Path("/etc/hosts")
DOORS = (Su, Sudo, Ssh, Login, Vlock)


def makers(host, doors: tuple, condition: str) -> list:
    return [lambda door=door: door(host, condition) for door in doors]


# --- what the provider says before anything is shown -------------------------------------------

def refused_by_the_provider(host, doors: tuple, places: tuple, refusals: tuple, arm=None) -> None:
    """At each of PLACES; ARM(place, refusal) has the provider say so."""
    let_in = []
    for place in places:
        for refusal in refusals:
            (arm or host.provider.refuse)(place, refusal)
            hosts.forget_limits()  # each counts as a request, too many of which are refused
            let_in += try_all(host, makers(host, doors, f"{refusal} from {place}"))
    assert not let_in, f"the password alone let in {len(let_in)}: {'; '.join(let_in)}"


def test_refusals_before_the_code(host):
    refused_by_the_provider(host, (Su,), (SESSIONS,), REFUSALS)


def test_refusals_before_the_phone_rings(host):
    host.configure(provider=CONFIRM, login={"flow": "push"})
    refused_by_the_provider(host, (Sudo,), (METADATA, AUTHENTICATION),
                            ("400 slow_down", "403", "404", *TOO_MANY))


def test_refusals_of_another_provider(host):
    """Before a device's code is shown."""
    directory = Path("/run/other-provider")
    directory.mkdir()
    op = Op(directory, CLIENT_ID, jwk.JWK.generate(kty="RSA", size=2048, kid="signer"))
    host.itsme.configure(
        provider={"issuer": op.issuer, "profile": "oidc", "service": None,
                  "ca_file": directory / "tls.pem", "connect_timeout": None,
                  "request_timeout": None},
        client={"auth": "none", "signing_key": None, "decryption_key": None},
        login={"timeout": None})
    host.itsme.map("alice sub=somebody")

    def arm(endpoint: str, refusal: str) -> None:
        status, _, word = refusal.partition(" ")
        answer = {"error": word} if word else b"Go away"
        op.bend = {endpoint: lambda *_: (int(status), answer)}
    try:
        refused_by_the_provider(host, (Su,), ("discovery", "device"),
                                ("400 slow_down", "403", "409", *TOO_MANY), arm)
    finally:
        op.close()


# --- what is an outage, and what is none ------------------------------------------------------

def stacks_of(host) -> dict:
    """Each with the doors that it is meant for."""
    return {"profile": (host.use_profile, DOORS),
            "example": (host.use_example, (Login,)),
            "enabled": (lambda: host.use_enabled("su", "sshd"), (Su, Ssh)),
            "enabled sudo": (lambda: host.use_enabled("sudo"), (Sudo,))}


def password_counts_while_away(host, stack: str) -> None:
    use, doors = stacks_of(host)[stack]
    use()
    for is_away in (host.refused, host.swallowed, host.unresolvable):
        with is_away():
            always_in(makers(host, doors, is_away.__name__))


@contextlib.contextmanager
def without_ipv6():
    """Switched off on this machine, while the provider's name has addresses of both kinds."""
    switches = [Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6") for name in ("all", "lo")]
    before = [switch.read_text() for switch in switches], HOSTS.read_text()
    HOSTS.write_text(f"2001:db8::1 {NAME}\n{before[1]}")
    for switch in switches:
        switch.write_text("1")
    yield
    for switch, text in zip(switches, before[0]):
        switch.write_text(text)
    HOSTS.write_text(before[1])


def test_away_from_a_machine_without_ipv6(host):
    """No address to connect from is not for want of a port."""
    with host.refused(), without_ipv6():
        always_in(makers(host, (Su, Sudo), "refused, without IPv6"))


def phone_counts(host, stack: str) -> None:
    use, doors = stacks_of(host)[stack]
    use()
    attempts = [(PatientSsh if door is Ssh else door)(host) for door in doors]
    drive(attempts, lambda attempt: attempt.codes, "shown a code")
    approve(host, attempts)


def too_many_requests(host, stack: str) -> None:
    use, doors = stacks_of(host)[stack]
    use()
    refused_by_the_provider(host, doors, (SESSIONS,), TOO_MANY)


def for_every_stack(behaviour) -> dict:
    def test_of(stack):
        def test(host):
            behaviour(host, stack)
        test.__name__ = f"test_{behaviour.__name__}_{stack.replace(' ', '_')}"
        return test
    tests = map(test_of, ("profile", "example", "enabled", "enabled sudo"))
    return {test.__name__: test for test in tests}


globals().update(for_every_stack(password_counts_while_away))
globals().update(for_every_stack(phone_counts))
globals().update(for_every_stack(too_many_requests))

if __name__ == "__main__":
    checks.main(globals(), AroundHost)
