"""Control groups of our own, as somebody has who was given one to divide up: what is in them can be
frozen, slowed down and kept from growing, whoever it runs as.

Made at the top of whichever hierarchy has the controller: the second version's, or the first's. What
tests that were killed have left there, the next one takes away.
"""
import contextlib
import fcntl
import os
import signal
import time
import uuid
from pathlib import Path

from namespaces import mount
from terminal import PATIENCE

PREFIX = "pam_itsme_test-"
MOUNTS = Path("/run/control-groups")


def hierarchy(controller: str) -> tuple[Path, int]:
    """Where groups with this CONTROLLER can be made, and of which version they are then."""
    second = MOUNTS / "2"
    if not second.exists():
        mount("cgroup2", second)
    if controller == "freezer" or \
            controller in (second / "cgroup.subtree_control").read_text().split():
        return second, 2
    first = MOUNTS / controller
    if not first.exists():
        mount("cgroup", first, controller)
    return first, 1


class Cgroup:
    def __init__(self, controller: str):
        top, self.version = hierarchy(controller)
        for left in top.glob(f"{PREFIX}*"):
            remove_abandoned(left)
        self.path = top / f"{PREFIX}{uuid.uuid4().hex}"
        self.path.mkdir()
        self.lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self.lock, fcntl.LOCK_EX)

    def words(self) -> tuple:
        """Before a command that root starts: it runs in the group."""
        return ("sh", "-c", f'echo $$ >{self.path}/cgroup.procs; exec "$@"', "sh")

    def write(self, name: str, value: object) -> None:
        (self.path / name).write_text(f"{value}\n")

    # --- what its owner may do ------------------------------------------------------------

    def freeze(self) -> None:
        self.write("cgroup.freeze", 1)
        deadline = time.monotonic() + PATIENCE
        while "frozen 1" not in (self.path / "cgroup.events").read_text():
            assert time.monotonic() < deadline, "the group does not freeze"
            time.sleep(0.01)

    def thaw(self) -> None:
        self.write("cgroup.freeze", 0)

    def slow_down(self, quota: int, period: int) -> None:
        """QUOTA microseconds of a processor in each PERIOD of so many."""
        if self.version == 2:
            self.write("cpu.max", f"{quota} {period}")
        else:
            self.write("cpu.cfs_period_us", period)
            self.write("cpu.cfs_quota_us", quota)

    def let_run(self) -> None:
        if self.version == 2:
            self.write("cpu.max", "max")
        else:
            self.write("cpu.cfs_quota_us", -1)

    def limit_processes(self, most: int) -> None:
        self.write("pids.max", most)

    def limit_memory(self, most: int) -> None:
        """In bytes; there is no swapping beyond."""
        if self.version == 2:
            self.write("memory.swap.max", 0)
        self.write("memory.max" if self.version == 2 else "memory.limit_in_bytes", most)

    def release(self) -> None:
        """Nobody in it is held up any longer."""
        if (self.path / "cgroup.freeze").exists():
            self.thaw()
        if (self.path / "cpu.cfs_quota_us").exists() or (self.path / "cpu.max").exists():
            self.let_run()

    def remove(self) -> None:
        """Once nobody is in it any more; what a test that failed has left there is ended."""
        deadline = time.monotonic() + PATIENCE
        while pids := (self.path / "cgroup.procs").read_text().split():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            assert time.monotonic() < deadline, f"still in {self.path}: {command_lines(pids)}"
            time.sleep(0.02)
        os.close(self.lock)
        self.path.rmdir()


def command_lines(pids: list[str]) -> list[str]:
    lines = []
    for pid in pids:
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            lines.append(f"{pid} {line.decode(errors='replace')}")
    return lines


def remove_abandoned(path: Path) -> None:
    """Whoever made a group holds it locked for as long as they live."""
    with contextlib.suppress(OSError):
        lock = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.rmdir()
        finally:
            os.close(lock)
