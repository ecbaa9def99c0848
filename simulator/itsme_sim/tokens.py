"""The nested JWTs we issue: signed by us, then encrypted to the client. Also the broken ones."""

import base64
import json
import random
import time
from typing import Callable

from jwcrypto import jwe, jwk, jws
from jwcrypto.common import base64url_encode

from .clients import Client
from .keys import ProviderKeys, foreign_key

HOUR = 3600
STRANGER = "0" * 35 + "z"

Take = Callable[[str], str | None]


def no_faults(_name: str) -> None:
    return None


def _turn_bit(text: str) -> str:
    """The same base64url text with one bit of its first byte turned."""
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[0] ^= 1
    return base64url_encode(bytes(raw))


def _turn_part(token: str, number: int) -> str:
    parts = token.split(".")
    parts[number] = _turn_bit(parts[number])
    return ".".join(parts)


def _merge(members: dict, changes: dict) -> dict:
    """The members with `changes` over them; None removes one."""
    return {name: value for name, value in (members | changes).items() if value is not None}


# Each fault of the claims: name -> what replaces them. None removes a claim.
CLAIM_FAULTS = {
    "idtoken-wrong-iss": lambda now: {"iss": "https://another.example/v2"},
    "idtoken-wrong-aud": lambda now: {"aud": "AnotherClient"},
    "idtoken-expired": lambda now: {"exp": now - HOUR, "iat": now - HOUR - 300},
    "idtoken-future-iat": lambda now: {"iat": now + HOUR, "exp": now + 2 * HOUR},
    "idtoken-string-exp": lambda now: {"exp": str(now + 300)},
    "idtoken-no-sub": lambda now: {"sub": None},
    "idtoken-long-sub": lambda now: {"sub": "x" * 300},
    "idtoken-other-subject": lambda now: {"sub": STRANGER},
}


class Mint:
    def __init__(self, keys: ProviderKeys, alg: str, enc: str):
        self.keys = keys
        self.alg = alg
        self.enc = enc

    def nested(self, claims: dict, client: Client, take: Take = no_faults) -> str:
        inner = self._sign(self._spoil_claims(claims, take), take)
        if take("idtoken-unsigned") is not None:
            inner = json.dumps(claims)
        if take("idtoken-unencrypted") is not None:
            return inner
        token = self._encrypt(inner, client, take)
        if take("idtoken-double-nesting") is not None:
            token = self._encrypt(token, client, no_faults)
        if take("idtoken-tampered-tag") is not None:
            token = _turn_part(token, 4)
        if take("idtoken-tampered-text") is not None:
            token = _turn_part(token, 3)
        return token

    @staticmethod
    def _spoil_claims(claims: dict, take: Take) -> dict:
        now = int(time.time())
        for name, changes in CLAIM_FAULTS.items():
            if take(name) is not None:
                claims = _merge(claims, changes(now))
        acr = take("idtoken-acr")
        if acr is not None:
            claims = _merge(claims, {"acr": acr or None})
        return _merge(claims, json.loads(take("idtoken-claims") or "{}"))

    def _sign(self, claims: dict, take: Take) -> str:
        key = self.keys.signing
        header = {"alg": "RS256", "kid": key.key_id, "typ": "JWT"}
        if take("idtoken-wrong-kid") is not None:
            header["kid"] = "nobody-published-this"
        header = _merge(header, json.loads(take("idtoken-header") or "{}"))
        payload = json.dumps(claims)
        if take("idtoken-alg-none") is not None:
            return ".".join((base64url_encode(json.dumps(header | {"alg": "none"})),
                             base64url_encode(payload), ""))
        if take("idtoken-hs256") is not None:
            header["alg"] = "HS256"
            key = jwk.JWK(kty="oct", k=base64url_encode(key.export_to_pem()))
        if take("idtoken-foreign-key") is not None:
            key = foreign_key()
        token = self._serialize_jws(payload, key, header)
        return _turn_part(token, 2) if take("idtoken-bad-signature") is not None else token

    @staticmethod
    def _serialize_jws(payload: str, key: jwk.JWK, header: dict) -> str:
        """JWSCore signs whatever header it is handed, also one that makes no sense."""
        alg = "HS256" if header.get("alg") == "HS256" else "RS256"
        parts = jws.JWSCore(alg, key, json.dumps(header), payload, [alg]).sign()
        return ".".join((parts["protected"], parts["payload"].decode(), parts["signature"]))

    def _encrypt(self, inner: str, client: Client, take: Take) -> str:
        key = random.choice(client.encryption_keys())
        alg = "RSA1_5" if take("idtoken-rsa1_5") is not None else self.alg
        kid = key.key_id if take("idtoken-wrong-enc-kid") is None else "not-yours"
        header = {"alg": alg, "enc": self.enc, "cty": "JWT", "kid": kid}
        message = jwe.JWE(inner.encode(), json.dumps(header), algs=[alg, self.enc])
        message.add_recipient(key)
        return message.serialize(compact=True)
