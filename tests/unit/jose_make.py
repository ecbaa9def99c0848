#!/usr/bin/python3
"""Writes tests/unit/jose_data.h: keys and tokens made by an independent implementation.

Run by hand when another fixture is needed; the header is committed, so that the unit
tests need neither Python nor a network. The keys are for tests alone."""
import json
import sys

from jwcrypto import jwe, jwk, jws

CLAIMS = json.dumps({"iss": "https://idp.example.test/v2", "sub": "0123456789abcdef",
                     "aud": "client", "exp": 2000000000, "iat": 1700000000})


def literal(text: str) -> str:
    lines = text.splitlines(keepends=True) if "\n" in text else [
        text[i:i + 64] for i in range(0, len(text), 64)]
    return " \\\n\t".join(json.dumps(line) for line in lines)


def sign(key: jwk.JWK, alg: str, payload: str, **header: str) -> str:
    token = jws.JWS(payload)
    token.add_signature(key, alg, json.dumps({"alg": alg, "kid": key["kid"], **header}))
    return token.serialize(compact=True)


def encrypt(key: jwk.JWK, alg: str, enc: str, payload: str) -> str:
    header = {"alg": alg, "enc": enc, "cty": "JWT", "kid": key["kid"]}
    token = jwe.JWE(payload.encode(), json.dumps(header))
    token.add_recipient(key)
    return token.serialize(compact=True)


def main() -> None:
    own_enc = jwk.JWK.generate(kty="RSA", size=2048, use="enc")
    own_enc = jwk.JWK(**{**own_enc.export(as_dict=True), "kid": own_enc.thumbprint()})
    own_sig = jwk.JWK.generate(kty="RSA", size=2048)
    issuer = jwk.JWK.generate(kty="RSA", size=2048, use="sig", kid="issuer-1", alg="RS256")
    inner = sign(issuer, "RS256", CLAIMS)
    public = json.dumps({"keys": [issuer.export_public(as_dict=True)]})
    out = ["/* Made by jose_make.py with an independent implementation. Test keys only. */",
           "/* clang-format off */", "#ifndef JOSE_DATA_H", "#define JOSE_DATA_H", ""]
    for name, text in {
        "ENC_PEM": own_enc.export_to_pem(private_key=True, password=None).decode(),
        "ENC_KID": own_enc.thumbprint(),
        "ENC_JWK": own_enc.export(),
        "SIG_PEM": own_sig.export_to_pem(private_key=True, password=None).decode(),
        "SIG_KID": own_sig.thumbprint(),
        "SIG_PEM_ENCRYPTED": own_sig.export_to_pem(private_key=True,
                                                   password=b"secret").decode(),
        "ISSUER_JWKS": public,
        "CLAIMS": CLAIMS,
        "INNER": inner,
        "NESTED_OAEP": encrypt(own_enc, "RSA-OAEP", "A128CBC-HS256", inner),
        "NESTED_OAEP_256": encrypt(own_enc, "RSA-OAEP-256", "A128CBC-HS256", inner),
        "BARE_IN_JWE": encrypt(own_enc, "RSA-OAEP", "A128CBC-HS256", CLAIMS),
        "JWE_IN_JWE": encrypt(own_enc, "RSA-OAEP", "A128CBC-HS256",
                              encrypt(own_enc, "RSA-OAEP", "A128CBC-HS256", inner)),
    }.items():
        out += [f"#define DATA_{name} \\\n\t{literal(text)}", ""]
    out += ["#endif"]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
