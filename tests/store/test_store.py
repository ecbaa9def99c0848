#!/usr/bin/python3
"""Keys in stores: our program signs with them through their URIs, and an independent
implementation verifies with the key set that we publish; TLS shows a certificate whose key
lies there. SoftHSM2 stands for
a smart card or HSM, swtpm for a TPM; the part whose store is not installed is left out."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

try:
    from cryptography.hazmat.primitives import serialization
    from jwcrypto import jwk, jws

    from pki import Pki, make_key
except ImportError:
    print("skipped: jwcrypto is missing (Debian: python3-jwcrypto)")
    sys.exit(77)

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
PIN = "4711"
SIGN = pathlib.Path("tests/store/store-sign").absolute()
TLS = pathlib.Path("tests/store/store-tls").absolute()
# A program with ASan cannot: pkcs11-provider loads with RTLD_DEEPBIND, where ASan gives up.
PROVIDER_WORKS = b"__asan_init" not in SIGN.read_bytes()


def run(env: dict, *command: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(c) for c in command], env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)


def must(env: dict, *command: object) -> None:
    done = run(env, *command)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stdout}{done.stderr}")


def hsm_cases(env: dict, directory: pathlib.Path) -> list:
    """A token with one key in it, and what its URIs should lead to."""
    module = next((m for m in MODULES if os.path.exists(m)), None)
    if module is None or not shutil.which("softhsm2-util"):
        print("left out: SoftHSM2 (Debian: softhsm2 libengine-pkcs11-openssl)")
        return []
    (directory / "tokens").mkdir()
    env["SOFTHSM2_CONF"] = str(directory / "softhsm2.conf")
    (directory / "softhsm2.conf").write_text(
        f"directories.tokendir = {directory}/tokens\nlog.level = ERROR\n")
    key = directory / "key.pem"
    must(env, "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
         "-out", key)
    must(env, "softhsm2-util", "--init-token", "--free", "--label", "login", "--so-pin", PIN,
         "--pin", PIN)
    must(env, "softhsm2-util", "--import", key, "--token", "login", "--label", "sig", "--id",
         "01", "--pin", PIN)
    (directory / "pin").write_text(PIN)
    must(env, "openssl", "pkey", "-in", key, "-pubout", "-out", directory / "hsm.pub")
    good = f"pkcs11:token=login;object=sig;type=private?pin-value={PIN}&module-path={module}"
    return [
        ("HSM: RS256", "sig", good, "RS256"),
        ("HSM: PS256", "ps256", good, "PS256"),
        ("HSM: module first", "sig", f"pkcs11:token=login;object=sig?module-path={module}"
         f"&pin-value={PIN}", "RS256"),
        ("HSM: by id", "sig", good.replace("object=sig", "id=%01"), "RS256"),
        ("HSM: PIN in a file", "sig", good.replace(
            f"pin-value={PIN}", f"pin-source=file:{directory}/pin"), "RS256"),
        ("HSM: certificate", "hsm", good, "taken"),
        ("HSM: another key's certificate", "other", good, "does not belong"),
        ("HSM: no decryption", "enc", good, "must be files"),
        ("HSM: no PIN, nobody is asked", "sig", good.replace(f"pin-value={PIN}&", ""), "PIN"),
        ("HSM: wrong PIN", "sig", good.replace(PIN, "0815"), "no such key"),
        ("HSM: another token", "sig", good.replace("login", "other"), "no such key"),
        ("HSM: another key", "sig", good.replace("object=sig", "object=other"), "no such key"),
        ("HSM: no such module", "sig", good.replace(".so", ".no"), "no such key"),
    ]


def ways(env: dict, directory: pathlib.Path) -> dict:
    """What OpenSSL gets to a PKCS#11 module with, on this machine: environments by name."""
    (directory / "none").mkdir()
    found = {}
    if PROVIDER_WORKS and run(env, "openssl", "list", "-providers", "-provider",
                              "pkcs11").returncode == 0:
        found["provider"] = env
    without = {**env, "OPENSSL_MODULES": f"{directory}/none"}
    if run(env, "openssl", "engine", "pkcs11").returncode == 0:
        found["engine"] = without
    if not found:
        sys.exit("OpenSSL has neither the provider nor the engine for PKCS#11")
    return found


def tpm_cases(env: dict, directory: pathlib.Path, processes: list) -> list:
    """A TPM with one persistent key."""
    if not all(shutil.which(tool) for tool in ("swtpm", "tpm2_createprimary")):
        print("left out: TPM (Debian: swtpm tpm2-openssl tpm2-tools libtss2-tcti-swtpm0)")
        return []
    socket = directory / "tpm"
    (directory / "state").mkdir()
    processes.append(subprocess.Popen(
        ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={directory}/state", "--server",
         f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl", "--flags",
         "not-need-init,startup-clear"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for _ in range(1200):
        if socket.exists():
            break
        time.sleep(0.05)
    env["TPM2TOOLS_TCTI"] = env["TPM2OPENSSL_TCTI"] = f"swtpm:path={socket}"
    context = directory / "primary"
    must(env, "tpm2_createprimary", "-Q", "-C", "o", "-G", "rsa2048:null:null", "-a",
         "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|decrypt", "-c", context)
    must(env, "tpm2_flushcontext", "-t")
    must(env, "tpm2_evictcontrol", "-Q", "-C", "o", "-c", context, "0x81000001")
    must(env, "tpm2_flushcontext", "-t")
    must(env, "tpm2_readpublic", "-Q", "-c", "0x81000001", "-f", "pem", "-o",
         directory / "tpm.pub")
    return [
        ("TPM: certificate", "tpm", "handle:0x81000001", "taken"),
        ("TPM: RS256", "sig", "handle:0x81000001", "RS256"),
        ("TPM: PS256", "ps256", "handle:0x81000001", "PS256"),
        ("TPM: no decryption", "enc", "handle:0x81000001", "must be files"),
        ("TPM: another handle", "sig", "handle:0x81000002", "no such key"),
    ]


def verify(output: str, alg: str) -> bool:
    keys, token = output.splitlines()
    verifier = jws.JWS()
    verifier.deserialize(token)
    verifier.allowed_algs = [alg]
    kid = json.loads(verifier.objects["protected"])["kid"]
    key = jwk.JWKSet.from_json(keys).get_key(kid)
    verifier.verify(key, alg)
    return json.loads(verifier.payload) == {"iss": "client"} and kid == key.thumbprint()


def certify(directory: pathlib.Path, name: str) -> pathlib.Path:
    """A certificate for the key in the store, or for another one."""
    public = directory / f"{name}.pub"
    key = (serialization.load_pem_public_key(public.read_bytes()) if public.exists()
           else make_key("RSA").public_key())
    return Pki(directory / "pki").certify(name, key)


def passes(env: dict, use: str, uri: str, expected: str, directory: pathlib.Path) -> bool:
    shows = expected in ("taken", "does not belong")
    done = (run(env, TLS, uri, certify(directory, use)) if shows else run(env, SIGN, use, uri))
    if expected == "taken":
        good = done.returncode == 0 and done.stdout == "taken\n"
    elif expected in ("RS256", "PS256"):
        good = done.returncode == 0 and verify(done.stdout, expected)
    else:
        good = done.returncode == 1 and expected in done.stdout
    good = good and PIN not in done.stdout + done.stderr
    if not good:
        print(f"  {done.returncode} {done.stdout}{done.stderr}")
    return good


def main() -> int:
    directory = pathlib.Path(tempfile.mkdtemp(prefix="store-"))
    # what the stores' own libraries leave behind is not ours to report
    env = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0"}
    processes: list = []
    failed = 0
    try:
        cases = [
            ("a path is no URI", "sig", "/etc/pam_itsme/keys/sig.pem", "not a URI"),
            ("a TPM that is not there", "sig", "handle:0x81000001", "tpm2-openssl"),
        ]
        for name, use, uri, expected in cases:
            failed += not passes(env, use, uri, expected, directory)
        hsm, tpm = hsm_cases(env, directory), tpm_cases(env, directory, processes)
        more = [(env, *case) for case in tpm]
        for way, with_it in ways(env, directory).items() if hsm else ():
            more += [(with_it, f"{name} ({way})", *rest) for name, *rest in hsm]
        for with_it, name, use, uri, expected in more:
            good = passes(with_it, use, uri, expected, directory)
            failed += not good
            print(f"{'ok' if good else 'FAILED':7}{name}")
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(directory)
    if not more:
        return 77
    print(f"{len(cases) + len(more) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
