#!/usr/bin/python3
"""Nobody who is not believed writes the system log: whatever a provider answers, a certificate
is called, a caller or a program of somebody's says, no line tells of a login that was none."""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helper"))

import checks
from doors import Su
from installation import CLIENT_ID
from scripted_op import Op
from service import UIDS
from sockethost import SocketHost
from terminal import PATIENCE

CTL = "/usr/sbin/itsmectl"
PAIRS = "outcome=authenticated reason=ok user=root"
LINE = f"<86>Nov 29 10:00:00 su: pam_itsme(su:auth): {PAIRS} service=su rhost=-"
EVENT = "event=confirmed for=root via=sshd from=- factor=publickey"
EVIL = f'x" {EVENT} {PAIRS} \'\n{EVENT}\n{LINE}\x1b[2K\u202e\u2028\x85\x9b[2K'
CLAIM = "http://itsme.services/v2/claim/"
KEYS = ["event", "for", "via", "from", "factor", "how"]  # of an event's line; then the others
NAME = f"x {PAIRS} ' \" x"[:64]  # as long as a certificate's may be
MINE = re.compile(r"<(\d+)>(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8} )?([^:\[]+)(?:\[\d+\])?: (.*)", re.S)


class Evil(SocketHost):
    """With a provider beside the usual one that answers as it is told."""

    def __init__(self):
        from jwcrypto import jwk
        super().__init__()
        self.signer = jwk.JWK.generate(kty="RSA", size=2048, kid="k1", alg="RS256")
        self.op = self.provider_called(None)

    def provider_called(self, name) -> Op:
        directory = Path("/run/op") / ("named" if name else "usual")
        directory.mkdir(parents=True, mode=0o755)
        directory.parent.chmod(0o755)
        return Op(directory, CLIENT_ID, self.signer, name)

    def trust(self, op: Op, **login: object) -> None:
        certificate = Path("/run/op") / ("usual" if op is self.op else "named") / "tls.pem"
        shutil.copyfile(certificate, self.itsme.ca_file)
        self.itsme.configure(provider={"issuer": op.issuer, "profile": "oidc", "service": None},
                             client={"auth": "none", "signing_key": None,
                                     "decryption_key": None},
                             login={"timeout": 30, **login})

    def reset(self) -> None:
        super().reset()
        self.op.reset()
        self.op.client_id = CLIENT_ID
        self.trust(self.op)

    def lines(self) -> list[str]:
        """What the module and the helper have written, whole."""
        self.log.catch_up()
        found = [match for match in map(MINE.fullmatch, self.log.raw) if match]
        return [match[3] for match in found
                if match[2] == "itsme-helper" or "pam_itsme(" in match[3]]

    def expect_honest(self) -> None:
        """One line tells of the attempt, as it ended; no other line can be taken for one."""
        told = 0
        for line in self.lines():
            said = re.sub(r"^pam_itsme\([a-z-]+:auth\): ", "", line)
            assert said.isprintable() and said.isascii(), f"not plain: {line!r}"
            assert not re.search(r"outcome *=", said[1:], re.I), f"a forged line: {line!r}"
            assert not re.search(r"event *=", said[1:], re.I), f"a forged event: {line!r}"
            if said.startswith("event="):
                keys = [pair.partition("=")[0] for pair in said.split(" ")]
                assert keys[:6] == KEYS and keys[6:] in ([], ["after"], ["after", "phone", "model"])
                assert said.count("=") == len(keys) and " for=root " not in said, line
            if said.startswith("outcome="):
                told += 1
                assert not said.startswith("outcome=authenticated"), line
                assert said.count("reason=") == said.count("user=") == 1, line
            else:
                assert not re.search(r"(reason|user|service|rhost|subject) *=", said, re.I), line
            assert " user=root " not in f"{said} ", line
        assert told >= 1, self.log.raw


def refused(host, *words: str) -> None:
    """An attempt at su, with all that is logged where debugging is asked for as well."""
    attempt = Su(host)
    assert attempt.terminal.finish() != 0, attempt.terminal.tail()
    host.log.wait_attempts(1)
    host.expect_honest()
    for word in words:
        assert any(word in line for line in host.lines()), f"{word} is not told: {host.log.raw}"


# --- what a provider says --------------------------------------------------------------------

def test_error_and_its_description(host):
    for endpoint in ("device", "token"):
        for answer in ({"error": "invalid_request", "error_description": EVIL},
                       {"error": EVIL, "error_description": EVIL},
                       {"error": EVIL, "detail": LINE},
                       {"error": f"outcome={'x' * 100}"}, {"error": EVIL + "\0"}):
            host.log.clear()
            host.op.reset()
            host.op.bend[endpoint] = lambda *_, answer=answer: (400, answer)
            refused(host, "status 400")


def test_description_can_still_be_read(host):
    host.op.bend["device"] = lambda *_: (400, {"error": "invalid_request",
                                               "error_description": "The client is not known."})
    refused(host, "status 400, invalid_request: The_client_is_not_known.")


def test_names_in_the_metadata(host):
    for members in ({"issuer": EVIL}, {"jwks_uri": f"https://{EVIL}"},
                    {"id_token_signing_alg_values_supported": [EVIL]},
                    {"jwks_uri": "https://outcome=authenticated/"}):
        host.log.clear()
        host.op.reset()
        host.op.metadata = members
        refused(host)


def test_header_of_a_token(host):
    for header in ({"kid": EVIL[:200]}, {"alg": PAIRS}, {"typ": EVIL}, {"crit": [PAIRS]}):
        host.log.clear()
        host.op.reset()

        def sign(claims, header=header):
            import base64
            head = json.dumps({"alg": "RS256", "kid": "k1"} | header).encode()
            token = host.op.signed(claims)
            return ".".join([base64.urlsafe_b64encode(head).decode().rstrip("="),
                             *token.split(".")[1:]])
        host.op.sign = sign
        refused(host)


def test_claims_of_a_token(host):
    for claims in ({"iss": EVIL}, {"aud": [EVIL, EVIL]}, {"azp": EVIL}, {"sub": EVIL}):
        host.log.clear()
        host.op.reset()
        host.op.claims = claims
        refused(host)


def test_phone_that_confirms(host):
    """Its address and model are the provider's words."""
    host.itsme.map("alice sub=somebody-else")
    device = {"os": EVIL, "osRelease": EVIL, "deviceModel": EVIL}
    for claims in ({CLAIM + "transaction_ip": EVIL, CLAIM + "claim_device": device},
                   {CLAIM + "transaction_ip": [EVIL], CLAIM + "claim_device": EVIL},
                   {CLAIM + "transaction_ip": None, CLAIM + "claim_device": {"os": 1}},
                   {CLAIM + "transaction_ip": "", CLAIM + "claim_device": {}}):
        host.log.clear()
        host.op.reset()
        host.op.claims = claims
        refused(host, "event=code_shown for=alice", "event=confirmed for=alice")


def test_name_in_a_certificate(host):
    """libcurl quotes it when it is not that of the host."""
    named = host.provider_called(NAME.replace("/", "").replace("+", ""))
    try:
        host.trust(named)
        refused(host, "provider_tls")
    finally:
        named.close()


# --- what itsmectl prints ----------------------------------------------------------------------

def printed(host, *words: object) -> str:
    """What itsmectl writes to a pipe; nothing of it could steer a terminal."""
    done = subprocess.run([CTL, *map(str, words)], capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=PATIENCE)
    for text in (done.stdout.decode(), done.stderr.decode()):
        steering = [c for c in text if c != "\n" and not c.isprintable()]
        assert not steering, f"{steering} in {text!r}"
    return done.stdout.decode()


def test_name_of_a_person(host):
    """The provider may call them whatever it likes; the administrator sees one line of it."""
    name = "Alice\nNo account is theirs.\nok      verify   \x1b[2K\u202e\u2028\x85\x9b\x7f"
    host.itsme.map("# nobody")
    host.op.bend["userinfo"] = lambda status, answer: (status, answer | {"name": name})
    for words in (("whoami",), ("enrol", "alice", "--yes")):
        lines = printed(host, *words).split("\n")
        assert any(line.startswith("This is Alice?No account is theirs.?ok ") for line in lines)
        assert not [line for line in lines if line.startswith("ok")], lines
    result = json.loads(printed(host, "whoami", "--json"))
    assert result["name"].startswith("Alice?No account"), result


def test_error_in_a_check_and_a_test(host):
    host.op.bend["device"] = lambda *_: (400, {"error": EVIL, "error_description": EVIL})
    for words in (("test", "alice"), ("check",)):
        text = printed(host, *words)
        assert PAIRS not in text and "status 400" in text, text
        assert json.loads(printed(host, *words, "--json"))["ok"] is False


# --- what callers say --------------------------------------------------------------------------

def test_items_of_the_host(host):
    for items, user in ((("rhost", LINE), "alice"), (("ruser", LINE), "alice"),
                        (("tty", LINE), "alice"), (("tty", EVIL), "alice"),
                        (("rhost", "x"), f"alice {PAIRS}"), (("rhost", "x"), "nobody\n" + LINE)):
        host.log.clear()
        host.op.reset()
        host.op.bend["device"] = lambda *_: (400, {"error": "invalid_request"})
        attempt = host.terminal("pamtester", "-I", "=".join(items), "su", user, "authenticate")
        assert attempt.finish() != 0
        host.log.wait_attempts(1)
        host.expect_honest()


def test_items_of_the_host_beside_a_code(host):
    host.itsme.map("alice sub=somebody-else")
    for items in (("rhost", EVIL), ("rhost", EVENT), ("tty", EVIL), ("ruser", EVIL)):
        host.log.clear()
        host.op.reset()
        attempt = host.terminal("pamtester", "-I", "=".join(items), "su", "alice", "authenticate")
        assert attempt.finish() != 0
        host.log.wait_attempts(1)
        host.expect_honest()
        assert [line for line in host.lines() if "event=code_shown" in line], host.log.raw


def test_words_of_a_program_of_somebodys(host):
    """Whoever may connect to the socket also chooses user, service and the module's arguments."""
    for request in ({"arguments": PAIRS}, {"arguments": LINE.replace("\n", "")},
                    {"arguments": "outcome=authenticated\nreason=ok\nuser=root"},
                    {"arguments": "flow=" + PAIRS}, {"arguments": "timeout=1 " + PAIRS},
                    {"arguments": "OUTCOME =authenticated"}, {"arguments": "x\u202e=y"},
                    {"service": PAIRS}, {"service": LINE}, {"user": "alice " + PAIRS}):
        host.log.clear()
        host.caller().request(**request).verdict()
        host.wait_helpers(0)
        host.wait_helper_line(peer_uid=str(UIDS["alice"]))
        host.expect_honest()


if __name__ == "__main__":
    checks.main(globals(), Evil)
