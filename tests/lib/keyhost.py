"""A host whose sshd wants a key and a phone, for people and programs that come to it."""
import json
import subprocess
import time
from pathlib import Path

import accounts
import host as hosts
from sshd import Keys
from terminal import PATIENCE

CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
KEY = Path("/run/keys/alice")
SENT = "We sent a request to your itsme app."


class KeyHost(hosts.Host):
    """A host whose sshd wants a key and a phone, and where the phone shows texts."""

    def __init__(self):
        super().__init__("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])
        self.keys = Keys()
        self.programs: list[subprocess.Popen] = []

    def reset(self) -> None:
        super().reset()
        self.itsme.configure(provider=CONFIRM)

    def _visitors(self) -> list[int]:
        return [pid for pid in super()._visitors() if pid != self.keys.process.pid]

    def tidy(self) -> None:
        for program in self.programs:
            program.kill()
            program.communicate()
        self.programs.clear()
        super().tidy()

    def close(self) -> None:
        self.keys.close()
        super().close()

    # --- how somebody comes -----------------------------------------------------------------

    def ssh_words(self, *more: object) -> list[str]:
        return [str(word) for word in (
            "ssh", *self.keys.options("publickey,keyboard-interactive"), "-o",
            "IdentitiesOnly=yes", "-i", KEY, *more)]

    def program(self, *argv: object, **options) -> subprocess.Popen:
        """Away from every terminal, without input."""
        program = subprocess.Popen(
            [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, cwd="/", **options)
        self.programs.append(program)
        return program

    def tool(self, *more: object) -> subprocess.Popen:
        return self.program(*self.ssh_words(*more, "alice@127.0.0.1", "cat proof; sleep 0.2"))

    # --- what came of it --------------------------------------------------------------------

    def begun(self, endpoint: str) -> int:
        """How often the provider was begun with there."""
        return len([r for r in self.provider.requests() if r["endpoint"] == endpoint])

    def rings(self) -> int:
        return self.begun("authenticate")

    def live(self) -> list[dict]:
        return json.loads(self.provider.command("pending", "--json"))["requests"]

    def wait_rings(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.rings() < number:
            assert time.monotonic() < deadline, f"{self.rings()} rings"
            time.sleep(0.05)

    def gets_in(self, program: subprocess.Popen, approve: bool = True) -> str:
        if approve:
            self.provider.approve()
        said = program.communicate(timeout=PATIENCE)[0]
        assert program.returncode == 0, f"status {program.returncode}: {said}"
        return said

    def stays_out(self, program: subprocess.Popen) -> str:
        said = program.communicate(timeout=PATIENCE)[0]
        assert program.returncode != 0 and accounts.proof("alice") not in said, said
        return said

    def pairs(self, number: int = 1) -> dict:
        return self.log.wait_attempts(number)[number - 1].pairs
