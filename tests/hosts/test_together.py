#!/usr/bin/python3
"""Several connections of one key and address at once, with `remember`: they wait for the first and
share its verdict. One phone rings once, and nobody is shown a code that nobody sees."""
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
from doors import READING
from sshd import Keys
from terminal import PATIENCE

CONFIRM = "WORKSTATIONS_CONFIRM"
SENT = re.escape("We sent a request to your itsme app.")
SECONDS = 60
QUIET = 2.0  # seconds in which somebody who is not kept waiting would be asked
METHODS = "publickey,keyboard-interactive"


class TogetherHost(hosts.Host):
    def __init__(self, *settings: object):
        self.servers: list[Keys] = []
        super().__init__(*settings)

    def serve(self, seconds: int = SECONDS) -> Keys:
        """A server that wants a key and a phone, where a login counts again for SECONDS."""
        self.itsme.configure(provider={"confirm_service": CONFIRM},
                             login={"remember": seconds, "number_match": "show"},
                             limits={"starts": 100, "starts_from": 10000, "cooldown": 1})
        self.servers.append(Keys())
        return self.servers[-1]

    def tidy(self) -> None:
        for server in self.servers:
            server.close()
        self.servers.clear()
        super().tidy()

    def rings(self) -> int:
        return len([request for request in self.provider.requests()
                    if request["endpoint"] == "authenticate" and request.get("status") == 200])


def make_host():
    return TogetherHost("--interval", 1, "--confirm-service", CONFIRM)


def is_asked(session) -> bool:
    return bool(re.search(SENT, session.text)) or bool(qr.find_all(session.text))


def read_all(sessions: list, until, what: str, timeout: float = PATIENCE) -> None:
    deadline = time.monotonic() + timeout
    while not until():
        assert time.monotonic() < deadline, \
            f"not {what}: " + "; ".join(repr(session.tail()) for session in sessions)
        for session in sessions:
            session.read(0.02)


def come_at_once(host, server: Keys, count: int = 4) -> tuple:
    """COUNT of them knock; once one is asked, the others have a while to be asked as well."""
    sessions = [server.session(host, "alice") for _ in range(count)]
    read_all(sessions, lambda: any(map(is_asked, sessions)), "asked")
    wait_helpers(count)
    quiet = time.monotonic() + QUIET
    read_all(sessions, lambda: time.monotonic() > quiet, "quiet")
    first = next(session for session in sessions if re.search(SENT, session.text))
    return first, [session for session in sessions if session is not first]


def wait_helpers(count: int) -> list[int]:
    deadline = time.monotonic() + PATIENCE
    while len(found := hosts.processes(hosts.Host.helper)) != count:
        assert time.monotonic() < deadline, f"{len(found)} helpers, not {count}"
        time.sleep(0.02)
    return found


def press_enter(session) -> None:
    time.sleep(READING)
    session.enter()


def expect_in(session) -> None:
    assert session.finish() == 0 and accounts.proof("alice") in session.text, session.tail()


def expect_nothing_asked(sessions: list) -> None:
    asked = [session.tail() for session in sessions if is_asked(session)]
    assert not asked, f"{len(asked)} of {len(sessions)} were asked as well: {asked}"


# --- one ring -------------------------------------------------------------------------------

def test_four_at_once_ring_once(host):
    """As an editor opens its connections."""
    began = time.monotonic()
    first, others = come_at_once(host, host.serve())
    expect_nothing_asked(others)
    host.provider.approve()
    host.provider.wait_token()
    for session in others:
        expect_in(session)
    press_enter(first)
    expect_in(first)
    took = time.monotonic() - began
    assert host.rings() == 1, f"{host.rings()} rings"
    expect_nothing_asked(others)
    flows = sorted(line.pairs["flow"] for line in host.log.wait_attempts(4))
    assert flows == ["push", "remembered", "remembered", "remembered"], flows
    print(f"   1 ring, 0 codes, {took:.1f} s")


def test_three_sources_of_scp_ring_once(host):
    server = host.serve()
    for name in "abc":
        Path(accounts.HOMES, "alice", name).write_text(name)
    target = Path("/tmp/copied")
    target.mkdir(exist_ok=True)
    session = host.terminal(
        "scp", *server.options(METHODS), "-o", "IdentitiesOnly=yes", "-i", "/run/keys/alice",
        *(f"alice@127.0.0.1:{name}" for name in "abc"), f"{target}/")
    session.wait_for(SENT)
    host.provider.approve()
    host.provider.wait_token()
    press_enter(session)
    assert session.finish() == 0, session.tail()
    assert sorted(path.name for path in target.iterdir()) == ["a", "b", "c"]
    assert host.rings() == 1 and len(re.findall(SENT, session.text)) == 1, session.tail()
    assert not qr.find_all(session.text)


GIT = """set -e
git clone --quiet ssh://alice@127.0.0.1/~/repository {work}
cd {work}
git -c user.name=alice -c user.email=alice@example.org commit --quiet --allow-empty -m first
git push --quiet origin HEAD:refs/heads/main
git fetch --quiet
git rev-parse origin/main
"""


def test_git_clone_push_and_fetch_ring_once(host):
    server = host.serve()
    work = Path("/tmp/cloned")
    repository = Path(accounts.HOMES, "alice", "repository")
    subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "git", "init",
                    "--quiet", "--bare", str(repository)], check=True, cwd="/")
    ssh = " ".join(["ssh", *map(str, server.options(METHODS)), "-o", "IdentitiesOnly=yes",
                    "-i", "/run/keys/alice"])
    session = host.terminal("sh", "-c", GIT.format(work=work),
                            environment={"GIT_SSH_COMMAND": ssh, "HOME": "/tmp"})
    session.wait_for(SENT)
    host.provider.approve()
    host.provider.wait_token()
    press_enter(session)
    assert session.finish() == 0, session.tail()
    head = subprocess.run(["git", "-C", str(work), "rev-parse", "HEAD"], check=True, text=True,
                          capture_output=True).stdout.strip()
    assert head in session.text, session.tail()
    flows = [line.pairs["flow"] for line in host.log.wait_attempts(3)]
    assert flows == ["push", "remembered", "remembered"] and host.rings() == 1, flows
    assert len(re.findall(SENT, session.text)) == 1 and not qr.find_all(session.text)


def test_two_commands_at_one_terminal_ring_once(host):
    """sudo beside sudo, as a script starts them."""
    host.serve()
    shell = host.terminal("bash", "--norc", "--noprofile", user="alice")
    shell.send(f"sudo cat {accounts.ROOT_PROOF} & sudo cat {accounts.ROOT_PROOF}; wait; "
               "echo end-$?\r")
    shell.wait_for(SENT)
    wait_helpers(2)
    quiet = time.monotonic() + QUIET
    read_all([shell], lambda: time.monotonic() > quiet, "quiet")
    assert len(re.findall(SENT, shell.text)) == 1 and not qr.find_all(shell.text), shell.tail()
    host.provider.approve()
    shell.wait_for("^end-0")
    assert shell.text.count(accounts.proof("root")) == 2 and host.rings() == 1, shell.tail()


# --- one refusal ----------------------------------------------------------------------------

def test_refusal_is_shared(host):
    """Whoever said no is not asked three times more."""
    first, others = come_at_once(host, host.serve())
    expect_nothing_asked(others)
    host.provider.deny()
    for session in others:
        assert session.finish() != 0 and accounts.proof("alice") not in session.text
        assert sentences.DENIED in session.text, session.tail()
    press_enter(first)
    assert first.finish() != 0, first.tail()
    for line in host.log.wait_attempts(4):
        assert line.pairs["reason"] == "user_denied", line.text
    assert host.rings() == 1, f"{host.rings()} rings"


def test_refusal_is_not_for_who_comes_later(host):
    """It is shared with those who have waited, and is no sentence on the key."""
    server = host.serve()
    first, _ = come_at_once(host, server, 2)
    host.provider.deny()
    press_enter(first)
    host.log.wait_attempts(2)
    host.wait_no_helper(PATIENCE)
    time.sleep(1.1)  # the cooldown
    later = server.session(host, "alice")
    later.wait_until(lambda: is_asked(later), "to be asked", PATIENCE)
    later.interrupt_until_end()


# --- a first one that vanishes --------------------------------------------------------------

def take_over(host, leave) -> None:
    """LEAVE(session, helper) makes the first one vanish; whoever has waited goes on."""
    server = host.serve()
    first = server.session(host, "alice")
    first.wait_for(SENT)
    helper, = wait_helpers(1)
    second = server.session(host, "alice")
    wait_helpers(2)
    quiet = time.monotonic() + QUIET
    read_all([first, second], lambda: time.monotonic() > quiet, "quiet")
    expect_nothing_asked([second])
    host.provider.reset()
    leave(first, helper)
    second.wait_until(lambda: is_asked(second), "to be asked", PATIENCE)
    if codes := qr.find_all(second.text):  # where the first one's request still counts
        host.provider.scan(qr.scan(codes[-1]))
    host.provider.approve()
    host.provider.wait_token()
    press_enter(second)
    expect_in(second)
    assert host.rings() <= 1, f"{host.rings()} rings more"


def test_first_killed_lets_the_next_go_on(host):
    def kill(session, helper):
        os.kill(helper, signal.SIGKILL)
        session.close()
    take_over(host, kill)


def test_first_that_leaves_lets_the_next_go_on(host):
    take_over(host, lambda session, helper: session.interrupt_until_end())


def test_waiting_client_that_leaves_is_gone_at_once(host):
    server = host.serve()
    first = server.session(host, "alice")
    first.wait_for(SENT)
    second = server.session(host, "alice")
    wait_helpers(2)
    began = time.monotonic()
    second.close()
    wait_helpers(1)
    assert time.monotonic() - began < 2, "its helper waits on"
    host.provider.approve()
    host.provider.wait_token()
    press_enter(first)
    expect_in(first)


def test_suspended_one_is_not_waited_for(host):
    """Somebody has stopped sudo with Ctrl-Z, and calls it anew."""
    host.serve()
    shell = host.terminal("bash", "--norc", "--noprofile", user="alice")
    shell.send(f"sudo cat {accounts.ROOT_PROOF}\r")
    shell.wait_for(SENT)
    shell.send("\x1a")
    shell.wait_for("Stopped")
    seen = len(re.findall(SENT, shell.text))
    shell.send(f"sudo cat {accounts.ROOT_PROOF}\r")
    shell.wait_until(lambda: len(re.findall(SENT, shell.text)) > seen or qr.find_all(shell.text),
                     "to be asked", 15)
    shell.interrupt()
    shell.wait_prompt()
    shell.send("echo again; fg\r")
    shell.wait_for("^again")
    shell.settle()
    shell.interrupt()
    shell.wait_prompt()
    shell.send("echo over\r")
    shell.wait_for("^over")


# --- who does not wait ----------------------------------------------------------------------

def test_another_key_does_not_wait(host):
    server = host.serve()
    other = Path("/run/keys/other")
    if not other.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    allowed = Path("/run/keys/alice.pub")
    if (line := other.with_suffix(".pub").read_text()) not in allowed.read_text():
        allowed.write_text(allowed.read_text() + line)
    first = server.session(host, "alice")
    first.wait_for(SENT)
    second = server.session(host, "other")
    second.wait_until(lambda: is_asked(second), "to be asked", 15)
    for session in (first, second):
        session.interrupt_until_end()


def test_without_remember_nobody_waits(host):
    first, others = come_at_once(host, host.serve(0), 2)
    assert all(map(is_asked, others)), "somebody was kept waiting"
    for session in (first, *others):
        session.interrupt_until_end()


if __name__ == "__main__":
    checks.main(globals(), make_host)
