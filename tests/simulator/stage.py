"""A simulator in a directory of its own for a test class, and the last line every test prints."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from client import Keys, TestClient

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "simulator"))
from itsme_sim import journal  # noqa: E402

PATIENCE = 60  # seconds; only what never comes takes so long
PROGRAM = str(TOP / "simulator" / "itsme-sim")
CLIENT_ID, OTHER_ID = "ORG", "OTHER"


class Simulator:
    """Runs `serve` with `options`; knows two clients, whose keys are made once per program."""

    keys: Keys | None = None
    other_keys: Keys | None = None

    def __init__(self, *options: str):
        cls = type(self)
        cls.keys = cls.keys or Keys("1")
        cls.other_keys = cls.other_keys or Keys("2")
        self.directory = Path(tempfile.mkdtemp(prefix="itsme-sim-test-"))
        self.state = self.directory / "state"
        self.jwks = self.directory / "jwks.json"
        self.jwks.write_text(self.keys.published())
        (self.directory / "other.json").write_text(self.other_keys.published())
        more = self.directory / "more.json"
        more.write_text(json.dumps([{"client_id": OTHER_ID, "services": ["OTHER_LOGIN"],
                                     "jwks": str(self.directory / "other.json")}]))
        self.options = [
            "--client-id", CLIENT_ID, "--client-jwks", str(self.jwks), "--service", "ORG_LOGIN",
            "--confirm-service", "ORG_CONFIRM", "--more-clients", str(more), "--quiet", *options]
        self.process: subprocess.Popen | None = None
        self.ready: dict = {}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--state", str(self.state), *self.options])
        until = time.monotonic() + PATIENCE
        while not (self.state / "ready.json").exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the simulator does not start")
            time.sleep(0.02)
        self.ready = json.loads((self.state / "ready.json").read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def remove(self) -> None:
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)

    def client(self) -> TestClient:
        return TestClient(self.ready["issuer"], self.ready["ca_file"], CLIENT_ID, self.keys)

    def other_client(self) -> TestClient:
        return TestClient(self.ready["issuer"], self.ready["ca_file"], OTHER_ID,
                          self.other_keys)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess:
        """A subcommand as a script would run it."""
        return subprocess.run([PROGRAM, command, "--state", str(self.state), *arguments],
                              capture_output=True, text=True, timeout=2 * PATIENCE)

    def log(self, event: str = "request") -> list[dict]:
        return [line for line in journal.read(self.state) if line["event"] == event]

    def wait_idle(self) -> None:
        """Until nothing waits for the person any more."""
        until = time.monotonic() + PATIENCE
        while True:
            waiting = json.loads(self.run("pending", "--json").stdout)
            if not waiting["sessions"] and not waiting["requests"]:
                return
            if time.monotonic() > until:
                raise AssertionError(f"still waiting: {waiting}")


class SimulatorTest(unittest.TestCase):
    """A simulator for the class, started with OPTIONS, and a client for each test."""

    OPTIONS: tuple = ()

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.OPTIONS)
        cls.addClassCleanup(cls.simulator.remove)
        cls.subjects = {}

    def setUp(self):
        self.client = self.simulator.client()
        self.addCleanup(self.client.close)

    def subject(self, person: str) -> str:
        if person not in self.subjects:
            found = self.simulator.run("subject", "--person", person, "--client-id", CLIENT_ID)
            self.assertEqual(found.returncode, 0, found.stderr)
            self.subjects[person] = found.stdout.strip()
        return self.subjects[person]

    @property
    def alice(self) -> str:
        return self.subject("alice")


def decode(image: bytes) -> str:
    """What zbarimg, which knows nothing of ours, reads in a picture, or an empty string."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(image)
        file.flush()
        found = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sbinary", file.name],
                               capture_output=True, text=True)
    return found.stdout.rstrip("\n")


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main() -> None:
    """unittest's main, with the line that the project's runner reads."""
    os.umask(0o077)
    program = unittest.main(
        exit=False, testRunner=unittest.TextTestRunner(resultclass=Result, stream=sys.stdout))
    result = program.result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed")
    sys.exit(0 if result.passed and not failed else 1)
