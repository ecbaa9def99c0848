"""Small private files: written whole or not at all, readable by their owner only."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes | str) -> None:
    """Replace `path` atomically, so that a reader sees the old or the new content."""
    if isinstance(content, str):
        content = content.encode("utf-8")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(draft, path)


def private_directory(path: Path) -> Path:
    """Make `path` a directory of ours that nobody else can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to somebody else")
    path.chmod(0o700)
    return path.resolve()
