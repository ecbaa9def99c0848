"""Screen lockers that show no text: how the person knocks, and what every one of them must do.

`for_locker` makes tests of a locker's class, one for each of EVERY_LOCKER. The host that a class goes with has `lock(user)`, which gives the locker's terminal once the screen
is locked, and `enter(text)`, which types at the locked screen.
"""
import json
import os
import subprocess
import time
from pathlib import Path

import accounts
import checks
import host as hosts
import refusals
import stacks
from daemon import end_with_parent
from service import UIDS
from sockethost import Unlock
from terminal import PATIENCE

EXAMPLE = checks.CHECKOUT / "pam.d/screen-locker"
PASSWORD = "secret"
KEY_NAMES = {"-": "minus"}  # as xdotool calls them


class SilentLocker(Unlock):
    """Its person presses Return on an empty field, and then sees only that it verifies."""
    pause = 5  # seconds until they try again

    def knock(self, **options):
        self.terminal = self.host.lock(self.user)
        self.ask()
        return self.terminal

    def ask(self) -> None:
        """Lockers throw away what is typed while they verify, and for a moment afterwards."""
        deadline = time.monotonic() + PATIENCE
        while not hosts.processes(self.host.helper):
            assert time.monotonic() < deadline, f"{self.service} asks nobody"
            self.host.enter()
            until = time.monotonic() + self.pause
            while time.monotonic() < until and not hosts.processes(self.host.helper):
                time.sleep(0.02)

    def read_refusal(self) -> None:
        self.host.log.wait_attempts(1)

    def is_locked(self) -> bool:
        return self.terminal.child.isalive()

    def pids(self) -> list[int]:
        return [self.terminal.child.pid]

    def expect_unlocked(self) -> None:
        assert self.terminal.finish() == 0, self.terminal.tail()

    def expect_in(self) -> None:
        self.expect_unlocked()
        self.expect_log("authenticated", "ok")


class Display:
    """An X server of USER's own, without any screen; SCREENS of them are made believe."""

    def __init__(self, user: str = "alice", size=(320, 240), screens: int = 1):
        Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
        Path("/tmp/.X11-unix").chmod(0o1777)
        out, number = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(number), "-nolisten", "tcp",
             *[word for screen in range(screens)
               for word in ("-screen", str(screen), "%dx%dx24" % size)]],
            pass_fds=(number,), user=UIDS[user], group=UIDS[user],
            env={"PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent)
        os.close(number)
        with os.fdopen(out) as told:
            self.name = f":{told.readline().strip()}"
        assert self.name != ":", "Xvfb did not start"

    def press(self, *keys: str) -> None:
        names = [KEY_NAMES.get(key, key) for key in keys]
        subprocess.run(["xdotool", "key", *names], timeout=PATIENCE, check=True,
                       env={"DISPLAY": self.name, "PATH": "/usr/bin"})

    def close(self) -> None:
        self.server.terminate()
        self.server.wait()


# --- what every one must do ----------------------------------------------------------------

def unlocked_by_a_push(host, locker):
    stacks.use(arguments="flow=push", services=(locker.service,))
    attempt = locker(host)
    host.provider.approve()
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service=locker.service, flow="push",
                          peer_uid=str(UIDS["alice"]))


def password_or_push_by_the_example(host, locker):
    stacks.use(text=EXAMPLE.read_text(), services=(locker.service,))
    accounts.set_password("alice", PASSWORD)
    attempt = locker(host)
    host.provider.approve()
    attempt.expect_in()
    host.log.clear()
    host.provider.reset()
    attempt.terminal = host.lock("alice")
    host.enter(PASSWORD)
    attempt.expect_unlocked()
    assert not host.provider.requests(), "the phone was rung although the password is right"


def unlocked_by_a_pass(host, locker):
    """What is typed at the lock answers the question, which nobody sees; nothing rings."""
    stacks.use(arguments="flow=push", services=(locker.service,))
    made = subprocess.run(["itsmectl", "pass", "alice", "--json"], check=True, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL).stdout
    attempt = object.__new__(locker)
    attempt.host, attempt.user, attempt.terminal = host, "alice", host.lock("alice")
    host.enter(json.loads(made)["pass"])
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service=locker.service, flow="pass")
    assert not host.provider.requests()


def denied_it_stays_locked_and_may_ask_again(host, locker):
    stacks.use(arguments="flow=push", services=(locker.service,))
    attempt = locker(host)
    host.provider.deny()
    host.wait_helper_line(outcome="denied", service=locker.service)
    host.wait_helpers(0)
    attempt.read_refusal()
    assert attempt.is_locked(), "the screen is open"
    host.log.clear()
    host.provider.reset()
    hosts.forget_limits()  # a refusal is followed by a pause, which is not what this is about
    attempt.ask()
    host.provider.approve()
    attempt.expect_in()


def stays_locked_without_the_service(host, locker):
    stacks.use(arguments="flow=push", services=(locker.service,))
    host.stop_service()
    attempt = object.__new__(locker)  # nobody there to ask
    attempt.host, attempt.terminal = host, host.lock("alice")
    host.enter()
    host.log.wait_line("pam_itsme(", "outcome=")  # some try more than once
    assert {line.pairs["reason"] for line in host.log.attempts()} == {"socket_missing"}
    assert attempt.is_locked(), "the screen is open"


def killed_it_ends_the_helper(host, locker):
    stacks.use(arguments="flow=push", services=(locker.service,))
    attempt = locker(host)
    host.provider.command("wait-for", "approve")
    for pid in attempt.pids():
        hosts.kill(pid)  # one of them may end the others
    host.wait_helper_line(outcome="aborted", reason="caller_gone", service=locker.service)
    host.wait_no_helper(PATIENCE)


EVERY_LOCKER = (unlocked_by_a_push, unlocked_by_a_pass, password_or_push_by_the_example,
                denied_it_stays_locked_and_may_ask_again, stays_locked_without_the_service,
                killed_it_ends_the_helper)


def for_locker(locker: type) -> dict:
    return refusals.bind(EVERY_LOCKER, locker)
