"""`serve`: put the parts together, listen on loopback, say when ready, end cleanly."""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

from . import control as phone
from . import provider as api
from .clients import Client
from .faults import Faults
from .files import private_directory, write_private
from .journal import Journal
from .keys import ProviderKeys, Tls
from .people import People
from .tokens import Mint
from .world import APPROVED, DENIED, Rules, World


def _seconds(value: float | None) -> float | int | None:
    """Whole seconds as an integer, as they appear in answers."""
    return int(value) if value is not None and value == int(value) else value


def _rules(arguments) -> Rules:
    if not 80 <= arguments.qr_bytes <= 400:
        raise ValueError("--qr-bytes must be between 80 and 400")
    if arguments.number_entry and arguments.auto == "approve":
        raise ValueError("--auto approve sees no terminal, so it has no number to enter")
    interval = None if arguments.no_interval else _seconds(arguments.interval)
    discovery = arguments.discovery_interval
    return Rules(
        interval=interval,
        discovery_interval=interval if discovery is None else _seconds(discovery),
        expires_in=arguments.expires_in, session_max=arguments.session_max,
        hint_expires_in=arguments.hint_expires_in, qr_rotate=arguments.qr_rotate,
        qr_bytes=arguments.qr_bytes, number_entry=arguments.number_entry)


def _clients(arguments) -> dict[str, Client]:
    """Every registered client, its JWK Set checked; ValueError or OSError if one will not do."""
    listed = [{"client_id": arguments.client_id, "jwks": arguments.client_jwks,
               "services": arguments.service, "confirm_services": arguments.confirm_service}]
    if arguments.more_clients:
        listed += json.loads(arguments.more_clients.read_text())
    clients = {}
    for entry in listed:
        services = frozenset(entry.get("services", ()))
        confirm = frozenset(entry.get("confirm_services", ()))
        if not services | confirm or services & confirm:
            raise ValueError("a client needs service codes, each of one type")
        client = Client(entry["client_id"], Path(entry["jwks"]), services, confirm)
        try:
            client.keys()
        except ValueError as error:
            raise ValueError(f"{client.jwks_file}: {error}") from None
        if client.client_id in clients:
            raise ValueError(f"two clients are called {client.client_id}")
        clients[client.client_id] = client
    return clients


@contextlib.contextmanager
def _alone(state: Path):
    """One simulator per state directory."""
    with open(state / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"a simulator is running in {state} already") from None
        yield


def _listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=256)


def _control_token(state: Path) -> str:
    token = secrets.token_urlsafe(32)
    write_private(state / "control-token", token)
    return token


def run(arguments) -> int:
    os.umask(0o077)
    state = private_directory(arguments.state)
    with _alone(state):
        (state / "ready.json").unlink(missing_ok=True)     # of one that was killed
        asyncio.run(_run(arguments, state))
    return 0


async def _run(arguments, state: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    people = People.load(state, arguments.people)
    player = people.find(arguments.auto_person) if arguments.auto_person else people.first()
    if arguments.people:
        people.keep(state)
    world, faults, keys, tls = World(_rules(arguments)), Faults(), ProviderKeys(state), \
        Tls(state, arguments.name)
    provider_socket, phone_socket = _listen(arguments.port), _listen(arguments.phone_port)
    issuer = f"https://{arguments.name}:{provider_socket.getsockname()[1]}/v2"
    journal = Journal(state)
    provider = api.Provider(
        issuer, world, people, _clients(arguments), keys, tls,
        Mint(keys, arguments.jwe_alg, arguments.jwe_enc), faults, journal,
        api.Options(arguments), arguments.login_hint_token_format)
    control = phone.Control(world, people, faults, keys, _control_token(state),
                            arguments.qr_format)
    runners = [await api.start(provider, provider_socket),
               await phone.start(control, phone_socket)]
    tasks = []
    if arguments.auto:
        outcome = APPROVED if arguments.auto == "approve" else DENIED
        tasks.append(asyncio.create_task(
            phone.play(world, player["id"], outcome, arguments.auto_delay)))
    ready = {"issuer": issuer, "ca_file": str(tls.ca_file), "client_id": arguments.client_id,
             "phone": f"http://127.0.0.1:{control.port}/",
             "control": f"http://127.0.0.1:{control.port}/api/",
             "log": str(state / "requests.jsonl"), "pid": os.getpid()}
    write_private(state / "ready.json", json.dumps(ready, indent=1) + "\n")
    if not arguments.quiet:
        _announce(ready)
    try:
        await stop.wait()
    finally:
        (state / "ready.json").unlink(missing_ok=True)
        for task in tasks:
            task.cancel()
        for runner in runners:
            await runner.cleanup()
        journal.close()


def _announce(ready: dict) -> None:
    print(f"issuer   {ready['issuer']}\nCA file  {ready['ca_file']}\n"
          f"phone    {ready['phone']}\npid      {ready['pid']}")
    sys.stdout.flush()
