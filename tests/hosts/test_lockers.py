#!/usr/bin/python3
"""Real screen lockers that run as the person and ask the service: vlock, which shows text, and
i3lock, which shows none and so can only be unlocked by a push."""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
import stacks
from daemon import end_with_parent
from doors import leaves_promptly
from service import UIDS
from sockethost import SocketHost, Unlock
from terminal import PATIENCE
from vlock import PROMPT, press_enter

EXAMPLE = checks.CHECKOUT / "pam.d/screen-locker"
VLOCK = Path("/usr/sbin/vlock-main")


class LockerHost(SocketHost):
    """With a display of alice's own, without any screen."""

    def __init__(self):
        super().__init__()
        VLOCK.chmod(0o755)  # Debian's is root's; this is how it is built elsewhere
        Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
        Path("/tmp/.X11-unix").chmod(0o1777)
        out, number = os.pipe()
        self.display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(number), "-nolisten", "tcp", "-screen", "0", "320x240x24"],
            pass_fds=(number,), user=UIDS["alice"], group=UIDS["alice"],
            env={"PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent)
        os.close(number)
        with os.fdopen(out) as told:
            self.number = told.readline().strip()
        assert self.number, "Xvfb did not start"

    def i3lock(self, user: str):
        """Once it has the keyboard: it then closes the file that it was given for that."""
        fifo = Path("/run/locked")
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        locker = self.terminal(
            "sh", "-c", f"exec 9>{fifo}; echo started; "
            f"XSS_SLEEP_LOCK_FD=9 DISPLAY=:{self.number} exec i3lock --nofork", user=user)
        locker.wait_for("started")
        locker.wait_until(lambda: self._is_closed(reader), "i3lock to lock", PATIENCE)
        os.close(reader)
        return locker

    @staticmethod
    def _is_closed(reader: int) -> bool:
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            return False

    def keys(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], timeout=PATIENCE, check=True,
                       env={"DISPLAY": f":{self.number}", "PATH": "/usr/bin"})

    def reset(self) -> None:
        super().reset()
        VLOCK.chmod(0o755)

    def close(self) -> None:
        self.display.terminate()
        self.display.wait()
        super().close()


class Vlock(Unlock):
    def knock(self, **options):
        terminal = self.host.terminal("vlock", "-c", user=self.user, **options)
        terminal.wait_for(PROMPT)
        press_enter(terminal, lambda: re.search(PROMPT + r"\.\s+\S", terminal.text))
        return terminal

    def expect_in(self) -> None:
        assert self.terminal.finish() == 0, self.terminal.tail()
        self.expect_log("authenticated", "ok")

    def expect_still_locked(self, *sayings: str) -> None:
        for saying in sayings:
            self.terminal.wait_for(saying)
        assert self.terminal.child.isalive()


class I3lock(Unlock):
    """Its person presses Return on an empty field, and then sees only that it verifies."""
    service = "i3lock"

    def knock(self, **options):
        self.terminal = self.host.i3lock(self.user)
        self.ask()
        return self.terminal

    def ask(self) -> None:
        """i3lock throws away what is typed while it verifies, and for a moment afterwards; and a
        second Return on an empty field for ever, unless another key comes between."""
        deadline = time.monotonic() + PATIENCE
        while not hosts.processes(self.host.helper):
            assert time.monotonic() < deadline, "i3lock asks nobody"
            self.host.keys("key", "Escape", "Return")
            until = time.monotonic() + 5
            while time.monotonic() < until and not hosts.processes(self.host.helper):
                time.sleep(0.02)

    def ask_again(self) -> None:
        """It takes no keys while it shows that it was wrong."""
        deadline = time.monotonic() + PATIENCE
        while not hosts.processes(self.host.helper):
            assert time.monotonic() < deadline, "i3lock does not ask again"
            self.ask()
            self.terminal.settle(0.5)

    def expect_in(self) -> None:
        assert self.terminal.finish() == 0, self.terminal.tail()
        self.expect_log("authenticated", "ok")


# --- vlock: text on the terminal ---------------------------------------------------------

def test_vlock_is_unlocked_by_the_qr_code(host):
    attempt = Vlock(host, "bob")
    attempt.scan("bob")
    host.provider.approve()
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service="vlock", flow="qr",
                          peer_uid=str(UIDS["bob"]))


def test_vlock_is_unlocked_by_a_push(host):
    stacks.use(arguments="flow=push")
    attempt = Vlock(host)
    attempt.terminal.wait_for("request to your itsme app")
    host.provider.approve()
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service="vlock", flow="push")


def test_vlock_of_root_needs_no_service(host):
    """As Debian installs it: setuid, so it starts a helper of its own."""
    VLOCK.chmod(0o4755)
    host.stop_service()
    attempt = Vlock(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_vlock_stays_locked_when_denied(host):
    """It then asks for root instead; that is not this person, so nobody is rung."""
    attempt = Vlock(host)
    attempt.scan()
    host.provider.deny()
    attempt.expect_still_locked(sentences.DENIED)
    host.wait_helper_line(outcome="denied", user="alice")
    host.wait_helper_line(outcome="refused", reason="other_user", user="root")


def test_vlock_stays_locked_for_another_phone(host):
    attempt = Vlock(host)
    attempt.scan("bob")
    host.provider.approve()
    attempt.expect_still_locked(sentences.OTHER_ACCOUNT)
    host.wait_helper_line(outcome="wrong_account", user="alice")


def test_vlock_stays_locked_without_the_service(host):
    host.stop_service()
    attempt = Vlock(host)
    attempt.expect_still_locked(sentences.SETUP)
    attempt.terminal.wait_until(
        lambda: any("systemctl enable" in line for line in host.log.raw), "a remedy", PATIENCE)


def test_vlock_killed_ends_the_helper(host):
    leaves_promptly(host, Vlock, lambda attempt: os.kill(attempt.terminal.child.pid, 9))


# --- i3lock: no text at all ----------------------------------------------------------------

def test_i3lock_is_unlocked_by_a_push(host):
    stacks.use(arguments="flow=push")
    attempt = I3lock(host)
    host.provider.approve()
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service="i3lock", flow="push",
                          peer_uid=str(UIDS["alice"]))


def test_i3lock_with_the_example_takes_password_or_push(host):
    stacks.use(text=EXAMPLE.read_text())
    attempt = I3lock(host)
    host.provider.approve()
    attempt.expect_in()
    host.log.clear()
    host.provider.reset()
    accounts.set_password("alice", "secret")
    locker = host.i3lock("alice")
    host.keys("key", *"secret", "Return")
    assert locker.finish() == 0
    assert not host.provider.requests(), "the phone was rung although the password is right"


def test_i3lock_stays_locked_when_denied_and_may_ask_again(host):
    stacks.use(arguments="flow=push")
    attempt = I3lock(host)
    host.provider.deny()
    host.wait_helper_line(outcome="denied", service="i3lock")
    host.wait_helpers(0)
    assert attempt.terminal.child.isalive(), "the screen is open"
    host.log.clear()
    host.provider.reset()
    hosts.forget_limits()  # a refusal is followed by a pause, which is not what this is about
    attempt.ask_again()
    host.provider.approve()
    attempt.expect_in()


def test_i3lock_stays_locked_without_the_service(host):
    stacks.use(arguments="flow=push")
    host.stop_service()
    terminal = host.i3lock("alice")
    host.keys("key", "Return")
    host.log.wait_attempts(1)
    assert host.log.attempts()[0].pairs["reason"] == "socket_missing"
    assert terminal.child.isalive(), "the screen is open"


def test_i3lock_killed_ends_the_helper(host):
    stacks.use(arguments="flow=push")
    attempt = I3lock(host)
    host.provider.command("wait-for", "approve")
    os.kill(attempt.terminal.child.pid, 9)
    host.wait_helper_line(outcome="aborted", reason="caller_gone", service="i3lock")
    host.wait_no_helper(PATIENCE)


if __name__ == "__main__":
    checks.main(globals(), LockerHost)
