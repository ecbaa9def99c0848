#!/usr/bin/python3
"""The doctor and sshd: settings as they count for each kind of connection, by the real sshd -T.
Each case is a text of sshd_config with what must be found in it, and what must not."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import stacks
from doctor import look, look_bad
from installation import write

CONFIG = Path("/etc/ssh/sshd_config")
PIECES = CONFIG.with_suffix(".d")
CLOUD = PIECES / "50-cloud-init.conf"
GOOD = """\
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
AuthenticationMethods publickey,keyboard-interactive
"""
ALONE = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
BARE = "UsePAM yes\nKbdInteractiveAuthentication yes\n"
BOTH = "publickey,keyboard-interactive"
RELAY = "itsme is the only factor"
NEVER, AROUND, NOBODY = "never asks for itsme", "goes around itsme", "nobody completes the list"
PASSWORD = "passwordauthentication yes"
AT = re.escape(str(CONFIG))

# Name -> text, (level, what is found)..., what must not be found at any level but "ok".
CASES = {
    "all is well": (GOOD, [], ["sshd"]),
    # Match blocks that demand, open, or are for others
    "a key is demanded of everybody by Match all": (
        ALONE + f"Match all\n AuthenticationMethods {BOTH}\n", [], [RELAY, "key alone", "for "]),
    "by Match User *": (
        ALONE + f'Match User "*"\n AuthenticationMethods {BOTH}\n', [], [RELAY, "key alone"]),
    "by a group that is not there, negated": (
        ALONE + f"Match Group !robots,*\n AuthenticationMethods {BOTH}\n", [], [RELAY]),
    "by two groups": (
        ALONE + f"Match Group alice,bob\n AuthenticationMethods {BOTH}\n"
        f"Match Group c?rol\n AuthenticationMethods {BOTH}\n", [], [RELAY]),
    "of some people only": (
        ALONE + f"Match Group alice\n AuthenticationMethods {BOTH}\n",
        [("warning", f"for bob, carol: {RELAY}"), ("warning", "for bob, carol: a public key alone")],
        ["for alice"]),
    "a hole for one person": (
        GOOD + "Match User alice\n AuthenticationMethods publickey\n",
        [("warning", rf"for alice \(Match User alice at {AT}:5\): .*publickey {NEVER} \({AT}:6\)")],
        ["bob", RELAY]),
    "spelled otherwise": (
        GOOD + 'MATCH user="alice"\n authenticationmethods = publickey # robots\n',
        [("warning", rf"for alice .*{AT}:5\).*{NEVER}")], ["bob"]),
    "a hole for a group": (
        GOOD + "Match Group carol,bob\n AuthenticationMethods publickey\n",
        [("warning", rf"for bob, carol \(Match Group carol,bob at {AT}:5\): .*{NEVER}")], ["alice"]),
    "a hole for a network": (
        GOOD + "Match Address 10.0.0.0/8,!10.1.0.0/16\n AuthenticationMethods publickey\n",
        [("warning", rf"for alice, bob, carol from 10\.0\.0\.1 \(Match Address .*{NEVER}")], []),
    "for a pattern of addresses": (
        GOOD + "Match Address 192.168.*\n AuthenticationMethods publickey\n",
        [("warning", rf"from 192\.168\.1\.1 .*{NEVER}")], []),
    "for IPv6": (
        GOOD + "Match Address 2001:db8::/32\n AuthenticationMethods publickey\n",
        [("warning", rf"from 2001:db8::1 .*{NEVER}")], []),
    "for a port": (
        "Port 22\nPort 2222\n" + GOOD + "Match LocalPort 2222\n AuthenticationMethods publickey\n",
        [("warning", rf"at port 2222 .*{NEVER}")], []),
    "for a name, where names are looked up": (
        "UseDNS yes\n" + GOOD + "Match Host *.example.org\n AuthenticationMethods publickey\n",
        [("warning", rf"from x\.example\.org .*{NEVER}")], []),
    "for a name, where none is looked up": (
        "UseDNS no\n" + GOOD + "Match Host *.example.org\n AuthenticationMethods publickey\n",
        [], [NEVER]),
    "two criteria": (
        GOOD + "Match User bob Address 10.0.0.0/8\n AuthenticationMethods publickey\n",
        [("warning", rf"for bob from 10\.0\.0\.1 .*{NEVER}")], ["alice"]),
    "one that is met behind another one": (
        GOOD + f"Match Address 10.0.0.0/8\n AuthenticationMethods {BOTH}\n"
        "Match User alice\n AuthenticationMethods publickey\n",
        [("warning", rf"for alice \(Match User alice at {AT}:7\): .*{NEVER}")], ["alice from"]),
    "one that never counts behind another one": (
        GOOD + f"Match User *\n AuthenticationMethods {BOTH}\n"
        "Match User alice\n AuthenticationMethods publickey\n", [], [NEVER]),
    "robots are no people": (
        GOOD + "Match User robot\n AuthenticationMethods publickey\n KbdInteractiveAuthentication no\n",
        [("note", rf"robot \(Match User robot at {AT}:5\): in no map.*publickey")],
        [NEVER, "kbdinteractive"]),
    "nor is root": (
        GOOD + "Match User root\n AuthenticationMethods publickey\n",
        [("note", r"root \(Match User root .*in no map")], [NEVER]),
    "a block in an included file ends with it": (
        (GOOD.replace("UsePAM", f"Include {PIECES}/*.conf\nUsePAM"),
         "Match User alice\n X11Forwarding no\n"), [], ["alice", NEVER]),
    "an include in a block counts for it alone": (
        (GOOD + f"Match User bob\n Include {PIECES.name}/*.conf\n",
         "AuthenticationMethods publickey\nMatch User alice\n AuthenticationMethods publickey\n"),
        [("warning", rf"for bob \(Match User bob at {AT}:5\): .*{NEVER} \({CLOUD}:1\)")], ["alice"]),
    "codes are disabled for one person": (
        GOOD + "Match User alice\n KbdInteractiveAuthentication no\n",
        [("warning", rf"for alice \(Match User alice at {AT}:5\): kbdinteractiveauthentication is no"),
         ("fault", r"for alice: authenticationmethods .*lets nobody in: keyboard-interactive is dis")],
        ["bob"]),
    "passwords for one network": (
        ALONE + "Match Address 10.0.0.0/8\n PasswordAuthentication yes\n",
        [("warning", rf"for alice, bob, carol from 10\.0\.0\.1 \(Match .*{PASSWORD}")], []),
    # methods that cannot work
    "codes are disabled": (
        GOOD.replace("KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no"),
        [("fault", rf'method "keyboard-interactive".*kbdinteractiveauthentication is no \({AT}:2\)')], []),
    "their old name": (
        ALONE.replace("KbdInteractive", "ChallengeResponse").replace("yes\nPass", "no\nPass"),
        [("fault", rf"^kbdinteractiveauthentication is no \({AT}:2\)")], []),
    "keys are disabled": (
        GOOD + "PubkeyAuthentication no\n",
        [("fault", rf'method "publickey".*pubkeyauthentication is no \({AT}:5\)')], []),
    "keys are disabled for one person": (
        GOOD + "Match User alice\n PubkeyAuthentication no\n",
        [("fault", r"for alice: .*lets nobody in: publickey is disabled \(pubkeyauthentication no\)")],
        ["bob"]),
    "keys are disabled, and not asked for": (
        ALONE + "PubkeyAuthentication no\nAuthenticationMethods keyboard-interactive\n",
        [], ["disabled", "key alone", AROUND]),
    "passwords are disabled": (
        ALONE + f"AuthenticationMethods {BOTH} publickey,password\n",
        [("warning", rf"{NOBODY} publickey,password: password is disabled")], ["shows a code", NEVER]),
    "a key and a password": (
        BARE + "AuthenticationMethods publickey,password\n",
        [("fault", NEVER), ("warning", "password never shows a code")], [NOBODY]),
    "an unknown device": (
        ALONE + "AuthenticationMethods publickey,keyboard-interactive:bsdauth\n",
        [("fault", "lets nobody in: there is no keyboard-interactive:bsdauth")], []),
    "an unknown device beside a good one": (
        ALONE + f"AuthenticationMethods publickey,keyboard-interactive:skey {BOTH}\n",
        [("warning", rf"{NOBODY} publickey,keyboard-interactive:skey")], ["lets nobody in"]),
    "the device of PAM": (ALONE + "AuthenticationMethods publickey,keyboard-interactive:pam\n", [],
                          ["there is no", NOBODY, NEVER]),
    "one list goes around": (
        ALONE + f"AuthenticationMethods {BOTH} publickey\n",
        [("warning", rf"the list publickey {AROUND} \({AT}:4\)")], [NEVER, NOBODY]),
    "none goes around": (
        ALONE + "AuthenticationMethods publickey,keyboard-interactive hostbased,keyboard-interactive\n"
        "HostbasedAuthentication yes\n", [], [AROUND, NOBODY, RELAY]),
    "a code first": (
        ALONE + "AuthenticationMethods keyboard-interactive,publickey\n",
        [("warning", "keyboard-interactive stands first"), ("warning", RELAY)], []),
    "a code alone": (ALONE + "AuthenticationMethods keyboard-interactive\n",
                     [("warning", RELAY)], ["stands first", "key alone"]),
    # which line wins
    "cloud-init's line wins": (
        ("Include /etc/ssh/sshd_config.d/*.conf\n" + ALONE, "PasswordAuthentication yes\n"),
        [("warning", rf"{PASSWORD}: .*login \({CLOUD}:1\); the no at {AT}:4 counts for nothing")], []),
    "it does not where the include stands below": (
        (ALONE + "Include /etc/ssh/sshd_config.d/*.conf\n", "PasswordAuthentication yes\n"),
        [], [PASSWORD]),
    "nor where a list demands something else": (
        ("Include sshd_config.d/*.conf\n" + GOOD, "PasswordAuthentication yes\n"), [], [PASSWORD]),
    "the first of two lines": (
        BARE + "passwordauthentication=YES\nPasswordAuthentication no\n",
        [("warning", rf"{PASSWORD}: .*login \({AT}:3\); the no at {AT}:4")], []),
    "a line that fell into a block": (
        BARE + "Match User backup\n X11Forwarding no\n\nPasswordAuthentication no\n",
        [("warning", rf"^{PASSWORD}")], []),
    "and the one before it": (
        BARE + "PasswordAuthentication yes\nMatch User backup\nPasswordAuthentication no\n",
        [("warning", rf"{PASSWORD}: .*login \({AT}:3\); the no at {AT}:5 counts only below Match User backup")],
        []),
    "sshd's default": (BARE, [("warning", rf"^{PASSWORD}: that.*login$")], []),
    "PAM is not asked": (GOOD.replace("UsePAM yes", "UsePAM no"),
                         [("fault", rf"usepam is no \({AT}:1\)")], []),
    "too little time": (GOOD + "LoginGraceTime 30\n",
                        [("warning", rf"after 30 s, itsme after 60 s \({AT}:5\)")], []),
    # broken
    "an unknown word": (GOOD + "Nonsense yes\n", [("fault", rf"{AT}.*line 5.*Nonsense")], []),
    "a bad value": (GOOD + "LoginGraceTime soon\n", [("fault", rf"{AT} line 5: ")], []),
    "a bad Match": (GOOD + "Match Nobody x\n", [("fault", rf"{AT} line 5: ")], []),
    "a method that is not known": (
        ALONE + "AuthenticationMethods publickey,itsme\n", [("fault", rf"{AT} line 4: ")], []),
    "an included file is broken": (
        ("Include sshd_config.d/*.conf\n" + GOOD, "Nonsense yes\n"), [("fault", f"{CLOUD}.*Nons")], []),
    "an old word is not broken": (GOOD + "UsePrivilegeSeparation yes\n", [], ["cannot tell"]),
}


def make_host():
    host = hosts.Host("--interval", 1)
    Path("/run/sshd").mkdir(exist_ok=True)
    PIECES.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    return host


def set_sshd(text: str, piece: str = "") -> None:
    write(CONFIG, text, 0o644)
    write(CLOUD, piece, 0o644)


def check_case(text: object, wanted: list, unwanted: list) -> str:
    """What is wrong with what the doctor says of it; "" where nothing is."""
    set_sshd(*((text,) if isinstance(text, str) else text))
    bad = look_bad("sshd")
    for level, words in wanted:
        hits = [f for f in bad if f["level"] == level and re.search(words, f["text"])]
        if not hits:
            return f"no {level} {words!r} in {bad}"
        if level != "note" and not hits[0].get("advice"):
            return f"no advice in {hits}"
    for words in unwanted:
        if words == "sshd" and bad or any(re.search(words, f["text"]) for f in bad):
            return f"{words!r} is in {bad}"
    return ""


def expect(text: object, wanted: list, unwanted: list) -> None:
    said = check_case(text, wanted, unwanted)
    assert not said, said


def test_each_case_is_found_and_nothing_else(host):
    wrong = {name: said for name, case in CASES.items() if (said := check_case(*case))}
    assert not wrong, f"{len(wrong)} of {len(CASES)}: " + "\n".join(map(str, wrong.items()))


def test_nobody_in_the_map_is_anybody_of_the_machine(host):
    host.itsme.map("nobody-there sub=1")
    expect(GOOD + "Match User mallory\n AuthenticationMethods publickey\n",
                          [("warning", f"for mallory .*{NEVER}")], ["alice"])


def test_names_of_clients_beside_lists_of_addresses(host):
    lists = {"skip_from": {"login": {"skip_from": "192.0.2.0/24"}},
             "qr_from": {"service:sshd": {"qr_requires": "first_factor", "qr_from": "192.0.2.0/24"}}}
    for name, changes in lists.items():
        host.itsme.configure(**changes)
        expect("UseDNS yes\n" + GOOD, [("warning", rf"usedns yes \({AT}:1\).*{name}")], [])
        expect("UseDNS no\n" + GOOD, [], ["usedns"])
        host.itsme.reset()
        host.itsme.configure(**{"service:su": changes.get("service:sshd", changes.get("login"))})
        expect("UseDNS yes\n" + GOOD, [], ["usedns"])
        host.itsme.reset()
    host.itsme.configure(**lists["skip_from"])
    other = write_aside(host)
    host.itsme.reset()
    write(Path("/etc/pam.d/sshd"), stacks.STACK.format(arguments=f"config={other}"), 0o644)
    expect("UseDNS yes\n" + GOOD, [("warning", "usedns yes.*skip_from")], [])


def write_aside(host) -> Path:
    other = host.itsme.directory / "other.conf"
    write(other, host.itsme.config.read_text())
    return other


def test_many_people_and_blocks_are_seen_in_time(host):
    """Fifty people, five Match lines: sshd is asked once for those who are alike."""
    people = [f"user{number}" for number in range(50)]
    before = {path: path.read_text() for path in map(Path, ("/etc/passwd", "/etc/group"))}
    for path, line in (("/etc/passwd", "{0}:x:{1}:{1}::/nowhere:/bin/sh\n"), ("/etc/group", "{0}:x:{1}:\n")):
        Path(path).write_text(before[Path(path)] + "".join(
            line.format(name, 3000 + number) for number, name in enumerate(people)))
    host.itsme.map(*(f"{name} sub={name}" for name in people))
    asked = Path("/run/asked")
    real = Path("/usr/sbin/sshd.real")
    sshd = Path("/usr/sbin/sshd")
    sshd.rename(real)
    write(sshd, f'#!/bin/sh\necho "$@" >>{asked}\nexec {real} "$@"\n', 0o755)
    try:
        expect(GOOD + "".join(
            f"Match {criteria}\n X11Forwarding no\n" for criteria in (
                "Address 10.0.0.0/8", "Group user1,user2", "LocalPort 22", "User user3*"))
            + "Match User user49\n AuthenticationMethods publickey\n",
            [("warning", rf"for user49 .*{NEVER}")], ["looked at"])
        assert 5 <= len(asked.read_text().splitlines()) <= 40, asked.read_text()
    finally:
        real.rename(sshd)
        for path, text in before.items():
            path.write_text(text)


def test_nothing_is_said_where_there_is_no_sshd(host):
    set_sshd("Nonsense\n")
    sshd = Path("/usr/sbin/sshd")
    away = sshd.with_name("sshd.away")
    sshd.rename(away)
    try:
        assert not look("sshd")
    finally:
        away.rename(sshd)


def test_sshd_that_was_never_set_up_or_started_is_no_fault(host):
    """Its directory is made with the service, its keys and its file with the package: that says
    nothing of a configuration. A key that the configuration names does."""
    keys = [path.rename(path.with_name("away-" + path.name)) for path in CONFIG.parent.glob("ssh_host*")]
    try:
        set_sshd(GOOD)
        assert [f["level"] for f in look("sshd")] == ["warning"]
        set_sshd(GOOD + "HostKey /nowhere\n")
        assert [f["level"] for f in look("sshd")] == ["fault"]
    finally:
        for key in keys:
            key.rename(key.with_name(key.name.removeprefix("away-")))
    set_sshd(GOOD)
    Path("/run/sshd").rmdir()
    try:
        said = look("sshd")
        assert [f["level"] for f in said] in (["warning"], ["ok"] * len(said)), said
    finally:
        Path("/run/sshd").mkdir()
    CONFIG.unlink()
    assert [f["level"] for f in look("sshd")] == ["warning"]


if __name__ == "__main__":
    checks.main(globals(), make_host)
