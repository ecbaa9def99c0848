"""A workstation and npm's oidc-provider, with clients that differ from the recipe's."""
from pathlib import Path

from oidc_provider import OidcProvider
from place import EC_KEY, SECRET, STATE, Place

INSTALLED = Path(__file__).resolve().parents[2] / "build/providers/oidc-provider"
PLAIN = {"id_token_encrypted_response_alg": None, "id_token_encrypted_response_enc": None,
         "userinfo_encrypted_response_alg": None, "userinfo_encrypted_response_enc": None,
         "userinfo_signed_response_alg": None,
         "backchannel_authentication_request_signing_alg": None,
         "token_endpoint_auth_signing_alg": None}
SECRETIVE = {**PLAIN, "jwks": None, "client_secret": SECRET}
# What differs from the recipe's client.
VARIANTS = {
    "basic": {**SECRETIVE, "token_endpoint_auth_method": "client_secret_basic"},
    "post": {**SECRETIVE, "token_endpoint_auth_method": "client_secret_post"},
    "public": {**PLAIN, "jwks": None, "token_endpoint_auth_method": "none"},
    "hasty": {}, "brief": {},
    "signed-userinfo": {"userinfo_encrypted_response_alg": None,
                        "userinfo_encrypted_response_enc": None},
}
AUTH = {"basic": "client_secret_basic", "post": "client_secret_post", "public": "none"}
CIBA_LOGIN = {"login": {"flow": "ciba", "push_requires": "none"}}
EDWARDS = ("EdDSA", "Ed25519")  # two names of one algorithm
LIFETIMES = {"hasty": 3, "brief": 12}  # seconds; who polls every 5 s meets only the second


def start(place: Place, **options) -> OidcProvider:
    ec = {"jwks": place.published(EC_KEY),
          **dict.fromkeys(("token_endpoint_auth_signing_alg", "id_token_signed_response_alg",
                           "backchannel_authentication_request_signing_alg",
                           "userinfo_signed_response_alg"), "ES256")}
    edwards = {alg: {"id_token_signed_response_alg": alg} for alg in EDWARDS} \
        if options.get("edwards") else {}
    return OidcProvider(INSTALLED, STATE, place.published(), {**VARIANTS, **edwards, "ec": ec},
                        LIFETIMES, **options)


def make_place() -> Place:
    return Place("oidc-provider", start)


def make_place_with_edwards() -> Place:
    return Place("oidc-provider", lambda place: start(place, edwards=True))


def make_place_without_rs256() -> Place:
    return Place("oidc-provider", lambda place: start(place, rsa_alg="PS256"))
