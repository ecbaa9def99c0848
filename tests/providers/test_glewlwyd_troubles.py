#!/usr/bin/python3
"""What befalls Debian's glewlwyd while somebody is about to approve."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from doors import Su
from place import call, knock
from with_glewlwyd import CIBA_LOGIN, make_place, map_people


def wait_poll(attempt, provider) -> None:
    before = provider.last_poll()
    attempt.terminal.wait_until(lambda: provider.last_poll() != before, "a poll", 15)


def test_it_restarts_before_the_page_is_approved(host):
    map_people(host)
    attempt, address = knock(host, Su)
    host.provider.restart()
    host.provider.approve_page(address)
    attempt.expect_in()


def test_it_restarts_before_the_phone_approves(host):
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    host.provider.restart()
    host.provider.approve_call()
    attempt.expect_in()


def test_its_key_changes_before_the_page_is_approved(host):
    """The token's is fetched when it comes."""
    map_people(host)
    attempt, address = knock(host, Su)
    wait_poll(attempt, host.provider)
    host.provider.rotate()
    host.provider.approve_page(address)
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_place)
