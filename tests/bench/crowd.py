"""Many logins at once: what each of them takes while it waits, and how many of them succeed."""
import json
import os
import time
from collections import Counter
from contextlib import contextmanager

import counts
from product import Place, Product
from stub import Stub

NEVER = 10 ** 9  # pending answers
SETTLED = 2  # scans asked for by each login that waits, so that its start is over
WATCHED = 5  # seconds of their waiting
TIMEOUT = 300  # seconds of one login, of which most are waiting for the two cores
PROGRAM = "itsme-"  # what the names of a login's own programs begin with


class Crowd:
    """So many processes that are ready to log in, and begin when they are told to."""

    def __init__(self, product, logins, results):
        self.results = results
        held, self.gun = os.pipe()
        with open(results, "a", encoding="utf-8") as out:  # each writes its line at once
            self.processes = [product.start(style="local", stdin=held, stdout=out)
                              for _ in range(logins)]
        os.close(held)

    def begin(self):
        os.close(self.gun)

    def finish(self):
        """What each had to say; one that broke says nothing."""
        for process in self.processes:
            process.wait(4 * TIMEOUT)
        with open(self.results, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def crowd(version, logins, **plan):
    with Place() as directory, Stub(directory) as stub:
        stub.plan(**plan)
        stub.come_first()
        ours = Product(directory, stub.issuer, TIMEOUT, version)
        many = Crowd(ours, logins, os.path.join(directory, "results"))
        try:
            yield many, stub
        finally:
            many.end()


# --- all at once ------------------------------------------------------------------------

def at_once(version, logins):
    """How so many logins end that begin at the same instant: a dictionary for the table."""
    with crowd(version, logins, interval=1, pending=0, stock=logins) as (many, stub):
        began = time.monotonic()
        many.begin()
        ended = many.finish()
        took, report = time.monotonic() - began, stub.report()
    return {"succeeded": sum(one["result"] == counts.PAM_SUCCESS for one in ended),
            "orphans": sum(one["orphans"] for one in ended),
            "handshakes": report.handshakes / logins, "took": took,
            "requests": len(report.requests) / logins}


# --- while they wait --------------------------------------------------------------------

def _stat(pid):
    """Name and parent of a process; None: it has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            head, _, tail = stat.read().rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return head.partition("(")[2], int(tail.split()[1])


def programs(roots):
    """The programs of the product below these processes: {pid: name}."""
    seen = {int(pid): _stat(pid) for pid in os.listdir("/proc") if pid.isdigit()}
    seen = {pid: stat for pid, stat in seen.items() if stat is not None}

    def is_below(pid):
        while pid in seen and pid not in roots:
            pid = seen[pid][1]
        return pid in roots
    return {pid: name for pid, (name, _) in seen.items()
            if name.startswith(PROGRAM) and is_below(pid)}


def pss(pid):
    """Kilobytes that are this process's share of all memory."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def cpu(pid):
    """Seconds that it ran so far, to the nanosecond."""
    with open(f"/proc/{pid}/schedstat", encoding="utf-8") as text:
        return int(text.read().split()[0]) / 1e9


def each(pids, value, logins):
    """The sum over each program's processes, for one login: {name: sum}."""
    total = Counter()
    for pid, name in pids.items():
        total[name] += value(pid) / logins
    return dict(total)


def _settle(stub, logins):
    """Until each login shows its code and asks whether it was scanned."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        report = stub.report()
        if (len(report.polls("session")) == logins
                and len(report.polls("scan")) >= SETTLED * logins):
            return
        if time.monotonic() > deadline:
            raise RuntimeError("not every login came to wait")
        time.sleep(0.5)


def waiting(version, logins):
    """What one of so many logins takes while its code waits to be scanned, by program:
    {"pss": kB, "cpu": ms a second}. Root's to see: the programs let nobody else look."""
    with crowd(version, logins, interval=1, scan_pending=NEVER) as (many, stub):
        many.begin()
        _settle(stub, logins)
        pids = programs({process.pid for process in many.processes})
        memory = each(pids, pss, logins)
        before, began = each(pids, cpu, logins), time.monotonic()
        time.sleep(WATCHED)
        after, took = each(pids, cpu, logins), time.monotonic() - began
        stub.plan(interval=1, pending=0, stock=logins)
        ended = many.finish()
    if [one["result"] for one in ended] != [counts.PAM_SUCCESS] * logins:
        raise RuntimeError("a login that waited did not succeed")
    return {"pss": memory,
            "cpu": {name: 1000 * (after[name] - before[name]) / took for name in after}}
