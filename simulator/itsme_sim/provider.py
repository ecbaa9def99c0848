"""The provider as clients see it: discovery document, keys, and the five backchannel calls."""

import datetime
import hmac
import json
import re
import secrets
import ssl
import time
import weakref

from aiohttp import web

from . import qr
from .ask import ACR, SCOPES, Desk
from .badhttp import Spoiler
from .calls import ASSERTION, Call, Doorkeeper, bearer_token
from .clients import Client
from .faults import Faults
from .journal import Journal
from .jwt import JtiMemory
from .keys import WRONG_CERTIFICATES, ProviderKeys, Tls
from .people import People, subject_of
from .refusal import Refusal
from .tokens import Mint
from .world import Request, Session, World

CIBA = "urn:openid:params:grant-type:ciba"
ID_TOKEN_LIFETIME = 300

# method, path below the issuer, name (the method that answers, and the name in the log)
ENDPOINTS = [
    ("GET", r"/\.well-known/openid-configuration", "discovery"),
    ("GET", r"/jwks", "jwks"),
    ("POST", r"/user_discovery_sessions", "begin_session"),
    ("POST", r"/user_discovery_sessions/([A-Za-z0-9_-]+)", "poll_session"),
    ("POST", r"/backchannel/authentication", "authenticate"),
    ("POST", r"/token", "token"),
    ("GET|POST", r"/userinfo", "userinfo"),
]

SCOPE_CLAIMS = {
    "profile": ("name", "given_name", "family_name", "birthdate", "locale"),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "eid": ("http://itsme.services/v2/claim/BENationalNumber",),
    "idDocument": (),
}


class Options:
    """The knobs of `serve` that concern the answers' form; see the help texts there."""

    def __init__(self, arguments):
        self.flat = arguments.flat
        self.qr_format = arguments.qr_format
        self.qr_logo = arguments.qr_logo
        self.error_text = arguments.error_text
        self.userinfo_type = arguments.userinfo_type


class Provider:
    def __init__(self, issuer: str, world: World, people: People, clients: dict[str, Client],
                 keys: ProviderKeys, tls: Tls, mint: Mint, faults: Faults, journal: Journal,
                 options: Options, hint_format: str):
        jtis = JtiMemory()
        self.issuer = issuer
        self.world = world
        self.people = people
        self.keys = keys
        self.tls = tls
        self.mint = mint
        self.faults = faults
        self.journal = journal
        self.options = options
        self.doorkeeper = Doorkeeper(clients, jtis)
        self.desk = Desk(world, people, jtis, issuer, hint_format)
        self.connections: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
        self.connection_count = 0
        self._server_names: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()

    # --- connections

    def server(self) -> web.Server:
        provider = self

        class CountingServer(web.Server):
            def connection_made(self, handler, transport):
                super().connection_made(handler, transport)
                provider.connection_made(transport)

        return CountingServer(self.handle)

    def tls_context(self) -> ssl.SSLContext:
        context = self.tls.context()
        context.sni_callback = self._hello
        return context

    def _hello(self, connection: ssl.SSLObject, server_name: str | None,
               _context) -> int | None:
        """Called for every ClientHello; one without a server name goes no further."""
        if server_name is None:
            self.journal.write("hello", server_name=None, certificate=None)
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        self._server_names[connection] = server_name
        shown = next((name for name in WRONG_CERTIFICATES
                      if self.faults.take(name) is not None), "right")
        self.journal.write("hello", server_name=server_name, certificate=shown)
        if shown != "right":
            connection.context = self.tls.context(shown)
        return None

    def connection_made(self, transport) -> None:
        """TCP and TLS are both up."""
        self.connection_count += 1
        connection = transport.get_extra_info("ssl_object")
        self.connections[transport] = self.connection_count
        self.journal.write(
            "connection", connection=self.connection_count,
            peer_port=transport.get_extra_info("peername")[1],
            server_name=self._server_names.get(connection), tls=connection.version(),
            resumed=connection.session_reused)

    # --- requests

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Find the endpoint, let it answer, spoil the answer if told to, write the log line."""
        started = time.monotonic()
        name, argument, refusal = self._route(request)
        call = Call(request, argument, self.faults)
        spoiler = Spoiler(call, self.issuer)
        try:
            response = await spoiler.before()
            if response is None:
                response = await self._answer(call, name, refusal)
                response = await spoiler.after(response)
        except Exception as error:
            call.entry.setdefault("status", 0)
            call.entry.setdefault("error", type(error).__name__)
            raise
        finally:
            self._log(call, name, started)
        return response

    async def _answer(self, call: Call, name: str, refusal: Refusal | None) -> web.Response:
        try:
            if refusal is not None:
                raise refusal
            answer = await getattr(self, name)(call)
        except Refusal as no:
            call.entry.update(status=no.status, error=no.error, text=no.text)
            body = {"error": no.error, self.options.error_text: no.text}
            return self._json(call, body, no.status, no.headers)
        call.entry["status"] = 200
        return answer if isinstance(answer, web.Response) else self._json(call, answer)

    def _route(self, request: web.BaseRequest) -> tuple[str, str | None, Refusal | None]:
        for methods, path, name in ENDPOINTS:
            found = re.fullmatch("/v2" + path, request.path)
            if found is None:
                continue
            argument = found[1] if found.groups() else None
            if request.method not in methods.split("|"):
                return name, argument, Refusal(405, "invalid_request", f"only {methods}")
            return name, argument, None
        return "unknown", None, Refusal(404, "invalid_request", "there is no such endpoint")

    def _log(self, call: Call, name: str, started: float) -> None:
        request = call.request
        transport = request.transport
        self.journal.write(
            "request", endpoint=name, method=request.method,
            connection=self.connections.get(transport) if transport else None,
            arrived=round(started, 6), seconds=round(time.monotonic() - started, 4),
            http=f"{request.version.major}.{request.version.minor}",
            headers={key: value for key, value in request.headers.items()
                     if key.lower() not in ("authorization", "cookie")},
            **call.entry)

    @staticmethod
    def _json(call: Call, body: dict, status: int = 200,
              headers: dict | None = None) -> web.Response:
        if call.fault("json-duplicate-key") is not None:
            twice = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}"
                              for name, value in [*body.items(), *dict.fromkeys(body, 0).items()])
            text = "{" + twice + "}"
        else:
            text = json.dumps(body)
        if call.fault("json-trailing") is not None:
            text += ' {"more": true}'
        return web.Response(
            body=text.encode(), status=status, content_type="application/json",
            headers={"Cache-Control": "no-store"} | (headers or {}))

    @staticmethod
    def _told(call: Call, pace_told: float | None) -> dict:
        """The `interval` member, which may be absent, or wrong on purpose."""
        wrong = call.fault("answer-interval")
        if wrong is not None:
            return {"interval": json.loads(wrong)}
        return {} if pace_told is None else {"interval": pace_told}

    # --- the endpoints

    async def discovery(self, call: Call) -> dict:
        base = self.issuer
        if call.fault("discovery-foreign-endpoints") is not None:
            base = "https://another.example/v2"
        wrong = call.fault("discovery-wrong-issuer") is not None
        return {
            "issuer": "https://another.example/v2" if wrong else self.issuer,
            "jwks_uri": base + "/jwks",
            "token_endpoint": base + "/token",
            "userinfo_endpoint": base + "/userinfo",
            "backchannel_authentication_endpoint": base + "/backchannel/authentication",
            "backchannel_token_delivery_modes_supported": ["poll"],
            "backchannel_user_code_parameter_supported": False,
            "backchannel_authentication_request_signing_alg_values_supported": ["RS256"],
            "grant_types_supported": [CIBA],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["pairwise"],
            "scopes_supported": ["openid", "service", *sorted(SCOPES)],
            "acr_values_supported": ACR,
            "claims_parameter_supported": True,
            "request_parameter_supported": True,
            "request_uri_parameter_supported": False,
            "id_token_signing_alg_values_supported": ["RS256"],
            "id_token_encryption_alg_values_supported": [self.mint.alg],
            "id_token_encryption_enc_values_supported": [self.mint.enc],
            "userinfo_signing_alg_values_supported": ["RS256"],
            "userinfo_encryption_alg_values_supported": [self.mint.alg],
            "userinfo_encryption_enc_values_supported": [self.mint.enc],
        }

    async def jwks(self, call: Call) -> dict:
        keys = self.keys.published()
        if call.fault("jwks-empty") is not None:
            keys = []
        if call.fault("jwks-duplicate-kid") is not None:
            other = next(key for key in keys if key["use"] == "enc")
            keys.append(other | {"kid": self.keys.signing.key_id, "use": "sig"})
        if call.fault("jwks-odd-key") is not None:
            keys.append({"kty": "RSA", "use": "sig", "kid": "odd"})
        return {"keys": keys}

    async def begin_session(self, call: Call) -> dict:
        await call.read_form(("client_id", *ASSERTION))
        client = self.doorkeeper.authenticate(
            call, self.issuer + "/backchannel/authentication")
        session = self.world.begin_session(client)
        call.entry["session"] = session.handle
        answer = {"user_discovery_session_id": session.id, "status": "PENDING_USER_DISCOVERY"}
        return answer | self._code(call, session) | self._told(call, session.pace.told)

    async def poll_session(self, call: Call) -> dict:
        await call.read_form(("client_id", *ASSERTION))
        client = self.doorkeeper.authenticate(
            call, self.issuer + "/backchannel/authentication")
        session = self.world.session_of(call.argument, client)
        pace = session.pace.poll()
        call.entry.update(pace, session=session.handle)
        hint = self.world.poll_session(session, pace)
        answer = {"user_discovery_session_id": session.id}
        if hint is not None:
            call.entry["outcome"] = "USER_DISCOVERED"
            return answer | {"status": "USER_DISCOVERED", "user_identifier_token": hint}
        call.entry["outcome"] = "PENDING_USER_DISCOVERY"
        answer["status"] = "PENDING_USER_DISCOVERY"
        if session.number() == session.delivered:
            return answer
        return answer | self._code(call, session)

    def _code(self, call: Call, session: Session) -> dict:
        """The current QR code as the members of an answer."""
        number = session.number()
        session.delivered = number
        call.entry["code"] = number
        code = self._picture(call, session.payload(number))
        lifetime = 2 * session.rotate or self.world.rules.session_max
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
            seconds=lifetime)
        members = {"expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if code is not None:
            members = {"qr_code": code} | members
        return members if self.options.flat else {"user_discovery_token": members}

    def _picture(self, call: Call, payload: str) -> str | None:
        if call.fault("qr-missing") is not None:
            return None
        if call.fault("qr-not-base64") is not None:
            return "*** this is not base64 ***"
        if call.fault("qr-garbage") is not None:
            return qr.text(b"\xff\xd8\xff" + bytes(range(256)) * 8)
        if call.fault("qr-blank") is not None:
            return qr.text(qr.blank())
        if call.fault("qr-huge-image") is not None:
            return qr.text(qr.bomb())
        if call.fault("qr-http-payload") is not None:
            payload = qr.hostile_payload(payload)
        options = self.options
        return qr.text(qr.picture(payload, options.qr_format, options.qr_logo))

    async def authenticate(self, call: Call) -> dict:
        await call.read_form(("request", *ASSERTION))
        client = self.doorkeeper.authenticate(call, self.issuer + "/token")
        request = self.desk.read(call, client)
        self.world.begin_request(request)
        call.entry["request_handle"] = request.handle
        wrong = call.fault("answer-expires-in")
        expires_in = request.expires_in if wrong is None else json.loads(wrong)
        answer = {"auth_req_id": request.id, "expires_in": expires_in}
        return answer | self._told(call, request.pace.told)

    async def token(self, call: Call) -> dict:
        await call.read_form(("grant_type", "auth_req_id", "client_id", *ASSERTION))
        client = self.doorkeeper.authenticate(call, self.issuer + "/token")
        if call.form["grant_type"] != CIBA:
            raise Refusal(400, "unsupported_grant_type", f"grant_type must be {CIBA}")
        if call.fault("token-unknown-error") is not None:
            raise Refusal(400, "out_of_cheese", "an error code that no standard knows")
        request = self.world.request_of(call.form["auth_req_id"], client)
        pace = request.pace.poll()
        call.entry.update(pace, request_handle=request.handle)
        slow_down = call.fault("token-slow-down") is not None
        person = self.world.poll_request(request, pace, slow_down)
        call.entry["outcome"] = "authenticated"
        return self._tokens(call, request, person)

    def _tokens(self, call: Call, request: Request, person: str) -> dict:
        now = int(time.time())
        claims = self._person_claims(person, request.claims.get("id_token", {})) | {
            "iss": self.issuer, "sub": subject_of(person, request.client.client_id),
            "aud": request.client.client_id, "iat": now, "exp": now + ID_TOKEN_LIFETIME,
            "acr": request.acr,
        }
        if request.nonce is not None:
            claims["nonce"] = request.nonce
        access_token = self.world.begin_grant(request, person)
        answer = {"access_token": access_token, "token_type": "Bearer",
                  "expires_in": request.expires_in,
                  "id_token": self.mint.nested(claims, request.client, call.fault),
                  "refresh_token": secrets.token_urlsafe(32)}
        if call.fault("idtoken-missing") is not None:
            del answer["id_token"]
        return answer

    async def userinfo(self, call: Call) -> web.Response:
        token = bearer_token(call.request)
        if call.request.query_string or await call.request.read():
            raise Refusal(400, "invalid_request", "the access token belongs into the header")
        grant = next((grant for known, grant in self.world.grants.items()
                      if hmac.compare_digest(known, token)), None)
        if grant is None or time.monotonic() > grant.until:
            raise Refusal(401, "invalid_token", "the access token is unknown or has expired",
                          {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        client_id = grant.client.client_id
        call.entry["client_id"] = client_id
        names = [name for scope in grant.request.scope for name in SCOPE_CLAIMS[scope]]
        wanted = dict.fromkeys(names) | grant.request.claims.get("userinfo", {})
        claims = self._person_claims(grant.person, wanted) | {
            "iss": self.issuer, "aud": client_id, "sub": subject_of(grant.person, client_id)}
        return web.Response(
            body=self.mint.nested(claims, grant.client).encode(),
            content_type=self.options.userinfo_type, headers={"Cache-Control": "no-store"})

    def _person_claims(self, person: str, wanted: dict) -> dict:
        """What is known of what is wanted; nobody gets to replace iss, sub and their like."""
        known = self.people.find(person)["claims"]
        return {name: known[name] for name in wanted if name in known}


async def start(provider: Provider, listening) -> web.ServerRunner:
    """Answer on a socket that is bound already, so that the issuer knows its port."""
    runner = web.ServerRunner(provider.server())
    await runner.setup()
    site = web.SockSite(runner, listening, ssl_context=provider.tls_context(),
                        shutdown_timeout=0.2)
    await site.start()
    return runner
