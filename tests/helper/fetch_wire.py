"""itsme-fetch's side of its channel in Python. The tables are read from src/wire/fetch.h."""

import re
import struct
from pathlib import Path

HEADER = (Path(__file__).parents[2] / "src/wire/fetch.h").read_text(encoding="utf-8")
VERSION = int(re.search(r"#define FETCH_VERSION (\d+)", HEADER)[1])
BEGIN, PREFIX = struct.Struct(">2sBBI"), struct.Struct(">BI")     # of a message, of a field


def _rows(name):
    block = re.search(rf"#define {name}\(X\)(.*?)\n\n", HEADER, re.S).group(1)
    return re.findall(r"X\(([A-Z_]+), ([A-Z]+)", block)


FIELDS = _rows("FETCH_FIELD_LIST")
KINDS = [name for name, _ in _rows("FETCH_KIND_LIST")]


def pack(kind, **fields):
    """A message; fields by their names in lower case, in the order of the table."""
    message = b""
    for i, (name, kind_of) in enumerate(FIELDS):
        if name.lower() not in fields:
            continue
        data = fields[name.lower()]
        if kind_of == "NUMBER":
            data = struct.pack(">I", data)
        elif kind_of == "TEXT":
            data = data.encode() + b"\0"
        message += PREFIX.pack(i, len(data)) + data
    return BEGIN.pack(b"pf", VERSION, KINDS.index(kind) + 1, len(message)) + message


def receive(channel):
    """Kind and fields of the next message; None at the end of the channel."""
    begin = _read(channel, BEGIN.size)
    if begin is None:
        return None
    mark, version, kind, length = BEGIN.unpack(begin)
    assert (mark, version) == (b"pf", VERSION), begin
    data, fields, at = _read(channel, length) or b"", {}, 0
    while at < length:
        (name, kind_of), size = FIELDS[data[at]], PREFIX.unpack_from(data, at)[1]
        at += PREFIX.size
        value, at = data[at:at + size], at + size
        if kind_of == "NUMBER":
            value = struct.unpack(">I", value)[0]
        elif kind_of == "TEXT":
            value = value[:-1].decode()
        fields[name.lower()] = value
    return KINDS[kind - 1], fields


def _read(channel, length):
    data = b""
    while len(data) < length:
        more = channel.recv(length - len(data))
        if not more:
            return None
        data += more
    return data
