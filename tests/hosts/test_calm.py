#!/usr/bin/python3
"""What a person reads when a login has ended: one sentence of ours, and the least of the host's.

The rest is each program's own and depends on its version. What it says, and how often it asks,
stands here line by line, as in docs/hosts.md.
"""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
import stacks
from doors import Door, Login, Su, Sudo
from installation import write
from sshd import free_port
from terminal import PATIENCE

TIMEOUT = 10  # seconds of a login that nobody answers


class SudoRs(Sudo):
    """sudo-rs has the services of sudo."""

    def knock(self, **options):
        return self.host.terminal("sudo-rs", "cat", accounts.ROOT_PROOF, user=self.user, **options)


class PlainSu(Su):
    service = "su"

    def knock(self, **options):
        return self.host.terminal("su", self.user, "-c", "cat ~/proof", user="mallory", **options)


class Doas(Door):
    service = "doas"

    def knock(self, **options):
        return self.host.terminal("doas", "cat", accounts.ROOT_PROOF, user=self.user, **options)

    def proof(self) -> str:
        return accounts.proof("root")


def is_of_util_linux(program: str) -> bool:
    said = subprocess.run([program, "--version"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, start_new_session=True)
    return "util-linux" in said.stdout


SUDO_RS = Path("/usr/bin/sudo-rs")  # Debian 12 has none
DOORS = (Sudo, Su, PlainSu, Doas, Login) + ((SudoRs,) if SUDO_RS.exists() else ())
LOGIN_OF_UTIL_LINUX = is_of_util_linux("login")

# Behind our sentence, each line; DONE: there will be no other answer.
DONE = {
    Sudo: ["sudo: PAM authentication error: Insufficient credentials to access authentication data",
           "sudo: a password is required"],
    SudoRs: ["sudo-rs: PAM error: Insufficient credentials to access authentication data"],
    Su: ["su: Permission denied"],
    Doas: ["doas: Authentication failed"],
    Login: ["", "Login incorrect"] if LOGIN_OF_UTIL_LINUX
    else ["Maximum number of tries exceeded (1)"],
}
# What falls back where a stack says so; login asks for a name again.
AGAIN = ["Sorry, try again.", "Sorry, try again.", "sudo: 3 incorrect password attempts"]
AWAY = {
    Sudo: AGAIN,
    SudoRs: ["sudo-rs: PAM error: Authentication service cannot retrieve authentication info"],
    Su: ["su: Authentication service cannot retrieve authentication info"],
    Doas: DONE[Doas],
    Login: ["Login incorrect", "", "workstation login:"] if LOGIN_OF_UTIL_LINUX
    else ["", "Login incorrect", "workstation login:"],
}
# Nothing of ours: the person knows.
INTERRUPTED = {
    Sudo: ["^Csudo: 1 incorrect password attempt"],
    SudoRs: ["^C"],
    Su: ["^C"],
    Doas: ["^C"],
    Login: ["^C", "Login incorrect"] if LOGIN_OF_UTIL_LINUX else ["^C"],
}
# How often the host has called, where that is not once.
CALLS = {(Sudo, "away"): 3}


def make_host():
    if SUDO_RS.exists():
        SUDO_RS.resolve().chmod(0o4755)  # as its package does when it is configured
    return hosts.Host("--interval", 1)


def of(table: dict, door) -> list[str]:
    return table[Su if door is PlainSu else door]


def prepare(host) -> None:
    write(Path("/etc/doas.conf"), "permit alice as root\n", 0o400)
    write(Path("/etc/pam.d/doas"), stacks.STACK.format(arguments=""), 0o644)
    host.itsme.configure(limits={"codes": 1000, "codes_from": 1000})


def end(attempt) -> None:
    """The program has ended, or asks for another name."""
    if isinstance(attempt, Login):
        attempt.terminal.wait_until(
            lambda: attempt.terminal.text.endswith("login: ") or
            not attempt.terminal.child.isalive(), "the end", PATIENCE)
    else:
        assert attempt.terminal.finish() != 0
    attempt.terminal.settle()


def expect_calm(attempt, sentence: str, rest: list[str]) -> None:
    """SENTENCE once, and after it REST and nothing else."""
    end(attempt)
    text = attempt.terminal.text
    assert "Critical" not in text and attempt.proof() not in text, attempt.terminal.tail()
    behind = text.rstrip()
    if sentence:
        assert text.count(sentence) == 1, attempt.terminal.tail()
        behind = text.partition(sentence + "\n")[2].rstrip()
    else:
        behind = behind[behind.rindex("^C"):]
    said = [line.rstrip() for line in behind.split("\n")]
    assert said == rest, f"{type(attempt).__name__} says {said}, not {rest}"


def expect_lines(host, outcome: str, reason: str, number: int) -> None:
    for line in host.log.wait_attempts(number):
        assert (line.pairs["outcome"], line.pairs["reason"]) == (outcome, reason), line.text


def refused_everywhere(host, sentence: str, table: dict, outcome: str, reason: str) -> None:
    """All of them at once: each takes as long as its own delays."""
    attempts = [door(host) for door in DOORS]
    for attempt in attempts:
        expect_calm(attempt, sentence, of(table, type(attempt)))
    calls = sum(3 if isinstance(attempt, Sudo) and type(attempt) is Sudo and table is AWAY else 1
                for attempt in attempts)
    expect_lines(host, outcome, reason, calls)


def test_denied(host):
    prepare(host)
    attempts = []
    for door in DOORS:
        attempts.append(door(host))
        attempts[-1].scan()
        host.provider.deny()
        attempts[-1].terminal.wait_for(sentences.DENIED)
    for attempt in attempts:
        expect_calm(attempt, sentences.DENIED, of(DONE, type(attempt)))
    expect_lines(host, "denied", "user_denied", len(DOORS))


def test_nobody_scans(host):
    prepare(host)
    host.itsme.configure(login={"timeout": TIMEOUT})
    refused_everywhere(host, sentences.EXPIRED, DONE, "expired", "timeout")


def test_interrupted(host):
    """What the kernel would have ended leaves its line in the log all the same."""
    prepare(host)
    for door in DOORS:
        host.log.clear()
        attempt = door(host)
        attempt.terminal.wait_qr()
        attempt.terminal.interrupt()
        expect_calm(attempt, "", of(INTERRUPTED, door))
        expect_lines(host, "aborted", "caller_gone", 1)


def test_provider_away(host):
    prepare(host)
    host.itsme.configure(provider={"issuer": f"https://localhost:{free_port()}/v2"})
    refused_everywhere(host, sentences.UNREACHABLE, AWAY, "unavailable", "provider_unreachable")


def test_not_set_up(host):
    prepare(host)
    host.itsme.config.unlink()
    refused_everywhere(host, sentences.SETUP, AWAY, "misconfigured", "config_missing")


if __name__ == "__main__":
    checks.main(globals(), make_host)
