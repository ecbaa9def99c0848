"""The log of a system that systemd has started, read as tests read that of any other."""
import json
import secrets
import socket
import subprocess
import threading

from logsink import LogSink
from provider import end_with_parent

FOLLOW = ("journalctl", "--follow", "--no-tail", "--output=json")


class Journal(LogSink):
    def __init__(self):
        self.records, self.raw = [], []
        self.process = subprocess.Popen(FOLLOW, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=end_with_parent)
        threading.Thread(target=self.collect, daemon=True).start()

    def collect(self) -> None:
        for line in self.process.stdout:
            entry = json.loads(line)
            priority = int(entry.get("SYSLOG_FACILITY", 0)) << 3 | int(entry.get("PRIORITY", 6))
            self.take(f"<{priority}>{entry.get('SYSLOG_IDENTIFIER', '-')}: {entry['MESSAGE']}")

    def clear(self) -> None:
        """What was logged so far is on its way; nothing of it may come afterwards."""
        mark = secrets.token_hex(8)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.sendto(f"<14>mark: {mark}".encode(), "/dev/log")
        self.wait_line(mark)
        super().clear()
