"""What a login asks of the provider, counted exactly: connections, requests, and each wait.

The cases run side by side, each with a provider of its own, since most of their time is
waiting. A case gives a list of (what, measured, expected, whether it is so).
"""
from concurrent.futures import ThreadPoolExecutor

from product import Place, Product
from stub import Stub

PAM_SUCCESS = 0
# The code is shown before anything else is asked.
REQUESTS = ["session", "metadata", "jwks", "scan", "scan", "authenticate", "token", "token",
            "token"]
SPREAD = 1.1  # so many times as long as it must be is a wait at most, by chance
SLACK = 0.8  # seconds that it may be longer than that: with it, less than two intervals


def login(timeout=100, **plan):
    """One login under this plan: what the process said, and what the provider saw."""
    with Place() as directory, Stub(directory) as stub:
        stub.plan(**plan)
        return Product(directory, stub.issuer, timeout).log_in(), stub.report()


def waits(report, kind, expected):
    """Each wait before a poll is as long as expected, up to a tenth longer, and not a whole
    interval."""
    gaps = report.gaps(kind)
    good = len(gaps) == len(expected) and all(
        least <= gap < SPREAD * least + SLACK for gap, least in zip(gaps, expected))
    return (f"seconds before each {kind} poll", " ".join(f"{gap:.3f}" for gap in gaps),
            " ".join(str(least) for least in expected), good)


def number(what, measured, expected):
    return what, str(measured), str(expected), measured == expected


def connected(ended, report):
    """Of every login, however many programs it is made of and however it ends."""
    return [number("TCP connections", report.connections, 1),
            number("TLS handshakes", report.handshakes, 1),
            number("programs that nobody waited for", ended["orphans"], 0)]


def in_order(report):
    kinds = report.kinds()
    good = kinds == REQUESTS
    return "their order", "as always" if good else " ".join(kinds), "as always", good


def plain():
    """Approved after two pending polls, with the code scanned after one."""
    ended, report = login(scan_pending=1)
    return [
        number("PAM result", ended["result"], PAM_SUCCESS),
        *connected(ended, report),
        number("HTTP requests", len(report.requests), len(REQUESTS)),
        in_order(report),
        number("polls too early", report.early(1), 0),
        waits(report, "scan", [1, 1]),
        waits(report, "token", [1, 1, 1]),
    ]


def interval_missing():
    ended, report = login(interval=0, pending=1)
    return [number("PAM result", ended["result"], PAM_SUCCESS), *connected(ended, report),
            number("polls too early", report.early(5), 0),
            waits(report, "scan", [5]), waits(report, "token", [5, 5])]


def interval_of_two():
    ended, report = login(interval=2)
    return [number("PAM result", ended["result"], PAM_SUCCESS), *connected(ended, report),
            number("polls too early", report.early(2), 0),
            waits(report, "scan", [2]), waits(report, "token", [2, 2, 2])]


def slow_down():
    """Five seconds more, from then on."""
    ended, report = login(slow_down_at=1)
    return [number("PAM result", ended["result"], PAM_SUCCESS), *connected(ended, report),
            waits(report, "token", [1, 6, 6])]


def retry_after():
    """429 is a slow_down too, and Retry-After can only lengthen the wait."""
    ended, report = login(too_many_at=1, retry_after=8)
    return [number("PAM result", ended["result"], PAM_SUCCESS), *connected(ended, report),
            waits(report, "token", [1, 8, 6])]


def expired():
    """Never approved: it ends once no further poll fits into expires_in."""
    ended, report = login(pending=999, expires_in=4)
    start = report.polls("authenticate")[0]
    ends = start["sent"] + 4
    return [number("PAM result is success", ended["result"] == PAM_SUCCESS, False),
            *connected(ended, report),
            number("token polls", len(report.polls("token")), 3),
            number("polls past expires_in",
                   sum(poll["arrived"] >= ends for poll in report.polls("token")), 0),
            number("ended by then", -1 - SLACK < ended["ended"] - ends < SLACK, True)]


def deadline():
    """The login's own timeout is shorter than the provider's: nothing is asked after it."""
    ended, report = login(timeout=10, scan_pending=999)
    late = [r for r in report.requests if r["arrived"] >= ended["began"] + 10]
    return [number("PAM result is success", ended["result"] == PAM_SUCCESS, False),
            *connected(ended, report),
            number("requests after the timeout", len(late), 0),
            number("seconds to the end", round(ended["ended"] - ended["began"]), 10)]


CASES = {case.__name__: case for case in (
    plain, interval_missing, interval_of_two, slow_down, retry_after, expired, deadline)}


def run():
    """All of them: {case: results}. An exception stands in for the results of its case. The
    best of three: a busy machine is late by chance, the product each time."""
    def best(case):
        for _ in range(2):
            results = attempt(case)
            if all(good for *_, good in results):
                return results
        return attempt(case)

    def attempt(case):
        try:
            return case()
        except Exception as error:  # a login that broke is a result of its own
            return [(f"{type(error).__name__}: {error}", "", "", False)]
    with ThreadPoolExecutor(len(CASES)) as pool:
        return dict(zip(CASES, pool.map(best, CASES.values())))
