"""A person at a terminal: start a program on a pty, read what it shows, type, hang up."""
import io
import os
import re
import signal
import sys
import time
from typing import TextIO

import pexpect

import qr
from emulator import Emulator

ROWS, COLUMNS = 50, 100
PATIENCE = 60  # seconds; only what will never come, or never end, takes so long


class Record(io.StringIO):
    """Keeps what a terminal showed, and passes it on to SCREEN, and to ECHO, as it comes."""

    def __init__(self, screen: Emulator, echo: TextIO | None):
        super().__init__()
        self.screen = screen
        self.echo = echo

    def write(self, text: str) -> int:
        self.screen.feed(text)
        if self.echo:
            self.echo.write(text.replace("\r", ""))
            self.echo.flush()
        return super().write(text)


class Child(pexpect.spawn):
    """A program that may close its terminal and live on, as util-linux's login does."""

    def isalive(self) -> bool:
        self.flag_eof = False  # or pexpect would wait for the program's end
        return super().isalive()


class Terminal:
    """One program on one pty. `text` is everything it has shown so far, `screen` what a
    terminal of that name would show now. A dumb one is never steered."""

    def __init__(self, *argv: object, user: str | None = None, size=(ROWS, COLUMNS),
                 environment: dict[str, str] | None = None, echo: TextIO | None = None,
                 name: str = "dumb"):
        words = [str(word) for word in argv]
        if user:
            words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                     "--reset-env", "env", "LANG=C.UTF-8", *words]
        self.screen = Emulator(*size)
        self.shown = Record(self.screen, echo)
        self.started = time.monotonic()
        self.child = Child(words[0], words[1:], dimensions=size, encoding="utf-8",
                           codec_errors="replace", cwd="/",
                           env={**os.environ, "TERM": name, **(environment or {})})
        self.child.logfile_read = self.shown
        self.child.delaybeforesend = None

    @property
    def text(self) -> str:
        return self.shown.getvalue().replace("\r\n", "\n")

    def read(self, seconds: float) -> bool:
        """Take in what there is; False once the program has closed the terminal."""
        try:
            self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return self._lets_go()
        return True

    def _lets_go(self) -> bool:
        """True if the program lives on and may open its terminal again."""
        if not self.child.isalive():
            return False
        time.sleep(0.01)
        return True

    def wait_until(self, condition, what: str, timeout: float):
        """Read until CONDITION() is true and return what it returned."""
        deadline = time.monotonic() + timeout
        is_open = True
        while True:
            result = condition()
            if result:
                return result
            if not is_open or time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; shown: {self.tail()!r}")
            is_open = self.read(0.05)

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> re.Match:
        return self.wait_until(lambda: re.search(pattern, self.text, re.M), repr(pattern), timeout)

    def wait_qr(self, number: int = 1, timeout: float = PATIENCE) -> list[str]:
        """The rows of the newest code, once NUMBER of them have been shown."""
        codes = self.wait_until(
            lambda: len(found := qr.find_all(self.text)) >= number and found,
            f"QR code {number}", timeout)
        return codes[-1]

    def wait_prompt(self) -> None:
        """Until a shell's own prompt is the last thing there: what is typed to a login that is
        still ending is thrown away."""
        self.wait_until(lambda: self.text.endswith(("# ", "$ ")), "a shell's prompt", PATIENCE)

    def settle(self, quiet: float = 0.2) -> None:
        """Read on until nothing has come for QUIET seconds."""
        while True:
            before = self.shown.tell()
            if not self.read(quiet) or self.shown.tell() == before:
                return

    def tail(self) -> str:
        """The last of it for an error message, without pictures."""
        return "\n".join(line for line in self.text.split("\n") if not qr.ROW.match(line))[-400:]

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def wait_screen(self, condition, what: str, timeout: float = PATIENCE):
        """Until CONDITION(screen) is true of what the terminal shows; gives its result."""
        return self.wait_until(lambda: condition(self.screen), what, timeout)

    def wait_code(self, other_than: str | None = None, timeout: float = PATIENCE) -> str:
        """What the one code on the screen says, once it is another than OTHER_THAN."""
        def one_code(screen):
            found = screen.scan()
            return len(found) == 1 and found[0] != other_than and found[0]
        return self.wait_screen(one_code, "one code on the screen", timeout)

    def send(self, text: str) -> None:
        self.child.send(text)

    def enter(self) -> None:
        self.send("\r")

    def interrupt(self) -> None:
        self.send("\x03")

    def interrupt_until_end(self) -> None:
        """For a program that is deaf to Ctrl-C while it prepares to read, as ssh is."""
        deadline = time.monotonic() + PATIENCE
        while self.child.isalive():
            assert time.monotonic() < deadline, f"not to be interrupted; shown: {self.tail()!r}"
            self.interrupt()
            self.read(0.1)

    def interact(self) -> None:
        """Hand over to whoever sits at our own terminal, until the program ends."""
        def fit(*_):
            size = os.get_terminal_size(sys.stdout.fileno())
            self.child.setwinsize(size.lines, size.columns)
        fit()
        signal.signal(signal.SIGWINCH, fit)
        self.child.logfile_read = None  # pexpect would give it bytes
        self.child.interact(escape_character=None)

    def hang_up(self) -> None:
        """What closing the window does: the pty's master goes away."""
        self.child.ptyproc.fileobj.close()

    def finish(self, timeout: float = PATIENCE) -> int:
        """Read to the end and give the exit status, 128 + n for signal n."""
        deadline = time.monotonic() + timeout
        while self.read(0.05):
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout} s; shown: {self.tail()!r}")
        status = self.wait_exit(timeout)
        self.read(0)  # what came between the last look and the end
        return status

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """The same without reading, once there is nothing to read."""
        deadline = time.monotonic() + timeout
        while self.child.isalive():
            if time.monotonic() > deadline:
                raise AssertionError("its terminal is closed but it still runs")
            time.sleep(0.01)
        return self.child.exitstatus if self.child.signalstatus is None \
            else 128 + self.child.signalstatus

    def close(self) -> None:
        try:
            self.child.close(force=True)
        except pexpect.ExceptionPexpect:  # killed, but not gone a tenth of a second later
            self.wait_exit()
