#!/usr/bin/python3
"""The units by the hand of systemd itself, as process 1: accounts, directory, socket, the
hardened service and its credentials, for programs that run as the person."""
import errno
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
import stacks
from doctor import look
from doors import leaves_promptly
from inside import landlock_version, make_calls
from installation import write
from journal import Journal
from service import DIRECTORY, SOCKET, UIDS, channel
from sockethost import SocketHost, Unlock, refused_for_another

PAGE = Path(__file__).resolve().parents[2] / "docs/relayed-codes.md"
OURS, ELSEWHERE = "127\\.0\\.0\\.1 ", "127.0.0.66"
BOOT = Path(__file__).resolve().parent / "boot"
SOCKET_UNIT = "pam_itsme.socket"
PENDING_UNIT = "pam_itsme-pending.service"
INSTANCES = "pam_itsme@*.service"
DROP_INS = Path("/run/systemd/system")
CREDENTIALS = Path("/etc/pam_itsme/credentials")


def systemctl(*words: object) -> str:
    return output("systemctl", "--no-pager", *words)


def output(*command: object) -> str:
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=60)
    assert result.returncode == 0, f"{' '.join(map(str, command))}: {result.stdout}"
    return result.stdout


def drop_in(unit: str, text: str) -> None:
    """As `systemctl edit` writes it, until the end of the test."""
    directory = DROP_INS / f"{unit}.d"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "test.conf").write_text(text)
    systemctl("daemon-reload")


def instances() -> list[str]:
    return systemctl("list-units", "--all", "--plain", "--no-legend", INSTANCES).splitlines()


def wait_no_instance() -> None:
    deadline = time.monotonic() + 20
    while left := instances():
        assert time.monotonic() < deadline, f"left: {left}"
        time.sleep(0.05)


class Enabled:
    """The socket, in the place of a stand-in that would listen."""

    def __init__(self):
        systemctl("enable", "--now", SOCKET_UNIT)

    def close(self) -> None:
        systemctl("disable", "--now", SOCKET_UNIT)


class SystemdHost(SocketHost):
    """What booting alone has brought about is noted before anything is done."""

    def furnish(self) -> Journal:
        self.booted_directory = DIRECTORY.stat() if DIRECTORY.exists() else None
        self.booted_socket = SOCKET.exists()
        return Journal()

    def start_service(self) -> Enabled:
        return Enabled()

    def verify_clean(self) -> None:
        super().verify_clean()
        wait_no_instance()
        failed = systemctl("list-units", "--failed", "--plain", "--no-legend")
        assert not failed, failed

    def tidy(self) -> None:
        super().tidy()
        for path in DROP_INS.glob("pam_itsme*.d/test.conf"):
            path.unlink()
            systemctl("daemon-reload")
            self.stop_service()
        systemctl("reset-failed")


def gets_in(host, **wanted: str) -> dict[str, str]:
    attempt = Unlock(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    return host.wait_helper_line(outcome="authenticated", peer_uid=str(UIDS["alice"]), **wanted)


# --- what booting and enabling bring -------------------------------------------------------

def test_booting_makes_account_and_directory(host):
    account, directory = pwd.getpwnam("_pam_itsme"), host.booted_directory
    assert 0 < account.pw_uid < accounts.FIRST_UID and account.pw_shell.endswith("nologin")
    assert directory, f"no {DIRECTORY}"
    assert (directory.st_uid, directory.st_gid, directory.st_mode & 0o7777) == (0, 0, 0o755)
    assert not host.booted_socket, "nobody has enabled it"


def test_enabling_lasts(host):
    assert systemctl("is-enabled", SOCKET_UNIT) == "enabled\n"
    systemctl("stop", SOCKET_UNIT)
    systemctl("start", "sockets.target")  # what a start of the machine does
    assert systemctl("is-active", SOCKET_UNIT) == "active\n"
    assert SOCKET.stat().st_mode & 0o7777 == 0o666
    assert [found["level"] for found in look("socket")] == ["ok"]


def test_systemd_finds_no_fault_in_the_units(host):
    assert output("systemd-analyze", "verify", "--man=no", SOCKET_UNIT, "pam_itsme.service",
                  "pam_itsme@accepted.socket", "pam_itsme@1.service", PENDING_UNIT) == ""


def test_booting_takes_back_what_nobody_confirmed(host):
    shown = systemctl("show", PENDING_UNIT, "--property=ConditionTimestampMonotonic,ConditionResult")
    assert "ConditionResult=no" in shown and "Monotonic=0\n" not in shown, "booting did not look"
    service, plain = Path("/etc/pam.d/su"), "@include common-auth\n"
    write(service, plain, 0o644)
    output("/usr/sbin/itsmectl", "pam", "enable", "su", "--force")
    systemctl("start", "sysinit.target")  # what a start of the machine does
    time.sleep(1)
    assert "pam_itsme.so" in service.read_text(), "taken from a timer that waits"
    for pid in hosts.processes("itsmectl"):
        os.kill(pid, signal.SIGKILL)  # as the power cut does
    deadline = time.monotonic() + 20
    systemctl("start", "sysinit.target")
    while service.read_text() != plain:
        assert time.monotonic() < deadline, output("journalctl", "--no-pager", "-u", PENDING_UNIT)
        time.sleep(0.05)
    assert "su asks for itsme no more." in output("journalctl", "--no-pager", "-u", PENDING_UNIT)


# --- getting in ----------------------------------------------------------------------------

def test_scan_and_approve(host):
    line = gets_in(host, service="vlock")
    assert int(line["peer_pid"]) == host.terminals[-1].child.pid, line


def test_vlock_is_unlocked_by_a_push(host):
    """Without its privilege, as most distributions build it."""
    Path("/usr/sbin/vlock-main").chmod(0o755)
    stacks.use(arguments="flow=push")
    terminal = host.terminal("vlock", "-c", user="alice")
    terminal.wait_for(r"\[ENTER\] to unlock")
    terminal.enter()
    terminal.wait_for("request to your itsme app")
    host.provider.approve()
    assert terminal.finish() == 0, terminal.tail()
    host.wait_helper_line(outcome="authenticated", service="vlock", flow="push")


def test_the_helper_runs_as_the_unit_says(host):
    attempt = Unlock(host)
    attempt.terminal.wait_qr()
    pid = hosts.only(host.helper)
    fields = dict(line.split(":\t", 1) for line in
                  Path(f"/proc/{pid}/status").read_text().splitlines())
    assert set(fields["Uid"].split()) == {str(pwd.getpwnam('_pam_itsme').pw_uid)}, fields["Uid"]
    assert int(fields["CapBnd"], 16) == 0 and fields["NoNewPrivs"] == "1", fields
    assert int(fields["CapPrm"], 16) == 0, fields["CapPrm"]
    assert int(fields["Seccomp_filters"]) > 10, "systemd's filters and its own"
    group = Path(f"/proc/{pid}/cgroup").read_text()
    assert "/pam_itsme@" in group and group.strip().endswith(".service"), group
    assert len(instances()) == 1, instances()
    for path in ("/etc", "/usr", "/home", "/root"):
        assert not can_write(pid, path), path
    # the unit lets it build its own walls: the filter, and without that Landlock
    assert make_calls(pid, ["getpid", "shmget 0 0 0"])[1] == -errno.ENOSYS
    if landlock_version() > 0:
        assert make_calls(pid, ["openat -100 s:/bin/true 0 0"], "without-filter") == \
            [-errno.EACCES]
    attempt.terminal.interrupt()


def can_write(pid: int, path: str) -> bool:
    """In the process's own view of the files; root asks, so only the mounts may refuse."""
    return subprocess.run(["nsenter", f"--mount=/proc/{pid}/ns/mnt", "touch", f"{path}/trial"],
                          stderr=subprocess.DEVNULL).returncode == 0


def test_the_log_names_the_unit(host):
    gets_in(host)
    said = output("journalctl", "--no-pager", "--output=cat", "-u", INSTANCES, "-t", "itsme-helper")
    assert "outcome=authenticated" in said, said


# --- credentials ---------------------------------------------------------------------------

def credentials(host, setting: str, pack) -> None:
    """The keys are nowhere but in what PACK makes of them, below a name that is not theirs."""
    CREDENTIALS.mkdir(mode=0o700, exist_ok=True)
    lines = []
    for key in (host.itsme.signing_key, host.itsme.decryption_key):
        packed = CREDENTIALS / f"{key.stem}.cred"
        packed.unlink(missing_ok=True)
        pack(key, packed)
        key.unlink()
        lines.append(f"{setting}={key.name}:{packed}\n")
    drop_in("pam_itsme@.service", "[Service]\n" + "".join(lines))


def test_keys_from_load_credential(host):
    credentials(host, "LoadCredential", lambda key, packed: write(packed, key.read_text()))
    gets_in(host)


def test_keys_from_load_credential_encrypted(host):
    credentials(host, "LoadCredentialEncrypted", lambda key, packed: output(
        "systemd-creds", "encrypt", "--with-key=host", f"--name={key.name}", key, packed))
    gets_in(host)


def test_without_their_credentials_nobody_gets_in(host):
    """The helper never runs, so the person hears the same as when nobody listens behind."""
    credentials(host, "LoadCredential", lambda key, packed: None)
    attempt = Unlock(host)
    attempt.expect_refused(sentences.UNREACHABLE, "unavailable", "internal")
    assert not host.provider.requests()


# --- who may -------------------------------------------------------------------------------

def test_another_persons_account_is_refused(host):
    refused_for_another(host)


def test_only_a_group_may_connect(host):
    host.stop_service()
    drop_in(SOCKET_UNIT, "[Socket]\nSocketMode=0660\nSocketGroup=alice\n")
    host.service = host.start_service()
    gets_in(host)
    host.log.clear()
    attempt = Unlock(host, "bob")
    attempt.expect_refused(sentences.SETUP, "misconfigured", "socket_missing")


def test_storm_of_connections_does_not_end_the_service(host):
    """TriggerLimitBurst=: by default the socket would be closed, for everybody and for good."""
    deadline = time.monotonic() + 3
    os.seteuid(UIDS["bob"])
    try:
        while time.monotonic() < deadline:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
                caller.settimeout(1)
                with suppress(BlockingIOError, TimeoutError):  # the queue is full
                    caller.connect(str(SOCKET))
    finally:
        os.seteuid(0)
    wait_no_instance()
    gets_in(host)


def held_connections(uids: list[int], says: bytes) -> list[socket.socket]:
    """One connection for each of UIDS, which says that and stays open."""
    held = []
    for uid in uids:
        os.seteuid(uid)
        try:
            caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            caller.settimeout(5)
            held.append(caller)
            with suppress(OSError):  # the queue is full, or nobody listens to this one
                caller.connect(str(SOCKET))
                if says:
                    caller.send(says)
        finally:
            os.seteuid(0)
    return held


def started() -> int:
    """Instances since the start of the socket, by the count of the one that starts them."""
    units = systemctl("list-units", "--plain", "--no-legend", "pam_itsme*.socket").splitlines()
    return sum(int(systemctl("show", "--value", "--property=NAccepted", line.split()[0]))
               for line in units)


def unlocks_beside(host, uids: list[int], says: bytes, helpers: int, lines: int,
                   times: int = 3) -> None:
    """So many TIMES in a row, while others keep as many connections as they can get. For each
    flood that many HELPERS are started at most, and that many LINES logged."""
    for _ in range(times):
        host.log.clear()
        before = started()
        held = held_connections(uids, says)
        try:
            began = time.monotonic()
            gets_in(host)
            assert time.monotonic() - began < 20, "in, but late"
            of_flood = [line for line in host.log.raw if re.search(r"itsme-(helper|listener)", line)
                        and f"peer_uid={UIDS['alice']}" not in line and "for=alice" not in line]
            assert started() - before - 1 <= helpers, f"{started() - before - 1} started"
            assert len(of_flood) <= lines, f"{len(of_flood)} lines: {of_flood[:9]}"
        finally:
            for caller in held:
                caller.close()
            wait_no_instance()


REQUEST = channel.pack("REQUEST", nonce=bytes(16), user="bob", service="vlock", style=0)


def test_ninety_connections_of_one_person_starve_nobody(host):
    unlocks_beside(host, [UIDS["bob"]] * 90, REQUEST, helpers=3, lines=5)


def test_subordinate_uids_have_no_places_of_their_own(host):
    """Whoever may use a range of them (newuidmap) is one person still."""
    unlocks_beside(host, list(range(100000, 100090)), REQUEST, helpers=0, lines=2)


def test_silent_connections_start_nothing(host):
    unlocks_beside(host, [UIDS["bob"]] * 90, b"", helpers=0, lines=2, times=1)


def test_upgrade_from_a_socket_that_accepted_itself(host):
    """As the unit was before there was a listener: who is in it stays, who comes is counted."""
    host.stop_service()
    drop_in(SOCKET_UNIT, "[Socket]\nAccept=yes\nMaxConnections=256\n")
    host.service = host.start_service()
    attempt = Unlock(host)
    attempt.scan()
    assert not hosts.processes("itsme-listener")
    (DROP_INS / f"{SOCKET_UNIT}.d/test.conf").unlink()
    systemctl("daemon-reload")
    host.provider.approve()
    attempt.expect_in()
    another = Unlock(host, "bob")
    another.terminal.wait_qr()
    assert hosts.processes("itsme-listener")
    another.terminal.interrupt()


# --- polkit, whose helper is root in a unit without a network ---------------------------------

POLKIT_SOCKET = Path("/run/polkit/agent-helper.socket")
POLKIT_UNITS = "polkit-agent-helper"
# What polkit 127 and later lay upon polkit-agent-helper@.service; then the half of it.
SECLUDED = """\
DevicePolicy=closed
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
ProtectSystem=strict
ProtectClock=yes
ProtectHostname=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
"""
NETWORK_ALONE = "PrivateNetwork=yes\n"


class Polkit:
    """The helper behind a socket, as polkit 127 starts it, in a unit with that SANDBOX."""

    def __init__(self, sandbox: str):
        self.units = [DROP_INS / f"{POLKIT_UNITS}.socket", DROP_INS / f"{POLKIT_UNITS}@.service"]
        POLKIT_SOCKET.parent.mkdir(exist_ok=True)
        write(self.units[0], f"[Socket]\nAccept=yes\nListenStream={POLKIT_SOCKET}\n", 0o644)
        write(self.units[1], "[Service]\nType=oneshot\nStandardInput=socket\n"
              "StandardOutput=socket\nStandardError=journal\nSuccessExitStatus=1 2\n"
              f"ExecStart=/usr/lib/polkit-1/polkit-agent-helper-1 {self.words()}\n{sandbox}", 0o644)
        systemctl("daemon-reload")
        systemctl("start", self.units[0].name)

    @staticmethod
    def words() -> str:
        """Until 126 the account is an argument."""
        return "--socket-activated" if b"--socket-activated" in \
            Path("/usr/lib/polkit-1/polkit-agent-helper-1").read_bytes() else "alice"

    def ask(self) -> socket.socket:
        """As an agent of alice's session does."""
        os.seteuid(UIDS["alice"])
        try:
            agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            agent.settimeout(60)
            agent.connect(str(POLKIT_SOCKET))
        finally:
            os.seteuid(0)
        agent.sendall(b"alice\ncookie\n" if self.words().startswith("-") else b"cookie\n")
        return agent

    def close(self) -> None:
        systemctl("stop", self.units[0].name)
        for unit in self.units:
            unit.unlink()
        systemctl("daemon-reload")


def polkit_says(host, sandbox: str, approves: bool = False, **expected: str) -> str:
    """What the agent is sent, with the phone's approval where it rings, to the end."""
    host.log.clear()
    host.provider.reset()
    hosts.forget_limits()
    polkit = Polkit(sandbox)
    try:
        with polkit.ask() as agent:
            if approves:
                host.provider.approve()
            with agent.makefile(errors="replace") as said:
                heard = said.read()  # polkitd knows no such cookie, so it ends in FAILURE
        attempt, = host.log.wait_attempts(1)
        assert expected.items() <= attempt.pairs.items(), attempt.pairs
        return heard
    finally:
        polkit.close()


def polkit_gets_in(host, sandbox: str) -> None:
    heard = polkit_says(host, sandbox, approves=True, outcome="authenticated", reason="ok")
    assert "PAM_TEXT_INFO We sent a request to your itsme app" in heard, heard
    host.wait_helper_line(outcome="authenticated", service="polkit-1", flow="push", peer_uid="0")
    wait_no_instance()


def test_polkit_away_from_the_network_asks_at_the_socket(host):
    stacks.use(arguments="flow=push", services=("polkit-1",))
    host.itsme.configure(**{"service:polkit-1": {"push_requires": "none"}})
    polkit_gets_in(host, SECLUDED)
    polkit_gets_in(host, NETWORK_ALONE)


def test_polkit_rings_nobody_for_who_has_shown_nothing(host):
    """Anybody may talk to its helper, and names whom they please."""
    stacks.use(arguments="flow=push", services=("polkit-1",))
    polkit_says(host, SECLUDED, outcome="refused", reason="first_factor_missing")
    assert not [request for request in host.provider.requests()
                if request["endpoint"] == "authenticate"]
    stacks.use(arguments="flow=push first_factor", services=("polkit-1",))
    polkit_gets_in(host, SECLUDED)


def test_polkit_without_the_socket_is_told_so(host):
    stacks.use(arguments="flow=push", services=("polkit-1",))
    host.stop_service()
    heard = polkit_says(host, SECLUDED, outcome="misconfigured", reason="socket_missing")
    assert sentences.SETUP in heard, heard
    host.log.wait_line("has no network", "systemctl enable --now pam_itsme.socket")


# --- going away ----------------------------------------------------------------------------

def test_killed_locker_ends_the_instance(host):
    leaves_promptly(host, Unlock, lambda attempt: os.kill(attempt.terminal.child.pid, 9))
    host.wait_helper_line(outcome="aborted", reason="caller_gone")


def test_killed_helper_leaves_nothing_failed(host):
    """CollectMode=: what has failed is forgotten as well, or every crash would stay in the list."""
    attempt = Unlock(host)
    attempt.terminal.wait_qr()
    pid = hosts.only(host.helper)
    os.kill(pid, 9)
    attempt.expect_refused(sentences.UNREACHABLE, "unavailable", "internal")


def test_killed_listener_is_started_again(host):
    """Whoever has a helper keeps it, and whoever comes next finds a listener."""
    attempt = Unlock(host)
    attempt.scan()
    pid, *_ = hosts.processes("itsme-listener")
    os.kill(pid, signal.SIGKILL)
    host.provider.approve()
    attempt.expect_in()
    another = Unlock(host, "bob")
    another.terminal.wait_qr()
    another.terminal.interrupt()


def test_disabled_nobody_is_asked(host):
    host.stop_service()
    attempt = Unlock(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", "socket_missing")
    (found,) = look("socket")
    assert found["level"] == "warning" and SOCKET_UNIT in found["advice"], found


# --- a defender's search of the log ----------------------------------------------------------

def search(name: str) -> list[str]:
    """What the command of that name in the documentation finds, with our network put in."""
    command = re.search(rf"^```sh search-{name}\n(.*?)^```$", PAGE.read_text(), re.M | re.S)[1]
    done = subprocess.run(["sh", "-c", command.replace(r"192\.0\.2\.", OURS)],
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return [line for line in done.stdout.splitlines() if line != "-- No entries --"]


def log_in(host, origin: str) -> None:
    """As alice, from that address, by a code that she scans and confirms."""
    session = host.ssh("alice", "cat proof; sleep 0.2", words=("-b", origin))
    host.provider.scan(qr.scan(session.wait_qr()))
    host.provider.approve()
    host.provider.wait_token()
    session.enter()
    assert session.finish() == 0, session.tail()
    host.provider.reset()


def write_log(line: str, user: str = "root") -> None:
    subprocess.run(["setpriv", f"--reuid={user}", "--clear-groups", "logger", "-t", "sshd", line],
                   check=True, timeout=60)


def test_search_of_the_log_finds_relays(host):
    """The commands of docs/relayed-codes.md, on the log of an attack and of usual logins."""
    late = "pam_itsme(sshd:auth): event=code_scanned for=bob via=sshd from={} factor=none " \
           "how=qr after={}s"
    names = ("scanned", "confirmed", "unscanned", "late")
    log_in(host, "127.0.0.1")
    write_log(late.format("127.0.0.1", "9.9"))
    host.log.wait_line("after=9.9s")
    assert {name: search(name) for name in names} == {name: [] for name in names}

    log_in(host, ELSEWHERE)
    for _ in range(6):
        attack = host.ssh("alice", words=("-b", ELSEWHERE))
        attack.wait_qr()
        attack.interrupt_until_end()
    write_log(late.format("127.0.0.1", "61.0"))
    write_log(late.format(ELSEWHERE, "100.0"), user="mallory")  # of no account
    write_log("Invalid user " + late.format(ELSEWHERE, "100.0"))  # as sshd quotes a stranger
    host.log.wait_line("Invalid user pam_itsme")
    for name, words in (("scanned", f"event=code_scanned for=alice via=sshd from={ELSEWHERE} "),
                        ("confirmed", f"event=confirmed for=alice via=sshd from={ELSEWHERE} "),
                        ("unscanned", f"6 for=alice from={ELSEWHERE}"),
                        ("late", "for=bob via=sshd from=127.0.0.1 factor=none how=qr after=61.0s")):
        found = search(name)
        assert len(found) == 1 and words in found[0], f"{name}: {found}"


if __name__ == "__main__":
    checks.main(globals(), SystemdHost, within=(BOOT,))
