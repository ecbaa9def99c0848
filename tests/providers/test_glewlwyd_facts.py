#!/usr/bin/python3
"""What Debian's glewlwyd does, asked by somebody else's client."""
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

from jwcrypto.common import JWException

import checks
from client import CIBA, DEVICE
from place import SECRET
from with_glewlwyd import AUTH, HINT, INTERVAL, make_place


def test_facts_of_the_device_flow(host):
    client = host.client()
    started = client.device().json
    assert started["interval"] == INTERVAL
    handle = started["device_code"]
    errors = [client.token(DEVICE, handle).json["error"] for _ in range(9)]
    assert errors[0] == "authorization_pending" and "slow_down" in errors, errors
    host.provider.approve_page(started["verification_uri_complete"])
    tokens = client.wait_token(DEVICE, handle).json
    assert tokens.keys() == {"access_token", "expires_in", "iat", "id_token", "refresh_token",
                             "scope", "token_type"}, tokens
    assert tokens["token_type"] == "bearer"
    (outer, inner), claims = client.open(tokens["id_token"])
    assert outer.keys() == {"alg", "cty", "enc", "kid"} and inner["typ"] == "JWT"
    assert (outer["alg"], outer["enc"], inner["alg"]) == (
        "RSA-OAEP-256", "A128GCM", "RS256"), (outer, inner)
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "auth_time", "azp",
                             "at_hash"}, claims
    assert client.token(DEVICE, handle).json == {"error": "access_denied"}


def test_facts_of_ciba(host):
    client = host.client()
    started = client.ciba(HINT, binding_message="as many words as you like").json
    assert started["interval"] == 5
    assert host.provider.wait_call()["binding_message"] == "as many words as you like"
    handle = started["auth_req_id"]
    for _ in range(3):  # as fast as it goes
        assert client.token(CIBA, handle).json == {"error": "authorization_pending"}
    host.provider.approve_call()
    tokens = client.token(CIBA, handle).json
    assert tokens["auth_req_id"] == handle and "refresh_token" in tokens
    claims = client.open(tokens["id_token"])[1]
    assert {"urn:openid:params:jwt:claim:auth_req_id", "at_hash"} < claims.keys(), claims
    assert client.token(CIBA, handle).json == {"error": "access_denied"}


def test_facts_of_a_denial(host):
    client = host.client()
    handle = client.ciba(HINT).json["auth_req_id"]
    host.provider.deny_call()
    for _ in range(2):
        answer = client.token(CIBA, handle)
        assert (answer.status, answer.json) == (400, {"error": "access_denied"})


def test_facts_of_an_expiry(host):
    client = host.client()
    started = client.ciba(HINT, requested_expiry=1).json
    assert started["expires_in"] == 1
    time.sleep(2.5)
    answer = client.token(CIBA, started["auth_req_id"])
    assert (answer.status, answer.json) == (400, {"error": "expired_token"})


def test_facts_of_client_authentication(host):
    client = host.client()
    for endpoint, ask in (
            ("device_authorization_endpoint", lambda client: client.device()),
            ("backchannel_authentication_endpoint",
             lambda client: client.ciba(HINT, signed=False))):
        accepted = {name for name in ("issuer", "token_endpoint", endpoint)
                    if ask(host.client(audience=client.metadata[name])).status == 200}
        assert accepted == {endpoint}, accepted
    for alg in ("RS256", "PS256"):
        assert alg in client.metadata["token_endpoint_auth_signing_alg_values_supported"]
        signed = host.client(alg=alg, audience=client.metadata["device_authorization_endpoint"])
        assert signed.device().status == 200, alg
    elsewhere = host.client(audience="https://elsewhere.example.org")
    for answer, status, text in (
            (elsewhere.device(), 401, '{"error":"unauthorized_client"}'),
            (elsewhere.ciba(HINT, signed=False), 401, ""),
            (elsewhere.token(DEVICE, "any"), 403, "")):
        assert (answer.status, answer.text) == (status, text), answer
    for name, auth in AUTH.items():
        assert host.client(name, auth=auth).device().status == 200, name
    for auth, status in (("client_secret_post", 200), ("client_secret_basic", 403)):
        answer = host.client("odd-secret", auth=auth, secret=SECRET).device()
        assert answer.status == status, "it decodes what came with Basic"
    wrong = host.client("post", auth="client_secret_post", secret="another")
    for answer, error in ((wrong.device(), "unauthorized_client"),
                          (wrong.ciba(HINT, signed=False), "invalid_client")):
        assert (answer.status, answer.json) == (403, {"error": error}), answer


def test_facts_of_requests(host):
    client = host.client()
    for answer, status in (
            (client.ciba("alice"), 400),  # it wants JSON text
            (client.ciba('{"username":"nobody"}'), 400),
            (client.ciba(HINT, requested_expiry=100000), 400),
            (client.ciba(HINT, audience=client.metadata["token_endpoint"]), 403)):
        assert (answer.status, answer.json) == (status, {"error": "invalid_request"}), answer
    assert client.ciba(HINT, signed=False).status == 200
    assert client.post("token_endpoint", grant_type="any").text == ""
    assert "none" not in client.metadata["token_endpoint_auth_methods_supported"]


def test_facts_without_scope_openid(host):
    client = host.client()
    host.provider.grant("alice", "workstations", "g_profile")
    handle = client.ciba(HINT, scope="g_profile").json["auth_req_id"]
    host.provider.approve_call()
    tokens = client.token(CIBA, handle).json
    assert "access_token" in tokens and "id_token" not in tokens, tokens


def test_facts_of_userinfo(host):
    client = host.client()
    handle = client.ciba(HINT).json["auth_req_id"]
    host.provider.approve_call()
    bearer = {"Authorization": f"Bearer {client.token(CIBA, handle).json['access_token']}"}
    address = client.metadata["userinfo_endpoint"]
    for accept, kind in (("application/json, application/jwt", "application/json"),
                         ("application/jwt", "application/jwt")):
        answer = client.web.ask(address, headers={"Accept": accept, **bearer})
        assert answer.headers.get_content_type() == kind, answer
        claims = answer.json or client.open(answer.text)[1]
        assert claims["sub"] == host.provider.subject("alice"), claims
        assert ("iss" in claims) == (kind == "application/jwt") and "aud" not in claims, claims


def test_facts_of_cbc(host):
    """The padding is left out where the text ends with a block (RFC 7518 section 5.2.2.1)."""
    client = host.client("cbc-stations")
    why = {}
    for scope in ("openid", "openid g_profile"):  # the second one adds the claim amr
        started = client.device(scope).json
        host.provider.approve_page(started["verification_uri_complete"])
        token = client.wait_token(DEVICE, started["device_code"]).json["id_token"]
        try:
            client.open(token)
        except JWException as error:
            why[scope] = str(error)
    assert why.keys() == {"openid g_profile"}, why
    assert "Invalid padding bytes" in why["openid g_profile"], why


def test_facts_of_a_slash_too_many(host):
    host.provider.restart(f"{host.provider.base}/")
    try:
        client = host.client()
        address = client.metadata["token_endpoint"]
        assert address == f"{host.provider.base}//api/oidc/token", address
        handle = client.ciba(HINT).json["auth_req_id"]
        host.provider.approve_call()
        assert "id_token" in client.token(CIBA, handle).json
    finally:
        host.provider.restart()


if __name__ == "__main__":
    checks.main(globals(), make_place)
