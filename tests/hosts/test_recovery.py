#!/usr/bin/python3
"""docs/recovery.md, typed as it stands: from each example and each way of `itsmectl pam enable`, in
a lock-out made on purpose, its commands lead back to a login by the password."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import examples
import host as hosts
import stacks
import stock
from installation import write
from passwords import PASSWORD, LoginByPassword, SshByPassword, SuByPassword, SudoByPassword

PAGE = (stock.CHECKOUT / "docs/recovery.md").read_text()
BACKUP = Path("/var/backups")
MODULE = "pam_itsme.so"
DOORS = {"login": LoginByPassword, "su": SuByPassword, "sudo": SudoByPassword, "sshd": SshByPassword}
WAYS = ("sole", "second", "fallback")
HAND = {  # as people write it, without our mark
    "in place of the password": ("auth [success=done ignore=ignore default=die] pam_itsme.so\n"
                                 "auth requisite pam_deny.so\n", False),
    "sufficient": ("auth sufficient pam_itsme.so\nauth required pam_deny.so\n", False),
    "after the password": ("auth required pam_itsme.so first_factor\n", True),
}


class RecoveryHost(hosts.Host):
    """The distribution's stacks, and people with passwords."""

    def __init__(self):
        super().__init__("--interval", 1)
        for user in ("root", "alice"):
            accounts.set_password(user, PASSWORD)
        self.module = next(path for path in (Path("/usr/lib/x86_64-linux-gnu/security"),
                                             *Path("/usr/lib").glob("*/security"))
                           if (path / MODULE).exists()) / MODULE
        self.kept = self.module.with_name("kept")

    def reset(self) -> None:
        self.mend()
        super().reset()
        stock.install()
        stacks.sudoers(tries=1)

    def mend(self) -> None:
        """What a lock-out did, but for the stack."""
        if self.kept.exists():
            self.kept.rename(self.module)


# --- the page -----------------------------------------------------------------------------------

def blocks(heading: str) -> list[str]:
    """The blocks of code below a heading, in their order."""
    section = PAGE.split(f"\n### {heading}\n", 1)[1]
    section = re.split(r"^##", section, maxsplit=1, flags=re.M)[0]
    found, lines = [], []
    for line in [*section.splitlines(), ""]:
        if line.startswith("    ") and (lines or not line.strip().startswith(("*", "1"))):
            lines.append(line.strip())
        elif lines and any(re.match(r"(sed|itsmectl|cp|mount|pam-auth-update) ", at) for at in lines):
            found.append("\n".join(lines))
            lines = []
        else:
            lines = []
    assert found, f"no commands below {heading}"
    return found


# The / of a private world is an overlay, which the kernel's newer calls cannot remount.
OVERLAY = {"LIBMOUNT_FORCE_MOUNT2": "always"}
ONE, ALL = blocks("With itsmectl")
MARKED, UNMARKED, COPY = blocks("Without itsmectl")
PROFILE, PROFILE_EDITED = blocks("The profile of pam-auth-update")
RESCUE, = blocks("Rescue boot")


def typed(commands: str, service: str) -> None:
    """As root types them, with the name of the service in the place of the page's."""
    done = subprocess.run(["sh", "-eu", "-c", re.sub(r"\bsshd\b", service, commands)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          env={**stock.NOBODY_TO_ASK, **OVERLAY})
    assert done.returncode == 0, f"{commands}: {done.stdout}"


# --- the lock-outs --------------------------------------------------------------------------------

def itsme_away(host, _path: Path) -> None:
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})


def broken_line(_host, path: Path) -> None:
    """A letter lost while somebody edited our line."""
    text = path.read_text()
    line = next(line for line in text.splitlines() if MODULE in line and line.startswith("auth"))
    worse = line.replace("]", "", 1) if "]" in line else re.sub(r"ired|icient", "xx", line)
    assert worse != line
    write(path, text.replace(line, worse), 0o644)


def module_gone(host, _path: Path) -> None:
    host.module.rename(host.kept)


def unreadable_configuration(host, _path: Path) -> None:
    host.itsme.config.chmod(0o666)


LOCKOUTS = (itsme_away, broken_line, module_gone, unreadable_configuration)


def locks(lockout, way: str) -> bool:
    """Falling back to the password is no lock-out."""
    return way != "fallback" or lockout in (broken_line, module_gone)


# --- there and back -----------------------------------------------------------------------------

def gets_in(host, service: str) -> bool:
    attempt = DOORS[service](host, "alice")
    came_in = attempt.gets_in()
    attempt.terminal.hang_up()
    return came_in


def there_and_back(host, service: str, lockout, ways_back: tuple, way: str = "") -> None:
    """From the stack that stands now, by each of WAYS_BACK."""
    path = stock.PAM / service
    lockout(host, path)
    locked = path.read_text()
    assert not locks(lockout, way) or not gets_in(host, service), f"{lockout.__name__}: not locked out"
    for commands in ways_back:
        write(path, locked, 0o644)
        typed(commands, service)
        assert gets_in(host, service), f"{lockout.__name__}, {commands}: {path.read_text()}"


def each_lockout(host, service: str, ask, ways_back: tuple, way: str = "") -> None:
    for lockout in LOCKOUTS:
        host.reset()
        BACKUP.mkdir(exist_ok=True)
        write(BACKUP / f"{service}.before", (stock.PAM / service).read_text(), 0o644)
        ask()
        there_and_back(host, service, lockout, ways_back, way)


def from_example(name: str):
    example = examples.EXAMPLES[name]

    def test(host):
        text = (examples.installed() / name).read_text()
        each_lockout(host, example.service, lambda: write(stock.PAM / example.service, text, 0o644),
                     (ONE, MARKED, COPY, RESCUE), example.way)
    return test


def from_enable(service: str, way: str):
    def test(host):
        each_lockout(host, service, lambda: stock.enable(service, way), (ONE, MARKED, ALL), way)
    return test


def by_hand(service: str, lines: str, keep: bool):
    def ask():
        path, shared = stock.PAM / service, "@include common-auth\n"
        text = path.read_text()
        assert shared in text
        write(path, text.replace(shared, (shared if keep else "") + lines), 0o644)

    def test(host):
        each_lockout(host, service, ask, (ONE, UNMARKED, COPY))
    return test


def name_of(*words: str) -> str:
    return "_".join(["test", *words]).replace("-", "_").replace(" ", "_")


CASES = {name_of("from_example", name): from_example(name)
         for name, example in examples.EXAMPLES.items() if example.service in DOORS}
CASES |= {name_of("from_enabled", service, way): from_enable(service, way)
          for service in DOORS for way in WAYS}
CASES |= {name_of("from_lines_by_hand", how, "at", service): by_hand(service, *HAND[how])
          for service, how in zip(DOORS, [*HAND, next(iter(HAND))])}
for name, case in CASES.items():
    case.__name__ = name
    globals()[name] = case


def test_from_the_profile(host):
    for lockout in (module_gone, broken_line):
        for edited in (False, True):
            host.reset()
            stock.profile()
            common = stock.PAM / "common-auth"
            lockout(host, common)
            if edited:
                end = "# end of pam-auth-update"
                write(common, common.read_text().replace(end, f"auth optional pam_warn.so\n{end}"),
                      0o644)
            assert not gets_in(host, "su"), "not locked out"
            typed(PROFILE_EDITED if edited or lockout is broken_line else PROFILE, "common-auth")
            assert all(gets_in(host, service) for service in DOORS)


if __name__ == "__main__":
    stock.fetch()
    checks.main(globals(), RecoveryHost)
