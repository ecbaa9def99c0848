#!/usr/bin/python3
"""What a person reads when a login has ended: one sentence of ours, and the least of the host's.

The rest is each program's own and depends on its version. What it says, and how often it asks,
stands here line by line, as in docs/hosts.md.
"""
import re
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
from passwords import PASSWORD, WRONG
from sshd import free_port
from terminal import PATIENCE

TIMEOUT = 10  # seconds of a login that nobody answers
FALLBACK = """\
auth      [success=done authinfo_unavail=ignore default=die] pam_itsme.so
auth      required pam_unix.so
account   required pam_unix.so
session   required pam_permit.so
"""


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
    Sudo: ["sudo: 1 incorrect password attempt"],
    SudoRs: [""],
    Su: [""],
    Doas: [""],
    Login: ["Login incorrect"] if LOGIN_OF_UTIL_LINUX else [""],
}


def make_host():
    if SUDO_RS.exists():
        SUDO_RS.resolve().chmod(0o4755)  # as its package does when it is configured
    return hosts.Host("--interval", 1)


def of(table: dict, door) -> list[str]:
    return table[Su if door is PlainSu else door]


def show(attempt) -> str:
    """The address in the code, once all is shown. It stands in the text as well, where a host
    may begin the code's first row on a line of its own."""
    attempt.terminal.wait_for("seconds are left")
    return re.search(r"https://\S+", attempt.terminal.text)[0]


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
        behind = behind.rpartition("seconds are left.")[2].lstrip("\n")
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
    calls = 3 if table is AWAY else 1  # of sudo; all others stop
    expect_lines(host, outcome, reason, len(DOORS) - 1 + calls)


def test_denied(host):
    prepare(host)
    attempts = []
    for door in DOORS:
        attempts.append(door(host))
        host.provider.scan(show(attempts[-1]))
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
        show(attempt)
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


def test_not_in_the_map(host):
    """sudo calls three times, and is answered at once from the second time on."""
    prepare(host)
    host.itsme.map("bob sub=somebody")
    attempt = Sudo(host)
    expect_calm(attempt, sentences.FAILED, AGAIN)
    expect_lines(host, "refused", "unmapped_user", 3)
    assert not host.provider.requests()


def test_once_where_sudoers_says_so(host):
    """passwd_tries=1: a line of sudo's, for an outage as for somebody unknown."""
    prepare(host)
    stacks.sudoers(tries=1)
    host.itsme.config.unlink()
    expect_calm(Sudo(host), sentences.SETUP, ["sudo: 1 incorrect password attempt"])
    expect_lines(host, "misconfigured", "config_missing", 1)


def test_without_terminal(host):
    """One sentence of ours, and sudo does not come back. sudo-rs shows it to nobody."""
    prepare(host)
    for program in ("sudo", "sudo-rs") if SUDO_RS.exists() else ("sudo",):
        host.log.clear()
        result = subprocess.run(
            ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env",
             program, "cat", accounts.ROOT_PROOF], stdin=subprocess.DEVNULL, text=True,
            capture_output=True, start_new_session=True, timeout=PATIENCE)
        assert result.returncode != 0 and result.stdout == "", result
        assert result.stderr.count(sentences.NOBODY) == (program == "sudo"), result.stderr
        assert "again" not in result.stderr and "Critical" not in result.stderr, result.stderr
        expect_lines(host, "not_interactive", "no_terminal", 1)


def test_what_is_back_is_asked_again(host):
    """sudo asks for the password while itsme is away. A wrong one is not the end: by then the
    phone is asked again, and the sentence is not repeated where it is not."""
    prepare(host)
    accounts.set_password("alice", PASSWORD)
    stacks.use(text=FALLBACK)
    config = host.itsme.config.read_text()
    host.itsme.config.unlink()
    attempt = Sudo(host)
    for number in (1, 2):
        attempt.terminal.wait_until(
            lambda: attempt.terminal.text.count("[sudo] password for alice: ") == number,
            f"question {number}", PATIENCE)
        if number == 2:
            write(host.itsme.config, config)
        attempt.terminal.send(f"{WRONG}\r")
    attempt.scan()
    host.provider.approve()
    assert attempt.terminal.finish() == 0 and attempt.proof() in attempt.terminal.text
    assert attempt.terminal.text.count(sentences.SETUP) == 1, attempt.terminal.tail()


if __name__ == "__main__":
    checks.main(globals(), make_host)
