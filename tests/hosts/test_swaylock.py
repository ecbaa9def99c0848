#!/usr/bin/python3
"""swaylock, which runs as the person, under a compositor without any screen."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import lockers
from lockers import PATIENCE, SilentLocker
from service import UIDS
from sockethost import SocketHost

RUNTIME = Path("/run/sway")
CONFIG = RUNTIME / "config"
HEADLESS = (f"XDG_RUNTIME_DIR={RUNTIME}", "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1",
            "WLR_RENDERER=pixman")


class SwayHost(SocketHost):
    def __init__(self):
        super().__init__()
        RUNTIME.mkdir(mode=0o700)
        CONFIG.write_text("exec echo up: $WAYLAND_DISPLAY\n")
        os.chown(RUNTIME, UIDS["alice"], UIDS["alice"])

    def reset(self) -> None:
        """A compositor for each test: one whose locker was killed stays locked, as it must."""
        super().reset()
        compositor = self.terminal("env", *HEADLESS, "sway", "-c", CONFIG, user="alice")
        self.display = compositor.wait_for(r"up: (wayland-\d+)")[1]
        self.type()  # a keyboard to wait for the keys of

    def client(self, user: str, *command: str):
        return self.terminal("env", *HEADLESS, f"WAYLAND_DISPLAY={self.display}", *command,
                             user=user)

    def lock(self, user: str):
        """It goes into the background once it has locked; not so whoever started it."""
        locker = self.client(user, "sh", "-c", "swaylock --daemonize && echo locked && cat")
        locker.wait_for("locked")
        return locker

    def enter(self, text: str = "") -> None:
        self.type(*([text] if text else []), "-k", "Return")

    def type(self, *keys: str) -> None:
        """On a keyboard that stays: swaylock 1.8 ends when one goes, and all stays locked."""
        self.client("alice", "wtype", *keys, "-s", "3600000")

    def tidy(self) -> None:
        for pid in hosts.processes("swaylock"):
            hosts.kill(pid)
        super().tidy()


class Swaylock(SilentLocker):
    service = "swaylock"

    def pids(self) -> list[int]:
        """Two: one has the screen, the other calls PAM."""
        return hosts.processes("swaylock")

    def is_locked(self) -> bool:
        return bool(self.pids())

    def expect_unlocked(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.is_locked():
            assert time.monotonic() < deadline, "the screen is still locked"
            time.sleep(0.02)


globals().update(lockers.for_locker(Swaylock))

if __name__ == "__main__":
    checks.main(globals(), SwayHost)
