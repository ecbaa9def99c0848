"""The provider simulator as a test uses it: start it, play the person, read what it was asked."""
import contextlib
import json
import re
import subprocess
import time
from pathlib import Path

from daemon import Daemon

PROGRAM = Path(__file__).resolve().parents[2] / "simulator/itsme-sim"
PATIENCE = 60  # seconds


class Provider:
    def __init__(self, state: Path, client_id: str, service: str, jwks: Path, *settings: object):
        self.state = state
        self.client_id = client_id
        self.seen = 0  # bytes of the log that are of earlier tests
        self.daemon = Daemon(
            state.with_name(f"{state.name}.errors"), PROGRAM, "serve", "--state", state,
            "--client-id", client_id, "--service", service, "--client-jwks", jwks, "--quiet",
            *settings, stdin=subprocess.DEVNULL)
        ready = state / "ready.json"
        self.daemon.wait_ready(ready.exists)
        self.ready = json.loads(ready.read_text())

    @property
    def issuer(self) -> str:
        return self.ready["issuer"]

    @property
    def phone_page(self) -> str:
        return self.ready["phone"]

    # --- the person's side --------------------------------------------------------------

    def command(self, *words: str) -> str:
        result = subprocess.run([PROGRAM, words[0], "--state", self.state, *words[1:]],
                                capture_output=True, text=True, timeout=2 * PATIENCE)
        if result.returncode != 0:
            raise AssertionError(f"itsme-sim {' '.join(words)}: {result.stderr.strip()}")
        return result.stdout.strip()

    def subject(self, person: str) -> str:
        return self.command("subject", "--person", person, "--client-id", self.client_id)

    def scan(self, payload: str, person: str = "alice") -> None:
        self.command("scan", "--payload", payload, "--person", person)

    def approve(self) -> None:
        self._answer("approve")

    def deny(self) -> None:
        self._answer("deny")

    def expire(self) -> None:
        self._answer("expire")

    def _answer(self, verb: str) -> None:
        self.command("wait-for", "approve", "--timeout", str(PATIENCE))
        self.command(verb, "latest")

    def fault(self, name: str, *words: str) -> None:
        self.command("fault", "set", name, *words)

    def refuse(self, path: str, refusal: str) -> None:
        """With a status, and maybe OAuth's word for it; at nothing but PATH."""
        self.command("fault", "clear")
        self.fault(f"http-status={refusal}", "--path", path)

    def shown(self) -> list[str]:
        """The lines that the phone shows, once it rings or a code has been scanned."""
        self.command("wait-for", "approve", "--timeout", str(PATIENCE))
        request = json.loads(self.command("pending", "--json"))["requests"][-1]
        return request["text"].split("<br>")

    def number(self) -> str:
        """The number among them, in whatever language."""
        return next(found[1] for line in self.shown()
                    if (found := re.match(r"\w+\s?: <b>(\d+)</b>", line)))

    # --- what it was asked --------------------------------------------------------------

    def reset(self) -> None:
        """No faults, and nothing left to approve from an earlier test."""
        self.command("fault", "clear")
        for request in json.loads(self.command("pending", "--json"))["requests"]:
            with contextlib.suppress(AssertionError):  # it has just expired by itself
                self.command("expire", request["id"])
        self.seen += len(self._unread())

    def requests(self) -> list[dict]:
        """Requests since the last reset."""
        return self.events("request")

    def events(self, kind: str) -> list[dict]:
        """What the log has of this KIND since the last reset."""
        entries = [json.loads(line) for line in self._unread().splitlines()]
        return [entry for entry in entries if entry["event"] == kind]

    def wait_token(self, timeout: float = PATIENCE) -> None:
        """Until the client has fetched its tokens."""
        deadline = time.monotonic() + timeout
        while not [request for request in self.requests()
                   if request["endpoint"] == "token" and request.get("status") == 200]:
            if time.monotonic() > deadline:
                raise AssertionError("the client has not fetched its tokens")
            time.sleep(0.02)

    def _unread(self) -> bytes:
        """The log since the last reset; after its last line's end there may be half of another."""
        try:
            with open(self.state / "requests.jsonl", "rb") as log:
                log.seek(self.seen)
                text = log.read()
        except FileNotFoundError:
            return b""
        return text[:text.rfind(b"\n") + 1]

    def close(self) -> None:
        self.daemon.close()
