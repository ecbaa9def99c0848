#!/usr/bin/python3
"""Logins through npm's oidc-provider and a phone that rings (CIBA)."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from doors import Ssh, Su
from place import EC_KEY, expect_in_by_phone
from with_oidc_provider import AUTH, CIBA_LOGIN, make_place


def test_ciba_over_ssh(host):
    host.set_up(**CIBA_LOGIN)
    expect_in_by_phone(host, Ssh)


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
