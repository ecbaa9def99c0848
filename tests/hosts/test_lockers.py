#!/usr/bin/python3
"""vlock as it is built elsewhere than in Debian: it runs as the person and asks the service."""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import sentences
import stacks
from doors import READING, leaves_promptly
from service import UIDS
from sockethost import SocketHost, Unlock
from terminal import PATIENCE
from vlock import PROMPT, press_enter

VLOCK = Path("/usr/sbin/vlock-main")


class VlockHost(SocketHost):
    def reset(self) -> None:
        super().reset()
        VLOCK.chmod(0o755)  # Debian's is root's; this is how it is built elsewhere


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


def test_vlock_is_unlocked_by_a_pass(host):
    """Through the service, whose log has the warning."""
    made = subprocess.run(["itsmectl", "pass", "alice", "--json"], check=True, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL).stdout
    attempt = Vlock(host)
    attempt.terminal.wait_for("One-time pass")
    time.sleep(READING)  # what was typed before it reads is thrown away
    attempt.terminal.send(json.loads(made)["pass"] + "\r")
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", service="vlock", flow="pass")
    assert not host.provider.requests()
    assert any("is let in by one" in line and "itsme-helper" in line for line in host.log.raw)


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


if __name__ == "__main__":
    checks.main(globals(), VlockHost)
