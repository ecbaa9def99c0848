"""The log of a system that systemd has started, read as tests read that of any other."""
import json
import subprocess
import threading

from daemon import end_with_parent
from logsink import LogSink

FOLLOW = ("journalctl", "--follow", "--no-tail", "--output=json")


class Journal(LogSink):
    def __init__(self):
        self.begin()
        self.process = subprocess.Popen(FOLLOW, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=end_with_parent)
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self) -> None:
        for line in self.process.stdout:
            entry = json.loads(line)
            priority = int(entry.get("SYSLOG_FACILITY", 0)) << 3 | int(entry.get("PRIORITY", 6))
            self.take(f"<{priority}>{entry.get('SYSLOG_IDENTIFIER', '-')}: {entry['MESSAGE']}")
