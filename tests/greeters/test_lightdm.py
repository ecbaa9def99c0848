#!/usr/bin/python3
"""LightDM with lightdm-gtk-greeter and slick-greeter, the real ones, on an X server without a
screen."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from PIL import Image, ImageChops

import box
import host as hosts
import screens
from box import wait_for
from screens import PASSWORD, difference, width

CONFIG = """\
[LightDM]
logind-check-graphical=false
[Seat:*]
xserver-command={server}
greeter-session={greeter}
greeter-hide-users={hides}
user-session=plain
"""
PATIENT = Path("/run/systemd/system/lightdm.service.d/stop.conf")
LOG = Path("/var/log/lightdm/lightdm.log")
LABEL = (241, 230, 217)  # the ground of a message
GTK, SLICK = "lightdm-gtk-greeter", "slick-greeter"


class LightDM(screens.Greeter):
    service = "lightdm"

    def furnish(self):
        """Now and then it does not end when it is asked to; nobody waits 90 seconds for that."""
        PATIENT.parent.mkdir(parents=True)
        PATIENT.write_text("[Service]\nTimeoutStopSec=10\n")
        box.output("systemctl", "daemon-reload")
        return super().furnish()

    def open(self, greeter: str, lists: bool = False):
        """Its screen, with a name to be typed, or with the first of the list chosen already."""
        self.shut()
        Path("/etc/lightdm/lightdm.conf").write_text(CONFIG.format(
            server=screens.SERVER_PATH, greeter=greeter, hides=str(not lists).lower()))
        Path("/etc/X11/default-display-manager").write_text("/usr/sbin/lightdm\n")
        LOG.unlink(missing_ok=True)
        self.start("lightdm.service")
        wait_for(lambda: LOG.exists() and "Prompt greeter with" in LOG.read_text(), "a question")
        self.empty = self.picture()

    def choose(self, user: str = "alice") -> None:
        self.type(user)

    def ask(self, greeter: str, user: str = "alice"):
        """A screen that asks USER for a key press, as it looks."""
        self.open(greeter)
        self.choose(user)
        self.wait_helper()
        return self.picture()

    def ring(self) -> str:
        """The key; then the number on the phone."""
        self.press("Return")
        return self.provider.number()

    def shut(self) -> None:
        self.stop("lightdm.service")


def nothing_rings_before_a_key(host, greeter):
    """The first of the list is chosen as soon as the screen stands there."""
    host.open(greeter, lists=True)
    assert not host.provider.requests(), "the provider was asked with nobody there"
    number = host.ring()
    assert len(number) == 2 and len(host.rung()) == 1, (number, host.rung())
    host.provider.approve()
    host.wait_entered("alice")
    assert host.log.wait_attempts(1)[0].pairs["outcome"] == "authenticated"


def number_is_seen(host, greeter):
    shown = []
    while len({number for number, _ in shown}) < 2:
        host.provider.reset()
        hosts.forget_limits()
        host.ask(greeter)
        number = host.ring()
        shown.append((number, host.picture()))
        host.stop("lightdm.service")
    screens.assert_number_is_seen(shown)


def what_to_do_is_seen(host, greeter):
    english = host.ask(greeter)
    host.allow("nl")
    screens.assert_text_is_seen(english, host.ask(greeter), "what to do")


def differs(shot, *others) -> bool:
    """By as much as the width of some words."""
    return all(width(difference(shot, other)) >= 80 for other in others)


def label(shot):
    """The part of lightdm-gtk-greeter's window that has a message, found by its ground, which
    nothing else on the screen has, and laid where it is in no window. None: there is none."""
    ground = shot.point([255 if abs(value - wanted) < 2 else 0
                         for wanted in LABEL for value in range(256)])
    red, green, blue = ground.split()
    place = ImageChops.darker(red, ImageChops.darker(green, blue)).getbbox()
    if place is None:
        return None
    alone = Image.new("RGB", shot.size, LABEL)
    alone.paste(shot.crop(place), (0, 2 * screens.PANEL))
    return alone


def refusal(host, greeter, language):
    """The screen with the words of a refusal."""
    host.provider.reset()
    hosts.forget_limits()
    host.allow(language)
    asked = host.ask(greeter)
    host.ring()
    waiting = host.picture()
    first = hosts.only(host.helper)
    host.provider.deny()
    if greeter == SLICK:  # it goes back to the name, and the words stay
        host.log.wait_line("outcome=denied")
        wait_for(lambda: differs(host.picture(), waiting, host.empty), "the words of a refusal")
        return host.picture()
    seen = []  # it has them for a moment, and asks again

    def asks_again():
        seen.append(host.shot())
        return first not in (now := hosts.processes(host.helper)) and now
    wait_for(asks_again, "the next question", pause=0.05)
    asked_again = host.picture()
    others = [label(shot) for shot in (asked, waiting, asked_again)]
    words = [its for shot in seen if (its := label(shot)) and its not in others]
    assert words, "nothing was said before the next question"
    bytes_ = [its.tobytes() for its in words]
    return words[bytes_.index(max(bytes_, key=bytes_.count))]  # LightDM has a last word of its own


def refusal_is_seen(host, greeter):
    english = refusal(host, greeter, "en")
    dutch = refusal(host, greeter, "nl")
    screens.assert_text_is_seen(english, dutch, "a refusal")
    assert not host.entered(), host.entered()


def password_where_the_provider_is_away(host, greeter):
    host.allow(provider={"issuer": "https://localhost:1/v2"})
    host.ask(greeter)
    host.press("Return")
    host.log.wait_line("outcome=unavailable", "reason=provider_unreachable")
    host.picture()
    host.type(PASSWORD)
    host.wait_entered("alice")


def password_for_who_is_not_enrolled(host, greeter):
    host.open(greeter)
    host.choose("mallory")
    host.log.wait_line("reason=unmapped_user")
    host.picture()
    host.type(PASSWORD)
    host.wait_entered("mallory")
    assert not host.provider.requests()


def password_where_nothing_allows_a_push(host, greeter):
    """By default a login screen rings nobody; the log says which line would let it."""
    host.itsme.configure(provider={"confirm_service": screens.CONFIRM})
    host.open(greeter)
    host.choose()
    host.log.wait_line("service_shows_no_picture", "push_requires = none", "[service:lightdm]")
    host.picture()
    host.type(PASSWORD)
    host.wait_entered("alice")
    assert not host.rung()


def map_that_has_changed_is_asked_for_once_more(host, greeter):
    """Nobody gets in by what was true when the screen was last used."""
    host.ask(greeter)
    host.itsme.map(*host.itsme.identities.splitlines())
    host.age()
    first = hosts.processes(host.helper)
    host.press("Return")
    wait_for(lambda: (now := hosts.processes(host.helper)) and now != first, "another helper")
    host.picture()
    assert not host.provider.requests(), "it rang for what was out of date"
    host.ring()
    host.provider.approve()
    host.wait_entered("alice")


def return_pressed_meanwhile_changes_nothing(host, greeter):
    host.ask(greeter)
    host.ring()
    host.press("Return", "Return")
    host.provider.approve()
    host.wait_entered("alice")
    assert len(host.rung()) == 1, host.rung()


def test_slick_escape_ends_it(host):
    host.ask(SLICK)
    host.ring()
    host.press("Escape")
    host.wait_no_helper(box.PATIENCE)
    host.provider.command("approve", "latest")
    assert not host.entered()


EVERY_GREETER = (nothing_rings_before_a_key, number_is_seen, what_to_do_is_seen, refusal_is_seen,
                 password_where_the_provider_is_away, password_for_who_is_not_enrolled,
                 password_where_nothing_allows_a_push,
                 map_that_has_changed_is_asked_for_once_more,
                 return_pressed_meanwhile_changes_nothing)


def bind(case, name, greeter):
    def test(host):
        case(host, greeter)
    test.__name__ = test.__qualname__ = f"test_{name}_{case.__name__}"
    return test


for _name, _greeter in (("gtk", GTK), ("slick", SLICK)):
    for _case in EVERY_GREETER:
        _test = bind(_case, _name, _greeter)
        globals()[_test.__name__] = _test

if __name__ == "__main__":
    box.main(globals(), LightDM)
