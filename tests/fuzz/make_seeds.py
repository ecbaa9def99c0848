#!/usr/bin/python3
"""Writes the seed corpora from the fixtures of the unit tests (tests/unit/jose_data.h and
jose_more.h).

    make_seeds.py DIRECTORY      a folder for each target below it

The seeds are committed, so that a fuzzer starts from there on any machine."""
import ast
import pathlib
import re
import sys

UNIT = pathlib.Path(__file__).resolve().parent.parent / "unit"
INNER = b'{"alg":"RS256","kid":"issuer-1"}'
OUTER = b'{"alg":"ECDH-ES","enc":"A128GCM","cty":"JWT","kid":"ec-1"}'
CLAIMS = b'{"iss":"https://idp.example.test/v2","sub":"s","aud":["c"],"exp":2000000000}'


def fixtures() -> dict:
    text = "".join((UNIT / name).read_text() for name in ("jose_data.h", "jose_more.h"))
    text = text.replace("\\\n", "")
    found = {}
    for name, literals in re.findall(r"#define DATA_(\w+)((?:\s+\"(?:[^\"\\]|\\.)*\")+)", text):
        found[name] = "".join(ast.literal_eval(part) for part in
                              re.findall(r"\"(?:[^\"\\]|\\.)*\"", literals)).encode()
    return found


def main() -> None:
    data = fixtures()
    signed = ("RS256", "PS256", "ES256", "EDDSA", "RS384", "RS512", "PS384", "PS512", "ES384",
              "ED25519")
    encrypted = [n for n in data if re.match(r"(OAEP|ECDH)_", n)] + [
        "P256_ECDH_ES_A128KW_A128GCM", "P384_ECDH_ES_A256KW_A256CBC_HS512",
        "X25519_ECDH_ES_A128GCM", "X25519_ECDH_ES_A256KW_A256GCM"]
    wrapped = OUTER.replace(b"ECDH-ES", b"ECDH-ES+A256KW").replace(b"ec-1", b"own-x")
    seeds = {
        "base64url": {"empty": b"", "one": b"Zg", "two": b"Zm8", "three": b"Zm9v",
                      "padded": b"Zm8=", "kinds": b"+/-_09azAZ"},
        "json": {"claims": CLAIMS, "header": INNER, "empty": b"{}",
                 "times": b'{"a":1.7E+9,"b":1700000000.5,"c":-0.0e5,"d":17e8,"e":1e-400}',
                 "kinds": b'[1,-2.5e+3,true,false,null,"\\u00e9\\ud83d\\ude00\\n",{"a":{}}]',
                 "nested": b'{"a":' + b"[" * 14 + b"]" * 14 + b"}"},
        "jwks": {n.lower(): data[n] for n in data if re.search("JWK|PEM", n) and "KID" not in n},
        "jws": {n.lower(): data[n] for n in signed} | {
            "signed": INNER + b"\0" + CLAIMS,
            "typ": INNER[:-1] + b',"typ":"JWT","x":{"y":[1]}}' + b"\0{}"},
        "jwe": {n.lower(): data[n] for n in encrypted} | {
            "sealed": OUTER + b"\0" + CLAIMS,
            "wrapped": wrapped + b"\0" + CLAIMS,
            "party": OUTER[:-1] + b',"apu":"QWxpY2U","apv":"Qm9i"}' + b"\0x"},
        "jwt": {n.lower(): data[n] for n in signed} | {
            "nested": OUTER + b"\0" + INNER + b"\0" + CLAIMS,
            "wrapped": wrapped + b"\0" + INNER + b"\0" + CLAIMS,
            "bare": CLAIMS},
    }
    for target, files in seeds.items():
        directory = pathlib.Path(sys.argv[1]) / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
