"""What the provider knows: discovery sessions, authentication requests, who did what.

A state machine without I/O: the HTTP side and the phone side call it and are told what is so.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

from . import number, qr
from .clients import Client
from .refusal import Refusal, bad_request

KEPT_MAX = 200               # finished sessions and requests kept for the phone page
SLACK = 0.010                # a poll may be this much early: clocks are read on two sides
SLOW_DOWN = 5
DEFAULT_INTERVAL = 5         # what a client must assume when no interval is told

PENDING, DISCOVERED, CLOSED = "pending", "discovered", "closed"
APPROVED, DENIED, EXPIRED = "approved", "denied", "expired"


class WorldError(Exception):
    """The person with the phone asked for something that cannot be done."""


def new_handle(size: int) -> str:
    """A name of `size` random bytes that can be typed: with a - in front it were an option."""
    return secrets.token_urlsafe(size).replace("-", "_")


@dataclass
class Rules:
    """The knobs of `serve` that concern time and codes."""

    interval: float | None = 5           # None: not told to clients, who must assume 5
    discovery_interval: float | None = 5
    expires_in: int = 120
    expires_max: int = 600
    session_max: float = 600
    hint_expires_in: float = 120
    qr_rotate: float = 20                # 0: never
    qr_bytes: int = 104
    number_entry: bool = False           # pushes: the person types the terminal's number


class Pace:
    """Measures the gaps between polls against the interval."""

    def __init__(self, interval: float | None):
        self.told = interval
        self.interval = DEFAULT_INTERVAL if interval is None else interval
        self._last: float | None = None

    def poll(self) -> dict:
        """For the log: seconds since the last poll (None for the first), was it too early?"""
        now = time.monotonic()
        gap = None if self._last is None else now - self._last
        self._last = now
        early = gap is not None and gap < self.interval - SLACK
        return {"gap": None if gap is None else round(gap, 4), "interval": self.interval,
                "early": early}


@dataclass
class Session:
    """A user discovery session: a QR code that waits for somebody to scan it."""

    client: Client
    pace: Pace
    rotate: float
    length: int
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    handle: str = field(default_factory=lambda: new_handle(16))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    created: float = field(default_factory=time.monotonic)
    state: str = PENDING
    person: str | None = None
    delivered: int = -1                  # the number of the code the client has
    scanned: float = 0
    followed: bool = False               # by an authentication request

    def number(self) -> int:
        """Which code is the current one: they follow each other every `rotate` seconds."""
        return int((time.monotonic() - self.created) / self.rotate) if self.rotate else 0

    def payload(self, number: int) -> str:
        """The address in code `number`: derived, so that nothing has to be kept."""
        start = f"{qr.ADDRESS}?s={self.handle}&t="
        digest = hashlib.shake_256(self.secret + number.to_bytes(8, "big")).digest(self.length)
        rest = base64.urlsafe_b64encode(digest).decode("ascii")
        return start + rest[:self.length - len(start)]

    def accepts(self, payload: str) -> bool:
        """The current code or the one before it, which may still be on the screen."""
        current = self.number()
        return any(hmac.compare_digest(self.payload(number).encode(), payload.encode())
                   for number in range(max(current - 1, 0), current + 1))


@dataclass
class Request:
    """An authentication request that waits for the person's answer."""

    client: Client
    person: str
    service: str
    kind: str                            # login or confirm
    text: str | None
    number: str | None                   # to be typed in order to approve
    acr: str
    scope: list
    claims: dict
    expires_in: int
    pace: Pace
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    handle: str = field(default_factory=lambda: new_handle(8))
    created: float = field(default_factory=time.monotonic)
    created_at: float = field(default_factory=time.time)      # for people to read
    outcome: str = PENDING
    decided: float = 0
    mistyped: bool = False               # denied by typing another number
    nonce: str | None = None             # for the ID Token
    used: bool = False

    def state(self) -> str:
        if self.outcome == PENDING and self.left() <= 0:
            return EXPIRED
        return self.outcome

    def left(self) -> float:
        return self.created + self.expires_in - time.monotonic()


@dataclass
class Grant:
    """What an access token is good for."""

    client: Client
    person: str
    request: Request
    until: float


class World:
    def __init__(self, rules: Rules):
        self.rules = rules
        self.sessions: dict[str, Session] = {}
        self.requests: dict[str, Request] = {}
        self.grants: dict[str, Grant] = {}
        self._hints: dict[str, tuple[Session, float]] = {}
        self._used_hints: dict[str, None] = {}
        self._news = asyncio.Event()

    # --- telling those who wait

    def changed(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, timeout: float) -> None:
        """Until something changes; time changes things too, so never wait for long."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except asyncio.TimeoutError:
            pass

    # --- user discovery, the client's side

    def begin_session(self, client: Client) -> Session:
        rules = self.rules
        session = Session(client, Pace(rules.discovery_interval), rules.qr_rotate,
                          rules.qr_bytes)
        self._keep(self.sessions, session)
        return session

    def session_of(self, session_id: str, client: Client) -> Session:
        session = self.sessions.get(session_id)
        if session is None or session.client is not client:
            raise bad_request("no such user discovery session")
        return session

    def poll_session(self, session: Session, pace: dict) -> str | None:
        """None while nobody has scanned, else the user_identifier_token, given out once."""
        if pace["early"]:
            raise Refusal(429, "too_many_requests", "polled faster than the interval")
        if session.state == CLOSED:
            raise bad_request("this user discovery session is over")
        if time.monotonic() > session.created + self.rules.session_max:
            session.state = CLOSED
            self.changed()
            raise bad_request("this user discovery session was polled for too long")
        if session.state == PENDING:
            return None
        session.state = CLOSED
        hint = secrets.token_urlsafe(48)
        until = time.monotonic() + self.rules.hint_expires_in
        self._remember(self._hints, hint, (session, until))
        self.changed()
        return hint

    def redeem_hint(self, hint: str, client: Client) -> str:
        """Exchange a user_identifier_token for the person it stands for, once."""
        session, until = self._hints.get(hint, (None, 0))
        if session is None or session.client is not client:
            if hint in self._used_hints:
                raise Refusal(400, "expired_login_hint_token",
                              "the user_identifier_token was used before")
            raise Refusal(400, "unknown_user_id", "the user_identifier_token is not ours")
        del self._hints[hint]
        self._remember(self._used_hints, hint, None)
        if time.monotonic() > until:
            raise Refusal(400, "expired_login_hint_token",
                          "the user_identifier_token has expired")
        session.followed = True
        return session.person

    # --- authentication, the client's side

    def begin_request(self, request: Request) -> None:
        self._keep(self.requests, request)

    def request_of(self, auth_req_id: str, client: Client) -> Request:
        request = self.requests.get(auth_req_id)
        if request is None or request.client is not client:
            raise Refusal(400, "invalid_grant", "the auth_req_id is not one of this client's")
        return request

    def poll_request(self, request: Request, pace: dict, slow_down: bool = False) -> str:
        """Return the person's id once approved; everything else is a Refusal."""
        if request.used:
            raise Refusal(400, "invalid_grant", "the auth_req_id was used before")
        state = request.state()
        if state == EXPIRED or request.left() <= 0:     # answered or not
            raise Refusal(400, "expired_token", "the authentication request has expired")
        if pace["early"] or slow_down:
            request.pace.interval += SLOW_DOWN
            raise Refusal(400, "slow_down", f"wait {request.pace.interval} seconds from now on")
        if state == PENDING:
            raise Refusal(400, "authorization_pending", "the person has not answered yet")
        if state == DENIED:
            raise Refusal(400, "access_denied", "the person typed another number"
                          if request.mistyped else "the person said no")
        request.used = True
        return request.person

    def begin_grant(self, request: Request, person: str) -> str:
        token = secrets.token_urlsafe(32)
        until = time.monotonic() + request.expires_in
        self._remember(self.grants, token, Grant(request.client, person, request, until))
        return token

    # --- the phone's side

    def scan(self, person: str, payload: str | None = None, handle: str = "latest") -> Session:
        """Scan what is in a QR code, or (without `payload`) the current code of a session."""
        if payload is None:
            session = self._pick(self.open_sessions(), handle, "QR code to scan")
        else:
            session = next((s for s in self.sessions.values()
                            if payload.startswith(f"{qr.ADDRESS}?s={s.handle}&t=")), None)
            if session is None:
                raise WorldError("this QR code is not one of ours")
            if session.state == DISCOVERED or session.person:
                raise WorldError("this QR code was scanned before")
            if session not in self.open_sessions():
                raise WorldError("this QR code has expired")
            if not session.accepts(payload):
                raise WorldError("this QR code was replaced by a newer one")
        session.state, session.person = DISCOVERED, person
        session.scanned = time.monotonic()
        self.changed()
        return session

    def decide(self, outcome: str, handle: str = "latest", person: str | None = None,
               typed: str | None = None) -> Request:
        """Approve or deny; `person` lets somebody else's phone answer than was asked.

        Where a number has to be `typed`, approving with another one is a denial.
        """
        request = self._pick(self.open_requests(), handle, "request to answer")
        if outcome == APPROVED:
            request.mistyped = self._mistyped(request, typed)
        request.outcome = DENIED if request.mistyped else outcome
        request.decided = time.monotonic()
        request.person = person or request.person
        self.changed()
        return request

    @staticmethod
    def _mistyped(request: Request, typed: str | None) -> bool:
        if request.number is None:
            if typed is not None:
                raise WorldError("this request asks for no number")
            return False
        if typed is None or not number.is_number(typed):
            raise WorldError("type the two digits that the terminal shows")
        return typed != request.number

    def expire(self, handle: str = "latest") -> Session | Request:
        """Make a waiting request (or, if there is none, a waiting QR code) too old."""
        waiting = self.open_requests() or self.open_sessions()
        if handle != "latest":
            waiting = self.open_requests() + self.open_sessions()
        found = self._pick(waiting, handle, "request or QR code to expire")
        if isinstance(found, Session):
            found.state = CLOSED
        else:
            found.outcome, found.decided = EXPIRED, time.monotonic()
        self.changed()
        return found

    def open_sessions(self) -> list[Session]:
        limit = time.monotonic() - self.rules.session_max
        return [s for s in self.sessions.values() if s.state == PENDING and s.created > limit]

    def open_requests(self) -> list[Request]:
        return [r for r in self.requests.values() if r.state() == PENDING]

    # --- keeping house

    @staticmethod
    def _pick(waiting: list, handle: str, what: str):
        """By handle, or the latest one."""
        for candidate in reversed(waiting):
            if handle in ("latest", candidate.handle):
                return candidate
        raise WorldError(f"there is no {what}" + (
            "" if handle == "latest" else f" called {handle}"))

    @staticmethod
    def _remember(memory: dict, key: str, value) -> None:
        memory[key] = value
        while len(memory) > KEPT_MAX:
            del memory[next(iter(memory))]

    def _keep(self, memory: dict, thing: Session | Request) -> None:
        self._remember(memory, thing.id, thing)
        self.changed()
