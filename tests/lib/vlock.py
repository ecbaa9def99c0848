"""The keyboard of a terminal that vlock has locked."""
import time

from terminal import PATIENCE, Terminal

PROMPT = "press .ENTER. to unlock"
REACTION = 3  # seconds: vlock was deaf to a key to which nothing came for so long


def press_enter(terminal: Terminal, reacts) -> None:
    """vlock throws away what was typed before it reads: press until REACTS() is true."""
    deadline = time.monotonic() + PATIENCE
    while not reacts():
        assert time.monotonic() < deadline, f"vlock does not react: {terminal.tail()!r}"
        terminal.enter()
        until = time.monotonic() + REACTION
        while time.monotonic() < until and not reacts():
            terminal.read(0.05)
