#!/usr/bin/python3
"""GDM 48, which shows no code: its gdm-password, at the real login screen."""
import contextlib
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import box
import gnome
import host as hosts
import screens
from box import PATIENCE, wait_for
from screens import PASSWORD

USER = "Debian-gdm"
CONFIG = Path("/etc/gdm3/daemon.conf")
ASKS = ("Press", "Enter", "log", "itsme")


def greeters_bus() -> str | None:
    """The bus of a GNOME Shell that is no session's of the seat's: dbus-run-session has made it."""
    for pid in hosts.processes("gnome-shell"):
        with contextlib.suppress(OSError, ValueError):
            words = dict(word.split("=", 1) for word in
                         Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in word)
            if "XDG_SEAT" not in words and Path(f"/proc/{pid}").owner() == USER:
                return words.get("DBUS_SESSION_BUS_ADDRESS")
    return None


class GDM(screens.Greeter):
    service = "gdm-password"
    number = 0
    screen = None
    sessions_of_its_own = True

    def furnish(self):
        """There is no screen at its seat: no greeter is to look for one."""
        CONFIG.write_text("[daemon]\nPreferredDisplayServer=none\n")
        return super().furnish()

    def open(self) -> None:
        """A login screen of its own, with the list of persons."""
        self.start("gdm.service")
        self.number += 1
        box.output("busctl", "call", "org.gnome.DisplayManager",
                   "/org/gnome/DisplayManager/RemoteDisplayFactory", gnome.FACTORY,
                   "CreateRemoteDisplay", "o", f"/org/pam_itsme/screen{self.number}")
        self.screen = gnome.Screen(int(box.output("id", "-u", USER)),
                                   wait_for(greeters_bus, "a greeter"))
        self.screen.wait_words(gnome.LIST)

    def choose(self, user: str = "alice") -> None:
        people = gnome.PEOPLE
        self.screen.press(*["Up"] * len(people), *["Down"] * people.index(user), "Return")

    def ask(self) -> None:
        self.open()
        self.choose()
        self.screen.wait_words(*ASKS)

    def ring(self) -> str:
        self.screen.press("Return")
        return self.provider.number()

    def shut(self) -> None:
        if self.screen is not None:
            self.screen.close()
            self.screen = None
        for one in self.sessions():
            subprocess.run(["loginctl", "terminate-session", one["id"]],
                           stderr=subprocess.DEVNULL, timeout=PATIENCE)
        wait_for(lambda: not self.sessions(), "the end of all sessions")


def test_rings_after_a_key_and_shows_the_number(host):
    """Choosing a name is no key for the phone: after a refusal GDM begins again by itself."""
    host.ask()
    assert not host.provider.requests(), "the provider was asked before a key was pressed"
    number = host.ring()
    host.screen.wait_words("Check", "phone", "shows", f"{number}.")
    host.provider.approve()
    host.wait_session("alice")


def test_refusal_is_seen_and_rings_nobody_again(host):
    host.ask()
    host.ring()
    host.provider.deny()
    with host.screen.flashes("denied"):
        host.log.wait_line("outcome=denied")
    host.screen.wait_words(*ASKS)
    assert len(host.rung()) == 1, host.rung()


def test_password_where_the_provider_is_away(host):
    host.allow(provider={"issuer": "https://localhost:1/v2"})
    host.ask()
    host.screen.press("Return")
    host.log.wait_line("outcome=unavailable", "reason=provider_unreachable")
    host.screen.wait_words("cannot", "reached")
    host.screen.type(PASSWORD)
    host.screen.press("Return")
    host.wait_session("alice")


if __name__ == "__main__":
    box.main(globals(), GDM)
