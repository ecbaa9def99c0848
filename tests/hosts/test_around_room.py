#!/usr/bin/python3
"""Somebody who knows the password alone and leaves the login no room: no process, no memory, no port
to connect from, no byte in /run, no place at the service. The password counts for nothing."""
import contextlib
import os
import shutil
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
from around import CONFIRM, AroundSocketHost, Login, Su, Sudo, Vlock, always_in, never_in
from namespaces import run
from service import SOCKET

STATE = Path("/run/pam_itsme")
PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
FEW = (40000, 40007)
EACH = 3  # QUOTA_EACH of src/helper/quota.h
MEMORY = [size << 20 for size in (1, 2, 3, 4, 6, 8, 12, 16)]
VLOCK = Path("/usr/sbin/vlock-main")


def in_group(host, door, name: str, cgroup):
    """Its caller was given a group, and starts it in there."""
    class Inside(door):
        def knock(self, before: tuple, **options):
            words = ("setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups",
                     "--reset-env", *self.words())
            return self.host.terminal(*cgroup.words(), *words, **options)
    return Inside(host, name)


# --- control groups --------------------------------------------------------------------------

def test_no_room_for_a_process(host):
    """For the host alone; for a helper too, but not for what it starts; and so on."""
    def one(door, most):
        cgroup = host.cgroup("pids")
        cgroup.limit_processes(most)
        return in_group(host, door, f"{most} processes", cgroup)
    never_in(host, [lambda door=door, most=most: one(door, most)
                    for door in (Su, Sudo) for most in (1, 2, 3, 4)])


def test_no_memory(host):
    """The kernel ends whoever it likes of those in the group."""
    def one(door, most):
        cgroup = host.cgroup("memory")
        cgroup.limit_memory(most)
        return in_group(host, door, f"{most >> 20} MB", cgroup)
    never_in(host, [lambda door=door, most=most: one(door, most)
                    for door in (Su, Sudo) for most in MEMORY])


# --- the network -----------------------------------------------------------------------------

@contextlib.contextmanager
def no_port_left():
    """Every port that the kernel would choose by itself is somebody's."""
    before = PORTS.read_text()
    PORTS.write_text("%d %d" % FEW)
    with contextlib.ExitStack() as held:
        for port in range(FEW[0], FEW[1] + 1):
            held.enter_context(socket.socket()).bind(("0.0.0.0", port))
        yield
    PORTS.write_text(before)


def test_no_port_to_connect_from(host):
    with no_port_left():
        never_in(host, [lambda door=door: door(host, "no port") for door in (Su, Sudo, Login, Vlock)])
    host.use_example()
    with no_port_left():
        never_in(host, [lambda: Login(host, "no port, the example's stack")])


@contextlib.contextmanager
def ports_let_go():
    """Somebody held all of them while a name was asked for, and has just let go of a few."""
    before = PORTS.read_text()
    PORTS.write_text("%d %d" % FEW)
    with contextlib.ExitStack() as held:
        for port in range(FEW[0] + 2, FEW[1] + 1):
            held.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("0.0.0.0", port))
        yield
    PORTS.write_text(before)


def test_ports_let_go_before_anybody_looks(host):
    with host.unresolvable(), ports_let_go():
        never_in(host, [lambda door=door: door(host, "ports let go") for door in (Su, Sudo)])


# --- /run ------------------------------------------------------------------------------------

@contextlib.contextmanager
def full_run():
    """To the last byte, and without room for another file."""
    filler = Path("/run/filler")
    used = shutil.disk_usage("/run").used
    # what goes away meanwhile is passed over
    files = sum(len(directories) + len(names) for _, directories, names in os.walk("/run"))
    run("mount", "-o", f"remount,size={used + (1 << 20)},nr_inodes={files + 64}", "/run")
    filler.mkdir()
    with contextlib.suppress(OSError), open(filler / "bytes", "wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    with contextlib.suppress(OSError):
        for number in range(1000):
            (filler / str(number)).touch()
    try:
        yield
    finally:
        shutil.rmtree(filler)
        run("mount", "-o", "remount,size=50%,nr_inodes=100000", "/run")


# --- the service -------------------------------------------------------------------------------

class Unprivileged(Vlock):
    """As vlock is built elsewhere than in Debian: it runs as the person, and asks the service."""
    door = "vlock of the person"


@contextlib.contextmanager
def unprivileged():
    before = VLOCK.stat().st_mode
    VLOCK.chmod(0o755)
    try:
        yield
    finally:
        VLOCK.chmod(before)


def test_full_run(host):
    """With a state directory and without one, where a code is shown and where a phone is rung."""
    host.configure(provider=CONFIRM)

    def tried(name: str, *doors: type) -> None:
        with full_run():
            never_in(host, [lambda door=door: door(host, f"/run is full, {name}")
                            for door in doors])
    with unprivileged():
        tried("our directory is there", Unprivileged)
    tried("our directory is there", Su, Sudo, Login, Vlock)
    host.stop_service()
    shutil.rmtree(STATE)
    tried("our directory is not", Su, Sudo, Login, Vlock)


def test_places_taken(host):
    """By the person, of theirs."""
    for _ in range(EACH):
        host.caller("alice").request().until("SHOW")
    with unprivileged():
        never_in(host, [lambda: Unprivileged(host, "all places of the person")])


def test_service_full(host):
    """By somebody else, all that the service has."""
    host.replace_service("--most", 1)
    host.caller("bob").request().until("SHOW")
    with unprivileged():
        never_in(host, [lambda: Unprivileged(host, "all places of the service")])


def test_queue_full(host):
    host.stop_service()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, unprivileged():
        listener.bind(str(SOCKET))
        SOCKET.chmod(0o666)
        listener.listen(0)
        host.caller("bob")
        never_in(host, [lambda: Unprivileged(host, "the service's queue is full")])
    SOCKET.unlink()


def test_away_the_password_counts_for_the_service(host):
    """Or the tests above would pass on a stack that takes no password at all."""
    with unprivileged(), host.refused():
        always_in([lambda: Unprivileged(host, "refused")])


if __name__ == "__main__":
    checks.main(globals(), AroundSocketHost)
