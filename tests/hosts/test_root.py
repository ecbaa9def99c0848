#!/usr/bin/python3
"""Who has no identity has their password, root and system accounts first of all: at every way in
that falls back to it or passes them over, whatever the provider does."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import examples
import host as hosts
import stacks
import stock
from doors import Login
from installation import write
from passwords import (PASSWORD, WRONG, LoginByPassword, SshByPassword, SuByPassword,
                       SudoByPassword)
from sshd import free_port

EXAMPLES = examples.installed()
SUDOERS = stacks.SUDOERS.format(minutes=0, tries=1) + "robot ALL=(ALL:ALL) ALL\n" \
    "mallory ALL=(ALL:ALL) ALL\nDefaults:mallory rootpw\n"


class RootHost(hosts.Host):
    """The distribution's stacks, and passwords that people know."""

    def __init__(self):
        super().__init__("--interval", 1)
        for user in ("root", "robot", "mallory", "alice"):
            accounts.set_password(user, PASSWORD)
        robot = next(account for account in accounts.SYSTEM if account.name == "robot")
        Path(robot.home).mkdir(exist_ok=True)
        write(Path(robot.home, "proof"), "proof-of-robot\n")
        os.chown(Path(robot.home, "proof"), robot.uid, robot.uid)

    def reset(self) -> None:
        super().reset()
        stock.install()
        write(Path("/etc/sudoers"), SUDOERS, 0o440)


# --- what the provider may be like ---------------------------------------------------------------

def up(_host) -> None:
    pass


def down(host) -> None:
    host.itsme.configure(provider={"issuer": f"https://localhost:{free_port()}/v2"})


def nonsense(host) -> None:
    host.provider.fault("http-garbage")


WEATHER = (up, down, nonsense)


# --- the ways of having itsme --------------------------------------------------------------------

def example(service: str) -> None:
    write(stock.PAM / service, (EXAMPLES / service).read_text(), 0o644)


def profile(_service: str) -> None:
    stock.profile()


def fallback(service: str) -> None:
    stock.enable(service, "fallback")
    if service == "su" and "common-auth" in (stock.PAM / "su-l").read_text():
        stock.enable("su-l", "fallback")


def password_suffices(set_up, service: str, door, users: tuple) -> callable:
    def test(host):
        set_up(service)
        for weather in WEATHER:
            host.itsme.reset()
            host.provider.reset()
            weather(host)
            for user in users:
                door(host, user).expect_in()
            assert not host.provider.requests(), f"{weather.__name__}: the provider was asked"
        door(host, users[0], WRONG).expect_out()
    return test


EVERYBODY = ("root", "robot", "mallory")
for way, service, door, users in (
        (example, "login", LoginByPassword, EVERYBODY),
        (profile, "login", LoginByPassword, EVERYBODY),
        (profile, "su", SuByPassword, ("root", "robot")),
        (profile, "sudo", SudoByPassword, ("root", "robot")),
        (profile, "sshd", SshByPassword, EVERYBODY),
        (fallback, "login", LoginByPassword, EVERYBODY),
        (fallback, "su", SuByPassword, ("root", "robot")),
        (fallback, "sudo", SudoByPassword, ("root", "robot")),
        (fallback, "sshd", SshByPassword, EVERYBODY)):
    name = f"test_{service}_by_{way.__name__}"
    globals()[name] = password_suffices(way, service, door, users)
    globals()[name].__name__ = name


def test_who_has_an_identity_is_asked_for_it(host):
    """The counterpart: the password that lets root in is not even asked for here."""
    for way in (example, profile, fallback):
        host.reset()
        way("login")
        attempt = Login(host)
        attempt.scan()
        assert "assword" not in attempt.terminal.text
        host.provider.approve()
        attempt.expect_in()


if __name__ == "__main__":
    stock.fetch()
    checks.main(globals(), RootHost)
