#!/usr/bin/python3
"""Logins through npm's oidc-provider and a phone that rings (CIBA)."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import sentences
from doors import Ssh, Su
from installation import write
from oidc_provider import CODES
from place import EC_KEY, USERS, call, expect_in_by_phone, shown_number
from with_oidc_provider import AUTH, CIBA_LOGIN, make_place


def test_ciba_over_ssh(host):
    """Whoever has shown nothing types the number that only the phone shows."""
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Ssh, ready=True)
    number = host.provider.wait_call()["params"]["binding_message"]
    assert number not in attempt.terminal.text, "the terminal tells the number"
    host.provider.approve_call()
    attempt.type(number)
    attempt.expect_in()


def test_number_of_the_terminal_is_on_the_phone(host):
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    assert host.provider.wait_call()["params"]["binding_message"] == shown_number(attempt)
    host.provider.approve_call()
    attempt.expect_in()


def ask_for_number(host):
    """The attempt, and the number that only the phone shows."""
    host.set_up(login={**CIBA_LOGIN["login"], "number_match": "ask"})
    attempt = call(host, Su)
    attempt.terminal.wait_for("Which number does the phone show")
    number = host.provider.wait_call()["params"]["binding_message"]
    host.provider.approve_call()
    return attempt, number


def test_number_of_the_phone_typed_here(host):
    attempt, number = ask_for_number(host)
    attempt.terminal.send(f"{number}\r")
    attempt.expect_in()


def test_another_number_typed_here(host):
    attempt, number = ask_for_number(host)
    attempt.terminal.send(f"{1000 + (int(number) - 999) % 9000}\r")
    attempt.expect_refused(sentences.WRONG_NUMBER, "wrong_number", "wrong_number")


def test_person_who_is_called_by_a_code_only(host):
    """CIBA's user_code, from the identity map."""
    for code, reason in ((f" code={CODES['bob']}", None), (" code=guess", "invalid_user_code"),
                         ("", "missing_user_code")):
        host.reset()
        host.set_up(**CIBA_LOGIN)
        write(USERS, f"bob sub=bob{code}\n")
        if reason is None:
            attempt = call(host, Su, user="bob")
            assert host.provider.wait_call()["params"]["user_code"] == CODES["bob"]
            host.provider.approve_call()
            attempt.expect_in()
        else:
            Su(host, user="bob").expect_refused(sentences.PROVIDER_SETUP, "misconfigured",
                                                "client_refused_by_provider")
            assert [line for line in host.log.raw if reason in line], host.log.raw
            assert not host.provider.rings(), "the phone rang"


def test_ciba_with_each_client_authentication(host):
    for client_id, auth in AUTH.items():
        if auth == "none":
            continue  # a public client may not ring phones
        host.reset()
        host.set_up(provider={"client_id": client_id}, client=host.secretive(auth), **CIBA_LOGIN)
        expect_in_by_phone(host, Su)


def test_ciba_with_an_elliptic_key(host):
    host.set_up(provider={"client_id": "ec"}, client={"signing_key": EC_KEY}, **CIBA_LOGIN)
    expect_in_by_phone(host, Su)


def test_other_audiences_of_an_assertion(host):
    for audience in ("issuer", "endpoint"):  # the recipe has the third
        host.reset()
        host.set_up(client={"assertion_audience": audience}, **CIBA_LOGIN)
        expect_in_by_phone(host, Su)


if __name__ == "__main__":
    checks.main(globals(), make_place)
