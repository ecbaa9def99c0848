#!/usr/bin/python3
"""The real vlock, which locks a terminal and asks again for as long as it takes."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import qr
import sentences
from terminal import PATIENCE
from vlock import PROMPT, press_enter


def make_host():
    return hosts.Host("--interval", 1)


def locked(host):
    """Somebody at the locked terminal of alice presses Enter."""
    terminal = host.terminal("vlock", user="alice")
    terminal.wait_for(PROMPT)
    press_until_code(terminal, 1)
    return terminal


def press_until_code(terminal, number: int) -> None:
    press_enter(terminal, lambda: len(qr.find_all(terminal.text)) >= number)


def unlock(host, terminal, number: int = 1) -> None:
    """The first row of the code stands alone on its line, or it could not be read."""
    host.provider.scan(qr.scan(terminal.wait_qr(number)))
    host.provider.approve()
    assert terminal.finish() == 0


def test_scan_and_approve_unlocks(host):
    terminal = locked(host)
    unlock(host, terminal)
    pairs = host.log.wait_attempts(1)[0].pairs
    assert pairs["service"] == "vlock" and pairs["outcome"] == "authenticated", pairs


def test_refused_it_stays_locked(host):
    terminal = locked(host)
    host.provider.scan(qr.scan(terminal.wait_qr()), "bob")
    host.provider.approve()
    terminal.wait_for(sentences.OTHER_ACCOUNT)
    terminal.wait_until(lambda: len(re.findall(PROMPT, terminal.text)) == 2, "vlock", PATIENCE)
    press_until_code(terminal, 2)
    unlock(host, terminal, 2)


def test_interrupt_and_suspend_change_nothing(host):
    """vlock takes the keys their meaning."""
    terminal = locked(host)
    terminal.send("\x03\x1a")
    unlock(host, terminal)


if __name__ == "__main__":
    checks.main(globals(), make_host)
