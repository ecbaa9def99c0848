"""What a host test is given: accounts, the installed module, a provider, a log and an sshd."""
import contextlib
import os
import shutil
import signal
import time
from functools import cached_property
from pathlib import Path

import accounts
import stacks
from installation import CLIENT_ID, SERVICE, Installation
from logsink import LogSink
from provider import Provider
from sshd import Sshd
from terminal import PATIENCE, Terminal

DIRECTORY = Path("/etc/pam_itsme")
PROVIDER_SETTINGS = ("--interval", 1)
PROGRAMS = ("sshd", "sshd-session", "sshd-auth", "sudo", "su", "login", "pamtester", "vlock-main",
            "i3lock", "swaylock")
STORY_BEGIN, STORY_END, LINE_MAX = 20, 80, 300  # lines of a failure's story, characters of each
PEOPLE = {"alice": "alice", "bob": "bob", "carol": "chloe"}  # mallory is in no map


def processes(name: str) -> list[int]:
    """The pids that go by NAME, zombies too: an uncollected child is a leftover as well."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (directory / "comm").read_text().strip() == name:
                found.append(int(directory.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def only(name: str) -> int:
    """The pid of the one that goes by NAME; what has just been started goes by its parent's until
    it is a program of its own."""
    deadline = time.monotonic() + PATIENCE
    while len(found := processes(name)) != 1:
        assert time.monotonic() < deadline, f"{len(found)} go by {name}, not one"
        time.sleep(0.01)
    return found[0]


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just gone
        os.kill(pid, signal.SIGKILL)


def forget_limits() -> None:
    """Whoever was refused in an earlier test need not wait in this one."""
    shutil.rmtree("/run/pam_itsme/accounts", ignore_errors=True)


class Host:
    helper = "itsme-helper"
    # what a login starts, and must not leave behind
    leftovers = (helper, "itsme-fetch", "itsme-qr", "itsme-echo")

    def __init__(self, *provider_settings: object):
        self.log = self.furnish()
        stacks.create()
        self.itsme = Installation(DIRECTORY)
        jwks = Path("/run/client-jwks.json")
        self.itsme.publish_keys(jwks)
        self.provider = Provider(Path("/run/provider"), CLIENT_ID, SERVICE, jwks,
                                 *(provider_settings or PROVIDER_SETTINGS))
        self.itsme.meet(self.provider, PEOPLE)
        self.terminals: list[Terminal] = []

    def furnish(self) -> LogSink:
        """The accounts and the log: where a real system has made them, it is asked instead."""
        accounts.create()
        return LogSink()

    @cached_property
    def sshd(self) -> Sshd:
        return Sshd()

    # --- the doors ----------------------------------------------------------------------

    def terminal(self, *argv: object, **options) -> Terminal:
        terminal = Terminal(*argv, **options)
        self.terminals.append(terminal)
        return terminal

    def ssh(self, user: str, *command: str, words: tuple = (), **options) -> Terminal:
        return self.terminal("ssh", *self.sshd.options(), *words, f"{user}@127.0.0.1", *command,
                             **options)

    def scan_screen(self, terminal: Terminal) -> None:
        """Hold alice's phone before a live screen, and again if the code was just replaced."""
        code = None
        while True:
            code = terminal.wait_code(other_than=code)
            try:
                return self.provider.scan(code)
            except AssertionError as error:
                if "replaced by a newer one" not in str(error):
                    raise

    # --- around each test ---------------------------------------------------------------

    def reset(self) -> None:
        self.tidy()
        stacks.create()
        self.itsme.reset()
        forget_limits()
        self.provider.reset()
        self.log.clear()

    def verify_clean(self) -> None:
        self.wait_no_helper(PATIENCE)

    def story(self) -> str:
        """What happened, for whoever reads about a failure."""
        lines = ["    the provider was asked:"]
        lines += [f"      {request['mono']:.2f} {request['endpoint']} {request.get('status')} "
                  f"{request.get('error') or request.get('outcome') or ''}"
                  for request in self.provider.requests()]
        lines += ["    the system log has:"] + [f"      {line}" for line in self.log.raw]
        if len(lines) > STORY_BEGIN + STORY_END:  # what was last is what went wrong
            lines[STORY_BEGIN:-STORY_END] = ["      ..."]
        return "\n".join(line[:LINE_MAX] for line in lines)

    def tidy(self) -> None:
        """Whatever happened, the next test starts with nobody around, and nobody's last words
        come into its log."""
        for terminal in self.terminals:
            terminal.close()
        self.terminals.clear()
        for pid in self._left():
            kill(pid)
        deadline = time.monotonic() + PATIENCE
        while visitors := self._visitors():
            if time.monotonic() > deadline:
                for pid in visitors:
                    kill(pid)
            time.sleep(0.01)

    def _visitors(self) -> list[int]:
        """Host programs that still run, but for the server that all tests share."""
        shared = {self.sshd.process.pid} if "sshd" in self.__dict__ else set()
        return [pid for name in PROGRAMS for pid in processes(name) if pid not in shared]

    def wait_no_helper(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self._left():
            if time.monotonic() > deadline:
                raise AssertionError(f"a helper is still there after {timeout} s")
            time.sleep(0.01)

    def _left(self) -> list[int]:
        return [pid for name in self.leftovers for pid in processes(name)]

    def close(self) -> None:
        if "sshd" in self.__dict__:
            self.sshd.close()
        self.provider.close()
