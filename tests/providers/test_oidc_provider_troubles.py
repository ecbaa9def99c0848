#!/usr/bin/python3
"""What befalls npm's oidc-provider while somebody is about to approve."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from doors import Ssh, Su
from place import call, knock
from with_oidc_provider import CIBA_LOGIN, make_place


def asked(host, endpoint: str) -> list[dict]:
    return [request for request in host.provider.requests() if request["endpoint"] == endpoint]


def wait_polls(attempt, host, number: int) -> None:
    attempt.terminal.wait_until(lambda: len(asked(host, "token")) >= number, "a poll", 15)


def test_it_restarts_before_the_page_is_approved(host):
    """Polls that nobody answers are asked again; what was begun is still there."""
    attempt, address = knock(host, Ssh)
    wait_polls(attempt, host, 1)
    host.provider.go_away()
    host.provider.wait_turned_away(1)
    host.provider.come_back()
    host.provider.approve_page(address)
    attempt.enter()
    attempt.expect_in()


def test_its_keys_change_before_the_phone_approves(host):
    """Those of the token are fetched when it comes, once."""
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    wait_polls(attempt, host, 1)
    assert len(asked(host, "jwks")) == 1
    host.provider.rotate()
    host.provider.approve_call()
    attempt.expect_in()
    assert len(asked(host, "jwks")) == 2, host.provider.requests()


def test_it_asks_for_patience(host):
    """Status 503 and Retry-After: the next poll comes no sooner, and the login goes on."""
    attempt, address = knock(host, Su)
    host.provider.be_busy(8)
    busy = host.provider.wait_busy()
    before = len(asked(host, "token"))
    host.provider.approve_page(address)
    attempt.expect_in()
    later = [request["mono"] for request in asked(host, "token")[before:]]
    assert 8 <= later[0] - busy < 20, (busy, later)


if __name__ == "__main__":
    checks.main(globals(), make_place)
