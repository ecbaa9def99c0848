#!/usr/bin/python3
"""Who has no identity has their password, root and system accounts first of all: at every way in
that falls back to it or passes them over, whatever the provider does."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import stacks
import stock
from doors import Door, Login, Ssh, Su, Sudo
from installation import write
from sshd import free_port

PASSWORD, WRONG = "correct horse", "wrong"
EXAMPLES = Path("/usr/share/doc/pam_itsme/pam.d")
SERVICES = ("login", "su", "su-l", "sudo", "sshd")
SUDOERS = stacks.SUDOERS.format(minutes=0, tries=1) + "robot ALL=(ALL:ALL) ALL\n" \
    "mallory ALL=(ALL:ALL) ALL\nDefaults:mallory rootpw\n"


class RootHost(hosts.Host):
    """The distribution's stacks, and passwords that people know."""

    def __init__(self):
        self.stock = {name: (stock.PAM / name).read_text() for name in SERVICES}
        super().__init__("--interval", 1)
        for user in ("root", "robot", "mallory", "alice"):
            accounts.set_password(user, PASSWORD)
        Path("/var/lib/robot").mkdir(exist_ok=True)
        write(Path("/var/lib/robot/proof"), "proof-of-robot\n", 0o644)

    def reset(self) -> None:
        super().reset()
        stock.profile("--remove")
        for name, text in self.stock.items():
            write(stock.PAM / name, text, 0o644)
        write(Path("/etc/sudoers"), SUDOERS, 0o440)


# --- what the provider may be like ---------------------------------------------------------------

def up(_host) -> None:
    pass


def down(host) -> None:
    host.itsme.configure(provider={"issuer": f"https://localhost:{free_port()}/v2"})


def nonsense(host) -> None:
    host.provider.fault("http-garbage")


WEATHER = (up, down, nonsense)


# --- the doors, for who knows the password only --------------------------------------------------

class ByPassword(Door):
    """Types PASSWORD when it is asked for, and nothing else."""

    def __init__(self, host, user: str, password: str = PASSWORD):
        super().__init__(host, user)
        self.terminal.wait_for(r"(?i)password( for \w+)?: ?$")
        self.terminal.send(password + "\r")

    def proof(self) -> str:
        return "proof-of-robot" if self.user == "robot" else super().proof()

    def expect_in(self) -> None:
        self.terminal.finish()
        assert self.proof() in self.terminal.text, f"not in: {self.terminal.tail()!r}"

    def expect_out(self) -> None:
        self.terminal.wait_for("(?i)incorrect|failure|try again|denied|Password: $")
        self.terminal.hang_up()
        assert self.proof() not in self.terminal.text, "in"


class LoginByPassword(ByPassword, Login):
    def expect_in(self) -> None:
        self.terminal.wait_for(r"[#$] $")
        self.terminal.send("cat proof; exit\r")
        super().expect_in()


class SuByPassword(ByPassword, Su):
    pass


class SudoByPassword(ByPassword, Sudo):
    """As root: whoever calls is asked for root's password (`Defaults rootpw`)."""

    def knock(self, **options):
        caller = "mallory" if self.user == "root" else self.user
        return self.host.terminal("sudo", "cat", accounts.ROOT_PROOF, user=caller, **options)

    def proof(self) -> str:
        return accounts.proof("root")


class SshByPassword(ByPassword, Ssh):
    pass


# --- the ways of having itsme --------------------------------------------------------------------

def example(service: str) -> None:
    write(stock.PAM / service, (EXAMPLES / service).read_text(), 0o644)


def profile(_service: str) -> None:
    stock.profile()


def fallback(service: str) -> None:
    for name in {"su": ("su", "su-l")}.get(service, (service,)):
        if "common-auth" in (stock.PAM / name).read_text():
            stock.enable(name, "fallback")


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
    checks.main(globals(), RootHost)
