#!/usr/bin/python3
"""The real login, as on the console of a shared machine."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import departures
import host as hosts
import qr
import refusals
import sentences
import stacks
from doors import Login
from terminal import PATIENCE


def make_host():
    return hosts.Host("--interval", 1)


def test_name_then_scan_then_shell(host):
    session = host.terminal("login")
    session.wait_for("login: ")
    session.send("alice\r")
    host.provider.scan(qr.scan(session.wait_qr()))
    host.provider.approve()
    session.wait_for(r"alice@workstation\$ ")
    session.send("cat proof; exit\r")
    assert session.finish() == 0
    assert accounts.proof("alice") in session.text


def test_name_on_the_command_line(host):
    attempt = Login(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_unmapped_user_may_try_another_name(host):
    """AUTH_ERR, as for a wrong password: login asks for a name again."""
    session = host.terminal("login")
    session.wait_for("login: ")
    session.send("mallory\r")
    session.wait_for(sentences.FAILED)
    session.wait_for(r"login: $")
    assert not host.provider.requests()


def test_login_timeout_ends_it(host):
    """LOGIN_TIMEOUT of login.defs is for everything, and login keeps it."""
    stacks.login_defs(15)  # so that the code has come by then
    session = Login(host).terminal
    session.wait_qr()
    session.wait_for("timed out after 15 seconds")
    session.finish()  # with status 0, as login would have it
    assert accounts.proof("alice") not in session.text
    host.wait_no_helper(PATIENCE)


globals().update(departures.for_door(Login))
# After AUTH_ERR and AUTHINFO_UNAVAIL login asks for another name, so these do not end there.
globals().update(refusals.for_door(
    Login, without=(refusals.not_in_the_map, refusals.provider_down)))

if __name__ == "__main__":
    checks.main(globals(), make_host)
