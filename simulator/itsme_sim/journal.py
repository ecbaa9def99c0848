"""The log of what clients did: one JSON line per TLS handshake, connection and request.

Every start begins a new log. Nothing secret goes in: no token, no session id, no auth_req_id.
"""

import datetime
import json
import os
import time
from pathlib import Path


class Journal:
    def __init__(self, state: Path):
        path = state / "requests.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")

    def write(self, event: str, **members) -> None:
        """`mono` is this machine's monotonic clock, which tests use for intervals."""
        now = datetime.datetime.now(datetime.timezone.utc)
        line = {"event": event, "time": now.isoformat(timespec="milliseconds"),
                "mono": round(time.monotonic(), 6)} | members
        self._file.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(state: Path) -> list[dict]:
    """What is written so far; after the last line's end there may be the half of another."""
    try:
        lines = (state / "requests.jsonl").read_text("utf-8").split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]
