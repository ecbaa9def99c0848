"""The socket for hosts that run as the person, and the wire as such a person may abuse it."""
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helper"))

import channel
from accounts import PEOPLE
from daemon import end_with_parent
from terminal import PATIENCE

DIRECTORY = Path("/run/pam_itsme")
SOCKET = DIRECTORY / "helper.sock"
ACCEPTED = DIRECTORY / "accepted.sock"
HELPER = "/usr/libexec/pam_itsme/itsme-helper"
LISTENER = "/usr/libexec/pam_itsme/itsme-listener"
STAND_IN = Path(__file__).resolve().parent / "activate"
SYSTEMD = ("systemd-socket-activate", "--accept", "--seqpacket", f"--listen={SOCKET}")
UIDS = {person.name: person.uid for person in PEOPLE}


class Service:
    """Somebody listens at the socket until `close`; WORDS are for the stand-in."""

    def __init__(self, *words: object, systemd: bool = False):
        DIRECTORY.mkdir(mode=0o755, exist_ok=True)
        SOCKET.unlink(missing_ok=True)
        command = [*SYSTEMD, HELPER] if systemd else [STAND_IN, *words, SOCKET, HELPER]
        self.process = subprocess.Popen([str(word) for word in command],
                                        preexec_fn=end_with_parent, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not self._listens():
            assert self.process.poll() is None, f"{command[0]} ended"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            time.sleep(0.02)
        SOCKET.chmod(0o666)

    @staticmethod
    def _listens() -> bool:
        """By the kernel's table, so that nobody connects just to see."""
        return any(line.split()[3] == "00010000" and line.endswith(f" {SOCKET}")
                   for line in Path("/proc/net/unix").read_text().splitlines())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        SOCKET.unlink(missing_ok=True)


class Listening:
    """The same, with the listener before it: helpers are started for whom it hands over."""

    def __init__(self):
        DIRECTORY.mkdir(mode=0o755, exist_ok=True)
        ACCEPTED.unlink(missing_ok=True)
        SOCKET.unlink(missing_ok=True)
        self.helpers = subprocess.Popen(
            ("systemd-socket-activate", "--accept", f"--listen={ACCEPTED}", HELPER),
            preexec_fn=end_with_parent, stderr=subprocess.DEVNULL)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind(str(SOCKET))
            SOCKET.chmod(0o666)
            door.listen(128)
            self.process = subprocess.Popen((LISTENER, ACCEPTED), pass_fds=(channel.CHANNEL,),
                                            preexec_fn=lambda: self._begin(door.fileno()))
        deadline = time.monotonic() + PATIENCE
        while not (ACCEPTED.exists() and self.children()):
            assert time.monotonic() < deadline, "nobody starts helpers, or the listener is not there"
            time.sleep(0.02)

    def children(self) -> list[int]:
        """The listener's: the one that looks for accounts, once it has begun."""
        pid = self.process.pid
        return [int(child) for child in
                Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @staticmethod
    def _begin(door: int) -> None:
        end_with_parent()
        os.dup2(door, channel.CHANNEL)

    def close(self) -> None:
        for process in (self.process, self.helpers):
            process.terminate()
            process.wait(PATIENCE)
        SOCKET.unlink(missing_ok=True)
        ACCEPTED.unlink(missing_ok=True)


class Caller:
    """A program of USER, a name or a uid, that speaks to the service without any module between."""

    def __init__(self, user: str | int):
        self.user = user
        self.nonce = os.urandom(16)
        self.version = channel.VERSION
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        os.seteuid(user if isinstance(user, int) else UIDS.get(user, 0))  # the kernel notes who connects
        try:
            self.socket.connect(str(SOCKET))
        finally:
            os.seteuid(0)

    def request(self, user: str = "", service: str = "vlock", style: int = channel.TEXT_STYLE,
                **more) -> "Caller":
        self.version = more.get("version", channel.VERSION)
        self.send(channel.pack("REQUEST", nonce=self.nonce, user=user or self.user,
                               service=service, style=style, **more))
        return self

    def send(self, packet: bytes) -> None:
        try:
            self.socket.send(packet)
        except BrokenPipeError:
            pass  # there was no place for us

    def receive(self) -> tuple[str, dict] | None:
        """The next message; None at the end."""
        try:
            packet = self.socket.recv(65536)
        except ConnectionResetError:
            packet = b""
        return channel.unpack(packet, self.version) if packet else None

    def until(self, kind: str) -> dict:
        while message := self.receive():
            if message[0] == kind:
                return message[1]
        raise AssertionError(f"no {kind}")

    def verdict(self) -> tuple[str, str]:
        fields = self.until("VERDICT")
        assert fields["nonce"] == self.nonce
        return channel.VERDICTS[fields["verdict"]].lower(), fields["reason"]

    def close(self) -> None:
        self.socket.close()
