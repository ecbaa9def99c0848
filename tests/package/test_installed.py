#!/usr/bin/python3
"""test_installed.py DEBS: the packages in DEBS on a private copy of this machine, from
installing to purging. Runs inside tests/hosts/world; the tests follow one another."""
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import checks
import machine

PACKAGES = ("libpam-itsme", "pam-itsme-simulator")
COMMON_AUTH = Path("/etc/pam.d/common-auth")
CONFIG = Path("/etc/pam_itsme/pam_itsme.conf")
# What dpkg, adduser and byte-compiling keep for themselves.
PASSING = ("mount ", "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-",
           "/etc/.pwd.lock", "/etc/subuid", "/etc/subgid")


class Machine:
    """What the tests share: where the packages lie, and the machine before any was there."""

    def __init__(self, debs: Path):
        self.debs = [next(debs.glob(f"{name}_*.deb")) for name in PACKAGES]
        self.before = machine.fingerprint()

    def install(self) -> None:
        run("dpkg", "--install", "--force-confdef", "--force-confold", *self.debs)

    def changed(self) -> list[str]:
        return [path for path in machine.differences(self.before, machine.fingerprint())
                if not path.startswith(PASSING)]

    def reset(self) -> None:
        pass

    def verify_clean(self) -> None:
        pass

    def tidy(self) -> None:
        pass

    def story(self) -> str:
        return ""

    def close(self) -> None:
        pass


def run(*command: object, inputs: str = "") -> str:
    result = subprocess.run([str(word) for word in command], input=inputs, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                 "DEBIAN_FRONTEND": "noninteractive", "PAM_ITSME_WORLD": "1",
                                 "HOME": "/nonexistent", "TERM": "dumb"})
    assert result.returncode == 0, f"{command[0]}: {result.stdout[-1500:]}"
    return result.stdout


def mode(path: str) -> str:
    return oct(Path(path).stat().st_mode & 0o7777)


def test_installing_enables_nothing(box):
    stacks = {path: path.read_bytes() for path in Path("/etc/pam.d").iterdir()}
    box.install()
    for path, content in stacks.items():
        assert b"pam_itsme" not in path.read_bytes(), f"{path} names the module"
        assert path.name.startswith("common-") or path.read_bytes() == content, path


def test_what_only_root_may_read(box):
    assert mode("/etc/pam_itsme") == mode("/etc/pam_itsme/keys") == "0o700"
    assert mode(CONFIG) == "0o600"
    account = run("getent", "passwd", "_pam_itsme").strip().split(":")
    assert account[5:] == ["/nonexistent", "/usr/sbin/nologin"] and int(account[2]) < 1000


def test_the_profile_can_be_enabled(box):
    run("pam-auth-update", "--package", "--enable", "itsme")
    lines = [line for line in COMMON_AUTH.read_text().splitlines()
             if line.startswith("auth") and ("pam_itsme" in line or "pam_unix" in line)]
    assert len(lines) == 2 and "pam_itsme.so unmapped=ignore" in lines[0], lines
    assert "success=2" in lines[0] and "default=die" in lines[0], lines


def test_the_password_still_works_where_nobody_is_mapped(box):
    run("chpasswd", inputs="root:correct horse\n")
    Path("/etc/pam.d/itsme-trial").write_text("@include common-auth\n")
    answer = run("pamtester", "itsme-trial", "root", "authenticate", inputs="correct horse\n")
    assert "successfully authenticated" in answer, answer
    Path("/etc/pam.d/itsme-trial").unlink()


def test_what_nobody_confirmed_is_taken_back_at_boot(box):
    units = Path("/usr/lib/systemd/system")
    wanted = units / "sysinit.target.wants/pam_itsme-pending.service"
    assert wanted.resolve() == units / "pam_itsme-pending.service"
    assert not list(Path("/etc/systemd/system").glob("*.wants/pam_itsme*")), "needs no script"


def test_removing_takes_the_module_out_of_every_stack(box):
    """Also out of those that itsmectl has changed; somebody's own are named."""
    service, own = Path("/etc/pam.d/itsme-trial"), Path("/etc/pam.d/itsme-own")
    service.write_text("@include common-auth\n")
    own.write_text("auth required pam_itsme.so\n")
    run("pam-auth-update", "--package", "--remove", "itsme")  # else the service asks already
    run("itsmectl", "pam", "enable", service.name, "--force")
    run("pam-auth-update", "--package", "--enable", "itsme")
    assert "pam_itsme.so" in service.read_text() and "pam_itsme.so" in COMMON_AUTH.read_text()
    said = run("dpkg", "--remove", *PACKAGES)
    assert "pam_itsme" not in COMMON_AUTH.read_text()
    assert service.read_text() == "@include common-auth\n"
    assert str(own) in said and str(service) not in said, said
    service.unlink()
    own.unlink()
    assert CONFIG.exists(), "removing is not purging"


def test_a_changed_configuration_is_kept(box):
    text = CONFIG.read_text() + "\n; ours\n"
    CONFIG.write_text(text)
    box.install()
    box.install()
    assert CONFIG.read_text() == text and mode(CONFIG) == "0o600"


def test_purging_leaves_the_machine_as_it_was(box):
    run("dpkg", "--purge", *PACKAGES)
    run("passwd", "--lock", "root")
    left = [path for path in box.changed()
            if path not in ("/etc/shadow", "/etc/pam.d", "/etc/passwd", "/etc/group",
                            "/etc/gshadow")]
    assert not left, f"changed: {left}"
    assert "_pam_itsme" not in Path("/etc/passwd").read_text() + Path("/etc/group").read_text()


def test_a_login_by_the_installed_module(box):
    """What debian/tests has autopkgtest do. The accounts and stacks of this copy are gone then."""
    box.install()
    said = run(CHECKOUT / "debian/tests/login")
    assert "outcome=authenticated" in said, said


if __name__ == "__main__":
    sys.exit(checks.run([test for name, test in globals().items() if name.startswith("test_")],
                        lambda: Machine(Path(sys.argv[1]))))
