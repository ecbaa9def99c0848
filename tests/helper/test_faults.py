#!/usr/bin/python3
"""What becomes of a login when something happens to one of its programs, or to what they stand on:
killed or stopped at each step, no descriptors, no memory, a full disk, no /run, a clock that is
wrong. Nobody is admitted by it, nothing waits beyond the login's time, there is one verdict with a
sentence, and no program is left. docs/faults.md is made of it.

    test_faults.py BUILD-DIRECTORY [--write] [NAME...]

As root, in a mount namespace of its own. Closes with `N passed, N failed`.
"""

import contextlib
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import family  # noqa: E402
from channel import reserve_descriptor  # noqa: E402
from faults import Fault, honest, SLOW  # noqa: E402
from faulty_op import FaultyOp, ONCE  # noqa: E402
from made_page import MadePage  # noqa: E402
from test_helper import PLACE, move_in, run_workers, select  # noqa: E402
from test_told import make_world  # noqa: E402
from told_login import Login, REQUEST, Soft  # noqa: E402

PAGE = MadePage(Path(__file__).parents[2] / "docs/faults.md",
                "<!-- made by tests/helper/test_faults.py --write -->", "<!-- end -->",
                "test_faults.py")
AT_A_TIME = 40          # logins: most of their time is waiting
TRIES = 3               # of one that a busy machine may have made late
TIMEOUT = 10            # of a login, in seconds; of a request: REQUEST
PAUSE = 3               # seconds that a helper is stopped for: longer than a request may take
GONE = 0.5              # seconds until no program is left
LARGE, MARGIN = 250_000, 100_000    # bytes of an answer, and less, which is what there is for it
HELPER, FETCH, QR = "itsme-helper", "itsme-fetch", "itsme-qr"
LATE = int(re.search(r"#define HTTP_LATE_MS (\d+)", (
    Path(__file__).parents[2] / "src/http/http.h").read_text())[1]) // 1000  # how long silence is borne
AT_ONCE, NEXT, SILENT = "at once", "at the next request", f"after {REQUEST + LATE} s"
OVER = "when the login's time is over"
SECONDS = {AT_ONCE: (0, 1.0), NEXT: (0, 2.5), SILENT: (1.0, REQUEST + LATE + 1.5),
           OVER: (TIMEOUT - 2.0, TIMEOUT + 1.0)}
# word -> who can bring it about; where that is nobody at the machine, a stack may fall back
CAUSES = {word: cause for cause, word in re.findall(r'X\(\w+, \w+, (\w+), "(\w+)"\)', (
    Path(__file__).parents[2] / "src/base/err.h").read_text())}
ROOTS_OWN = "state_unsafe"


class Ending(NamedTuple):
    verdict: str    # "": there was none
    word: str
    when: str       # after it happened; "" where the login went on


LET_IN = Ending("authenticated", "ok", "")
NO_VERDICT = Ending("", "", AT_ONCE)


# --- moments: what the provider is asked for, and whether it happens before, within or after the
# --- answer ------------------------------------------------------------------------------------

TAKEN = "taken"         # once the helper has said in its log that the answer has come


class Moment(NamedTuple):
    step: str
    place: str      # of the answer
    pending: int    # polls before the approval


MOMENTS = {
    "at the first request": Moment("metadata", "before", 1),
    "within an answer": Moment("metadata", "within", 1),
    "while the code is shown, at a poll": Moment("token", "before", 1),
    "between two polls": Moment("token", TAKEN, 1),
    "as the token comes": Moment("token", "before", 0),
    "as the token is there": Moment("token", "after", 0),
    "at the last request": Moment("userinfo", "before", 0),
    "after the verdict": Moment("", "", 0),
}
# Of itsme's flow:
PICTURE, READ = Moment("session", "before", 1), Moment("metadata", "before", 1)
SHOWN = Moment("discovery", "before", 1)


def happens(place, strike):
    """The fault that is none of the provider's."""
    def made(connection, answer):
        data = honest(answer)
        cut = {"before": 0, "within": len(data) // 2, "after": len(data)}[place]
        connection.sendall(data[:cut])
        strike()
        connection.sendall(data[cut:])
        return True
    return made


# --- what happens: function(login, name of the program) -------------------------------------------


def each(login, name):
    pids = family.named(login.helper.process.pid, name)
    assert pids, f"no {name} runs"
    return pids


def killed(login, name):
    for pid in each(login, name):
        os.kill(pid, signal.SIGKILL)
        while (found := family.member(pid)) is not None and family.is_alive(found):
            time.sleep(0.001)


def stopped(login, name):
    for pid in each(login, name):
        os.kill(pid, signal.SIGSTOP)


def paused(login, name):
    """Stopped, and then it goes on."""
    stopped(login, name)

    def go_on():
        if login.helper.process.returncode is None:
            os.kill(login.helper.process.pid, signal.SIGCONT)
    threading.Timer(PAUSE, go_on).start()


def host_killed(login, _name):
    """The program that has started the helper, which is stopped and sees nothing of it."""
    stopped(login, HELPER)
    for name in (FETCH, QR):
        each(login, name)
    login.helper.process.kill()
    login.helper.channel.shutdown(socket.SHUT_RDWR)     # the host's end, which we hold
    rest = [one for one in login.programs if one.name in (HELPER, FETCH, QR)]
    try:
        family.wait_gone(rest, GONE, alive=True)
    except AssertionError as problem:
        login.trouble = str(problem)
        for one in family.left(rest, alive=True):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)


def limited(login, name, what):
    """As its own account: not every root may do it to others. WHAT is told its size in bytes."""
    for pid in each(login, name):
        status = dict(re.findall(r"^(\w+):\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M))
        subprocess.run(["prlimit", "--pid", str(pid), what(int(status["VmSize"]) << 10)],
                       user=int(status["Uid"]), group=int(status["Gid"]), extra_groups=[], check=True)


def without_files(login, name):
    limited(login, name, lambda _: "--nofile=3:3")


def without_memory(login, name):
    """Little more than it has: some for its stack, which nobody can do without."""
    limited(login, name, lambda size: f"--as={size + MARGIN}:{size + MARGIN}")


def nothing(_login, _name):
    """It is so already."""


# --- what the machine is like: a shell's words before the helper, which is "$1" -------------------

FULL = "mount -t tmpfs -o mode=0700,size=4096 tmpfs /run/pam_itsme; " \
       "head -c 4096 /dev/zero >/run/pam_itsme/full; "
MOVED = 'mkdir -p {place}; mount --bind "$(dirname "$1")" {place}; ' \
        'set -- {place}/"$(basename "$1")"; '
NO_RUN = MOVED + "mount -t tmpfs tmpfs /run; "
FIXED_RUN = MOVED + "mount -t tmpfs -o ro tmpfs /run; "
FEW_FILES = "ulimit -n 5; "
HOST = """set -- sh -c '"$@" & wait' sh "$@"; """
OPEN_RUN = "mount -t tmpfs -o mode=0777 tmpfs /run/pam_itsme; "


class Struck(Login):
    """A login to whose program something happens."""

    def __init__(self, build, op, case):
        super().__init__(build, op, timeout=TIMEOUT, more=case.more)
        self.case, self.programs, self.struck = case, set(), None
        self.trouble, self.is_started = None, threading.Event()

    def program(self):
        words = super().program()
        if not self.case.machine:
            return words
        machine = self.case.machine.format(place=PLACE / f"programs-{self.op.number}")
        return ["unshare", "--mount", "sh", "-c", machine + 'exec "$@"', "sh", *words]

    def start(self):
        super().start()
        self.is_started.set()

    def strike(self):
        assert self.is_started.wait(60), "no helper was started"
        self.look_around()
        self.struck = time.monotonic()
        self.case.act(self, self.case.program)

    def look_around(self):
        self.programs |= set(family.members(self.helper.process.pid))

    def take(self, message):
        self.look_around()
        self.ended = time.monotonic()
        goes_on = super().take(message)
        if self.is_taken(message) and self.struck is None:
            self.strike()
        if goes_on and message[0] == "VERDICT" and self.case.moment == MOMENTS["after the verdict"]:
            self.case.act_if_there(self)
        return goes_on

    def is_taken(self, message):
        moment = self.case.moment
        return message is not None and moment is not None and moment.place == TAKEN and \
            message[1].get("text", "").startswith(f"step={moment.step} status=")

    def began(self):
        """When it first gave a sign of life."""
        return min(time for time in (self.begin, self.op.first_seen) if time is not None)

    def ending(self):
        if self.verdicts and self.verdict == "authenticated":
            return LET_IN
        took = self.ended - (self.struck or self.began())
        least, most = SECONDS.get(self.case.expected.when, (0, 0))
        when = self.case.expected.when if least <= took <= most else f"after {took:.1f} s"
        return Ending(self.verdict, self.word, when) if self.verdicts else Ending("", "", when)


class Case:
    """One row of the table. `flow` is whose requests there are."""

    def __init__(self, act, program, moment, expected, flow="device", machine="", bend=None, more="",
                 log=""):
        self.act, self.program, self.moment, self.expected = act, program, moment, expected
        self.flow, self.machine, self.bend, self.more, self.log = flow, machine, bend, more, log

    def act_if_there(self, login):
        """It may go by itself just now."""
        try:
            self.act(login, self.program)
        except (AssertionError, ProcessLookupError):
            pass

    def run(self, world, build, number):
        login = None
        moment = self.moment
        fault = moment and moment.step and moment.place != TAKEN and Fault(
            "none", SLOW, happens(moment.place, lambda: login.strike()))
        op = FaultyOp(world, self.flow, number, fault or None, moment and moment.step or None, ONCE)
        if moment is not None:
            op.pending = moment.pending
        if self.bend is not None:
            self.bend(op)
        login = Struck(build, op, self)
        try:
            login.run()
        finally:
            op.close()
        self.check(login)
        return login.ending(), login.text if login.verdicts else ""

    def check(self, login):
        rest = [one for one in login.programs if one.name.startswith("itsme-")]
        family.wait_gone(rest, GONE, alive=True)
        assert login.trouble is None, login.trouble
        assert len(login.verdicts) <= 1, f"{len(login.verdicts)} verdicts\n{login.log()}"
        assert not login.op.problems, login.op.problems
        assert self.moment is None or not self.moment.step or login.struck, \
            f"it did not happen\n{login.log()}"
        took = login.ended - login.began()
        if took > TIMEOUT + 1:
            raise Soft(f"after {took:.1f} s\n{login.log()}")
        if login.ending() != self.expected:
            raise Soft(f"{tuple(login.ending())}, and not {tuple(self.expected)}; exit status "
                       f"{login.status}: {login.helper.errors}\n{login.log()}")
        if login.verdicts and login.verdict != "authenticated":
            assert login.text, "no sentence"
            assert login.verdict == "bad_token" or login.word == ROOTS_OWN or \
                CAUSES[login.word] == "CALLER", f"{login.word} lets a stack fall back"
        assert self.log in login.log(), f"{self.log!r} is not in\n{login.log()}"


def pad(op):
    """A long answer."""
    op.metadata = {"x": "x" * LARGE}


def an_hour(seconds):
    def bend(op):
        now = int(time.time()) + seconds
        op.claims = {"iat": now, "exp": now + 60}
    return bend


def cases():
    """What happened, to whom, when -> the case."""
    for moment, row in MOMENTS.items():
        is_over = moment == "after the verdict"
        yield "killed", HELPER, moment, Case(killed, HELPER, row, LET_IN if is_over else NO_VERDICT)
        if not is_over:
            yield f"stopped for {PAUSE} s", HELPER, moment, Case(paused, HELPER, row, LET_IN)
        for act, when, said in ((killed, NEXT if moment == "between two polls" else AT_ONCE, "has gone"),
                                (stopped, SILENT, "does not answer")):
            yield act.__name__, FETCH, moment, Case(
                act, FETCH, row, LET_IN if is_over else Ending("unavailable", "fetch_gone", when),
                log="" if is_over else f"itsme-fetch {said}")
    for act, when in ((killed, AT_ONCE), (stopped, OVER)):
        yield act.__name__, QR, "before the picture comes", Case(
            act, QR, PICTURE, Ending("unreadable_qr", "qr_reader_failed", when), flow="qr")
        yield act.__name__, QR, "once it is read", Case(act, QR, READ, LET_IN, flow="qr")
    yield "killed while the helper is stopped", "the host", "while the code is shown", Case(
        host_killed, QR, SHOWN, NO_VERDICT, flow="qr", machine=HOST)
    first, token = MOMENTS["at the first request"], MOMENTS["as the token is there"]
    yield "no descriptor left", HELPER, "at the first request", Case(
        without_files, HELPER, first, LET_IN)
    yield "no descriptor left", FETCH, "at the first request", Case(
        without_files, FETCH, first, LET_IN)
    yield "no descriptor left", HELPER, "at the beginning", Case(
        None, "", None, Ending("misconfigured", "system_call", AT_ONCE), machine=FEW_FILES)
    yield "no memory left", HELPER, "at the first request", Case(
        without_memory, HELPER, first, Ending("unavailable", "out_of_memory", AT_ONCE), bend=pad)
    yield "no memory left", FETCH, "at the first request", Case(
        without_memory, FETCH, first, Ending("unavailable", "out_of_memory", AT_ONCE), bend=pad)
    never = None
    yield "`/run/pam_itsme` is full", "the machine", "a code", Case(
        None, "", never, LET_IN, machine=FULL, log="this code is not counted: system_call")
    yield "`/run/pam_itsme` is full", "the machine", "a request to the phone", Case(
        None, "", never, Ending("misconfigured", "system_call", AT_ONCE), flow="push", machine=FULL)
    yield "`/run` is empty", "the machine", "a code", Case(None, "", never, LET_IN, machine=NO_RUN)
    yield "`/run` is empty and read-only", "the machine", "a code", Case(
        None, "", never, LET_IN, machine=FIXED_RUN)
    yield "others may write to `/run/pam_itsme`", "the machine", "a code", Case(
        None, "", never, LET_IN, machine=OPEN_RUN, log="no phone is rung and no code counted")
    yield "others may write to `/run/pam_itsme`", "the machine", "a request to the phone", Case(
        None, "", never, Ending("misconfigured", "state_unsafe", AT_ONCE), flow="push", machine=OPEN_RUN)
    for name, seconds, word in (("an hour slow", 3600, "claim_iat"), ("an hour fast", -3600, "claim_exp")):
        yield f"the clock is {name}", "the machine", "the token", Case(
            nothing, "", token, Ending("bad_token", word, AT_ONCE), bend=an_hour(seconds))


# --- the page ----------------------------------------------------------------------------------


def words_of(ending):
    if ending == LET_IN:
        return "goes on"
    if not ending.verdict:
        return f"no verdict, {ending.when}: `internal`"
    return f"{ending.verdict} `{ending.word}` {ending.when}"


def page_text(measured):
    """`measured`: (what, who, when) -> (how it ended, the sentence). Equal rows are one."""
    rows = {}
    for (what, who, when), (ending, sentence) in measured.items():
        rows.setdefault((what, who, words_of(ending), re.sub(r"\d+", "N", sentence)), []).append(when)
    lines = ["| what | whose | when | the login | the person reads |", "|---|---|---|---|---|"]
    for (what, who, ending, sentence), moments in rows.items():
        lines.append(f"| {what} | {who} | {'; '.join(moments)} | {ending} | {sentence or '–'} |")
    return "\n".join(lines)


def work(world, build, todo, results, measured):
    while True:
        try:
            number, name, (key, case) = todo.get_nowait()
        except queue.Empty:
            return
        for attempt in range(TRIES):
            trouble = None
            try:
                measured[key] = case.run(world, build, number + attempt * 1000)
                break
            except Soft as problem:
                trouble = str(problem)
            except Exception:
                trouble = traceback.format_exc(limit=-2)
                break
        results.put((name, trouble))


def main(arguments):
    if len(arguments) < 2 or os.geteuid() != 0:
        print(__doc__)
        return 2
    if "HELPER_TEST_INSIDE" not in os.environ:
        move_in(arguments)
    reserve_descriptor()
    build, *wanted = arguments[1:]
    writes, wanted = "--write" in wanted, [word for word in wanted if word != "--write"]
    rows = {f"{what}, {who}, {when}": ((what, who, when), case) for what, who, when, case in cases()
            if not case.program or (Path(build) / case.program).exists()}
    chosen = select(rows, wanted)
    todo, results, measured = queue.Queue(), queue.Queue(), {}
    for number, (name, row) in enumerate(chosen.items()):
        todo.put((number, name, row))
    world = make_world(build)
    workers = [threading.Thread(target=work, args=(world, build, todo, results, measured))
               for _ in range(AT_A_TIME)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if not wanted:
        results.put(("the page", check_page(
            {key: measured[key] for key, _ in chosen.values() if key in measured},
            writes and len(measured) == len(chosen))))
    return run_workers([], results)


def check_page(measured, writes):
    """What is wrong with it; None: nothing."""
    new = page_text(measured)
    try:
        if writes:
            PAGE.write(new)
        PAGE.check(new)
    except AssertionError as problem:
        return str(problem)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv))
