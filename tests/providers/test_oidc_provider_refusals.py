#!/usr/bin/python3
"""Logins through npm's oidc-provider that nobody may get in by."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import sentences
from doors import Ssh, Su
from place import call, knock
from with_oidc_provider import CIBA_LOGIN, make_place


def test_denied_on_the_page(host):
    attempt, address = knock(host, Ssh)
    host.provider.deny_page(address)
    attempt.enter()
    attempt.expect_refused(sentences.PROVIDER_DENIED, "denied", "user_denied")


def test_denied_on_the_phone(host):
    host.set_up(**CIBA_LOGIN)
    attempt = call(host, Su)
    host.provider.deny_call()
    attempt.expect_refused(sentences.PROVIDER_DENIED, "denied", "user_denied")


def test_somebody_else_approves(host):
    attempt, address = knock(host, Su)
    host.provider.approve_page(address, "bob")
    attempt.expect_refused(sentences.PROVIDER_ACCOUNT, "wrong_account", "wrong_subject")


def test_a_call_that_expires(host):
    host.set_up(provider={"client_id": "hasty"}, **CIBA_LOGIN)
    call(host, Su).expect_refused(sentences.EXPIRED, "expired", "expired")


def test_nobody_whom_the_provider_knows(host):
    host.map(alice="nobody")
    host.set_up(**CIBA_LOGIN)
    Su(host).expect_refused(sentences.FAILED, "refused", "unknown_at_provider")


def test_wrong_secret(host):
    host.set_up(provider={"client_id": "post"},
                client=host.secretive("client_secret_post", host.wrong_secret))
    Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured", "client_refused_by_provider")


if __name__ == "__main__":
    checks.main(globals(), make_place)
