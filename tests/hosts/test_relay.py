#!/usr/bin/python3
"""Who is deceived: an attacker asks for a login as alice over ssh and has her confirm it on her
phone. Two terminals and one phone; each test prints what it cost the provider and alice's phone."""
import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
from doors import READING
from sshd import Keys, Sshd
from terminal import PATIENCE

CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
ELSEWHERE = "127.0.0.66"  # where the attacker's connections come from; alice's from 127.0.0.1
FAILED = "Login failed."
KNOCKS, AT_ONCE = 42, 7
CODES = 10  # of one address for one account in a window: [limits] codes as it comes
SENT = "We sent a request to your itsme app."
NUMBER = r"Number: <b>(\d+)</b>"


def make_host():
    return hosts.Host("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])


class Attempt:
    """Somebody's `ssh USER@host cat proof`."""

    def __init__(self, host, user: str = "alice", origin: str = ELSEWHERE, server: Sshd | None = None,
                 key: str = ""):
        self.host, self.user = host, user
        server = server or host.sshd
        methods = "publickey,keyboard-interactive" if key else "keyboard-interactive"
        identity = ("-o", "IdentitiesOnly=yes", "-i", f"/run/keys/{key}") if key else ()
        self.terminal = host.terminal("ssh", *server.options(methods), "-b", origin, *identity,
                                      f"{user}@127.0.0.1", "cat proof; sleep 0.2")

    def code(self) -> str:
        """What the picture says, which is all that the attacker has to forward."""
        self.terminal.settle(0.05)
        return qr.scan(self.terminal.wait_qr())

    def type(self, text: str = "") -> None:
        time.sleep(READING)
        self.terminal.send(text + "\r")

    @property
    def is_in(self) -> bool:
        return accounts.proof(self.user) in self.terminal.text

    def end(self, typed: str = "") -> None:
        """Type that at each prompt until it is over."""
        deadline = time.monotonic() + PATIENCE
        while self.terminal.child.isalive():
            assert time.monotonic() < deadline, f"not over: {self.terminal.tail()!r}"
            self.type(typed)
            self.terminal.settle(1)
        self.terminal.finish()


def on_the_phone(host) -> str:
    """What alice's phone shows, once it asks her."""
    host.provider.command("wait-for", "approve")
    return json.loads(host.provider.command("pending", "--json"))["requests"][-1].get("text") or ""


def scans_and_confirms(host, code: str) -> str:
    """Alice believes what she was sent. Gives what her phone said."""
    host.provider.scan(code)
    said = on_the_phone(host)
    host.provider.approve()
    host.provider.wait_token()
    return said


def figures(host, what: str) -> dict[str, int]:
    """What the attack has cost so far."""
    sessions = rings = asked = 0
    scanned = set()  # connections on which a code was waited for
    for request in host.provider.requests():
        name, connection = request["endpoint"], request["connection"]
        sessions += name == "begin_session" and request.get("status") == 200
        if name == "poll_session":
            scanned.add(connection)
        if name == "authenticate" and request.get("status") == 200:
            asked += 1
            rings += connection not in scanned
    found = {"sessions": sessions, "rings": rings, "on the phone": asked}
    print(f"   {what}: " + ", ".join(f"{key} {number}" for key, number in found.items()), flush=True)
    return found


def expect_out(host, attempt: Attempt, reason: str) -> None:
    assert not attempt.is_in, f"the attacker is in: {attempt.terminal.tail()!r}"
    reasons = {line.pairs["reason"] for line in host.log.attempts()}
    assert reasons == {reason}, reasons


# --- a code is forwarded -------------------------------------------------------------------

def test_forwarded_code_is_not_stopped_without_confirm_service(host):
    """What is not stopped: her phone names neither machine nor account, and bears no number."""
    attack = Attempt(host)
    said = scans_and_confirms(host, attack.code())
    attack.end()
    figures(host, "forwarded code, without confirm_service: in")
    assert said == "" and attack.is_in, f"{said!r} {attack.terminal.tail()!r}"


def test_forwarded_code_lacks_the_number(host):
    """Her phone says what it is for and from where; she confirms, and it is not enough."""
    host.itsme.configure(provider=CONFIRM)
    attack = Attempt(host)
    said = scans_and_confirms(host, attack.code())
    number = re.search(NUMBER, said)
    attack.end("1234" if not number or number[1] != "1234" else "4321")
    figures(host, "forwarded code, with confirm_service: " + ("in" if attack.is_in else "out"))
    for word in ("<b>workstation</b>", "<b>alice</b>", ELSEWHERE):
        assert word in said, f"the phone does not say {word}: {said}"
    expect_out(host, attack, "wrong_number")
    assert number and len(number[1]) == 4 and number[1] not in attack.terminal.text, said


def test_live_relay_is_not_stopped_by_the_number(host):
    """What is not stopped: a page that looks like ours asks her for the number, and she types it
    there."""
    host.itsme.configure(provider=CONFIRM)
    attack = Attempt(host)
    host.provider.scan(attack.code())
    number = re.search(NUMBER, on_the_phone(host))
    assert number, "there is no number to be read out"
    host.provider.approve()
    host.provider.wait_token()
    attack.end(number[1])
    figures(host, "live relay: in")
    assert attack.is_in, attack.terminal.tail()


def test_address_is_shown_only_to_who_types_link(host):
    """A picture is more to forward than a line of text."""
    host.itsme.configure(provider=CONFIRM)
    attack = Attempt(host)
    address = attack.code()
    assert address not in attack.terminal.text, "the address is offered"
    attack.type("link")
    attack.terminal.wait_for(re.escape(address))
    attack.terminal.interrupt_until_end()


# --- a first factor is demanded ------------------------------------------------------------

def test_first_factor_leaves_nothing_to_forward(host):
    host.itsme.configure(provider=CONFIRM, **{"service:sshd": {"qr_requires": "first_factor"}})
    attack = Attempt(host)
    assert attack.terminal.finish() == 255
    found = figures(host, "first factor demanded: out")
    assert not qr.find_all(attack.terminal.text) and "http" not in attack.terminal.text
    assert not host.provider.requests() and not any(found.values()), found
    expect_out(host, attack, "first_factor_missing")
    host.log.clear()
    server = Keys()
    try:
        hers = Attempt(host, server=server, key="alice")
        hers.terminal.wait_for(re.escape(SENT))
        host.provider.approve()
        host.provider.wait_token()
        hers.end()
        assert hers.is_in, hers.terminal.tail()
    finally:
        server.close()


def test_code_is_shown_to_addresses_of_ours_alone(host):
    host.itsme.configure(**{"service:sshd": {
        "qr_requires": "first_factor", "qr_from": "127.0.0.0/28 2001:db8::/32"}})
    attack = Attempt(host)
    assert attack.terminal.finish() == 255
    assert not any(figures(host, "from an address that is not in qr_from: out").values())
    expect_out(host, attack, "first_factor_missing")
    host.log.clear()
    hers = Attempt(host, origin="127.0.0.1")
    scans_and_confirms(host, hers.code())
    hers.end()
    assert hers.is_in, hers.terminal.tail()


def test_caller_with_a_name_for_an_address_is_a_stranger(host):
    """Under `UseDNS yes` PAM is given a name, which is whatever its owner's DNS says."""
    host.itsme.configure(**{"service:sshd": {"qr_requires": "first_factor",
                                             "qr_from": "0.0.0.0/0 ::/0"}})
    server = Sshd("UseDNS yes")
    try:
        attack = Attempt(host, origin="127.0.0.1", server=server)
        assert attack.terminal.finish() == 255
    finally:
        server.close()
    assert host.log.attempts()[0].pairs["rhost"] == "localhost", host.log.raw
    assert not any(figures(host, "from a host name: out").values())
    expect_out(host, attack, "first_factor_missing")


def test_strangers_see_no_difference_between_accounts(host):
    """Words, prompts, and how often they may try; the time is test_ssh_crowd.py's."""
    host.itsme.configure(provider=CONFIRM, **{"service:sshd": {"qr_requires": "first_factor"}})
    host.itsme.map(*host.itsme.identities.splitlines(),
                   f"root sub={host.provider.subject('alice')}",
                   f"carol sub={host.provider.subject('bob')} lang=nl qr=off")
    kinds = {"alice": "first_factor_missing", "carol": "first_factor_missing",
             "root": "first_factor_missing", "mallory": "unmapped_user",
             "nosuchuser": "unknown_user", "robot": "system_user"}
    attempts = {user: Attempt(host, user) for user in kinds}
    for attempt in attempts.values():
        assert attempt.terminal.finish() == 255
    said = {user: attempt.terminal.text.replace(f"{user}@", "USER@")
            for user, attempt in attempts.items()}
    assert len(set(said.values())) == 1, said
    assert said["alice"].count(FAILED) == 3, said["alice"]
    reasons = {(r.pairs["user"], r.pairs["reason"]) for r in host.log.wait_attempts(3 * len(kinds))}
    assert reasons == set(kinds.items()), reasons
    assert not any(figures(host, "six names tried: out").values())


# --- a phone is kept busy, and many knocks -------------------------------------------------

def test_pending_request_of_a_thief_of_the_key_is_not_taken_for_ones_own(host):
    """The attacker has alice's key and keeps a request on her phone while she logs in."""
    host.itsme.configure(provider=CONFIRM)
    server = Keys()
    try:
        attack = Attempt(host, server=server, key="alice")
        attack.terminal.wait_for(re.escape(SENT))
        hers = Attempt(host, server=server, key="alice", origin="127.0.0.1")
        hers.code()
        figures(host, "pending push of a thief of the key")
        hers.terminal.wait_for("(?i)another login of this user|refuse any other request")  # told
        hers.terminal.interrupt_until_end()
        attack.terminal.interrupt_until_end()
    finally:
        server.close()


def test_many_knocks_from_one_address(host):
    """They begin no more sessions than one address may have codes for one account, and alice
    still gets hers from where she is."""
    for _ in range(KNOCKS // AT_ONCE):
        attacks = [Attempt(host) for _ in range(AT_ONCE)]
        for attack in attacks:
            attack.terminal.wait_until(
                lambda t=attack.terminal: qr.find_all(t.text) or not t.child.isalive(),
                "a code or a refusal", PATIENCE)
            attack.terminal.interrupt_until_end()
            attack.terminal.settle(0.05)
    found = figures(host, f"{KNOCKS} knocks from one address")
    hers = Attempt(host, origin="127.0.0.1")
    scans_and_confirms(host, hers.code())
    hers.end()
    assert hers.is_in, hers.terminal.tail()
    assert found["sessions"] <= CODES, found
    assert "try again" in attack.terminal.text, attack.terminal.tail()


if __name__ == "__main__":
    checks.main(globals(), make_host)
