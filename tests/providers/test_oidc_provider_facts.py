#!/usr/bin/python3
"""What npm's oidc-provider does, asked by somebody else's client."""
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
from client import CIBA, DEVICE
from with_oidc_provider import AUTH, LIFETIMES, make_place


def test_facts_of_the_device_flow(host):
    client = host.client()
    started = client.device()
    assert "interval" not in started.json and "verification_uri_complete" in started.json
    handle = started.json["device_code"]
    for _ in range(3):  # as fast as it goes
        assert client.token(DEVICE, handle).json["error"] == "authorization_pending"
    host.provider.approve_page(started.json["verification_uri_complete"])
    tokens = client.token(DEVICE, handle).json
    assert tokens.keys() == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    assert tokens["token_type"] == "Bearer"
    (outer, inner), claims = client.open(tokens["id_token"])
    assert outer["iss"] == client.issuer and outer["aud"] == "workstations", outer
    assert inner.keys() == {"alg", "kid"}
    assert (outer["alg"], outer["enc"], inner["alg"]) == (
        "RSA-OAEP-256", "A128CBC-HS256", "RS256"), (outer, inner)
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat"}, claims


def test_facts_of_ciba(host):
    client = host.client()
    started = client.ciba("alice", binding_message="K7-42")
    assert started.json.keys() == {"auth_req_id", "expires_in"}, started
    assert host.provider.wait_call()["params"]["binding_message"] == "K7-42"
    host.provider.approve_call()
    tokens = client.token(CIBA, started.json["auth_req_id"]).json
    assert client.open(tokens["id_token"])[1].keys() == {"iss", "sub", "aud", "exp", "iat"}


def test_facts_of_a_spent_handle(host):
    client = host.client()
    handle = client.ciba("alice").json["auth_req_id"]
    host.provider.approve_call()
    bearer = {"Authorization": "Bearer " + client.token(CIBA, handle).json["access_token"]}
    address = client.metadata["userinfo_endpoint"]
    assert client.web.ask(address, headers=bearer).status == 200
    assert client.token(CIBA, handle).json["error"] == "invalid_grant"
    assert client.web.ask(address, headers=bearer).status == 401, "the tokens outlived it"


def test_facts_of_a_denial(host):
    client = host.client()
    handle = client.ciba("alice").json["auth_req_id"]
    host.provider.deny_call()
    answers = [client.token(CIBA, handle) for _ in range(2)]
    assert [answer.json["error"] for answer in answers] == ["access_denied", "invalid_grant"]
    assert "error_description" not in answers[0].json


def test_facts_of_an_expiry(host):
    client = host.client("hasty")
    code = client.device().json["device_code"]
    time.sleep(LIFETIMES["hasty"] + 1)
    answer = client.token(DEVICE, code)
    assert (answer.status, answer.json["error"]) == (400, "expired_token")


def test_facts_of_client_authentication(host):
    client = host.client()
    accepted = {name for name in ("issuer", "token_endpoint", "device_authorization_endpoint",
                                  "backchannel_authentication_endpoint", "jwks_uri")
                if host.client(audience=client.metadata[name]).device().status == 200}
    assert accepted == {"issuer", "token_endpoint", "device_authorization_endpoint"}, accepted
    for name, auth in AUTH.items():
        assert host.client(name, auth=auth).device().status == 200, name
    wrong = host.client("post", auth="client_secret_post", secret="another")
    answer = wrong.device()
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


def test_facts_of_requests(host):
    client = host.client()
    for answer, error in (
            (client.ciba("nobody"), "unknown_user_id"),
            (client.ciba("alice", signed=False), "invalid_request"),
            (client.ciba("alice", scope="profile"), "invalid_request"),
            (client.ciba("alice", binding_message="two words"), "invalid_binding_message"),
            (client.ciba("alice", audience=client.metadata["token_endpoint"]),
             "invalid_request")):
        assert (answer.status, answer.json["error"]) == (400, error), answer
    assert client.ciba("alice", scope="openid service:ANY").status == 200
    assert client.ciba("alice", requested_expiry=100000).json["expires_in"] == 120


def test_facts_without_scope_openid(host):
    client = host.client()
    started = client.device("profile").json
    host.provider.visit(started["verification_uri_complete"], "alice")
    assert client.token(DEVICE, started["device_code"]).json["error"] == "access_denied"


def test_facts_of_userinfo(host):
    for name, auth, kind in (("workstations", "private_key_jwt", "application/jwt"),
                             ("basic", "client_secret_basic", "application/json")):
        client = host.client(name, auth=auth)
        host.provider.reset()
        handle = client.ciba("alice", signed=name != "basic").json["auth_req_id"]
        host.provider.approve_call()
        tokens = client.token(CIBA, handle).json
        answer = client.web.ask(client.metadata["userinfo_endpoint"],
                                headers={"Authorization": f"Bearer {tokens['access_token']}"})
        assert answer.headers.get_content_type() == kind, answer
        claims = answer.json or client.open(answer.text)[1]
        assert claims["sub"] == "alice", claims
        assert {"iss", "aud"} <= claims.keys() or kind == "application/json", claims


if __name__ == "__main__":
    checks.main(globals(), make_place)
