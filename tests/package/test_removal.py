#!/usr/bin/python3
"""test_removal.py DEBS [RPM]: whoever removes the package, however itsme came into the stacks, the
machine can be entered afterwards: each stack is mended, or the package stays and says what to do.
Runs inside tests/hosts/world; nobody is there to answer."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import accounts
import checks
import examples
import stock
from installation import write
from passwords import PASSWORD, LoginByPassword, SshByPassword, SuByPassword, SudoByPassword
from sshd import Sshd
from terminal import Terminal

EXAMPLES = Path("/usr/share/doc/libpam-itsme/pam.d", examples.installed().name)
SERVICES = ("login", "su", "su-l", "sudo", "sudo-i", "sshd")
COMMON = ("common-auth", "common-account", "common-password", "common-session",
          "common-session-noninteractive")
SUDOERS = "root ALL=(ALL:ALL) ALL\nalice ALL=(ALL:ALL) ALL\nDefaults passwd_tries=1\n"
SOLE = "auth [success=done ignore=ignore default=die] pam_itsme.so\nauth requisite pam_deny.so\n"
SECOND = "auth required pam_itsme.so first_factor\n"
MODULE = "security/pam_itsme.so"


class Machine:
    """The distribution's stacks with the package installed, before each test."""

    def __init__(self, debs: Path, rpm: Path | None):
        self.deb, self.rpm = next(debs.glob("libpam-itsme_*.deb")), rpm
        accounts.create()
        for user in ("root", "alice", "mallory"):
            accounts.set_password(user, PASSWORD)
        self.stock = {name: (stock.PAM / name).read_text() for name in SERVICES + COMMON}
        write(Path("/etc/sudoers"), SUDOERS, 0o440)
        self.terminals: list[Terminal] = []
        self.sshd = Sshd()

    def reset(self) -> None:
        self.unlock()
        for path in stock.PAM.glob("*.pam-old"):
            path.unlink()
        for name, text in self.stock.items():
            write(stock.PAM / name, text, 0o644)
        dpkg("--install", "--force-confold", self.deb)

    def lock(self, service: str) -> None:
        """From now on nobody can change that file."""
        path = stock.PAM / service
        stock.run("mount", "--bind", path, path)
        stock.run("mount", "-o", "remount,bind,ro", path)

    def unlock(self) -> None:
        while subprocess.run(["umount", *(stock.PAM / name for name in SERVICES)],
                             capture_output=True).stderr.count(b"not mounted") < len(SERVICES):
            pass

    def terminal(self, *words: object, **options) -> Terminal:
        self.terminals.append(Terminal(*words, **options))
        return self.terminals[-1]

    def ssh(self, user: str, *command: str, words: tuple = ()) -> Terminal:
        return self.terminal("ssh", *self.sshd.options(), *words, f"{user}@127.0.0.1", *command)

    def verify_clean(self) -> None:
        pass

    def tidy(self) -> None:
        for terminal in self.terminals:
            terminal.close()
        self.terminals.clear()
        self.unlock()

    def story(self) -> str:
        return "\n".join(f"    {name}: {line}" for name in SERVICES
                         for line in (stock.PAM / name).read_text().splitlines() if "auth" in line)

    def close(self) -> None:
        self.sshd.close()


# --- nobody is there ---------------------------------------------------------------------------

def alone(*words: object, status: int = 0) -> str:
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                          env={**stock.NOBODY_TO_ASK, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"})
    assert (done.returncode != 0) == (status != 0), f"{words}: {done.stdout[-1500:]}"
    return done.stdout


def dpkg(*words: object, status: int = 0) -> str:
    return alone("dpkg", *words, status=status)


def remove(status: int = 0) -> str:
    return dpkg("--remove", "libpam-itsme", status=status)


def is_there() -> bool:
    """Whole, and as good as nothing had been tried."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", "libpam-itsme"],
                          capture_output=True, text=True)
    listed = subprocess.run(["dpkg-query", "-L", "libpam-itsme"], capture_output=True, text=True)
    modules = [Path(line) for line in listed.stdout.splitlines() if line.endswith(MODULE)]
    assert done.stdout != "installed" or (modules and modules[0].exists())
    return done.stdout == "installed"


DOORS = {"su": (SuByPassword, "alice"), "sudo": (SudoByPassword, "alice"),
         "login": (LoginByPassword, "root"), "sshd": (SshByPassword, "alice")}


def gets_in(box, service: str) -> bool:
    """By the password alone."""
    door, user = DOORS[service]
    return door(box, user).gets_in()


def expect_removed(box, *services: str) -> None:
    assert not is_there()
    for path in set(stock.PAM.iterdir()) - set(stock.PAM.glob("*.pam-old")):
        asks = [line for line in path.read_text().splitlines()
                if "pam_itsme.so" in line and not line.startswith("#")]
        assert not asks, f"{path} still has {asks}"
    for service in services:
        assert gets_in(box, service), f"{service}: {box.terminals[-1].tail()!r}"


# --- how itsme may have come there -------------------------------------------------------------

def edit(service: str, auth: str, keep: bool) -> None:
    """As by an administrator's hand: AUTH in the place of the shared part, or behind it."""
    path = stock.PAM / service
    text, shared = path.read_text(), "@include common-auth\n"
    assert shared in text
    write(path, text.replace(shared, (shared if keep else "") + auth), 0o644)


def test_copied_examples(box):
    copies = {"sudo": "sudo", "su": "su", "login": "login", "sshd": "sshd-sole-factor"}
    for service, example in copies.items():
        shutil.copyfile(EXAMPLES / example, stock.PAM / service)
    said = remove()
    for service in copies:
        assert service in said, f"{service} is not named: {said}"
    expect_removed(box, *copies)


def test_what_itsmectl_enabled(box):
    ways = {"sudo": "sole", "su": "second", "login": "fallback", "sshd": "sole"}
    for service, way in ways.items():
        stock.enable(service, way)
    said = remove()
    for service in ways:
        assert service in said, f"{service} is not named: {said}"
        assert (stock.PAM / service).read_text() == box.stock[service]
    expect_removed(box, *ways)


def test_a_sole_factor_written_by_hand(box):
    for service in ("sudo", "su", "sshd"):
        edit(service, SOLE, keep=False)
    remove()
    expect_removed(box, "sudo", "su", "sshd")


def test_a_second_factor_written_by_hand(box):
    for service in ("sudo", "login"):
        edit(service, SECOND, keep=True)
    remove()
    expect_removed(box, "sudo", "login")


def test_debians_profile(box):
    stock.run("pam-auth-update", "--package", "--enable", "itsme", env=stock.NOBODY_TO_ASK)
    assert "pam_itsme.so" in (stock.PAM / "common-auth").read_text()
    remove()
    expect_removed(box, *DOORS)


def test_debians_profile_in_a_file_that_was_edited_since(box):
    """pam-auth-update leaves such a file alone."""
    stock.run("pam-auth-update", "--package", "--enable", "itsme", env=stock.NOBODY_TO_ASK)
    path = stock.PAM / "common-auth"
    write(path, path.read_text().replace("# end of pam-auth-update",
                                         "auth optional pam_warn.so\n# end of pam-auth-update"), 0o644)
    said = remove(status=1)
    assert is_there() and "WARNING" in said and str(path) in said, said
    assert gets_in(box, "login"), "root's password opens meanwhile"
    alone(*said.split(f"{path}\n", 1)[1].split("\n", 1)[0].split())
    remove()
    expect_removed(box, *DOORS)


def test_a_file_that_cannot_be_written_stops_it(box):
    for service in ("su", "sudo"):
        edit(service, SOLE, keep=False)
    box.lock("sudo")
    said = remove(status=1)
    assert is_there() and "WARNING" in said, said
    command = said.split("/etc/pam.d/sudo\n", 1)[1].split("\n", 1)[0].split()
    assert command == ["itsmectl", "pam", "disable", "sudo"], said
    box.unlock()
    alone(*command)
    remove()
    expect_removed(box, "su", "sudo")


def test_without_its_program_nothing_is_removed_that_is_asked_for(box):
    edit("sudo", SOLE, keep=False)
    os.unlink("/usr/sbin/itsmectl")
    said = remove(status=1)
    assert is_there() and "reinstall" in said and "/etc/pam.d/sudo" in said, said
    box.reset()
    os.unlink("/usr/sbin/itsmectl")
    remove()
    expect_removed(box, "sudo")


def test_what_an_editor_keeps_stops_nothing(box):
    kept = [Path(f"/etc/pam.d/sudo{end}") for end in ("~", ".bak", ".dpkg-old")]
    for path in kept:
        write(path, SOLE, 0o644)
    remove()
    for path in kept:
        path.unlink()
    expect_removed(box, "sudo")


def test_an_upgrade_disables_nothing(box):
    stock.enable("sudo")
    stock.run("pam-auth-update", "--package", "--enable", "itsme", env=stock.NOBODY_TO_ASK)
    edit("su", SECOND, keep=True)
    before = {path: path.read_text() for path in stock.PAM.iterdir()}
    dpkg("--install", "--force-confold", box.deb)
    assert before == {path: path.read_text() for path in stock.PAM.iterdir()}
    remove()


def test_purging_at_once(box):
    edit("sudo", SOLE, keep=False)
    dpkg("--purge", "libpam-itsme")
    expect_removed(box, "sudo")


def test_the_rpm(box):
    """Its scriptlet by rpm itself; the module of the Debian package has gone before."""
    remove()
    alone("rpm", "--install", "--nodeps", "--noscripts", box.rpm)
    for service in ("sudo", "su"):
        edit(service, SOLE, keep=False)
    box.lock("sudo")
    said = alone("rpm", "--erase", "--nodeps", "pam_itsme", status=1)
    assert "WARNING" in said and "itsmectl pam disable sudo" in said, said
    assert Path("/usr/sbin/itsmectl").exists()
    box.unlock()
    alone("rpm", "--erase", "--nodeps", "pam_itsme")
    assert not Path("/usr/sbin/itsmectl").exists()
    expect_removed(box, "sudo", "su")


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    package = next(directory.parent.glob("rpm/RPMS/*/pam_itsme-0*.rpm"), None)
    chosen = sys.argv[2:] or [""]
    sys.exit(checks.run([test for name, test in globals().items() if name.startswith("test_")
                         and any(word in name for word in chosen)],
                        lambda: Machine(directory, package)))
