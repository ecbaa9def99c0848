#!/usr/bin/python3
"""What `itsmectl check` sees and what it must not: each finding with a fixture that it finds and
one that it must not. Lines of PAM files are held against libpam itself."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import stacks
from installation import write

CTL = "/usr/sbin/itsmectl"
PAM = Path("/etc/pam.d")
FIXTURE = PAM / "fixture"
LEVELS = ("fault", "warning", "note", "ok")


class DoctorHost(hosts.Host):
    """No fixture of an earlier test is there."""

    def __init__(self):
        super().__init__("--interval", 1)
        self.ways_back: list[dict] = []

    def reset(self) -> None:
        super().reset()
        self.undo()

    def undo(self) -> None:
        """The files as they are at the beginning of each test."""
        stacks.create()
        self.itsme.reset()
        for databases in reversed(self.ways_back):
            for name, text in databases.items():
                Path("/etc", name).write_text(text)
        self.ways_back.clear()
        for path in PAM.glob("fixture*"):
            path.unlink()


def findings(*words: object) -> list[dict]:
    done = subprocess.run([CTL, "check", "--json", *map(str, words)], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["findings"]
    assert (done.returncode == 1) == any(f["level"] == "fault" for f in found), found
    return found


def about(pattern: str, found: list[dict], levels: tuple = ("fault", "warning", "note")) -> list[dict]:
    return [f for f in found if f["level"] in levels and re.search(pattern, f["text"])]


# --- lines of PAM files ---------------------------------------------------------------------

GOOD = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
# A line -> what is said of it, which advice, and what libpam does with the part that it is of.
BROKEN = {
    "aut required pam_permit.so": ("type 'aut'", "did you mean auth", "refuses everybody"),
    "auht optional pam_permit.so": ("type 'auht'", "did you mean auth", "passes over it"),
    "sesion required pam_permit.so": ("type 'sesion'", "did you mean session", "refuses everybody"),
    "/etc/pam.d/x": ("type '/etc/pam.d/x'", "write auth", "refuses everybody"),
    "auth requird pam_permit.so": ("control 'requird'", "did you mean required", "refuses everybody"),
    "account sufficent pam_permit.so":
        ("control 'sufficent'", "did you mean sufficient", "refuses everybody"),
    "auth inclde common-auth": ("control 'inclde'", "did you mean include", "refuses everybody"),
    "auth whatever pam_permit.so": ("control 'whatever'", "write required", "refuses everybody"),
    "auth [success=ok default=ignore pam_permit.so": ("a \\[ is not closed", "write the ]",
                                                     "refuses everybody"),
    "auth [success=ok default=ignore": ("a \\[ is not closed", "write the ]", "passes over it"),
    "auth [sucess=ok default=ignore] pam_permit.so":
        ("'sucess'", "did you mean success", "refuses everybody"),
    "auth [success ok] pam_permit.so": ("'success'", "", "refuses everybody"),
    "auth [success=okay default=dye] pam_permit.so": ("'ay'", "", "refuses everybody"),
    "auth [success=ok default=dye] pam_permit.so": ("action 'dye'", "did you mean die",
                                                    "refuses everybody"),
    "session [success=ok default=0] pam_permit.so": ("action '0'", "write ignore", "refuses everybody"),
    "auth [] pam_permit.so": ("result=action", "pam.conf", "refuses everybody"),
    "auth": ("ends behind the type", "", "refuses everybody"),
    "account required": ("names no module", "", "refuses everybody"),
    "auth sufficient": ("names no module", "", "passes over it"),
    "auth include": ("names no file", "", "crashes"),
    "@include": ("names no file", "", "crashes"),
    "auth include nothing-here": ("no file nothing-here", "", "refuses everybody"),
    "account substack nothing-here": ("no file nothing-here", "", "refuses everybody"),
    "@include nothing-here": ("no file nothing-here", "", "takes nothing"),
    "@include /etc/pam.d/nothing-here": ("no file /etc/pam.d/nothing-here", "", "takes nothing"),
    "auth include {name}": ("includes itself", "", "crashes"),
    "auth required pam_untix.so": ("no module pam_untix.so", "did you mean pam_unix.so",
                                   "refuses everybody"),
    "auth required pam_permit": ("no module pam_permit", "did you mean pam_permit.so",
                                 "refuses everybody"),
    "auth required pam_unix": ("no module pam_unix:", "did you mean pam_unix.so", "refuses everybody"),
    "account required pam_zzzzzzzz.so": ("no module pam_zzzzzzzz.so", "install the package",
                                         "refuses everybody"),
    "-auth required pam_zzzzzzzz.so": ("no module pam_zzzzzzzz.so", "", "refuses everybody"),
    "auth required pam_sss.so": ("no module pam_sss.so", "", "refuses everybody"),
    "auth optional pam_evn.so": ("no module pam_evn.so", "did you mean pam_env.so", "passes over it"),
    "session optional pam_zzzzzzzz.so": ("no module pam_zzzzzzzz.so", "", "passes over it"),
    "auth [success=ok module_unknown=ignore default=die] pam_zzzzzzzz.so":
        ("no module pam_zzzzzzzz.so", "", "passes over it"),
    "auth required /usr/lib/security/pam_unix.so":
        ("no module /usr/lib/security/pam_unix.so", "did you mean pam_unix.so", "refuses everybody"),
    "auth required /etc/passwd": ("cannot load /etc/passwd", "", "refuses everybody"),
    "auth required /run/other-class.so": ("cannot load /run/other-class.so", "this machine",
                                          "refuses everybody"),
    "auth required pam_permit.so\r": ("no module pam_permit.so", "did you mean|line ends",
                                      "refuses everybody"),
    "auth [success=4 default=ignore] pam_permit.so": ("jumps over 4 lines", "count", "refuses whoever"),
    "session [success=2 default=ignore] pam_permit.so":
        ("jumps over 2 lines", "count", "refuses whoever"),
    "auth required pam_permit.so\nsession optional pam_permit.so\\": ("backslash", "out", "takes nothing"),
}
# Lines that libpam takes as they stand, or does without as it was told.
FINE = (
    "auth required pam_permit.so", "AUTH Required pam_permit.so", "-auth required pam_permit.so",
    "# auth requird pam_untix.so", "auth required \\\n   pam_permit.so", "auth required pam_permit.so # [",
    "auth [success=ok default=ignore] pam_permit.so", "auth [default=1] pam_deny.so\nauth required pam_deny.so",
    "auth [success=okdefault=die] pam_permit.so",
    "auth [ success = ok  default = die ] pam_permit.so", "auth success=ok pam_permit.so",
    "-session optional pam_zzzzzzzz.so", "-auth sufficient pam_zzzzzzzz.so",
    "session optional pam_gnome_keyring.so auto_start", "auth sufficient pam_sss.so forward_pass",
    "account substack fixture-inner",
    "@include fixture-inner", "auth include /etc/pam.d/fixture-inner", "session include fixture-inner",
    "auth required pam_permit.so [one two", "auth required {modules}/pam_permit.so",
    "auth required pam_permit.so wrong=argument", "\t auth\trequired\tpam_permit.so  ",
)
OPERATIONS = {"auth": "authenticate", "account": "acct_mgmt", "session": "open_session"}


def libpam(service: str) -> dict[str, object]:
    """By part: whether libpam lets in; a negative number where the program was killed."""
    verdicts = {}
    for part, operation in OPERATIONS.items():
        done = subprocess.run(["pamtester", service, "alice", operation], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        verdicts[part] = done.returncode if done.returncode < 0 else done.returncode == 0
    return verdicts


def use_fixtures(lines) -> dict[str, str]:
    """A service for each line; behind it, rules that let everybody in, but where the file is to end
    with it. The names of the services by their lines."""
    names = {line: f"fixture-{number}" for number, line in enumerate(lines, 1)}
    modules = next(Path("/usr/lib").glob("*/security/pam_permit.so")).parent
    module = bytearray((modules / "pam_permit.so").read_bytes())
    module[4] ^= 3  # of 32 bits where it was of 64
    Path("/run/other-class.so").write_bytes(module)
    write(PAM / "fixture-inner", GOOD, 0o644)
    for line, name in names.items():
        text = line.replace("{name}", name).replace("{modules}", str(modules))
        path = PAM / name
        path.write_bytes((GOOD + text if text.endswith("\\") else f"{text}\n{GOOD}").encode())
        path.chmod(0o644)
    return names


def part_of(line: str) -> str:
    found = re.match(r"-?(account|session)\b", line)
    return found[1] if found else "auth"


def test_every_line_that_libpam_cannot_use_is_told_of(host):
    names = use_fixtures(BROKEN)
    found = findings("--offline")
    for line, (what, advice, effect) in BROKEN.items():
        hits = about(rf"^{names[line]} \({names[line]}:\d+\): ", found)
        assert len(hits) == 1, f"{line!r}: {hits}"
        (hit,) = hits
        assert re.search(what, hit["text"]) and re.search(advice, hit["advice"]), f"{line!r}: {hit}"
        assert effect in hit["text"], f"{line!r}: {hit}"
        silent = effect == "passes over it"
        assert hit["level"] == ("warning" if silent else "fault"), f"{line!r}: {hit}"
        verdicts = libpam(names[line])
        others = {part: verdict for part, verdict in verdicts.items() if part != part_of(line)}
        if effect == "crashes":
            assert verdicts[part_of(line)] is not True, f"{line!r}: {verdicts}"
        elif effect == "takes nothing":
            assert set(verdicts.values()) == {False}, f"{line!r}: {verdicts}"
        else:
            assert verdicts[part_of(line)] is silent, f"{line!r}: {verdicts}"
            assert set(others.values()) == {True}, f"{line!r}: {verdicts}"


def test_lines_that_libpam_takes_are_not_told_of(host):
    names = use_fixtures(FINE)
    found = findings("--offline")
    for line, name in names.items():
        hits = about(rf"\b{name}\b", found)
        assert not hits, f"{line!r}: {hits}"
        assert set(libpam(name).values()) == {True}, f"{line!r}"


def test_a_line_that_all_include_is_told_of_once(host):
    common = PAM / "common-account"
    before = common.read_text()
    try:
        write(common, before + "account requird pam_permit.so\n", 0o644)
        hits = about("requird", findings("--offline"))
        assert len(hits) == 1 and hits[0]["level"] == "fault", hits
        assert re.search(r"^common-account:\d+: ", hits[0]["text"]), hits
    finally:
        write(common, before, 0o644)
    assert not about("common-account", findings("--offline"))


def test_leftovers_are_no_services(host):
    for name in ("fixture.dpkg-old", "fixture~", ".fixture.swp", "fixture.old", "fixture.bak"):
        write(PAM / name, "auth requird pam_untix.so\n", 0o644)
    assert not about("requird|untix", findings("--offline"))
    dotted = PAM / "fixture.virtual"
    write(dotted, "auth requird pam_permit.so\n", 0o644)
    (hit,) = about("requird", findings("--offline"))
    assert hit["text"].startswith("fixture.virtual (fixture.virtual:1): "), hit
    dotted.unlink()
    write(FIXTURE, f"@include fixture.bak\n{GOOD}", 0o644)
    assert about("requird", findings("--offline")), "one that is included is read"


def test_one_file_for_all_services_is_read_where_there_is_no_directory(host):
    lines = ("other auth required pam_deny.so\n# x\nfixture auth required pam_permit.so\n"
             "fixture auth requird pam_permit.so\n")
    write(Path("/etc/pam.conf"), lines, 0o644)
    write(FIXTURE, GOOD, 0o644)
    assert not about("pam.conf", findings("--offline")), "the directory is what counts"
    vendor, aside = Path("/usr/lib/pam.d"), []
    for place in (PAM, vendor):
        if place.exists():
            aside.append(Path(shutil.move(place, place.with_name("pam.d.aside"))))
    try:
        (hit,) = about(r"/etc/pam.conf:4: .*'requird'", findings("--offline"))
        assert hit["level"] == "fault", hit
        assert not about(r"/etc/pam.conf:[123]", findings("--offline"))
    finally:
        for place in aside:
            shutil.move(place, place.with_name("pam.d"))
        Path("/etc/pam.conf").unlink()


# --- ways to root that itsme is not asked for -------------------------------------------------

NO_WAY, WAY = "^no way to root is left without itsme", "^root can be reached without itsme: "
PLAIN = "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n"
FALLBACK = ("auth [success=done authinfo_unavail=ignore ignore=ignore default=die] pam_itsme.so "
            f"unmapped=ignore\n{PLAIN}")
SSHD = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
BOTH = "AuthenticationMethods publickey,keyboard-interactive\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI somebody\n"
# What there is besides a world in which everybody is asked for itsme -> the way to root; none.
WAYS = (
    ({}, None),
    ({"root": True}, None),
    ({"root": True, "login": PLAIN}, "by root's password at the console$"),
    ({"root": True, "login": FALLBACK}, "by root's password at the console$"),
    ({"root": True, "login": FALLBACK, "map": "root"}, None),
    ({"login": PLAIN}, None),
    ({"root": True, "su": PLAIN}, None),
    ({"root": True, "su": PLAIN, "sshd": PLAIN, "alice": True},
     "by alice's password over ssh, and su, with root's password$"),
    ({"root": True, "su": PLAIN, "sshd": PLAIN, "alice": True, "settings": BOTH}, None),
    ({"root": True, "sshd": PLAIN}, None),
    ({"root": True, "sshd": PLAIN, "settings": "PermitRootLogin yes\n"}, "by root's password over ssh$"),
    ({"alice": True, "login": PLAIN}, None),
    ({"alice": True, "login": PLAIN, "sudo": PLAIN}, "by alice's password, and sudo$"),
    ({"alice": True, "login": PLAIN, "sudo": PLAIN, "sudoers": "bob ALL=(ALL) ALL\n"}, None),
    ({"alice": True, "login": PLAIN, "sudo": PLAIN, "sudoers": "alice ALL=(ALL) /bin/ls\n"}, None),
    ({"bob": True, "login": PLAIN, "sudo": PLAIN}, None),
    ({"key": "root"}, "by root's key over ssh$"),
    ({"key": "root", "settings": "PermitRootLogin no\n"}, None),
    ({"key": "root", "settings": "PubkeyAuthentication no\n"}, None),
    ({"key": "root", "settings": BOTH}, None),
    ({"key": "root", "settings": f"{BOTH}Match User root\nAuthenticationMethods publickey\n"},
     "by root's key over ssh$"),
    ({"key": "root", "settings": "Match User root\nPubkeyAuthentication no\n"}, None),
    ({"key": "root", "text": "# none\n\n"}, None),
    ({"key": "alice"}, None),
    ({"key": "alice", "sudoers": "%wheel ALL = (ALL) NOPASSWD: ALL\n", "wheel": True},
     "by alice's key over ssh, and sudo, which asks for nothing$"),
    ({"key": "alice", "sudoers": "%wheel ALL = (ALL) NOPASSWD: ALL\n"}, None),
)


def use_way(host, extra: dict) -> None:
    databases = {name: Path("/etc", name).read_text() for name in ("shadow", "group")}
    host.ways_back.append(databases)
    for user in ("root", "alice", "bob"):
        if extra.get(user):
            accounts.set_password(user, "a long one")
    for service in ("login", "su", "sudo", "sshd"):
        if service in extra:
            write(PAM / service, extra[service], 0o644)
    if "map" in extra:
        host.itsme.map(f"{extra['map']} sub=1")
    if "wheel" in extra:
        with open("/etc/group", "a") as file:
            file.write("wheel:x:3000:alice\n")
    if "sudoers" in extra:
        write(Path("/etc/sudoers"), f"root ALL=(ALL:ALL) ALL\n{extra['sudoers']}", 0o440)
    write(Path("/etc/ssh/sshd_config"), SSHD + extra.get("settings", ""), 0o644)
    for user in ("root", "alice"):
        home = Path(accounts.ROOT_HOME if user == "root" else f"{accounts.HOMES}/{user}")
        (home / ".ssh").mkdir(exist_ok=True)
        (home / ".ssh/authorized_keys").unlink(missing_ok=True)
        if extra.get("key") == user:
            write(home / ".ssh/authorized_keys", extra.get("text", KEY))


def test_the_way_to_root_is_told_and_so_is_that_there_is_none(host):
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    for extra, way in WAYS:
        host.undo()
        use_way(host, extra)
        found = findings("--offline")
        none, some = about(NO_WAY, found), about(WAY, found, ("ok",))
        assert len(none) + len(some) == 1, f"{extra}: {none} {some}"
        if way is None:
            assert none and none[0]["level"] == "warning" and "passwd root" in none[0]["advice"], \
                f"{extra}: {some}"
        else:
            assert some and re.search(way, some[0]["text"]), f"{extra}: {some or none}"
    host.undo()
    for service in PAM.iterdir():
        if "pam_itsme" in service.read_text():
            write(service, PLAIN, 0o644)
    assert not about("root.*without itsme", findings("--offline"), LEVELS), "nobody is asked for itsme"


# What somebody may have in the place of their keys: root must not wait for it, nor take it for a key.
NO_KEYS = {
    "a pipe": lambda path: os.mkfifo(path, 0o600),
    "a link to endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "a file without an end": lambda path: (write(path, ""), os.truncate(path, 1 << 42)),
    "a long comment": lambda path: write(path, f"# {'x' * 100} ssh-ed25519 AAAA\n"),
    "itself": lambda path: path.symlink_to(path),
}


def test_what_lies_in_the_place_of_somebodys_keys_holds_nobody_up(host):
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    keys = Path(accounts.HOMES, "alice/.ssh/authorized_keys")
    for what, make in NO_KEYS.items():
        host.undo()
        use_way(host, {"sudoers": "alice ALL = (ALL) NOPASSWD: ALL\n"})
        make(keys)
        try:
            found = findings("--offline")
        finally:
            keys.unlink()
        assert about(NO_WAY, found), f"{what}: {found}"


def test_files_without_an_end_hold_nobody_up(host):
    """Nor those that include themselves many times over."""
    def pipe(path: Path) -> None:
        os.mkfifo(path, 0o600)

    def zeros(path: Path) -> None:
        path.symlink_to("/dev/zero")

    def itself(path: Path) -> None:
        write(path, "@include fixture\nauth include fixture\nauth substack fixture\n" * 20, 0o644)

    def endless(path: Path) -> None:
        write(path, "auth required pam_permit.so " + "x" * 100000, 0o644)
    sudoers = Path("/etc/sudoers.d")
    sudoers.mkdir(exist_ok=True)
    (PAM / "backup").mkdir()
    for path, make in ((FIXTURE, pipe), (FIXTURE, zeros), (FIXTURE, endless), (FIXTURE, itself),
                       (sudoers / "fixture", pipe), (sudoers / "fixture", zeros)):
        make(path)
        try:
            found = findings("--offline")
        finally:
            path.unlink()
        assert make is not itself or about("includes itself", found), found
        untold = about("was not looked at", found, ("warning",))
        assert len(untold) == (path == FIXTURE and make is not itself), (make, untold)
    (PAM / "backup").rmdir()


# --- the configuration ------------------------------------------------------------------------

def test_all_faults_of_a_configuration_are_told_at_once(host):
    write(host.itsme.config, "[provider]\nisuer = https://x\n[login]\nflow = psh\ntimeout = 5\n")
    wanted = (r":2: unknown key 'isuer' in \[provider\]; did you mean \[provider\] issuer\?",
              r":4: \[login\] flow: .*did you mean push\?", r":5: \[login\] timeout: ",
              r": \[provider\] client_id is missing", r": \[provider\] service is missing",
              r": \[client\] signing_key is missing", r": \[client\] decryption_key is missing")
    told = [f["text"] for f in about("pam_itsme.conf", findings("--offline"), ("fault",))]
    shown = subprocess.run([CTL, "config"], capture_output=True, text=True, timeout=60)
    listed = json.loads(subprocess.run([CTL, "config", "--json"], capture_output=True, text=True,
                                       timeout=60).stdout)
    assert shown.returncode == 1 and not shown.stdout and not listed["ok"], shown
    for lines in (told, shown.stderr.splitlines(), [fault["text"] for fault in listed["faults"]]):
        assert len(lines) == len(wanted), lines
        for line, pattern in zip(lines, wanted):
            assert re.search(pattern, line), f"{pattern}: {line}"
    host.itsme.reset()
    assert not about("pam_itsme.conf", findings("--offline"))


# --- keys and services, as the provider sees them ------------------------------------------------

JWKS = Path("/run/client-jwks.json")
UNPUBLISHED, SWAPPED = "it is not published where the provider looks", "keys are swapped"


def expect_refusal(host, said: str, what: str) -> None:
    found = findings()
    for pattern in (UNPUBLISHED, SWAPPED):
        assert bool(about(pattern, found, ("fault",))) == (pattern == said), f"{what}: {found}"
    assert bool(about("no login can begin", found)) == bool(said), f"{what}: {found}"
    assert not list(Path("/run").glob("pam_itsme-check*")), "a file was left behind"


def test_keys_that_are_not_published_or_swapped_are_called_that(host):
    right = JWKS.read_text()
    keys = json.loads(right)["keys"]
    client = {"signing_key": host.itsme.decryption_key, "decryption_key": host.itsme.signing_key}
    try:
        expect_refusal(host, "", "right")
        JWKS.write_text(json.dumps({"keys": [{**key, "kid": f"{key['kid']}x"} for key in keys]}))
        expect_refusal(host, UNPUBLISHED, "others are published")
        uses = {"sig": "enc", "enc": "sig"}
        JWKS.write_text(json.dumps({"keys": [{**key, "use": uses[key["use"]]} for key in keys]}))
        expect_refusal(host, SWAPPED, "swapped where they are published")
        JWKS.write_text(right)
        host.itsme.configure(client=client)
        expect_refusal(host, SWAPPED, "swapped in the configuration")
        host.itsme.configure(provider={"client_id": "SomebodyElse"})
        expect_refusal(host, UNPUBLISHED, "another's client_id")
        host.itsme.configure()
        expect_refusal(host, "", "right again")
    finally:
        JWKS.write_text(right)


def test_what_was_not_tested_is_said(host):
    host.itsme.configure(provider={"confirm_service": "X_CONFIRM"})
    found = findings("--offline")
    (login,) = about("^service = WORKSTATIONS_LOGIN: not tested", found, ("note",))
    (confirm,) = about("^confirm_service = X_CONFIRM: not tested, since that would ring", found, ("note",))
    assert not host.provider.requests()
    # the provider of a QR login sees the code only once somebody scans: a wrong one is not noticed
    host.itsme.configure(provider={"service": "ANOTHERS_LOGIN"})
    found = findings()
    assert about("a login can begin", found, ("ok",)) and not about("^confirm_service", found)
    assert about("^service = ANOTHERS_LOGIN: not tested, since .* scans", found, ("note",))
    host.itsme.configure(provider={"profile": "oidc", "service": None})
    assert not about("^service", findings("--offline"))


# --- nobody there -------------------------------------------------------------------------------

def test_services_that_nobody_sits_at_are_named_where_all_ask(host):
    common = PAM / "common-auth"
    before = common.read_text()
    itsme = "auth [success=done {} ignore=ignore default=die] pam_itsme.so {}\n"
    for name in ("fixture-imap", "fixture-ftp", "cron", "other", "sudo"):
        write(PAM / name, f"@include common-auth\n{PLAIN}", 0o644)
    write(PAM / "fixture-own", f"auth required pam_itsme.so\n{PLAIN}", 0o644)
    try:
        for answer, arguments, level, said in (
                ("authinfo_unavail=ignore", "", "note", "the password decides alone"),
                ("", "", "warning", "no password lets in"), ("", "style=text", None, "")):
            write(common, itsme.format(answer, arguments) + before, 0o644)
            hits = about("nobody is known to sit at", findings("--offline"))
            assert len(hits) == (level is not None), hits
            for hit in hits:
                assert hit["level"] == level and said in hit["text"], hit
                named = hit["text"].partition("sit at ")[2].partition(": itsme (common-auth:1)")[0]
                named = set(named.split(", "))
                assert named >= {"fixture-ftp", "fixture-imap"}, hit
                assert not named & {"cron", "other", "sudo", "fixture-own"}, hit
    finally:
        write(common, before, 0o644)
    assert not about("nobody is known to sit at", findings("--offline"))


if __name__ == "__main__":
    checks.main(globals(), DoctorHost)
