#!/usr/bin/python3
"""The real helper against the real simulator, over the channel alone: what every broken,
hostile or slow provider leads to, and what a good one does.

    test_helper.py [--valgrind] BUILD-DIRECTORY [NAME...]

As root, in a mount namespace of its own, so that its files lie on a path only root can
change. Closes with `N passed, N failed`.
"""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

TOP = Path(__file__).parents[2]
sys.path[:0] = [str(TOP / folder) for folder in ("tests/helper", "tests/lib", "simulator")]
import channel  # noqa: E402
from chance import best_of_three  # noqa: E402
from channel import (  # noqa: E402
    FAILED, GDM_STYLE, Helper, LIVE_STYLE, NOBODY_STYLE, PASSWORD_STYLE, PLAIN_STYLE, PROMPT_STYLE,
    reserve_descriptor)
from inside import tool, VALGRIND_LACKS  # noqa: E402
import programs  # noqa: E402
from itsme_sim import journal  # noqa: E402

SIM = TOP / "simulator/itsme-sim"
PLACE = Path("/mnt")            # a tmpfs of our own: see main()
WORKERS = 6
CLIENT = "TestClient"
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect", "--vgdb=no"]
AUTO = ["--auto", "approve", "--auto-delay", "0.1"]
WRAPPER = []                    # what the helper runs under


def private_run(directory):
    """What a helper is started with so that `directory` is its /run/pam_itsme."""
    directory.mkdir(0o700, parents=True, exist_ok=True)
    return ["unshare", "--mount", "sh", "-c",
            f'mount --bind {directory} /run/pam_itsme && exec "$@"', "sh"]


def forget(directory):
    """Nothing is known of any account."""
    for kept in directory.glob("accounts/*"):
        kept.unlink()


def move_in(arguments):
    """Starts this program again where /run and PLACE are its own."""
    os.environ["HELPER_TEST_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                          f'mount -t tmpfs -o mode=0755 tmpfs {PLACE} && '
                          'mount -t tmpfs -o mode=0755 tmpfs /run && '
                          'mkdir -m 700 /run/pam_itsme && exec "$@"', "sh",
                          sys.executable, *arguments])


class Site:
    """A provider and a configuration that trusts it; cases run on it one at a time."""

    def __init__(self, build, directory, serve):
        self.build, self.dir = Path(build), directory
        (directory / "keys").mkdir(parents=True)
        self.run = directory / "run"
        self.helper_program = [*private_run(self.run), *WRAPPER, programs.helper(build)]
        self.control("keygen", directory / "keys")
        self.state = directory / "sim"
        self.conf = directory / "pam_itsme.conf"
        self.jwks = directory / "jwks.json"
        self.write_config("https://localhost:1/v2", "/dev/null")
        self.write_map("")
        self.jwks.write_bytes(self.control("jwks", "--config", self.conf))
        self.server = subprocess.Popen(
            [SIM, "serve", "--state", self.state, "--client-id", CLIENT, "--client-jwks",
             self.jwks, "--service", "TEST_LOGIN", "--confirm-service",
             "TEST_CONFIRM", "--interval", "1", *serve],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (self.state / "ready.json").exists():
            assert self.server.poll() is None and time.monotonic() < deadline, "no simulator"
            time.sleep(0.05)
        self.ready = json.loads((self.state / "ready.json").read_text())
        self.write_config(self.ready["issuer"], self.ready["ca_file"])
        self.sub = self.sim("subject", "--person", "alice", "--client-id", CLIENT).strip()
        self.write_map(f"daemon sub={self.sub}\n")

    def control(self, *arguments):
        return subprocess.run([self.build / "itsmectl", *arguments], check=True,
                              stdout=subprocess.PIPE).stdout

    def sim(self, command, *arguments):
        first, *rest = command.split()
        return subprocess.run([SIM, first, "--state", self.state, *rest, *arguments],
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    @staticmethod
    def write(path, text, mode=0o600):
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def write_config(self, issuer, ca_file, login="timeout = 60\n", provider="",
                     rest="", request_timeout=30):
        self.write(self.conf, f"""[provider]
issuer = {issuer}
client_id = {CLIENT}
service = TEST_LOGIN
ca_file = {ca_file}
connect_timeout = 20
request_timeout = {request_timeout}
{provider}
[client]
signing_key = {self.dir}/keys/sig.pem
decryption_key = {self.dir}/keys/enc.pem
[login]
{login}
[identity]
map = {self.dir}/users
minimum_uid = 0
{rest}""")

    def write_map(self, text):
        self.write(self.dir / "users", text)

    def reset(self):
        self.sim("fault clear")
        self.write_config(self.ready["issuer"], self.ready["ca_file"])
        self.write_map(f"daemon sub={self.sub}\n")
        forget(self.run)

    def start(self, *arguments, environment=None, **request):
        return Helper(self.helper_program, environment, {
            "arguments": (f"config={self.conf}", "debug", *arguments)} | request)

    def requests(self):
        return [line for line in journal.read(self.state) if line["event"] == "request"]

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(60)


# --- cases: name -> function(site); tables first --------------------------------------

MODULE_PATIENCE = 5     # seconds for which a helper waits for its request

# fault (as itsme-sim takes it, further arguments after blanks) -> verdict, reasons
FAULTS = {
    "idtoken-missing": ("misconfigured", "id_token_missing"),
    "idtoken-bad-signature": ("bad_token", "signature_invalid"),
    "idtoken-foreign-key": ("bad_token", "signature_invalid"),
    "idtoken-wrong-kid": ("bad_token", "kid_unknown"),
    "idtoken-alg-none": ("bad_token", "alg_refused kid_missing token_form"),
    "idtoken-hs256": ("bad_token", "alg_refused"),
    "idtoken-unencrypted": ("bad_token", "token_nesting token_form"),
    "idtoken-unsigned": ("bad_token", "token_form token_nesting header_refused"),
    "idtoken-double-nesting": ("bad_token", "token_nesting token_form"),
    "idtoken-tampered-tag": ("bad_token", "decryption_failed"),
    "idtoken-tampered-text": ("bad_token", "decryption_failed"),
    "idtoken-wrong-enc-kid": ("bad_token", "kid_unknown"),
    "idtoken-rsa1_5": ("bad_token", "alg_refused"),
    "idtoken-wrong-iss": ("bad_token", "claim_iss"),
    "idtoken-wrong-aud": ("bad_token", "claim_aud"),
    "idtoken-expired": ("bad_token", "claim_exp"),
    "idtoken-future-iat": ("bad_token", "claim_iat"),
    "idtoken-string-exp": ("bad_token", "claim_exp"),
    "idtoken-no-sub": ("bad_token", "claim_sub"),
    "idtoken-long-sub": ("bad_token", "claim_sub"),
    "idtoken-other-subject": ("wrong_account", "wrong_subject"),
    'idtoken-claims={"aud":["TestClient","other"]}': ("bad_token", "claim_azp"),
    'idtoken-header={"crit":["x"]}': ("bad_token", "crit_refused header_refused"),
    'idtoken-header={"jwk":{}}': ("bad_token", "header_refused"),
    "http-500": ("unavailable", "provider_status"),
    "http-500=token": ("unavailable", "provider_status"),
    "http-html": ("unavailable", "provider_answer_invalid"),
    "http-html=token": ("unavailable", "provider_answer_invalid"),
    "http-garbage": ("unavailable", "provider_unreachable"),
    "http-close": ("unavailable", "provider_unreachable"),
    "http-stall": ("unavailable", "provider_timeout"),
    "http-drip": ("unavailable", "provider_timeout"),
    "http-huge": ("unavailable", "provider_answer_too_large provider_timeout"),
    "http-redirect": ("unavailable", "provider_status"),
    "json-duplicate-key": ("unavailable", "provider_answer_invalid"),
    "json-trailing": ("unavailable", "provider_answer_invalid"),
    "answer-interval=-1": ("unavailable", "provider_answer_invalid"),
    'answer-interval="1s"': ("unavailable", "provider_answer_invalid"),
    'answer-interval="1"': ("authenticated", "ok"),
    "answer-interval=null": ("authenticated", "ok"),
    "answer-interval=1e3": ("unavailable", "provider_answer_invalid"),
    "answer-expires-in=0": ("unavailable", "provider_answer_invalid"),
    "qr-missing": ("unavailable", "provider_answer_invalid"),
    "qr-not-base64": ("unreadable_qr", "qr_image_invalid"),
    "qr-garbage": ("unreadable_qr", "qr_image_invalid"),
    "qr-blank": ("unreadable_qr", "qr_not_found"),
    "qr-huge-image": ("unreadable_qr", "qr_image_invalid"),
    "qr-http-payload": ("unreadable_qr", "qr_payload_invalid"),
    "token-unknown-error": ("misconfigured", "provider_error"),
    "discovery-wrong-issuer": ("unavailable", "provider_issuer_mismatch"),
    "jwks-empty": ("bad_token", "jwks_refused kid_unknown"),
    "jwks-duplicate-kid": ("bad_token", "jwks_refused kid_unknown"),
    "tls-wrong-host": ("unavailable", "provider_tls"),
    "tls-expired": ("unavailable", "provider_tls"),
    "tls-unknown-ca": ("unavailable", "provider_tls"),
}


WITHOUT_END = {"http-stall", "http-drip"}
RIDDEN_OUT = {"http-500=token", "http-html=token"}  # to the end of the login

# fault -> what the log says of it besides its word
LOGGED = {
    "qr-garbage": "qr_code: a picture of 2051 bytes whose header cannot be read",
    "qr-blank": "qr_code: no code, or more than one, in a picture of ",
    "qr-huge-image": "qr_code: a picture of 20000 x 20000 pixels; at most 4096 x 4096 are",
    "qr-http-payload": "qr_code: the code holds what must not be shown",
}


def expect(helper, verdict, reasons, timeout=120.0):
    """The verdict must be this one, for one of these reasons, and the helper must go."""
    got = helper.verdict(timeout)
    status = helper.close()
    assert got is not None, f"no verdict; {helper.errors}"
    assert got[0] == verdict and got[1] in reasons.split(), f"{got}\n{helper.log()}"
    assert status == 0, f"exit status {status}: {helper.errors}"
    for secret in ("eyJ", "-----BEGIN"):
        assert secret not in helper.log(), "a token or key stands in the log"


def fault_case(fault, verdict, reasons):
    def case(site):
        if fault in WITHOUT_END:
            site.write_config(site.ready["issuer"], site.ready["ca_file"], request_timeout=4)
        if fault in RIDDEN_OUT:
            site.write_config(site.ready["issuer"], site.ready["ca_file"], login="timeout = 12\n")
        site.sim("fault set", fault)
        helper = site.start()
        expect(helper, verdict, reasons)
        assert LOGGED.get(fault, "") in helper.log(), helper.log()
    return case


def good_login(site):
    helper = site.start()
    shown = helper.until("SHOW")
    assert shown, helper.messages
    assert "https://" in shown["text"], shown
    expect(helper, "authenticated", "ok")
    assert site.sub not in helper.log(), "the whole subject stands in the log"


def prompt_style(site):
    helper = site.start(style=PROMPT_STYLE)
    prompt = helper.until("QUESTION")
    assert prompt["text"].startswith("\n"), "sshd glues its own words to the first line"
    assert "https://" not in prompt["text"], "the address is for who asks for it"
    time.sleep(0.5)
    helper.answer()
    expect(helper, "authenticated", "ok")


def the_dialog(helper):
    """The mechanism of the one dialog, held to what GNOME's login screen needs of it."""
    selection = json.loads(helper.until("DIALOG")["text"])["authSelection"]
    assert list(selection) == ["mechanisms", "priority"], selection
    assert selection["priority"] == ["eidp"] == list(selection["mechanisms"]), selection
    return selection["mechanisms"]["eidp"]


def shown_below(helper):
    """Ends with the verdict. Another dialog, or any question beside it, would end GDM."""
    kinds = [kind for kind, _ in helper.messages if kind != "LOG"]
    assert kinds[0] == "DIALOG" and set(kinds[1:]) <= {"SHOW", "VERDICT"}, kinds
    return [fields["text"] for kind, fields in helper.messages if kind == "SHOW"]


CONFIRM = "confirm_service = TEST_CONFIRM\n"


def gdm_style(site):
    site.write_config(site.ready["issuer"], site.ready["ca_file"], provider=CONFIRM)
    helper = site.start(style=GDM_STYLE, service="gdm-switchable-auth", ruid=0)
    eidp = the_dialog(helper)
    assert set(eidp) == {"name", "role", "selectable", "linkPrompt", "uri", "code", "timeout"}
    assert (eidp["name"], eidp["role"], eidp["selectable"]) == ("itsme", "eidp", True), eidp
    assert eidp["uri"].startswith("https://") and eidp["code"] is None, eidp
    assert 60 < eidp["timeout"] <= 70, eidp
    scan, approve, number = eidp["linkPrompt"].split("\n")
    assert scan == "Scan this code with the itsme app.", scan
    assert number.startswith("Check that your phone shows "), number
    expect(helper, "authenticated", "ok")
    assert shown_below(helper) == [
        f"Scanned. Now approve the login in the itsme app.\n{number}",
        "Approved. The session starts."], helper.messages
    assert "push" not in steps_of(helper), "a phone was rung for a name in a list"


def gdm_done_too_early(site):
    """"Done" goes on waiting, and says so."""
    helper = site.start(style=GDM_STYLE)
    the_dialog(helper)
    helper.answer()
    expect(helper, "authenticated", "ok")
    assert "Waiting for your phone ..." in shown_below(helper)[0], helper.messages


def gdm_dialog_closed(site):
    """By Escape, or by the greeter's own time-out: that login is over."""
    helper = site.start(style=GDM_STYLE)
    the_dialog(helper)
    helper.answer(FAILED)
    assert helper.until("VERDICT") is None, helper.messages


def gdm_language(site):
    """What the account is spoken to in reaches the greeter unharmed."""
    site.write_map(f"daemon sub={site.sub} lang=fr\n")
    site.write_config(site.ready["issuer"], site.ready["ca_file"], provider=CONFIRM)
    helper = site.start(style=GDM_STYLE)
    words = the_dialog(helper)["linkPrompt"]
    assert words.startswith("Scannez ce code avec l'app itsme.\n"), words
    assert "é" in words, words
    expect(helper, "authenticated", "ok")


def gdm_asks_nothing(site):
    """What could only be typed, and a phone that rings, have no place in a dialog."""
    for argument in ("flow=push", "number_match=ask"):
        helper = site.start(argument, style=GDM_STYLE)
        expect(helper, "misconfigured", "config_invalid")
        assert "style=gdm" in helper.log(), helper.log()
        assert {kind for kind, _ in helper.messages} <= {"LOG", "VERDICT"}, helper.messages


def gdm_replaced_code(site):
    """The code that stands there is good no longer and nobody has scanned it."""
    helper = site.start(style=GDM_STYLE)
    the_dialog(helper)
    expect(helper, "expired", "expired")
    assert shown_below(helper) == [], helper.messages


def link_shows_the_address(site):
    """Asked for once it is there to the end; whatever else is typed is an Enter."""
    site.sim("fault set", "answer-interval=10", "--count", "1")  # time to type
    helper = site.start(style=PROMPT_STYLE)
    first = helper.until("QUESTION")["text"]
    line = "No code? Type a (plain), i (inverted) or link (address), then Enter."
    assert f"\n{line}\n" in first, first
    time.sleep(0.4)
    helper.answer(typed=" LINK ")
    again = helper.until("QUESTION")["text"]
    assert "https://" in again and "No code?" not in again, again
    assert "\u2588" in again, again
    time.sleep(0.4)
    helper.answer(typed="?")
    expect(helper, "authenticated", "ok")
    kinds = [kind for kind, _ in helper.messages]
    assert kinds.count("QUESTION") == 2, kinds


def wishes_change_the_drawing(site):
    """As fast as fingers type them, in any order, and taken back by the same word; it is one code
    all the time, for which the provider is asked once."""
    site.sim("fault set", "answer-interval=10", "--count", "1")  # time to type
    began = time.monotonic()
    helper = site.start(style=PROMPT_STYLE)
    shown = [helper.until("QUESTION")["text"]]
    for typed in ("a", "I", "einfach", "a", "lien", "i", "a"):
        helper.answer(typed=typed)
        shown.append(helper.until("QUESTION")["text"])
    plain = [text.isascii() for text in shown]
    assert plain == [False, True, True, False, True, True, True, False], shown
    inverted = [not text.startswith(("\n\u2588", "\n@@")) for text in shown]
    assert inverted == [False, False, True, True, True, True, False, False], shown
    assert ["https://" in text for text in shown] == 5 * [False] + 3 * [True], shown
    widths = {max(map(len, text.split("\nNo code?")[0].splitlines())) for text in shown[:5]}
    assert max(widths) <= 78, widths
    assert "Make the window 43 rows high" in shown[1] and "Type i (inverted) or link" in shown[1]
    time.sleep(0.4)
    helper.answer()
    expect(helper, "authenticated", "ok")
    # the answer to an earlier case's request may have dripped until now
    begun = [r for r in site.requests()
             if r["endpoint"] == "begin_session" and r["arrived"] > began]
    assert len(begun) == 1, begun


@best_of_three
def words_of_a_program(site):
    """What comes as fast as no fingers type is a program's, whatever it is."""
    for typed in ("link", "0000", "?"):
        helper = site.start(style=PROMPT_STYLE)
        shown = []
        for _ in range(3):
            shown.append(helper.until("QUESTION")["text"])
            helper.answer(typed=typed)
        assert [("https://" in text) for text in shown] == [False] + 2 * [typed == "link"], shown
        expect(helper, "not_interactive", "not_interactive")


def live_style(site):
    """A drawing with its height, the seconds one by one, and anew for another size."""
    site.sim("fault set", "answer-interval=10", "--count", "1")  # time to look at it
    helper = site.start(style=LIVE_STYLE, columns=100, rows=50)
    shown = helper.until("SHOW")
    assert shown["height"] == shown["code_rows"] + 4, shown  # an address of two rows
    assert shown["code_columns"] == 2 * shown["code_rows"] - 1, shown
    first, second = helper.until("STATUS")["text"], helper.until("STATUS")["text"]
    assert first != second and "\n" not in first + second, (first, second)
    helper.resize(200, 60)
    assert helper.until("SHOW")["height"] == shown["height"] - 1  # now one row
    helper.resize(30, 8)
    assert "height" not in helper.until("SHOW"), "it cannot be drawn in place"
    expect(helper, "authenticated", "ok")


def light_by_the_map(site):
    """The account's own terminals are light, whatever those of the machine are; a wish is about
    what is there."""
    site.write_map(f"daemon sub={site.sub} invert=yes\n")
    helper = site.start(style=PROMPT_STYLE)
    assert helper.until("QUESTION")["text"].startswith("\n    "), helper.messages
    helper.answer(typed="i")
    assert helper.until("QUESTION")["text"].startswith("\n\u2588"), helper.messages
    time.sleep(0.4)
    helper.answer()
    expect(helper, "authenticated", "ok")
    helper = site.start(style=LIVE_STYLE, columns=100, rows=50)
    shown = helper.until("SHOW")
    assert shown["text"].startswith("    ") and shown["code_rows"] == 0, shown
    expect(helper, "authenticated", "ok")


def live_by_the_map(site):
    """Who wants no picture gets no live screen either."""
    site.write_map(f"daemon sub={site.sub} qr=off\n")
    helper = site.start(style=LIVE_STYLE, columns=100, rows=50)
    shown = helper.until("SHOW")
    assert "height" not in shown and "\u2588" not in shown["text"], shown
    expect(helper, "authenticated", "ok")
    assert "STATUS" not in [kind for kind, _ in helper.messages]


def no_live_screen_after_a_push(site):
    """The wish for none holds for the flow that comes after another, too."""
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      provider="confirm_service = TEST_CONFIRM\n",
                      rest="[display]\nlive = off\n")
    site.write_map(f"daemon {STRANGER}\ndaemon sub={site.sub}\n")
    helper = site.start(style=LIVE_STYLE, columns=100, rows=50)
    shown = helper.until("SHOW")
    assert "height" not in shown and "https://" in shown["text"], shown
    expect(helper, "authenticated", "ok")
    assert "trying another flow" in helper.log(), helper.log()


def plain_style(site):
    before = len(site.requests())
    expect(site.start(style=PLAIN_STYLE), "no_picture", "service_shows_no_picture")
    assert len(site.requests()) == before, "the provider was asked for nothing"


def nobody_is_there(site):
    """Nothing is sent, but an account that is not asked goes on."""
    before = len(site.requests())
    expect(site.start(style=NOBODY_STYLE), "not_interactive", "not_interactive")
    expect(site.start("unmapped=ignore", user="bin", style=NOBODY_STYLE), "ignored",
           "unmapped_user")
    assert len(site.requests()) == before, "the provider was asked for nothing"


def nobody_is_there_but_a_password(site):
    """ssh's password method: whether the provider answers, and no more; a stack may fall back on
    the password while it does not."""
    before = len(site.requests())
    expect(site.start(style=PASSWORD_STYLE), "not_interactive", "not_interactive")
    asked = [r["endpoint"] for r in site.requests()[before:]]
    assert asked == ["discovery"], asked
    expect(site.start("unmapped=ignore", user="bin", style=PASSWORD_STYLE), "ignored",
           "unmapped_user")
    site.sim("fault", "set", "http-status=503")
    expect(site.start(style=PASSWORD_STYLE), "unavailable", "provider_status")
    site.sim("fault", "set", "http-status=429")
    expect(site.start(style=PASSWORD_STYLE), "not_interactive", "not_interactive")
    site.sim("fault", "clear")
    site.write_config("https://localhost:9/oidc", site.ready["ca_file"])
    expect(site.start(style=PASSWORD_STYLE), "unavailable", "provider_unreachable")


def host_cannot_ask(site):
    helper = site.start(style=PROMPT_STYLE)
    helper.until("QUESTION")
    helper.answer(FAILED)
    assert helper.verdict() is None, "there is nobody to tell"
    assert helper.close() == 0


@best_of_three
def instant_replies(site):
    helper = site.start(style=PROMPT_STYLE)
    for _ in range(3):
        assert helper.until("QUESTION") is not None, helper.messages
        helper.answer()
    expect(helper, "not_interactive", "not_interactive")


@best_of_three
def channel_closed(site):
    helper = site.start()
    helper.until("SHOW")
    started = time.monotonic()
    assert helper.close() == 0
    assert time.monotonic() - started < 0.5, "too slow to go"


def unasked_answer(site):
    helper = site.start()
    helper.until("SHOW")
    helper.answer()
    expect(helper, "misconfigured", "channel_protocol")


def module_of_another_version(site):
    """Whatever it has beyond its first two fields: it is told in words of its own version."""
    asked = len(site.requests())
    for version in (channel.VERSION + 1, 255):
        helper = site.start(version=version)
        expect(helper, "misconfigured", "channel_version")
        said, = [fields["text"] for kind, fields in helper.messages if kind == "VERDICT"]
        assert said == "pam_itsme was upgraded; start this program again.", said
        line, = [line for line in helper.log().splitlines() if "channel_version" in line]
        assert f"version {version} " in line and f" {channel.VERSION}:" in line, line
    assert len(site.requests()) == asked


def stopped_before_it_is_asked(site):
    """By one Ctrl-Z with the module, which goes on a moment later: nobody was late."""
    helper = Helper(site.helper_program)
    time.sleep(0.5)     # until it waits
    os.kill(helper.process.pid, signal.SIGSTOP)
    time.sleep(MODULE_PATIENCE + 1)
    os.kill(helper.process.pid, signal.SIGCONT)
    time.sleep(0.3)
    helper.request(arguments=(f"config={site.conf}", "debug"))
    expect(helper, "authenticated", "ok")


def never_asked(site):
    helper = Helper(site.helper_program)
    began = time.monotonic()
    assert helper.receive() is None, helper.messages
    assert time.monotonic() - began > MODULE_PATIENCE - 0.5
    helper.close()


def garbage_of_another_version(site):
    """It begins as such a request does, and no further."""
    whole = channel.pack("REQUEST", version=channel.VERSION + 1, nonce=bytes(16), user="daemon")
    for packet in (whole[:4], whole[:19], whole[:-1], whole[:-1] + b"x", whole[:3] + b"\x02" + whole[4:],
                   whole[:4] + whole[23:], whole[:4] + b"\0\0\x11" + whole[7:]):
        helper = Helper(site.helper_program)
        helper.channel.send(packet)
        assert helper.receive() is None, (packet, helper.messages)
        assert helper.close() == 2  # as whatever is no channel of a module's


def provider_down(site):
    site.write_config("https://localhost:1/v2", site.ready["ca_file"])
    expect(site.start(), "unavailable", "provider_unreachable")


def ca_file_replaces_the_systems(site):
    """What the whole system trusts is not trusted where ca_file says whom to trust."""
    certs = site.dir / "certs"
    certs.mkdir(exist_ok=True)
    certs.chmod(0o755)
    shutil.copy(site.ready["ca_file"], certs / "ca.pem")
    (certs / "ca.pem").chmod(0o644)
    subprocess.run(["openssl", "rehash", certs], check=True)
    other = site.dir / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=another", "-keyout", "/dev/null", "-out", other],
                   check=True, stderr=subprocess.DEVNULL)
    program = ["unshare", "--mount", "sh", "-c",
               f'mount --bind {certs} /etc/ssl/certs && exec "$@"', "sh", *site.helper_program]

    def start():
        helper = Helper(program)
        helper.request(arguments=(f"config={site.conf}", "debug"))
        return helper

    good = site.conf.read_text()
    site.write(site.conf, good.replace(f"ca_file = {site.ready['ca_file']}\n", ""))
    expect(start(), "authenticated", "ok")
    site.write_config(site.ready["issuer"], other)
    expect(start(), "unavailable", "provider_tls")


def passing_500(site):
    site.sim("fault set", "http-500=token", "--count", "2")
    expect(site.start(), "authenticated", "ok")


def slow_down(site):
    site.sim("fault set", "token-slow-down", "--count", "1")
    started = time.monotonic()
    expect(site.start(), "authenticated", "ok")
    assert time.monotonic() - started > 6, "slow_down must add 5 s"
    polls = [r for r in site.requests() if r["endpoint"] == "token"][-2:]
    assert polls[1]["gap"] >= 6, polls


def never_early(site):
    assert not [r for r in site.requests() if r.get("early")], "a poll came too early"


def unmapped(site):
    before = len(site.requests())
    site.write_map(f"bob sub={site.sub}\n")
    expect(site.start(user="bin"), "refused", "unmapped_user")
    expect(site.start(user="bin"), "refused", "unmapped_user")
    expect(site.start(user="nosuchuser"), "refused", "unknown_user")
    expect(site.start(user="root"), "refused", "root_user")
    assert len(site.requests()) == before, "the provider was asked"


def unmapped_ignore(site):
    site.write_map(f"bob sub={site.sub}\n")
    for user in ("bin", "daemon", "root"):
        expect(site.start("unmapped=ignore", user=user), "ignored", "unmapped_user")
    expect(site.start("unmapped=ignore", user="nosuchuser"), "refused", "unknown_user")


@best_of_three
def timeout(site):
    site.write_config(site.ready["issuer"], site.ready["ca_file"], login="timeout = 10\n")
    site.sim("fault set", "http-500=user_discovery_sessions/")
    started = time.monotonic()
    expect(site.start(), "unavailable", "provider_status")
    assert time.monotonic() - started < 10, "not before the deadline"


def required_acr(site):
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login="timeout = 60\nrequired_acr = advanced\n")
    site.sim("fault set", "idtoken-acr=http://itsme.services/v2/claim/acr_basic")
    expect(site.start(), "not_good_enough", "claim_acr")


def rotated_provider_key(site):
    helper = site.start()
    helper.until("SHOW")
    site.sim("rotate-keys")
    expect(helper, "authenticated", "ok")


STRANGER = "sub=nobody-by-that-name"


def steps_of(helper):
    """The requests that the helper made, by its own debug lines."""
    return [line.split()[0][5:] for line in helper.log().splitlines()
            if line.startswith("step=")]


def push(site):
    """The account's first line counts; nothing is scanned."""
    site.write_map(f"daemon sub={site.sub}\ndaemon {STRANGER}\n")
    for style, kind in ((PROMPT_STYLE, "PROMPT"), (0, "SHOW")):
        helper = site.start("flow=push", style=style)
        shown = helper.until(kind)["text"]
        assert "We sent a request to your itsme app." in shown, shown
        expect(helper, "authenticated", "ok")
        steps = steps_of(helper)
        assert steps[:3] == ["metadata", "authentication", "keys"], steps
        assert set(steps[3:]) == {"token"}, steps


def push_to_nobody(site):
    site.write_map(f"daemon {STRANGER}\ndaemon sub={site.sub}\n")
    expect(site.start("flow=push"), "refused", "unknown_at_provider")


def push_to_another_issuer(site):
    before = len(site.requests())
    site.write_map(f"daemon iss=https://another.example sub={site.sub}\n")
    expect(site.start("flow=push"), "refused", "unmapped_user")
    assert len(site.requests()) == before, "the provider was asked"


def auto_pushes_where_it_may(site):
    """Where confirmations are set up; a subject that is gone leads to the QR code."""
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      provider="confirm_service = TEST_CONFIRM\n")
    helper = site.start()
    expect(helper, "authenticated", "ok")
    assert "session" not in steps_of(helper), helper.log()
    site.write_map(f"daemon {STRANGER}\ndaemon sub={site.sub}\n")
    helper = site.start()
    expect(helper, "authenticated", "ok")
    assert "session" in steps_of(helper), helper.log()
    assert "push: unknown_at_provider; trying another flow" in helper.log(), helper.log()


def identify(site):
    """Root's own program is told who somebody is, whoever the map knows; nobody gets in."""
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login="flow = push\nremember = 900\n",
                      provider="confirm_service = TEST_CONFIRM\n")
    site.write_map("")
    helper = site.start(user="nobody", purpose=1)
    identity = helper.until("IDENTITY")
    assert identity == {"nonce": helper.nonce, "issuer": site.ready["issuer"], "sub": site.sub,
                        "name": "Alice Peeters"}, identity
    expect(helper, "ignored", "identified")
    assert site.sub not in helper.log(), "the whole subject stands in the log"


def no_other_purpose(site):
    """What is no known purpose is a login, with all that a login asks for."""
    site.write_map("")
    expect(site.start(user="bin", purpose=2), "refused", "unmapped_user")


def key_in_a_store(site):
    """The signing key lives in a token that the helper's account may open."""
    tokens = site.dir / "tokens"
    tokens.mkdir()
    site.dir.chmod(0o711)
    conf = site.dir / "softhsm2.conf"
    site.write(conf, f"directories.tokendir = {tokens}\n", 0o644)
    environment = {"SOFTHSM2_CONF": str(conf)}
    if b"__asan_init" in Path(site.helper_program[-1]).read_bytes():
        # pkcs11-provider loads with RTLD_DEEPBIND, where ASan gives up: leave it to the engine
        environment["OPENSSL_MODULES"] = str(site.dir)
    for command in (
            ["--init-token", "--free", "--label", "site", "--so-pin", "4711"],
            ["--import", site.dir / "keys/sig.pem", "--token", "site", "--label", "sig",
             "--id", "01"]):
        subprocess.run(["softhsm2-util", *command, "--pin", "4711"], check=True,
                       env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    subprocess.run(["chown", "-R", "nobody", tokens], check=True)
    config = site.conf.read_text()
    site.write(site.conf, config.replace(
        f"signing_key = {site.dir}/keys/sig.pem",
        "signing_key = pkcs11:token=site;object=sig?pin-value=4711"
        "&module-path=/usr/lib/softhsm/libsofthsm2.so"))
    expect(site.start(environment=environment), "authenticated", "ok")


# [login] language, map, the host's locale -> what is shown, in this order
SPOKEN = {
    "en": ("then press Enter", "Login failed.",
           "This itsme account does not belong to this user."),
    "nl": ("en druk daarna op Enter.", "Aanmelden is niet gelukt.",
           "Dit itsme-account hoort niet bij deze gebruiker."),
    "fr": ("puis appuyez sur Entrée.", "Connexion impossible.",
           "Ce compte itsme n'est pas celui de cet utilisateur."),
    "de": ("und drücken Sie dann Enter.", "Die Anmeldung ist fehlgeschlagen.",
           "Dieses itsme-Konto passt nicht zu diesem Benutzer."),
}
CHOICES = [  # the first that says something: map, configuration (not auto), host
    ("nl", "", "", "nl"), ("nl", "", "fr_BE.UTF-8", "nl"), ("en", "", "de_DE@euro", "en"),
    ("fr", "de", "", "de"), ("nl", "fr", "de_DE", "fr"), ("auto", "fr", "nl_BE.UTF-8", "fr"),
    ("auto", "", "nl_BE.UTF-8", "nl"), ("auto", "", "fr", "fr"), ("auto", "", "de_DE@euro", "de"),
    ("auto", "", "it_IT.UTF-8", "en"), ("auto", "", "C.UTF-8", "en"), (None, "", "", "en"),
]


def settle_language(site, setting, of_user):
    site.write_config(site.ready["issuer"], site.ready["ca_file"], login="timeout = 60\n" + (
        f"language = {setting}\n" if setting else ""))
    site.write_map(f"daemon sub={site.sub}{' lang=' + of_user if of_user else ''}\n")


def host_locale(locale):
    return {"language": locale} if locale else {}


def language_of_the_prompt(site):
    """Who has the say; the prompt is the first thing that tells."""
    for setting, of_user, locale, expected in CHOICES:
        settle_language(site, setting, of_user)
        forget(site.run)    # more codes than one caller is shown
        helper = site.start(style=PROMPT_STYLE, **host_locale(locale))
        text = helper.until("QUESTION")["text"]
        helper.close()
        spoken = {word for word, (prompt, *_) in SPOKEN.items() if prompt in text}
        assert spoken == {expected}, f"{setting}, {of_user}, {locale}: {text[-200:]!r}"


def language_to_the_end(site):
    """A whole login that is refused at its end: nothing in it is in another language."""
    site.sim("fault set", "idtoken-other-subject")
    settle_language(site, "auto", "nl")
    helper = site.start(language="fr_BE.UTF-8")
    expect(helper, "wrong_account", "wrong_subject")
    shown = [fields["text"] for kind, fields in helper.messages if kind == "SHOW"]
    assert len(shown) == 2, shown
    assert re.search(r"\nScan deze code met de itsme-app\.\n"
                     r"Wachten op uw telefoon; u hebt nog \d+ seconden\.$", shown[0]), shown
    assert shown[1] == "Gescand. Keur de aanmelding nu goed in de itsme-app.", shown
    assert helper.messages[-1][1]["text"] == SPOKEN["nl"][2], helper.messages[-1]


def language_of_the_refusal(site):
    """Also where nobody was asked, or the configuration could not even be read."""
    for setting, _, locale, expected in [c for c in CHOICES if not c[1]]:
        settle_language(site, setting, "")
        helper = site.start(user="nosuchuser", **host_locale(locale))
        expect(helper, "refused", "unknown_user")
        assert helper.messages[-1][1]["text"] == SPOKEN[expected][1], helper.messages[-1]
    site.conf.unlink()
    helper = site.start(language="de_DE.UTF-8")
    expect(helper, "misconfigured", "config_missing")
    assert helper.messages[-1][1]["text"].startswith("itsme ist nicht richtig eingerichtet")


def bad_files(site):
    """Each broken file is named, with what to do, and nothing reaches the network."""
    before = len(site.requests())
    good = site.conf.read_text()
    cases = [
        ("config_missing", "does not exist", lambda: site.conf.unlink()),
        ("config_unsafe", "chmod", lambda: site.conf.chmod(0o644)),
        ("config_invalid", "conf:1", lambda: site.write(site.conf, "nonsense\n" + good)),
        ("config_invalid", "unknown", lambda: site.write(site.conf, good + "wrong = 1\n")),
        ("key_missing", "sig.pem", lambda: (site.dir / "keys/sig.pem").rename(
            site.dir / "keys/away")),
        ("key_unsafe", "chmod", lambda: (site.dir / "keys/sig.pem").chmod(0o640)),
        ("key_invalid", "enc.pem", lambda: site.write(site.dir / "keys/enc.pem", "junk")),
        ("map_missing", "users", lambda: (site.dir / "users").unlink()),
        ("map_unsafe", "chmod", lambda: (site.dir / "users").chmod(0o666)),
        ("map_invalid", "users:1", lambda: site.write_map("daemon\n")),
        ("map_invalid", "lang=", lambda: site.write_map(f"daemon sub={site.sub} lang=it\n")),
        ("config_unsafe", "link", lambda: (site.conf.rename(site.dir / "real"),
                                           site.conf.symlink_to(site.dir / "real"))),
        ("config_unsafe", "chmod", lambda: site.dir.chmod(0o777)),
    ]
    keys = {p: p.read_text() for p in (site.dir / "keys").iterdir()}
    for reason, words, spoil in cases:
        spoil()
        helper = site.start()
        expect(helper, "misconfigured", reason)
        assert words in helper.log(), f"{reason}: {words!r} not in {helper.log()!r}"
        site.dir.chmod(0o700)
        (site.dir / "keys/away").unlink(missing_ok=True)
        if site.conf.is_symlink():
            site.conf.unlink()
        for path, text in keys.items():
            site.write(path, text)
        site.write(site.conf, good)
        site.write_map(f"daemon sub={site.sub}\n")
    assert len(site.requests()) == before, "the provider was asked"


def readers(helper):
    """The pids of the programs for pictures that the helper has started."""
    pid = helper.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children
            if Path(f"/proc/{child}/comm").read_text() == "itsme-qr\n"]


def wait_gone(pid):
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, f"{pid} is left"
        time.sleep(0.01)


def privilege(site):
    """While it talks to the network the helper is nobody in particular, for good; and so is what
    looks at its pictures."""
    helper = site.start()
    helper.until("SHOW")
    for pid in (helper.process.pid, *readers(helper)):
        status = dict(line.split(":\t", 1) for line in
                      Path(f"/proc/{pid}/status").read_text().splitlines())
        assert "0" not in status["Uid"].split(), status["Uid"]
        assert "0" not in status["Gid"].split(), status["Gid"]
        assert status["Groups"].strip() == "", status["Groups"]
        assert status["NoNewPrivs"].strip() == "1"
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[name], 16) == 0, name
    expect(helper, "authenticated", "ok")


# --- the program that looks at pictures -------------------------------------------------------


def reader_runs_where_there_may_be_a_picture(site):
    """And for no other login; with the helper it goes."""
    for arguments, shown, count in ((("flow=qr",), "SHOW", 1), (("flow=auto",), "SHOW", 1),
                                    (("flow=push",), "SHOW", 0)):
        helper = site.start(*arguments)
        helper.until(shown)
        found = readers(helper)
        assert len(found) == count, f"{arguments}: {found}"
        expect(helper, "authenticated", "ok")
        for pid in found:
            wait_gone(pid)


def reader_dies_with_a_helper_that_is_killed(site):
    helper = site.start()
    helper.until("SHOW")
    (reader,) = readers(helper)
    helper.process.kill()
    wait_gone(reader)
    helper.channel.close()
    helper.process.wait()
    helper.process.stderr.close()


def reader_that_dies_or_stops_ends_no_login(site):
    """After the picture nobody needs it; what no longer listens is ended with the login."""
    for sent in (signal.SIGKILL, signal.SIGSTOP):
        helper = site.start()
        helper.until("SHOW")
        (reader,) = readers(helper)
        os.kill(reader, sent)
        expect(helper, "authenticated", "ok")
        wait_gone(reader)


def another_reader(site):
    """Another program in its place, or none: the login says so, and only one with a picture."""
    where = site.dir / "programs"
    shutil.copytree(programs.place(site.build), where)
    reader, usual = where / "itsme-qr", site.helper_program
    site.helper_program = [*usual[:-1], where / "itsme-helper"]
    cases = (
        (lambda: shutil.copy("/bin/true", reader), "unreadable_qr", "qr_reader_failed",
         "to which itsme-qr gave no answer"),
        (lambda: reader.chmod(0o777), "misconfigured", "helper_unsafe", "itsme-qr is not run"),
        (lambda: reader.unlink(), "misconfigured", "helper_missing", "itsme-qr could not run"))
    try:
        for spoil, verdict, reason, words in cases:
            spoil()
            helper = site.start("flow=qr")
            expect(helper, verdict, reason)
            assert words in helper.log(), helper.log()
            expect(site.start("flow=push"), "authenticated", "ok")
    finally:
        site.helper_program = usual
        shutil.rmtree(where)


CASES = {f"fault {name}": fault_case(name, *expected) for name, expected in FAULTS.items()}
CASES.update({f.__name__: f for f in (
    good_login, prompt_style, gdm_style, gdm_done_too_early, gdm_dialog_closed, gdm_language,
    gdm_asks_nothing, link_shows_the_address, wishes_change_the_drawing,
    words_of_a_program, live_style,
    light_by_the_map, live_by_the_map, no_live_screen_after_a_push, plain_style, nobody_is_there,
    nobody_is_there_but_a_password, host_cannot_ask, instant_replies, channel_closed,
    unasked_answer, module_of_another_version, garbage_of_another_version,
    stopped_before_it_is_asked, never_asked,
    provider_down, ca_file_replaces_the_systems, passing_500, slow_down, unmapped,
    unmapped_ignore, timeout, required_acr, push, push_to_nobody,
    push_to_another_issuer, auto_pushes_where_it_may, identify, no_other_purpose,
    rotated_provider_key, key_in_a_store, language_of_the_prompt, language_to_the_end,
    language_of_the_refusal, bad_files, privilege, reader_runs_where_there_may_be_a_picture,
    reader_dies_with_a_helper_that_is_killed, reader_that_dies_or_stops_ends_no_login,
    another_reader)})

# other ways to serve -> the cases to run on such a site
VARIANTS = {
    "RSA-OAEP, PNG, flat": ([*AUTO, "--jwe-alg", "RSA-OAEP", "--qr-format", "png", "--flat"],
                            [good_login]),
    "A256GCM, logo": ([*AUTO, "--jwe-enc", "A256GCM", "--qr-logo"], [good_login]),
    "codes follow each other": (["--qr-rotate", "2"], [gdm_replaced_code]),
    "A192CBC-HS384 is refused": ([*AUTO, "--jwe-enc", "A192CBC-HS384"], [fault_case(
        "idtoken-acr=x", "misconfigured", "provider_no_algorithm")]),
}


LAST = {"never early": never_early}


def run(site, name, case, results):
    try:
        site.reset()
        case(site)
        results.put((name, None))
    except Exception:
        results.put((name, traceback.format_exc(limit=-3)))


def work(make_site, build, number, todo, results, last):
    try:
        site = make_site(build, number)
    except Exception:
        results.put((f"site {number}", traceback.format_exc(limit=-3)))
        return
    try:
        while True:
            try:
                name, case = todo.get_nowait()
            except queue.Empty:
                break
            run(site, name, case, results)
        for name, case in last.items():
            run(site, f"{name} (site {number})", case, results)
    finally:
        site.stop()


def work_variants(build, results, variants):
    for i, (name, (serve, cases)) in enumerate(variants.items()):
        try:
            site = Site(build, PLACE / f"variant{i}", serve)
        except Exception:
            results.put((name, traceback.format_exc(limit=-3)))
            continue
        for label, case in cases.items():
            run(site, label, case, results)
        site.stop()


def select(cases, wanted):
    return {name: case for name, case in cases.items()
            if not wanted or any(word in name for word in wanted)}


def select_variants(variants, wanted):
    """Those with anything left to run: name -> (serve, {label: case})."""
    labelled = {name: (serve, select({f"{name}: {case.__name__}": case for case in cases}, wanted))
                for name, (serve, cases) in variants.items()}
    return {name: (serve, cases) for name, (serve, cases) in labelled.items() if cases}


def sites(serve):
    """Makes sites with a simulator each, which is given the arguments SERVE."""
    return lambda build, number: Site(build, PLACE / f"site{number}", serve)


def run_workers(workers, results) -> int:
    """Lets WORKERS put (name, trouble or None) into RESULTS, and tells them; the exit status."""
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = 0
    outcomes = sorted(results.get() for _ in range(results.qsize()))
    for name, trouble in outcomes:
        print(f"{'FAIL' if trouble else 'ok'} {name}" + (f"\n{trouble}" if trouble else ""))
        failed += trouble is not None
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed or not outcomes else 0


def main(cases, make_site, last, variants):
    """Runs CASES on a few sites side by side, and those of LAST on each at its end."""
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__)
        return 2
    if "HELPER_TEST_INSIDE" not in os.environ:
        move_in(sys.argv)
    reserve_descriptor()
    arguments = sys.argv[1:]
    if arguments[0] == "--valgrind":
        WRAPPER[:] = [tool("without"), *VALGRIND_LACKS, "--", *VALGRIND]
        arguments.pop(0)
    build, wanted = arguments[0], arguments[1:]
    todo, results = queue.Queue(), queue.Queue()
    for name, case in select(cases, wanted).items():
        todo.put((name, case))
    workers = [threading.Thread(target=work, args=(make_site, build, i, todo, results, last))
               for i in range(min(WORKERS, todo.qsize()))]
    variants = select_variants(variants, wanted)
    if variants:
        workers.append(threading.Thread(target=work_variants, args=(build, results, variants)))
    return run_workers(workers, results)


if __name__ == "__main__":
    sys.exit(main(CASES, sites(AUTO), LAST, VARIANTS))
