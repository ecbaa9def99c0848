"""GNOME's login screen and lock screen, and a person who sees them and has a keyboard.

There is neither a graphics card nor a seat: GDM shows a greeter on a remote display when it is
asked for one, drawn by software, and mutter.py is whoever sits before it.
"""
import contextlib
import io
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

import box

HERE = Path(__file__).resolve().parent
FACTORY = "org.gnome.DisplayManager.RemoteDisplayFactory"
KEYS = {"Return": 0xff0d, "Tab": 0xff09, "Escape": 0xff1b, "Up": 0xff52, "Down": 0xff54,
        "space": 0x20, "BackSpace": 0xff08}
SERVICE = "gdm-switchable-auth"
PEOPLE = ("alice", "bob", "carol", "mallory")  # as they stand in the list
LIST = "Not listed?"  # below it
ESCAPES = 4  # to the list, from anywhere
PNG_END = b"IEND\xaeB\x60\x82"
MIDDLE = (340, 90, 940, 690)  # pixels: where people are spoken to
LAYOUTS = ("3", "11")  # tesseract's: a page, scattered words
INK = 0x68  # what is lighter is a letter, even one of a greyed hint


class Screen:
    """What a GNOME Shell of this user shows, and the keyboard before it."""

    def __init__(self, uid: int, bus: str | None = None):
        """BUS: the address of the session's, where it has one of its own."""
        self.uid = uid
        runtime = f"/run/user/{uid}"
        box.wait_for(Path(f"{runtime}/bus").exists, f"a session bus of {uid}")
        self.frames = Path(f"{runtime}/frames")
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": runtime,
                       "DBUS_SESSION_BUS_ADDRESS": bus or f"unix:path={runtime}/bus",
                       "HOME": "/tmp"}
        box.wait_for(lambda: self._answers(environment), "GNOME Shell", pause=0.3)
        self.person = subprocess.Popen(
            [*self._as_user(), sys.executable, HERE / "mutter.py", self.frames],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._answered()
        self.picture()

    def _as_user(self) -> list[str]:
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]

    def _answers(self, environment: dict) -> bool:
        return subprocess.run(
            [*self._as_user(), "gdbus", "introspect", "--session", "--dest",
             "org.gnome.Mutter.RemoteDesktop", "--object-path",
             "/org/gnome/Mutter/RemoteDesktop"], env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=box.PATIENCE).returncode == 0

    def _answered(self) -> None:
        there, _, _ = select.select([self.person.stdout], [], [], box.PATIENCE)
        assert there and self.person.stdout.readline() == b"\n", "the screen does not answer"

    # --- what is typed ----------------------------------------------------------------------

    def press(self, *names: str) -> None:
        for name in names:
            self.person.stdin.write(b"%d\n" % (KEYS.get(name) or ord(name)))
            self.person.stdin.flush()
            self._answered()

    def type(self, text: str) -> None:
        self.press(*text)

    # --- what is seen -----------------------------------------------------------------------

    def picture(self) -> Image.Image:
        """As the screen is now."""
        asked = time.time()
        return box.wait_for(lambda: next(self._after(asked), (None, None))[1], "a picture",
                            pause=0.05)

    def _after(self, then: float):
        """When each frame that is younger was written, and what it shows; the last one may not be
        whole yet, and the first one gone."""
        for path in sorted(self.frames.glob("*.png")):
            with contextlib.suppress(FileNotFoundError):
                written = path.stat().st_mtime
                if written > then and (content := path.read_bytes()).endswith(PNG_END):
                    yield written, Image.open(io.BytesIO(content)).convert("RGB")

    def codes(self) -> list[str]:
        """What a scanner reads from the picture."""
        return scan(self.picture())

    def words(self) -> str:
        """What can be read there, by a machine that reads."""
        return read(self.picture())

    def wait_code(self, other_than: str | None = None, timeout: float = box.PATIENCE) -> str:
        def one_code():
            found = self.codes()
            return len(found) == 1 and found[0] != other_than and found[0]
        return box.wait_for(one_code, "one code on the screen", timeout)

    def wait_words(self, *words: str, timeout: float = box.PATIENCE) -> str:
        """Until all of them are there."""
        seen = [""]

        def all_there():
            seen.append(self.words())
            return all(word in seen[-1] for word in words) and seen[-1]
        try:
            return box.wait_for(all_there, f"{words}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; there was {seen[-1]!r}") from None

    @contextlib.contextmanager
    def flashes(self, *words: str):
        """They are there some time after the block has begun, however slowly we read."""
        begun, last, seen = time.time(), None, []
        yield

        def was_there():
            nonlocal begun, last
            for begun, picture in self._after(begun):
                if picture != last:
                    last = picture
                    seen.append(read(picture))
                    if all(word in seen[-1] for word in words):
                        return True
            return False
        try:
            box.wait_for(was_there, f"{words}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there was {seen}") from None

    def close(self) -> None:
        self.person.stdin.close()
        self.person.wait(box.PATIENCE)


def scan(picture: Image.Image) -> list[str]:
    grey = picture.convert("L")
    done = subprocess.run(
        ["zbarimg", "--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", "pgm:-"],
        input=b"P5 %d %d 255\n" % grey.size + grey.tobytes(), capture_output=True,
        timeout=box.PATIENCE)
    return done.stdout.decode().splitlines()


def read(picture: Image.Image) -> str:
    """Letters there are light on dark, and small: tesseract wants the opposite. What it takes
    for a picture when it looks for pages it finds as scattered words, and the other way round."""
    grey = picture.crop(MIDDLE).convert("L")
    grey = grey.resize((2 * grey.width, 2 * grey.height), Image.BICUBIC)
    grey = grey.point(lambda light: 0 if light > INK else 255)
    return " ".join(
        word for layout in LAYOUTS for word in subprocess.run(
            ["tesseract", "-", "-", "--psm", layout],
            input=b"P5 %d %d 255\n" % grey.size + grey.tobytes(), capture_output=True,
            timeout=box.PATIENCE, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
        .stdout.decode().split())


class Gnome(box.Box):
    """GDM with a code at its login screen, as an administrator sets it up."""

    def __init__(self, *provider_settings: object):
        super().__init__(*provider_settings)
        self.number = 0
        self.greeter: Screen | None = None
        self.desktops: list[Screen] = []
        box.output("itsmectl", "pam", "enable", "gdm", "--force")  # no way in is left but itsme's
        box.output("itsmectl", "pam", "confirm", "gdm")
        self.start("gdm.service")

    # --- at the login screen ----------------------------------------------------------------

    def at_list(self) -> Screen:
        """The greeter with its list of persons. One from which somebody has gone to a session
        is of no more use."""
        if self.greeter is None:
            self.greeter = self._new_greeter()
        self.greeter.wait_words(LIST)
        return self.greeter

    def _new_greeter(self) -> Screen:
        self.number += 1
        box.output("busctl", "call", "org.gnome.DisplayManager",
                   "/org/gnome/DisplayManager/RemoteDisplayFactory", FACTORY,
                   "CreateRemoteDisplay", "a{sv}", "1", "remote-id", "o",
                   f"/org/pam_itsme/screen{self.number}")
        return Screen(box.wait_for(self._greeter_uid, "a greeter"))

    def _greeter_uid(self) -> int | None:
        return next((one["uid"] for one in self.sessions() if one["class"] == "greeter" and
                     one["state"] != "closing"), None)

    def choose(self, user: str) -> Screen:
        """From the list, by keys; the person who was chosen last is where it begins."""
        screen = self.at_list()
        screen.press(*["Up"] * len(PEOPLE), *["Down"] * PEOPLE.index(user), "Return")
        return screen

    def leave(self) -> None:
        """Back to the list from wherever; a new greeter next time where somebody went in."""
        if self.greeter is None:
            return
        for _ in range(0 if self.people_in() else ESCAPES):
            if LIST in self.greeter.words():
                return
            self.greeter.press("Escape")
            time.sleep(1)  # it fades
        self.drop_greeter()

    def people_in(self) -> bool:
        return any(one["class"] == "user" for one in self.sessions())

    def drop_greeter(self) -> None:
        if self.greeter is not None:
            self.greeter.close()
            self.greeter = None
        for one in self.sessions():
            if one["class"] == "greeter":
                subprocess.run(["loginctl", "terminate-session", one["id"]],
                               stderr=subprocess.DEVNULL, timeout=box.PATIENCE)
        box.wait_for(lambda: not self._greeter_uid(), "the end of the greeter")

    # --- in a session -------------------------------------------------------------------------

    def expect_in(self, user: str = "alice", service: str = SERVICE) -> dict[str, str]:
        session = self.wait_session(user)
        assert session["service"] == service, session
        return session

    def desktop(self, user: str) -> Screen:
        screen = Screen(box.wait_for(lambda: self.session(user), "a session")["uid"])
        self.desktops.append(screen)
        return screen

    def lock(self, session: dict[str, str]) -> None:
        box.output("loginctl", "lock-session", session["id"])
        self.wait_locked(session, "yes")

    def wait_locked(self, session: dict[str, str], how: str = "no") -> None:
        box.wait_for(lambda: any(one["id"] == session["id"] and one["locked"] == how
                                 for one in self.sessions()), f"locked={how}")

    # --- around each test -----------------------------------------------------------------------

    def verify_clean(self) -> None:
        self.leave()
        super().verify_clean()

    def tidy(self) -> None:
        for screen in self.desktops:
            screen.close()
        self.desktops.clear()
        self.leave()
        super().tidy()

    def close(self) -> None:
        self.drop_greeter()
        super().close()
