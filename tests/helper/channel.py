"""The module's side of the channel in Python. The tables are read from src/wire/wire.h."""

import os
import re
import select
import socket
import struct
import subprocess
import time
from pathlib import Path

HEADER = (Path(__file__).parents[2] / "src/wire/wire.h").read_text(encoding="utf-8")
VERDICTS = re.findall(r"X\(([A-Z_]+), \"",
                      (Path(__file__).parents[2] / "src/base/verdict.h").read_text())


def _rows(name):
    block = re.search(rf"#define {name}\(X\)(.*?)\n\n", HEADER, re.S).group(1)
    return re.findall(r"X\(([A-Z_]+), ([A-Z]+)", block)


FIELDS = _rows("WIRE_FIELD_LIST")
KINDS = [name for name, _ in _rows("WIRE_KIND_LIST")]
VERSION = int(re.search(r"#define WIRE_VERSION (\d+)", HEADER)[1])
ENTER, FAILED = 0, 1
CHANNEL = 3  # the helper's descriptor
(TEXT_STYLE, PROMPT_STYLE, LIVE_STYLE, PLAIN_STYLE, UNATTENDED_STYLE, FORM_STYLE, NOBODY_STYLE,
 PASSWORD_STYLE, GDM_STYLE) = range(9)


def reserve_descriptor():
    """For programs with threads: what one of them has there may be closed by it just when
    another starts a helper, to which it is to be passed on."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != CHANNEL:
        os.dup2(null, CHANNEL, inheritable=False)


def pack(kind, version=VERSION, **fields):
    """A packet; fields by their names in lower case."""
    packet = b"pi" + bytes([version, KINDS.index(kind) + 1])
    for i, (name, kind_of) in enumerate(FIELDS):
        if name.lower() not in fields:
            continue
        value = fields[name.lower()]
        if kind_of == "NUMBER":
            data = struct.pack(">I", value)
        elif kind_of == "TEXT":
            data = (value if isinstance(value, bytes) else value.encode()) + b"\0"
        else:
            data = value
        packet += bytes([i]) + struct.pack(">H", len(data)) + data
    return packet


def unpack(packet, version=VERSION):
    """Kind and fields of a packet of that VERSION."""
    assert packet[:3] == b"pi" + bytes([version]), packet[:8]
    fields, at = {}, 4
    while at < len(packet):
        name, kind_of = FIELDS[packet[at]]
        length = struct.unpack_from(">H", packet, at + 1)[0]
        data = packet[at + 3:at + 3 + length]
        if kind_of == "NUMBER":
            data = struct.unpack(">I", data)[0]
        elif kind_of == "TEXT":
            data = data[:-1].decode()
        fields[name.lower()] = data
        at += 3 + length
    return KINDS[packet[3] - 1], fields


class Helper:
    """One itsme-helper, started as the module does, and what it has said so far."""

    def __init__(self, program, environment=None, request=None):
        """REQUEST (arguments of request()) waits for it already when it starts: it gives nobody
        more than five seconds, which a busy machine may take to run this process again."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel = ours
        self.nonce = os.urandom(16)
        self.messages = []
        self.version = VERSION
        if request is not None:
            self.request(**request)
        self.process = subprocess.Popen(
            program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=environment or {},
            preexec_fn=lambda: os.dup2(theirs.fileno(), CHANNEL), pass_fds=(CHANNEL,),
            start_new_session=False)
        theirs.close()

    def request(self, user="daemon", style=TEXT_STYLE, arguments=(), service="test", ruid=1,
                **more):
        """By default the caller is the account himself, as for sudo."""
        self.version = more.get("version", VERSION)
        self.channel.send(pack("REQUEST", nonce=self.nonce, user=user, service=service,
                               arguments="\n".join(arguments), style=style, ruid=ruid, **more))

    def resize(self, columns, rows):
        self.channel.send(pack("RESIZE", columns=columns, rows=rows))

    def answer(self, reply=ENTER, **more):
        self.channel.send(pack("ANSWER", reply=reply, **more))

    def receive(self, timeout=60.0):
        """The next message, or None at the end of the channel."""
        ready, _, _ = select.select([self.channel], [], [], timeout)
        if not ready:
            raise TimeoutError("the helper says nothing")
        try:
            packet = self.channel.recv(65536)
        except ConnectionResetError:
            packet = b""
        if not packet:
            return None
        message = unpack(packet, self.version)
        self.messages.append(message)
        return message

    def until(self, kind, timeout=60.0):
        """The fields of the next message of this kind; None if the channel ends first."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.receive(max(0.1, deadline - time.monotonic()))
            if message is None:
                return None
            if message[0] == kind:
                return message[1]

    def verdict(self, timeout=60.0):
        """(verdict, reason) if one comes that is ours; None if none does."""
        fields = self.until("VERDICT", timeout)
        if fields is None:
            return None
        assert fields["nonce"] == self.nonce, "the nonce is not ours"
        return VERDICTS[fields["verdict"]].lower(), fields["reason"]

    def log(self):
        return "\n".join(f["text"] for kind, f in self.messages if kind == "LOG")

    def close(self, timeout=30.0):
        """Closes the channel; the helper must go by itself. Returns its exit status."""
        self.channel.close()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the helper outlived its channel") from None
        finally:
            self.errors = self.process.stderr.read().decode(errors="replace")
            self.process.stderr.close()
