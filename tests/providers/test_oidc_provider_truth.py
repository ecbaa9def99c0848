#!/usr/bin/python3
"""npm's oidc-provider while things happen to it: other keys, keys without names or of another
kind, a restart, too much to do. What only locks people out is forgiven."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from client import CIBA
from doors import Su
from place import call, expect_in_by_phone, expect_in_whatever_befalls, knock
from with_oidc_provider import CIBA_LOGIN, EDWARDS, make_place_with_edwards

AWAY = 4  # seconds without a provider


def asked(host, path: str) -> int:
    return sum(one["endpoint"] == path for one in host.provider.requests())


def test_rotation_while_the_person_approves(host):
    """The keys were fetched before: the new one's name is unknown, and asked for once."""
    host.set_up(**CIBA_LOGIN)
    expect_in_whatever_befalls(host, Su, host.provider.rotate, True)
    assert asked(host, "jwks") == 2, host.provider.requests()


def test_restart_while_the_person_approves(host):
    for login in (CIBA_LOGIN, {}):
        host.reset()
        host.set_up(**login)
        expect_in_whatever_befalls(
            host, Su, lambda: host.provider.restart(AWAY), bool(login))


def test_keys_without_names(host):
    """Each token names its key all the same; one key fits."""
    host.provider.restart(nameless=True)
    assert not any("kid" in key for key in
                   host.client().web.ask(host.client().metadata["jwks_uri"]).json["keys"])
    host.set_up(**CIBA_LOGIN)
    expect_in_by_phone(host, Su)


def test_facts_of_an_edwards_key(host):
    """Its algorithm goes by either name. (The peer's library knows the older one alone.)"""
    client = host.client("EdDSA")
    handle = client.ciba("alice").json["auth_req_id"]
    host.provider.approve_call()
    (_, inner), _ = client.open(client.wait_token(CIBA, handle).json["id_token"])
    assert inner["alg"] == "EdDSA", inner
    offered = client.metadata["id_token_signing_alg_values_supported"]
    assert set(EDWARDS) <= set(offered), offered


def test_edwards_key(host):
    for alg in EDWARDS:
        host.reset()
        host.set_up(provider={"client_id": alg}, **CIBA_LOGIN)
        expect_in_by_phone(host, Su)


def test_facts_of_max_age(host):
    """It says when somebody was asked where that was wanted, and only there."""
    client = host.client()
    for more, is_said in (({}, False), ({"max_age": 600}, True)):
        handle = client.ciba("alice", **more).json["auth_req_id"]
        host.provider.approve_call()
        claims = client.open(client.wait_token(CIBA, handle).json["id_token"])[1]
        assert ("auth_time" in claims) == is_said, claims
        host.provider.reset()


def test_max_age(host):
    host.set_up(login={**CIBA_LOGIN["login"], "max_age": 600})
    expect_in_by_phone(host, Su)
    host.log.clear()
    host.set_up(login={"max_age": 600})
    attempt, address = knock(host, Su)
    host.provider.approve_page(address)
    attempt.expect_in()


def test_busy_while_the_person_approves(host):
    """503 and Retry-After at whatever is asked then."""
    host.set_up(login={**CIBA_LOGIN["login"], "required_claims": "email_verified=true"},
                provider={"scope": "openid email"})
    for path, after in (("/token", 2), ("/token", 300), ("/me", 2)):
        host.reset()
        host.set_up(login={**CIBA_LOGIN["login"], "required_claims": "email_verified=true",
                           "timeout": 15}, provider={"scope": "openid email"})
        attempt = call(host, Su)
        host.provider.be_busy(path, 1, after)
        host.provider.approve_call()
        attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_place_with_edwards)
