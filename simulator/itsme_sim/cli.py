"""The command line: one table of subcommands, most of which talk to a running `serve`."""

import argparse
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from . import journal, options
from .faults import KINDS
from .people import People, subject_of


class Failure(Exception):
    """Something to tell the caller; exit status 1."""


def ask(state: Path, action: str, body: dict | None = None, timeout: float = 90) -> dict:
    """Ask the simulator that serves from `state` to do something."""
    try:
        ready = json.loads((state / "ready.json").read_text())
        token = (state / "control-token").read_text()
    except FileNotFoundError:
        raise Failure(f"no simulator is running in {state}") from None
    request = urllib.request.Request(
        ready["control"] + action, json.dumps(body or {}).encode(),
        {"Content-Type": "application/json", "X-Token": token})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failure(json.load(error).get("error", "refused")) from None
    except OSError as error:
        raise Failure(f"the simulator does not answer: {error}") from None


def read_image(file: Path) -> str:
    """The text in a picture of a QR code, by zbarimg, which knows nothing of ours."""
    try:
        found = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sbinary", str(file)],
                               check=True, capture_output=True)
    except FileNotFoundError:
        raise Failure("zbarimg is missing: install zbar-tools") from None
    except subprocess.CalledProcessError:
        raise Failure(f"{file}: no QR code found") from None
    return found.stdout.decode("utf-8").rstrip("\n")


def serve(arguments) -> int:
    # imported late: only this command needs aiohttp, which takes its time
    from . import serve as server
    return server.run(arguments)


def pending(arguments) -> int:
    state = ask(arguments.state, "state")
    if arguments.json:
        print(json.dumps({name: state[name] for name in ("sessions", "requests", "recent")}))
        return 0
    for session in state["sessions"]:
        print(f"scan     {session['id']}  {session['client_id']}  {session['payload']}")
    for request in state["requests"]:
        left = request["expires_at"] - state["now"]
        print(f"approve  {request['id']}  {request['client_id']}  {request['service']}  "
              f"{request['person']}  {left:.0f} s left")
    return 0


def scan(arguments) -> int:
    payload = read_image(arguments.image) if arguments.image else arguments.payload
    print(json.dumps(ask(arguments.state, "scan", {
        "payload": payload, "id": arguments.session, "person": arguments.person})))
    return 0


def approve(arguments) -> int:
    print(json.dumps(ask(arguments.state, "approve", {
        "id": arguments.id, "person": arguments.person, "number": arguments.number})))
    return 0


def deny(arguments) -> int:
    print(json.dumps(ask(arguments.state, "deny", {
        "id": arguments.id, "person": arguments.person})))
    return 0


def expire(arguments) -> int:
    print(json.dumps(ask(arguments.state, "expire", {"id": arguments.id})))
    return 0


def wait_for(arguments) -> int:
    print(json.dumps(ask(arguments.state, "wait", {
        "for": arguments.what, "timeout": arguments.timeout}, arguments.timeout + 10)))
    return 0


def rotate_keys(arguments) -> int:
    print(ask(arguments.state, "rotate-keys")["kid"])
    return 0


def subject(arguments) -> int:
    people = People.load(arguments.state, arguments.people)
    print(subject_of(people.find(arguments.person)["id"], arguments.client_id))
    return 0


def fault(arguments) -> int:
    if arguments.action == "set":
        name, _, value = (arguments.name or "").partition("=")
        given = "=" in (arguments.name or "")
        answer = ask(arguments.state, "fault-set", {
            "name": name, "value": value if given else None, "path": arguments.path,
            "count": arguments.count})
    elif arguments.action == "clear":
        answer = ask(arguments.state, "fault-clear", {"name": arguments.name})
    else:
        return _list_faults(arguments)
    print(json.dumps(answer))
    return 0


def _list_faults(arguments) -> int:
    """The whole table, with a mark at those that are armed."""
    try:
        armed = {entry["name"] for entry in ask(arguments.state, "fault-list")["armed"]}
    except Failure:
        armed = set()
    for name, kind in KINDS.items():
        wish = f"{name}={kind.value}" if kind.needs_value else (
            f"{name}[={kind.value}]" if kind.value else name)
        print(f"{'*' if name in armed else ' '} {wish:30} {kind.help}")
    return 0


def log(arguments) -> int:
    for line in journal.read(arguments.state):
        if arguments.json:
            print(json.dumps(line))
        elif line["event"] == "request":
            gap = "" if line.get("gap") is None else f"gap {line['gap']:.2f} s"
            early = "EARLY" if line.get("early") else ""
            print(line["time"][11:23], f"#{line['connection']}", line["endpoint"],
                  line.get("status"), line.get("error") or line.get("outcome") or "",
                  line.get("text") or "", gap, early, " ".join(line.get("faults", [])))
        else:
            print(line["time"][11:23], line["event"], line.get("server_name"))
    return 0


def _scan_arguments(parser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--payload", help="the exact text in the QR code")
    what.add_argument("--image", type=Path, help="a picture of the QR code (needs zbarimg)")
    what.add_argument("--session", help="one of `pending`, or latest", default="latest")
    parser.add_argument("--person", help="who scans (default: the first person)")


def _decide_arguments(parser) -> None:
    parser.add_argument("id", nargs="?", default="latest", help="one of `pending`")
    parser.add_argument("--person", help="let another person's phone answer")


def _approve_arguments(parser) -> None:
    _decide_arguments(parser)
    parser.add_argument("--number", metavar="NN", help="what the terminal shows, where "
                        "`serve --number-entry` wants it; another number is a denial")


def _fault_arguments(parser) -> None:
    parser.add_argument("action", choices=("set", "clear", "list"))
    parser.add_argument("name", nargs="?", metavar="NAME[=VALUE]")
    parser.add_argument("--count", type=int, help="strike this often, then be gone")
    parser.add_argument("--path", help="strike only where this is part of the path")


def _subject_arguments(parser) -> None:
    parser.add_argument("--person", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--people", type=Path, metavar="FILE", help="as for serve")


def _wait_arguments(parser) -> None:
    parser.add_argument("what", choices=("scan", "approve"))
    parser.add_argument("--timeout", type=float, default=60)


def _id_argument(parser) -> None:
    parser.add_argument("id", nargs="?", default="latest")


def _json_argument(parser) -> None:
    parser.add_argument("--json", action="store_true")


# name: (function, its arguments, help)
COMMANDS = {
    "serve": (serve, options.add_arguments, "be the provider, until SIGTERM"),
    "pending": (pending, _json_argument, "list what waits for the person"),
    "scan": (scan, _scan_arguments, "scan a QR code with the phone"),
    "approve": (approve, _approve_arguments, "say yes on the phone"),
    "deny": (deny, _decide_arguments, "say no on the phone"),
    "expire": (expire, _id_argument, "make a waiting request or QR code too old"),
    "wait-for": (wait_for, _wait_arguments, "wait until there is something to scan or approve"),
    "subject": (subject, _subject_arguments, "print the sub by which a client knows a person"),
    "fault": (fault, _fault_arguments, "make something go wrong"),
    "rotate-keys": (rotate_keys, lambda parser: None, "sign with a new provider key from now on"),
    "log": (log, _json_argument, "print what clients did"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="itsme-sim", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (function, arguments, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--state", type=Path, required=True, metavar="DIR",
                             help="the simulator's own directory")
        arguments(command)
        command.set_defaults(function=function)
    arguments = parser.parse_args()
    try:
        return arguments.function(arguments)
    except (Failure, OSError, ValueError, KeyError) as error:
        text = error.args[0] if isinstance(error, KeyError) else error
        print(f"itsme-sim: {text}", file=sys.stderr)
        return 1
