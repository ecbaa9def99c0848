#!/usr/bin/python3
"""itsmectl pam on the distribution's own files, as they lie on this machine: enabled, the phone opens
the real program; disabled, the password does. And what still counts where nobody types a password:
the account's end and /etc/nologin, but not the password's age."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
from doors import Login, Ssh, Su, Sudo
from installation import write
from vlock import PROMPT, press_enter

HERE = Path("/etc/pam.d")
PASSWORD = "correct horse"
CHANGE = "(?i)change your password|new password:|password expired"


class OwnFiles(hosts.Host):
    """Every service as the distribution has it."""

    def __init__(self):
        self.own = {path.name: path.read_text() for path in HERE.iterdir()}
        super().__init__("--interval", 1)
        for user in ("alice", "root"):
            accounts.set_password(user, PASSWORD)
        self.shadow = Path("/etc/shadow").read_text()

    def reset(self) -> None:
        super().reset()
        for path in HERE.iterdir():
            path.unlink()
        for name, text in self.own.items():
            write(HERE / name, text, 0o644)
        Path("/etc/shadow").write_text(self.shadow)
        Path("/etc/nologin").unlink(missing_ok=True)

    def tidy(self) -> None:
        super().tidy()
        for record in Path("/etc/pam_itsme/pam.d").glob("*.pending"):
            record.unlink()


def ctl(*words: str, status: int = 0) -> str:
    done = subprocess.run(["itsmectl", "pam", *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + done.stderr


def enable(service: str, way: str = "sole") -> None:
    """--force: root's password is the way in, and sshd's settings are those of the test."""
    ctl("enable", service, "--as", way, "--force")
    ctl("confirm", service)


# --- the doors, by phone and by password -----------------------------------------------------

class SudoI(Sudo):
    service = "sudo-i"

    def knock(self, **options):
        return self.host.terminal("sudo", "-i", "cat", accounts.ROOT_PROOF, user=self.user)


class PlainSu(Su):
    service = "su"

    def knock(self, **options):
        return self.host.terminal("su", self.user, "-c", "cat ~/proof", user="mallory")


DOORS = {"sudo": Sudo, "sudo-i": SudoI, "su": PlainSu, "su-l": Su, "login": Login, "sshd": Ssh}


def enter_by_phone(host, door) -> None:
    attempt = door(host)
    attempt.scan()
    host.provider.approve()
    if attempt.presses_enter:
        host.provider.wait_token()
    attempt.enter()
    attempt.expect_in()
    assert not re.search(CHANGE, attempt.terminal.text), attempt.terminal.text
    host.provider.reset()
    hosts.forget_limits()
    host.log.clear()


def type_password(host, door):
    attempt = door(host)
    attempt.terminal.wait_for("[Pp]assword( for alice)?: ")
    attempt.terminal.settle(0.1)
    attempt.terminal.send(PASSWORD + "\r")
    return attempt


def enter_by_password(host, door) -> None:
    attempt = type_password(host, door)
    if door is Login:
        attempt.terminal.wait_for(rf"{attempt.user}@workstation\$ ")
        attempt.terminal.send("cat proof; exit\r")
    status = attempt.terminal.finish()
    assert attempt.proof() in attempt.terminal.text, f"{status}: {attempt.terminal.tail()}"
    assert not host.provider.requests()


def phone_then_password(service: str):
    def test(host):
        before = (HERE / service).read_text()
        enable(service)
        enter_by_phone(host, DOORS[service])
        ctl("disable", service)
        assert (HERE / service).read_text() == before
        enter_by_password(host, DOORS[service])
    return test


for one in DOORS:
    made = phone_then_password(one)
    made.__name__ = f"test_{one.replace('-', '_')}_by_phone_then_by_password"
    globals()[made.__name__] = made


def test_vlock_by_phone_then_by_password(host):
    """It has no file of its own on some releases: what to type is told."""
    if "vlock" not in host.own:
        said = ctl("enable", "vlock", status=1)
        subprocess.run(re.search(r"type: (cp .*)", said)[1].split(), check=True)
    before = (HERE / "vlock").read_text()
    enable("vlock")
    terminal = lock(host)
    press_enter(terminal, lambda: qr.find_all(terminal.text))
    host.provider.scan(qr.scan(terminal.wait_qr()))
    host.provider.approve()
    assert terminal.finish() == 0
    ctl("disable", "vlock")
    assert (HERE / "vlock").read_text() == before
    terminal = lock(host)
    press_enter(terminal, lambda: re.search("[Pp]assword: ", terminal.text))
    terminal.settle()  # vlock throws away what came before
    terminal.send(PASSWORD + "\r")
    assert terminal.finish() == 0


def lock(host):
    terminal = host.terminal("vlock", user="alice")
    terminal.wait_for(PROMPT)
    return terminal


def test_fallback_takes_the_password_while_itsme_is_away(host):
    for service in ("su", "login", "sudo"):
        enable(service, "fallback")
        enter_by_phone(host, DOORS[service])
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    for service in ("su", "login", "sudo"):
        enter_by_password(host, DOORS[service])


def test_second_takes_both(host):
    enable("su", "second")
    attempt = type_password(host, PlainSu)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


# --- somebody else's lines -------------------------------------------------------------------

BY_HAND = """\
auth [success=done ignore=ignore default=die] pam_itsme.so
auth requisite pam_deny.so
session required pam_limits.so
@include common-account
@include common-session-noninteractive
"""


def test_lines_written_by_hand_are_taken_out(host):
    """Nothing but a refusal is left once the module's line is gone."""
    write(HERE / "sudo", BY_HAND, 0o644)
    said = ctl("disable", "sudo")
    assert "@include common-auth" in said and "/etc/pam_itsme/pam.d/sudo" in said, said
    assert Path("/etc/pam_itsme/pam.d/sudo").read_text() == BY_HAND
    enter_by_password(host, Sudo)


# --- what counts without a password ----------------------------------------------------------

def age(user: str, last: str = "", most: str = "", ends: str = "") -> None:
    """LAST: the day of the last change; MOST: PASS_MAX_DAYS; ENDS: the account's last day."""
    def changed(line: str) -> str:
        fields = line.split(":")
        if fields[0] == user:
            fields[2], fields[4], fields[7] = last or fields[2], most or fields[4], ends or fields[7]
        return ":".join(fields)
    shadow = Path("/etc/shadow")
    shadow.write_text("".join(map(changed, shadow.read_text().splitlines(keepends=True))))


def test_an_old_password_is_not_asked_about(host):
    age("alice", last="18000", most="30")
    for service in ("su", "sudo", "sshd", "login"):
        enable(service)
        enter_by_phone(host, DOORS[service])


def test_an_old_password_of_the_fallback_is_to_be_changed(host):
    age("alice", last="18000", most="30")
    enable("su", "fallback")
    enable("login", "fallback")
    enter_by_phone(host, PlainSu)
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    for door in (PlainSu, Login):
        attempt = type_password(host, door)
        attempt.terminal.wait_for(CHANGE)
        assert attempt.proof() not in attempt.terminal.text


def refused_after_approval(host, door) -> None:
    attempt = door(host)
    attempt.scan()
    host.provider.approve()
    if attempt.presses_enter:
        host.provider.wait_token()
    attempt.enter()
    attempt.host.log.wait_attempts(1)
    attempt.terminal.settle(1)
    attempt.terminal.close()
    assert attempt.proof() not in attempt.terminal.text, attempt.terminal.text
    host.provider.reset()
    hosts.forget_limits()
    host.log.clear()


def test_an_account_that_has_ended_is_refused(host):
    age("alice", ends="1")
    for service in ("su", "sudo", "sshd", "login"):
        enable(service)
        refused_after_approval(host, DOORS[service])


def test_nologin_refuses(host):
    write(Path("/etc/nologin"), "closed\n", 0o644)
    enable("sshd")
    refused_after_approval(host, Ssh)
    enable("login")
    session = host.terminal("login", "alice")
    session.wait_for("Login incorrect|closed")
    assert not host.provider.requests()


if __name__ == "__main__":
    checks.main(globals(), OwnFiles)
