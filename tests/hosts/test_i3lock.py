#!/usr/bin/python3
"""i3lock, which runs as the person and shows no text at all: only a push can unlock it."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import lockers
from lockers import Display, SilentLocker
from sockethost import SocketHost


class I3lockHost(SocketHost):
    def __init__(self):
        super().__init__()
        self.display = Display()

    def lock(self, user: str):
        """Once it has the keyboard: it then closes the file that it was given for that."""
        fifo = Path("/run/locked")
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        locker = self.terminal(
            "sh", "-c", f"exec 9>{fifo}; echo started; "
            f"XSS_SLEEP_LOCK_FD=9 DISPLAY={self.display.name} exec i3lock --nofork", user=user)
        locker.wait_for("started")
        locker.wait_until(lambda: self._is_closed(reader), "i3lock to lock", 30)
        os.close(reader)
        return locker

    @staticmethod
    def _is_closed(reader: int) -> bool:
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            return False

    def enter(self, text: str = "") -> None:
        """A second Return in a row on an empty field it ignores, unless another key came before."""
        self.display.press(*(text or ["BackSpace"]), "Return")

    def close(self) -> None:
        self.display.close()
        super().close()


class I3lock(SilentLocker):
    service = "i3lock"


globals().update(lockers.for_locker(I3lock))

if __name__ == "__main__":
    checks.main(globals(), I3lockHost)
