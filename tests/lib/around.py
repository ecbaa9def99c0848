"""Getting around the phone: stacks that fall back on the password, and somebody at each door who
knows the password and nothing else.

The stacks are the distribution's own files, changed as an administrator changes them; the time-outs
are the product's. An attempt types the password wherever it may, and once the code is there.
"""
import contextlib
import hashlib
import itertools
import json
import os
import re
import socket
import subprocess
import time
from functools import cached_property
from pathlib import Path

import accounts
import examples
import host as hosts
import qr
import stock
from cgroup import Cgroup
from family import descendants, named
from installation import write
from namespaces import mount
from service import UIDS
from sockethost import SocketHost
from sshd import Sshd, free_port
from stock import CTL, PAM
from terminal import PATIENCE
from vlock import PROMPT

PASSWORD, ROOTS = "correct horse", "another secret"
EXAMPLE = examples.installed() / "login"
CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
NAME = "workstation"  # of the provider: unlike for localhost, libcurl asks a resolver for it
MARKS = Path("/tmp/marks")  # whoever gets in leaves a directory of their own here
AT_A_TIME = 6
ENOUGH = 70  # seconds in which an attempt has to come to something: more than connecting,
             # asking and a host's own delays take, less than the time-out of a login
SAMPLE, LOOK = 0.02, 0.3
PHONE = 30  # seconds from the phone to the shell
OLD = 13  # seconds: longer than any request may take
DEAF = 3  # seconds: a program was deaf to a key to which nothing came for so long
ABRUPT = 5  # seconds for a program to heed Ctrl-C


# --- the stacks ----------------------------------------------------------------------------

def distribution_files() -> dict[str, str]:
    """The PAM files as they come; one that somebody has edited would prove nothing."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Conffiles}\n"], check=True,
                            capture_output=True, text=True).stdout
    sums = dict(line.split()[:2] for line in listed.splitlines() if line.startswith(f" {PAM}/"))
    found = {}
    for path in PAM.iterdir():
        text = path.read_bytes()
        assert hashlib.md5(text).hexdigest() == sums.get(str(path), hashlib.md5(text).hexdigest()), \
            f"{path} is not as its package has it"
        found[path.name] = text.decode()
    return found


def with_profile() -> dict[str, str]:
    """What pam-auth-update makes of the profile, as on a machine that enables it."""
    stock.profile()
    common = {path.name: path.read_text() for path in PAM.glob("common-*")}
    assert "authinfo_unavail=ignore" in common["common-auth"], common["common-auth"]
    return common


PLENTY = {"codes": 10000, "codes_from": 100000, "codes_machine": 1000000}


# --- the host ------------------------------------------------------------------------------

class AroundHost(hosts.Host):
    def __init__(self, *more: object):
        self.files = distribution_files()
        self.profile = self.files | with_profile()
        mount("tmpfs", "/run/provider", "mode=0700")  # it writes also where /run is full
        MARKS.mkdir()
        MARKS.chmod(0o1777)
        self.cgroups: list[Cgroup] = []
        super().__init__("--interval", 1, "--name", NAME, *CONFIRMS, *more)
        # A provider that has to wait for its turn on a busy machine would be one that is away.
        os.setpriority(os.PRIO_PROCESS, self.provider.daemon.process.pid, -15)
        self.issuer = self.itsme.issuer

    def furnish(self):
        log = super().furnish()
        accounts.set_password("alice", PASSWORD)
        accounts.set_password("root", ROOTS)
        return log

    @cached_property
    def sshd(self) -> Sshd:
        return Sshd("PasswordAuthentication yes")  # as sshd has it by default

    def reset(self) -> None:
        super().reset()
        self.configure()
        self.use_profile()

    def cgroup(self, controller: str) -> Cgroup:
        """For one test."""
        self.cgroups.append(Cgroup(controller))
        return self.cgroups[-1]

    def release(self) -> None:
        for cgroup in self.cgroups:
            cgroup.release()

    def tidy(self) -> None:
        self.release()
        super().tidy()
        for cgroup in self.cgroups:
            cgroup.remove()
        self.cgroups.clear()

    def configure(self, provider: dict | None = None, login: dict | None = None) -> None:
        """With the product's own time-outs. Who tries a hundred ways in one after the other is not
        to be refused for that, or nothing would be seen of the ways."""
        self.itsme.configure(
            provider={"connect_timeout": None, "request_timeout": None, **(provider or {})},
            login={"timeout": None, **(login or {})}, limits=PLENTY)

    def _lay(self, files: dict[str, str]) -> None:
        for path in PAM.iterdir():
            path.unlink()
        for name, text in files.items():
            write(PAM / name, text, 0o644)

    def use_profile(self) -> None:
        self._lay(self.profile)

    def use_example(self) -> None:
        """Of login; the other services stay as they come."""
        self._lay(self.files | {"login": EXAMPLE.read_text()})

    def use_enabled(self, *services: str) -> None:
        self._lay(self.files)
        for service in services:
            for words in (("enable", service, "--as", "fallback"), ("confirm", service)):
                done = subprocess.run([CTL, "pam", *words], capture_output=True, text=True,
                                      stdin=subprocess.DEVNULL, timeout=120)
                assert done.returncode == 0, f"itsmectl pam {words}: {done.stdout} {done.stderr}"

    # --- a provider that is away ----------------------------------------------------------

    @contextlib.contextmanager
    def refused(self):
        """Nobody listens at its port."""
        self.configure(provider={"issuer": f"https://{NAME}:{free_port()}/v2"})
        yield
        self.configure()

    @contextlib.contextmanager
    def unresolvable(self):
        self.configure(provider={"issuer": "https://itsme.invalid/v2"})
        yield
        self.configure()

    @contextlib.contextmanager
    def swallowed(self):
        """What is sent to its port gets no answer: the kernel drops what a full queue cannot
        take."""
        with contextlib.ExitStack() as held:
            listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            port = listener.getsockname()[1]
            for _ in range(4):
                waiting = held.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            self.configure(provider={"issuer": f"https://{NAME}:{port}/v2"})
            yield
        self.configure()

    # --- what the provider has seen -------------------------------------------------------

    def answered(self, pid: int) -> bool:
        """Whether the provider has answered this process as it should."""
        ports = local_ports(pid)
        connections = {event["connection"] for event in self.provider.events("connection")
                       if event["peer_port"] in ports}
        return any(request["connection"] in connections and request.get("status") == 200
                   for request in self.provider.requests())

    def has_met(self, pid: int) -> bool:
        """Whether the provider has taken a connection of this process, TLS and all."""
        ports = local_ports(pid)
        return any(event["peer_port"] in ports for event in self.provider.events("connection"))


CONFIRMS = ("--confirm-service", CONFIRM["confirm_service"])


class AroundSocketHost(AroundHost, SocketHost):
    """And the service for hosts that run as the person."""


def local_ports(pid: int) -> set[int]:
    """Of the TCP connections that this process has."""
    sockets = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                sockets.add(os.readlink(link))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in sockets}


def helper_of(pid: int) -> int | None:
    """The helper that this process, or one that it has started, waits for."""
    return next(iter(named(pid, hosts.Host.helper)), None)


def fetch_of(pid: int) -> int | None:
    """The one of its programs that has the connection."""
    return next(iter(named(pid, "itsme-fetch")), None)


# --- somebody who knows the password -------------------------------------------------------

class Attempt:
    """One of CONDITION's making. `step` is to be called again and again."""
    door = ""
    user: str | None = None  # who starts the program
    enters = ""  # whose account it leads to
    prompt = re.compile(r"assword(?: for \w+)?: ")
    over: re.Pattern | None = None  # refused, though the program goes on
    numbers = itertools.count()
    looked = 0.0  # when it was last asked how far a helper is
    typed_at = 0.0  # when the password was last typed at a prompt

    def __init__(self, host: AroundHost, condition: str = "", before: tuple = (), **options):
        self.host = host
        self.name = f"{self.door}: {condition}" if condition else self.door
        self.mark = MARKS / str(next(self.numbers))
        self.prompts = self.codes = 0  # so far
        self.terminal = self.knock(before, **options)

    def knock(self, before: tuple, **options):
        return self.host.terminal(*before, *self.words(), user=self.user, **options)

    def words(self) -> tuple:
        raise NotImplementedError

    # --- how far it is --------------------------------------------------------------------

    @property
    def is_in(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return self.mark.stat().st_uid == (0 if self.enters == "root" else UIDS[self.enters])
        return False

    @property
    def has_ended(self) -> bool:
        return not self.terminal.child.isalive()

    @property
    def is_over(self) -> bool:
        return self.has_ended or bool(self.over and self.over.search(self.terminal.text))

    @property
    def asks_for_the_phone(self) -> bool:
        """Shown, or at least fetched: a program that was started blind shows nothing."""
        now = time.monotonic()
        if self.codes or now < self.looked + LOOK:
            return self.codes > 0
        self.looked = now
        fetch = fetch_of(self.terminal.child.pid)
        return fetch is not None and self.host.answered(fetch)

    # --- what they do ---------------------------------------------------------------------

    def step(self) -> None:
        self.terminal.read(0)
        text, now = self.terminal.text, time.monotonic()
        prompts = list(self.prompt.finditer(text))
        waits = bool(prompts) and prompts[-1].end() == len(text) and now > self.typed_at + DEAF
        if len(prompts) > self.prompts or waits:
            self.prompts, self.typed_at = len(prompts), now
            self.type(PASSWORD + "\r")
        codes = len(qr.find_all(text))
        if codes > self.codes:
            self.codes = codes
            self.at_code()

    def type(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal has just been closed
            self.terminal.send(text)

    def at_code(self) -> None:
        if self.codes == 1:
            self.type(PASSWORD + "\r")

    def leave(self) -> None:
        self.type("\x03")


class Su(Attempt):
    door, user, enters = "su", "mallory", "alice"

    def words(self) -> tuple:
        return ("su", self.enters, "-c", f"mkdir {self.mark}")


class Sudo(Attempt):
    door, user, enters = "sudo", "alice", "root"

    def words(self) -> tuple:
        return ("sudo", "mkdir", self.mark)


class SudoFromInput(Sudo):
    """The password is read from the standard input."""
    door = "sudo -S"

    def words(self) -> tuple:
        return ("sudo", "-S", "mkdir", self.mark)


class Ssh(Attempt):
    door, user, enters = "ssh", None, "alice"
    methods = "keyboard-interactive"

    def words(self) -> tuple:
        return ("ssh", *self.host.sshd.options(self.methods), f"{self.enters}@127.0.0.1",
                "mkdir", self.mark)

    @property
    def asks_for_the_phone(self) -> bool:
        return False  # a code is followed by Enter, and by whatever comes then

    def at_code(self) -> None:
        """Enter at once: who is so fast counts as a program that cannot read."""
        self.type("\r")


class PatientSsh(Ssh):
    """Reads before they press Enter, and presses it again where nothing came of it."""
    pressed = 0.0

    def at_code(self) -> None:
        self.pressed = time.monotonic()

    def step(self) -> None:
        super().step()
        now = time.monotonic()
        if self.codes and not self.has_ended and now > self.pressed + DEAF:
            self.pressed = now
            self.type("\r")


class Login(Attempt):
    """As on a console: root starts it for whoever stands there."""
    door, user, enters = "login", None, "alice"
    over = re.compile(r"^\S* ?login: $", re.M)
    has_typed = False

    def words(self) -> tuple:
        return ("login", self.enters)

    def step(self) -> None:
        super().step()
        if not self.has_typed and re.search(rf"{self.enters}@workstation\$ ", self.terminal.text):
            self.has_typed = True
            self.type(f"mkdir {self.mark}; exit\r")


class Vlock(Attempt):
    """A locked terminal. Its program ends well when it is unlocked, and only then."""
    door, user, enters = "vlock", "alice", "alice"
    over = re.compile(f"{PROMPT}.*{PROMPT}", re.S)
    pressed = 0.0

    def words(self) -> tuple:
        return ("vlock", "-c")

    @property
    def is_in(self) -> bool:
        return self.has_ended and self.terminal.wait_exit() == 0

    def step(self) -> None:
        super().step()
        now = time.monotonic()
        if re.search(PROMPT + r"\.\s*$", self.terminal.text) and now > self.pressed + DEAF:
            self.pressed = now
            self.type("\r")


# --- many at once --------------------------------------------------------------------------

def drive(attempts: list, until, what: str, timeout: float = ENOUGH) -> None:
    """Let them all go on until UNTIL(attempt) is true of each."""
    deadline = time.monotonic() + timeout
    while True:
        for attempt in attempts:
            attempt.step()
        waiting = [attempt for attempt in attempts if not until(attempt)]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not {what}: " + "; ".join(
                f"{attempt.name} {attempt.terminal.tail()!r}" for attempt in waiting))
        time.sleep(SAMPLE)


def is_settled(attempt: Attempt) -> bool:
    return attempt.is_over or attempt.is_in or attempt.asks_for_the_phone


def leave(attempts: list) -> None:
    """Whoever is still asked for the phone goes away; what the password can do it has done."""
    started = [pid for attempt in attempts for pid in descendants(attempt.terminal.child.pid)]
    for attempt in attempts:
        if not attempt.is_over:
            attempt.leave()
    with contextlib.suppress(AssertionError):
        drive(attempts, lambda attempt: attempt.is_over, "to be interrupted", ABRUPT)
    for attempt in attempts:
        attempt.step()
        attempt.terminal.close()
    for pid in started:  # also in sessions of their own, which no terminal ends
        hosts.kill(pid)


def approve(host: AroundHost, attempts: list) -> None:
    """Everybody whose code is on the screen holds the phone before it, and gets in."""
    for attempt in attempts:
        host.provider.scan(qr.scan(attempt.terminal.wait_qr()))
        attempt.type("\r")
    looked = 0.0

    def is_in(attempt: Attempt) -> bool:
        nonlocal looked
        if time.monotonic() > looked + LOOK:
            for request in json.loads(host.provider.command("pending", "--json"))["requests"]:
                host.provider.command("approve", request["id"])
            looked = time.monotonic()
        return attempt.is_in
    drive(attempts, is_in, "let in by the phone", PHONE)


def try_all(host: AroundHost, makers: list, ends_by_phone: bool = False) -> list[str]:
    """Each of MAKERS starts an attempt. Gives the names of those whom the password let in; with
    ENDS_BY_PHONE the others must then get in by the phone."""
    found = []
    for some in batches(makers):
        attempts = [make() for make in some]
        drive(attempts, is_settled, "refused, nor asked for the phone")
        by_password = [attempt for attempt in attempts if attempt.is_in]
        if ends_by_phone:
            approve(host, [attempt for attempt in attempts if attempt not in by_password])
        leave(attempts)
        if not ends_by_phone:
            by_password = [attempt for attempt in attempts if attempt.is_in]
        found += [attempt.name for attempt in by_password]
    return found


def with_conditions(host: AroundHost, doors: tuple, conditions: dict) -> list:
    """A maker for each of DOORS under each of CONDITIONS, which are words before a command."""
    return [lambda door=door, name=name, before=before: door(host, name, before)
            for name, before in conditions.items() for door in doors]


def batches(things: list):
    things = iter(things)
    while some := list(itertools.islice(things, AT_A_TIME)):
        yield some


def never_in(host: AroundHost, makers: list, ends_by_phone: bool = False) -> None:
    let_in = try_all(host, makers, ends_by_phone)
    assert not let_in, f"the password alone let in {len(let_in)}: {'; '.join(let_in)}"


def always_in(makers: list) -> None:
    """By the password alone, for once: itsme is away."""
    attempts = [make() for make in makers]
    drive(attempts, lambda attempt: attempt.is_in, "let in by the password")
