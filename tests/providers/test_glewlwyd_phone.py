#!/usr/bin/python3
"""Logins through Debian's glewlwyd and a phone that rings (CIBA)."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import sentences
from doors import Ssh, Su
from place import EC_KEY, call, expect_in_by_phone, shown_number
from with_glewlwyd import AUTH, CIBA_LOGIN, make_place, map_people


def test_ciba_over_ssh(host):
    """Whoever has shown nothing types the number that only the phone shows."""
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Ssh, ready=True)
    number = host.provider.wait_call()["binding_message"]
    assert number not in attempt.terminal.text, "the terminal tells the number"
    host.provider.approve_call()
    attempt.type(number)
    attempt.expect_in()


def test_number_of_the_terminal_is_on_the_phone(host):
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    assert host.provider.wait_call()["binding_message"] == shown_number(attempt)
    host.provider.approve_call()
    attempt.expect_in()


def test_ciba_with_each_client_authentication(host):
    for client_id, auth in AUTH.items():
        host.reset()
        map_people(host)
        host.set_up(provider={"client_id": client_id}, client=host.secretive(auth), **CIBA_LOGIN)
        expect_in_by_phone(host, Su)


def test_denied_on_the_phone(host):
    map_people(host)
    host.set_up(login={**CIBA_LOGIN["login"], "number_match": "show"})
    attempt = call(host, Ssh)
    host.provider.deny_call()
    attempt.enter()
    attempt.expect_refused(sentences.PROVIDER_DENIED, "denied", "user_denied")


def test_call_that_expires(host):
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    host.provider.expire_calls()
    attempt.expect_refused(sentences.EXPIRED, "expired", "expired")


def test_ciba_with_an_elliptic_key(host):
    map_people(host)
    host.set_up(provider={"client_id": "ec"},
                client={"signing_key": EC_KEY, "assertion_audience": "endpoint"}, **CIBA_LOGIN)
    expect_in_by_phone(host, Su)


def test_refusal_without_a_word(host):
    """Status 401 and no body at all."""
    map_people(host)
    host.set_up(client={"assertion_audience": "issuer"}, **CIBA_LOGIN)
    Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured", "client_refused_by_provider")


if __name__ == "__main__":
    checks.main(globals(), make_place)
