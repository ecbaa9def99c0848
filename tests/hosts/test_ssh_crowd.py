#!/usr/bin/python3
"""Many at the door of one sshd: who gets a place, and what strangers learn from the time."""
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
from chance import best_of_three
from doors import READING
from sshd import Sshd
from terminal import PATIENCE

CROWD = 60
STARTUPS = 10  # of sshd's own MaxStartups 10:30:100; beyond it some are turned away
NAMES = [f"visitor{number:02}" for number in range(12)]


def make_host():
    return hosts.Host("--interval", 1, "--auto", "approve", "--auto-delay", "0.1")


def reaches_the_prompt(session) -> bool:
    try:
        return bool(session.wait_for("then press Enter", 2 * PATIENCE))
    except AssertionError:  # turned away: the connection closed
        return False


def test_crowd_is_thinned_out_and_whoever_has_a_place_gets_in(host):
    """All wait at their prompts at once, so that nobody makes room for anybody."""
    host.itsme.configure(login={"timeout": 300},
                         limits={"codes": 1000, "codes_from": 1000})  # all are one person
    server = Sshd("LoginGraceTime 300")
    try:
        placed = get_in_where_there_is_place(host, server)
    finally:
        server.close()
    print(f"   {placed} of {CROWD} got a place; all of them got in")


def come(host, server: Sshd):
    return host.terminal("ssh", *server.options(), "alice@127.0.0.1", "cat", "proof")


def get_in_where_there_is_place(host, server: Sshd) -> int:
    sessions = [come(host, server) for _ in range(CROWD)]
    placed = [session for session in sessions if reaches_the_prompt(session)]
    assert STARTUPS <= len(placed) < CROWD, f"{len(placed)} of {CROWD} got a place"
    time.sleep(READING)
    for session in placed:
        session.enter()
    for session in placed:
        status = session.finish(2 * PATIENCE)
        assert status == 0 and accounts.proof("alice") in session.text, session.tail()
    host.log.wait_attempts(len(placed))
    next_one = come(host, server)
    assert reaches_the_prompt(next_one), "no place where the crowd has gone"
    next_one.close()
    return len(placed)


# --- what the time tells ---------------------------------------------------------------------

# What a name is: the reason in the log, and the first uid of such accounts.
UNMAPPED = {"unknown_user": None, "unmapped_user": 2000, "system_user": 700}
MAPPED = "first_factor_missing"
KINDS = UNMAPPED | {MAPPED: 3000}


def cast(kinds: dict, turn: int) -> dict[str, str]:
    """Each name's kind in this turn; in as many turns each name has been of each kind."""
    return {name: list(kinds)[(number + turn) % len(kinds)] for number, name in enumerate(NAMES)}


def set_accounts(host, roles: dict[str, str]) -> None:
    passwd = Path("/etc/passwd")
    lines = [line for line in passwd.read_text().splitlines() if not line.startswith("visitor")]
    lines += [f"{name}:x:{KINDS[kind] + number}:{KINDS[kind]}::/nonexistent:/bin/sh"
              for number, (name, kind) in enumerate(roles.items()) if KINDS[kind]]
    passwd.write_text("\n".join(lines) + "\n")
    host.itsme.map(*host.itsme.identities.splitlines(),
                   *(f"{name} sub=abc" for name, kind in roles.items() if kind == MAPPED))


def knock(server: Sshd, name: str) -> float:
    began = time.monotonic()
    result = subprocess.run(["ssh", *server.options(), "-o", "NumberOfPasswordPrompts=1",
                             f"{name}@127.0.0.1", "true"],
                            stdin=subprocess.DEVNULL, capture_output=True,
                            start_new_session=True, timeout=2 * PATIENCE)
    assert result.returncode == 255, result
    return time.monotonic() - began


@best_of_three
def test_time_tells_a_stranger_nothing(host):
    compare(host, UNMAPPED)


@best_of_three
def test_time_does_not_tell_a_stranger_who_is_enrolled(host):
    """Where a first factor is demanded; the words are test_relay.py's."""
    host.itsme.configure(provider={"confirm_service": "WORKSTATIONS_CONFIRM"},
                         login={"timeout": 60, "qr_requires": "first_factor"})
    compare(host, KINDS)


def compare(host, kinds: dict) -> None:
    """sshd waits for each name in a rhythm of its own, and libpam's delay is random but the
    same for all who fail in the same second: so all knock at once, and then change places."""
    server = Sshd("MaxStartups 100")
    outside = {kind: [] for kind in kinds}
    inside = {kind: [] for kind in kinds}
    try:
        for turn in range(len(kinds)):
            host.log.clear()
            roles = cast(kinds, turn)
            set_accounts(host, roles)
            with ThreadPoolExecutor(len(NAMES)) as people:
                times = people.map(lambda name: knock(server, name), NAMES)
                for name, seconds in zip(NAMES, times):
                    outside[roles[name]].append(seconds)
            for record in host.log.wait_attempts(len(NAMES)):
                pairs = record.pairs
                assert pairs["reason"] == roles[pairs["user"]], record
                inside[pairs["reason"]].append(float(pairs["time"].rstrip("s")))
        assert not host.provider.requests()
    finally:
        set_accounts(host, {})
        server.close()
    middle = {kind: statistics.median(times) for kind, times in outside.items()}
    print("   medians: " + ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in
                                     middle.items()))
    for kind, times in outside.items():
        assert all(min(times) <= median <= max(times) for median in middle.values()), outside
        assert statistics.median(inside[kind]) < 0.5, inside


if __name__ == "__main__":
    checks.main(globals(), make_host)
