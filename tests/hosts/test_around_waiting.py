#!/usr/bin/python3
"""su and sudo, and somebody who knows the password alone and has everything stand still while the
provider is asked: by Ctrl-Z, by a signal, in a control group. The time in which the helper did not
run is not the provider's; it asks again, and the password counts for nothing."""
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
from around import OLD, AroundHost, Su, Sudo, approve, drive, fetch_of, helper_of, is_settled, leave, \
    local_ports
from daemon import end_with_parent
from service import UIDS

LATE = 3  # seconds that the provider's first answer takes: well within request_timeout
QUOTA = (1000, 1000000)  # microseconds: 1 ms a second
SLOW = 150  # seconds until such a login has come to something
LOOP, LOOPS = "while :; do :; done", 3
SESSIONS = "user_discovery_sessions"


# --- ways to stand still ---------------------------------------------------------------------

class Suspended:
    """Ctrl-Z, then fg."""
    name, command_end = "Ctrl-Z", ""
    goes_on = True  # to the phone, and not only not in

    def start(self, attempt) -> None:
        pass

    def stop(self, attempt) -> None:
        attempt.type("\x1a")

    def wait_stopped(self, attempt) -> None:
        drive([attempt], lambda attempt: re.search("Stopped", attempt.terminal.text), "stopped")

    def resume(self, attempt) -> None:
        attempt.type("fg\r")


class Signalled(Suspended):
    """In the background, and by a signal to as much of the job as the caller may signal."""
    name, command_end = "SIGSTOP", " &"
    goes_on = False  # what it has to say may come to nobody's terminal

    def stop(self, attempt) -> None:
        attempt.type("kill -STOP %1; echo $? to stop; jobs\r")

    def wait_stopped(self, attempt) -> None:
        drive([attempt], lambda attempt: re.search("^[01] to stop", attempt.terminal.text, re.M),
              "signalled")

    def resume(self, attempt) -> None:
        attempt.type("kill -CONT %1; fg\r")


class Frozen(Suspended):
    name, controller = "freezer", "freezer"

    def start(self, attempt) -> None:
        attempt.cgroup = attempt.host.cgroup(self.controller)
        attempt.cgroup.write("cgroup.procs", attempt.terminal.child.pid)

    def stop(self, attempt) -> None:
        attempt.cgroup.freeze()

    def wait_stopped(self, attempt) -> None:
        pass

    def resume(self, attempt) -> None:
        attempt.cgroup.thaw()


class Slowed(Frozen):
    """The little that the group may run is shared with loops of the caller's."""
    name, controller = "quota", "cpu"
    goes_on = False  # within the time of a login

    def stop(self, attempt) -> None:
        attempt.cgroup.slow_down(*QUOTA)
        attempt.loops = [subprocess.Popen(["sh", "-c", LOOP], user=UIDS[attempt.user],
                                          preexec_fn=end_with_parent) for _ in range(LOOPS)]
        for loop in attempt.loops:
            attempt.cgroup.write("cgroup.procs", loop.pid)

    def resume(self, attempt) -> None:
        for loop in attempt.loops:
            loop.kill()
        attempt.cgroup.let_run()
        for loop in attempt.loops:
            loop.wait()


WAYS = (Suspended(), Signalled(), Frozen(), Slowed())


# --- in a shell of the caller's ----------------------------------------------------------------

class InShell:
    """A program that a shell has started, so that its job can be stopped."""
    over_at = 0  # characters of the text: a shell's prompt beyond means the end

    def __init__(self, host, way, moment):
        self.way, self.moment = way, moment
        self.cgroup = None
        super().__init__(host, f"{way.name} {moment}")

    def knock(self, before: tuple, **options):
        terminal = self.host.terminal("bash", "--norc", "-i", user=self.user, **options)
        terminal.wait_for(r"\$ $")
        return terminal

    def begin(self) -> None:
        self.way.start(self)
        self.type(shlex.join(map(str, self.words())) + self.way.command_end + "\r")

    def at_code(self) -> None:
        if self.over_at:  # the kernel may throw away a Ctrl-Z with what was typed just before it
            super().at_code()

    @property
    def is_over(self) -> bool:
        text = self.terminal.text[self.over_at:]
        return self.has_ended or (self.over_at > 0 and bool(re.search(r"\$ $", text)))

    def go_on(self) -> None:
        self.over_at = len(self.terminal.text) + 1
        self.way.resume(self)


class ShellSu(InShell, Su):
    pass


class ShellSudo(InShell, Sudo):
    pass


def start(host, ways, moment: str) -> list:
    found = [door(host, way, moment) for way in ways for door in (ShellSu, ShellSudo)]
    for attempt in found:
        attempt.begin()
    return found


def wait_and_stop(attempts: list, is_there, what: str) -> None:
    """Each as soon as it IS_THERE(attempt)."""
    running = list(attempts)

    def stop_if_there(attempt) -> bool:
        if attempt in running and is_there(attempt):
            attempt.way.stop(attempt)
            running.remove(attempt)
        return attempt not in running
    drive(attempts, stop_if_there, what)
    for attempt in attempts:
        attempt.way.wait_stopped(attempt)


def helper(attempt) -> int | None:
    return helper_of(attempt.terminal.child.pid)


def fetch(attempt) -> int | None:
    return fetch_of(attempt.terminal.child.pid)


@contextlib.contextmanager
def standing(host):
    """The provider takes connections, and answers nobody for a moment."""
    pid = host.provider.daemon.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def stopped(host) -> list:
    """An attempt for every way of standing still at every moment, all of them stopped."""
    starting = start(host, WAYS, "at the start")
    wait_and_stop(starting, helper, "with a helper")
    with standing(host):
        connecting = start(host, WAYS, "while it connects")
        wait_and_stop(connecting, lambda attempt: (pid := fetch(attempt)) and local_ports(pid),
                      "connecting")
    host.provider.fault(f"http-late={LATE}", "--path", SESSIONS)
    asking = start(host, WAYS, "while it asks")
    wait_and_stop(asking, lambda attempt: (pid := fetch(attempt)) and host.has_met(pid),
                  "asking")
    host.provider.command("fault", "clear")
    shown = start(host, WAYS[:1], "at the code")
    wait_and_stop(shown, lambda attempt: attempt.codes, "shown a code")
    return starting + connecting + asking + shown


def is_seen(attempt) -> bool:
    """Who is to go on sees the code, and not only a helper that has it."""
    return attempt.is_over or attempt.is_in or attempt.codes > 0 or \
        not attempt.way.goes_on and is_settled(attempt)


def test_standing_still(host):
    attempts = stopped(host)
    time.sleep(OLD)
    for attempt in attempts:
        attempt.go_on()
    drive(attempts, is_seen, "refused, nor asked for the phone")
    let_in = [attempt for attempt in attempts if attempt.is_in]
    with_phone = [attempt for attempt in attempts
                  if attempt.way.goes_on and attempt.codes and attempt not in let_in]
    refused = [attempt.name for attempt in attempts
               if attempt.way.goes_on and attempt not in let_in + with_phone]
    others = [attempt for attempt in attempts if attempt not in with_phone]
    leave(others)
    let_in = [attempt.name for attempt in others if attempt.is_in]
    assert not let_in, f"the password alone let in {len(let_in)}: {'; '.join(let_in)}"
    assert not refused, f"not asked again: {'; '.join(refused)}"
    approve(host, with_phone)


def test_slow_from_the_start(host):
    """What takes ten milliseconds on a processor of one's own takes ten seconds."""
    attempts = [door(host, WAYS[0], "in slow motion") for door in (ShellSu, ShellSudo)]
    for attempt in attempts:
        cgroup = host.cgroup("cpu")
        cgroup.write("cgroup.procs", attempt.terminal.child.pid)
        cgroup.slow_down(*QUOTA)
        attempt.over_at = len(attempt.terminal.text) + 1
        attempt.begin()
    drive(attempts, is_seen, "refused, nor asked for the phone", SLOW)
    host.release()
    leave(attempts)
    let_in = [attempt.name for attempt in attempts if attempt.is_in]
    assert not let_in, f"the password alone let in: {'; '.join(let_in)}"


if __name__ == "__main__":
    checks.main(globals(), AroundHost)
