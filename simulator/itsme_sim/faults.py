"""Fault injection: one table of everything that can be made to go wrong, and what is armed."""

import json
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass

from .options import seconds
from .strictjson import read_object


def _make_key() -> None:
    from .keys import foreign_key       # only where it is wanted: the imports are slow
    foreign_key()


def _make_bomb() -> None:
    from .qr import bomb
    bomb()


@dataclass(frozen=True)
class Kind:
    help: str
    value: str = ""          # what VALUE means, "" when the fault takes none
    needs_value: bool = False
    prepare: Callable[[], object] | None = None     # slow work, done when it is armed


PATH = "PATH"
JSON = "JSON"
OBJECT = "OBJECT"        # of JSON
SECONDS = "SECONDS"
DELAY = "DELAY"
STATUS = "STATUS"

KINDS = {
    # the ID Token
    "idtoken-missing": Kind("the token answer has no id_token"),
    "idtoken-bad-signature": Kind("one bit of the inner signature is turned"),
    "idtoken-foreign-key": Kind("signed by a key nobody published, under the right kid",
                                prepare=_make_key),
    "idtoken-wrong-kid": Kind("the inner header names a kid that is not published"),
    "idtoken-alg-none": Kind("the inner token is unsigned, alg none"),
    "idtoken-hs256": Kind("the inner token is HS256 with our public key as the secret"),
    "idtoken-unencrypted": Kind("signed but not encrypted"),
    "idtoken-unsigned": Kind("encrypted but not signed: bare claims inside"),
    "idtoken-double-nesting": Kind("encrypted twice"),
    "idtoken-tampered-tag": Kind("one bit of the JWE's tag is turned"),
    "idtoken-tampered-text": Kind("one bit of the JWE's ciphertext is turned"),
    "idtoken-wrong-enc-kid": Kind("the JWE names a kid the client does not have"),
    "idtoken-rsa1_5": Kind("the JWE's key is wrapped with RSA1_5"),
    "idtoken-wrong-iss": Kind("iss is another issuer"),
    "idtoken-wrong-aud": Kind("aud is another client"),
    "idtoken-expired": Kind("exp lies an hour back"),
    "idtoken-future-iat": Kind("iat lies an hour ahead"),
    "idtoken-string-exp": Kind("exp is a string"),
    "idtoken-no-sub": Kind("no sub"),
    "idtoken-long-sub": Kind("sub is 300 characters long"),
    "idtoken-other-subject": Kind("sub is a stranger's"),
    "idtoken-acr": Kind("acr is VALUE, or missing when VALUE is empty", "ACR", True),
    "idtoken-claims": Kind("claims replaced by those in VALUE, null removes", OBJECT, True),
    "idtoken-header": Kind("the inner header's members replaced likewise", OBJECT, True),
    # the answers as HTTP
    "http-500": Kind("status 500", PATH),
    "http-html": Kind("status 200 with a page of HTML", PATH),
    "http-garbage": Kind("bytes that are not HTTP", PATH),
    "http-close": Kind("the connection is closed without an answer", PATH),
    "http-status": Kind("this status; with a word behind it, the error of OAuth that it is",
                        STATUS, True),
    "http-late": Kind("the right answer, this many seconds late", DELAY, True),
    "http-stall": Kind("no answer, the connection stays open", PATH),
    "http-drip": Kind("the right answer, a byte every 200 ms", PATH),
    "http-huge": Kind("the right answer after 64 MB of spaces", PATH),
    "http-redirect": Kind("status 302 to somewhere else on this server", PATH),
    "retry-after": Kind("429 or 503 with Retry-After", SECONDS, True),
    # the answers as JSON
    "json-duplicate-key": Kind("every member twice, the second a wrong one", PATH),
    "json-trailing": Kind("something after the JSON object", PATH),
    "answer-interval": Kind("interval is this JSON value", JSON, True),
    "answer-expires-in": Kind("expires_in is this JSON value", JSON, True),
    # the QR image
    "qr-missing": Kind("no qr_code in the answer"),
    "qr-not-base64": Kind("qr_code is not base64"),
    "qr-garbage": Kind("qr_code is not an image"),
    "qr-blank": Kind("qr_code is a picture without a QR code"),
    "qr-huge-image": Kind("a small file that unpacks to 20000 x 20000 pixels", prepare=_make_bomb),
    "qr-http-payload": Kind("the address in the code holds ESC and other control characters"),
    # the token endpoint
    "token-slow-down": Kind("slow_down, also for a poll in time"),
    "token-unknown-error": Kind("an error code that no standard knows"),
    # discovery document and JWK Set
    "discovery-wrong-issuer": Kind("issuer is somebody else's"),
    "discovery-foreign-endpoints": Kind("the endpoints are on another host"),
    "jwks-empty": Kind("no keys"),
    "jwks-duplicate-kid": Kind("another key under the same kid"),
    "jwks-odd-key": Kind("a key more, that lacks its numbers"),
    # TLS, per connection
    "tls-wrong-host": Kind("the certificate is another host's"),
    "tls-expired": Kind("the certificate expired yesterday"),
    "tls-unknown-ca": Kind("the certificate is by a CA nobody knows"),
}


def _check_header(value: str) -> None:
    """Also what is no number may be sent, but not another header."""
    if not value.isascii() or not value.isprintable():
        raise ValueError("the value must be printable ASCII")


def _check_status(value: str) -> None:
    if not re.fullmatch("[2-5][0-9]{2}( [a-z_]+)?", value):
        raise ValueError("STATUS is a number of HTTP, then maybe a blank and a word of OAuth")


CHECKS = {JSON: json.loads, OBJECT: read_object, SECONDS: _check_header, DELAY: seconds,
          STATUS: _check_status}


@dataclass
class Armed:
    name: str
    value: str
    path: str
    left: int | None         # how many times more, None for until cleared


class Faults:
    def __init__(self):
        self._armed: dict[str, Armed] = {}

    def set(self, name: str, value: str | None = None, path: str = "",
            count: int | None = None) -> None:
        """Arm a fault; ValueError says what is wrong with the wish."""
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(f"no fault is called {name}")
        if kind.needs_value and value is None:
            raise ValueError(f"{name} needs a value: {name}={kind.value}")
        if value and not kind.value:
            raise ValueError(f"{name} takes no value")
        if check := CHECKS.get(kind.value):
            try:
                check(value)
            except ArgumentTypeError as error:
                raise ValueError(str(error)) from None
        if count is not None and count < 1:
            raise ValueError("a count starts at 1")
        if kind.value == PATH:
            path = path or value or ""
        if kind.prepare:
            kind.prepare()
        self._armed[name] = Armed(name, value or "", path, count)

    def clear(self, name: str | None = None) -> None:
        if name is None:
            self._armed.clear()
        elif name in KINDS:
            self._armed.pop(name, None)
        else:
            raise ValueError(f"no fault is called {name}")

    def take(self, name: str, path: str = "") -> str | None:
        """The fault's value if it strikes now (maybe ""), else None. Counts it as struck."""
        assert name in KINDS, name
        armed = self._armed.get(name)
        if armed is None or armed.path not in path:
            return None
        if armed.left is not None:
            armed.left -= 1
            if armed.left == 0:
                del self._armed[name]
        return armed.value

    def armed(self) -> list[dict]:
        return [vars(armed) for armed in self._armed.values()]
