"""A provider's program: started, waited for, ended by its pid, and gone with its parent."""
import ctypes
import signal
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
START = 60  # seconds that a busy machine may need


def end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    def __init__(self, log: Path, *command: object, **options):
        self.log = log
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(list(map(str, command)), stderr=errors,
                                            preexec_fn=end_with_parent, **options)

    def wait_ready(self, is_ready) -> None:
        deadline = time.monotonic() + START
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"{self.process.args[0]} did not start: "
                                   f"{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def close(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(START)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
