#!/usr/bin/python3
"""The examples of pam.d/, each as it stands in the place of the real service's file, with the
settings of sshd that its comment names: who is entitled gets in, who is not is refused."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
from doors import Login, Ssh, Su, Sudo
from installation import write
from sshd import Sshd

EXAMPLES = Path("/usr/share/doc/pam_itsme/pam.d")
SETTING = re.compile(r"^#     (\w+ .*)$", re.M)
PASSWORD = "correct horse"
KEY = Path("/run/keys/alice")
AUTHORIZED = Path("/run/authorized")
WRONG_PASSWORD = "wrong"


def make_host():
    host = hosts.Host("--interval", 1)
    accounts.set_password("alice", PASSWORD)
    accounts.set_password("mallory", PASSWORD)
    for directory in (KEY.parent, AUTHORIZED):
        directory.mkdir(mode=0o755)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY], check=True)
    write(AUTHORIZED / "alice", KEY.with_suffix(".pub").read_text(), 0o644)
    return host


def install(example: str, service: str) -> str:
    """Put the example where its comment says; gives the settings it names."""
    text = (EXAMPLES / example).read_text()
    assert text.startswith(f"# /etc/pam.d/{service}:"), text
    write(Path("/etc/pam.d") / service, text, 0o644)
    return "\n".join(SETTING.findall(text))


class Server:
    """sshd with an example's stack and settings, while a `with` lasts."""

    def __init__(self, example: str):
        settings = install(example, "sshd")
        assert "UsePAM yes" in settings, f"{example} names no settings"
        self.sshd = Sshd(f"{settings}\nAuthorizedKeysFile {AUTHORIZED}/%u")

    def __enter__(self) -> Sshd:
        return self.sshd

    def __exit__(self, *_) -> None:
        self.sshd.close()


class OtherSsh(Ssh):
    """By way of this server, with these words for the client."""

    def knock(self, server: Sshd, words: tuple = (), **options):
        return self.host.terminal("ssh", *server.options("publickey,keyboard-interactive"),
                                  *words, f"{self.user}@127.0.0.1", "cat", "proof", **options)


WITH_KEY = ("-o", "IdentitiesOnly=yes", "-i", KEY)


def once_more(host) -> None:
    """As between two tests, but what was installed stays."""
    host.provider.reset()
    hosts.forget_limits()
    host.log.clear()


def get_in(host, attempt) -> None:
    attempt.scan()
    host.provider.approve()
    if attempt.presses_enter:
        host.provider.wait_token()
    attempt.enter()
    attempt.expect_in()


def be_denied(host, attempt) -> None:
    attempt.scan()
    host.provider.deny()
    attempt.enter()
    attempt.expect_refused(sentences.DENIED, "denied", "user_denied")


def give_password(attempt, password: str = PASSWORD) -> None:
    attempt.terminal.wait_for("Password: ")
    attempt.terminal.send(password + "\r")


# --- sshd ------------------------------------------------------------------------------------

def test_sshd_sole_factor(host):
    with Server("sshd-sole-factor") as server:
        get_in(host, OtherSsh(host, server=server))
        once_more(host)
        be_denied(host, OtherSsh(host, server=server))


def test_sshd_after_public_key(host):
    with Server("sshd-after-public-key") as server:
        get_in(host, OtherSsh(host, server=server, words=WITH_KEY))
        once_more(host)
        be_denied(host, OtherSsh(host, server=server, words=WITH_KEY))


def test_sshd_after_public_key_asks_nobody_without_one(host):
    with Server("sshd-after-public-key") as server:
        session = OtherSsh(host, server=server).terminal
        assert session.finish() == 255 and "Permission denied (publickey)" in session.text
        assert not host.provider.requests()


def test_sshd_after_password(host):
    with Server("sshd-after-password") as server:
        attempt = OtherSsh(host, server=server)
        give_password(attempt)
        get_in(host, attempt)
        once_more(host)
        attempt = OtherSsh(host, server=server)
        give_password(attempt)
        be_denied(host, attempt)


def test_sshd_after_password_asks_nobody_for_a_wrong_one(host):
    with Server("sshd-after-password") as server:
        attempt = OtherSsh(host, server=server)
        for number in (1, 2, 3):  # as often as the client asks
            attempt.terminal.wait_for(r"(?s)(Password: .*?){%d}" % number)
            attempt.terminal.send(WRONG_PASSWORD + "\r")
        assert attempt.terminal.finish() == 255
        assert attempt.proof() not in attempt.terminal.text
        assert not host.provider.requests() and not host.log.attempts()


# --- sudo, su --------------------------------------------------------------------------------

def test_sudo(host):
    install("sudo", "sudo")
    get_in(host, Sudo(host))
    once_more(host)
    be_denied(host, Sudo(host))


def test_su(host):
    install("su", "su")
    write(Path("/etc/pam.d/su-l"), (EXAMPLES / "su").read_text(), 0o644)
    get_in(host, Su(host))
    once_more(host)
    be_denied(host, Su(host))


def test_su_asks_root_nothing(host):
    install("su", "su")
    session = host.terminal("su", "alice", "-c", f"cat {accounts.HOMES}/alice/proof")
    assert session.finish() == 0 and accounts.proof("alice") in session.text
    assert not host.provider.requests()


# --- login -----------------------------------------------------------------------------------

class PasswordLogin(Login):
    """The shell's work is typed once the shell is there: here the password is read first."""

    def knock(self, **options):
        return self.host.terminal("login", self.user, **options)

    def see_shell(self) -> None:
        self.terminal.wait_for(rf"{self.user}@workstation\$ ")
        self.terminal.send("cat proof; exit\r")
        self.terminal.finish()
        assert self.proof() in self.terminal.text


def test_login(host):
    install("login", "login")
    attempt = PasswordLogin(host)
    attempt.scan()
    host.provider.approve()
    attempt.see_shell()
    once_more(host)
    attempt = PasswordLogin(host)
    attempt.scan()
    host.provider.deny()
    attempt.expect_refused(sentences.DENIED, "denied", "user_denied")


def test_login_takes_the_password_while_itsme_is_away(host):
    install("login", "login")
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    attempt = PasswordLogin(host)
    give_password(attempt)
    attempt.see_shell()
    attempt = PasswordLogin(host)
    give_password(attempt, WRONG_PASSWORD)
    attempt.terminal.wait_for("Login incorrect")


def test_login_takes_the_password_of_who_has_no_identity(host):
    install("login", "login")
    attempt = PasswordLogin(host, "mallory")
    give_password(attempt)
    attempt.see_shell()
    assert not host.provider.requests()


if __name__ == "__main__":
    checks.main(globals(), make_host)
