"""A fingerprint of the machine, to prove that something left it as it was.

Files below TREES by name, kind, owner, mode and content; the mounts; and by way of
`adopt_orphans` every process that was started and not waited for.
"""
import ctypes
import hashlib
import os
import stat
import time
from pathlib import Path

TREES = ("/etc", "/home", "/usr/lib/x86_64-linux-gnu/security", "/usr/libexec", "/usr/sbin",
         "/usr/local", "/var/lib/dpkg/info")
PR_SET_CHILD_SUBREAPER = 36


def fingerprint() -> dict[str, tuple]:
    seen = {f"mount {line}": () for line in
            Path("/proc/self/mountinfo").read_text().splitlines()}
    for tree in TREES:
        for directory, names, files in os.walk(tree):
            for name in names + files:
                path = os.path.join(directory, name)
                seen[path] = describe(path)
    return seen


def describe(path: str) -> tuple:
    try:
        status = os.lstat(path)
        content = b""
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(path).encode()
        elif stat.S_ISREG(status.st_mode):
            # What nobody opened for writing need not be read again.
            content = Path(path).read_bytes() if path.startswith("/etc/") else \
                b"%d %d" % (status.st_size, status.st_mtime_ns)
    except OSError as error:
        return (type(error).__name__,)
    return (status.st_mode, status.st_uid, status.st_gid, hashlib.sha256(content).hexdigest())


def differences(before: dict, after: dict) -> list[str]:
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path))


def adopt_orphans() -> None:
    """From now on whoever loses a parent below us becomes our child, and so is found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> list[int]:
    own = os.getpid()
    return [int(pid) for pid in
            Path(f"/proc/{own}/task/{own}/children").read_text().split()]


def wait_childless(timeout: float) -> None:
    """An error if after TIMEOUT seconds anything that was started still runs."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)
        except ChildProcessError:
            return
        if time.monotonic() > deadline:
            names = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children()]
            raise AssertionError(f"still running: {names}")
