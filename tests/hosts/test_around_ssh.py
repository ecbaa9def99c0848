#!/usr/bin/python3
"""ssh, and somebody who knows the password alone: while itsme can be reached it lets nobody in,
whatever the client does and whichever of sshd's methods it takes."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
from around import PASSWORD, AroundHost, PatientSsh, Ssh, always_in, approve, drive, never_in
from installation import write

ASKPASS = Path("/tmp/askpass")
# A client that asks a program, which answers whatever it is asked with the password.
BY_ITSELF = ("env", f"SSH_ASKPASS={ASKPASS}", "SSH_ASKPASS_REQUIRE=force")


class Typed(Ssh):
    """The password is typed where Enter is asked for."""

    def at_code(self) -> None:
        self.type(PASSWORD + "\r")


class PasswordFirst(Ssh):
    methods = "password,keyboard-interactive"


class PasswordAfterwards(Ssh):
    """In the same connection, once the code has been refused."""
    methods = "keyboard-interactive,password"


CLIENTS = (
    (Ssh, "quick Enters", ()),
    (Typed, "the password at the code", ()),
    (PasswordFirst, "the password method first", ()),
    (PasswordAfterwards, "the password method after the code", ()),
    (Ssh, "answers by a program", BY_ITSELF),
    (PasswordFirst, "the password method by a program", BY_ITSELF),
)


def make_host():
    write(ASKPASS, f"#!/bin/sh\necho '{PASSWORD}'\n", 0o755)
    return AroundHost()


def clients(host) -> list:
    return [lambda client=client, name=name, before=before: client(host, name, before)
            for client, name, before in CLIENTS]


def test_clients_against_the_profile(host):
    never_in(host, clients(host))


def test_clients_against_an_enabled_service(host):
    host.use_enabled("sshd")
    never_in(host, clients(host))


def test_away_the_password_counts(host):
    """Or the tests above would pass on a stack that takes no password at all."""
    for use in (host.use_profile, lambda: host.use_enabled("sshd")):
        use()
        for is_away in (host.refused, host.swallowed, host.unresolvable):
            with is_away():
                always_in(clients(host))


def test_phone_counts(host):
    attempt = PatientSsh(host)
    drive([attempt], lambda attempt: attempt.codes, "shown a code")
    approve(host, [attempt])


if __name__ == "__main__":
    checks.main(globals(), make_host)
