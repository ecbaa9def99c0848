#!/usr/bin/python3
"""The real sudo: text at once though it asks for silence, signals blocked, root behind it."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import callers
import checks
import departures
import host as hosts
import qr
import refusals
import sentences
import stacks
from doors import Sudo, leaves_promptly
from terminal import PATIENCE


def make_host():
    return hosts.Host("--interval", 1)


class PreservingSudo(Sudo):
    """sudo -E, from surroundings that BEFORE sets up."""

    def knock(self, before: tuple = (), **options):
        return self.host.terminal(*before, "sudo", "-E", "cat", accounts.ROOT_PROOF, user=self.user,
                                  **options)


class RedirectedSudo(Sudo):
    """sudo in a shell that goes on with REST: redirections, or a pipeline."""

    def __init__(self, host, rest: str):
        self.rest = rest
        super().__init__(host)

    def knock(self, **options):
        return self.host.terminal("sh", "-c", f"sudo cat {accounts.ROOT_PROOF} {self.rest}",
                                  user=self.user, **options)


class LoginSudo(Sudo):
    service = "sudo-i"

    def knock(self, **options):
        return self.host.terminal("sudo", "-i", "cat", accounts.ROOT_PROOF,
                                  user=self.user, **options)


def get_in(host, attempt) -> None:
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_scan_and_approve(host):
    get_in(host, Sudo(host))


def test_login_shell_is_a_service_of_its_own(host):
    get_in(host, LoginSudo(host))


def test_prompt_of_the_callers_changes_nothing(host):
    session = host.terminal("sudo", "-p", "Password: ", "cat", accounts.ROOT_PROOF, user="alice")
    session.wait_for("your phone")
    assert "Password:" not in session.text
    session.interrupt()


def test_not_in_sudoers_gets_nothing_for_it(host):
    attempt = Sudo(host, "bob")
    attempt.scan("bob")
    host.provider.approve()
    assert attempt.terminal.finish() != 0
    assert "not in the sudoers file" in attempt.terminal.text
    assert attempt.proof() not in attempt.terminal.text


def test_non_interactive_asks_nobody(host):
    session = host.terminal("sudo", "-n", "true", user="alice")
    assert session.finish() != 0
    assert not host.provider.requests()


def without_terminal(host, *options: str) -> None:
    """Nobody can scan what nobody sees: one sentence, at once, and nothing in the output."""
    result = subprocess.run(
        ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env",
         "sudo", *options, "cat", accounts.ROOT_PROOF],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True,
        timeout=PATIENCE)
    assert result.returncode != 0 and result.stdout == "", result
    assert result.stderr.count(sentences.NOBODY) == 1, result.stderr
    pairs = host.log.wait_attempts(1)[0].pairs
    assert (pairs["outcome"], pairs["reason"]) == ("not_interactive", "no_terminal"), pairs
    assert not host.provider.requests()


def test_without_terminal_is_refused_with_a_sentence(host):
    without_terminal(host)


def test_password_from_stdin_without_terminal_is_refused(host):
    without_terminal(host, "-S")


def test_end_of_input_changes_nothing(host):
    """The code needs no answer at the keyboard."""
    get_in(host, RedirectedSudo(host, "</dev/null"))


def test_in_a_pipeline_only_the_output_passes(host):
    """Code and waiting are for the terminal, not for whoever reads the pipe."""
    attempt = RedirectedSudo(host, "</dev/null | cat >/tmp/piped; cat /tmp/piped")
    get_in(host, attempt)
    assert Path("/tmp/piped").read_text() == accounts.proof("root") + "\n"


def test_as_somebody_else_asks_the_caller(host):
    session = host.terminal("sudo", "-u", "bob", "cat", f"{accounts.HOMES}/bob/proof",
                            user="alice")
    host.provider.scan(qr.scan(session.wait_qr()))
    host.provider.approve()
    assert session.finish() == 0 and accounts.proof("bob") in session.text
    assert host.log.wait_attempts(1)[0].pairs["user"] == "alice"


def test_timestamp_spares_the_next_one_until_forgotten(host):
    stacks.sudoers(minutes=5)
    shell = host.terminal("sh", "-c", "sudo true && sudo echo spared; sudo -k; sudo echo asked",
                          user="alice")
    host.provider.scan(qr.scan(shell.wait_qr()))
    host.provider.approve()
    shell.wait_for("^spared$")
    host.provider.scan(qr.scan(shell.wait_qr(2)))
    host.provider.approve()
    assert shell.finish() == 0 and "asked" in shell.text
    host.log.wait_attempts(2)


def test_refusal_is_asked_once_where_sudoers_says_so(host):
    """What AUTH_ERR makes sudo ask again for is its own passwd_tries."""
    stacks.sudoers(tries=1)
    host.itsme.map("bob sub=somebody")
    attempt = Sudo(host)
    attempt.tries = 1
    attempt.expect_refused(sentences.FAILED, "refused", "unmapped_user")
    assert "try again" not in attempt.terminal.text


def test_suspended_and_resumed_it_goes_on(host):
    shell = host.terminal("bash", "--norc", "-i", user="alice")
    shell.send(f"sudo cat {accounts.ROOT_PROOF}\r")
    rows = shell.wait_qr()
    shell.send("\x1a")
    shell.wait_for("Stopped")
    host.provider.scan(qr.scan(rows))  # nobody asks the provider about it meanwhile
    shell.send("fg\r")
    host.provider.approve()
    # sudo has the terminal until then: with use_pty it would take what is typed
    shell.wait_for(accounts.proof("root") + r"\s+bash\S*\$ ")
    shell.send("exit\r")
    assert shell.finish() == 0


def test_interrupt_ends_it_at_once(host):
    """sudo lives on to say so."""
    attempt = leaves_promptly(host, Sudo, lambda attempt: attempt.terminal.interrupt())
    assert attempt.terminal.finish() != 0
    attempt.expect_log("aborted", "caller_gone")


globals().update(callers.for_door(PreservingSudo))
globals().update(departures.for_door(Sudo, without=(departures.interrupt,)))
globals().update(refusals.for_door(Sudo))

if __name__ == "__main__":
    checks.main(globals(), make_host)
