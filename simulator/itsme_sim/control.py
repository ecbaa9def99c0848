"""The person's side over HTTP: the phone page, and the actions that page and scripts ask for.

Loopback only. A script shows the token from the state directory; the page shows one that was
put into it, which other sites cannot read, and which is good for less.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

from aiohttp import web

from . import qr
from .faults import Faults
from .keys import ProviderKeys
from .people import People, subject_of
from .strictjson import read_object
from .world import APPROVED, DENIED, PENDING, World, WorldError

PHONE = Path(__file__).resolve().parent.parent / "phone"
PAGE_FILES = {"/phone.css": "text/css", "/phone.js": "text/javascript",
              "/markup.js": "text/javascript"}
LONG_POLL = 20
TICK = 0.25
RECENT = 5

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

# What may be asked for, and whether the page may ask for it too.
ACTIONS = {
    "state": True,
    "scan": True,
    "approve": True,
    "deny": True,
    "expire": False,
    "wait": False,
    "fault-set": False,
    "fault-clear": False,
    "fault-list": False,
    "rotate-keys": False,
}

# What an action's body may hold; null is as good as nothing.
MEMBERS = {"id": str, "person": str, "payload": str, "number": str, "seen": str, "for": str,
           "timeout": (int, float), "name": str, "value": str, "path": str, "count": int}


def read_body(text: bytes) -> dict:
    body = read_object(text)
    for name, value in body.items():
        if name not in MEMBERS:
            raise ValueError(f"nobody asked for {name}")
        if value is not None and (type(value) is bool or not isinstance(value, MEMBERS[name])):
            raise ValueError(f"{name} is of the wrong type")
    return body


class Control:
    def __init__(self, world: World, people: People, faults: Faults, keys: ProviderKeys,
                 token: str, image_format: str):
        self.world = world
        self.people = people
        self.faults = faults
        self.keys = keys
        self.token = token
        self.page_token = secrets.token_urlsafe(32)
        self.image_format = image_format
        self.port = 0

    # --- HTTP

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            response = await self._route(request)
        except WorldError as error:
            response = web.json_response({"error": str(error)}, status=409)
        except (ValueError, KeyError) as error:
            text = error.args[0] if error.args else "bad request"
            response = web.json_response({"error": str(text)}, status=400)
        except PermissionError as error:
            response = web.json_response({"error": str(error)}, status=403)
        response.headers.update(SECURITY_HEADERS)
        return response

    async def _route(self, request: web.BaseRequest) -> web.Response:
        hosts = (f"127.0.0.1:{self.port}", f"localhost:{self.port}")
        if request.headers.get("Host") not in hosts:
            raise PermissionError("this is not the host you asked for")
        path = request.path
        if request.method == "GET" and path == "/":
            return self._page()
        if request.method == "GET" and path in PAGE_FILES:
            return web.Response(body=(PHONE / path[1:]).read_bytes(),
                                content_type=PAGE_FILES[path], charset="utf-8")
        if request.method == "POST" and path.startswith("/api/"):
            return await self._act(request, path[5:], hosts)
        return web.json_response({"error": "there is nothing here"}, status=404)

    def _page(self) -> web.Response:
        page = (PHONE / "index.html").read_text("utf-8")
        return web.Response(text=page.replace("{{token}}", self.page_token),
                            content_type="text/html", charset="utf-8")

    async def _act(self, request: web.BaseRequest, action: str, hosts: tuple) -> web.Response:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in [f"http://{host}" for host in hosts]:
            raise PermissionError("this request comes from another site")
        if request.content_type != "application/json":
            raise ValueError("Content-Type must be application/json")
        if action not in ACTIONS:
            raise ValueError("no such action")
        if not self._may(request.headers.get("X-Token", ""), ACTIONS[action]):
            raise PermissionError("the token does not fit")
        body = read_body(await request.read())
        answer = getattr(self, "do_" + action.replace("-", "_"))(body)
        return web.json_response(await answer if asyncio.iscoroutine(answer) else answer)

    def _may(self, token: str, page_may: bool) -> bool:
        def fits(good: str) -> bool:
            return hmac.compare_digest(token.encode(), good.encode())
        return fits(self.token) or (page_may and fits(self.page_token))

    # --- actions

    async def do_state(self, body: dict) -> dict:
        """Everything the page shows; with `seen`, wait until there is something else to show."""
        until = time.monotonic() + LONG_POLL
        view = self.view()
        while body.get("seen") == view["seen"] and time.monotonic() < until:
            await self.world.wait_for_news(TICK)
            view = self.view()
        return view | {"now": time.time()}

    def do_scan(self, body: dict) -> dict:
        person = self._person(body) or self.people.first()
        session = self.world.scan(person["id"], body.get("payload"),
                                  body.get("id") or "latest")
        return {"scanned": session.handle, "person": person["id"]}

    def do_approve(self, body: dict) -> dict:
        return self._decide(APPROVED, body, body.get("number"))

    def do_deny(self, body: dict) -> dict:
        return self._decide(DENIED, body)

    def _decide(self, outcome: str, body: dict, typed: str | None = None) -> dict:
        """Says what came of it: approving with another number is a denial."""
        person = self._person(body)
        request = self.world.decide(outcome, body.get("id") or "latest",
                                    person["id"] if person else None, typed)
        return {request.outcome: request.handle, "person": request.person}

    def do_expire(self, body: dict) -> dict:
        return {"expired": self.world.expire(body.get("id") or "latest").handle}

    async def do_wait(self, body: dict) -> dict:
        """Until there is something to scan or to approve; returns what, or a time-out."""
        find = {"scan": self._sessions, "approve": self._requests}.get(body.get("for"))
        if find is None:
            raise ValueError("for must be scan or approve")
        until = time.monotonic() + min(body.get("timeout") or 0, 3600)
        while not (found := find()):
            if time.monotonic() >= until:
                raise WorldError(f"nothing to {body['for']} in time")
            await self.world.wait_for_news(TICK)
        return found[-1]

    def do_fault_set(self, body: dict) -> dict:
        self.faults.set(body.get("name"), body.get("value"), body.get("path") or "",
                        body.get("count"))
        return self.do_fault_list({})

    def do_fault_clear(self, body: dict) -> dict:
        self.faults.clear(body.get("name"))
        return self.do_fault_list({})

    def do_fault_list(self, _body: dict) -> dict:
        return {"armed": self.faults.armed()}

    def do_rotate_keys(self, _body: dict) -> dict:
        return {"kid": self.keys.rotate()}

    def _person(self, body: dict) -> dict | None:
        return self.people.find(body["person"]) if body.get("person") else None

    # --- the view

    def view(self) -> dict:
        """`seen` names this view; it changes when, and only when, something in it does."""
        view = {
            "people": [{"id": p["id"], "name": p["name"]} for p in self.people.all()],
            "sessions": self._sessions(),
            "scanned": self._scanned(),
            "requests": self._requests(),
            "recent": self._recent(),
        }
        return view | {"seen": hashlib.sha256(json.dumps(view).encode()).hexdigest()}

    def _sessions(self) -> list[dict]:
        sessions = []
        for session in self.world.open_sessions():
            payload = session.payload(max(session.delivered, 0))
            image = qr.text(qr.picture(payload, self.image_format))
            sessions.append({
                "id": session.handle, "client_id": session.client.client_id,
                "payload": payload, "image": f"data:image/{self.image_format};base64,{image}"})
        return sessions

    def _scanned(self) -> list[dict]:
        """Who scanned a code just now, for which no request has come yet."""
        answered = {(r.client.client_id, r.person) for r in self.world.open_requests()}
        limit = time.monotonic() - self.world.rules.hint_expires_in
        return [{"client_id": s.client.client_id, "person": s.person}
                for s in self.world.sessions.values()
                if s.person and s.scanned > limit and not s.followed
                and (s.client.client_id, s.person) not in answered]

    def _requests(self) -> list[dict]:
        return [{
            "id": r.handle, "client_id": r.client.client_id, "person": r.person,
            "subject": subject_of(r.person, r.client.client_id),
            "service": r.service, "kind": r.kind, "text": r.text,
            "number_needed": r.number is not None,
            "code_needed": r.acr.endswith("acr_advanced"), "expires_in": r.expires_in,
            "expires_at": round(r.created_at + r.expires_in, 1),
        } for r in self.world.open_requests()]

    def _recent(self) -> list[dict]:
        """The last few that were answered or went by, the latest first."""
        done = [r for r in self.world.requests.values() if r.state() != PENDING]
        done.sort(key=lambda r: r.decided or r.created + r.expires_in, reverse=True)
        return [{"id": r.handle, "client_id": r.client.client_id, "person": r.person,
                 "service": r.service, "kind": r.kind, "outcome": r.state(),
                 "mistyped": r.mistyped}
                for r in done[:RECENT]]


async def play(world: World, person: str, outcome: str, delay: float) -> None:
    """--auto: scan every code and answer every request, each after `delay` seconds."""
    first_seen: dict[str, float] = {}
    while True:
        now = time.monotonic()
        sessions, requests = world.open_sessions(), world.open_requests()
        first_seen = {thing.handle: first_seen.get(thing.handle, now)
                      for thing in sessions + requests}
        ripe = {handle for handle, since in first_seen.items() if now >= since + delay}
        with contextlib.suppress(WorldError):       # it may have expired this very moment
            for session in sessions:
                if session.handle in ripe:
                    world.scan(person, handle=session.handle)
            for request in requests:
                if request.handle in ripe:
                    world.decide(outcome, request.handle)
        await world.wait_for_news(min(TICK, delay) if first_seen and delay else TICK)


async def start(control: Control, listening) -> web.ServerRunner:
    control.port = listening.getsockname()[1]
    runner = web.ServerRunner(web.Server(control.handle))
    await runner.setup()
    await web.SockSite(runner, listening, shutdown_timeout=0.2).start()
    return runner
