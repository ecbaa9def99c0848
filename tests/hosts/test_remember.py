#!/usr/bin/python3
"""`remember` on the real programs: a login counts again for the one who made it, at their own
terminal or behind their own key, and for nobody else who shares the session or the address."""
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import examples
import host as hosts
import qr
import stacks
from doors import READING
from installation import write
from sshd import Keys, Sshd
from terminal import PATIENCE
from vlock import PROMPT, press_enter

SECONDS = 900
PUSH = "flow=push first_factor"
SENT = "We sent a request to your itsme app."
AS = Path("/run/as")  # somebody's process, started by root in the session that it is used in
AS_SCRIPT = """\
#!/bin/sh
user=$1
shift
exec setpriv --reuid="$user" --regid="$user" --init-groups --reset-env env LANG=C.UTF-8 "$@"
"""
PASSWORD = "secret"
PASSWORD_FIRST = """\
auth      sufficient pam_unix.so nodelay
auth      [success=done ignore=ignore default=die] pam_itsme.so flow=push
account   required pam_unix.so
session   required pam_permit.so
"""


def make_host():
    return hosts.Host("--interval", 1)


def remember(host, **sections: dict) -> None:
    host.itsme.configure(login={"remember": SECONDS},
                         limits={"starts": 100, "starts_from": 10000, "cooldown": 1}, **sections)


class Session:
    """One session on one terminal, in which programs of several people run, as after `su`."""

    def __init__(self, host):
        write(AS, AS_SCRIPT, 0o755)
        self.host = host
        self.shell = host.terminal("bash", "--norc", "--noprofile")
        self.codes = self.ends = 0

    def start(self, user: str, command: str) -> None:
        self.shell.send(f"{AS} {user} {command}; echo end-$?\r")

    def is_asked(self) -> bool:
        """Whether there is a new code to scan, or the program has ended without one."""
        def happened():
            return (len(qr.find_all(self.shell.text)) > self.codes
                    or self.shell.text.count("\nend-") > self.ends)
        self.shell.wait_until(happened, "a code, or the end", PATIENCE)
        asked = len(qr.find_all(self.shell.text)) > self.codes
        self.codes = len(qr.find_all(self.shell.text))
        return asked

    def log_in(self, user: str, command: str, person: str) -> None:
        """Asked, as at the first time, and let in."""
        self.start(user, command)
        assert self.is_asked(), f"{user} was not asked for {command}: {self.shell.tail()!r}"
        self.host.provider.scan(qr.scan(self.shell.wait_qr(self.codes)), person)
        self.host.provider.approve()
        self.wait_end()
        assert self.shell.text.count("end-0") == self.ends, self.shell.tail()

    def wait_end(self) -> None:
        self.ends += 1
        self.shell.wait_until(lambda: self.shell.text.count("\nend-") == self.ends, "the end",
                              PATIENCE)

    def expect_asked(self, user: str, command: str, proof: str) -> None:
        """Asked although somebody here was let in before; PROOF is what must not be shown."""
        seen = self.shell.text.count(proof)
        self.start(user, command)
        asked = self.is_asked()
        assert self.shell.text.count(proof) == seen, f"{user} is in by {command} without a request"
        assert asked, f"{user} was not asked for {command}: {self.shell.tail()!r}"
        self.shell.interrupt()
        self.shell.wait_prompt()
        self.shell.send("echo again\r")
        self.shell.wait_for("^again", PATIENCE)
        self.shell.settle()
        self.ends = self.shell.text.count("\nend-")

    def expect_spared(self, user: str, command: str, proof: str) -> None:
        seen = self.shell.text.count(proof)
        self.start(user, command)
        assert not self.is_asked(), f"{user} was asked again for {command}"
        self.wait_end()
        assert self.shell.text.count(proof) == seen + 1, self.shell.tail()
        assert self.host.log.attempts()[-1].pairs["flow"] == "remembered"


# --- su ------------------------------------------------------------------------------------

def test_su_to_another_account_asks_everybody_each_time(host):
    """Alice entered bob's account; what runs as mallory in her session is another caller."""
    remember(host)
    session, command = Session(host), "su bob -c 'cat ~/proof'"
    session.log_in("alice", command, "bob")
    for user in ("mallory", "alice"):
        session.expect_asked(user, command, accounts.proof("bob"))


def test_su_to_a_mapped_root_asks_everybody_each_time(host):
    host.itsme.map(f"root sub={host.provider.subject('alice')}")
    write(Path("/etc/pam.d/su"), (examples.installed() / "su").read_text(), 0o644)
    remember(host)
    session, command = Session(host), f"su -c 'cat {accounts.ROOT_PROOF}'"
    session.log_in("alice", command, "alice")
    for user in ("mallory", "alice"):
        session.expect_asked(user, command, accounts.proof("root"))


def test_su_to_oneself_spares_nobody_else(host):
    remember(host)
    session, command = Session(host), "su alice -c 'cat ~/proof'"
    session.log_in("alice", command, "alice")
    session.expect_spared("alice", command, accounts.proof("alice"))
    session.expect_asked("mallory", command, accounts.proof("alice"))


def test_sudo_of_another_session_is_asked(host):
    """The same person, by another shell of theirs."""
    remember(host)
    command = f"sudo cat {accounts.ROOT_PROOF}"
    one, other = Session(host), Session(host)
    one.log_in("alice", command, "alice")
    one.expect_spared("alice", command, accounts.proof("root"))
    other.expect_asked("alice", command, accounts.proof("root"))


def test_sudo_whose_shell_has_gone_is_asked(host):
    """The session outlives its leader, but its terminal does not: nobody can be asked."""
    remember(host)
    session = Session(host)
    session.log_in("alice", f"sudo cat {accounts.ROOT_PROOF}", "alice")
    session.start("alice", "sh -c 'while kill -0 $PPID; do sleep 0.1; done; "
                           f"sudo cat {accounts.ROOT_PROOF} >~/stolen 2>&1; echo $? >~/status' "
                           "2>/dev/null </dev/null & disown; exit")
    session.shell.finish()
    status = Path(accounts.HOMES) / "alice/status"
    deadline = time.monotonic() + PATIENCE
    while not (status.exists() and status.read_text().strip()):
        assert time.monotonic() < deadline, "sudo does not end"
        time.sleep(0.05)
    stolen = (Path(accounts.HOMES) / "alice/stolen").read_text()
    assert accounts.proof("root") not in stolen and status.read_text().strip() != "0", stolen


# --- programs that are not a person at their own terminal ------------------------------------

def test_locker_asks_each_time(host):
    """Else whoever passes by opens it with a bare Enter."""
    remember(host)
    for _ in range(2):
        terminal = host.terminal("bash", "--norc", "--noprofile", user="alice") \
            if not host.terminals else host.terminals[0]
        locked_before = terminal.text.count("press [ENTER]")
        codes = len(qr.find_all(terminal.text))
        terminal.send("vlock; echo open-$?\r")
        terminal.wait_until(lambda: terminal.text.count("press [ENTER]") > locked_before,
                            PROMPT, PATIENCE)
        opened = terminal.text.count("open-0")
        press_enter(terminal, lambda: len(qr.find_all(terminal.text)) > codes
                    or terminal.text.count("open-0") > opened)
        assert terminal.text.count("open-0") == opened, "a bare Enter has unlocked the screen"
        host.provider.scan(qr.scan(terminal.wait_qr(codes + 1)))
        host.provider.approve()
        terminal.wait_until(lambda: terminal.text.count("open-0") > opened, "the shell", PATIENCE)


# Daemons that name a terminal and no address; who might be any of many; and root's own.
FOR_MANY = ("xrdp-sesman", "lightdm", "polkit-1", "cockpit", "sudo")


def test_service_for_many_asks_each_time(host):
    remember(host)
    session = Session(host)
    for service in FOR_MANY:
        shown = "" if service == "sudo" else " style=plain"  # also by xrdp, which shows nothing
        write(Path("/etc/pam.d") / service, stacks.STACK.format(arguments=PUSH + shown), 0o644)
        for number in (1, 2):
            host.provider.reset()
            host.log.clear()
            before = session.shell.text.count(SENT)
            session.start("root", f"pamtester -I tty=:10 {service} alice authenticate")
            session.shell.wait_until(
                lambda: session.shell.text.count(SENT) > before
                or session.shell.text.count("\nend-") > session.ends,
                "a request, or the end", PATIENCE)
            assert session.shell.text.count(SENT) > before, \
                f"{service}: in without a request at login {number}"
            host.provider.approve()
            session.wait_end()
            assert host.log.wait_attempts(1)[0].pairs["flow"] == "push"


# --- ssh -----------------------------------------------------------------------------------

def ssh_in(host, start) -> None:
    """A login that START() begins, asked for and approved."""
    host.provider.reset()
    session = start()
    session.wait_for(SENT)
    host.provider.approve()
    host.provider.wait_token()
    time.sleep(READING)
    session.enter()
    assert session.finish() == 0 and accounts.proof("alice") in session.text, session.tail()


def expect_asked_over_ssh(start) -> None:
    session = start()
    session.wait_for(f"{SENT}|{accounts.proof('alice')}")
    assert accounts.proof("alice") not in session.text, "in without a request"
    session.interrupt_until_end()


def test_ssh_behind_a_key_is_for_that_key(host):
    """From the same address, another of alice's keys is somebody else; so is another address."""
    stacks.use(arguments="flow=push")
    remember(host)
    server = Keys()
    try:
        other = Path("/run/keys/other")
        if not other.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
        allowed = Path("/run/keys/alice.pub")
        allowed.write_text(allowed.read_text() + other.with_suffix(".pub").read_text())

        def from_elsewhere():
            return host.terminal(
                "ssh", "-b", "127.0.0.2", *server.options("publickey,keyboard-interactive"),
                "-o", "IdentitiesOnly=yes", "-i", "/run/keys/alice", "alice@127.0.0.1", "cat",
                "proof")

        ssh_in(host, lambda: server.session(host, "alice"))
        again = server.session(host, "alice")
        assert again.finish() == 0 and accounts.proof("alice") in again.text, again.tail()
        assert SENT not in again.text
        assert host.log.wait_attempts(2)[1].pairs["flow"] == "remembered"
        expect_asked_over_ssh(lambda: server.session(host, "other"))
        hosts.forget_limits()
        ssh_in(host, lambda: server.session(host, "alice"))
        expect_asked_over_ssh(from_elsewhere)
    finally:
        server.close()


def test_ssh_behind_a_password_asks_each_time(host):
    """A password makes everybody behind one address alike."""
    stacks.use(text=PASSWORD_FIRST)
    accounts.set_password("alice", PASSWORD)
    remember(host)
    server = Sshd("PasswordAuthentication yes\n"
                  "AuthenticationMethods password,keyboard-interactive\n")

    def start():
        session = host.terminal("ssh", *server.options("password,keyboard-interactive"),
                                "alice@127.0.0.1", "cat", "proof")
        session.wait_for("alice@127.0.0.1's password:")
        session.send(f"{PASSWORD}\r")
        session.wait_for(r"\) Password:")
        session.send("not this one\r")
        return session

    try:
        ssh_in(host, start)
        expect_asked_over_ssh(start)
    finally:
        server.close()


if __name__ == "__main__":
    checks.main(globals(), make_host)
