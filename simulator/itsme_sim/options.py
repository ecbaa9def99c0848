"""The knobs of `serve`, apart from it so that the other commands start without aiohttp."""

import math
from argparse import ArgumentTypeError
from pathlib import Path

ALGS = ("RSA-OAEP-256", "RSA-OAEP")
ENCS = ("A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM")


def seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise ArgumentTypeError(f"{text} is no time to wait")
    return value


def count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ArgumentTypeError(f"{text} is less than 1")
    return value


def add_arguments(parser) -> None:
    add = parser.add_argument
    add("--port", type=int, default=0, help="port of the provider; 0 picks a free one")
    add("--name", default="localhost", metavar="HOST",
        help="what clients call this machine (default localhost)")
    add("--phone-port", type=int, default=0, help="port of the phone page, likewise")
    add("--client-id", required=True)
    add("--client-jwks", required=True, type=Path, metavar="FILE",
        help="the client's published JWK Set; read again when it changes")
    add("--service", action="append", default=[], metavar="CODE",
        help="a service code for logging in; may be given again")
    add("--confirm-service", action="append", default=[], metavar="CODE",
        help="a service code of type Confirmation; may be given again")
    add("--more-clients", type=Path, metavar="FILE",
        help="more clients: a JSON list of {client_id, jwks, services, confirm_services}")
    add("--people", type=Path, metavar="FILE",
        help="other persons: a JSON list of {id, name, claims}")
    add("--interval", type=seconds, default=5, help="seconds between polls (default 5)")
    add("--no-interval", action="store_true",
        help="do not tell the interval, so that clients must assume 5 s")
    add("--discovery-interval", type=seconds,
        help="seconds between polls of a discovery session (default: --interval)")
    add("--expires-in", type=count, default=120, help="how long a request waits (default 120)")
    add("--session-max", type=seconds, default=600,
        help="how long a discovery session may be polled (default 600)")
    add("--hint-expires-in", type=seconds, default=120,
        help="how long a user_identifier_token is good for (default 120)")
    add("--qr-rotate", type=seconds, default=20,
        help="seconds after which a new QR code follows; 0 for never (default 20)")
    add("--qr-bytes", type=int, default=104,
        help="length of the address in the QR code, 80 to 400 (default 104)")
    add("--qr-format", choices=("jpeg", "png"), default="jpeg")
    add("--qr-logo", action="store_true", help="a logo in the middle of the QR code")
    add("--flat", action="store_true",
        help="qr_code and expires_at beside status, not in user_discovery_token")
    add("--login-hint-token-format", choices=("jwt", "object"), default="jwt",
        help="what login_hint_token must be (default jwt)")
    add("--error-text", choices=("error_description", "detail"), default="error_description",
        help="the member that holds an error's text")
    add("--userinfo-type", choices=("application/json", "application/jwt"),
        default="application/json", help="Content-Type of userinfo, a nested JWT either way")
    add("--jwe-alg", choices=ALGS, default=ALGS[0])
    add("--jwe-enc", choices=ENCS, default=ENCS[0])
    add("--number-entry", action="store_true",
        help="the phone hides the number of a push, and wants the terminal's to approve it")
    add("--auto", choices=("approve", "deny"), help="play the person: scan and answer alone")
    add("--auto-delay", type=seconds, default=0.5, help="seconds until --auto acts (default 0.5)")
    add("--auto-person", metavar="NAME", help="who --auto is (default: the first person)")
    add("--quiet", action="store_true", help="print nothing")
