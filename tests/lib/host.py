"""What a host test is given: accounts, the installed module, a provider, a log and an sshd."""
import os
import signal
import time
from functools import cached_property
from pathlib import Path

import accounts
import installation
from logsink import LogSink
from provider import Provider
from sshd import Sshd
from terminal import Terminal

STATE = Path("/run/provider")
PROVIDER_SETTINGS = ("--interval", 1, "--expires-in", 60)


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


class Host:
    helper = "itsme-helper"

    def __init__(self, *provider_settings: object):
        self.log = LogSink()
        accounts.create()
        self.itsme = installation.Installation()
        self.provider = self._start_provider(provider_settings or PROVIDER_SETTINGS)
        self.terminals: list[Terminal] = []

    def _start_provider(self, settings: tuple) -> Provider:
        jwks = Path("/run/client-jwks.json")
        jwks.write_text(self.itsme.publish_keys())
        provider = Provider(STATE, installation.CLIENT_ID, installation.SERVICE, jwks, *settings)
        installation.write(installation.CA_FILE, (STATE / "ca.pem").read_text(), 0o644)
        self.itsme.issuer = provider.issuer
        self.itsme.default_map = "".join(
            f"{user} sub={provider.subject(person)}\n"
            for user, person in (("alice", "alice"), ("bob", "bob"), ("carol", "chloe")))
        self.itsme.reset()
        return provider

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

    # --- around each test ---------------------------------------------------------------

    def reset(self) -> None:
        self.itsme.reset()
        self.provider.reset()
        self.log.clear()

    def verify_clean(self) -> None:
        self.wait_no_helper(2)

    def tidy(self) -> None:
        """Whatever happened, the next test starts with nobody around."""
        for terminal in self.terminals:
            terminal.close()
        self.terminals.clear()
        for pid in processes(self.helper):
            os.kill(pid, signal.SIGKILL)

    def wait_no_helper(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while processes(self.helper):
            if time.monotonic() > deadline:
                raise AssertionError(f"a helper is still there after {timeout} s")
            time.sleep(0.01)

    def close(self) -> None:
        if "sshd" in self.__dict__:
            self.sshd.close()
        self.provider.close()
