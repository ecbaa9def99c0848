#!/usr/bin/python3
"""A signing key in a SoftHSM2 token: our program signs with it through its pkcs11: URI,
and an independent implementation verifies with the key set that we publish."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
PIN = "4711"
SIGN = pathlib.Path("tests/store/store-sign").absolute()


def skip(why: str) -> None:
    print(f"skipped: {why}")
    sys.exit(77)


def run(env: dict, *command: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(c) for c in command], env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)


def make_token(env: dict, directory: pathlib.Path) -> None:
    (directory / "tokens").mkdir()
    (directory / "softhsm2.conf").write_text(
        f"directories.tokendir = {directory}/tokens\nlog.level = ERROR\n")
    key = directory / "key.pem"
    for command in (
            ("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
             "-out", key),
            ("softhsm2-util", "--init-token", "--free", "--label", "login", "--so-pin", PIN,
             "--pin", PIN),
            ("softhsm2-util", "--import", key, "--token", "login", "--label", "sig", "--id",
             "01", "--pin", PIN)):
        done = run(env, *command)
        if done.returncode != 0:
            sys.exit(f"{command[0]}: {done.stdout}{done.stderr}")


def verify(output: str, alg: str) -> bool:
    keys, token = output.splitlines()
    verifier = jws.JWS()
    verifier.deserialize(token)
    verifier.allowed_algs = [alg]
    kid = json.loads(verifier.objects["protected"])["kid"]
    key = jwk.JWKSet.from_json(keys).get_key(kid)
    verifier.verify(key, alg)
    return json.loads(verifier.payload) == {"iss": "client"} and kid == key.thumbprint()


def main() -> int:
    module = next((m for m in MODULES if os.path.exists(m)), None)
    if module is None or not shutil.which("softhsm2-util"):
        skip("SoftHSM2 is missing (Debian: softhsm2)")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="softhsm-"))
    env = {"PATH": os.environ["PATH"], "SOFTHSM2_CONF": str(directory / "softhsm2.conf")}
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS"):
        env.update({name: os.environ[name]} if name in os.environ else {})
    failed = 0
    good = f"pkcs11:token=login;object=sig;type=private?pin-value={PIN}&module-path={module}"
    cases = (
        ("RS256", "sig", good, "RS256"),
        ("PS256", "ps256", good, "PS256"),
        ("module first", "sig", f"pkcs11:token=login;object=sig?module-path={module}"
         f"&pin-value={PIN}", "RS256"),
        ("by id", "sig", good.replace("object=sig", "id=%01"), "RS256"),
        ("no decryption", "enc", good, "must be files"),
        ("no PIN, and nobody is asked", "sig", good.replace(f"pin-value={PIN}&", ""), "PIN"),
        ("wrong PIN", "sig", good.replace(PIN, "0815"), "no such key"),
        ("another token", "sig", good.replace("login", "other"), "no such key"),
        ("another key", "sig", good.replace("object=sig", "object=other"), "no such key"),
        ("no such module", "sig", good.replace(".so", ".no"), "no such key"),
        ("a path is no URI", "sig", "/etc/pam_itsme/keys/sig.pem", "not a URI"),
        ("a TPM that is not there", "sig", "handle:0x81000001", "tpm2-openssl"),
    )
    try:
        make_token(env, directory)
        for name, use, uri, expected in cases:
            done = run(env, SIGN, use, uri)
            if expected in ("RS256", "PS256"):
                passed = done.returncode == 0 and verify(done.stdout, expected)
            else:
                passed = (done.returncode == 1 and expected in done.stdout
                          and PIN not in done.stdout + done.stderr)
            failed += not passed
            print(f"{'ok' if passed else 'FAILED':7}{name}"
                  + ("" if passed else f": {done.returncode} {done.stdout}{done.stderr}"))
    finally:
        shutil.rmtree(directory)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


try:
    from jwcrypto import jwk, jws
except ImportError:
    skip("jwcrypto is missing (Debian: python3-jwcrypto)")
sys.exit(main())
