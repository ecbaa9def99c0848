#!/usr/bin/python3
"""Debian's glewlwyd while things happen to it: other keys, keys of another kind, a restart.
What only locks people out is forgiven."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

from jwcrypto import jwk

import checks
from client import CIBA
from doors import Su
from place import expect_in_by_page, expect_in_by_phone, expect_in_whatever_befalls
from with_glewlwyd import CIBA_LOGIN, HINT, make_place, map_people


def signing(**kind: object) -> dict:
    """The plugin's key and certificate, new."""
    key = jwk.JWK.generate(**kind)
    return {"key": key.export_to_pem(private_key=True, password=None).decode(),
            "cert": key.export_to_pem().decode()}


def set_edwards(host) -> None:
    host.provider.set_plugin(**signing(kty="OKP", crv="Ed25519"), **{"jwt-type": "eddsa"})


def test_rotation_while_the_person_approves(host):
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    expect_in_whatever_befalls(
        host, Su, lambda: host.provider.set_plugin(**signing(kty="RSA", size=2048)), True)


def test_restart_while_the_person_approves(host):
    """Each way: what a person waits for is in the database."""
    map_people(host)
    for login in (CIBA_LOGIN, {}):
        host.set_up(**login)
        expect_in_whatever_befalls(host, Su, host.provider.restart, bool(login))
        host.log.clear()


def test_facts_of_an_edwards_key(host):
    """at_hash is made with SHA-256, where others take SHA-512."""
    set_edwards(host)
    client = host.client()
    assert "EdDSA" in client.metadata["id_token_signing_alg_values_supported"], client.metadata
    handle = client.ciba(HINT).json["auth_req_id"]
    host.provider.approve_call()
    (_, inner), claims = client.open(client.token(CIBA, handle).json["id_token"])
    assert inner["alg"] == "EdDSA" and len(claims["at_hash"]) == 22, (inner, claims)


def test_edwards_key(host):
    map_people(host)
    set_edwards(host)
    host.set_up(**CIBA_LOGIN)
    expect_in_by_phone(host, Su)
    host.log.clear()
    host.set_up()
    expect_in_by_page(host, Su)


def test_max_age(host):
    map_people(host)
    host.set_up(login={**CIBA_LOGIN["login"], "max_age": 600})
    expect_in_by_phone(host, Su)
    host.log.clear()
    host.set_up(login={"max_age": 600})
    expect_in_by_page(host, Su)


if __name__ == "__main__":
    checks.main(globals(), make_place)
