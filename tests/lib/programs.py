"""The programs of a login, side by side, where nobody else may write: the helper starts its
neighbours from its own directory, and none from a place that others could have written."""

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

PROGRAMS = ("itsme-helper", "itsme-fetch", "itsme-qr")
_PLACES: dict[str, Path] = {}
_LOCK = threading.Lock()


def place(build: Path | str) -> Path:
    """The directory with copies of BUILD's programs, made once, gone when this process is."""
    with _LOCK:
        if str(build) not in _PLACES:
            _PLACES[str(build)] = _make(Path(build))
        return _PLACES[str(build)]


def _make(build: Path) -> Path:
    where = Path(tempfile.mkdtemp(prefix="programs.", dir="/run"))
    where.chmod(0o755)
    atexit.register(_remove, where, os.getpid())
    copy([build / name for name in PROGRAMS if (build / name).exists()], where)
    return where


def copy(files: list[Path], to: Path) -> None:
    """By a process of its own: one of ours that another thread starts meanwhile would keep a
    program open for writing, which nobody could then start (ETXTBSY)."""
    subprocess.run(["cp", *files, to], check=True)


def _remove(where: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(where, ignore_errors=True)


def helper(build: Path | str) -> Path:
    return place(build) / "itsme-helper"


def changed_helper(build: Path | str, name: str, image: bytes) -> Path:
    """One of another make beside the same neighbours. Each NAME at a time is one test's."""
    return write(place(build) / name, image)


def write(program: Path, image: bytes) -> Path:
    """As copy() does."""
    program.unlink(missing_ok=True)
    subprocess.run(["sh", "-c", 'cat >"$0" && chmod 755 "$0"', program], input=image, check=True)
    return program
