#!/usr/bin/python3
"""A helper that somebody other than root may have changed is not run, by su or by itsmectl: else
whoever can write it, or its directory, is root at the next login of anybody."""
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import sentences
from doors import Su
from installation import changed
from service import UIDS

HELPER = Path("/usr/libexec/pam_itsme/itsme-helper")
CTL = "/usr/sbin/itsmectl"
LIST = "system.posix_acl_access"  # and what the kernel's posix_acl_xattr.h calls its parts
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER, NOBODY = 0x01, 0x02, 0x04, 0x10, 0x20, 0xffffffff
REMEDY = "install pam_itsme again"


def make_host():
    return hosts.Host("--interval", 1)


def not_run(host, *words: str) -> None:
    """Refused with a line that names file and remedy, by su, the doctor and a test login."""
    host.log.clear()
    attempt = Su(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", "helper_unsafe")
    assert accounts.proof("alice") not in attempt.terminal.text
    line = host.log.wait_line("itsme-helper is not run")
    for word in (*words, REMEDY):
        assert word in line, f"{word} is not in {line}"
    assert not host.provider.requests(), "it was run"
    done = subprocess.run([CTL, "test", "alice", "--json"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    said = json.loads(done.stdout)
    assert said["reason"] == "helper_unsafe" and words[0] in said["message"], said
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
    for directory in (HELPER.parent, HELPER.parent.parent, Path("/usr")):
        for mode in (0o775, 0o757, 0o1777):
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
