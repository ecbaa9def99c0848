#!/usr/bin/python3
"""Writes tests/unit/jose_data.h: keys and tokens made by an independent implementation.

Run by hand when another fixture is needed; the header is committed, so that the unit
tests need neither Python nor a network. The keys are for tests alone."""
import json
import sys

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
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


def pem(key: jwk.JWK, form: str = "PKCS8") -> str:
    private = key.get_op_key("sign" if key["kty"] != "RSA" else "decrypt")
    return private.private_bytes(Encoding.PEM, getattr(PrivateFormat, form),
                                 NoEncryption()).decode()


def public_set(*keys: jwk.JWK) -> str:
    return json.dumps({"keys": [key.export_public(as_dict=True) for key in keys]})


def generate(kid: str, **members: object) -> jwk.JWK:
    return jwk.JWK.generate(kid=kid, **members)


def main() -> None:
    enc = generate("enc-1", kty="RSA", size=2048, use="enc")
    sig = generate("sig-1", kty="RSA", size=2048)
    ec = generate("ec-1", kty="EC", crv="P-256")
    issuer = generate("issuer-1", kty="RSA", size=2048, use="sig", alg="RS256")
    issuer_ps = generate("issuer-ps", kty="RSA", size=2048, use="sig", alg="PS256")
    issuer_ec = generate("issuer-ec", kty="EC", crv="P-256", use="sig", alg="ES256")
    issuer_ed = generate("issuer-ed", kty="OKP", crv="Ed25519", use="sig", alg="EdDSA")
    inner = sign(issuer, "RS256", CLAIMS)
    texts = {
        "ENC_JWK": enc.export(),
        "ENC_PEM": pem(enc),
        "ENC_PEM_KID": enc.thumbprint(),
        "SIG_PEM": pem(sig),
        "SIG_PEM_PKCS1": pem(sig, "TraditionalOpenSSL"),
        "SIG_PEM_ENCRYPTED": sig.export_to_pem(private_key=True, password=b"secret").decode(),
        "SIG_KID": sig.thumbprint(),
        "EC_JWK": ec.export(),
        "EC_PEM": pem(ec),
        "EC_PEM_SEC1": pem(ec, "TraditionalOpenSSL"),
        "EC_KID": ec.thumbprint(),
        "ED_JWK": issuer_ed.export(),
        "ISSUER_JWK": issuer.export(),
        "ISSUER_JWKS": public_set(issuer),
        "ISSUER_ALL_JWKS": public_set(issuer, issuer_ps, issuer_ec, issuer_ed),
        "RSA_1024_JWK": generate("small", kty="RSA", size=1024, use="sig").export_public(),
        "EC_384_JWK": generate("other-curve", kty="EC", crv="P-384", use="sig").export_public(),
        "CLAIMS": CLAIMS,
        "RS256": inner,
        "PS256": sign(issuer_ps, "PS256", CLAIMS),
        "ES256": sign(issuer_ec, "ES256", CLAIMS),
        "EDDSA": sign(issuer_ed, "EdDSA", CLAIMS),
        "EDDSA_AT_HASH": sign(issuer_ed, "EdDSA",
                              json.dumps({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})),
        "BARE_IN_JWE": encrypt(enc, "RSA-OAEP", "A128CBC-HS256", CLAIMS),
        "JWE_IN_JWE": encrypt(enc, "RSA-OAEP", "A128CBC-HS256",
                              encrypt(enc, "RSA-OAEP", "A128CBC-HS256", inner)),
    }
    for name, key, alg in (("OAEP", enc, "RSA-OAEP"), ("OAEP_256", enc, "RSA-OAEP-256"),
                           ("ECDH", ec, "ECDH-ES")):
        for method in ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"):
            texts[f"{name}_{method.replace('-', '_')}"] = encrypt(key, alg, method, inner)
    out = ["/* Made by jose_make.py with an independent implementation. Test keys only. */",
           "/* clang-format off */", "#ifndef JOSE_DATA_H", "#define JOSE_DATA_H", ""]
    for name, text in texts.items():
        out += [f"#define DATA_{name} \\\n\t{literal(text)}", ""]
    out += ["#endif"]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
