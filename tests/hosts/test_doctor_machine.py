#!/usr/bin/python3
"""The doctor and the machine around the module: where logins are counted, the socket of programs
that run as the person, and who may change what decides a login."""
import contextlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import stacks
from doctor import look, look_bad
from installation import changed, write
from service import DIRECTORY as RUN
from service import SOCKET, UIDS, Service

STATE = RUN / "accounts"
SYSTEMD = Path("/run/systemd/system")
UNITS = Path("/lib/systemd/system")
DROP_IN = Path("/etc/systemd/system/pam_itsme.socket.d")


def make_host():
    return hosts.Host("--interval", 1)


def expect(topic: str, level: str, words: str, advice: str = "") -> None:
    found = look_bad(topic)
    hits = [f for f in found if f["level"] == level and re.search(words, f["text"])]
    assert hits, f"no {level} {words!r} in {found}"
    assert re.search(advice, hits[0].get("advice", "") + hits[0]["text"]), hits


@contextlib.contextmanager
def mounted(options: str):
    """A file system of its own in the place of RUN, with what a login keeps there."""
    RUN.mkdir(mode=0o755, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,{options}", "tmpfs", RUN], check=True)
    try:
        STATE.mkdir(mode=0o700)
        yield
    finally:
        subprocess.run(["umount", RUN], check=True)


@contextlib.contextmanager
def with_systemd():
    SYSTEMD.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        SYSTEMD.rmdir()


def make_state() -> None:
    RUN.mkdir(mode=0o755, exist_ok=True)
    STATE.mkdir(mode=0o700, exist_ok=True)


# --- where logins are counted --------------------------------------------------------------

def test_state_that_a_login_would_take(host):
    """Each is what a login finds as well: the doctor looks with the same eyes."""
    make_state()
    assert not look_bad("state")
    assert "has room" in look("state")[0]["text"]
    for path, mode, owner in ((STATE, 0o755, None), (STATE, 0o770, None), (STATE, None, 1),
                              (RUN, 0o777, None), (RUN, 0o1777, None), (RUN, None, UIDS["mallory"])):
        with changed(path, mode, owner):
            expect("state", "fault", f"{path}.*state_unsafe", "remove|chmod|chown")
            assert not look_bad("pass"), "said twice"
    shared = STATE / "shared"
    for mode, good in ((0o600, True), (0o644, False)):
        write(shared, "", mode)
        assert (not look_bad("state")) == good, look_bad("state")
    shared.unlink()
    shared.symlink_to("/etc/passwd")
    expect("state", "fault", "not an ordinary file")
    shared.unlink()


def test_state_that_is_a_link_or_a_file(host):
    make_state()
    STATE.rmdir()
    for target in ("/etc", "/nowhere"):
        STATE.symlink_to(target)
        expect("state", "fault", f"{STATE}.*link", "remove")
        STATE.unlink()
    STATE.write_text("")
    expect("state", "fault", f"{STATE}", "remove")
    STATE.unlink()
    RUN.rmdir()
    RUN.symlink_to("/run/elsewhere")
    Path("/run/elsewhere").mkdir()
    expect("state", "fault", f"{RUN}.*link", "remove")
    RUN.unlink()


def test_state_that_is_not_there(host):
    if RUN.exists():
        subprocess.run(["rm", "-r", RUN], check=True)
    expect("state", "note", "does not exist yet")
    with with_systemd():
        expect("state", "warning", "though it is made at boot", "systemd-tmpfiles --create")
        RUN.mkdir(mode=0o755)
        assert not look_bad("state")
    assert not STATE.exists(), "the doctor made it"


def test_state_that_is_full_or_read_only(host):
    with mounted("size=64k"):
        assert not look_bad("state")
        with contextlib.suppress(OSError), (RUN / "much").open("wb", buffering=0) as much:
            while much.write(b"x" * 4096):
                pass
        expect("state", "fault", "full, no block is left: no phone rings", "df -h")
    with mounted("nr_inodes=8"):
        assert not look_bad("state")
        with contextlib.suppress(OSError):
            for number in range(9):
                (RUN / str(number)).touch()
        expect("state", "fault", "full, no inode is left: no phone rings", "df -i")
    with mounted("size=64k"):
        subprocess.run(["mount", "-o", "remount,ro", RUN], check=True)
        expect("state", "fault", "read-only: no phone rings", "findmnt")


# --- the socket ----------------------------------------------------------------------------

def ask_only(*services: str) -> None:
    """PAM files of SERVICES ask for itsme, and none of another locker."""
    for service in ("i3lock", "swaylock", "vlock", "xscreensaver", "hyprlock"):
        path = Path("/etc/pam.d") / service
        path.unlink(missing_ok=True)
        if service in services:
            write(path, stacks.STACK.format(arguments=""), 0o644)


def test_socket_that_nobody_listens_at(host):
    ask_only("i3lock", "swaylock")
    SOCKET.unlink(missing_ok=True)
    expect("socket", "note", f"i3lock, swaylock: .*no socket {SOCKET}", "enable --now pam_itsme.socket")
    with with_systemd():
        expect("socket", "warning", "no socket", "enable --now pam_itsme.socket")
        service = Service()
        assert not look_bad("socket")
        assert "is listened at" in look("socket")[0]["text"]
        for mode in (0o600, 0o755):
            SOCKET.chmod(mode)
            expect("socket", "warning", "may not reach", "restart")
        SOCKET.chmod(0o660)  # narrowed down to a group, as the unit's comment says
        assert not look_bad("socket")
        SOCKET.chmod(0o666)
        with changed(RUN, 0o700):
            expect("socket", "warning", "may not reach", "chmod 755")
        with changed(SOCKET, owner=UIDS["mallory"]):
            expect("socket", "fault", f"belongs to uid {UIDS['mallory']}", "who made it")
        service.close()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as abandoned:
            abandoned.bind(str(SOCKET))
            expect("socket", "warning", "nobody listens", "restart pam_itsme.socket")
        SOCKET.unlink()
        write(SOCKET, "")
        expect("socket", "fault", "not a socket", "remove it")
        SOCKET.unlink()


def test_socket_that_nobody_needs(host):
    """Programs that are root by their mode, services of root, and lockers that do not ask."""
    SOCKET.unlink(missing_ok=True)
    with with_systemd():
        ask_only("vlock", "xscreensaver")
        assert not look_bad("socket"), "Debian's are set-user-ID root"
        with changed(Path("/usr/sbin/vlock-main"), 0o755):
            expect("socket", "warning", "^vlock: .*no socket")
        ask_only()
        assert not look_bad("socket")
        write(Path("/etc/pam.d/i3lock"), "auth required pam_unix.so\n#auth required pam_itsme.so\n", 0o644)
        assert not look_bad("socket")


def test_services_that_the_socket_refuses(host):
    ask_only("i3lock", "hyprlock")
    service = Service()
    try:
        assert not look_bad("socket")
        host.itsme.configure(socket={"services": "swaylock i3lock"})
        expect("socket", "warning", "has not hyprlock: refused as service_not_listed", "services")
        host.itsme.configure(socket={"services": "hyprlock\ti3lock"})
        assert not look_bad("socket")
        host.itsme.configure(socket={"services": "i3lockx hyprlock"})
        expect("socket", "warning", "has not i3lock:")
        ask_only("vlock")
        assert not look_bad("socket"), "a program that is root asks by itself"
    finally:
        service.close()


# --- who may change what decides a login ---------------------------------------------------

def test_files_that_others_may_change(host):
    ctl, unit, stack = Path("/usr/sbin/itsmectl"), UNITS / "pam_itsme@.service", Path("/etc/pam.d/su")
    DROP_IN.mkdir(parents=True, exist_ok=True)
    drop_in = DROP_IN / "local.conf"
    write(drop_in, "[Socket]\nSocketMode=0660\n", 0o644)
    topics = ("itsmectl", "units", "pam", "config")
    before = look_bad(*topics)
    assert not [f for f in before if f["level"] == "fault"], before
    for path, topic in ((ctl, "itsmectl"), (ctl.parent, "itsmectl"), (unit, "units"), (UNITS, "units"),
                        (drop_in, "units"), (DROP_IN, "units"), (stack, "pam"), (stack.parent, "pam"),
                        (host.itsme.directory / "pam.d", "config")):
        if not path.exists():
            path.mkdir(mode=0o755)
        for mode, owner in ((0o775, None), (0o757, None), (None, UIDS["mallory"])):
            with changed(path, mode, owner):
                expect(topic, "fault", str(path), "chmod go-w|chown root|install pam_itsme|was changed")
    assert look_bad(*topics) == before
    drop_in.unlink()
    DROP_IN.rmdir()


def test_files_that_are_none_of_ours(host):
    other = Path("/etc/pam.d/other-service")
    write(other, "auth required pam_unix.so\n", 0o666)
    mask = Path("/etc/systemd/system/pam_itsme-pending.service")
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")  # as systemctl mask does
    try:
        assert not [f for f in look_bad("pam", "units") if f["level"] == "fault"]
        real = Path("/etc/pam.d/su.real")  # as authselect and the like do it: a link is followed
        write(real, stacks.STACK.format(arguments=""), 0o644)
        Path("/etc/pam.d/su").unlink()
        Path("/etc/pam.d/su").symlink_to(real)
        assert not [f for f in look_bad("pam") if f["level"] == "fault"]
        real.chmod(0o666)
        expect("pam", "fault", str(real), "chmod go-w")
    finally:
        mask.unlink()
        other.unlink()
        Path("/etc/pam.d/su").unlink()
        real.unlink()


def test_configuration_elsewhere_beside_a_directory_that_others_may_write(host):
    """Other services' configuration and ours by PAM's rules lie there all the same."""
    elsewhere = Path("/etc/elsewhere")
    elsewhere.mkdir()
    for path in (host.itsme.signing_key, host.itsme.decryption_key, host.itsme.users, host.itsme.ca_file):
        write(elsewhere / path.name, path.read_text())
    write(elsewhere / "conf", host.itsme.config.read_text().replace(
        f"{host.itsme.directory}/keys", str(elsewhere)).replace(str(host.itsme.directory), str(elsewhere)))

    def said() -> str:
        return subprocess.run(["itsmectl", "check", "--offline", "--config", elsewhere / "conf"],
                              capture_output=True, text=True, timeout=60).stdout

    assert not re.search("FAULT +config", said()), said()
    with changed(host.itsme.directory, 0o777):
        assert re.search(f"FAULT +config +{host.itsme.directory}: mode is 0777", said()), said()


if __name__ == "__main__":
    checks.main(globals(), make_host)
