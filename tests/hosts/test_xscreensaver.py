#!/usr/bin/python3
"""xscreensaver, whose dialog runs as the person and shows what it is told."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import lockers
from installation import write
from lockers import PATIENCE, Display, SilentLocker
from sockethost import SocketHost

SETTINGS = "mode: blank\nfade: False\nunfade: False\n"
DIALOG = "xscreensaver-au"  # as far as the kernel keeps the name


class XscreensaverHost(SocketHost):
    def __init__(self):
        super().__init__()
        self.display = Display()
        write(Path(accounts.HOMES) / "alice/.xscreensaver", SETTINGS, 0o644)

    def run(self, *command: str):
        return self.terminal("env", f"DISPLAY={self.display.name}", *command, user="alice")

    def reset(self) -> None:
        super().reset()
        self.daemon = self.run("xscreensaver", "--no-splash", "--verbose")
        self.wait_state("non-blanked")

    def lock(self, user: str):
        self.seen = len(self.daemon.text)
        self.run("xscreensaver-command", "-lock").finish()
        self.wait_state("locked")
        return self.daemon

    def state(self) -> str:
        asked = self.run("xscreensaver-command", "-time")
        asked.finish()
        return asked.text

    def wait_state(self, wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.state():
            assert time.monotonic() < deadline, f"not {wanted}: {self.state()}"
            time.sleep(0.05)

    def wake(self) -> None:
        """Any key brings up the dialog; what follows goes to the dialog."""
        deadline = time.monotonic() + PATIENCE
        while not hosts.processes(DIALOG):
            assert time.monotonic() < deadline, "no dialog"
            self.display.press("Return")
            until = time.monotonic() + 2
            while time.monotonic() < until and not hosts.processes(DIALOG):
                time.sleep(0.02)

    def enter(self, text: str = "") -> None:
        """What the dialog shows, too, is sent away by Return."""
        self.wake()
        if text:
            self.daemon.wait_until(self.asks_for_something, "a prompt", PATIENCE)
        self.daemon.settle(0.5)
        self.display.press(*text, "Return")

    def asks_for_something(self) -> bool:
        said = self.daemon.text[self.seen:]
        return ("ECHO_OFF=" in said or "ECHO_ON=" in said) and "kbd layout" in said

    def close(self) -> None:
        self.display.close()
        super().close()


class Xscreensaver(SilentLocker):
    service, pause = "xscreensaver", 2

    def pids(self) -> list[int]:
        return hosts.processes(DIALOG)

    def is_locked(self) -> bool:
        return "locked" in self.host.state()

    def expect_unlocked(self) -> None:
        self.press_return_until(lambda: not self.is_locked())

    def read_refusal(self) -> None:
        self.press_return_until(self.host.log.attempts)

    def press_return_until(self, condition) -> None:
        """What the dialog shows it shows until then, and the module waits for it."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "the dialog does not go on"
            self.host.display.press("Return")
            self.terminal.settle(0.5)


globals().update(lockers.for_locker(Xscreensaver))

if __name__ == "__main__":
    checks.main(globals(), XscreensaverHost)
