#!/usr/bin/python3
"""Servers, and other programs that nobody sits at: real ones, under the Debian profile, which all
of them include. Their own password goes on at once, and nothing is begun for whoever guesses."""
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import servers
import stacks
import stock
from installation import write
from servers import all_at_once, timed

PASSWORD = "correct horse"
CROWD = 40
AT_ONCE = 40  # seconds on a busy machine; a login that waits for a phone takes 60 here
OTHER = "127.0.0.2"  # servers slow down an address from which somebody guesses
CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
RINGS = {"push_requires": "none"}  # whoever could be rung would be


class ServerHost(hosts.Host):
    def __init__(self):
        stock.profile()
        self.pam = {path: path.read_text() for path in Path("/etc/pam.d").iterdir()}
        self.running: list[servers.Server] = []
        super().__init__("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])

    def furnish(self):
        log = super().furnish()
        servers.add_accounts()
        for name in ("alice", "bob", "mallory"):
            accounts.set_password(name, PASSWORD)
        return log

    def reset(self) -> None:
        super().reset()
        for path, text in self.pam.items():
            write(path, text, 0o644)
        self.itsme.configure(provider=CONFIRM, login=RINGS)

    def start(self, kind):
        self.running.append(kind())
        return self.running[-1]

    def tidy(self) -> None:
        for server in self.running:
            server.close()
        self.running.clear()
        super().tidy()

    def began_nothing(self, attempts: int, reason: str) -> None:
        """Nothing was sent to the provider, and each of ATTEMPTS has its line in the log."""
        found = self.log.wait_attempts(attempts)
        assert {record.pairs["reason"] for record in found} == {reason}, found
        assert not self.provider.requests()


# --- servers --------------------------------------------------------------------------------

def serves(host, server, reason: str = "service_unknown") -> None:
    """Right and wrong passwords of somebody who is enrolled, and the one of somebody who is not."""
    let_in, took = timed(lambda: server.try_in("alice", PASSWORD))
    assert let_in and took < AT_ONCE, took
    print(f"  {server.name}: the right password got in after {took:.1f} s", flush=True)
    assert not server.try_in("alice", "wrong", OTHER)
    host.began_nothing(2, reason)
    host.log.clear()
    assert server.try_in("mallory", PASSWORD)
    assert host.log.wait_attempts(1)[0].pairs["outcome"] == "ignored"
    host.log.clear()


def serves_others_meanwhile(host, server) -> None:
    """Forty wrong ones at once, and one right one behind them."""
    wrong = [lambda: server.try_in("alice", "wrong")] * CROWD
    *turned_away, (let_in, took) = all_at_once(
        *wrong, lambda: timed(lambda: time.sleep(0.5) or server.try_in("bob", PASSWORD, OTHER)))
    assert turned_away == [False] * CROWD and let_in and took < AT_ONCE, (turned_away, took)
    print(f"  {server.name}: behind {CROWD} wrong ones after {took:.1f} s", flush=True)
    host.began_nothing(CROWD + 1, "service_unknown")
    host.wait_no_helper(hosts.PATIENCE)


def test_dovecot(host):
    server = host.start(servers.Dovecot)
    serves(host, server)
    assert not server.try_in("bob", "wrong")
    host.log.wait_line("service dovecot is not known", "write style=")
    host.log.clear()
    serves_others_meanwhile(host, server)


def test_vsftpd(host):
    server = host.start(servers.Vsftpd)
    serves(host, server)
    serves_others_meanwhile(host, server)


def test_saslauthd_whatever_its_clients_say(host):
    """They name the service; one that has people elsewhere has none here."""
    server = host.start(servers.Saslauthd)
    serves(host, server, "service_is_silent")
    for service, reason in (("su", "no_terminal"), ("kde", "service_is_silent")):
        write(Path("/etc/pam.d") / service, "@include common-auth\n@include common-account\n", 0o644)
        server.try_in("alice", PASSWORD, service=service)
        host.began_nothing(1, reason)
        host.log.clear()


def test_cups(host):
    serves(host, host.start(servers.Cups), "service_is_silent")


def test_server_without_a_password_to_go_on_with_refuses(host):
    write(Path("/etc/pam.d/dovecot"), stacks.STACK.format(arguments=""), 0o644)
    server = host.start(servers.Dovecot)
    assert not server.try_in("alice", PASSWORD)
    host.began_nothing(1, "service_unknown")


# --- a name that nobody knows -----------------------------------------------------------------

FALLBACK = """\
auth [success=done authinfo_unavail=ignore default=die] pam_itsme.so {words}
auth required pam_unix.so
account required pam_unix.so
"""


def by_pamtester(host, words: str, *options: str):
    """At a terminal, which the service does not make a person of, nor does what it says of it."""
    write(Path("/etc/pam.d/somebody"), FALLBACK.format(words=words), 0o644)
    return host.terminal("env", "DISPLAY=:0", "SSH_TTY=/dev/pts/0", "pamtester", *options, "somebody",
                         "alice", "authenticate", name="xterm-256color")


def test_unknown_service_goes_on_with_its_password(host):
    for options in ((), ("-I", "tty=/dev/pts/0"), ("-I", "rhost=192.0.2.1", "-I", "ruser=alice")):
        terminal = by_pamtester(host, "", *options)
        terminal.wait_for("Password: ")
        terminal.send(f"{PASSWORD}\n")
        assert terminal.finish() == 0, terminal.text
        host.began_nothing(1, "service_unknown")
        host.log.clear()


def test_unknown_service_is_asked_where_style_says_so(host):
    terminal = by_pamtester(host, "style=text flow=qr")
    host.scan_screen(terminal)
    host.provider.approve()
    assert terminal.finish() == 0


# --- xrdp: texts go to its log, prompts are refused --------------------------------------------

def test_xrdp(host):
    """Its password goes on; wherever there is none, nobody comes in, and no phone rings."""
    server = host.start(servers.Xrdp)
    assert not server.try_in("alice", "wrong")
    let_in, took = timed(lambda: server.try_in("alice", PASSWORD))
    assert let_in and took < AT_ONCE, took
    host.began_nothing(2, "service_is_silent")
    host.log.clear()
    write(Path("/etc/pam.d/xrdp-sesman"), stacks.STACK.format(arguments="flow=push"), 0o644)
    assert not server.try_in("alice", PASSWORD)
    host.began_nothing(1, "service_is_silent")


def test_xrdp_without_a_file_of_its_own(host):
    """It then asks as "gdm", which is no reason to believe in a window."""
    Path("/etc/pam.d/xrdp-sesman").unlink()
    write(Path("/etc/pam.d/gdm"), "@include common-auth\n@include common-account\n", 0o644)
    server = host.start(servers.Xrdp)
    assert not server.try_in("alice", "wrong")
    host.began_nothing(1, "service_unknown")


# --- cockpit: shows a text only together with a question ----------------------------------------

def phones_number(host) -> str:
    shown = "\n".join(host.provider.shown())
    return re.search(r"Number: <b>(\d+)</b>", shown)[1]


def asks(host, server, user: str = "alice") -> dict:
    """A login by phone alone: the page asks for the number that the phone shows."""
    asked = server.begin(user, "")
    assert asked["status"] == 401 and "Which number does the phone show?" in asked["prompt"], asked
    assert asked["echo"] and phones_number(host) not in asked["prompt"]
    return asked


def logged_in(server, asked: dict, number: str) -> int:
    return server.reply(asked, number)["status"]


def test_cockpit_asks_for_the_number_whatever_the_settings_say(host):
    """The page would show a number nowhere: only its journal has what a text says."""
    server = host.start(servers.Cockpit)
    for login, words in ((RINGS, "flow=push"), ({}, "flow=push first_factor"),
                         (RINGS | {"number_match": "show"}, "flow=push")):
        host.itsme.configure(provider=CONFIRM, login=login)
        write(Path("/etc/pam.d/cockpit"), stacks.STACK.format(arguments=words), 0o644)
        asked = asks(host, server)
        number = phones_number(host)
        status, _ = all_at_once(lambda: logged_in(server, asked, number), host.provider.approve)
        assert status == 200, status
        assert Path("/tmp/bridge").read_text() == "alice\n"
        assert number not in server.daemon.log.read_text()
        hosts.forget_limits()
        host.provider.reset()


def test_cockpit_refuses_another_number(host):
    server = host.start(servers.Cockpit)
    write(Path("/etc/pam.d/cockpit"), stacks.STACK.format(arguments="flow=push"), 0o644)
    asked = asks(host, server)
    assert logged_in(server, asked, str(10999 - int(phones_number(host)))) != 200
    assert host.log.wait_attempts(1)[0].pairs["reason"] == "wrong_number"


def test_cockpit_goes_on_with_the_password(host):
    """Where a phone may not ring for a stranger, a code is all there is, and cannot be shown."""
    host.itsme.configure(provider=CONFIRM)
    server = host.start(servers.Cockpit)
    assert server.try_in("alice", PASSWORD) and not server.try_in("alice", "wrong")
    assert not [r for r in host.provider.requests() if r["endpoint"] == "authenticate"]


class ImpatientCockpit(servers.Cockpit):
    patience = 3


def test_cockpit_whose_page_is_closed(host):
    """The page tells nobody; cockpit waits for as long as it is told to, and the helper with it."""
    server = host.start(ImpatientCockpit)
    write(Path("/etc/pam.d/cockpit"), stacks.STACK.format(arguments="flow=push"), 0o644)
    asks(host, server)
    began = time.monotonic()
    host.wait_no_helper(server.patience + hosts.PATIENCE)
    print(f"  cockpit: gone {time.monotonic() - began:.1f} s after the page was closed", flush=True)
    assert time.monotonic() - began < server.patience + AT_ONCE


if __name__ == "__main__":
    checks.main(globals(), ServerHost)
