#!/usr/bin/python3
"""The real helper against a provider that stumbles: every request of every flow meets every fault,
once and for ever. What the login led to must be what the rules say, and what the tables in
docs/troubleshooting.md say, which are made of it.

    test_told.py BUILD-DIRECTORY [--write] [NAME...]     FLOW STEP FAULT once|for ever
    test_told.py BUILD-DIRECTORY --red                   counts by kind what is not as it should be

As root, in a mount namespace of its own. Closes with `N passed, N failed`.
"""

import base64
import collections
import itertools
import multiprocessing
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

from jwcrypto import jwk

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))
import programs  # noqa: E402
import told_page  # noqa: E402
import told_rules  # noqa: E402
from channel import reserve_descriptor  # noqa: E402
from faults import FAULTS  # noqa: E402
from faulty_op import FOREVER, FaultyOp, Names, ONCE, World  # noqa: E402
from test_helper import PLACE, move_in  # noqa: E402
from told_cases import CASES  # noqa: E402
from told_login import CLIENT, Login, NUMBERS, Soft  # noqa: E402
from told_rules import PLACES, expected  # noqa: E402
from itsme_sim import qr  # noqa: E402
from itsme_sim.keys import Tls  # noqa: E402

PROCESSES = 2
TOGETHER = 45           # logins side by side, of each process
RAMP = 0.05             # seconds between their beginnings
TRIES = 3               # of one that a busy machine may have made late


# --- the machine as the logins see it ---------------------------------------------------------


def settle_in():
    """Names and accounts of our own."""
    etc = PLACE / "etc"
    etc.mkdir()
    names = Names(etc / "hosts", NUMBERS)
    accounts = "".join(f"t{n:05}:x:{20000 + n}:1::/nonexistent:/bin/false\n"
                       for n in range(NUMBERS))
    (etc / "passwd").write_text(Path("/etc/passwd").read_text(encoding="utf-8") + accounts,
                                encoding="utf-8")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    for name in ("hosts", "passwd", "nsswitch.conf"):
        (etc / name).chmod(0o644)
        subprocess.run(["mount", "--bind", etc / name, Path("/etc") / name], check=True)
    return names


def make_world(build):
    programs.place(build)  # the processes that follow share it
    keys = PLACE / "keys"
    control = Path(build) / "itsmectl"
    keys.mkdir()
    subprocess.run([control, "keygen", keys], check=True, stdout=subprocess.DEVNULL)
    conf = PLACE / "first.conf"
    Login.write(conf, Login.CONFIG["qr"].format(
        issuer="https://localhost:1/op", place=PLACE, client=CLIENT, map="/dev/null", more="",
        login="", timeout=10))
    found = subprocess.run([control, "jwks", "--config", conf], check=True,
                           stdout=subprocess.PIPE).stdout
    (PLACE / "tls").mkdir()
    tls = Tls(PLACE / "tls", "*.op.test")
    for kind in ("right", "tls-expired", "tls-wrong-host", "tls-unknown-ca"):
        tls.context(kind)
    shutil.copy(tls.ca_file, PLACE / "ca.pem")
    (PLACE / "ca.pem").chmod(0o644)
    picture = base64.b64encode(qr.picture(qr.ADDRESS + "?x=1", "png")).decode()
    return World(tls, jwk.JWK.generate(kty="RSA", size=2048, kid="op-1"),
                 jwk.JWK.generate(kty="RSA", size=2048, kid="op-2"), CLIENT,
                 jwk.JWKSet.from_json(found.decode()), settle_in(), picture)


# --- one cell of the table --------------------------------------------------------------------


class Cell:
    """One fault at one request."""

    def __init__(self, flow, step, fault, once):
        self.flow, self.step, self.fault, self.once = flow, step, fault, once

    def key(self):
        return self.flow, self.step, self.fault.name, self.once

    def name(self):
        return f"{self.flow} {self.step}, {self.fault.name}, {'once' if self.once else 'for ever'}"

    def is_possible(self):
        """A name that was found stays found for the connection's whole life."""
        return self.fault.before != "name" or self.step != "new_keys" and (
            self.flow, self.step) not in (("qr", "metadata"), ("qr", "discovery"))

    def run(self, world, build, number):
        """(how it ended, what the person read); raises what is not as it should be."""
        op = FaultyOp(world, self.flow, number, self.fault, self.step,
                      ONCE if self.once else FOREVER)
        login = Login(build, op)
        try:
            login.run()
        finally:
            op.close()
        login.check_always()
        if not login.met():
            raise Soft(f"the fault was not met\n{login.log()}")
        found = told_rules.Ending(login.verdict, login.word, login.when())
        wanted = expected(self.flow, self.step, self.fault, self.once)
        if found != wanted:
            raise Soft(f"{tuple(found)}, and not {tuple(wanted)}\n{login.log()}",
                       (found, login.text))
        login.check_ending()
        return found, login.text


class Case:
    """One of the small cases."""

    def __init__(self, name, function):
        self.case, self.function = name, function

    def name(self):
        return self.case

    def key(self):
        return None

    def run(self, world, build, number):
        self.function(world, build, number)
        return None


# --- running ----------------------------------------------------------------------------------


def work(world, build, todo, numbers, results, tries):
    """Takes jobs until there are none. What ended at once by a fault that happened once would end
    so by one that stays: nothing was asked a second time."""
    while True:
        try:
            job = todo.get_nowait()
        except queue.Empty:
            return
        trouble = outcome = None
        for _ in range(tries):
            trouble = None
            try:
                outcome = job.run(world, build, next(numbers))
                break
            except Soft as problem:
                trouble, outcome = str(problem), problem.outcome or outcome
            except Exception:
                trouble = traceback.format_exc()
                break
        results.append((job, outcome, trouble))
        if isinstance(job, Cell) and job.once:
            later = Cell(job.flow, job.step, job.fault, False)
            if outcome is not None and outcome[0].verdict != "authenticated":
                wanted = expected(*later.key()[:2], later.fault, False)
                wrong = None if wanted == outcome[0] else f"{outcome[0]}, and not {wanted}"
                results.append((later, outcome, trouble or wrong))
            else:
                todo.put(later)


def run_part(world, build, jobs, first, sender, tries):
    """A process of its own, which sends what became of its jobs."""
    reserve_descriptor()
    todo, results = queue.Queue(), []
    numbers = itertools.count(first, PROCESSES)
    for job in jobs:
        todo.put(job)
    workers = [threading.Thread(target=work, args=(world, build, todo, numbers, results, tries))
               for _ in range(min(TOGETHER, len(jobs)))]
    for worker in workers:
        worker.start()
        time.sleep(RAMP)
    for worker in workers:
        worker.join()
    sender.send([(job.name(), job.key(), outcome, trouble) for job, outcome, trouble in results])
    sender.close()


def run_all(world, build, jobs, tries):
    """(name, key, outcome, trouble) of each."""
    parts, found = [], []
    for i in range(PROCESSES):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        part = multiprocessing.Process(target=run_part, args=(
            world, build, jobs[i::PROCESSES], i, sender, tries))
        part.start()
        sender.close()
        parts.append((part, receiver))
    for part, receiver in parts:
        found += receiver.recv()
        part.join()
    return found


def all_jobs(wanted):
    """Those that take longest come first."""
    cells = [Cell(flow, step, fault, True)
             for (flow, step) in PLACES for fault in FAULTS.values()]
    cells = [cell for cell in cells if cell.is_possible()]
    cells.sort(key=lambda cell: -told_rules.timeout(cell.step, cell.fault))
    jobs = [Case(name, function) for name, function in CASES.items()] + cells

    def is_wanted(job):
        names = [job.name()]
        if isinstance(job, Cell):
            names.append(Cell(*job.key()[:2], job.fault, False).name())
        return not wanted or any(word in name for word in wanted for name in names)

    return [job for job in jobs if is_wanted(job)]


def page_text(found):
    """The tables, and the sentences of each verdict."""
    measured = {key: outcome[0] for _, key, outcome, _ in found if key and outcome}
    said = collections.defaultdict(lambda: (set(), set()))
    for _, key, outcome, _ in found:
        if key and outcome and outcome[0].verdict != "authenticated":
            is_other = key[0] in ("device", "ciba")
            said[outcome[0].verdict][is_other].add(re.sub(r"\d+", "N", outcome[1]))
    return told_page.text(measured, FAULTS, said)


def check_page(found, writes):
    new = page_text(found)
    if writes and not any(trouble for *_, trouble in found):
        told_page.PAGE.write(new)
    told_page.PAGE.check(new)


def count_red(found):
    """By where, and by what came instead."""
    reds = collections.Counter()
    for _, key, _, trouble in found:
        if trouble and key:
            first = trouble.strip().splitlines()
            said = first[0] if not trouble.startswith("Traceback") else first[-1]
            reds[f"{PLACES[key[:2]]}: {said}"] += 1
    for said, count in reds.most_common():
        print(f"{count:5} {said}")


def main(arguments):
    if len(arguments) < 2 or os.geteuid() != 0:
        print(__doc__)
        return 2
    if "HELPER_TEST_INSIDE" not in os.environ:
        move_in(arguments)
    build, *wanted = arguments[1:]
    options = [word for word in wanted if word.startswith("--")]
    wanted = [word for word in wanted if not word.startswith("--")]
    found = run_all(make_world(build), build, all_jobs(wanted),
                    1 if "--red" in options else TRIES)
    if not wanted and "--red" not in options:
        trouble = None
        try:
            check_page(found, "--write" in options)
        except AssertionError as problem:
            trouble = str(problem)
        found.append(("the page", None, None, trouble))
    if "--red" in options:
        count_red(found)
    for name, _, _, trouble in sorted(found, key=lambda row: row[0]):
        if trouble and "--red" not in options:
            print(f"FAIL {name}\n{trouble}")
    failed = sum(trouble is not None for *_, trouble in found)
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
