"""What a provider can do to whoever asks it, below the answers: HTTP and TLS without end, without
sense or without haste. Each is function(connection, answer), as in faults.py, or of the plain socket."""

import gzip
import json
import socket
import ssl
import struct
import time
import zlib

BLOCK = 1 << 14
PLENTY = 80 << 20               # bytes; more than any program may have
SLOW = 1.0                      # seconds between two bytes
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def without_end(begin, unit):
    """UNIT again and again behind BEGIN, until nobody takes it; once it is PLENTY, slowly."""
    block = unit * max(1, BLOCK // len(unit))

    def made(connection, _answer):
        connection.sendall(begin)
        sent = 0
        while True:
            connection.sendall(block)
            sent += len(block)
            if sent > PLENTY:
                time.sleep(SLOW / 10)
    return made


def chunks_around(begin, end=b""):
    """The honest answer as one chunk, and what may stand around it."""
    def made(connection, answer):
        body = answer[1]
        connection.sendall(CHUNKED + b"%x" % len(body) + begin + b"\r\n" + body + b"\r\n" + end)
        return True
    return made


def behind_the_body(unit):
    """Trailers, by this unit, without end."""
    def made(connection, answer):
        chunks_around(b"", b"0\r\n")(connection, answer)
        return without_end(b"", unit)(connection, answer)
    return made


def behind_the_answer(unit):
    """An honest one, and then bytes that nobody asked for."""
    def made(connection, answer):
        body = answer[1]
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return without_end(b"", unit)(connection, answer)
    return made


def whole(body, *headers):
    def made(connection, _answer):
        connection.sendall(HEAD + b"".join(line + b"\r\n" for line in headers) +
                           b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return True
    return made


def status(line, *headers):
    def made(connection, _answer):
        connection.sendall(b"\r\n".join([b"HTTP/1.1 " + line, *headers, b"Content-Length: 0", b"", b""]))
        return True
    return made


def slowly(begin, rest):
    """One byte a second behind BEGIN."""
    def made(connection, _answer):
        connection.sendall(begin)
        for byte in rest * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(SLOW)
    return made


def compressed(kind):
    """A hundred megabytes in a hundred kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if kind == b"gzip" else 15)
    zeros = bytes(1 << 20)
    packed = b"".join(packer.compress(zeros) for _ in range(100)) + packer.flush()
    return packed


def nested(depth):
    return b"[" * depth


def many(unit, size=250_000):
    """A list of as many UNITs as an answer can hold."""
    return b"[" + b",".join([unit] * (size // (len(unit) + 1))) + b"]"


# --- before there is HTTP: function(plain socket) ----------------------------------------------


def nothing(plain):
    plain.recv(BLOCK)
    plain.recv(1)               # until the other side has had enough


def hello_slowly(plain):
    """A ServerHello of 64 kB, byte by byte."""
    plain.recv(BLOCK)
    plain.sendall(b"\x16\x03\x03\x40\x00\x02\x00\xff\xff\x03\x03")
    while True:
        plain.sendall(b"x")
        time.sleep(SLOW)


def records_without_end(plain):
    """A handshake message of 16 MB, and then another."""
    plain.recv(BLOCK)
    while True:
        plain.sendall((b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes((1 << 14) - 4)) * 16)


def alerts_without_end(plain):
    plain.recv(BLOCK)
    while True:
        plain.sendall(b"\x15\x03\x03\x00\x02\x01\x00" * 1000)


def plain_text(plain):
    plain.recv(BLOCK)
    while True:
        plain.sendall(b"no TLS at all " * 1000)


def chain(certificate, size):
    """A context that shows this certificate, whose chain is made SIZE bytes long."""
    def context(directory):
        text = certificate.read_text()
        begin = text.index("-----BEGIN CERTIFICATE")
        one = text[begin:text.index("-----END CERTIFICATE-----") + 26]
        path = directory / f"chain-{size}.pem"
        path.write_text(text + one * (size // (len(one) * 3 // 4)))
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(path)
        return found
    return context
