#!/usr/bin/python3
"""itsmectl as an administrator uses it: on a terminal, in scripts, with everything going wrong."""
import base64
import hashlib
import http.server
import json
import os
import re
import ssl
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
import stacks
from doors import Sudo
from installation import write

DONE, NOT, USAGE = 0, 1, 2
CTL = "/usr/sbin/itsmectl"
CONFIRM = "WORKSTATIONS_CONFIRM"
# One good call of every command that needs neither a person nor the network.
QUIET = {
    "check": ["--offline"], "config": [], "help": [], "jwks": [], "list": [],
    "keygen": ["/etc/pam_itsme/keys"], "unenrol": ["alice", "--yes"],
    "enrol": ["alice", "--sub", "abc", "--yes"], "token": ["/run/token", "--offline"],
}


def make_host():
    return hosts.Host("--interval", 1, "--confirm-service", CONFIRM)


def ctl(*words: object, status: int = DONE, **options) -> subprocess.CompletedProcess:
    """Run itsmectl; it must end with STATUS."""
    done = subprocess.run([CTL, *map(str, words)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, **options)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    return done


def for_stores() -> dict[str, str]:
    """What a program with ASan needs to look into a store: pkcs11-provider, where there is one,
    loads with RTLD_DEEPBIND, at which ASan gives up; the engine is found without it."""
    sanitized = b"__asan_init" in Path(CTL).read_bytes()
    return {"PATH": "/usr/bin", **({"OPENSSL_MODULES": "/nonexistent"} if sanitized else {})}


def as_json(*words: object, status: int = DONE, **options) -> dict:
    done = ctl(*words, "--json", status=status, **options)
    result = json.loads(done.stdout)
    assert result["ok"] == (status == DONE), result
    return result


def findings(*words: object, status: int = DONE) -> list[dict]:
    return as_json("check", *words, status=status)["findings"]


def expect_finding(level: str, text: str, advice: str, *words: object) -> None:
    """The doctor says so, and what to do; a fault makes it fail."""
    found = findings(*words, status=NOT if level == "fault" else DONE)
    hits = [f for f in found if f["level"] == level and re.search(text, f["text"])]
    assert hits, f"no {level} about {text!r} in {found}"
    assert re.search(advice, hits[0].get("advice", "") + hits[0]["text"]), hits


def people(user: str = "") -> list[tuple[str, str]]:
    words = [user] if user else []
    return [(p["account"], p["sub"]) for p in as_json("list", *words).get("people", [])]


def scan(terminal, provider, person: str) -> None:
    provider.scan(qr.scan(terminal.wait_qr()), person)
    provider.approve()


# --- how it is called ----------------------------------------------------------------------

def test_every_command_helps_and_refuses_what_it_does_not_know(host):
    commands = [c["name"] for c in as_json("help")["commands"]]
    assert len(commands) >= 11
    for command in commands:
        described = as_json(command, "--help")
        assert {"--json", "--help"} <= {"--" + o["name"] for o in described["options"]}
        assert ctl(command, "-h").stdout == ctl(command, "--help").stdout
        for words in (["--nonsense"], ["-x"], ["--json", "--json"], ["--json=1"], ["--config"],
                      ["a", "b", "c", "d", "e", "f"]):
            done = ctl(command, *words, status=USAGE)
            assert not done.stdout and "usage: itsmectl" in done.stderr, (command, words)
    for words in ([], ["nonsense"], ["--nonsense"], [""], ["help", "nonsense"]):
        ctl(*words, status=USAGE)
    assert ctl("--version").stdout.startswith("pam_itsme/")
    assert ctl("-h").stdout == ctl("--help").stdout == ctl("help").stdout != ""


def test_limits_are_shown_and_cleared(host):
    """A denial pauses the account; clearing ends the pause; forgetting asks again."""
    assert as_json("limits").get("accounts") is None
    write(host.itsme.config, host.itsme.config.read_text() + "[service:sudo]\nflow = push\n")
    assert as_json("config")["services"] == [{"service": "sudo", "key": "flow", "value": "push"}]
    attempt = Sudo(host)
    attempt.terminal.wait_for("We sent a request to your itsme app")
    assert as_json("limits", "show", "alice")["accounts"][0]["pending"] is True
    host.provider.deny()
    attempt.expect_refused(sentences.DENIED, "denied", "user_denied")
    (account,) = as_json("limits")["accounts"]
    assert account["user"] == "alice" and account["refusals"] == 1, account
    assert 0 < account["pause"] <= 60 and not account["pending"], account
    assert "alice" in ctl("limits").stdout and "again in" in ctl("limits").stdout
    assert as_json("limits", "show", "bob").get("accounts") is None
    ctl("limits", "clear", "alice")
    assert as_json("limits")["accounts"][0]["pause"] == 0
    ctl("forget", "alice")
    for words in (["limits", "clear", "nosuch"], ["forget", "nosuch"]):
        failed = as_json(*words, status=NOT)
        assert failed["reason"] == "unknown_user" and "nosuch" in failed["message"], failed
    assert len(list(Path("/run/pam_itsme/accounts").glob("account-*"))) == 1
    for words in (["clear"], ["wipe", "alice"], ["clear", "alice", "bob"]):
        ctl("limits", *words, status=USAGE)


def test_missing_words_are_named(host):
    for command, word in (("enrol", "USER"), ("keygen", "DIRECTORY"), ("token", "FILE")):
        assert f"{word} is missing" in ctl(command, status=USAGE).stderr


def test_every_command_says_what_is_wrong_with_the_configuration(host):
    write(host.itsme.config, "[provider]\nissuer = http://x\n")
    for command, words in QUIET.items():
        if command in ("help", "check", "keygen"):
            continue
        done = ctl(command, *words, status=NOT)
        assert f"{host.itsme.config}:2" in done.stderr, (command, done.stderr)
        failed = as_json(command, *words, status=NOT)
        assert failed["reason"] == "config_invalid" and ":2" in failed["message"]
    host.itsme.config.unlink()
    for command, words in QUIET.items():
        if command not in ("help", "keygen"):
            ctl(command, *words, status=NOT)


def test_output_that_cannot_be_written_is_an_error(host):
    with open("/dev/full", "w") as full:
        for command in ("help", "list", "jwks", "config"):
            for words in ([], ["--json"]):
                done = subprocess.run([CTL, command, *words], stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=60)
                assert done.returncode == NOT and "cannot write" in done.stderr


def test_colours_are_for_terminals_alone(host):
    assert "\033" not in ctl("check", "--offline").stdout
    for environment, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True),
                                  ({"TERM": "xterm", "NO_COLOR": "1"}, False),
                                  ({"TERM": "dumb"}, False)):
        terminal = host.terminal(CTL, "check", "--offline", environment=environment)
        terminal.finish()
        assert ("\033[32mok" in terminal.text) == coloured, environment


def test_foreign_bytes_do_not_reach_a_terminal(host):
    done = subprocess.run([CTL, "token", "/run/\033]0;title\007", "--offline"],
                          capture_output=True, timeout=60)
    assert done.returncode == NOT and b"\033" not in done.stderr and b"\007" not in done.stderr


# --- keys ----------------------------------------------------------------------------------

# What a provider may have put where a name or a text is wanted.
HOSTILE = ("x\nok      verify   signed by the issuer", "x\rok      verify", "x\x1b[2Kok verify",
           "x\u202eyfirev ko", "x\u2028ok      verify", "x\x85ok      verify", "x\x9b2Kok",
           "x\x7f\x00\x08", "ok      verify   signed by the issuer", "x" * 300,
           "x, cty JWT, enc A128GCM", "\U000e0041\ufeff\U0001d173")


def expect_plain(*words: object) -> tuple[list[str], dict]:
    """What it prints cannot steer a terminal, for a person and as JSON: lines, and the object."""
    texts = [subprocess.run([CTL, *map(str, words), *more], capture_output=True, timeout=60,
                            stdin=subprocess.DEVNULL) for more in ((), ("--json",))]
    for done in texts:
        for text in (done.stdout.decode(), done.stderr.decode()):
            steering = {c for c in text if c != "\n" and not c.isprintable()}
            assert not steering, f"{words}: {steering} in {text!r}"
    lines, result = texts[0].stdout.decode().split("\n"), json.loads(texts[1].stdout)
    found = [line for line in lines if re.match("ok |note |warning |FAULT ", line)]
    assert len(found) == len(result["findings"]), f"{words}: {lines}"
    assert all("\n" not in finding["text"] for finding in result["findings"]), result
    return lines, result


def bits_of(path: Path) -> int:
    shown = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], check=True,
                           capture_output=True, text=True).stdout
    return int(re.search(r"\((\d+) bit", shown)[1])


def test_keygen_makes_private_keys_of_the_size_asked_for(host):
    for bits in (2048, 3072, 4096):
        directory = Path(f"/etc/keys-{bits}")
        directory.mkdir(mode=0o700)
        made = as_json("keygen", "--bits", bits, directory)["keys"]
        for key, use in zip(made, ("sig", "enc")):
            path = Path(key["file"])
            assert (path.name, key["use"], key["new"]) == (f"{use}.pem", use, True)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600 and bits_of(path) == bits
    ctl("keygen", "--bits", "1024", "/etc/keys-2048", status=USAGE)


def test_keygen_never_overwrites_and_finishes_what_was_begun(host):
    keys = host.itsme.directory / "keys"
    before = {path: path.read_bytes() for path in keys.iterdir()}
    assert "--rotate" in ctl("keygen", keys, status=NOT).stderr
    host.itsme.decryption_key.unlink()
    made = as_json("keygen", keys)["keys"]
    assert [key["new"] for key in made] == [False, True]
    assert host.itsme.signing_key.read_bytes() == before[host.itsme.signing_key]
    ctl("keygen", "/nonexistent", status=NOT)
    ctl("keygen", "/etc/passwd", status=NOT)


def test_keygen_rotate_follows_the_providers_rules(host):
    keys = host.itsme.directory / "keys"
    before = {path.name for path in keys.iterdir()}
    done = ctl("keygen", "--rotate", keys)
    sig, enc = sorted((p for p in keys.iterdir() if p.name not in before), reverse=True)
    # what it says is written as it says: both signing keys are published, one enc key
    lines = re.findall(r"^ {7}(\w+) = (.*)$", done.stdout, re.MULTILINE)
    first, then = lines[:4], lines[4:]
    assert [key for key, _ in first] == ["signing_key", "next_signing_key", "decryption_key",
                                         "decryption_key"]
    config = re.sub(r"(?m)^(signing|decryption)_key.*\n", "", host.itsme.config.read_text())
    old = as_json("jwks")["jwks"]["keys"]

    def use(settings: list) -> list[dict]:
        text = "".join(f"{key} = {value}\n" for key, value in settings)
        write(host.itsme.config, config.replace("[client]\n", f"[client]\n{text}"))
        return as_json("jwks")["jwks"]["keys"]

    during = use(first)
    assert [k["use"] for k in during] == ["sig", "sig", "enc"]
    assert during[0] == old[0] and during[2]["kid"] != old[1]["kid"]
    expect_finding("note", "rotation", "24 hours", "--offline")
    assert "under way" in ctl("keygen", "--rotate", keys, status=NOT).stderr
    after = use(then)
    assert [k["kid"] for k in after] == [during[1]["kid"], during[2]["kid"]]
    assert sig.name.startswith("sig-") and enc.name.startswith("enc-")
    ctl("keygen", "--rotate", keys)  # a second time on one day gets other names


def test_keygen_killed_at_any_moment_leaves_whole_keys_or_none(host):
    directory = Path("/etc/keys-killed")
    directory.mkdir(mode=0o700)
    for moment in range(25):
        process = subprocess.Popen([CTL, "keygen", directory], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.012 * moment)
        process.kill()
        process.wait()
        for path in directory.glob("*.pem"):
            assert bits_of(path) == 2048
            if moment % 3:
                path.unlink()
    if len(list(directory.glob("*.pem"))) < 2:
        ctl("keygen", directory)
    assert [path.name for path in sorted(directory.iterdir())] == ["enc.pem", "sig.pem"]


def test_keygen_store_says_what_to_type(host):
    directory = Path("/etc/keys-store")
    directory.mkdir(mode=0o700)
    uri = "pkcs11:token=none;object=sig?pin-value=4711"
    done = ctl("keygen", "--store", uri, directory, status=NOT, env=for_stores())
    assert "--keypairgen" in done.stdout and "4711" not in done.stdout + done.stderr
    assert not list(directory.iterdir())
    assert "tpm2_createprimary" in ctl("keygen", "--store", "handle:0x81", directory,
                                       status=NOT).stdout
    ctl("keygen", "--store", "/etc/key.pem", directory, status=NOT)


def test_keygen_store_shows_a_key_that_is_there(host):
    module = "/usr/lib/softhsm/libsofthsm2.so"
    if not Path(module).exists():
        print("  left out: SoftHSM2 (Debian: softhsm2 libengine-pkcs11-openssl)")
        return
    directory = Path("/etc/keys-hsm")
    (directory / "tokens").mkdir(parents=True, mode=0o700)
    write(directory / "softhsm2.conf", f"directories.tokendir = {directory}/tokens\n")
    environment = {"SOFTHSM2_CONF": str(directory / "softhsm2.conf"), **for_stores()}
    for words in (["--init-token", "--free", "--label", "login", "--so-pin", "4711"],
                  ["--import", host.itsme.signing_key, "--token", "login", "--label", "sig",
                   "--id", "01"]):
        subprocess.run(["softhsm2-util", *words, "--pin", "4711"], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
    uri = f"pkcs11:token=login;object=sig?pin-value=4711&module-path={module}"
    done = ctl("keygen", "--store", uri, directory, env=environment)
    kid = as_json("jwks")["jwks"]["keys"][0]["kid"]  # the same key, from its file
    assert f"kid {kid}" in done.stdout and "4711" not in done.stdout + done.stderr, done
    assert bits_of(directory / "enc.pem") == 2048


# --- config --------------------------------------------------------------------------------

def test_config_shows_values_and_where_they_stand(host):
    host.itsme.configure(client={"signing_key": "pkcs11:token=x?pin-value=4711&a=b"},
                         provider={"proxy": "http://me:hunter2@proxy:3128"})
    shown = ctl("config").stdout
    assert "4711" not in shown and "hunter2" not in shown and "pin-value=****&a=b" in shown
    rows = {(s["section"], s["key"]): s for s in as_json("config")["settings"]}
    assert rows["login", "timeout"]["value"] == "60"
    assert rows["login", "timeout"]["line"] == host.itsme.line_of("timeout")
    assert rows["login", "language"] == {"section": "login", "key": "language", "value": "auto",
                                         "source": "default"}
    write(host.itsme.config, host.itsme.config.read_text() + "[service:sudo]\ntimeout = 33\n")
    for words, value, source in (([], "60", "file"), (["--service", "sudo"], "33", "service"),
                                 (["--service", "sshd"], "60", "file")):
        row = next(s for s in as_json("config", *words)["settings"] if s["key"] == "timeout")
        assert (row["value"], row["source"]) == (value, source), row
    listed = {(k["section"], k["key"]) for k in as_json("config", "--list")["keys"]}
    assert listed == rows.keys()


# --- the published set ---------------------------------------------------------------------

class Publisher:
    """A web server with the client's JWK Set."""

    def __init__(self, state: Path):
        outer = self
        self.body, self.headers, self.status, self.delay = b"", {}, 200, 0.0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                time.sleep(outer.delay)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        key, certificate = state / "key.pem", state / "publisher.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        certificate.chmod(0o644)
        self.ca_file = certificate
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, *words: object) -> tuple[bool, list[dict]]:
        done = subprocess.run([CTL, "jwks", "--check", self.url, "--json",
                               *(words or ("--ca-file", self.ca_file))],
                              capture_output=True, text=True, timeout=60)
        result = json.loads(done.stdout)
        assert (done.returncode == DONE) == result["ok"], done
        return result["ok"], result["findings"]

    def check_in_time(self) -> tuple[bool, list[dict]]:
        """The same; a busy machine may by chance take more than the second that a provider
        waits, so the best of three counts."""
        for _ in range(3):
            ok, found = self.check()
            if not [f for f in found if re.search("took [0-9]+ ms; the provider waits", f["text"])]:
                break
        return ok, found

    def expect_fault(self, text: str, *words: object) -> None:
        ok, found = self.check(*words)
        assert not ok and [f for f in found if f["level"] == "fault"
                           and re.search(text, f["text"])], found


def test_jwks_check_compares_with_what_is_published(host):
    state = Path("/etc/publisher")
    state.mkdir(mode=0o755, exist_ok=True)
    published = Publisher(state)
    own = as_json("jwks")["jwks"]
    published.headers = {"Cache-Control": "public, max-age=3600"}
    published.body = json.dumps(own).encode()
    ok, found = published.check_in_time()
    assert ok and {f["level"] for f in found} == {"ok"}, found
    published.headers = {}
    ok, found = published.check_in_time()
    assert ok and [f["topic"] for f in found if f["level"] == "warning"] == ["caching"], found
    published.expect_fault("provider_tls", "--ca-file", "/etc/pam_itsme/ca.pem")

    sig, enc = own["keys"]
    published.body = json.dumps({"keys": [sig]}).encode()
    published.expect_fault(f"{enc['kid']} is not published")
    published.body = json.dumps({"keys": [{**sig, "n": enc["n"]}, enc]}).encode()
    published.expect_fault("another key is published")
    published.body = json.dumps({"keys": [{**sig, "use": "enc"}, {**enc, "use": "sig"}]}).encode()
    published.expect_fault(f"{sig['kid']} is published with use enc, not sig: .* swapped")
    where = ("--published", published.url, "--ca-file", published.ca_file)
    expect_finding("fault", "keys are swapped", "signing_key", *where)
    published.body = json.dumps(own).encode()
    assert not [f for f in findings(*where) if "swapped" in f["text"] or "not published" in f["text"]]
    published.body = json.dumps({"keys": [sig, enc, {**enc, "kid": "x", "n": sig["n"]}]}).encode()
    published.expect_fault("cannot open")
    for text in HOSTILE:
        published.body = json.dumps({"keys": [sig, enc, {**sig, "kid": text},
                                              {**enc, "kid": f"{text}2"}]}).encode()
        expect_plain("jwks", "--check", published.url, "--ca-file", published.ca_file)
    published.body = json.dumps({"keys": [{**sig, "d": "AQAB"}, enc]}).encode()
    published.expect_fault("jwks_refused")
    published.body = b"<html>"
    published.expect_fault("json_invalid")
    published.body = json.dumps({"keys": [sig, enc, {"kty": "RSA", "kid": "x"}]}).encode()
    published.expect_fault("1 of 3 keys skipped; key 2: .*missing")
    published.body = json.dumps({"keys": [sig, {**sig, "n": enc["n"]}, enc]}).encode()
    published.expect_fault(f"two keys are published as {sig['kid']}")
    published.body = json.dumps(own).encode()
    published.status = 404
    published.expect_fault("404")
    published.status, published.delay = 200, 1.3
    published.expect_fault("took 1[0-9]{3,} ms|took [2-9][0-9]{3,} ms")
    published.server.shutdown()
    published.server.server_close()
    published.expect_fault("provider_unreachable")
    ctl("jwks", "--check", "http://localhost/", status=USAGE)
    ctl("jwks", "--ca-file", "/x", status=USAGE)
    for words in (["--published", "http://localhost/"], ["--published", published.url, "--offline"],
                  ["--ca-file", "/x"]):
        ctl("check", *words, status=USAGE)


PIN = Path("/etc/pam_itsme/provider-keys.json")


def pinned_kids(path=PIN) -> list[str]:
    return [key["kid"] for key in json.loads(path.read_text())["keys"]]


def test_keys_are_pinned_shown_and_refreshed(host):
    """What is pinned is what is published, read by no login before it stands in the configuration;
    a rotation is found by check, and taken in by somebody who says yes."""
    failed = as_json("keys", "refresh", "--yes", status=NOT)
    assert failed["reason"] == "file_missing" and "keys pin" in failed["message"], failed
    done = ctl("keys", "pin")
    assert f"provider_keys = {PIN}" in done.stdout and "thumbprint" in done.stdout, done.stdout
    assert PIN.stat().st_uid == 0 and stat.S_IMODE(PIN.stat().st_mode) == 0o644
    shown = as_json("keys", "show")
    assert [key["kid"] for key in shown["keys"]] == pinned_kids() and len(shown["keys"]) == 2
    for key in shown["keys"]:
        written = next(k for k in json.loads(PIN.read_text())["keys"] if k["kid"] == key["kid"])
        numbers = json.dumps({n: written[n] for n in ("e", "kty", "n")}, separators=(",", ":"))
        digest = base64.urlsafe_b64encode(hashlib.sha256(numbers.encode()).digest()).decode()
        assert key["thumbprint"] == digest.rstrip("="), key
    host.itsme.configure(provider={"provider_keys": PIN})
    assert "pinned already" in ctl("keys", "pin").stdout
    assert "holds what is published" in ctl("keys", "refresh").stdout
    assert [f["level"] for f in findings() if f["topic"] == "pin"] == ["ok", "ok"]

    before = PIN.read_bytes()
    host.provider.command("rotate-keys")
    expect_finding("warning", "another key, sig-.*rotation is under way", "itsmectl keys refresh")
    assert "keys refresh" in ctl("keys", "pin", status=NOT).stderr
    asked = as_json("keys", "refresh", status=NOT)      # nobody is there to say yes
    assert [key["change"] for key in asked["keys"]] == ["new", "", ""], asked
    terminal = host.terminal(CTL, "keys", "refresh")
    terminal.wait_for(r"Pin what is published\? \[y/N\]")
    terminal.send("n\r")
    assert terminal.finish() == NOT and PIN.read_bytes() == before
    terminal = host.terminal(CTL, "keys", "refresh")
    terminal.wait_for(r"new  sig")
    terminal.wait_for(r"\[y/N\]")
    terminal.send("y\r")
    assert terminal.finish() == DONE and len(pinned_kids()) == 3

    stranger = json.loads(before)["keys"][1] | {"use": "sig", "kid": "stranger"}
    write(PIN, json.dumps({"keys": [stranger]}), 0o644)
    expect_finding("fault", "none of the pinned signature keys is published", "keys refresh")
    assert "ask the provider" in ctl("keys", "refresh", "--yes").stdout
    assert "stranger" not in pinned_kids()


def test_keys_that_cannot_be_pinned(host):
    """Nothing is written, or what was there stays."""
    other = Path("/etc/pam_itsme/other.json")
    host.provider.fault("jwks-empty")
    assert as_json("keys", "pin", other, status=NOT)["reason"] == "jwks_refused"
    host.provider.reset()
    host.provider.fault("discovery-wrong-issuer")
    assert as_json("keys", "pin", other, status=NOT)["reason"] == "provider_issuer_mismatch"
    host.provider.reset()
    host.itsme.configure(provider={"ca_file": None})
    assert as_json("keys", "pin", other, status=NOT)["reason"] == "provider_tls"
    host.itsme.reset()
    for path in ("/tmp/keys.json", "keys.json", "/etc/pam_itsme/nowhere/keys.json"):
        as_json("keys", "pin", path, status=NOT)
    assert not other.exists() and not Path("/tmp/keys.json").exists()
    write(other, "nonsense", 0o644)
    for words in (["show"], ["refresh", "--yes"], ["pin"]):
        assert as_json("keys", *words, other, status=NOT)["reason"] == "json_invalid"
    other.chmod(0o666)
    assert as_json("keys", "show", other, status=NOT)["reason"] == "file_unsafe"
    for words in (["forget"], [], ["pin", "--yes"], ["show", "a", "b"]):
        ctl("keys", *words, status=USAGE)


# --- people --------------------------------------------------------------------------------

def test_enrol_shows_the_name_asks_and_writes(host):
    host.itsme.map("# nobody yet")
    terminal = host.terminal(CTL, "enrol", "alice")
    scan(terminal, host.provider, "alice")
    terminal.wait_for("This is Alice Peeters")
    terminal.wait_for(r"May Alice Peeters enter the account alice\? \[y/N\]")
    assert people() == []
    terminal.send("y\r")
    assert terminal.finish() == DONE
    assert people() == [("alice", host.provider.subject("alice"))]
    assert host.itsme.users.read_text().startswith("# nobody yet\n")
    assert stat.S_IMODE(host.itsme.users.stat().st_mode) == 0o600


def test_enrol_no_is_no(host):
    before = host.itsme.users.read_text()
    for answer in ("n\r", "\r", "yess\r", "\x04"):
        terminal = host.terminal(CTL, "enrol", "alice", "--sub", "another")
        terminal.wait_for(r"\[y/N\]")
        terminal.send(answer)
        assert terminal.finish() == NOT
    assert "--yes" in ctl("enrol", "alice", "--sub", "another", status=NOT).stderr
    assert host.itsme.users.read_text() == before


def test_enrol_denied_in_the_app_writes_nothing(host):
    before = host.itsme.users.read_text()
    terminal = host.terminal(CTL, "enrol", "alice", "--yes")
    host.provider.scan(qr.scan(terminal.wait_qr()), "bob")
    host.provider.deny()
    assert terminal.finish() == NOT
    assert "user_denied" in terminal.text and host.itsme.users.read_text() == before


def test_enrol_without_a_name_shows_the_identity(host):
    host.itsme.map()
    done = ctl("enrol", "alice", "--sub", "abc", "--yes")
    assert re.search("This is identity [0-9a-f]{12}; the provider gave no name", done.stdout)


def test_enrol_replace_is_for_a_recreated_account(host):
    host.itsme.map("bob sub=b # bob", "alice lang=nl sub=old # hers", "# end")
    ctl("enrol", "alice", "--sub", "new", "--replace", "--yes")
    assert host.itsme.users.read_text() == "bob sub=b # bob\nalice lang=nl sub=new # hers\n# end\n"
    assert "already" in ctl("enrol", "alice", "--sub", "new", "--yes", status=NOT).stderr
    ctl("enrol", "alice", "--sub", "second", "--yes")
    ctl("enrol", "alice", "--sub", "x", "--replace", "--yes", status=NOT)
    ctl("enrol", "carol", "--sub", "x", "--replace", "--yes", status=NOT)
    ctl("enrol", "nosuchuser", "--sub", "x", "--yes", status=NOT)
    ctl("enrol", "alice", "--sub", "a b", "--yes", status=NOT)
    assert people() == [("bob", "b"), ("alice", "new"), ("alice", "second")]


def test_unenrol_takes_one_or_all(host):
    host.itsme.map("# top", "alice sub=1", "bob sub=2", "alice sub=3 # second", "alice sub=4")
    ctl("unenrol", "alice", "--sub", "3", "--yes")
    assert people("alice") == [("alice", "1"), ("alice", "4")]
    assert as_json("unenrol", "alice", "--yes")["removed"] == 2
    assert host.itsme.users.read_text() == "# top\nbob sub=2\n"
    ctl("unenrol", "alice", "--yes", status=NOT)
    terminal = host.terminal(CTL, "unenrol", "bob")
    terminal.wait_for(r"\[y/N\]")
    terminal.send("n\r")
    assert terminal.finish() == NOT and people() == [("bob", "2")]


def test_whoami_names_the_accounts(host):
    terminal = host.terminal(CTL, "whoami")
    scan(terminal, host.provider, "bob")
    assert terminal.finish() == DONE
    assert "This is Bob Dubois" in terminal.text
    assert re.search(r"(?m)^bob +[0-9a-f]{12}  " + host.provider.subject("bob"), terminal.text)
    assert not re.search("(?m)^alice", terminal.text)


def test_whoami_admits_nobody_and_asks_only_for_root(host):
    done = subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--clear-groups", CTL,
                           "whoami"], capture_output=True, text=True, timeout=60)
    assert done.returncode == NOT and not host.provider.requests()


def test_two_administrators_at_once_lose_nothing(host):
    host.itsme.map("# top")
    processes = [subprocess.Popen([CTL, "enrol", user, "--sub", f"{user}-{i}", "--yes"],
                                  stdout=subprocess.DEVNULL)
                 for i in range(6) for user in ("alice", "bob", "carol")]
    assert [process.wait(60) for process in processes] == [DONE] * 18
    assert len(people()) == 18


def test_a_full_disk_changes_nothing(host):
    place = Path("/etc/small")
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", place], check=True)
    try:
        users = place / "users"
        write(users, "alice sub=1\n")
        host.itsme.configure(identity={"map": users})
        filler = place / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        failed = as_json("enrol", "bob", "--sub", "2", "--yes", status=NOT)
        assert "No space left" in failed["message"], failed
        assert "No space left" in ctl("keygen", place, status=NOT).stderr
        assert sorted(p.name for p in place.iterdir()) == ["filler", "users"]
        assert users.read_text() == "alice sub=1\n"
        filler.unlink()
        ctl("enrol", "bob", "--sub", "2", "--yes")
        assert people() == [("alice", "1"), ("bob", "2")]
    finally:
        subprocess.run(["umount", place], check=True)


# --- test ----------------------------------------------------------------------------------

def test_test_runs_a_whole_login(host):
    terminal = host.terminal(CTL, "test", "alice", "--service", "sudo")
    scan(terminal, host.provider, "alice")
    assert terminal.finish() == DONE
    for step in ("session", "metadata", "token"):
        assert re.search(rf"\d+\.\d{{3}} s  step={step} status=200 time=\d+ms", terminal.text), step
    assert "alice would be let in." in terminal.text
    assert host.provider.subject("alice") not in terminal.text


def test_test_says_why_not(host):
    terminal = host.terminal(CTL, "test", "alice")
    scan(terminal, host.provider, "bob")
    assert terminal.finish() == NOT
    assert "reason=wrong_subject" in terminal.text and "would not be let in" in terminal.text
    for user, reason in (("mallory", "unmapped_user"), ("nosuchuser", "unknown_user"),
                         ("root", "root_user")):
        assert as_json("test", user, status=NOT)["reason"] == reason


def test_test_takes_the_number_that_the_phone_shows(host):
    host.itsme.configure(provider={"confirm_service": CONFIRM}, login={"number_match": "ask"})
    for typed, status in (("{}\r", DONE), ("x\r", NOT)):
        terminal = host.terminal(CTL, "test", "alice", "--service", "sudo")
        terminal.wait_for("Which number does the phone show")
        number = host.provider.number()
        if status == DONE:
            host.provider.approve()
        terminal.send(typed.format(number))
        assert terminal.finish() == status, terminal.tail()


# --- check ---------------------------------------------------------------------------------

def test_check_finds_nothing_wrong_where_nothing_is(host):
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    write(Path("/etc/ssh/sshd_config"), "UsePAM yes\nKbdInteractiveAuthentication yes\n"
          "PasswordAuthentication no\n"
          "AuthenticationMethods publickey,keyboard-interactive\n", 0o644)
    host.itsme.configure(login={"timeout": 45})
    accounts.set_password("root", "a long one")
    write(Path("/etc/pam.d/login"), "auth required pam_unix.so\naccount required pam_unix.so\n", 0o644)
    found = findings()
    assert {f["level"] for f in found} <= {"ok", "note"}, found
    said = " ".join(f["text"] for f in found)
    for word in ("a login can begin", "of the provider's", "RSA-OAEP-256",
                 "usepam yes", "sudo asks for itsme", "3 lines", "root can be reached without itsme"):
        assert word in said, word
    assert [r["endpoint"] for r in host.provider.requests()].count("token") == 0


def test_check_sshd(host):
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    config = Path("/etc/ssh/sshd_config")
    write(config, "UsePAM yes\nKbdInteractiveAuthentication no\n", 0o644)
    expect_finding("fault", "kbdinteractive", "KbdInteractiveAuthentication yes", "--offline")
    write(config, "UsePAM no\nKbdInteractiveAuthentication yes\n", 0o644)
    expect_finding("fault", "usepam", "UsePAM yes", "--offline")
    write(config, "UsePAM yes\nKbdInteractiveAuthentication yes\nLoginGraceTime 30\n", 0o644)
    expect_finding("warning", "after 30 s", "LoginGraceTime 68", "--offline")
    write(config, "UsePAM yes\nKbdInteractiveAuthentication yes\nLoginGraceTime 67\n", 0o644)
    expect_finding("warning", "after 67 s", "LoginGraceTime 68", "--offline")
    for grace in (68, 0):
        write(config, f"UsePAM yes\nKbdInteractiveAuthentication yes\nLoginGraceTime {grace}\n", 0o644)
        expect_finding("ok", f"logingracetime {grace} leaves 60 s", "", "--offline")
    for methods, good in (("publickey", False), ("publickey,password password", False),
                          ("publickey,keyboard-interactive", True), ("any", True),
                          ("password keyboard-interactive:pam", True)):
        write(config, "UsePAM yes\nKbdInteractiveAuthentication yes\n"
                      f"AuthenticationMethods {methods}\n", 0o644)
        if good:
            assert "never asks" not in str(findings("--offline")), methods
        else:
            expect_finding("fault", f"{methods} never asks for itsme",
                           "publickey,keyboard-interactive", "--offline")
    write(config, "Nonsense yes\n", 0o644)
    expect_finding("fault", "cannot tell its settings: .*Nonsense", "sshd -t", "--offline")


RELAY = "itsme is the only factor"
MUTE = "the phone names neither machine nor account"
# Settings of sshd, of ours, the stack -> whether codes can be forwarded, and in silence.
RELAYS = (
    ("", {}, None, True, True),
    ("AuthenticationMethods any", {}, None, True, True),
    ("AuthenticationMethods keyboard-interactive", {}, None, True, True),
    ("AuthenticationMethods publickey,keyboard-interactive keyboard-interactive", {}, None,
     True, True),
    ("AuthenticationMethods keyboard-interactive,publickey", {}, None, True, True),
    ("", {"provider": {"confirm_service": CONFIRM}}, None, True, False),
    ("", {"service:sudo": {"qr_requires": "first_factor"}}, None, True, True),
    ("", {"login": {"qr_requires": "first_factor"}, "service:sshd": {"qr_requires": "none"}}, None,
     True, True),
    ("", {}, "auth required pam_itsme.so config=/etc/pam_itsme/other.conf", True, True),
    ("AuthenticationMethods publickey,keyboard-interactive", {}, None, False, False),
    ("AuthenticationMethods publickey,keyboard-interactive "
     "publickey,password,keyboard-interactive:pam", {}, None, False, False),
    ("", {"service:sshd": {"qr_requires": "first_factor"}}, None, False, False),
    ("", {"login": {"qr_requires": "first_factor"}}, None, False, False),
    ("", {"provider": {"confirm_service": CONFIRM}, "service:sshd": {"flow": "push"}}, None,
     False, False),
    ("", {}, "auth required pam_unix.so\nauth required pam_itsme.so", False, False),
    ("", {}, "auth required pam_itsme.so first_factor", False, False),
    ("", {}, "auth required pam_permit.so", False, False),
)


def test_check_codes_that_can_be_forwarded(host):
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    other = Path("/etc/pam_itsme/other.conf")
    write(other, host.itsme.config.read_text(), 0o600)
    for settings, changes, stack, relayed, mute in RELAYS:
        write(Path("/etc/ssh/sshd_config"), "UsePAM yes\nKbdInteractiveAuthentication yes\n"
              f"PasswordAuthentication no\n{settings}\n", 0o644)
        host.itsme.configure(**changes)
        stacks.use()
        if stack:
            write(Path("/etc/pam.d/sshd"), stack + "\n", 0o644)
        done = subprocess.run([CTL, "check", "--offline", "--json"], capture_output=True, text=True)
        said = str([f for f in json.loads(done.stdout)["findings"] if f["level"] == "warning"])
        assert (RELAY in said) == relayed, f"{settings} {changes} {stack}: {said}"
        assert (MUTE in said) == mute, f"{settings} {changes} {stack}: {said}"
    stacks.use()
    host.itsme.configure()
    write(Path("/etc/ssh/sshd_config"), "UsePAM yes\nKbdInteractiveAuthentication yes\n"
          "PasswordAuthentication no\n", 0o644)
    expect_finding("warning", RELAY, "qr_requires = first_factor", "--offline")
    expect_finding("warning", MUTE, "confirm_service", "--offline")


STACK_FAULTS = {
    "auth optional pam_itsme.so": ("fault", "refuses nobody", "required"),
    "auth [success=done default=ignore] pam_itsme.so": ("warning", "ignored", "default=die"),
    "account sufficient pam_itsme.so\nauth required pam_itsme.so":
        ("warning", "nothing for pam_itsme.so to do in account", "take the line out"),
    "auth sufficient pam_unix.so\nauth required pam_itsme.so":
        ("warning", "pam_unix.so admits is never asked", "above it"),
    "auth [success=1 default=ignore] pam_unix.so\nauth required pam_itsme.so\n"
    "auth required pam_permit.so": ("warning", "never asked", "above it"),
    "auth required pam_itsme.so tiemout=3": ("fault", "tiemout", r"pam_itsme\(8\)"),
    "auth required pam_itsme.so timeout=soon": ("fault", "timeout", r"pam_itsme\(8\)"),
    "auth required pam_itsme.so config=/nowhere": ("fault", "/nowhere", ""),
    "auth required /opt/pam_itsme.so": ("fault", "No such file", "without a directory"),
    "auth required \\\n  pam_itsme.so \\\n  tiemout=3 # comment": ("fault", "tiemout", ""),
    "auth required pam_itsme": ("fault", r"su \(su:1\): there is no module pam_itsme", "pam_itsme.so"),
    "auth required pam_access.so\nauth sufficient pam_itsme.so":
        ("fault", "whoever itsme refuses, without a password", "pam_deny.so behind"),
    "auth required pam_unix.so\nauth sufficient pam_itsme.so":
        ("fault", "the password decides alone", "above the others"),
    "auth include su-inner\nauth required pam_itsme.so":
        ("fault", "the password decides alone", "above the others"),
    "auth requisite pam_deny.so\nauth required pam_itsme.so": ("fault", "lets nobody in", "examples"),
    "auth sufficient pam_itsme.so": ("warning", "ignored", "pam_deny.so"),
    "-auth required pam_itsme.so": ("ok", "su asks for itsme$", ""),
    "auth substack su-inner\nauth required pam_itsme.so":
        ("ok", "su asks for itsme, and for a password$", ""),
    "auth [success=1 default=ignore] pam_itsme.so\nauth requisite pam_deny.so\n"
    "auth required pam_permit.so": ("ok", "su asks for itsme$", ""),
    "auth sufficient pam_itsme.so\n@include common-auth":
        ("ok", "su asks for itsme; a password does as well$", ""),
    "auth required pam_itsme.so\n@include su-nothing": ("fault", "no file su-nothing to include", "are there"),
    "auth required pam_itsme.so": ("warning", "su has no account line", "common-account"),
}
# Orders in which nothing is to be warned of.
GOOD_STACKS = (
    "auth substack su-inner\nauth required pam_itsme.so",
    "auth [success=1 default=ignore] pam_itsme.so\nauth requisite pam_deny.so\n"
    "auth required pam_permit.so",
)
INNER = "auth sufficient pam_unix.so\nauth required pam_deny.so\n"


def test_check_stacks(host):
    write(Path("/etc/pam.d/su-inner"), INNER, 0o644)
    for text, (level, said, advice) in STACK_FAULTS.items():
        stacks.use(text=stacks.STACK)
        write(Path("/etc/pam.d/su"), text + "\n", 0o644)
        expect_finding(level, said, advice, "--offline")
    for text in GOOD_STACKS:
        write(Path("/etc/pam.d/su"), text + "\naccount required pam_permit.so\n", 0o644)
        bad = [f for f in findings("--offline") if f["topic"] == "pam" and "su" in f["text"].split()[0]
               and f["level"] != "ok"]
        assert not bad, (text, bad)
    # the orders that the examples show are no mistakes
    for example in filter(Path.is_file, Path("/usr/share/doc/pam_itsme/pam.d").rglob("*")):
        if example.suffix == ".override":
            continue  # a schema's
        write(Path("/etc/pam.d/su"), example.read_text(), 0o644)
        bad = [f for f in findings("--offline") if "(su" in f["text"] or "su (" in f["text"]]
        assert not bad, (example, bad)


def test_check_login(host):
    defs, stack = Path("/etc/login.defs"), Path("/etc/pam.d/login")
    before = stack.read_text()
    write(stack, "auth required pam_itsme.so\n@include common-account\n", 0o644)
    try:
        for line, limit in (("", 60), ("LOGIN_TIMEOUT 67", 67)):
            write(defs, line + "\n", 0o644)
            expect_finding("warning", f"after {limit} s, itsme after 60 s", "LOGIN_TIMEOUT", "--offline")
        for line in ("LOGIN_TIMEOUT 68", "LOGIN_TIMEOUT 0"):
            write(defs, line + "\n", 0o644)
            assert "ends a login" not in str(findings("--offline")), line
        write(stack, "auth required pam_itsme.so timeout=30\n@include common-account\n", 0o644)
        write(defs, "LOGIN_TIMEOUT 38\n", 0o644)
        assert "ends a login" not in str(findings("--offline"))
    finally:
        write(stack, before, 0o644)


HELPER, QR, MODULE = (Path("/usr/libexec/pam_itsme/itsme-helper"),
                      Path("/usr/libexec/pam_itsme/itsme-qr"),
                      Path("/usr/lib/x86_64-linux-gnu/security/pam_itsme.so"))


def test_check_programs(host):
    for path, mode, owner, said in ((HELPER, 0o775, 0, "written by others"), (HELPER, 0o757, 0, "others"),
                                    (HELPER, 0o4755, 0, "mode 4755"), (HELPER, 0o655, 0, "mode 0655"),
                                    (HELPER, 0o755, 1, "belongs to uid 1"),
                                    (QR, 0o775, 0, "written by others"), (QR, 0o655, 0, "mode 0655"),
                                    (MODULE, 0o666, 0, "written by others")):
        before = path.stat()
        os.chown(path, owner, 0)
        path.chmod(mode)
        try:
            expect_finding("fault", f"{path}.*{said}", "install pam_itsme again", "--offline")
        finally:
            os.chown(path, before.st_uid, before.st_gid)
            path.chmod(before.st_mode & 0o7777)
    other = Path("/etc/pam_itsme/pam_itsme.so")
    write(other, "another one", 0o644)
    write(Path("/etc/pam.d/su"), f"auth required {other}\n", 0o644)
    expect_finding("warning", f"{other} is not the module", "without a directory", "--offline")
    write(Path("/etc/pam.d/su"), f"auth required {MODULE}\n", 0o644)
    assert "is not the module" not in str(findings("--offline"))


def test_check_common_files(host):
    common = Path("/etc/pam.d/common-auth")
    before = common.read_text()
    write(common, "auth required pam_itsme.so\n" + before, 0o644)
    try:
        expect_finding("warning", "common-auth:1: every service", "single services", "--offline")
    finally:
        write(common, before, 0o644)


def test_check_files(host):
    host.itsme.signing_key.chmod(0o640)
    expect_finding("fault", "key_unsafe|file_unsafe", "chmod", "--offline")
    host.itsme.reset()
    write(host.itsme.decryption_key, host.itsme.signing_key.read_text())
    expect_finding("fault", "both sign and decrypt", "keygen", "--offline")
    host.itsme.reset()
    host.itsme.map("alice sub=1", "ghost sub=2", "root sub=3")
    expect_finding("warning", "line 2: there is no account ghost", "unenrol", "--offline")
    expect_finding("note", "line 3: root is root", "", "--offline")
    host.itsme.map("alice")
    expect_finding("fault", ":1: has no sub", "", "--offline")
    host.itsme.map("alice sub=1", "bob sub=1", "alice sub=1")
    expect_finding("fault", ":3: repeats a pair", "remove one", "--offline")
    host.itsme.users.unlink()
    expect_finding("fault", "does not exist", "enrol", "--offline")


def test_check_remember(host):
    """An administrator who wrote it for a locker is told that it is not for lockers."""
    host.itsme.configure(login={"remember": 900}, **{
        "service:vlock": {"remember": 300}, "service:sudo": {"remember": 300},
        "service:i3lock": {"remember": 0}})
    expect_finding("warning", r"\[service:vlock\] sets remember", "leave it out", "--offline")
    told = [f for f in findings("--offline") if f["topic"] == "remember"]
    assert len(told) == 1, told


def test_check_provider(host):
    host.itsme.configure(provider={"client_id": "SomebodyElse"})
    expect_finding("fault", "client_refused_by_provider", "jwks --check")
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    expect_finding("fault", "provider_unreachable", "proxy")
    host.itsme.reset()
    host.provider.fault("discovery-wrong-issuer")
    expect_finding("fault", "another issuer", "exactly")
    host.provider.reset()
    host.provider.fault("jwks-odd-key")
    expect_finding("note", "1 of [0-9] keys skipped; key [0-9]: member .* is missing", "")
    host.provider.reset()
    host.provider.fault("jwks-empty")
    expect_finding("fault", "no key of the provider is usable for signatures", "provider")
    host.provider.reset()
    # where a login looks for the document, and where it asks for none
    host.itsme.configure(provider={"issuer": host.itsme.issuer + "/"})
    expect_finding("fault", "another issuer", "exactly")
    nothing = host.itsme.issuer.removesuffix("/v2") + "/nothing"
    host.itsme.configure(provider={"issuer": nothing})
    expect_finding("fault", "oauth-authorization-server/nothing answers with status 404", "letter")
    host.itsme.configure(provider={
        "issuer": nothing, "profile": "oidc", "service": None,
        "token_endpoint": f"{host.itsme.issuer}/token",
        "backchannel_authentication_endpoint": f"{host.itsme.issuer}/ciba",
        "jwks_uri": f"{host.itsme.issuer}/jwks"})
    found = findings("--config", host.itsme.config, status=NOT)  # no login can begin with it
    assert not [f for f in found if f["topic"] in ("provider", "jwks", "issuer", "alg")
                and f["level"] == "fault"], found
    assert any("set by hand" in f["text"] for f in found), found


# --- token ---------------------------------------------------------------------------------

def test_token_explains_good_and_bad_ones(host):
    """Tokens that jwcrypto made: to our encryption key, signed by a key that is given."""
    from jwcrypto import jwk, jwt
    issuer_key = jwk.JWK.generate(kty="RSA", size=2048, kid="issuer", use="sig", alg="RS256")
    keys = Path("/run/issuer.jwks")
    keys.write_text(json.dumps({"keys": [issuer_key.export_public(as_dict=True)]}))
    enc = jwk.JWK(**next(k for k in as_json("jwks")["jwks"]["keys"] if k["use"] == "enc"))
    now = int(time.time())
    claims = {"iss": host.itsme.issuer, "sub": "s" * 36, "aud": "Workstations", "exp": now + 600,
              "iat": now}

    def make(claims: dict, nested: bool = True, key=issuer_key, names: bool = True) -> Path:
        def head(kid: str, **header: str) -> dict:
            return {**header, "kid": kid} if names else header
        token = jwt.JWT(header=head("issuer", alg="RS256"), claims=claims)
        token.make_signed_token(key)
        text = token.serialize()
        if nested:
            outer = jwt.JWT(header=head(enc["kid"], alg="RSA-OAEP-256", enc="A128CBC-HS256",
                                        cty="JWT"), claims=text)
            outer.make_encrypted_token(enc)
            text = outer.serialize()
        path = Path("/run/token")
        write(path, text + "\n")
        return path

    result = as_json("token", make(claims), "--jwks", keys)
    assert result["verified"] is True and result["claims"] == claims
    good = {f["topic"] for f in result["findings"] if f["level"] == "ok"}
    assert {"decrypt", "verify", "iss", "sub", "aud", "exp", "iat", "acr"} <= good
    # without names one key fits, and the odd one beside it is told of
    odd = json.loads(keys.read_text())
    odd["keys"].append({"kty": "oct", "k": "AAAA"})
    Path("/run/odd.jwks").write_text(json.dumps(odd))
    result = as_json("token", make(claims, names=False), "--jwks", "/run/odd.jwks")
    assert result["verified"] is True and result["claims"] == claims
    told = [f["text"] for f in result["findings"] if f["topic"] in ("keys", "decrypt")]
    assert told == ["with our key (the only one that fits)",
                    "1 of 2 keys skipped; key 1: symmetric key"], told
    stranger = jwk.JWK.generate(kty="RSA", size=2048, kid="issuer")
    for changed, key, nested, topic, reason in (
            ({"exp": now - 3600, "aud": "other"}, issuer_key, True, "exp", "claim_exp"),
            ({"exp": now - 3600, "aud": "other"}, issuer_key, True, "aud", "claim_aud"),
            ({}, stranger, True, "verify", "signature_invalid"),
            ({}, issuer_key, False, "decrypt", "token_nesting")):
        path = make({**claims, **changed}, nested, key)
        found = as_json("token", path, "--jwks", keys, status=NOT)
        hits = [f for f in found["findings"] if f["topic"] == topic and f["level"] == "fault"]
        assert hits and reason in hits[0]["text"], found
        assert found["verified"] == (key is issuer_key), "what a stranger signed is verified"
    for junk in ("", ".", "a.b.c", "a.b.c.d.e", "x" * 100_000, "\x00\x1b[31m", "é.é.é"):
        write(Path("/run/token"), junk)
        ctl("token", "/run/token", "--jwks", keys, status=NOT)
    ctl("token", "/nowhere", status=NOT)
    ctl("token", "/etc", status=NOT)


def test_token_forges_no_line(host):
    """Nothing in its headers or claims is verified; none of it begins a line of the result."""
    def part(content: object) -> str:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def explain(header: object, claims: object) -> dict:
        write(Path("/run/token"), f"{part(header)}.{part(claims)}.{part(b'signature')}")
        lines, result = expect_plain("token", "/run/token", "--offline")
        forged = [line for line in lines if line.startswith("ok")]
        assert not forged, lines
        topics = [f["topic"] for f in result["findings"]]
        assert set(topics) <= {"decrypt", "verify", "JWS"} and len(topics) <= 3, topics
        return result

    good = {"alg": "RS256", "kid": "k"}
    for text in HOSTILE:
        for header in ({**good, "kid": text}, {**good, "alg": text}, {**good, "typ": text},
                       {**good, "cty": text}, {**good, "crit": [text]}, {**good, text: text}):
            explain(header, {"sub": "s"})
        claims = {"iss": text, "sub": text, text: text, "list": [text, {text: text}]}
        result = explain(good, claims)
        assert result.get("verified", False) is False
        assert "\0" in text or result["claims"] == claims, "the object says something else"
    for raw in (b'{"alg":"RS256","kid":"\xff\xfe"}', b'{"alg":"RS256","kid":"\xc0\xae"}',
                b'{"alg":"RS256","kid":"\xed\xa0\x80"}', b'{"alg":"RS256","kid":"\x1b[2K"}'):
        explain(raw, {"sub": "s"})
    for raw in (b'{"sub":"\xff\xfe"}', b'{"\xc0\xae":"s"}', b'{"sub":"\x1b[2K"}'):
        explain(good, raw)


if __name__ == "__main__":
    checks.main(globals(), make_host)
