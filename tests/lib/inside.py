"""Looking at a program's walls from inside: the tools of tests/walls, compiled where they are
needed."""

import ctypes
import subprocess
import tempfile
import threading
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "walls"
# What valgrind cannot have around it: the filter of system calls, rules for files, and a bound
# of memory (RLIMIT_AS). It is told that filter and bound are there.
VALGRIND_LACKS = ("prctl:0=22=0", "landlock_create_ruleset=38", "prlimit64:1=9=0")


_making = threading.Lock()
_tools = tempfile.TemporaryDirectory(prefix="walls-")


def landlock_version():
    """The kernel's; 0: it has none."""
    return max(0, ctypes.CDLL(None).syscall(444, None, 0, 1))


def tool(name):
    """The path of `inject` or `without`."""
    made = Path(_tools.name) / name
    with _making:
        if not made.exists():
            subprocess.run(["cc", "-O1", "-o", made, SOURCES / f"{name}.c"], check=True)
    return made


def make_calls(pid, lines, *how):
    """The answers to LINES (inject.c says how they are written), made in the process PID."""
    done = subprocess.run([tool("inject"), str(pid), *how], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answers = [int(line) for line in done.stdout.split()]
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} calls"
    return answers
