"""The client's signed tokens, verified strictly: assertion, request object, login hint.

The algorithm is RS256 because we say so, never because a token says so.
"""

import re
import time
from typing import Callable

from jwcrypto import jws
from jwcrypto.common import base64url_decode

from .clients import Client
from .refusal import Refusal
from .strictjson import is_integer, read_object

COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
HEADER_MEMBERS = {"alg", "kid", "typ", "cty"}
TOKEN_MAX = 32768
SKEW = 60
LIFETIME_MAX = 600
JTI_MAX = 255

Refuse = Callable[[str], Refusal]


def open_signed(token: str, client: Client, refuse: Refuse) -> tuple[dict, dict]:
    """Return (header, claims) of a JWS that `client` signed; raises what `refuse` makes."""
    if len(token) > TOKEN_MAX or not COMPACT.fullmatch(token):
        raise refuse("not a JWS in compact serialization")
    try:
        header = read_object(base64url_decode(token.split(".")[0]))
    except ValueError as error:
        raise refuse(f"the header is not JSON: {error}") from None
    if header.get("alg") != "RS256":
        raise refuse("alg must be RS256")
    if unknown := header.keys() - HEADER_MEMBERS:
        raise refuse(f"header members not expected: {', '.join(sorted(unknown))}")
    if not all(isinstance(header.get(name, ""), str) for name in ("typ", "cty")):
        raise refuse("typ and cty must be strings")
    kid = header.get("kid")
    key = client.signing_key(kid) if isinstance(kid, str) else None
    if key is None:
        raise refuse("kid names no signing key that the client publishes")
    message = jws.JWS()
    message.allowed_algs = ["RS256"]
    try:
        message.deserialize(token, key)
    except (jws.InvalidJWSSignature, jws.InvalidJWSObject, ValueError):
        raise refuse("the signature does not verify") from None
    try:
        return header, read_object(message.payload)
    except ValueError as error:
        raise refuse(f"the claims are not JSON: {error}") from None


def check_times(claims: dict, required: tuple, refuse: Refuse) -> None:
    """exp, iat and nbf: integers, the first in the future, the others not, all of them near."""
    now = time.time()
    for name in ("exp", "iat", "nbf"):
        if name not in claims:
            if name in required:
                raise refuse(f"{name} is missing")
        elif not is_integer(claims[name]):
            raise refuse(f"{name} must be an integer number")
    if claims["exp"] <= now:
        raise refuse("exp has passed")
    if claims["exp"] > now + LIFETIME_MAX:
        raise refuse(f"exp is more than {LIFETIME_MAX} seconds ahead")
    for name in ("iat", "nbf"):
        if name in claims and claims[name] > now + SKEW:
            raise refuse(f"{name} is in the future")
        if name in claims and claims[name] < now - LIFETIME_MAX:
            raise refuse(f"{name} is too long ago")


def check_equal(claims: dict, expected: dict, refuse: Refuse) -> None:
    for name, value in expected.items():
        if name not in claims:
            raise refuse(f"{name} is missing")
        if claims[name] != value:
            raise refuse(f"{name} must be {value}")


class JtiMemory:
    """Every jti of every client, remembered for as long as its token could be replayed."""

    def __init__(self):
        self._until: dict[tuple[str, str], float] = {}

    def use(self, client: Client, claims: dict, refuse: Refuse) -> None:
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti:
            raise refuse("jti is missing")
        if len(jti) > JTI_MAX:
            raise refuse(f"jti is longer than {JTI_MAX} characters")
        now = time.time()
        self._until = {key: until for key, until in self._until.items() if until > now}
        if (client.client_id, jti) in self._until:
            raise refuse("jti was used before")
        self._until[client.client_id, jti] = claims["exp"]
