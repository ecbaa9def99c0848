#!/usr/bin/python3
"""The real sudo: text at once though it asks for silence, signals blocked, root behind it."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import callers
import checks
import host as hosts
import refusals
from doors import Sudo, leaves_promptly


def make_host():
    return hosts.Host("--interval", 1)


class PreservingSudo(Sudo):
    """sudo -E, from surroundings that BEFORE sets up."""

    def knock(self, before: tuple = (), **options):
        return self.host.terminal(*before, "sudo", "-E", "cat", accounts.ROOT_PROOF, user=self.user,
                                  **options)


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


def test_without_terminal_ends_by_itself(host):
    """Nobody can scan what nobody sees; but it ends in time and lets nobody in."""
    host.itsme.configure(login={"timeout": 10})
    result = subprocess.run(
        ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env",
         "sudo", "-S", "cat", accounts.ROOT_PROOF],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True,
        timeout=60)
    assert result.returncode != 0
    assert accounts.proof("root") not in result.stdout


def test_interrupt_ends_it_at_once(host):
    attempt = leaves_promptly(host, Sudo, lambda attempt: attempt.terminal.interrupt())
    assert attempt.terminal.finish() != 0
    attempt.expect_log("aborted", "caller_gone")


def test_hang_up_ends_it_at_once(host):
    attempt = leaves_promptly(host, Sudo, lambda attempt: attempt.terminal.hang_up())
    attempt.terminal.wait_exit()


def in_spite_of(host, *before: str) -> None:
    trap = callers.Trap()
    try:
        get_in(host, PreservingSudo(host, before=before or trap.environment()))
        trap.verify()
    finally:
        trap.close()


def test_hostile_environment(host):
    in_spite_of(host)


def test_hostile_umask(host):
    in_spite_of(host, *callers.CIRCUMSTANCES["umask_0"])


def test_hostile_file_limit(host):
    in_spite_of(host, *callers.CIRCUMSTANCES["few_files"])


def test_hostile_ignored_sigchld(host):
    in_spite_of(host, *callers.CIRCUMSTANCES["sigchld_ignored"])


globals().update(refusals.for_door(Sudo))

if __name__ == "__main__":
    checks.main(globals(), make_host)
