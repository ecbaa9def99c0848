"""The request object of a backchannel authentication request: every rule it has to keep."""

from . import number
from .calls import Call
from .clients import Client
from .jwt import JtiMemory, check_equal, check_times, open_signed
from .people import CLAIM, People
from .refusal import Refusal, bad_request, bad_scope
from .strictjson import is_integer
from .world import Pace, Request, World

ACR = [CLAIM + "acr_basic", CLAIM + "acr_advanced"]      # the weaker first
SCOPES = {"profile", "email", "phone", "address", "eid", "idDocument"}
MEMBERS = {
    "iss", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope", "login_hint_token",
    "acr_values", "requested_expiry", "claims", "nonce",
}
NONCE_MAX = 255
TEMPLATE_NAME = CLAIM + "claim_approval_template_name"
TEXT_KEY = CLAIM + "claim_approval_text_key"
TEXT_MAX = 7500


def refuse(text: str) -> Refusal:
    return bad_request(f"request: {text}")


def refuse_hint(text: str) -> Refusal:
    return bad_request(f"login_hint_token: {text}")


class Desk:
    """Reads request objects; `hint_format` is jwt or object."""

    def __init__(self, world: World, people: People, jtis: JtiMemory, issuer: str,
                 hint_format: str):
        self.world = world
        self.people = people
        self.jtis = jtis
        self.issuer = issuer
        self.hint_format = hint_format

    def read(self, call: Call, client: Client) -> Request:
        """Check everything, and only then use up the one-time things it carries."""
        header, claims = open_signed(call.form["request"], client, refuse)
        call.entry["request"] = {"header": header, "claims": without_secrets(claims)}
        self._check_frame(claims, client)
        scope, service = self._read_scope(claims, client)
        kind = client.kind_of(service)
        asked = claims.get("claims", {})
        text = read_approval_text(asked, kind)
        acr = read_acr(claims)
        nonce = read_nonce(claims)
        expires_in = self._read_expiry(claims)
        hint_type, value = self._read_hint(claims.get("login_hint_token"), client)
        call.entry["hint"] = hint_type
        text, wanted = self._hide_number(text, hint_type)
        self.jtis.use(client, claims, refuse)
        return Request(
            client=client, person=self._find_person(hint_type, value, client),
            service=service, kind=kind, text=text, number=wanted, acr=acr, scope=scope,
            claims=asked, expires_in=expires_in, nonce=nonce, pace=Pace(self.world.rules.interval))

    def _check_frame(self, claims: dict, client: Client) -> None:
        for name in ("login_hint", "id_token_hint"):
            if name in claims:
                raise refuse(f"{name} is not supported")
        if "client_notification_token" in claims:
            raise refuse("client_notification_token is for ping mode, this client polls")
        if unknown := claims.keys() - MEMBERS:
            raise refuse(f"claims not expected: {', '.join(sorted(unknown))}")
        check_equal(claims, {"iss": client.client_id, "client_id": client.client_id,
                             "aud": self.issuer}, refuse)
        check_times(claims, ("exp", "iat", "nbf"), refuse)

    @staticmethod
    def _read_scope(claims: dict, client: Client) -> tuple[list, str]:
        scope = claims.get("scope")
        if not isinstance(scope, str):
            raise bad_scope("scope is missing")
        values = scope.split(" ")
        if "openid" not in values:
            raise bad_scope("scope has no openid")
        services = [value[8:] for value in values if value.startswith("service:")]
        if len(services) != 1:
            raise bad_scope("scope needs exactly one service:CODE")
        if client.kind_of(services[0]) is None:
            raise bad_scope("this service code is not one of this client's")
        others = [v for v in values if v != "openid" and not v.startswith("service:")]
        if set(others) - SCOPES or len(set(values)) != len(values):
            raise bad_scope("scope holds something unknown, or something twice")
        return others, services[0]

    def _read_expiry(self, claims: dict) -> int:
        wish = claims.get("requested_expiry", self.world.rules.expires_in)
        if not is_integer(wish) or wish < 1:
            raise refuse("requested_expiry must be a positive integer")
        return min(wish, self.world.rules.expires_max)

    def _read_hint(self, hint, client: Client) -> tuple[str, str]:
        """The two members of the hint, and nothing else."""
        if hint is None:
            raise refuse("login_hint_token is missing")
        if self.hint_format == "object":
            if not isinstance(hint, dict):
                raise refuse_hint("must be a JSON object")
        else:
            if not isinstance(hint, str):
                raise refuse_hint("must be a signed JWT in compact serialization")
            _, hint = open_signed(hint, client, refuse_hint)
        if hint.keys() != {"type", "value"}:
            raise refuse_hint("must hold type and value and nothing else")
        if hint["type"] not in ("user_identifier_token", "subject_code"):
            raise refuse_hint("type must be user_identifier_token or subject_code")
        if not isinstance(hint["value"], str) or not hint["value"]:
            raise refuse_hint("value must be a string")
        return hint["type"], hint["value"]

    def _hide_number(self, text: str | None, hint_type: str) -> tuple[str | None, str | None]:
        """With number entry; who has scanned a code from the screen has seen the right one."""
        if text is None or hint_type != "subject_code" or not self.world.rules.number_entry:
            return text, None
        return number.hide(text)

    def _find_person(self, hint_type: str, value: str, client: Client) -> str:
        if hint_type == "user_identifier_token":
            return self.world.redeem_hint(value, client)
        person = self.people.by_subject(value, client.client_id)
        if person is None:
            raise Refusal(400, "unknown_user_id", "this client knows nobody by that subject")
        return person["id"]


def without_secrets(claims: dict) -> dict:
    hidden = {"login_hint_token", "client_notification_token"}
    return {name: "(not logged)" if name in hidden else value
            for name, value in claims.items()}


def read_nonce(claims: dict) -> str | None:
    nonce = claims.get("nonce")
    if nonce is not None and not (isinstance(nonce, str) and 0 < len(nonce) <= NONCE_MAX):
        raise refuse(f"nonce must be a text of 1 to {NONCE_MAX} characters")
    return nonce


def read_acr(claims: dict) -> str:
    """The strongest one that is asked for; the weaker one is the default."""
    values = claims.get("acr_values")
    if values is None:
        return ACR[0]
    asked = values.split(" ") if isinstance(values, str) else []
    if not asked or set(asked) - set(ACR):
        raise refuse("acr_values holds something unknown")
    return max(asked, key=ACR.index)


def check_wish(claim: str, wish) -> None:
    """OpenID Connect Core section 5.5.1: null, or an object whose known members fit."""
    if wish is None:
        return
    if not isinstance(wish, dict):
        raise refuse(f"{claim} must be null or an object")
    if not isinstance(wish.get("essential", False), bool):
        raise refuse(f"{claim}: essential must be true or false")
    if not isinstance(wish.get("values", []), list):
        raise refuse(f"{claim}: values must be a list")


def _wanted_value(asked: dict, part: str, name: str) -> str | None:
    """The value of an essential claim in one part of the `claims` parameter."""
    wish = asked.get(part, {}).get(name)
    if wish is None:
        return None
    if wish.get("essential") is not True:
        raise refuse(f"{name} must be essential and have a value")
    if not isinstance(wish.get("value"), str):
        raise refuse(f"{name} must have a string as its value")
    return wish["value"]


def read_approval_text(asked, kind: str) -> str | None:
    """The text to be confirmed: required by a Confirmation service, refused by others."""
    if not isinstance(asked, dict) or set(asked) - {"userinfo", "id_token"} or not all(
            isinstance(part, dict) for part in asked.values()):
        raise refuse("claims must be an object with userinfo and id_token objects")
    for part in asked.values():
        for claim, wish in part.items():
            check_wish(claim, wish)
    name = _wanted_value(asked, "userinfo", TEMPLATE_NAME)
    text = _wanted_value(asked, "userinfo", TEXT_KEY)
    for key, value in ((TEMPLATE_NAME, name), (TEXT_KEY, text)):
        again = _wanted_value(asked, "id_token", key)
        if again is not None and again != value:
            raise refuse(f"{key} differs between userinfo and id_token")
    if kind != "confirm":
        if name is not None or text is not None:
            raise refuse("an approval text needs a Confirmation service")
        return None
    if name != "free_text":
        raise refuse("a Confirmation service needs the template free_text")
    return check_text(text)


def check_text(text: str | None) -> str:
    if not text:
        raise refuse("a Confirmation service needs a text")
    if len(text) > TEXT_MAX:
        raise refuse(f"the text is longer than {TEXT_MAX} characters")
    try:
        text.encode("iso8859-15")
    except UnicodeEncodeError as error:
        raise refuse(f"the text holds {error.object[error.start]!a}, "
                     "which ISO/IEC 8859-15 has not") from None
    if any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in text):
        raise refuse("the text holds control characters")
    return text
