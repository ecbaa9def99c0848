#!/usr/bin/python3
"""Step-up on the real programs: the phone rings, shows whose command it is, and not for strangers."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
from doors import Ssh, Su, Sudo
from sshd import Keys

CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
SENT = "We sent a request to your itsme app."


def make_host():
    return hosts.Host("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])


class TypedSudo(Sudo):
    """sudo with a command line that would like to be more than that."""

    def knock(self, **options):
        return self.host.terminal("sudo", "-k", "cat", accounts.ROOT_PROOF, "/dev/null",
                                  "-- </b><br>Number: <b>11</b> \u202e&", user=self.user, **options)


def test_sudo_shows_the_command_on_the_phone(host):
    host.itsme.configure(provider=CONFIRM)
    attempt = Sudo(host)
    number = attempt.terminal.wait_for(r"Check that your phone shows (\d\d)\.")[1]
    lines = host.provider.shown()
    assert lines[:5] == ["Run as <b>root</b> on <b>workstation</b>.",
                         f"Number: <b>{number}</b>. Your screen must show the same.",
                         "Asked for by: <b>alice</b>",
                         f"Command: <b>cat {accounts.ROOT_PROOF}</b>", "Service: sudo"], lines
    host.provider.approve()
    attempt.expect_in()


def test_sudo_cannot_be_made_to_say_something_else(host):
    """What was typed stands on the phone as text, whatever it looks like."""
    host.itsme.configure(provider=CONFIRM)
    attempt = TypedSudo(host)
    lines = host.provider.shown()
    assert len(lines) == 7, lines
    assert lines[3].startswith("Command: <b>-k cat "), lines
    assert lines[3].endswith("'-- \u00ab/b\u00bb\u00abbr\u00bbNumber: \u00abb\u00bb11\u00ab/b\u00bb "
                             "?{and}'</b>"), lines
    host.provider.deny()
    attempt.terminal.finish()
    attempt.expect_log("denied", "user_denied")


def test_sudo_after_a_refusal_has_to_wait(host):
    host.itsme.configure(provider=CONFIRM, login={"flow": "push"})
    attempt = Sudo(host)
    attempt.terminal.wait_for(re.escape(SENT))
    host.provider.deny()
    attempt.expect_refused(sentences.DENIED, "denied", "user_denied")
    host.log.clear()
    again = Sudo(host)
    again.terminal.wait_for("You refused just now; try again in [0-9]+ seconds")
    assert again.terminal.finish() != 0
    again.expect_log("limited", "push_limited")


def test_sudo_asks_for_the_number(host):
    host.itsme.configure(provider=CONFIRM, login={"number_match": "ask"})
    attempt = Sudo(host)
    attempt.terminal.wait_for("Which number does the phone show")
    attempt.type_number()
    host.provider.approve()
    attempt.expect_in()


def test_service_section_is_for_its_service(host):
    host.itsme.configure(provider=CONFIRM, login={"flow": "qr"}, **{
        "service:sudo": {"flow": "push", "required_claims": "claim_device.rooted=true"}})
    attempt = Sudo(host)
    attempt.terminal.wait_for(re.escape(SENT))
    host.provider.approve()
    attempt.terminal.finish()
    attempt.expect_log("not_good_enough", "claim_required")


def test_key_then_phone(host):
    """A public key is a first factor: the phone rings, and shows where it comes from."""
    host.itsme.configure(provider=CONFIRM)
    server = Keys()
    try:
        session = server.session(host, "alice")
        session.wait_for(re.escape(SENT))
        assert "From: 127.0.0.1" in host.provider.shown()
        host.provider.approve()
        host.provider.wait_token()
        session.enter()
        assert session.finish() == 0 and accounts.proof("alice") in session.text
        assert host.log.wait_attempts(1)[0].pairs["flow"] == "push"
    finally:
        server.close()


def test_stranger_over_ssh_rings_nobody(host):
    """Knowing a name is not enough; they get the code, which rings nobody."""
    host.itsme.configure(provider=CONFIRM)
    attempt = Ssh(host)
    attempt.scan()
    attempt.type_number()
    host.provider.approve()
    attempt.expect_in()
    host.log.clear()
    host.itsme.configure(provider=CONFIRM, login={"flow": "push"})
    Ssh(host).expect_refused(sentences.FAILED, "refused", "first_factor_missing")


def test_su_to_somebody_else_rings_nobody(host):
    host.itsme.configure(provider=CONFIRM, login={"flow": "push"})
    Su(host).expect_refused(sentences.FAILED, "refused", "first_factor_missing")
    assert not [r for r in host.provider.requests() if r["endpoint"] == "authenticate"]


def test_remembered_in_the_same_terminal(host):
    """A second sudo of the same terminal is not asked again; one of another is."""
    host.itsme.configure(provider=CONFIRM, login={"remember": 900})
    shell = host.terminal("bash", "--norc", user="alice")
    shell.send(f"sudo cat {accounts.ROOT_PROOF}\n")
    shell.wait_for(re.escape(SENT))
    host.provider.approve()
    host.log.wait_attempts(1)
    host.provider.reset()
    shell.send(f"sudo cat {accounts.ROOT_PROOF}; echo twice-$?\n")
    shell.wait_for("twice-0")
    records = host.log.wait_attempts(2)
    assert [r.pairs["flow"] for r in records] == ["push", "remembered"], records
    assert not host.provider.requests(), "the provider was asked"
    other = Sudo(host)
    other.terminal.wait_for(re.escape(SENT))
    host.provider.approve()
    other.terminal.finish()


if __name__ == "__main__":
    checks.main(globals(), make_host)
