#!/usr/bin/python3
"""Writes tests/unit/jose_data.h, or with "more" jose_more.h (the algorithms that a provider
must name itself): keys and tokens made by an independent implementation.

Run by hand when another fixture is needed; the headers are committed, so that the unit
tests need neither Python nor a network. The keys are for tests alone."""
import base64
import hashlib
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


def key_pem(key: jwk.JWK, form: str = "PKCS8") -> str:
    """Of a key that is used for agreements."""
    private = key.get_op_key("unwrapKey")
    return private.private_bytes(Encoding.PEM, getattr(PrivateFormat, form),
                                 NoEncryption()).decode()


def public_set(*keys: jwk.JWK) -> str:
    return json.dumps({"keys": [key.export_public(as_dict=True) for key in keys]})


def generate(kid: str, **members: object) -> jwk.JWK:
    return jwk.JWK.generate(kid=kid, **members)


def sign_ed25519(key: jwk.JWK, payload: str) -> str:
    """Under the name of RFC 9864, which jwcrypto may not know yet."""
    def coded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    header = json.dumps({"alg": "Ed25519", "kid": key["kid"]})
    text = f"{coded(header.encode())}.{coded(payload.encode())}"
    return f"{text}.{coded(key.get_op_key('sign').sign(text.encode()))}"


def at_hash(name: str) -> str:
    """Of the access token in OpenID Connect Core, A.3."""
    half = hashlib.new(name, b"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y").digest()
    half = half[:len(half) // 2]
    return json.dumps({"at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode()})


def more() -> dict:
    rsa = generate("more-rsa", kty="RSA", size=2048, use="sig")
    p384 = generate("more-384", kty="EC", crv="P-384", use="sig")
    ed = generate("more-ed", kty="OKP", crv="Ed25519", use="sig", alg="Ed25519")
    own = {"P256": generate("own-256", kty="EC", crv="P-256"),
           "P384": generate("own-384", kty="EC", crv="P-384"),
           "X25519": generate("own-x", kty="OKP", crv="X25519")}
    texts = {"MORE_JWKS": public_set(rsa, p384, ed), "MORE_RSA_JWK": rsa.export(),
             "MORE_384_JWK": p384.export(), "MORE_ED_JWK": ed.export()}
    for name, key in own.items():
        texts |= {f"{name}_JWK": key.export(), f"{name}_PEM": key_pem(key),
                  f"{name}_KID": key.thumbprint()}
    texts["P384_PEM_SEC1"] = key_pem(own["P384"], "TraditionalOpenSSL")
    for alg in ("RS384", "RS512", "PS384", "PS512"):
        texts[alg] = sign(rsa, alg, CLAIMS)
    texts |= {"ES384": sign(p384, "ES384", CLAIMS), "ED25519": sign_ed25519(ed, CLAIMS)}
    for name in ("sha256", "sha384", "sha512"):
        texts |= {f"AT_HASH_{name.upper()}": at_hash(name),
                  f"ED25519_AT_HASH_{name.upper()}": sign_ed25519(ed, at_hash(name))}
    for name, key in own.items():
        for alg in ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"):
            for method in ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"):
                label = f"{name}_{alg}_{method}".translate({ord("-"): "_", ord("+"): "_"})
                texts[label] = encrypt(key, alg, method, texts["ES384"])
    return texts


def usual() -> dict:
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
    return texts


def main() -> None:
    name = "more" if sys.argv[1:] == ["more"] else "data"
    texts = more() if name == "more" else usual()
    guard = f"JOSE_{name.upper()}_H"
    out = ["/* Made by jose_make.py with an independent implementation. Test keys only. */",
           "/* clang-format off */", f"#ifndef {guard}", f"#define {guard}", ""]
    for name, text in texts.items():
        out += [f"#define DATA_{name} \\\n\t{literal(text)}", ""]
    out += ["#endif"]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
