#!/usr/bin/python3
"""pamtester, the plainest host there is: libpam's own conversation and nothing around it."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import departures
import host as hosts
import refusals
from doors import Door

SUCCESS = "successfully authenticated"


def make_host():
    return hosts.Host("--interval", 1)


class Pamtester(Door):
    service = "pamtester"

    def knock(self, **options):
        return self.host.terminal("pamtester", self.service, self.user, "authenticate",
                                  **options)

    def proof(self) -> str:
        return SUCCESS


def test_scan_and_approve(host):
    attempt = Pamtester(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_end_of_input_changes_nothing(host):
    """The code needs no answer at the keyboard."""
    session = host.terminal("sh", "-c", "pamtester pamtester alice authenticate </dev/null")
    attempt = Pamtester.__new__(Pamtester)
    attempt.host, attempt.user, attempt.terminal = host, "alice", session
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


globals().update(departures.for_door(Pamtester))
globals().update(refusals.for_door(Pamtester))

if __name__ == "__main__":
    checks.main(globals(), make_host)
