#!/usr/bin/python3
"""The clients and methods of ssh: each gets in as a person would, or is refused quickly.

The provider's person approves by himself here (`--auto approve`): what is tested is what a
client does with the prompt. What the phone sees is the matter of test_ssh.py.
"""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
from doors import Ssh
from installation import write
from sshd import Keys, Sshd
from terminal import PATIENCE

FETCHED = Path("/run/fetched")
CONFIRM = "WORKSTATIONS_CONFIRM"


def make_host():
    return hosts.Host("--interval", 1, "--auto", "approve", "--auto-delay", "0.1",
                      "--confirm-service", CONFIRM)


def get_in(host, session, person: str = "alice"):
    """Wait for the phone, press Enter, and read to the end."""
    session.wait_for("Enter")
    host.provider.wait_token()
    session.enter()
    assert session.finish() == 0, session.tail()
    record = host.log.wait_attempts(1)[0]
    assert record.pairs["outcome"] == "authenticated" and record.pairs["user"] == person, record
    return session


# --- what draws on a terminal ----------------------------------------------------------------

C_LOCALE = {"LC_ALL": "C", "LANG": "C"}
USUAL = (46, 80)  # rows for all of a code of plain characters, and no more columns than most have


def scan_plain(attempt) -> str:
    """What a phone that is held far enough away reads of plain characters."""
    return attempt.terminal.wait_screen(
        lambda screen: len(found := screen.scan(far=6)) == 1 and found[0], "a plain code")


def test_locale_of_the_client_is_c(host):
    """The client escapes what is not ASCII, so the code is lost: its plain one and its address
    are not."""
    host.provider.fault("answer-interval=8", "--count", "1")  # the time to type a word
    attempt = Ssh(host, environment=C_LOCALE, size=USUAL)
    attempt.terminal.wait_for("Scan this code with the itsme app, then press Enter")
    attempt.type("a")
    code = scan_plain(attempt)
    attempt.type("link")
    assert attempt.terminal.wait_for("^https://[!-~\n]+$")[0].split("\nScan")[0] == code
    assert not qr.find_all(attempt.terminal.text) and attempt.terminal.text.isascii()
    host.provider.wait_token()
    attempt.enter()
    attempt.expect_in()


def test_locale_of_the_client_is_c_and_the_code_is_ascii(host):
    """[display] qr = ascii is for such clients: nothing in it needs to be escaped."""
    host.itsme.configure(display={"qr": "ascii"})
    attempt = Ssh(host, environment=C_LOCALE, size=USUAL)
    assert scan_plain(attempt).startswith("https://")
    attempt.terminal.wait_for("press Enter")
    assert "\\" not in attempt.terminal.text, attempt.terminal.text
    host.provider.wait_token()
    attempt.enter()
    attempt.expect_in()


# --- what copies files -----------------------------------------------------------------------

def fetches(host, *words: object) -> None:
    FETCHED.unlink(missing_ok=True)
    get_in(host, host.terminal(*words))
    assert FETCHED.read_text().strip() == accounts.proof("alice")


def test_scp_fetches_a_file(host):
    fetches(host, "scp", *host.sshd.options(), "alice@127.0.0.1:proof", FETCHED)


def test_scp_with_its_old_protocol_fetches_a_file(host):
    fetches(host, "scp", "-O", *host.sshd.options(), "alice@127.0.0.1:proof", FETCHED)


def test_rsync_fetches_a_file(host):
    shell = " ".join(["ssh", *map(str, host.sshd.options())])
    fetches(host, "rsync", "--rsh", shell, "alice@127.0.0.1:proof", FETCHED)


# --- without a terminal of its own ------------------------------------------------------------

def in_a_shell(host, line: str):
    """LINE with the client's words in place of SSH, as somebody types it."""
    words = " ".join(["ssh", *map(str, host.sshd.options()), "alice@127.0.0.1"])
    return host.terminal("sh", "-c", line.replace("SSH", words))


def test_input_from_nowhere_and_no_remote_terminal(host):
    session = get_in(host, in_a_shell(host, "SSH -T cat proof </dev/null"))
    assert accounts.proof("alice") in session.text


def test_input_from_a_pipe_reaches_the_command_whole(host):
    """The prompt is answered on the terminal, not out of the pipe."""
    session = get_in(host, in_a_shell(host, "echo through | SSH 'cat; cat proof' | cat >/run/out"))
    assert Path("/run/out").read_text() == f"through\n{accounts.proof('alice')}\n"
    assert "through" not in session.text


ASKPASS = """\
#!/bin/sh
# A dialog: shows its text (in a file) and waits until somebody presses OK (a pipe).
printf '%s' "$1" >/run/dialog.new && mv /run/dialog.new /run/dialog
read answer </run/ok
echo
"""


def test_askpass_is_a_dialog_with_the_code_in_it(host):
    program, pressed = Path("/run/askpass"), Path("/run/ok")
    write(program, ASKPASS, 0o755)
    Path("/run/dialog").unlink(missing_ok=True)
    if not pressed.exists():
        os.mkfifo(pressed)
    client = subprocess.Popen(
        ["ssh", *host.sshd.options(), "alice@127.0.0.1", "cat", "proof"],
        env={**os.environ, "SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        host.provider.wait_token()
        dialog = Path("/run/dialog")
        deadline = time.monotonic() + PATIENCE
        while not dialog.exists():
            assert time.monotonic() < deadline, "no dialog"
            time.sleep(0.02)
        text = dialog.read_text()
        assert qr.scan(qr.find_all(text)[0]).startswith("https://")
        assert "or link (address), then Enter." in text
        pressed.write_text("\n")
        assert client.communicate(timeout=PATIENCE)[0].strip() == accounts.proof("alice")
    finally:
        client.kill()
        client.wait()


# --- other methods ----------------------------------------------------------------------------

def test_key_and_phone_get_in(host):
    server = Keys()
    try:
        session = get_in(host, server.session(host, "alice"))
        assert accounts.proof("alice") in session.text
    finally:
        server.close()


def test_wrong_key_asks_no_phone(host):
    server = Keys()
    try:
        session = server.session(host, "nobody")
        assert session.finish() == 255 and "Permission denied (publickey)" in session.text
        assert not host.provider.requests() and not host.log.attempts()
    finally:
        server.close()


def test_key_does_not_get_in_without_the_phone(host):
    host.itsme.map("alice sub=somebody")
    server = Keys()
    try:
        session = server.session(host, "alice")
        session.wait_for("Enter")
        host.provider.wait_token()
        session.enter()
        assert session.finish() == 255 and accounts.proof("alice") not in session.text
        assert sentences.OTHER_ACCOUNT in session.text, session.tail()
    finally:
        server.close()


def begun(host) -> set[str]:
    """What was asked of the provider, but for its discovery document: that it answers is known by
    it, or else a stack may fall back on the password."""
    return {request["endpoint"] for request in host.provider.requests()} - {"discovery"}


def test_password_method_is_refused_quickly(host):
    """It cannot show anything: the typed password goes nowhere, and no phone is asked."""
    server = Sshd("PasswordAuthentication yes")
    try:
        session = host.terminal("ssh", *server.options("password"), "alice@127.0.0.1", "cat",
                                "proof")
        for number in (1, 2, 3):  # as often as the client asks
            session.wait_for(r"(?s)(password: .*){%d}" % number)
            session.send("secret\r")
        assert session.finish(PATIENCE / 2) == 255
        assert accounts.proof("alice") not in session.text
        for record in host.log.wait_attempts(3):
            assert record.pairs["outcome"] == "not_interactive", record
            assert "secret" not in record.text
        assert not begun(host)
    finally:
        server.close()


def test_password_method_rings_nobody(host):
    """Neither where the phone may ring for anybody: it is known before that nobody can be asked."""
    host.itsme.configure(provider={"confirm_service": CONFIRM},
                         login={"flow": "push", "push_requires": "none"})
    server = Sshd("PasswordAuthentication yes")
    try:
        session = host.terminal("ssh", *server.options("password"), "alice@127.0.0.1", "cat",
                                "proof")
        for number in (1, 2, 3):
            session.wait_for(r"(?s)(password: .*){%d}" % number)
            session.send("secret\r")
        assert session.finish(PATIENCE / 2) == 255
        assert {record.pairs["reason"] for record in host.log.wait_attempts(3)} == \
            {"not_interactive"}
        assert not begun(host)
    finally:
        server.close()


def test_password_method_is_for_who_is_not_enrolled(host):
    """Where the stack lets them: it is the helper who knows whether the account is asked at all."""
    accounts.set_password("mallory", "secret")
    write(Path("/etc/pam.d/sshd"), "auth [success=done ignore=ignore default=die] pam_itsme.so\n"
          "auth required pam_unix.so\naccount required pam_unix.so\n", 0o644)
    host.itsme.configure(identity={"unmapped": "ignore"})
    server = Sshd("PasswordAuthentication yes")
    try:
        session = host.terminal("ssh", *server.options("password"), "mallory@127.0.0.1",
                                "cat proof; sleep 0.2")
        session.wait_for("password: ")
        session.send("secret\r")
        assert session.finish() == 0 and accounts.proof("mallory") in session.text
        assert host.log.wait_attempts(1)[0].pairs["outcome"] == "ignored"
    finally:
        server.close()


def password_first(host, server):
    """A client that is set to try its password first, and the code afterwards."""
    return host.terminal(
        "ssh", *server.options("password,keyboard-interactive"), "-o",
        "NumberOfPasswordPrompts=1", "alice@127.0.0.1", "cat", "proof")


def test_password_first_gets_in_where_the_server_takes_none(host):
    session = get_in(host, password_first(host, host.sshd))
    assert accounts.proof("alice") in session.text and "password: " not in session.text


def test_password_first_spoils_the_login_where_the_server_takes_one(host):
    """libpam holds the first refusal against pam_setcred, and sshd then gives up: it keeps one
    handle for both methods. Hence PasswordAuthentication no."""
    server = Sshd("PasswordAuthentication yes")
    try:
        session = password_first(host, server)
        session.wait_for("password: ")
        session.send("secret\r")
        session.wait_for("then press Enter")
        host.provider.wait_token()
        session.enter()
        assert session.finish() == 255 and accounts.proof("alice") not in session.text
        host.log.wait_line("pam_setcred")
    finally:
        server.close()


def test_second_session_over_the_same_connection_asks_nothing(host):
    master = host.ssh("alice", words=("-M", "-S", "/run/master"))
    master.wait_for("Enter")
    host.provider.wait_token()
    master.enter()
    master.wait_for(r"alice@workstation\$ ")
    second = host.terminal("ssh", "-S", "/run/master", "alice@127.0.0.1", "cat", "proof")
    assert second.finish() == 0 and accounts.proof("alice") in second.text
    assert len(host.log.wait_attempts(1)) == 1
    master.send("exit\r")
    master.finish()


# --- the time there is -------------------------------------------------------------------------

def test_time_out_lies_within_login_grace_time(host):
    """Both as they come: sshd would cut off in mid-sentence what it gives less time."""
    said = subprocess.run(
        ["/usr/sbin/sshd", "-T", "-f", "/dev/null", "-h", host.sshd.host_key],
        capture_output=True, text=True, check=True).stdout
    grace = int(re.search("^logingracetime (.*)$", said, re.M | re.I)[1])
    source = (checks.CHECKOUT / "src/config/setting.c").read_text()
    login = source[source.index('{"login", "timeout"'):]
    timeout = int(login.split('"')[5])
    assert 60 <= timeout <= grace - 10, f"{timeout} s of {grace} s"


if __name__ == "__main__":
    checks.main(globals(), make_host)
