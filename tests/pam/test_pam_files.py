#!/usr/bin/python3
"""itsmectl pam on every PAM file that distributions have: it makes the service ask, in each way,
and takes that back to the byte; libpam itself then says who comes in, with stand-ins for the modules
that ask somebody. Run by tests/pam/run, which fetches the files."""
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import accounts
import checks
from installation import write

CTL = "/usr/sbin/itsmectl"
HERE = Path("/etc/pam.d")
VENDOR = Path("/usr/lib/pam.d")
KEEP = Path("/etc/pam_itsme/pam.d")
ANSWERS = Path("/run/answers")
MARK, WAS = " # itsmectl pam\n", "#itsmectl-pam# "
RELEASES = ("bookworm", "trixie", "sid")
FEDORAS = ("fedora", "fedora-sssd")
FIXTURES = CHECKOUT / "tests/pam/fixtures"

# Who comes in, by what itsme and the password say.
WAYS = {
    "sole": lambda itsme, password: itsme == "success",
    "second": lambda itsme, password: password and itsme in ("success", "ignore"),
    "fallback": lambda itsme, password: itsme == "success" or
    (password and itsme in ("ignore", "authinfo_unavail")),
}
BY_PASSWORD = lambda itsme, password: password
STATES = list(itertools.product(("success", "auth_err", "ignore", "authinfo_unavail"),
                                (True, False)))

# What is refused, and by which words: nothing in them could stand for itsme.
NOBODY, NOTHING = "nobody logs in by it", "asks nobody for a password"
REFUSED = {
    "chpasswd": NOBODY, "newusers": NOBODY, "nodm": NOBODY, "passwd": NOBODY,
    "systemd-user": NOBODY, "runuser": NOTHING, "runuser-l": NOTHING,
    "gdm-autologin": NOTHING, "gdm-launch-environment": NOTHING, "lightdm-autologin": NOTHING,
    "lightdm-greeter": NOTHING, "sddm-autologin": NOTHING, "sddm-greeter": NOTHING,
    "gdm-fingerprint": "pam_fprintd.so, line 4",
    "gdm-smartcard-pkcs11-exclusive": ("jumps over", "pam_pkcs11.so, line 3"),
    "gdm-smartcard-sssd-exclusive": ("jumps over", "pam_sss.so, line 3"),
    "gdm-smartcard-sssd-or-password": "jumps over",
    "other": "every service without a file",
    "system-auth": "single service", "password-auth": "single service",
    "postlogin": "single service",
}


class Files:
    """A machine whose PAM files are replaced by those of a release, and whose modules answer as
    ANSWERS says."""

    def __init__(self):
        accounts.create()
        KEEP.parent.mkdir(exist_ok=True)
        self.modules = next(Path("/usr/lib").glob("*/security/pam_permit.so")).parent
        for name in ("pam_unix.so", "pam_itsme.so", "pam_sss.so", "pam_selinux_permit.so",
                     "pam_faildelay.so"):
            self.stand_in(name)
        self.tried = self.asked = 0

    def stand_in(self, name: str) -> None:
        target = self.modules / name
        target.unlink(missing_ok=True)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", target, f"-DANSWERS=\"{ANSWERS}\"",
                        f"-DMODULE=\"{name}\"", CHECKOUT / "tests/pam/stub.c"], check=True)

    # --- what checks.py asks for --------------------------------------------------------

    def reset(self) -> None:
        shutil.rmtree(KEEP, ignore_errors=True)

    def tidy(self) -> None:
        pass

    def verify_clean(self) -> None:
        pass

    def story(self) -> str:
        return ""

    def close(self) -> None:
        print(f"tried {self.tried} PAM files; asked libpam {self.asked} times")

    # --- a release ----------------------------------------------------------------------

    def use(self, release: str) -> list[str]:
        """Lay its files out; the names of those that may be services."""
        for there in (HERE, VENDOR):
            shutil.rmtree(there, ignore_errors=True)
            there.mkdir()
        if release in FEDORAS:
            sources = [(FIXTURES / "fedora", HERE), (FIXTURES / release, HERE)]
        else:
            kept = CHECKOUT / "build/check/pam-files" / release
            sources = [(kept / "etc/pam.d", HERE), (kept / "usr/lib/pam.d", VENDOR)]
        for source, target in sources:
            for path in source.iterdir():
                write(target / path.name, path.read_text(), 0o644)
        names = {path.name for there in (HERE, VENDOR) for path in there.iterdir()}
        assert len(names) > 10, f"{release} has {names}"
        return sorted(name for name in names if not name.startswith("common-"))

    def says(self, service: str, itsme: str, password: bool) -> tuple[bool, bool]:
        """Whether libpam lets alice in, and whether her account may log in then."""
        good = "success" if password else "auth_err"
        write(ANSWERS, f"pam_itsme.so {itsme}\npam_unix.so {good}\npam_sss.so {good}\n"
              "pam_selinux_permit.so ignore\npam_faildelay.so ignore\n", 0o644)
        self.asked += 1
        done = subprocess.run(["pamtester", service, "alice", "authenticate", "acct_mgmt"],
                              user="alice", group="alice", capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        return "successfully authenticated" in done.stdout, done.returncode == 0

    def expect(self, service: str, admits, ages: bool | None = None) -> None:
        """Everybody comes in whom ADMITS says, and nobody else; AGES: an old password counts."""
        for itsme, password in STATES:
            seen, account = self.says(service, itsme, password)
            wanted = admits(itsme, password)
            what = f"{service}: itsme {itsme}, password {password}"
            assert seen == wanted, f"{what}: {'in' if seen else 'out'}\n{text(service)}"
            if seen and ages is not None:
                assert account is not ages, f"{what}: the password's age\n{text(service)}"


def text(service: str) -> str:
    path = HERE / service
    return path.read_text() if path.exists() else (VENDOR / service).read_text()


def ctl(*words: object, status: int = 0) -> str:
    done = subprocess.run([CTL, *map(str, words)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stderr} {done.stdout}"
    return done.stdout + done.stderr


def faults() -> list[str]:
    """What check finds wrong with the service's stack; who has an identity is not set up here."""
    return [found["text"] for found in findings() if found["level"] == "fault"
            and not found["text"].startswith("nobody could log in")]


def findings() -> list[dict]:
    done = subprocess.run([CTL, "check", "--offline", "--json"], capture_output=True, text=True)
    return [found for found in json.loads(done.stdout)["findings"] if found["topic"] == "pam"]


def enabled_in_turn(files, release: str, way: str) -> None:
    names = files.use(release)
    for service in names:
        files.tried += way == "sole"
        vendor = not (HERE / service).exists()
        before = text(service)
        if service in REFUSED:
            said = ctl("pam", "enable", service, "--as", way, "--force", status=1)
            reasons = REFUSED[service] if isinstance(REFUSED[service], tuple) else \
                (REFUSED[service],)
            assert any(reason in said for reason in reasons), f"{service}: {said}"
            assert text(service) == before and (HERE / service).exists() is not vendor
            continue
        password_ages = not files.says(service, "ignore", True)[1]
        files.expect(service, BY_PASSWORD)
        ctl("pam", "enable", service, "--as", way, "--force")
        # Fedora's `other`, whose account part a service without one has, refuses everybody
        ages = None if (release in FEDORAS and service == "swaylock") else \
            way == "second" and password_ages
        files.expect(service, WAYS[way], ages)
        assert not (found := faults()), f"{service}: {found}\n{text(service)}"
        ctl("pam", "confirm", service)
        ctl("pam", "disable", service)
        assert text(service) == before, service
        assert (HERE / service).exists() is not vendor, service


def written_by_hand(files, release: str, way: str) -> None:
    """The same lines without our mark: disable takes out what somebody else has written."""
    services = [name for name in files.use(release) if name not in REFUSED]
    changed = [name for name in services if not includes_another(name)]
    for service in changed:
        ctl("pam", "enable", service, "--as", way, "--force")
        ours = text(service).splitlines(keepends=True)
        write(HERE / service, "".join(line.replace(MARK, "\n") for line in ours
                                      if not line.startswith(WAS)), 0o644)
        (KEEP / f"{service}.pending").unlink()
    said = ctl("pam", "disable", "--all")
    for service in changed:
        assert f"{KEEP}/{service}\n" in said, f"{service} is not named: {said}"
        assert "pam_itsme" in (KEEP / service).read_text()
    for service in services:
        assert "pam_itsme" not in active(service), text(service)
        files.expect(service, BY_PASSWORD)


def includes_another(service: str) -> bool:
    """su-l has su's rules, i3lock login's: such a one asks as soon as the other does."""
    return bool(re.search(r"^auth\s+include\s+(su|sudo|login)$", text(service), re.M))


def active(service: str) -> str:
    return "".join(line for line in text(service).splitlines(keepends=True)
                   if not line.startswith("#"))


def for_each(act, releases: tuple, ways: tuple):
    def run(files):
        for release, way in itertools.product(releases, ways):
            act(files, release, way)
    return run


test_sole_on_debian = for_each(enabled_in_turn, RELEASES, ("sole",))
test_second_on_debian = for_each(enabled_in_turn, RELEASES, ("second",))
test_fallback_on_debian = for_each(enabled_in_turn, RELEASES, ("fallback",))
test_fedora = for_each(enabled_in_turn, FEDORAS, tuple(WAYS))
test_by_hand_on_debian = for_each(written_by_hand, RELEASES, tuple(WAYS))
test_by_hand_on_fedora = for_each(written_by_hand, FEDORAS[:1], tuple(WAYS))
for name, test in list(globals().items()):
    if name.startswith("test_"):
        test.__name__ = name


def test_no_line_of_a_distribution_is_told_of(files):
    """Also not where a module of another package is missing; nor where the package is there."""
    def told() -> list[dict]:
        return [found for found in findings() if found["level"] in ("fault", "warning")]

    for release in RELEASES + FEDORAS:
        files.use(release)
        assert not (found := told()), f"{release}: {found}"
    shutil.move(files.modules / "pam_sss.so", "/run/pam_sss.so")
    try:
        for release in RELEASES:
            files.use(release)
            assert not (found := told()), f"{release}, without sssd: {found}"
    finally:
        shutil.move("/run/pam_sss.so", files.modules / "pam_sss.so")


def test_every_refusal_is_of_a_file_that_is_there(files):
    there = {name for release in RELEASES + FEDORAS for name in files.use(release)}
    assert set(REFUSED) <= there, set(REFUSED) - there


def test_shipped_examples_are_taken_out(files):
    examples = [path for path in (CHECKOUT / "pam.d").rglob("*")
                if path.is_file() and path.parent.name != "gnome"]
    assert len(examples) >= 7, examples
    for release, example in itertools.product(RELEASES, examples):
        files.use(release)
        service = {"screen-locker": "i3lock"}.get(example.name, example.name.split("-")[0])
        write(HERE / service, example.read_text(), 0o644)
        ctl("pam", "disable", service)
        assert "pam_itsme" not in active(service), text(service)
        files.expect(service, BY_PASSWORD)


GDM = HERE / "gdm-switchable-auth"
SCHEMA = Path("/usr/share/glib-2.0/schemas/org.gnome.login-screen.gschema.xml")
SWITCH = """\
<schemalist><schema id="org.gnome.login-screen" path="/org/gnome/login-screen/">
<key name="enable-switchable-authentication" type="b"><default>true</default></key>
</schema></schemalist>
"""


def test_gnomes_own_code(files):
    """Made of each gdm-password: itsme alone lets in, no password is asked for, none is too old."""
    SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    for release in RELEASES + FEDORAS:
        if "gdm-password" not in files.use(release):
            continue
        files.tried += 1
        write(SCHEMA, SWITCH, 0o644)
        ctl("pam", "enable", "gdm", "--force")
        files.expect(GDM.name, WAYS["sole"], False)
        assert not re.search(r"^auth.*pam_(unix|sss|gnome_keyring)\.so", GDM.read_text(), re.M)
        assert not (found := faults()), f"{release}: {found}\n{GDM.read_text()}"
        ctl("pam", "confirm", "gdm")
        ctl("pam", "disable", "gdm")
        assert not GDM.exists()
        SCHEMA.unlink()


def test_gnomes_shipped_example_is_taken_out(files):
    files.use("sid")
    write(GDM, (CHECKOUT / "pam.d/gnome" / GDM.name).read_text(), 0o644)
    ctl("pam", "disable", "gdm")
    assert not GDM.exists()


def test_shared_files_are_named_and_left(files):
    files.use("bookworm")
    common = (HERE / "common-auth").read_text()
    changed = "auth required pam_itsme.so\n" + common
    write(HERE / "common-auth", changed, 0o644)
    write(HERE / "cups", "auth required pam_itsme.so\nauth required pam_unix.so\n", 0o644)
    said = ctl("pam", "disable", "--all", status=1)
    assert "pam-auth-update --disable itsme" in said and "/etc/pam.d/common-auth" in said, said
    assert (HERE / "common-auth").read_text() == changed
    assert "pam_itsme" not in active("cups"), "one that cannot be changed keeps the others"


if __name__ == "__main__":
    checks.main(globals(), Files)
