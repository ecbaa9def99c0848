#!/usr/bin/python3
"""npm's oidc-provider where it does without RS256: what is signed, by whichever side, is so
by PS256, or by ES256."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from client import CIBA
from doors import Su
from place import EC_KEY, expect_in_by_page, expect_in_by_phone
from with_oidc_provider import CIBA_LOGIN, make_place_without_rs256

EC = {"provider": {"client_id": "ec"}, "client": {"signing_key": EC_KEY}}


def test_facts_without_rs256(host):
    """So that whoever gets in below has used the other one."""
    for name in ("token_endpoint_auth", "backchannel_authentication_request", "id_token",
                 "userinfo"):
        offered = host.client().metadata[f"{name}_signing_alg_values_supported"]
        assert offered == ["PS256", "ES256"], (name, offered)
    for alg, status in (("RS256", 401), ("PS256", 200)):
        assert host.client(alg=alg).device().status == status, alg
    client = host.client(alg="PS256")
    handle = client.ciba("alice").json["auth_req_id"]
    host.provider.approve_call()
    (outer, inner), _ = client.open(client.token(CIBA, handle).json["id_token"])
    assert (outer["alg"], outer["enc"], inner["alg"]) == (
        "RSA-OAEP-256", "A128CBC-HS256", "PS256"), (outer, inner)


def test_device_by_ps256(host):
    expect_in_by_page(host, Su)


def test_ciba_by_ps256(host):
    host.set_up(**CIBA_LOGIN)
    expect_in_by_phone(host, Su)


def test_device_by_es256(host):
    host.set_up(**EC)
    expect_in_by_page(host, Su)


def test_ciba_by_es256(host):
    host.set_up(**EC, **CIBA_LOGIN)
    expect_in_by_phone(host, Su)


if __name__ == "__main__":
    checks.main(globals(), make_place_without_rs256)
