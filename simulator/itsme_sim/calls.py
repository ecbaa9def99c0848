"""One call by a client: its form read strictly, its client authenticated, its log line filled."""

import re
from urllib.parse import parse_qsl

from aiohttp import web

from .clients import Client
from .faults import Faults
from .jwt import JtiMemory, check_equal, check_times, open_signed
from .refusal import Refusal, bad_client, bad_request

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION = ("client_assertion_type", "client_assertion")


class Call:
    """`entry` becomes the line in the log; `argument` is the variable part of the path."""

    def __init__(self, request: web.BaseRequest, argument: str | None, faults: Faults):
        self.request = request
        self.argument = argument
        self.entry: dict = {}
        self.form: dict[str, str] = {}
        self._faults = faults

    def fault(self, name: str) -> str | None:
        value = self._faults.take(name, self.request.path)
        if value is not None:
            self.entry.setdefault("faults", []).append(name)
        return value

    async def read_form(self, names: tuple) -> dict[str, str]:
        """The form must hold exactly `names`, each once."""
        if self.request.headers.getall("Content-Type", []) != [FORM]:
            raise bad_request(f"Content-Type must be {FORM}")
        if self.request.query_string:
            raise bad_request("parameters belong into the body")
        body = await self.request.read()
        try:
            text = body.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True,
                              errors="strict", max_num_fields=32)
        except ValueError:
            raise bad_request("the body is not a form") from None
        form = dict(pairs)
        self.entry["form"] = [name for name, _ in pairs]
        if len(form) != len(pairs):
            raise bad_request("a parameter occurs twice")
        for name in names:
            if not form.get(name):
                raise bad_request(f"{name} is missing")
        if unknown := form.keys() - set(names):
            raise bad_request(f"parameters not accepted: {', '.join(sorted(unknown))}")
        self.form = form
        return form


class Doorkeeper:
    """private_key_jwt: who is this client?"""

    def __init__(self, clients: dict[str, Client], jtis: JtiMemory):
        self.clients = clients
        self.jtis = jtis

    def authenticate(self, call: Call, audience: str) -> Client:
        """The client of this call's assertion; its signature covers the claim to be it."""
        if call.form["client_assertion_type"] != ASSERTION_TYPE:
            raise bad_client(f"client_assertion_type must be {ASSERTION_TYPE}")
        token = call.form["client_assertion"]
        client = self._claimed(call, token)
        header, claims = open_signed(token, client, self._refuse)
        call.entry["client_id"] = client.client_id
        call.entry["assertion"] = {"header": header, "claims": claims}
        check_equal(claims, {"iss": client.client_id, "sub": client.client_id,
                             "aud": audience}, self._refuse)
        check_times(claims, ("exp",), self._refuse)
        self.jtis.use(client, claims, self._refuse)
        return client

    @staticmethod
    def _refuse(text: str) -> Refusal:
        return bad_client(f"client_assertion: {text}")

    def _claimed(self, call: Call, token: str) -> Client:
        """The client to check against: of the form, else the only one whose key verifies."""
        claimed = call.form.get("client_id")
        if claimed is not None:
            if claimed not in self.clients:
                raise bad_client("this client_id is not registered")
            return self.clients[claimed]
        for client in self.clients.values():
            try:
                _, claims = open_signed(token, client, self._refuse)
            except Refusal:
                continue
            if claims.get("iss") == client.client_id:
                return client
        return next(iter(self.clients.values()))


def bearer_token(request: web.BaseRequest) -> str:
    values = request.headers.getall("Authorization", [])
    found = re.fullmatch(r"Bearer ([A-Za-z0-9._~+/-]+=*)", values[0]) if len(values) == 1 else None
    if found is None:
        raise Refusal(401, "invalid_request", "one Authorization header with a Bearer token",
                      {"WWW-Authenticate": "Bearer"})
    return found[1]
