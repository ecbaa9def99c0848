"""The organisations that may talk to us: id, service codes and their published JWK Set."""

from dataclasses import dataclass, field
from pathlib import Path

from jwcrypto import jwk
from jwcrypto.common import base64url_decode

from .refusal import bad_client
from .strictjson import read_object

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def _read_key(member: dict) -> jwk.JWK:
    """One key as itsme wants it published; ValueError says what is wrong."""
    kid = member.get("kid")
    if not isinstance(kid, str) or not kid:
        raise ValueError("a key has no kid")
    if PRIVATE_MEMBERS & member.keys():
        raise ValueError(f"key {kid} is published with its private half")
    if member.get("kty") != "RSA":
        raise ValueError(f"key {kid} is not RSA")
    if member.get("use") not in ("sig", "enc"):
        raise ValueError(f"key {kid} has no use of sig or enc")
    key = jwk.JWK(**member)
    if len(base64url_decode(key.get("n"))) < 256:
        raise ValueError(f"key {kid} is shorter than 2048 bits")
    return key


def read_jwks(text: bytes) -> dict[str, jwk.JWK]:
    """The keys of a JWK Set by kid, or ValueError."""
    members = read_object(text).get("keys")
    if not isinstance(members, list) or not all(isinstance(m, dict) for m in members):
        raise ValueError("no list of keys")
    keys = {}
    for member in members:
        try:
            key = _read_key(member)
        except jwk.InvalidJWKValue as error:
            raise ValueError(f"a key cannot be read: {error}") from None
        if key.key_id in keys:
            raise ValueError(f"kid {key.key_id} occurs twice")
        keys[key.key_id] = key
    for use in ("sig", "enc"):
        if not any(key.get("use") == use for key in keys.values()):
            raise ValueError(f"no key for use {use}")
    return keys


@dataclass
class Client:
    """A client's registration. Its JWK Set file is read again whenever it changes."""

    client_id: str
    jwks_file: Path
    services: frozenset
    confirm_services: frozenset = frozenset()
    _seen: tuple = ()
    _keys: dict = field(default_factory=dict)

    def keys(self) -> dict[str, jwk.JWK]:
        """Raises OSError or ValueError when the set cannot be read or is not acceptable."""
        status = self.jwks_file.stat()
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if seen != self._seen:
            self._keys = read_jwks(self.jwks_file.read_bytes())
            self._seen = seen
        return self._keys

    def _keys_or_refuse(self) -> dict[str, jwk.JWK]:
        try:
            return self.keys()
        except (OSError, ValueError) as error:
            raise bad_client(f"the client's JWK Set cannot be used: {error}") from None

    def signing_key(self, kid: str) -> jwk.JWK | None:
        key = self._keys_or_refuse().get(kid)
        return key if key is not None and key.get("use") == "sig" else None

    def encryption_keys(self) -> list[jwk.JWK]:
        return [key for key in self._keys_or_refuse().values() if key.get("use") == "enc"]

    def kind_of(self, code: str) -> str | None:
        """What a service code is registered for: "confirm", "login" or nothing."""
        if code in self.confirm_services:
            return "confirm"
        return "login" if code in self.services else None
