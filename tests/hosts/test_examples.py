#!/usr/bin/python3
"""The examples of pam.d/, each as it stands in the place of the real service's file, with the
settings of sshd that its comment names: who is entitled gets in, who is not is refused. And they
are the distribution's files but for what is said of them."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import examples
import host as hosts
import sentences
import stock
from doors import Login, Ssh, Su, Sudo
from installation import write
from passwords import PASSWORD, WRONG, LoginByPassword
from rules import rules
from sshd import Sshd

EXAMPLES = examples.installed()
SETTING = re.compile(r"^#     (\w+ .*)$", re.M)
KEY = Path("/run/keys/alice")
AUTHORIZED = Path("/run/authorized")
SHADOW, NOLOGIN, LOCALE = Path("/etc/shadow"), Path("/etc/nologin"), Path("/etc/default/locale")


ADDED = {"sole": ["pam_itsme.so", "pam_deny.so", "pam_permit.so"],  # rules of auth
         "fallback": ["pam_itsme.so", "pam_permit.so"],
         "second": ["pam_itsme.so"]}


class ExampleHost(hosts.Host):
    """The distribution's stacks, people with passwords, and alice's key."""

    def __init__(self):
        super().__init__("--interval", 1)
        for user in ("root", "alice", "mallory"):
            accounts.set_password(user, PASSWORD)
        self.shadow = SHADOW.read_text()
        for directory in (KEY.parent, AUTHORIZED):
            directory.mkdir(mode=0o755)
        stock.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY)
        write(AUTHORIZED / "alice", KEY.with_suffix(".pub").read_text(), 0o644)

    def reset(self) -> None:
        super().reset()
        stock.install()
        SHADOW.write_text(self.shadow)
        NOLOGIN.unlink(missing_ok=True)


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

    def knock(self, server: Sshd, words: tuple = (), command: tuple = ("cat", "proof"), **options):
        return self.host.terminal("ssh", *server.options("publickey,keyboard-interactive"),
                                  *words, f"{self.user}@127.0.0.1", *command, **options)


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


def take_itsme_away(host) -> None:
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})


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
            attempt.terminal.send(WRONG + "\r")
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
    get_in(host, Su(host))
    once_more(host)
    be_denied(host, Su(host))


def test_su_asks_root_nothing(host):
    install("su", "su")
    session = host.terminal("su", "alice", "-c", f"cat {accounts.HOMES}/alice/proof")
    assert session.finish() == 0 and accounts.proof("alice") in session.text
    assert not host.provider.requests()


# --- login -----------------------------------------------------------------------------------

def test_login(host):
    install("login", "login")
    get_in(host, Login(host))
    once_more(host)
    be_denied(host, Login(host))


def test_login_takes_the_password_while_itsme_is_away(host):
    install("login", "login")
    take_itsme_away(host)
    LoginByPassword(host, "alice").expect_in()
    LoginByPassword(host, "alice", WRONG).expect_out()


def test_login_takes_the_password_of_who_has_no_identity(host):
    install("login", "login")
    for user in ("mallory", "root"):
        LoginByPassword(host, user).expect_in()
    assert not host.provider.requests()


# --- the account, and what the session is given ----------------------------------------------

def doors(host):
    """For each example without a password: an attempt by it, and its server where it has one."""
    with Server("sshd-sole-factor") as server:
        yield "sshd", lambda: OtherSsh(host, server=server)
    install("login", "login")
    yield "login", lambda: Login(host)
    for service, door in (("sudo", Sudo), ("su", Su)):
        install(service, service)
        yield service, lambda: door(host)


def be_refused_after_approval(host, attempt) -> None:
    attempt.scan()
    host.provider.approve()
    attempt.enter()
    attempt.terminal.wait_for("expired|denied|closed|No logins|account validation failure")
    attempt.terminal.hang_up()
    assert attempt.proof() not in attempt.terminal.text


def test_password_that_is_too_old_stops_nobody_without_one(host):
    for _, knock in doors(host):
        once_more(host)
        stock.run("chage", "-d", "2001-01-01", "-M", "30", "alice")
        attempt = knock()
        get_in(host, attempt)
        assert "assword" not in attempt.terminal.text, attempt.terminal.tail()


def test_password_that_is_too_old_stops_nobody_by_the_profile(host):
    stock.profile()
    stock.run("chage", "-d", "2001-01-01", "-M", "30", "alice")
    for door in (Sudo, Su, Login):
        once_more(host)
        attempt = door(host)
        get_in(host, attempt)
        assert "assword" not in attempt.terminal.text, attempt.terminal.tail()


def test_password_that_is_too_old_is_to_be_changed_by_who_gave_it(host):
    stock.run("chage", "-d", "2001-01-01", "-M", "30", "alice")
    for way in (lambda: install("login", "login"), stock.profile):
        stock.install()
        way()
        take_itsme_away(host)
        attempt = LoginByPassword(host, "alice")
        give_password(attempt)
        attempt.terminal.wait_for("required to change your password|Current password")
        attempt.terminal.hang_up()


def test_expired_account_is_refused(host):
    for _, knock in doors(host):
        once_more(host)
        stock.run("chage", "-E", "0", "alice")
        be_refused_after_approval(host, knock())


def test_expired_account_is_refused_by_the_profile(host):
    stock.profile()
    stock.run("chage", "-E", "0", "alice")
    be_refused_after_approval(host, Login(host))


def test_nologin_refuses_all_but_root(host):
    write(NOLOGIN, "No logins today.\n", 0o644)
    with Server("sshd-sole-factor") as server:
        be_refused_after_approval(host, OtherSsh(host, server=server))
    once_more(host)
    install("login", "login")
    attempt = Login(host)
    attempt.terminal.wait_for("No logins today")
    attempt.terminal.hang_up()
    assert not host.provider.requests()
    LoginByPassword(host, "root").expect_in()


def test_language_of_the_machine_arrives_over_ssh(host):
    write(LOCALE, 'LANG="nl_BE.UTF-8"\n', 0o644)
    for example, options in (("sshd-sole-factor", {}), ("sshd-after-public-key", {"words": WITH_KEY})):
        with Server(example) as server:
            once_more(host)
            attempt = OtherSsh(host, server=server, command=("cat proof; printenv LANG",), **options)
            get_in(host, attempt)
            assert "nl_BE.UTF-8" in attempt.terminal.text, attempt.terminal.tail()


# --- they are what they say ------------------------------------------------------------------

def test_they_are_what_itsmectl_makes_of_each_release(host):
    """If not: tests/lib/examples.py writes them anew."""
    for directory, release in examples.RELEASES.items():
        for name in examples.EXAMPLES:
            assert (examples.TOP / directory / name).read_text() == examples.make(name, release), \
                f"{directory}/{name}"


def test_gnomes_is_what_itsmectl_makes(host):
    assert (examples.TOP / examples.GNOME).read_text() == examples.make_gnome()


def texts():
    """Of each release: the example's name and text, those that its release has not at hand, too."""
    for directory, release in examples.RELEASES.items():
        for name in examples.EXAMPLES:
            yield release, name, (examples.TOP / directory / name).read_text()
    for name in examples.EXAMPLES:
        yield "sid", name, examples.make(name, "sid")


def test_all_but_their_line_is_the_distributions(host):
    """Rule by rule, includes written out: other than auth, the account line of pam_unix alone."""
    seen = 0
    for release, name, text in texts():
        example, files = examples.EXAMPLES[name], stock.files(release)
        theirs = rules(files[example.service], files)
        ours = rules(text, files)
        where = f"{release}: {name}"
        for kind in ("account", "session", "password"):
            wanted = [rule.with_option("no_pass_expiry")
                      if kind == "account" and rule.module == "pam_unix.so" and
                      example.way != "second" else rule for rule in theirs if rule.kind == kind]
            assert [rule for rule in ours if rule.kind == kind] == wanted, f"{where}: {kind}"
        shared = rules("@include common-auth", files)
        kept = [rule for rule in theirs if rule.kind == "auth" and
                (example.way != "sole" or rule not in shared)]
        added = []
        for rule in [rule for rule in ours if rule.kind == "auth"]:
            if kept and rule == kept[0]:
                kept.pop(0)
            else:
                added.append(rule.module)
        assert not kept and added == ADDED[example.way], f"{where}: lost {kept}, added {added}"
        seen += 1
    assert seen == 3 * len(examples.EXAMPLES)


if __name__ == "__main__":
    stock.fetch(*examples.RELEASES.values(), "sid", stock.OURS)
    checks.main(globals(), ExampleHost)
