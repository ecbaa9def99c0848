#!/usr/bin/python3
"""Both ways with two independent implementations, python3-jwcrypto and npm's jose: what
they make we read, what we make they read, in every algorithm that we have.

The npm package is installed into the build directory. Where that cannot be it is left out
and said so; JOSE_INTEROP=all makes that a failure."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
try:
    from jwcrypto import jwk
    from peers import Jwcrypto, Process, Refused
except ImportError:
    print("skipped: jwcrypto is missing (Debian: python3-jwcrypto)")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path("tests/interop").absolute()
NPM = BUILD / "npm"
SIGNATURES = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512",
              "ES384", "Ed25519")
AGREEMENTS = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
# algorithm and key; None: RSA
WRAPS = [("RSA-OAEP", None), ("RSA-OAEP-256", None)] + [
    (alg, curve) for alg in AGREEMENTS for curve in ("P-256", "P-384", "X25519")]
ENCRYPTIONS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
CLAIMS = json.dumps({"sub": "0123456789abcdef", "name": "Zoé ☃ 𝄞", "n": [1, -2, 3.5, None]},
                    ensure_ascii=False)

passed = failed = 0


CURVES = {"ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
RSA: list = []  # new ones take longer than all the rest


def generate(alg: str, use: str, curve: str | None = None) -> jwk.JWK:
    """A key for that algorithm; the RSA keys are always the same two, in turn."""
    curve = curve or CURVES.get(alg)
    if curve is None:
        RSA.append(RSA.pop(0) if len(RSA) == 2 else jwk.JWK.generate(kty="RSA", size=2048))
        key = jwk.JWK(**RSA[-1].export(as_dict=True))
        return jwk.JWK(**{**key.export(as_dict=True), "use": use, "alg": alg,
                          "kid": f"key of {alg}/é"})
    kty = "EC" if curve.startswith("P-") else "OKP"
    return jwk.JWK.generate(kty=kty, crv=curve, use=use, alg=alg, kid=f"key of {alg}/é")


def public_set(key: jwk.JWK) -> str:
    return json.dumps({"keys": [key.export_public(as_dict=True)]})


def check(name: str, good: bool, why: str = "") -> None:
    global passed, failed
    passed += good
    failed += not good
    if not good:
        print(f"FAILED {name}: {why}")


def comes_out(name: str, run, expected: str) -> None:
    try:
        got = run()
        check(name, got == expected, got[:200])
    except Refused as error:
        check(name, False, str(error))


def is_refused(name: str, run) -> None:
    try:
        check(name, False, f"accepted: {run()[:200]}")
    except Refused:
        check(name, True)


def bend(token: str) -> str:
    """The same token with one bit of its last segment turned."""
    head, tail = token.rsplit(".", 1)
    return f"{head}.{'B' if tail[0] == 'A' else 'A'}{tail[1:]}"


def signatures(maker, reader) -> None:
    for alg in SIGNATURES:
        if alg in ("EdDSA", "Ed25519") and maker.name == "ours":
            continue  # which we only verify
        if alg == "Ed25519" and maker.name == "jwcrypto":
            continue  # which does not know the name
        name = f"{alg}: {maker.name} signs, {reader.name} verifies"
        key = generate(alg, "sig")
        try:
            token = maker.ask("sign", key=key.export(), alg=alg, payload=CLAIMS)
        except Refused as error:
            check(name, False, str(error))
            continue
        comes_out(name, lambda: reader.ask("verify", set=public_set(key), token=token), CLAIMS)
        is_refused(f"{name}, bent",
                   lambda: reader.ask("verify", set=public_set(key), token=bend(token)))
        other = generate(alg, "sig")
        is_refused(f"{name}, with another key",
                   lambda: reader.ask("verify", set=public_set(other), token=token))


def encryptions(maker, reader) -> None:
    for alg, curve in WRAPS:
        key = generate(alg, "enc", curve)
        for enc in ENCRYPTIONS:
            name = f"{alg} {curve} {enc}: {maker.name} encrypts, {reader.name} decrypts"
            try:
                token = maker.ask("encrypt", set=public_set(key), alg=alg, enc=enc,
                                  payload=CLAIMS)
            except Refused as error:
                check(name, False, str(error))
                continue
            comes_out(name, lambda: reader.ask("decrypt", key=key.export(), token=token),
                      CLAIMS)
            is_refused(f"{name}, bent",
                       lambda: reader.ask("decrypt", key=key.export(), token=bend(token)))


def nested(ours, peer) -> None:
    """Theirs to the end of our verifier; ours through both of their steps."""
    sig, enc = generate("RS256", "sig"), generate("RSA-OAEP-256", "enc")
    for maker, name in ((peer, f"nested: {peer.name} to ours"), (ours, "nested: ours to ours")):
        inner = maker.ask("sign", key=sig.export(), alg="RS256", payload=CLAIMS)
        token = maker.ask("encrypt", set=public_set(enc), alg="RSA-OAEP-256",
                          enc="A128CBC-HS256", payload=inner)
        opened = ours.ask("open", key=enc.export(), set=public_set(sig), token=token)
        check(name, json.loads(opened) == json.loads(CLAIMS), opened)
        is_refused(f"{name}, bent", lambda: ours.ask(
            "open", key=enc.export(), set=public_set(sig), token=bend(token)))
    inner = ours.ask("sign", key=sig.export(), alg="RS256", payload=CLAIMS)
    token = ours.ask("encrypt", set=public_set(enc), alg="RSA-OAEP-256", enc="A256GCM",
                     payload=inner)
    comes_out(f"nested: ours to {peer.name}", lambda: peer.ask(
        "verify", set=public_set(sig), token=peer.ask("decrypt", key=enc.export(),
                                                      token=token)), CLAIMS)


def published(ours, peer) -> None:
    """What we publish is the same public key, and a nameless one gets its thumbprint."""
    for alg, use, curve in (("RS256", "sig", None), ("PS256", "sig", None),
                            ("ES256", "sig", None), ("RS512", "sig", None),
                            ("ES384", "sig", None), ("RSA-OAEP", "enc", None),
                            ("ECDH-ES", "enc", "P-256"), ("ECDH-ES+A128KW", "enc", "P-384"),
                            ("ECDH-ES+A256KW", "enc", "X25519")):
        key = generate(alg, use, curve)
        keys = json.loads(ours.ask("publish", key=key.export(), use=use))["keys"]
        check(f"{alg}: published", keys == [key.export_public(as_dict=True)], str(keys))
        bare = {n: v for n, v in key.export(as_dict=True).items() if n not in ("kid", "use")}
        named = json.loads(ours.ask("publish", key=json.dumps(bare), use=use))["keys"][0]
        comes_out(f"{alg}: thumbprint by {peer.name}",
                  lambda: peer.ask("thumbprint", key=json.dumps(named)), named["kid"])


def install_npm() -> str:
    """Installs the package beside the build; why it could not be, or nothing."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "node or npm is missing (Debian: nodejs npm)"
    NPM.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "peer.mjs"):
        shutil.copyfile(HERE / name, NPM / name)
    if (NPM / "node_modules/jose/package.json").exists():
        return ""
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                          cwd=NPM, capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 else f"npm ci: {done.stderr.strip()[-200:]}"


def main() -> int:
    ours = Process("ours", [str(BUILD / "ours")])
    peers: list = [Jwcrypto()]
    why = install_npm()
    if not why:
        peers.append(Process("npm jose", ["node", "peer.mjs"], cwd=str(NPM)))
    elif os.environ.get("JOSE_INTEROP") == "all":
        check("npm jose", False, why)
    else:
        print(f"left out: npm jose: {why}")
    for peer in peers:
        before = passed
        for maker, reader in ((peer, ours), (ours, peer)):
            signatures(maker, reader)
            encryptions(maker, reader)
        nested(ours, peer)
        published(ours, peer)
        print(f"{peer.name}: {passed - before} as they should")
    for side in [ours, *peers]:
        check(f"{side.name} ended well", side.close() == 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
