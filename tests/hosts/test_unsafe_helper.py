#!/usr/bin/python3
"""What is run as the helper, and in which surroundings, by su and itsmectl alike. One that somebody
other than root may have changed is not run: else whoever can write it, or its directory, is root at
the next login of anybody."""
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
import stacks
import standin
from chance import best_of_three
from doors import Login, Su, Sudo
from installation import changed
from service import UIDS

HELPER = standin.HELPER
CTL = "/usr/sbin/itsmectl"
LIST = "system.posix_acl_access"  # and what the kernel's posix_acl_xattr.h calls its parts
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER, NOBODY = 0x01, 0x02, 0x04, 0x10, 0x20, 0xffffffff
REMEDY = "install pam_itsme again"
ENVIRONMENT = "GNUTLS_NO_IMPLICIT_INIT=1\0"
GONE = 0.5  # seconds


def make_host():
    return hosts.Host("--interval", 1)


def not_started(host, reason: str, line: str, *words: str, commands: tuple = (("test", "alice"),)) -> None:
    """Refused with the same line, which names file and remedy, by su and itsmectl."""
    host.log.clear()
    attempt = Su(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", reason)
    assert accounts.proof("alice") not in attempt.terminal.text
    line = host.log.wait_line(line)
    for word in (*words, REMEDY):
        assert word in line, f"{word} is not in {line}"
    assert not host.provider.requests(), "it was run"
    for command in commands:
        done = subprocess.run([CTL, *command, "--json"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        said = json.loads(done.stdout)
        assert said["reason"] == reason and said["message"] in line, f"{command}: {said}, {line}"


def not_run(host, *words: str) -> None:
    """Nor does the doctor pass it over."""
    not_started(host, "helper_unsafe", "itsme-helper is not run", *words)
    done = subprocess.run([CTL, "check", "--offline", "--json"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    faults = [found for found in json.loads(done.stdout)["findings"]
              if found["topic"] == "helper" and found["level"] == "fault"]
    assert len(faults) == 1 and words[0] in faults[0]["text"], faults


def test_file_that_others_may_write(host):
    for mode in (0o775, 0o757, 0o777):
        with changed(HELPER, mode):
            not_run(host, str(HELPER), f"chmod go-w {HELPER}")


def test_file_with_an_access_control_list(host):
    """A list that lets mallory write shows in the bits of the group."""
    before = HELPER.stat().st_mode
    entries = ((USER_OBJ, 7, NOBODY), (USER, 7, UIDS["mallory"]), (GROUP_OBJ, 5, NOBODY),
               (MASK, 7, NOBODY), (OTHER, 5, NOBODY))
    os.setxattr(HELPER, LIST, struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry) for entry in entries))
    assert subprocess.run(["setpriv", "--reuid=mallory", "--regid=mallory", "--clear-groups",
                           "test", "-w", HELPER]).returncode == 0, "the list gives nothing"
    try:
        not_run(host, str(HELPER), f"chmod go-w {HELPER}")
    finally:
        os.removexattr(HELPER, LIST)
        HELPER.chmod(before & 0o7777)


def test_file_of_somebody_else(host):
    with changed(HELPER, owner=UIDS["mallory"]):
        not_run(host, str(HELPER), f"belongs to uid {UIDS['mallory']}")


def test_file_with_a_set_id_bit(host):
    with changed(HELPER, 0o4755):
        not_run(host, str(HELPER), "chmod u-s,g-s")


def test_directories_above_it(host):
    for directory, *modes in ((HELPER.parent, 0o775, 0o757, 0o1777), (HELPER.parent.parent, 0o775),
                              (Path("/usr"), 0o757)):
        for mode in modes:
            with changed(directory, mode):
                not_run(host, str(directory), "chmod go-w")
    with changed(HELPER.parent, owner=UIDS["mallory"]):
        not_run(host, str(HELPER.parent), f"belongs to uid {UIDS['mallory']}")


def test_link_in_its_place(host):
    """Wherever it leads to, and whoever made it."""
    real = HELPER.with_name("itsme-helper.real")
    HELPER.rename(real)
    elsewhere = Path("/run/elsewhere")
    shutil.copy(real, elsewhere)
    elsewhere.chmod(0o755)
    try:
        for target in (real, elsewhere):
            HELPER.symlink_to(target)
            not_run(host, str(HELPER), "symbolic link")
            HELPER.unlink()
    finally:
        HELPER.unlink(missing_ok=True)
        real.rename(HELPER)


def test_that_is_missing_or_no_program(host):
    """Said by each command that starts a login."""
    logins = (("test", "alice"), ("whoami",), ("enrol", "bob"))
    real = HELPER.with_name("itsme-helper.real")
    HELPER.rename(real)
    try:
        not_started(host, "helper_missing", "itsme-helper could not run", str(HELPER), "No such file",
                    commands=logins)
        HELPER.write_text("no program")
        HELPER.chmod(0o755)
        not_started(host, "helper_missing", "itsme-helper could not run", str(HELPER), "Exec format")
    finally:
        real.replace(HELPER)


# What a caller, or a terminal of root's, may have set: words before a command.
SURROUNDINGS = {
    "as they are": (),
    "all of them": (
        *standin.BAITED, "sh", "-c", 'umask 0; cd /tmp; exec 7</dev/null 9>/dev/null; exec "$@"', "sh",
        "env", "--ignore-signal=PIPE,CHLD,HUP,ALRM", "--block-signal=TERM,USR1",
        "TZ=/tmp/zone", "SSL_CERT_FILE=/tmp/ca", "https_proxy=http://127.0.0.1:1", "LD_BIND_NOW=1",
        "OPENSSL_CONF=/tmp/conf", "GLIBC_TUNABLES=glibc.malloc.mmap_max=0", "HOME=/tmp",
        # soft ones: not every root may raise a hard one
        "prlimit", "--nofile=64:", "--memlock=0:", "--fsize=1048576:", "--cpu=30:", "--as=1073741824:",
        "--data=1073741824:", "--stack=1048576:", "--sigpending=0:",
        "taskset", "--cpu-list", "0", "ionice", "--class", "3", "choom", "--adjust", "1000", "--",
        "chrt", "--idle", "0", "nice", "-n", "19"),
    "few files": ("prlimit", "--nofile=12:"),
    "nothing open": ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"),
}
TEST = (CTL, "test", "alice")


def test_surroundings_are_the_same_whoever_starts_it(host):
    """No host, caller or terminal shows in them; seen by a program in its place."""
    stacks.sudoers(tries=1)
    with standin.in_place():
        Su(host)
        expected = standin.found("su")
        assert expected["environment"] == ENVIRONMENT and expected["further files"] == [], expected
        assert expected["terminal number"] == "0" and expected["terminal"] != "there", expected
        assert expected["bait"] < 0 and expected["directory"] == "/", expected
        different = {}
        for door in (Sudo, Login):
            door(host)
            different[door.service] = standin.found(door.service)
        host.terminal(*standin.BAITED, "nice", "su", "alice", user="mallory")
        different["su with a key"] = standin.found("su with a key")
        for name, words in SURROUNDINGS.items():
            done = subprocess.run([*words, *TEST], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            different[name] = standin.found(f"{name}: {done}")
    for name, found in different.items():
        changed = {key: (found[key], value) for key, value in expected.items() if found[key] != value}
        assert not changed, f"{name}: {changed}"


@best_of_three
def test_killed_with_itsmectl_nobody_is_left(host):
    """Whichever of the two goes; itsmectl says so where it is the helper."""
    for whom in (host.helper, "itsmectl", "both"):
        session = host.terminal(*TEST)
        session.wait_qr()
        if whom == "both":
            session.interrupt()
        else:
            pid = hosts.only(whom)
            os.kill(pid, signal.SIGKILL)
        if whom == host.helper:
            session.wait_for("the helper went without a verdict")
        assert session.finish() != 0
        host.wait_no_helper(GONE)


def test_program_that_reads_pictures(host):
    """The helper starts it as root: the same holds of it."""
    reader = HELPER.with_name("itsme-qr")
    with changed(reader, 0o775):
        host.log.clear()
        Su(host).expect_refused(sentences.SETUP, "misconfigured", "helper_unsafe")
        line = host.log.wait_line("itsme-qr is not run")
        for word in (str(reader), f"chmod go-w {reader}", REMEDY):
            assert word in line, f"{word} is not in {line}"
        assert not host.provider.requests(), "it was run"


def test_as_it_was_installed_it_is_run(host):
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_host)
