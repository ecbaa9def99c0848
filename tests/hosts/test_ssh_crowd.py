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
from doors import READING
from sshd import Sshd
from terminal import PATIENCE

CROWD = 60
STARTUPS = 10  # of sshd's own MaxStartups 10:30:100; beyond it some are turned away
NAMES = [f"visitor{number:02}" for number in range(10)]


def make_host():
    return hosts.Host("--interval", 1, "--auto", "approve", "--auto-delay", "0.1")


def reaches_the_prompt(session) -> bool:
    try:
        return bool(session.wait_for("then press Enter", 2 * PATIENCE))
    except AssertionError:  # turned away: the connection closed
        return False


def test_crowd_is_thinned_out_and_whoever_has_a_place_gets_in(host):
    """All wait at their prompts at once, so that nobody makes room for anybody."""
    host.itsme.configure(login={"timeout": 300})
    sessions = [host.ssh("alice", "cat", "proof") for _ in range(CROWD)]
    placed = [session for session in sessions if reaches_the_prompt(session)]
    assert STARTUPS <= len(placed) < CROWD, f"{len(placed)} of {CROWD} got a place"
    time.sleep(READING)
    for session in placed:
        session.enter()
    for session in placed:
        status = session.finish(2 * PATIENCE)
        assert status == 0 and accounts.proof("alice") in session.text, session.tail()
    host.log.wait_attempts(len(placed))
    next_one = host.ssh("alice")
    assert reaches_the_prompt(next_one), "no place where the crowd has gone"
    next_one.close()
    print(f"   {len(placed)} of {CROWD} got a place; all of them got in")


# --- what the time tells ---------------------------------------------------------------------

def set_accounts(lines: list[str]) -> None:
    passwd = Path("/etc/passwd")
    kept = [line for line in passwd.read_text().splitlines() if not line.startswith("visitor")]
    passwd.write_text("\n".join(kept + lines) + "\n")


def knock(server: Sshd, name: str) -> float:
    began = time.monotonic()
    result = subprocess.run(["ssh", *server.options(), "-o",
                             "NumberOfPasswordPrompts=1", f"{name}@127.0.0.1", "true"],
                            stdin=subprocess.DEVNULL, capture_output=True,
                            start_new_session=True, timeout=2 * PATIENCE)
    assert result.returncode == 255, result
    return time.monotonic() - began


def test_time_tells_a_stranger_nothing(host):
    """The same names, since sshd waits for each name in its own rhythm: as nobody's, as those
    of people who are in no map, and as those of services."""
    kinds = {"unknown_user": None, "unmapped_user": 2000, "system_user": 700}
    server = Sshd("MaxStartups 100")
    outside, inside = {}, {}
    try:
        for reason, uid in kinds.items():
            host.log.clear()
            set_accounts([f"{name}:x:{uid + number}:{uid}::/nonexistent:/bin/sh"
                          for number, name in enumerate(NAMES)] if uid else [])
            with ThreadPoolExecutor(len(NAMES)) as people:
                outside[reason] = sorted(people.map(lambda name: knock(server, name), NAMES))
            found = [record.pairs for record in host.log.wait_attempts(len(NAMES))]
            assert {pairs["reason"] for pairs in found} == {reason}, found
            inside[reason] = statistics.median(float(pairs["time"].rstrip("s"))
                                               for pairs in found)
        assert not host.provider.requests()
    finally:
        set_accounts([])
        server.close()
    medians = {reason: statistics.median(times) for reason, times in outside.items()}
    print("   medians: " + ", ".join(f"{reason} {seconds:.1f} s (module {inside[reason]:.1f} s)"
                                     for reason, seconds in medians.items()))
    for reason, times in outside.items():  # libpam's delay is random, within half of itself
        assert all(times[0] <= median <= times[-1] for median in medians.values()), outside
    assert max(inside.values()) - min(inside.values()) < 0.5, inside


if __name__ == "__main__":
    checks.main(globals(), make_host)
