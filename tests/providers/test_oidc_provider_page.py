#!/usr/bin/python3
"""Logins through npm's oidc-provider and the page that a device leads to."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from doors import Ssh, Su
from place import expect_in_by_page, knock
from with_oidc_provider import AUTH, make_place


def test_recipe_lets_in_over_ssh(host):
    attempt, address = knock(host, Ssh)
    code = address.partition("user_code=")[2]
    assert address.startswith("https://login.example.org/device?") and len(code) == 9
    attempt.terminal.wait_for(code)
    host.provider.approve_page(address)
    attempt.enter()
    attempt.expect_in()
    asked = [request["endpoint"] for request in host.provider.requests()]
    assert asked.count("device_authorization") == 1, asked


def test_device_with_each_client_authentication(host):
    for client_id, auth in AUTH.items():
        host.reset()
        host.set_up(provider={"client_id": client_id}, client=host.secretive(auth))
        expect_in_by_page(host, Su)


def test_age_is_said_where_it_is_asked_for(host):
    host.set_up(login={"max_age": "300"})
    expect_in_by_page(host, Su)


def test_a_code_that_expires_is_replaced(host):
    host.set_up(provider={"client_id": "brief"})
    attempt, first = knock(host, Ssh)
    attempt.enter()
    attempt, second = knock(host, attempt, number=2)
    assert second != first
    host.provider.approve_page(second)
    attempt.enter()
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_place)
