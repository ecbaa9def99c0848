#!/usr/bin/python3
"""Services that show nothing to nobody: they go on as before, or are refused at once."""
import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import stacks
from installation import write
from terminal import PATIENCE

MARK = Path("/run/mark")
JOB = f"cat ~/proof > {MARK}\n"
AUTH = stacks.STACK.format(arguments="").splitlines()[0]
AT_ONCE = 20  # seconds; the time-out of a login here is 60


def make_host():
    return hosts.Host("--interval", 1, "--confirm-service",
                      PUSH["provider"]["confirm_service"])


# --- cron and at, with the stacks that Debian gives them -----------------------------------

def guarded(service: str) -> Path:
    """The service's own stack, with our line before everything else."""
    stack = Path("/etc/pam.d") / service
    if AUTH not in stack.read_text():
        stack.write_text(f"{AUTH}\n{stack.read_text()}")
    return stack


def new_mark() -> None:
    """Where the job of alice can leave what only she can read."""
    write(MARK, "", 0o666)


def does_its_job(host, *command: str) -> None:
    """What the daemon COMMAND has to do gets done, and nobody is asked."""
    daemon = subprocess.Popen(command)
    try:
        wait_done(host)
    finally:
        daemon.terminate()
        daemon.wait()
    assert not host.log.attempts() and not host.provider.requests()


def wait_done(host) -> None:
    deadline = time.monotonic() + PATIENCE
    while MARK.read_text().strip() != accounts.proof("alice"):
        assert time.monotonic() < deadline, f"no trace of the job: {host.log.raw}"
        time.sleep(0.05)


def test_cron_runs_its_jobs(host):
    guarded("cron")
    new_mark()
    Path("/run/crond.reboot").unlink(missing_ok=True)
    subprocess.run(["crontab", "-u", "alice", "-"], input=f"@reboot {JOB}", text=True, check=True)
    does_its_job(host, "cron", "-f")


def test_at_runs_its_jobs(host):
    guarded("atd")
    new_mark()
    for path, mode in (("/usr/bin/at", 0o6755), ("/var/spool/cron/atjobs", 0o1770),
                       ("/var/spool/cron/atspool", 0o1770)):
        subprocess.run(["chown", "daemon:daemon", path], check=True)  # as its package would
        Path(path).chmod(mode)
    sequence = Path("/var/spool/cron/atjobs/.SEQ")
    write(sequence, "0")
    write(Path("/etc/at.deny"), "", 0o644)
    subprocess.run(["chown", "daemon:daemon", sequence], check=True)
    subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env",
                    "at", "now"], input=JOB, text=True, check=True, capture_output=True, cwd="/")
    does_its_job(host, "atd", "-f")


# --- hosts in a few lines, for what no program at hand does so plainly ---------------------

PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR, PAM_SILENT = 0, 7, 9, 19, 0x8000
CONVERSATION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
                                ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [("function", CONVERSATION), ("data", ctypes.c_void_p)]


FAILING = CONVERSATION(lambda *_: PAM_CONV_ERR)  # systemd's for a unit with PAMName=
DEAF = CONVERSATION(lambda *_: PAM_SUCCESS)  # takes texts, shows them to nobody
NONE = CONVERSATION()


def service(conversation, flags: int, phases: tuple, name: str = "quiet") -> list[int]:
    """What libpam says in each of PHASES, in a process of its own without a terminal."""
    pam = ctypes.CDLL("libpam.so.0")
    handle, words = ctypes.c_void_p(), Conversation(conversation, None)
    assert pam.pam_start(name.encode(), b"alice", ctypes.byref(words), ctypes.byref(handle)) == 0
    codes = [getattr(pam, f"pam_{phase}")(handle, flags) for phase in phases]
    pam.pam_end(handle, codes[-1])
    return codes


def run_service(*arguments, name: str = "quiet", words: str = "") -> tuple[list[int], float]:
    """The same from outside: a crash of it must not be ours. WORDS are the module's arguments."""
    stack = f"{AUTH} {words}\naccount required pam_unix.so\nsession required pam_permit.so\n"
    write(Path("/etc/pam.d") / name, stack, 0o644)
    began = time.monotonic()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        null = os.open("/dev/null", os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        try:
            os.write(writer, bytes(service(*arguments, name=name)))
        finally:
            os._exit(0)
    os.close(writer)
    status = os.waitpid(pid, 0)[1]
    with os.fdopen(reader, "rb") as answers:
        codes = list(answers.read())
    assert status == 0, f"the service ended with status {status}"
    return codes, time.monotonic() - began


def refused_at_once(host, conversation, flags: int, code: int, reason: str, **named: str) -> None:
    codes, took = run_service(conversation, flags, ("authenticate",), **named)
    assert codes == [code], codes
    assert took < AT_ONCE, f"it took {took:.1f} s"
    pairs = host.log.wait_attempts(1)[0].pairs
    assert (pairs["outcome"], pairs["reason"]) == ("not_interactive", reason), pairs


def test_no_conversation_function_is_refused_at_once(host):
    refused_at_once(host, NONE, 0, PAM_AUTHINFO_UNAVAIL, "service_is_silent")
    assert not host.provider.requests()


def test_failing_conversation_is_refused_at_once(host):
    refused_at_once(host, FAILING, 0, PAM_AUTH_ERR, "not_interactive", words="style=text")


def test_silence_without_terminal_is_refused_at_once(host):
    for name in ("quiet", "lightdm"):
        refused_at_once(host, DEAF, PAM_SILENT, PAM_AUTHINFO_UNAVAIL, "service_is_silent", name=name)
        host.log.clear()
    assert not host.provider.requests()


def test_unknown_service_is_refused_at_once_however_it_talks(host):
    """By its name alone, before its conversation is tried."""
    for conversation in (FAILING, DEAF):
        refused_at_once(host, conversation, 0, PAM_AUTHINFO_UNAVAIL, "service_unknown")
        host.log.clear()
    assert not host.provider.requests()


# --- services that cannot show what the phone shows ------------------------------------------

PUSH = {"provider": {"confirm_service": "WORKSTATIONS_CONFIRM"}}
RINGS = {"flow": "push", "push_requires": "none"}


def rings(host) -> int:
    return len([r for r in host.provider.requests() if r["endpoint"] == "authenticate"])


def test_login_screens_that_show_nothing_ring_nobody(host):
    """Their texts go to a log, or nowhere: each is known by its name. Whoever writes style= there
    has another one."""
    host.itsme.configure(**PUSH, login=RINGS)
    for name in ("xrdp-sesman", "slim", "lxdm", "wdm", "ly"):
        refused_at_once(host, DEAF, 0, PAM_AUTHINFO_UNAVAIL, "service_is_silent", name=name)
        host.log.clear()
    assert not host.provider.requests()
    host.itsme.configure(**PUSH, login=RINGS | {"timeout": 10})
    codes, _ = run_service(DEAF, 0, ("authenticate",), name="xrdp-sesman", words="style=plain")
    assert codes != [PAM_SUCCESS] and rings(host) == 1


# --- services that live on terminals ----------------------------------------------------------

def alone(host, user: str, *command: str) -> subprocess.CompletedProcess:
    """COMMAND of USER away from every terminal, its output in a pipe."""
    return subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--reset-env", *command],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, cwd="/",
        timeout=PATIENCE)


def prepare_services() -> None:
    write(Path("/etc/doas.conf"), "permit alice as root\n", 0o400)
    write(Path("/etc/login.defs"), "CHFN_RESTRICT rwh\n", 0o644)
    for name in ("doas", "chsh", "chfn"):
        write(Path("/etc/pam.d") / name, stacks.STACK.format(arguments=""), 0o644)


def test_terminal_services_without_one_ring_nobody(host):
    """setsid, cron: one sentence at once, nothing sent, and no code in the pipe."""
    prepare_services()
    host.itsme.configure(**PUSH, login={"push_requires": "none"})
    for user, command in (("alice", ("doas", "cat", accounts.ROOT_PROOF)),
                          ("mallory", ("su", "-l", "alice", "-c", "cat proof")),
                          ("mallory", ("su", "alice", "-c", "cat proof")),
                          ("alice", ("chsh", "-s", "/bin/sh")),
                          ("alice", ("chfn", "-r", "12"))):
        host.log.clear()
        began = time.monotonic()
        result = alone(host, user, *command)
        said = result.stdout + result.stderr
        assert result.returncode != 0 and not qr.find_all(said) and "http" not in said, result
        assert time.monotonic() - began < AT_ONCE
        pairs = host.log.wait_attempts(1)[0].pairs
        assert (pairs["outcome"], pairs["reason"]) == ("not_interactive", "no_terminal"), command
    assert not host.provider.requests()


def test_terminal_services_without_one_go_on_for_who_is_not_enrolled(host):
    """Whoever is not asked anyway has their password, as ever: from a script, too."""
    accounts.set_password("mallory", "secret")
    write(Path("/etc/pam.d/su"), f"auth [success=done ignore=ignore default=die] pam_itsme.so\n"
          "auth required pam_unix.so\naccount required pam_unix.so\n", 0o644)
    host.itsme.configure(identity={"unmapped": "ignore"})
    result = subprocess.run(
        ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--reset-env", "su",
         "mallory", "-c", "cat ~/proof"], input="secret\n", capture_output=True, text=True,
        start_new_session=True, cwd="/", timeout=PATIENCE)
    assert result.stdout.strip() == accounts.proof("mallory"), result
    assert host.log.wait_attempts(1)[0].pairs["outcome"] == "ignored"


def test_doas_at_a_terminal_is_live(host):
    """The code stands on the terminal, the command's output goes where it was sent."""
    prepare_services()
    out = Path("/tmp/doas-out")
    terminal = host.terminal("sh", "-c", f"doas cat {accounts.ROOT_PROOF} >{out}", user="alice",
                             name="xterm-256color")
    host.scan_screen(terminal)
    host.provider.approve()
    assert terminal.finish() == 0
    assert out.read_text().strip() == accounts.proof("root")


def test_chsh_and_chfn_at_a_terminal_are_live(host):
    """The code is on the screen and then not any more, and the entry is changed."""
    prepare_services()
    for command, entry in ((("chsh", "-s", "/bin/sh"), ":/bin/sh"), (("chfn", "-r", "12"), ":,12,")):
        terminal = host.terminal(*command, user="alice", name="xterm-256color")
        host.scan_screen(terminal)
        host.provider.approve()
        assert terminal.finish() == 0, terminal.text
        assert not qr.find_all(terminal.screen.text), terminal.screen.text
        assert entry in alices_entry(), alices_entry()


def alices_entry() -> str:
    return next(line for line in Path("/etc/passwd").read_text().splitlines()
                if line.startswith("alice:"))


def test_unit_of_systemd_is_opened_unasked(host):
    """A unit with PAMName= never authenticates; it does all the rest, in silence."""
    codes, took = run_service(FAILING, PAM_SILENT, ("acct_mgmt", "setcred", "open_session",
                                                    "close_session"))
    assert codes == [PAM_SUCCESS] * 4, codes
    assert took < AT_ONCE and not host.log.attempts() and not host.provider.requests()


if __name__ == "__main__":
    checks.main(globals(), make_host)
