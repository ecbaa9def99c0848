#!/usr/bin/python3
"""Logins through Debian's glewlwyd and the page that a device leads to."""
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import qr
import sentences
from doors import Ssh, Su
from place import expect_in_by_page, knock
from with_glewlwyd import AUTH, INTERVAL, make_place, map_people


def test_recipe_lets_in_over_ssh(host):
    map_people(host)
    attempt, address = knock(host, Ssh)
    code = address.partition("?code=")[2]
    assert address.startswith("https://login.example.org/api/oidc/device?") and code
    attempt.terminal.wait_for(code)
    host.provider.approve_page(address)
    attempt.enter()
    attempt.expect_in()


def test_enrolled_by_the_administrator(host):
    """What the recipe says of subjects that nobody knows beforehand."""
    session = host.terminal("itsmectl", "enrol", "--yes", "alice")
    address = qr.scan(session.wait_qr())
    host.provider.approve_page(address)
    assert session.finish(30) == 0, session.tail()
    expect_in_by_page(host, Su)


def test_device_with_each_client_authentication(host):
    for client_id, auth in AUTH.items():
        host.reset()
        map_people(host)
        host.set_up(provider={"client_id": client_id}, client=host.secretive(auth))
        expect_in_by_page(host, Su)


def test_token_that_is_not_encrypted_though_it_should_be(host):
    map_people(host)
    host.set_up(provider={"client_id": "signed"})
    attempt, address = knock(host, Su)
    host.provider.approve_page(address)
    attempt.expect_refused(sentences.PROVIDER_BAD_TOKEN, "bad_token", "token_nesting")


def test_token_without_its_padding(host):
    map_people(host)
    host.set_up(provider={"client_id": "cbc-stations", "scope": "openid g_profile"})
    attempt, address = knock(host, Su)
    host.provider.approve_page(address)
    attempt.expect_refused(sentences.PROVIDER_BAD_TOKEN, "bad_token", "decryption_failed")


def test_somebody_else_approves(host):
    map_people(host)
    attempt, address = knock(host, Su)
    host.provider.approve_page(address, "bob")
    attempt.expect_refused(sentences.PROVIDER_ACCOUNT, "wrong_account", "wrong_subject")


def wait_poll(host, attempt) -> None:
    before = host.provider.last_poll()
    attempt.terminal.wait_until(lambda: host.provider.last_poll() != before, "a poll", 15)


def test_told_to_slow_down_it_does(host):
    """The provider changes its mind about the interval while it is asked."""
    map_people(host)
    attempt, address = knock(host, Su)
    wait_poll(host, attempt)  # the first one never comes too early for it
    host.provider.set_plugin(**{"device-authorization-interval": 60})
    wait_poll(host, attempt)
    told = time.monotonic()
    host.provider.approve_page(address)
    attempt.expect_in()
    assert time.monotonic() - told > INTERVAL + 4, "it went on as before"


def test_addresses_with_a_slash_too_many_are_used_as_they_are(host):
    map_people(host)
    host.provider.restart(f"{host.provider.base}/")
    try:
        expect_in_by_page(host, Su)
    finally:
        host.provider.restart()


def test_assertion_for_somebody_else_is_refused(host):
    for audience in ("issuer", "token_endpoint"):
        host.reset()
        host.map(alice="any")
        host.set_up(client={"assertion_audience": audience})
        Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured",
                                "client_refused_by_provider")


def test_wrong_secret(host):
    host.map(alice="any")
    host.set_up(provider={"client_id": "post"},
                client=host.secretive("client_secret_post", host.wrong_secret))
    Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured", "client_refused_by_provider")


def test_provider_that_drops_scope_openid(host):
    map_people(host)
    host.provider.grant("alice", "no-openid", "g_profile")
    host.provider.set_plugin(**{"restrict-scope-client-property": "scope"})
    host.set_up(provider={"client_id": "no-openid", "scope": "openid g_profile"})
    attempt, address = knock(host, Su)
    host.provider.approve_page(address)
    attempt.expect_refused(sentences.PROVIDER_SETUP, "misconfigured", "id_token_missing")
    assert [line for line in host.log.raw if "openid" in line], host.log.raw


if __name__ == "__main__":
    checks.main(globals(), make_place)
