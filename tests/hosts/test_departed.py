#!/usr/bin/python3
"""Who has left: what ends somebody's logins by itsme, and what does not, by the system's own
programs for accounts."""
import json
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


if __name__ == "__main__":
    checks.main(globals(), DepartedHost)
