#!/usr/bin/python3
"""Who has left: what ends somebody's logins by itsme, and what does not, by the system's own
programs for accounts."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
from doors import Login, Ssh, Su, Sudo

CTL = "/usr/sbin/itsmectl"
DATABASES = [Path("/etc") / name for name in ("passwd", "shadow", "group", "gshadow")]
DOORS = (Ssh, Su, Login)
NOT_THERE = "there is no account alice"


class DepartedHost(hosts.Host):
    """Each test begins with the accounts as they were."""

    def __init__(self):
        super().__init__("--interval", 1)
        self.databases = {path: path.read_text() for path in DATABASES if path.exists()}

    def reset(self) -> None:
        super().reset()
        for path, text in self.databases.items():
            path.write_text(text)


def run(*words: object, good: tuple = (0,)) -> str:
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode in good, f"{words}: {done.stdout} {done.stderr}"
    return done.stdout


def confirmed(host, door):
    """An attempt that alice has scanned and confirmed."""
    host.provider.reset()
    host.log.clear()
    attempt = door(host)
    attempt.scan()
    host.provider.approve()
    if door is not Login:
        host.provider.wait_token()
    attempt.enter()
    return attempt


def test_locked_password_stops_nobody(host):
    run("passwd", "-l", "alice")
    assert "alice:!" in Path("/etc/shadow").read_text()
    for door in (*DOORS, Sudo):
        confirmed(host, door).expect_in()


def test_expired_account_is_stopped(host):
    run("chage", "-E0", "alice")
    for door in (Ssh, Su):
        attempt = confirmed(host, door)
        assert attempt.terminal.finish() != 0, door
        assert attempt.proof() not in attempt.terminal.text, f"{door} let in an expired account"
    attempt = confirmed(host, Login)
    attempt.terminal.wait_for("expired")
    attempt.terminal.interrupt_until_end()
    assert attempt.proof() not in attempt.terminal.text


def test_unenrolled_is_stopped(host):
    run(CTL, "unenrol", "alice", "--yes")
    Ssh(host).expect_refused(sentences.FAILED, "refused", "unmapped_user")
    assert not host.provider.requests(), "the provider was asked"


def test_new_account_of_an_old_name_is_opened_by_the_old_line(host):
    """So the line must go with the account; the check finds it while there is none."""
    run("userdel", "alice", good=(0, 12))
    found = json.loads(run(CTL, "check", "--offline", "--json", good=(0, 1)))["findings"]
    assert [f for f in found if NOT_THERE in f["text"] and "unenrol" in f["advice"]], found
    run("useradd", "--uid", 1777, "--home-dir", f"{accounts.HOMES}/alice", "--no-create-home",
        "--shell", "/bin/bash", "alice")
    run("chown", "-R", "alice", f"{accounts.HOMES}/alice")
    try:
        confirmed(host, Ssh).expect_in()
    finally:
        run("chown", "-R", accounts.FIRST_UID, f"{accounts.HOMES}/alice")


# --- docs/off-boarding.md ---------------------------------------------------------------------

PAGE = (Path(__file__).resolve().parents[2] / "docs/off-boarding.md").read_text()
STANDINS, CALLS = Path("/run/stand-ins"), Path("/run/stand-ins/calls")
# Programs of packages that need not be here: how they are called is all that can be seen.
ELSEWHERE = {"loginctl": ["loginctl disable-linger alice", "loginctl terminate-user alice"],
             "crontab": ["crontab -r -u alice"], "sss_cache": ["sss_cache -u alice"],
             "nscd": ["nscd -i passwd", "nscd -i group"]}


def section(heading: str) -> str:
    """The commands below a heading."""
    text = re.split(r"^## ", PAGE.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    return "\n".join(line.strip() for line in text.splitlines() if line.startswith("    "))


def typed(heading: str) -> str:
    """As root types them."""
    return run("sh", "-euc", section(heading))


def make_standins() -> None:
    STANDINS.mkdir(exist_ok=True)
    for name in ELSEWHERE:
        (STANDINS / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{CALLS}\n')
        (STANDINS / name).chmod(0o755)
    CALLS.unlink(missing_ok=True)


def test_every_command_of_the_page_is_run(host):
    headings = [heading for heading in re.findall(r"^## (.*)$", PAGE, re.M) if section(heading)]
    assert headings == ["At once", "What runs already", "What opens the account again",
                        "The account goes", "Accounts of a directory"], headings


def test_page_ends_every_way_in(host):
    make_standins()
    path, os.environ["PATH"] = os.environ["PATH"], f"{STANDINS}:{os.environ['PATH']}"
    keys = Path(f"{accounts.HOMES}/alice/.ssh/authorized_keys")
    keys.parent.mkdir(exist_ok=True)
    keys.write_text("ssh-ed25519 AAAA alice@laptop\n")
    try:
        left_running = subprocess.Popen(["sleep", "600"], user="alice", group="alice")
        typed("At once")
        Su(host).expect_refused(sentences.FAILED, "refused", "unmapped_user")
        assert not host.provider.requests(), "the provider was asked"
        host.itsme.reset()  # as if she were in the map again: expiry stops her by itself
        attempt = confirmed(host, Ssh)
        assert attempt.terminal.finish() != 0 and attempt.proof() not in attempt.terminal.text
        run(CTL, "unenrol", "alice", "--yes")
        typed("What runs already")
        assert left_running.wait(30) == -9
        typed("What opens the account again")
        assert not keys.exists()
        assert "alice" not in typed("The account goes")
        assert not [line for line in Path("/etc/passwd").read_text().splitlines()
                    if line.startswith("alice:")]
        found = json.loads(run(CTL, "check", "--offline", "--json", good=(0, 1)))["findings"]
        assert not [f for f in found if NOT_THERE in f["text"]], found
        typed("Accounts of a directory")
        assert CALLS.read_text().splitlines() == [call for calls in ELSEWHERE.values() for call in calls]
    finally:
        os.environ["PATH"] = path
        shutil.rmtree(STANDINS)


if __name__ == "__main__":
    checks.main(globals(), DepartedHost)
