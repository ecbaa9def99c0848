#!/usr/bin/python3
"""SDDM in its test mode, which is the real daemon and greeter on an X server inside another one;
here on one without a screen."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import box
import host as hosts
import screens
from box import PATIENCE, wait_for
from screens import PASSWORD, difference, width

CONFIG = Path("/etc/sddm.conf.d/test.conf")
UNIT = "sddm-test.service"


class SDDM(screens.Greeter):
    service = "sddm"

    def open(self) -> None:
        """Its screen, with the first of the list chosen."""
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.write_text(f"[General]\nDisplayServer=x11\n[X11]\nXephyrPath={screens.SERVER_PATH}\n"
                          f"SessionCommand={screens.SESSION_PATH}\n")
        box.output("systemd-run", "--collect", f"--unit={UNIT}", "sddm", "--test-mode")
        wait_for(lambda: hosts.processes("sddm-greeter-qt"), "a greeter")
        self.empty = self.picture()

    def shut(self) -> None:
        subprocess.run(["systemctl", "stop", UNIT], stderr=subprocess.DEVNULL, timeout=PATIENCE)


def ring(host) -> str:
    """PAM begins with the key that ends the (empty) password."""
    assert not host.provider.requests(), "the provider was asked with nobody there"
    assert not hosts.processes(host.helper), "PAM has begun with nobody there"
    host.press("Return")
    return host.provider.number()


def test_rings_after_a_key_and_shows_the_number(host):
    shown = []
    while len({number for number, _ in shown}) < 2:
        host.shut()
        host.provider.reset()
        hosts.forget_limits()
        host.open()
        shown.append((ring(host), host.picture()))
    screens.assert_number_is_seen(shown)
    host.provider.approve()
    host.wait_entered("alice")


def test_refusal_is_told_in_words_of_its_own(host):
    """Of an error SDDM keeps nothing but that there was one; and asks again at the next Return."""
    host.open()
    ring(host)
    waiting = host.picture()
    host.provider.deny()
    host.log.wait_line("outcome=denied")
    wait_for(lambda: all(width(difference(host.shot(), other)) >= 80
                         for other in (host.empty, waiting)), "another text")
    assert not host.entered()
    wait_for(lambda: not hosts.processes("sddm-helper"), "the end of the attempt")
    hosts.forget_limits()
    host.provider.reset()
    ring(host)
    host.provider.approve()
    host.wait_entered("alice")


def test_password_where_the_provider_is_away(host):
    """One that was typed before Return is asked for by nobody again."""
    host.allow(provider={"issuer": "https://localhost:1/v2"})
    host.open()
    host.type(PASSWORD)
    host.log.wait_line("outcome=unavailable", "reason=provider_unreachable")
    host.wait_entered("alice")


def test_password_where_nothing_allows_a_push(host):
    host.itsme.configure(provider={"confirm_service": screens.CONFIRM})
    host.open()
    host.type(PASSWORD)
    host.log.wait_line("service_shows_no_picture", "push_requires = none", "[service:sddm]")
    host.wait_entered("alice")
    assert not host.rung()


if __name__ == "__main__":
    box.main(globals(), SDDM)
