"""What the programs that make private worlds ask of the kernel."""
import ctypes
import os
import select
import signal
import subprocess
from pathlib import Path

NAMESPACES = {"mount": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000,
              "pid": 0x20000000, "net": 0x40000000}
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: int | bytes) -> None:
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")


def unshare(*names: str) -> None:
    """From now on these are our own; "pid" is meant for the children."""
    call("unshare", sum(NAMESPACES[name] for name in names))


def die_with_parent(lifeline: int | None = None) -> None:
    """LIFELINE: a pipe's end whose other end the parent alone holds; it may have ended before
    this was asked for."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    if lifeline is not None and select.select([lifeline], [], [], 0)[0]:
        os._exit(125)


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


def mount(kind: str, where: object, settings: str = "defaults") -> None:
    Path(str(where)).mkdir(parents=True, exist_ok=True)
    run("mount", "-t", kind, "-o", settings, kind, where)
