"""Login screens that show no code, on an X server without a screen: what a person before them sees
and types, and what every one of them must do.

Nobody reads letters here. What a text says is found out by what it changes: it is seen if the
screen of another number, or of a person who is spoken to in another language, looks otherwise just
there.
"""
import os
import subprocess
import time
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageGrab

import accounts
import box
import host as hosts
from box import PATIENCE, wait_for

CONFIRM = "WORKSTATIONS_CONFIRM"
PASSWORD = "secret"
SIZE = (1024, 768)
PANEL = 32  # rows at the top, with a clock
LINE_MOST = 24  # rows of a line of text
LOUD = 24  # of 255: less is no difference that anybody sees
SETTLED = 2.1  # seconds after which a file is told from one that has just been changed
# The server of a display manager. Whoever asks may draw: nobody else is in the box. It must not
# begin anew when a program that set it up leaves: the greeter may come at that moment.
SERVER = """#!/bin/sh
all=" $* "
for word; do case $word in :[0-9]*) place=$word ;; esac; done
case $all in *" -displayfd "*) all=${all##* -displayfd } place="-displayfd ${all%%%% *}" ;; esac
set -- $place
exec Xvfb "$@" -ac -noreset -nolisten tcp -screen 0 %dx%dx24
"""
SERVER_PATH = Path("/usr/local/bin/server-without-a-screen")
ENTERED = Path("/run/entered")  # whose sessions have begun, a line each
SESSION = f"""#!/bin/sh
id -un >>{ENTERED}
exec sleep 600
"""
SESSION_PATH = Path("/usr/local/bin/session")
# as `itsmectl pam enable` writes them
STACK = """\
auth [success=1 authinfo_unavail=ignore ignore=ignore default=die] pam_itsme.so unmapped=ignore
auth substack common-auth
auth required pam_permit.so
"""


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


class Greeter(box.Box):
    """Derived for a display manager, which has SERVICE for its PAM file, open() to show its screen
    and shut() to take it away: one that stands there asks somebody."""
    service = ""
    sessions_of_its_own = False  # it takes no other than those of its desktop

    def __init__(self):
        super().__init__("--interval", 1, "--confirm-service", CONFIRM)

    def furnish(self):
        log = super().furnish()
        program(SERVER_PATH, SERVER % SIZE)
        program(SESSION_PATH, SESSION)
        if not self.sessions_of_its_own:
            self.furnish_session()
        pam = Path("/etc/pam.d")
        text = (pam / self.service).read_text()
        text = text.replace("@include login\n", (pam / "login").read_text())  # greetd's
        assert "@include common-auth\n" in text, f"{self.service} has no line to be replaced"
        (pam / self.service).write_text(text.replace("@include common-auth\n", STACK))
        return log

    @staticmethod
    def furnish_session() -> None:
        for session in (*Path("/usr/share/xsessions").glob("*"),
                        *Path("/usr/share/wayland-sessions").glob("*")):
            session.unlink()
        Path("/usr/share/xsessions").mkdir(exist_ok=True)
        Path("/usr/share/xsessions/plain.desktop").write_text(
            f"[Desktop Entry]\nName=Plain\nExec={SESSION_PATH}\nType=Application\n")

    # --- set-up ---------------------------------------------------------------------------

    def reset(self) -> None:
        super().reset()
        ENTERED.write_text("")
        ENTERED.chmod(0o666)
        for person in accounts.PEOPLE:
            accounts.set_password(person.name, PASSWORD)
        self.allow()

    def allow(self, language: str = "en", **changes: dict) -> None:
        """The administrator's word for this login screen; and how everybody is spoken to."""
        provider = {"confirm_service": CONFIRM, **changes.pop("provider", {})}
        self.itsme.configure(provider=provider, **{
            f"service:{self.service}": {"push_requires": "none"}, **changes})
        self.itsme.map(*(f"{line} lang={language}"
                         for line in self.itsme.identities.splitlines()))
        self.age()

    def age(self) -> None:
        """Until a greeter can tell the files from such as change while it waits."""
        latest = max(path.stat().st_ctime for path in (self.itsme.config, self.itsme.users))
        wait_for(lambda: time.time() > latest + SETTLED, "time to go by")

    def shut(self) -> None:
        raise NotImplementedError

    def verify_clean(self) -> None:
        self.shut()
        super().verify_clean()

    def tidy(self) -> None:
        self.shut()
        super().tidy()

    # --- keys and the screen --------------------------------------------------------------

    display = ":0"

    def press(self, *keys: str) -> None:
        box.output("env", f"DISPLAY={self.display}", "xdotool", "key", "--delay", 30, *keys)

    def type(self, text: str) -> None:
        self.press(*text, "Return")

    def shot(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self.display).convert("RGB")

    def picture(self) -> Image.Image:
        """The screen once it is at rest, without what moves by itself (a cursor, a wheel)."""
        def at_rest():
            shots = []
            for _ in range(4):
                try:
                    shots.append(self.shot())
                except OSError:  # there is no server yet
                    return None
                time.sleep(0.25)
            moving = Image.new("L", shots[0].size)
            for one, next_one in zip(shots, shots[1:]):
                moving = ImageChops.lighter(moving, loud(one, next_one))
            box_ = moving.getbbox()
            if box_ and box_[2] - box_[0] > 40:
                return None  # not only a cursor
            still = moving.filter(ImageFilter.MaxFilter(25))
            return Image.composite(Image.new("RGB", still.size), shots[-1], still)
        return wait_for(at_rest, "a screen at rest")

    def wait_helper(self) -> None:
        """PAM has begun, for somebody who is asked."""
        wait_for(lambda: hosts.processes(self.helper), "a helper")

    def rung(self) -> list[dict]:
        return [request for request in self.provider.requests()
                if request["endpoint"] == "authenticate"]

    def entered(self) -> list[str]:
        return ENTERED.read_text().split()

    def wait_entered(self, user: str) -> None:
        wait_for(lambda: user in self.entered(), f"a session of {user}")


# --- looking -------------------------------------------------------------------------------

def loud(one: Image.Image, other: Image.Image) -> Image.Image:
    """White where they differ."""
    found = ImageChops.difference(one, other).convert("L").point(lambda v: 255 if v > LOUD else 0)
    found.paste(0, (0, 0, found.width, PANEL))
    return found


def difference(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    """The box that holds all differences of two pictures, where neither of them moves."""
    found = loud(one, other)
    for picture in (one, other):
        hidden = picture.convert("L").point(lambda v: 255 if v == 0 else 0)
        found = ImageChops.subtract(found, hidden.filter(ImageFilter.MaxFilter(3)))
    return found.getbbox()


def width(found: tuple[int, int, int, int] | None) -> int:
    return found[2] - found[0] if found else 0


def height(found: tuple[int, int, int, int] | None) -> int:
    return found[3] - found[1] if found else 0


def written(picture: Image.Image, left: int, top: int, right: int, bottom: int) -> int:
    """How wide the text is that stands in this part of it, on a ground of one colour."""
    part = picture.crop((left, top, right, bottom)).convert("L")
    ground = max(range(256), key=part.histogram().__getitem__)
    ink = part.point(lambda v: 255 if abs(v - ground) > 24 else 0)  # SDDM writes white on grey
    return width(ink.getbbox())


def assert_number_is_seen(shown: list[tuple[str, Image.Image]]) -> None:
    """Pictures that differ by the number alone, and there by no more than that: with words before
    it."""
    for i, (number, picture) in enumerate(shown):
        for other, other_picture in shown[:i]:
            found = difference(picture, other_picture)
            if number == other:
                assert found is None, f"twice {number}, and {found} differs"
                continue
            # 5 and 6 differ in a stroke
            assert 2 <= width(found) <= 30 and 5 <= height(found) <= LINE_MOST, \
                f"{number} and {other} differ in {found}"
            words = written(picture, found[0] - 160, found[1], found[0] - 2, found[3])
            assert words >= 100, f"only {words} pixels of text stand before the number"


def assert_text_is_seen(english: Image.Image, dutch: Image.Image, what: str) -> None:
    found = difference(english, dutch)
    assert width(found) >= 80, f"{what} looks the same in both languages: {found}"
