"""A process and all that it has started, by /proc: who they are, whether they are gone, how much
memory they ever had."""
import contextlib
import re
import time
from pathlib import Path
from typing import NamedTuple

GONE = (FileNotFoundError, ProcessLookupError)


class Member(NamedTuple):
    """One process: a pid that was given away again is another one's."""
    pid: int
    began: str
    name: str


def descendants(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(*GONE):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def member(pid: int) -> Member | None:
    """None: there is no such process."""
    with contextlib.suppress(*GONE):
        name, rest = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
        return Member(pid, rest.split()[19], name)
    return None


def members(pid: int) -> list[Member]:
    """The process and all that it has started, those that have ended but were not collected too."""
    return [one for one in map(member, [pid, *descendants(pid)]) if one is not None]


def named(pid: int, name: str) -> list[int]:
    """Those of them that go by this name."""
    return [one.pid for one in members(pid) if one.name == name]


def is_alive(one: Member) -> bool:
    """Whether it is there, and not only waiting for somebody to collect it."""
    with contextlib.suppress(*GONE):
        return member(one.pid) == one and \
            Path(f"/proc/{one.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False


def left(family: list[Member], alive: bool = False) -> list[Member]:
    """Who of them is still there, if only (unless ALIVE) as somebody whom nobody has collected."""
    return [one for one in family if (is_alive(one) if alive else member(one.pid) == one)]


def wait_gone(family: list[Member], seconds: float, began: float | None = None,
              alive: bool = False) -> float:
    """The seconds after BEGAN (by default: now) after which none of them was there any more."""
    began = began or time.monotonic()
    while there := left(family, alive):
        took = time.monotonic() - began
        assert took < seconds, f"{[one.name for one in there]} still there after {took:.2f} s"
        time.sleep(0.002)
    return time.monotonic() - began


def terminal_of(one: Member) -> int:
    """The number of its controlling terminal; 0: it has none, or has ended."""
    with contextlib.suppress(*GONE):
        return int(Path(f"/proc/{one.pid}/stat").read_text().rsplit(")", 1)[1].split()[4])
    return 0


def peaks(pid: int) -> dict[str, int]:
    """Name -> bytes of memory that such a one of them has had at most."""
    found: dict[str, int] = {}
    for one in members(pid):
        with contextlib.suppress(*GONE):
            peak = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{one.pid}/status").read_text(), re.M)
            if peak:
                found[one.name] = max(found.get(one.name, 0), int(peak[1]) << 10)
    return found
