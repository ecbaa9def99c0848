#!/usr/bin/python3
"""mate-screensaver, or xfce4-screensaver where the release has it: descendants of
gnome-screensaver, whose dialog shows what it is told and calls that an error."""
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import lockers
import stacks
from lockers import PATIENCE, Display, SilentLocker
from sockethost import SocketHost

PROGRAM, STAY = ("xfce4-screensaver", "") if shutil.which("xfce4-screensaver") else \
    ("mate-screensaver", "--no-daemon")
BUS = Path("/tmp/session-bus")
NOTES = Path("/tmp/screensaver-notes")
LIBRARIES = Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH")
# What the packages make when they are installed; here they are only unpacked.
FURNISH = ((LIBRARIES / "glib-2.0/glib-compile-schemas", "/usr/share/glib-2.0/schemas"),
           (LIBRARIES / "gdk-pixbuf-2.0/gdk-pixbuf-query-loaders", "--update-cache"),
           ("update-mime-database", "/usr/share/mime"))
ASKS, TELLS = "Setting prompt to: ", "Got message style 3: "  # so the dialog's own notes


class ScreensaverHost(SocketHost):
    def __init__(self):
        super().__init__()
        for command in FURNISH:
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        self.display = Display(size=(640, 480))

    def run(self, *command: str):
        return self.terminal(
            "env", f"DISPLAY={self.display.name}", f"DBUS_SESSION_BUS_ADDRESS=unix:path={BUS}",
            "GSETTINGS_BACKEND=memory", "GIO_USE_VFS=local", "NO_AT_BRIDGE=1", *command,
            user="alice")

    def reset(self) -> None:
        super().reset()
        BUS.unlink(missing_ok=True)
        self.run("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address",
                 f"--address=unix:path={BUS}").wait_for("unix:path")
        NOTES.unlink(missing_ok=True)
        self.daemon = self.run("sh", "-c", f"exec {PROGRAM} {STAY} --debug >{NOTES} 2>&1")
        self.wait_state("is inactive")

    def lock(self, user: str):
        self.command("--lock")
        self.wait_state("is active")
        return self.daemon

    def command(self, word: str) -> str:
        asked = self.run(f"{PROGRAM}-command", word)
        asked.finish()
        return asked.text

    def wait_state(self, wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while wanted not in (said := self.command("--query")):
            assert time.monotonic() < deadline, f"not {wanted}: {said}"
            time.sleep(0.1)

    def dialogs(self) -> list[int]:
        return [int(directory.name) for directory in Path("/proc").glob("[0-9]*")
                if PROGRAM + "-dialog" in command_line(directory)]

    def wake(self) -> None:
        """Any key brings up the dialog, which asks PAM at once."""
        deadline = time.monotonic() + PATIENCE
        while not self.dialogs():
            assert time.monotonic() < deadline, "no dialog"
            self.seen = NOTES.stat().st_size
            self.display.press("Shift_L")
            self.daemon.settle(0.5)

    def enter(self, text: str = "") -> None:
        """Answers what the dialog asks. Where it only tells something, Return would cancel."""
        self.wake()
        self.daemon.wait_until(lambda: ASKS in self.said() or (not text and (
            TELLS in self.said() or not self.dialogs())), "a prompt or a text", PATIENCE)
        if ASKS in self.said():
            self.daemon.settle(0.5)
            self.display.press(*text, "Return")

    def said(self) -> str:
        """What the dialog that is up has noted so far."""
        return NOTES.read_text(errors="replace")[self.seen:]

    def close(self) -> None:
        self.display.close()
        super().close()


def command_line(directory: Path) -> str:
    try:
        return (directory / "cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Screensaver(SilentLocker):
    service, pause = PROGRAM, 2

    def pids(self) -> list[int]:
        return self.host.dialogs()

    def is_locked(self) -> bool:
        return "is active" in self.host.command("--query")

    def expect_unlocked(self) -> None:
        self.host.wait_state("is inactive")

    def read_refusal(self) -> None:
        """Its dialog tries five times by itself, then goes; but the phone rings once."""
        self.terminal.wait_until(lambda: not self.host.dialogs(), "the end of it", PATIENCE)
        self.host.wait_helpers(0)
        asked = [line["outcome"] for line in self.host.helper_lines()]
        assert asked[0] == "denied" and set(asked[1:]) == {"limited"}, asked
        rung = [request for request in self.host.provider.requests()
                if request["endpoint"] == "authenticate"]
        assert len(rung) == 1, rung


globals().update(lockers.for_locker(Screensaver))


def test_what_it_shows_is_seen(host):
    """By its own account, and until the phone has answered."""
    stacks.use(arguments="flow=push", services=(Screensaver.service,))
    attempt = Screensaver(host)
    attempt.terminal.wait_until(lambda: TELLS in host.said(), "a text", PATIENCE)
    assert "request to your itsme app" in host.said().split(TELLS)[1], host.said()
    host.provider.approve()
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), ScreensaverHost)
