#!/usr/bin/python3
"""Logins through Debian's glewlwyd that need a claim of UserInfo, or the person's own code."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import sentences
from client import CIBA
from doors import Su
from installation import write
from place import USERS, call, expect_in_by_phone
from with_glewlwyd import CIBA_LOGIN, HINT, make_place, map_people

EMAIL = {"email-claim-scope": ["g_profile"]}
CODE = {"oauth-ciba-user-code-allowed": True, "oauth-ciba-user-code-property": "name"}


def want(host, claims: str) -> None:
    map_people(host)
    host.provider.grant("alice", "workstations", "openid g_profile")
    host.set_up(provider={"scope": "openid g_profile"},
                login={**CIBA_LOGIN["login"], "required_claims": claims})


def test_facts_of_a_claim_by_scope(host):
    """It is in UserInfo alone, so what the logins below require comes from there."""
    host.provider.set_plugin(**EMAIL)
    want(host, "")
    client = host.client()
    handle = client.ciba(HINT, scope="openid g_profile").json["auth_req_id"]
    host.provider.approve_call()
    tokens = client.token(CIBA, handle).json
    assert "email" not in client.open(tokens["id_token"])[1]
    answer = client.web.ask(client.metadata["userinfo_endpoint"], headers={
        "Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.json["email"] == "alice@example.org", answer
    assert "email_verified" not in answer.json, answer


def test_userinfo_as_json(host):
    host.provider.set_plugin(**EMAIL)
    want(host, "email=alice@example.org")
    expect_in_by_phone(host, Su)


def test_userinfo_says_something_else(host):
    host.provider.set_plugin(**EMAIL)
    want(host, "email=bob@example.org")
    attempt = call(host, Su)
    host.provider.approve_call()
    attempt.expect_refused(sentences.NOT_ENOUGH, "not_good_enough", "claim_required")


def test_facts_of_a_user_code(host):
    """A wrong one is refused, a missing one is not."""
    host.provider.set_plugin(**CODE)
    client = host.client()
    assert client.metadata["backchannel_user_code_parameter_supported"] is True
    answer = client.ciba(HINT, user_code="guess")
    assert (answer.status, answer.json) == (400, {"error": "invalid_user_code"}), answer
    for more in ({}, {"user_code": "Alice"}):
        assert client.ciba(HINT, **more).status == 200, more


def test_person_who_is_called_by_a_code(host):
    host.provider.set_plugin(**CODE)
    map_people(host)
    host.set_up(**CIBA_LOGIN)
    subject = host.provider.subject("alice")
    write(USERS, f"alice sub={subject} code=Alice\n")
    expect_in_by_phone(host, Su)
    write(USERS, f"alice sub={subject} code=guess\n")
    host.log.clear()
    Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured",
                            "client_refused_by_provider")
    assert [line for line in host.log.raw if "invalid_user_code" in line], host.log.raw


if __name__ == "__main__":
    checks.main(globals(), make_place)
