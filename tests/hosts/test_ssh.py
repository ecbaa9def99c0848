#!/usr/bin/python3
"""The real sshd and ssh: one prompt with the QR code, polled behind, answered by Enter."""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import refusals
import sentences
from chance import best_of_three
from doors import Ssh, leaves_promptly
from sshd import Sshd
from terminal import PATIENCE

ROTATE = 15  # long enough to scan the first code, however busy the machine is


def make_host():
    return hosts.Host("--interval", 1, "--qr-rotate", ROTATE)


class OtherSsh(Ssh):
    """By way of another server."""

    def __init__(self, host, server: Sshd):
        self.server = server
        super().__init__(host)

    def knock(self, **options):
        return self.host.terminal("ssh", *self.server.options(), f"{self.user}@127.0.0.1", "cat",
                                  "proof", **options)


# --- getting in ----------------------------------------------------------------------------

@best_of_three
def test_phone_first_then_enter(host):
    attempt = Ssh(host)
    attempt.scan()
    host.provider.approve()
    host.provider.wait_token()
    pressed = time.monotonic()
    attempt.enter()
    attempt.expect_in()
    assert time.monotonic() - pressed < 5, "the answer to Enter was not immediate"


def test_enter_first_then_phone(host):
    attempt = Ssh(host)
    attempt.terminal.wait_qr()
    attempt.enter()
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    assert len(qr.find_all(attempt.terminal.text)) == 1


def test_interactive_shell(host):
    session = host.ssh("bob")
    host.provider.scan(qr.scan(session.wait_qr()), "bob")
    host.provider.approve()
    session.enter()
    session.wait_for(r"bob@workstation\$ ")
    session.send("cat proof; exit 7\r")
    assert session.finish() == 7
    assert accounts.proof("bob") in session.text


def test_sftp_fetches_a_file(host):
    session = host.terminal("sftp", *host.sshd.options(), "alice@127.0.0.1:proof", "/run/fetched")
    host.provider.scan(qr.scan(session.wait_qr()))
    host.provider.approve()
    session.enter()
    assert session.finish() == 0
    assert Path("/run/fetched").read_text().strip() == accounts.proof("alice")


def test_log_line_says_who_from_where_and_how(host):
    attempt = Ssh(host)
    attempt.scan()
    attempt.enter()
    host.provider.approve()
    attempt.expect_in()
    record = host.log.wait_attempts(1)[0]
    assert record.ident in ("sshd", "sshd-session") and record.facility == 10, record
    pairs = record.pairs
    assert pairs["rhost"] == "127.0.0.1" and pairs["flow"] == "qr", pairs
    assert 6 <= len(pairs["subject"]) <= 16 and pairs["time"].endswith("s"), pairs
    subject = host.provider.subject("alice")
    assert not [line for line in host.log.raw if subject in line], "a whole subject is logged"


def test_polls_keep_to_the_interval_on_one_connection(host):
    attempt = Ssh(host)
    attempt.scan()
    attempt.enter()
    time.sleep(2.5)
    host.provider.approve()
    attempt.expect_in()
    requests = host.provider.requests()
    assert not [request for request in requests if request.get("early")], requests
    assert len({request["connection"] for request in requests}) == 1, requests


# --- the picture ---------------------------------------------------------------------------

def test_qr_fits_24_lines_and_survives_line_gaps(host):
    attempt = Ssh(host, size=(24, 80))
    rows = attempt.terminal.wait_qr()
    attempt.terminal.wait_for(r"Enter\W*$")
    assert qr.scan(rows, line_gap=1) == qr.scan(rows)
    lines = attempt.terminal.text.split("\n")
    first = lines.index(rows[0])
    assert len(lines) - first <= 24, f"{len(lines) - first} lines from the code to the prompt"
    assert max(map(len, rows)) <= 80
    attempt.terminal.interrupt_until_end()


def test_new_qr_rides_on_the_next_prompt(host):
    attempt = Ssh(host)
    first = qr.scan(attempt.terminal.wait_qr())
    attempt.enter()
    second = qr.scan(attempt.terminal.wait_qr(2))
    assert second != first
    attempt.terminal.wait_for("once it is spent, Enter brings a new one")
    attempt.scan(number=2)
    host.provider.approve()
    attempt.enter()
    attempt.expect_in()


def test_qr_pictures_that_cannot_be_read(host):
    for fault, reason in (("qr-not-base64", "qr_image_invalid"),
                          ("qr-garbage", "qr_image_invalid"),
                          ("qr-blank", "qr_not_found"),
                          ("qr-huge-image", "qr_image_invalid"),
                          ("qr-http-payload", "qr_payload_invalid")):
        host.reset()
        # The simulator, too, takes its time to draw the huge one.
        host.itsme.configure(provider={"request_timeout": 60})
        host.provider.fault(fault)
        attempt = Ssh(host)
        attempt.expect_refused(sentences.BAD_PICTURE, "unreadable_qr", reason)
        assert "\x1b" not in attempt.terminal.text


# --- languages -----------------------------------------------------------------------------

def speak(host, language: str) -> None:
    host.itsme.configure(login={"timeout": 60, "language": language})


def test_configured_language_is_spoken(host):
    for language, prompt in (("nl", "Scan deze code met de itsme-app en druk daarna op Enter."),
                             ("fr", "Scannez ce code avec l'app itsme, puis appuyez sur Entrée."),
                             ("de", "Scannen Sie diesen Code mit der itsme-App und drücken Sie "
                                    "dann Enter.")):
        host.reset()
        speak(host, language)
        attempt = Ssh(host)
        attempt.scan()
        attempt.terminal.wait_for(re.escape(prompt))
        attempt.enter()
        host.provider.approve()
        attempt.expect_in()


def test_refusal_is_readable_in_every_language(host):
    """The client escapes all but ASCII in what it is told at the end."""
    for language, sentence in (("nl", "De aanvraag werd geweigerd in de itsme-app."),
                               ("fr", "La demande a fait l'objet d'un refus dans l'app itsme."),
                               ("de", "Die Anfrage wurde in der itsme-App abgelehnt.")):
        host.reset()
        speak(host, language)
        attempt = Ssh(host)
        attempt.scan()
        attempt.enter()
        host.provider.deny()
        attempt.terminal.finish()
        assert sentence in attempt.terminal.text, attempt.terminal.tail()
        assert accounts.proof("alice") not in attempt.terminal.text
        attempt.expect_log("denied", "user_denied")


def test_map_speaks_to_each_user(host):
    host.itsme.map(*(f"{user} sub={host.provider.subject('alice')} lang={language}"
                     for user, language in (("alice", "fr"), ("bob", "nl"))))
    speak(host, "de")
    for user, word in (("alice", "Scannez ce code"), ("bob", "Scan deze code")):
        attempt = Ssh(host, user)
        attempt.terminal.wait_qr()
        attempt.terminal.wait_for(word)
        attempt.terminal.interrupt_until_end()


# --- who may not even ask ------------------------------------------------------------------

def refused_unasked(host, user: str, reason: str) -> None:
    session = host.ssh(user, "id")
    assert session.finish() == 255
    assert "uid=" not in session.text
    assert not host.provider.requests(), f"the provider was asked about {user}"
    for record in host.log.wait_attempts(Ssh.tries):
        assert record.pairs["outcome"] == "refused" and record.pairs["reason"] == reason, record


def test_unmapped_user_is_refused_unasked(host):
    refused_unasked(host, "mallory", "unmapped_user")


def test_unknown_user_is_refused_unasked(host):
    refused_unasked(host, "nosuchuser", "unknown_user")


def test_root_is_refused_unasked(host):
    refused_unasked(host, "root", "root_user")


def test_system_user_is_refused_unasked(host):
    refused_unasked(host, "robot", "system_user")


def test_root_in_the_map_may_log_in(host):
    host.itsme.map(f"root sub={host.provider.subject('alice')}")
    attempt = Ssh(host, "root")
    attempt.scan()
    attempt.enter()
    host.provider.approve()
    attempt.expect_in()


def test_forbidden_by_sshd_gets_nothing_for_it(host):
    """sshd lets PAM go through the motions; whatever the phone says, it does not let in."""
    server = Sshd("DenyUsers alice")
    try:
        attempt = OtherSsh(host, server)
        attempt.scan()
        attempt.enter()
        host.provider.approve()
        assert attempt.terminal.finish() == 255
        assert attempt.proof() not in attempt.terminal.text
    finally:
        server.close()


# --- clients that cannot or will not wait --------------------------------------------------

@best_of_three
def test_client_without_terminal_is_refused(host):
    began = time.monotonic()
    result = subprocess.run(["ssh", *host.sshd.options(), "alice@127.0.0.1", "cat", "proof"],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            start_new_session=True, timeout=2 * PATIENCE)
    assert result.returncode == 255 and accounts.proof("alice") not in result.stdout
    assert time.monotonic() - began < 30, "empty answers were taken for a person's"


def test_batch_mode_fails_at_once(host):
    session = host.ssh("alice", "cat", "proof", words=("-o", "BatchMode=yes"))
    assert session.finish() == 255
    assert not host.provider.requests()


# --- clients that go away ------------------------------------------------------------------

def kill_client(attempt) -> None:
    os.kill(attempt.terminal.child.pid, signal.SIGKILL)


def enter_and_kill_client(attempt) -> None:
    attempt.enter()
    time.sleep(0.5)
    kill_client(attempt)


def test_interrupt_at_the_prompt_leaves_no_helper(host):
    attempt = leaves_promptly(host, Ssh, lambda attempt: attempt.terminal.interrupt_until_end())
    assert attempt.terminal.finish() != 0


def test_killed_client_at_the_prompt_leaves_no_helper(host):
    leaves_promptly(host, Ssh, kill_client)


def test_killed_client_after_enter_leaves_no_helper(host):
    leaves_promptly(host, Ssh, enter_and_kill_client)


def frees_its_place(host, leave) -> None:
    """MaxStartups 2: the third is turned away until LEAVE(attempt) has let one of two go."""
    server = Sshd("MaxStartups 2")
    try:
        waiting = [OtherSsh(host, server) for _ in range(2)]
        for attempt in waiting:
            attempt.terminal.wait_qr()
        assert OtherSsh(host, server).terminal.finish() == 255, "a third place"
        leave(waiting[0])
        deadline = time.monotonic() + PATIENCE / 2
        while not has_place(OtherSsh(host, server)):
            assert time.monotonic() < deadline, "the place is still taken"
    finally:
        server.close()
        for terminal in host.terminals:  # nobody stays in front of a closed server
            terminal.close()


def has_place(attempt) -> bool:
    try:
        return bool(attempt.terminal.wait_qr())
    except AssertionError:  # turned away
        return False


def test_killed_client_at_the_prompt_frees_its_place(host):
    frees_its_place(host, kill_client)


def test_killed_client_after_enter_frees_its_place(host):
    frees_its_place(host, enter_and_kill_client)


def test_login_grace_time_leaves_no_helper(host):
    server = Sshd("LoginGraceTime 15")  # so that the code has come by then
    try:
        session = host.terminal("ssh", *server.options(), "alice@127.0.0.1")
        session.wait_qr()
        host.wait_no_helper(PATIENCE)
        session.enter()  # only now the client looks
        assert session.finish() == 255
    finally:
        server.close()


globals().update(refusals.for_door(Ssh))

if __name__ == "__main__":
    checks.main(globals(), make_host)
