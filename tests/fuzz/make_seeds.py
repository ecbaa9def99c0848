#!/usr/bin/python3
"""Writes the seed corpora from the fixtures of the unit tests (tests/unit/jose_data.h and
jose_more.h).

    make_seeds.py DIRECTORY      a folder for each target below it

The seeds are committed, so that a fuzzer starts from there on any machine."""
import ast
import json
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


# of fuzz_login.c: what it says there of answers
OP = "https://op.example/v2"
METADATA = json.dumps({
    "issuer": OP, "jwks_uri": OP + "/jwks", "token_endpoint": OP + "/token",
    "userinfo_endpoint": OP + "/userinfo", "device_authorization_endpoint": OP + "/device",
    "backchannel_authentication_endpoint": OP + "/ring"})
PICTURE = "aHR0cHM6Ly9vcC5leGFtcGxlL3NjYW4="
PENDING = '400 {"error":"authorization_pending"}'
TOKEN = '200 {"access_token":"at-1","token_type":"Bearer","expires_in":60,"id_token":"@0"}'
KEYS = "200 @K"
AUTHENTICATION = '200 {"auth_req_id":"req-1","expires_in":60,"interval":1}'
USERINFO = "200 @U"
STEPS = {
    "q": ['200 {"user_discovery_session_id":"s1","interval":1,"status":"PENDING_USER_DISCOVERY",'
          f'"user_discovery_token":{{"qr_code":"{PICTURE}"}}}}', "200 " + METADATA, KEYS,
          f'200 {{"status":"PENDING_USER_DISCOVERY","qr_code":"{PICTURE}"}}',
          '200 {"status":"USER_DISCOVERED","user_identifier_token":"hint"}', AUTHENTICATION,
          PENDING, TOKEN, USERINFO],
    "p": ["200 " + METADATA, AUTHENTICATION, KEYS, PENDING, TOKEN, USERINFO],
    "d": ["200 " + METADATA, '200 {"device_code":"dc-1","user_code":"WDJB","expires_in":60,'
          f'"interval":1,"verification_uri":"{OP}/a","verification_uri_complete":"{OP}/a?c=W"}}',
          KEYS, PENDING, TOKEN, USERINFO],
}
STEPS |= {"c": STEPS["p"], "a": STEPS["p"], "o": STEPS["p"]}
SPOILED = [  # in place of one answer, or of all from there on
    "!c", "!r", "!t", "!s", "!l", "!h", "500 ", "503r7 ", "503r3600 {}", "429r1 {}", "429 ",
    "200 ", "200 null", "200 {", "200 <html>", "404 ", "403 <html>", "302 ", "200t9999 {}",
    "200t10001 {}", '400 {"error":"slow_down"}', '400 {"error":"access_denied"}',
    '400 {"error":"expired_token"}', '400 {"error":"invalid_grant","error_description":"x"}',
    '401 {"error":"invalid_client"}', '400 {"error":"unknown_user_id"}',
    '200 {"auth_req_id":"r","expires_in":5,"interval":600}', "200 @V", '200 {"keys":[]}',
    '200 {"sub":"248289761001","email_verified":false}']


def logins() -> dict:
    """Each honest login whole; then with one answer spoiled, once and for ever, which answer and
    in which login by turns."""
    found = {}
    for flow, steps in STEPS.items():
        for style in "012345":
            found[f"{flow}{style}"] = "\0".join([f"{flow}{style}A0" + steps[0], *steps[1:]])
    for i, spoiled in enumerate(SPOILED):
        for j, (name, mark) in enumerate((("once", ""), ("ever", "*"), ("later", "*"))):
            flow = "qpdcao"[(i + j) % 6]
            at = (i // 6 + 2 * j) % len(STEPS[flow])
            answers = [*("=" for _ in range(at)), mark + spoiled]
            found[f"{i}{name}"] = f"{flow}{i % 6}A{(i + j) % 9}" + "\0".join(answers)
    for flow in "qdc":  # nothing of which may let anybody in, by whichever claims
        before = STEPS[flow][:STEPS[flow].index(TOKEN)]
        for i in range(1, 10):
            answers = [*("=" for _ in before[:-1]), PENDING, TOKEN.replace("@0", f"@{i}")]
            found[f"{flow}token{i}"] = f"{flow}{i % 3}@0" + "\0".join(answers)
        found[f"{flow}userinfo"] = f"{flow}0A0" + "\0".join(
            [*("=" for _ in before), TOKEN, "200 @V"])
    return {name: text.encode() for name, text in found.items()}


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
        "login": logins(),
    }
    for target, files in seeds.items():
        directory = pathlib.Path(sys.argv[1]) / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
