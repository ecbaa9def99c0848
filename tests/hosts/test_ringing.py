#!/usr/bin/python3
"""How often a phone rings and a code is begun, however one asks: by breaking off, by killing, by
knocking. The figures are printed before they are judged."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
from doors import Ssh, Su, Sudo
from sshd import Keys

CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
SENT = r"We sent a request to your itsme app\."
NOTICE = "It is not this one: refuse it there unless you started it."
WAITING = r"Another request for this user is still waiting; try again in (\d+) seconds\."
CODE = "Scan this code"     # over ssh no address comes with it
MANY = r"Too many codes were asked for from here; try again in \d+ (seconds|minutes)\."
PEOPLE = ("alice", "bob", "carol")


def make_host():
    return hosts.Host("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])


def live(host) -> list[dict]:
    """The requests that phones show now."""
    return json.loads(host.provider.command("pending", "--json"))["requests"]


def sessions(host) -> int:
    """Begun at the provider, for a code each."""
    return len([r for r in host.provider.requests()
                if r["endpoint"] == "begin_session" and r["status"] == 200])


def limits_of(user: str) -> dict:
    result = subprocess.run(["itsmectl", "limits", "show", user, "--json"], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)["accounts"][0]


def expect_one_request(host, what: str) -> None:
    count = len(live(host))
    print(f"    {what}: {count} live requests")
    assert count == 1, f"{count} live requests"


# --- the request, not the process -------------------------------------------------------

def break_off_five_times(host, flow: str, leave) -> list[str]:
    """What sudo has shown each time."""
    host.itsme.configure(provider=CONFIRM, login={"flow": flow})
    texts = []
    for _ in range(5):
        attempt = Sudo(host)
        found = attempt.terminal.wait_for(f"{SENT}|https://|{WAITING}")
        if not re.fullmatch(WAITING, found[0]):
            attempt.terminal.settle(0.05)
            leave(host, attempt)
        attempt.terminal.settle(0.05)
        texts.append(attempt.terminal.text)
        attempt.terminal.close()
        host.wait_no_helper(10)
    return texts


def interrupt(host, attempt) -> None:
    attempt.terminal.interrupt()


def kill_helper(host, attempt) -> None:
    for pid in hosts.processes(host.helper):
        os.kill(pid, signal.SIGKILL)


def expect_one_ring(host, leave, what: str) -> list[str]:
    texts = break_off_five_times(host, "push", leave)
    expect_one_request(host, f"flow=push, {what} five times")
    assert re.search(SENT, texts[0]), texts[0]
    for text in texts[1:]:
        seconds = re.search(WAITING, text)
        assert seconds and 0 < int(seconds[1]) <= 62, text
    hosts.forget_limits()
    host.provider.reset()
    host.log.clear()
    texts = break_off_five_times(host, "auto", leave)
    expect_one_request(host, f"flow=auto, {what} five times")
    for text in texts[1:]:
        assert "https://" in text, text
        assert NOTICE in text, text
    return texts


def test_sudo_broken_off_five_times_rings_once(host):
    texts = expect_one_ring(host, interrupt, "Ctrl-C")
    assert NOTICE not in texts[0], texts[0]


def test_helper_killed_five_times_rings_once(host):
    expect_one_ring(host, kill_helper, "killed")


def test_owner_gets_in_while_another_request_waits(host):
    """The request of somebody else, with the account's key, is not what is approved."""
    host.itsme.configure(provider=CONFIRM)
    first = Sudo(host)
    first.terminal.wait_for(SENT)
    first.terminal.interrupt()
    first.terminal.finish()
    host.log.clear()
    second = Sudo(host)
    second.terminal.wait_for("unless you started it")
    second.scan()
    deadline = time.monotonic() + 60
    while len(live(host)) < 2:      # else it would be the first one that is approved
        assert time.monotonic() < deadline, "nobody was asked after the scan"
        time.sleep(0.05)
    host.provider.approve()
    second.expect_in()


def test_live_request_can_be_seen_and_cleared(host):
    host.itsme.configure(provider=CONFIRM, login={"flow": "push"})
    attempt = Sudo(host)
    attempt.terminal.wait_for(SENT)
    attempt.terminal.interrupt()
    attempt.terminal.finish()
    seen = limits_of("alice")
    assert seen["pending"] is True and 0 < seen["live"] <= 62, seen
    text = subprocess.run(["itsmectl", "limits"], check=True, capture_output=True,
                          text=True).stdout
    assert re.search(r"a request is live for \d+ seconds", text), text
    subprocess.run(["itsmectl", "limits", "clear", "alice"], check=True, capture_output=True)
    seen = limits_of("alice")
    assert (seen["pending"], seen["live"]) == (False, 0), seen
    again = Sudo(host)
    again.terminal.wait_for(SENT)
    host.provider.approve()
    again.terminal.finish()
    assert limits_of("alice")["live"] == 0


# --- codes ------------------------------------------------------------------------------

def is_shown(attempt) -> bool:
    """Whether a code came; whoever knocked has left then."""
    found = attempt.terminal.wait_for(f"{CODE}|{MANY}")
    attempt.terminal.close()
    return found[0] == CODE


def knock(host, door, times: int, **options) -> int:
    """As somebody else each time; gives how many codes were shown."""
    return sum(is_shown(door(host, PEOPLE[i % len(PEOPLE)], **options)) for i in range(times))


def from_elsewhere(last: int) -> dict:
    return {"words": ("-b", f"127.0.0.{last}")}


def test_knocks_over_ssh_begin_few_sessions(host):
    shown = knock(host, Ssh, 42)
    begun = sessions(host)
    print(f"    42 knocks over ssh from one address: {begun} sessions at the provider")
    assert begun == shown == 30, (begun, shown)     # codes = 10 for each of three accounts
    # nobody else has to wait: the owner from another address, and at the machine
    assert is_shown(Ssh(host, **from_elsewhere(2)))
    assert is_shown(Sudo(host))
    attempt = Ssh(host, **from_elsewhere(3))
    attempt.scan()
    host.provider.approve()
    host.provider.wait_token()
    attempt.enter()
    assert attempt.terminal.finish() == 0 and attempt.proof() in attempt.terminal.text
    refused = Ssh(host)
    refused.terminal.wait_for(MANY)
    assert refused.terminal.finish() != 0


def test_knocks_of_a_local_program_begin_few_sessions(host):
    shown = knock(host, Su, 69)
    begun = sessions(host)
    print(f"    69 starts of a local program: {begun} sessions at the provider")
    assert begun == shown == 30, (begun, shown)
    assert is_shown(Sudo(host))
    assert is_shown(Ssh(host))


def test_strangers_use_up_the_machine_for_strangers_alone(host):
    host.itsme.configure(limits={"codes_machine": 6}, login={"flow": "qr"})
    home = Ssh(host, **from_elsewhere(9))
    home.scan()
    host.provider.approve()
    host.provider.wait_token()
    home.enter()
    home.expect_in()
    shown = [is_shown(Ssh(host, PEOPLE[i % 3], **from_elsewhere(20 + i))) for i in range(8)]
    assert shown == 6 * [True] + 2 * [False], shown
    assert not is_shown(Su(host)), "another local user is a stranger"
    assert is_shown(Sudo(host)), "alice at the machine is none"
    assert is_shown(Ssh(host, **from_elsewhere(9))), "who was in from there is none"
    server = Keys()
    try:
        session = server.session(host, "alice")
        session.wait_for(CODE)
        session.close()
    finally:
        server.close()


if __name__ == "__main__":
    checks.main(globals(), make_host)
