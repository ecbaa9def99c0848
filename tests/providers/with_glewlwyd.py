"""A workstation and Debian's glewlwyd, with clients that differ from the recipe's."""
from client import CIBA
from glewlwyd import Glewlwyd
from place import EC_KEY, SECRET, STATE, Place

PLAIN_SECRET = "letters-and-4711"
PLAIN = {"encrypt_id_token": "no", "encrypt_userinfo": "no"}
# What differs from the recipe's client.
VARIANTS = {
    "basic": {**PLAIN, "jwks": None, "client_secret": PLAIN_SECRET,
              "token_endpoint_auth_method": ["client_secret_basic"]},
    "post": {**PLAIN, "jwks": None, "client_secret": PLAIN_SECRET,
             "token_endpoint_auth_method": ["client_secret_post"]},
    "odd-secret": {**PLAIN, "jwks": None, "client_secret": SECRET, "token_endpoint_auth_method":
                   ["client_secret_basic", "client_secret_post"]},
    "public": {**PLAIN, "jwks": None, "confidential": False,
               "token_endpoint_auth_method": ["none"]},
    "signed": PLAIN,
    "cbc-stations": {"enc": "A128CBC-HS256"},  # its name makes the padding count, see the facts
    "no-openid": {**PLAIN, "scope": ["g_profile"]},
}
AUTH = {"basic": "client_secret_basic", "post": "client_secret_post", "public": "none"}
CIBA_LOGIN = {"login": {"flow": "ciba", "push_requires": "none"}}
HINT = '{"username":"alice"}'
INTERVAL = 1


def start(place: Place) -> Glewlwyd:
    ec = {"jwks": place.published(EC_KEY)}
    return Glewlwyd(STATE, place.published(), {**VARIANTS, "ec": ec})


def make_place() -> Place:
    return Place("glewlwyd", start, PLAIN_SECRET)


def map_people(host) -> None:
    """As the recipe has it: they have tried once, so there is a subject to be read."""
    for person in ("alice", "bob"):
        if not host.provider.subject(person):
            client = host.client()
            handle = client.ciba(f'{{"username":"{person}"}}').json["auth_req_id"]
            host.provider.approve_call(person)
            client.token(CIBA, handle)
    host.map(alice=host.provider.subject("alice"), bob=host.provider.subject("bob"))
