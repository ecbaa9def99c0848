#!/usr/bin/python3
"""Logins through npm's oidc-provider that need more than the ID Token says: UserInfo."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import sentences
from doors import Su
from place import call, expect_in_by_phone
from with_oidc_provider import AUTH, CIBA_LOGIN, make_place


def want(host, claims: str, scope: str = "openid email", **changes) -> None:
    login = {**CIBA_LOGIN["login"], "required_claims": claims}
    host.set_up(provider={"scope": scope, **changes.pop("provider", {})}, login=login, **changes)


def answered(host) -> tuple[str, int]:
    """What UserInfo was sent as: its type, and how many parts the token had."""
    asked = [one for one in host.provider.requests() if one["endpoint"] == "userinfo"]
    assert [one["status"] for one in asked] == [200], asked
    return asked[0]["type"], asked[0]["parts"]


def test_userinfo_as_json(host):
    want(host, "email_verified=true email=alice@example.org", provider={"client_id": "basic"},
         client=host.secretive(AUTH["basic"]))
    expect_in_by_phone(host, Su)
    assert answered(host) == ("application/json", 0)


def test_userinfo_as_a_signed_token(host):
    want(host, "email_verified=true", provider={"client_id": "signed-userinfo"})
    expect_in_by_phone(host, Su)
    assert answered(host) == ("application/jwt", 3)


def test_userinfo_as_a_nested_token(host):
    want(host, "email_verified=true")
    expect_in_by_phone(host, Su)
    assert answered(host) == ("application/jwt", 5)


def expect_not_enough(host) -> None:
    attempt = call(host, Su)
    host.provider.approve_call()
    attempt.expect_refused(sentences.NOT_ENOUGH, "not_good_enough", "claim_required")


def test_userinfo_says_something_else(host):
    want(host, "email=bob@example.org", provider={"client_id": "signed-userinfo"})
    expect_not_enough(host)


def test_userinfo_says_nothing_of_it(host):
    """Without the scope that brings the claim."""
    want(host, "email_verified=true", scope="openid")
    expect_not_enough(host)


def test_age_is_said_where_it_is_asked_for(host):
    """auth_time comes with max_age alone, which the signed request asks for."""
    host.set_up(login={**CIBA_LOGIN["login"], "max_age": "300"})
    expect_in_by_phone(host, Su)


if __name__ == "__main__":
    checks.main(globals(), make_place)
