#!/usr/bin/python3
"""Hosts that run as the person, through the service's socket: who may ask for whom, what is
believed, and what it costs the machine. The service manager is a stand-in; once a real one."""
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import departures
import host as hosts
import qr
import refusals
import sentences
from doors import leaves_promptly
from installation import write
from service import SOCKET, UIDS, Caller, channel
from sockethost import SocketHost, Unlock, refused_for_another
from terminal import PATIENCE

EACH = 3  # QUOTA_EACH of src/helper/quota.h


# --- getting in ----------------------------------------------------------------------------

def test_scan_and_approve(host):
    attempt = Unlock(host, "bob")
    attempt.scan("bob")
    host.provider.approve()
    attempt.expect_in()
    line = host.wait_helper_line(outcome="authenticated", user="bob", service="vlock",
                                 peer_uid=str(UIDS["bob"]), claimed="service")
    assert line["subject"] != "-"
    told = host.log.attempts()[0].pairs
    assert told["subject"] == "-", "the person's process learned what is for the log"


def test_systemd_passes_the_socket_the_same_way(host):
    host.replace_service(systemd=True)
    attempt = Unlock(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    host.wait_helper_line(outcome="authenticated", peer_uid=str(UIDS["alice"]))


def test_files_from_the_service_manager_come_first(host):
    """The keys are nowhere on the disk: LoadCredential= has them."""
    directory = Path("/run/credentials")
    directory.mkdir(mode=0o755, exist_ok=True)
    for path in (host.itsme.signing_key, host.itsme.decryption_key):
        write(directory / path.name, path.read_text(), 0o400)
        path.unlink()
    host.replace_service("--credentials", directory)
    attempt = Unlock(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    shutil.rmtree(directory)


def test_the_helper_gives_up_root_before_the_network(host):
    attempt = Unlock(host)
    attempt.terminal.wait_qr()
    pid = hosts.only(host.helper)
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert set(fields["Uid"].split()) == {"892"}, fields["Uid"]  # _pam_itsme
    assert fields["Groups"].strip() == "" and fields["NoNewPrivs"] == "1"
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
    attempt.terminal.interrupt()


# --- who may ask for whom -----------------------------------------------------------------

def test_another_persons_account_is_refused(host):
    refused_for_another(host)


def test_other_accounts_all_look_alike(host):
    """Mapped, not mapped or root: who is not asked for by themselves is one answer."""
    for user in ("bob", "mallory", "root", "robot"):
        assert host.ask(user=user) == ("refused", "other_user"), user
    assert host.ask(user="nobody-at-all") == ("refused", "unknown_user")
    assert not host.provider.requests()


def test_root_may_ask_for_anybody(host):
    attempt = host.terminal("pamtester", "vlock", "bob", "authenticate")
    host.provider.scan(qr.scan(attempt.wait_qr()), "bob")
    host.provider.approve()
    assert attempt.finish() == 0
    assert not host.helper_lines(), "root starts a helper of its own"


# --- claims -------------------------------------------------------------------------------

def test_service_of_root_may_not_be_claimed(host):
    """Or a program of hers could have her phone ask about sudo."""
    for service in ("sudo", "sshd", "login", "vlock2", "vloc", "", " "):
        if service:
            assert host.ask(service=service) == ("misconfigured", "service_not_listed"), service
    host.wait_helper_line(reason="service_not_listed", service="sudo",
                          peer_uid=str(UIDS["alice"]))
    assert not host.provider.requests()


def test_administrator_lists_another_service(host):
    host.itsme.configure(socket={"services": "my-locker"})
    caller = host.caller().request(service="my-locker")
    assert "itsme" in caller.until("SHOW")["text"]
    assert host.caller().request().verdict() == ("misconfigured", "service_not_listed")


def test_claims_do_not_reach_the_log(host):
    caller = host.caller().request(rhost="203.0.113.9", tty="ssh", ruser="root",
                                   command="sudo id", language="C")
    caller.until("SHOW")
    caller.close()
    line = host.wait_helper_line(outcome="aborted", reason="caller_gone")
    assert (line["rhost"], line["tty"]) == ("-", "-"), line
    assert "203.0.113.9" not in "".join(host.log.raw)


def test_person_is_no_stranger_and_says_nothing_of_themselves(host):
    """Who may be shown a code is the kernel's word, and so is what the log has of it."""
    host.itsme.configure(login={"timeout": 60, "qr_requires": "first_factor"})
    caller = host.caller().request(rhost="203.0.113.9", factor="publickey x",
                                   arguments="qr_requires=none\nqr_from=0.0.0.0/0\nfirst_factor")
    assert caller.verdict() == ("misconfigured", "config_invalid"), "they set it themselves"
    caller = host.caller().request(rhost="203.0.113.9", factor="publickey x",
                                   arguments="first_factor")
    assert "https://" in caller.until("SHOW")["text"]
    line = host.log.wait_line("event=code_shown")
    assert " for=alice " in line and " from=- factor=caller " in line, line
    assert "itsme-helper" in line, line
    caller.close()


def test_no_other_configuration_is_read_for_them(host):
    """Else root would read any file for anybody, and say what stands in it."""
    caller = host.caller().request(arguments="config=/etc/shadow\ndebug\ntimeout=30")
    kind, fields = caller.receive()
    assert kind == "SHOW", fields
    caller.close()
    host.wait_helper_line(outcome="aborted")
    assert "shadow" not in "".join(host.log.raw)


def test_log_lines_do_not_go_to_them(host):
    write(host.itsme.config, "[provider]\nissuer = secret\n")
    caller = host.caller().request()
    heard = []
    while message := caller.receive():
        heard.append(message)
    assert [kind for kind, _ in heard] == ["VERDICT"], heard
    assert heard[0][1]["reason"] == "config_invalid" and "secret" not in str(heard)
    host.log.wait_line("itsme-helper", "issuer")


# --- hostile ------------------------------------------------------------------------------

def test_garbage_is_refused(host):
    for packet in (b"", b"pi", b"x" * 60000, b"pi\x01\x06"):
        caller = host.caller()
        caller.send(packet)
        assert caller.receive() is None
    host.wait_no_helper(PATIENCE)


def test_answer_that_nobody_asked_for(host):
    caller = host.caller().request()
    caller.until("SHOW")
    caller.send(channel.pack("ANSWER", reply=0))
    assert caller.verdict() == ("misconfigured", "channel_protocol")


def test_module_of_another_version_is_told_so(host):
    """Its program has it loaded since before an upgrade."""
    caller = host.caller().request(version=channel.VERSION + 1)
    said = caller.until("VERDICT")
    assert (said["nonce"], said["user"]) == (caller.nonce, "alice")
    assert (said["reason"], said["text"]) == ("channel_version", sentences.UPGRADED)
    host.wait_helper_line(outcome="misconfigured", reason="channel_version", user="alice")
    named = [line for line in host.log.raw if f"version {channel.VERSION + 1} " in line]
    assert len(named) == 1 and f" {channel.VERSION}:" in named[0], host.log.raw


def test_helper_of_another_version_is_not_obeyed(host):
    host.stop_service()
    with listener("root", 8) as theirs:
        attempt = Unlock(host)
        theirs.settimeout(PATIENCE)
        connection, _ = theirs.accept()
        with connection:
            asked = channel.unpack(connection.recv(65536))[1]
            connection.send(channel.pack(
                "VERDICT", version=channel.VERSION + 1, nonce=asked["nonce"], user="alice",
                verdict=channel.VERDICTS.index("AUTHENTICATED"), reason="ok"))
            attempt.expect_refused(sentences.UPGRADED, "misconfigured", "channel_version")
    host.log.wait_line(f"version {channel.VERSION + 1} of the channel")


def test_silence_is_ended(host):
    began = time.monotonic()
    assert host.caller().receive() is None
    assert time.monotonic() - began > 4  # CHANNEL_REQUEST_MS
    host.wait_helper_line(outcome="expired", reason="timeout", user="-")


def test_one_persons_flood_is_bounded(host):
    """More than her share: refused at once. Others are served all the while."""
    waiting = [host.caller().request() for _ in range(EACH)]
    for caller in waiting:
        caller.until("SHOW")
    host.log.clear()
    for _ in range(20):
        host.caller().request().receive()
    host.wait_helper_line(reason="helper_busy", peer_uid=str(UIDS["alice"]))
    host.wait_helpers(EACH)
    assert "itsme" in host.caller("bob").request().until("SHOW")["text"]
    waiting[0].close()
    host.wait_helpers(EACH)  # bob's is the third now
    assert "itsme" in host.caller().request().until("SHOW")["text"]


def test_killed_helpers_leave_no_place_taken(host):
    for _ in range(2):
        callers = [host.caller().request() for _ in range(EACH)]
        for caller in callers:
            caller.until("SHOW")
        for pid in hosts.processes(host.helper):
            hosts.kill(pid)  # what looks at a picture for a helper ends with it
        for caller in callers:
            while caller.receive():
                pass
        host.wait_helpers(0)


def test_more_than_the_service_takes(host):
    """MaxConnections: the connection is closed unheard, and the person is told calmly."""
    host.replace_service("--most", 1)
    host.caller("bob").request().until("SHOW")
    attempt = Unlock(host)
    attempt.expect_refused(sentences.UNREACHABLE, "unavailable", "internal")


def test_started_for_another_process(host):
    """LISTEN_PID is not the helper's: the environment has come from elsewhere."""
    host.replace_service("--as-process", 1)
    assert host.caller().request().receive() is None
    host.wait_helpers(0)
    assert not host.helper_lines() and not host.provider.requests()


# --- the listener before it ----------------------------------------------------------------

def test_listener_without_descriptors_comes_back(host):
    """It refuses while it has none left, and neither ends nor spins."""
    host.put_listener_before()
    pid = host.service.process.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, 16))
    crowd = [Caller("root") for _ in range(40)]
    held = os.listdir(f"/proc/{pid}/fd")
    deadline = time.monotonic() + PATIENCE
    while len(held) < 16:
        assert time.monotonic() < deadline, held
        held = os.listdir(f"/proc/{pid}/fd")
    before = spent(pid)
    time.sleep(1)
    assert spent(pid) - before < 0.2, "it spins"
    for caller in crowd:
        caller.close()
    assert "itsme" in host.caller().request().until("SHOW")["text"]


def test_listener_reads_nothing_and_counts_everybody(host):
    """Whatever comes first is the helper's to read; and root's programs share, too."""
    host.put_listener_before()
    for packet in (b"x" * 60000, b"pi\x01\x06", b""):
        caller = host.caller()
        caller.send(packet)
        assert caller.receive() is None
    host.wait_helper_line(reason="channel_protocol", peer_uid=str(UIDS["alice"]))
    crowd = [Caller("root") for _ in range(130)]  # PLACES_ROOT is 128
    assert crowd[-1].receive() is None
    host.log.wait_line("itsme-listener", "peer_uid=0 reason=helper_busy")
    assert "itsme" in host.caller("bob").request().until("SHOW")["text"]
    for caller in crowd:
        caller.close()


def test_listener_beside_a_directory_that_hangs(host):
    """Uids that are in no file wait for it, so many and no more; the others are served."""
    host.put_listener_before()
    child, = host.service.children()
    os.kill(child, signal.SIGSTOP)
    try:
        crowd = [Caller(uid) for uid in range(100000, 100070)]
        assert crowd[-1].receive() is None
        host.log.wait_line("itsme-listener", "peer_uid=100064 reason=helper_busy")  # PLACES_ASKED
        assert "itsme" in host.caller().request().until("SHOW")["text"]
    finally:
        os.kill(child, signal.SIGCONT)
    assert crowd[0].receive() is None
    host.log.wait_line("itsme-listener", "reason=unknown_user")
    for caller in crowd:
        caller.close()


def spent(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- going away ---------------------------------------------------------------------------

def test_killed_locker_ends_it_at_once(host):
    leaves_promptly(host, Unlock, lambda attempt: os.kill(attempt.terminal.child.pid, 9))
    host.wait_helper_line(outcome="aborted", reason="caller_gone")


# --- no service ---------------------------------------------------------------------------

def set_up_wrong(host, reason: str, word: str) -> None:
    attempt = Unlock(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", reason)
    assert [line for line in host.log.raw if str(SOCKET) in line and word in line], host.log.raw


def test_without_a_service(host):
    host.stop_service()
    set_up_wrong(host, "socket_missing", "systemctl enable --now pam_itsme.socket")


def test_nobody_listens_any_more(host):
    host.stop_service()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as abandoned:
        abandoned.bind(str(SOCKET))
        SOCKET.chmod(0o666)
    set_up_wrong(host, "socket_deaf", "Connection refused")
    SOCKET.unlink()


def test_may_not_connect(host):
    host.replace_service("--mode", "600")
    SOCKET.chmod(0o600)
    set_up_wrong(host, "socket_missing", "Permission denied")


@contextmanager
def listener(user: str, backlog: int):
    """A socket of USER in the place of the service's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as found:
        found.bind(str(SOCKET))
        SOCKET.chmod(0o666)
        os.seteuid(UIDS.get(user, 0))
        found.listen(backlog)
        os.seteuid(0)
        yield found
    SOCKET.unlink()


def test_socket_of_somebody_else_is_told_nothing(host):
    host.stop_service()
    with listener("mallory", 8) as theirs:
        set_up_wrong(host, "socket_not_root", f"uid {UIDS['mallory']}")
        theirs.settimeout(PATIENCE)
        connection, _ = theirs.accept()
        with connection:
            assert connection.recv(65536) == b""


def test_full_queue_holds_nobody_up(host):
    host.stop_service()
    with listener("root", 0):
        first = host.caller()
        assert first
        began = time.monotonic()
        attempt = Unlock(host)
        attempt.expect_refused(sentences.UNREACHABLE, "unavailable", "helper_busy")
        assert 1.9 < time.monotonic() - began < 20  # DIAL_MAX_MS


# --- the units ----------------------------------------------------------------------------

def test_units_are_what_systemd_understands(host):
    directory = Path("/run/units")
    directory.mkdir()
    unit = next(path for path in map(Path, ("/lib/systemd/system", "/usr/lib/systemd/system"))
                if (path / "pam_itsme.socket").exists())
    names = ("pam_itsme.socket", "pam_itsme.service", "pam_itsme@accepted.socket",
             "pam_itsme@.service", "pam_itsme@1.service", "pam_itsme-pending.service")
    for name in names:
        shutil.copy(unit / name.replace("1", ""), directory / name)
    result = subprocess.run(["systemd-analyze", "verify", "--man=no",
                             *(directory / name for name in names if "@." not in name)],
                            capture_output=True, text=True)
    said = [line for line in result.stderr.splitlines() if "pam_itsme" in line]
    assert result.returncode == 0 and not said, result.stderr
    for service in ("pam_itsme.service", "pam_itsme@1.service"):
        safe = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=25",
                               directory / service], capture_output=True, text=True)
        assert safe.returncode == 0, safe.stdout[-300:]


globals().update(departures.for_door(Unlock))
globals().update(refusals.for_door(Unlock))

if __name__ == "__main__":
    checks.main(globals(), SocketHost)
