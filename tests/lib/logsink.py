"""The syslog of the private machine: collects /dev/log and finds pam_itsme's lines in it."""
import os
import re
import secrets
import socket
import threading
import time
from dataclasses import dataclass

PATH = "/dev/log"
LOG_AUTHPRIV = 10
RECORD = re.compile(r"<(\d+)>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?([^:\[]+)(?:\[\d+\])?: (.*)",
                    re.DOTALL)
PAIR = re.compile(r'([a-z_]+)=("[^"]*"|\S*)')


@dataclass
class Record:
    """One message: who sent it, to which facility, and the key=value pairs in its text."""
    facility: int
    severity: int
    ident: str
    text: str

    @property
    def pairs(self) -> dict[str, str]:
        return {key: value.strip('"') for key, value in PAIR.findall(self.text)}


class LogSink:
    def __init__(self):
        self.begin()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(PATH)
        os.chmod(PATH, 0o666)
        threading.Thread(target=self.collect, daemon=True).start()

    def begin(self) -> None:
        self.records: list[Record] = []
        self.raw: list[str] = []
        self.marks: set[str] = set()  # see catch_up

    def collect(self) -> None:
        while True:
            self.take(self.socket.recv(65536).decode(errors="backslashreplace").rstrip("\0\n"))

    def take(self, message: str) -> None:
        if message in self.marks:
            self.marks.discard(message)
            return
        self.raw.append(message)
        match = RECORD.fullmatch(message)
        if match:
            priority = int(match[1])
            self.records.append(Record(priority >> 3, priority & 7, match[2], match[3]))

    def catch_up(self) -> None:
        """Until all that was sent before now has been collected."""
        mark = f"<14>mark: {secrets.token_hex(8)}"
        self.marks.add(mark)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), PATH)
        while mark in self.marks:
            time.sleep(0.001)

    def clear(self) -> None:
        self.catch_up()
        self.records.clear()
        self.raw.clear()

    def attempts(self) -> list[Record]:
        """The lines that tell how an attempt ended."""
        self.catch_up()
        return [record for record in self.records
                if record.text.startswith("pam_itsme(") and "outcome" in record.pairs]

    def wait_line(self, *words: str, timeout: float = 60) -> str:
        """The first line, of anybody's, with all of these WORDS; it may come after its writer's
        end."""
        deadline = time.monotonic() + timeout
        while True:
            for line in self.raw:
                if all(word in line for word in words):
                    return line
            if time.monotonic() > deadline:
                raise AssertionError(f"no line with {words}: {self.raw}")
            time.sleep(0.02)

    def wait_attempts(self, number: int, timeout: float = 60) -> list[Record]:
        """The lines of NUMBER attempts; an error when there are fewer, or more."""
        deadline = time.monotonic() + timeout
        while len(self.attempts()) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        found = self.attempts()
        if len(found) != number:
            raise AssertionError(f"{len(found)} lines for {number} attempts: {self.raw}")
        return found
