"""One login through a provider that stumbles, and what holds of every login, whatever happens."""

import re
import time
from pathlib import Path

import programs
import told_rules
from channel import Helper, TEXT_STYLE, VERDICTS
from scripted_op import SUBJECT
from test_helper import PLACE
from told_rules import AGAIN, AT_ONCE, IN_TIME, is_another_address

CLIENT = "TestClient"
NUMBERS = 8000          # of logins at the most, tries that were late among them
CONNECT, REQUEST = 2, 2
BLANK = 2 * CONNECT + REQUEST + 1   # after which something is shown, or the login is over
LAG = 0.5               # of a busy machine
SHOWN = ("SHOW", "QUESTION", "PROMPT")
STEP = re.compile(r"step=(\S+) status=(\d+) ")
LOG_DEBUG = 7


class Soft(AssertionError):
    """Not as it should be, which a busy machine may be the reason of. `outcome`: what came."""

    def __init__(self, text, outcome=None):
        super().__init__(text)
        self.outcome = outcome


class Login:
    COMMON = """[provider]
issuer = {issuer}
client_id = {client}
ca_file = {place}/ca.pem
""" + f"connect_timeout = {CONNECT}\nrequest_timeout = {REQUEST}\n"
    REST = """[client]
signing_key = {place}/keys/sig.pem
""", """[login]
timeout = {timeout}
{login}
required_claims = email_verified=true
push_requires = none
""", """[identity]
map = {map}
minimum_uid = 0
[limits]
starts = 100
starts_from = 10000
codes = 1000
codes_from = 10000
codes_machine = 100000
"""
    ITSME = COMMON + "service = TEST_LOGIN\n{more}\n" + REST[0] + \
        "decryption_key = {place}/keys/enc.pem\n" + "".join(REST[1:])
    OTHER = COMMON + "profile = oidc\nlogin_hint = x\n{more}\n" + "".join(REST)
    CONFIG = {"qr": ITSME, "push": ITSME, "device": OTHER, "ciba": OTHER}

    def __init__(self, build, op, flow=None, more="", login="", timeout=None):
        self.build, self.op = Path(build), op
        self.flow = flow or op.flow
        self.user = f"t{op.number:05}"
        self.timeout = timeout or told_rules.timeout(op.step, op.fault)
        self.conf = PLACE / f"{self.user}.conf"
        users = PLACE / f"{self.user}.users"
        self.write(users, f"{self.user} sub={SUBJECT}\n")
        self.write(self.conf, self.CONFIG[op.flow].format(
            issuer=op.issuer, client=CLIENT, place=PLACE, map=users, more=more,
            login=login, timeout=self.timeout))
        self.unconnected = 0    # times that the step did not come so far as to be asked
        self.begin = None
        self.shown = None       # seconds until there was something to see
        self.verdicts = []

    @staticmethod
    def write(path, text):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    # --- what happens -------------------------------------------------------------------------

    def program(self):
        """What is started."""
        return [programs.helper(self.build)]

    def start(self):
        """The provider may be asked already before this is over."""
        self.helper = Helper(self.program(), request={
            "user": self.user, "ruid": 20000 + self.op.number, "style": TEXT_STYLE,
            "arguments": (f"config={self.conf}", "debug", f"flow={self.flow}")})

    def run(self):
        self.start()
        while self.take(self.helper.receive(timeout=6 * self.timeout)):
            pass
        self.status = self.helper.close()

    def since_begin(self):
        """Seconds since the helper gave its first sign of life, here or at the provider: what a
        busy machine takes to start it is nobody's fault."""
        now = time.monotonic()
        self.begin = self.begin or now
        return now - min(self.begin, self.op.first_seen or now)

    def take(self, message):
        if message is None:
            return False
        kind, fields = message
        now = self.since_begin()
        if kind == "LOG":
            self.look(fields["text"])
        elif kind in SHOWN and self.shown is None:
            self.shown = now
        elif kind == "VERDICT":
            self.verdicts.append(fields)
            self.elapsed = now
        return True

    def look(self, line):
        found = STEP.match(line)
        if found is None or self.op.fault is None or (
                found.group(1) != self.op.step):
            return
        if self.op.fault.before is not None and found.group(2) == "0":
            self.unconnected += 1
            self.op.heal()

    def met(self):
        """How often the step went wrong."""
        return self.op.spoiled + self.unconnected

    def log(self):
        return "\n".join(f"    {fields['priority']} {fields['text']}"
                         for kind, fields in self.helper.messages if kind == "LOG") + (
            f"\n    shown after {self.shown}, ended after {getattr(self, 'elapsed', None)}")

    # --- how it ended -------------------------------------------------------------------------

    @property
    def verdict(self):
        return VERDICTS[self.verdicts[0]["verdict"]].lower()

    @property
    def word(self):
        return self.verdicts[0]["reason"]

    @property
    def text(self):
        return self.verdicts[0].get("text", "")

    def when(self):
        if self.verdict == "authenticated":
            return ""
        is_elsewhere = self.op.fault is not None and (
            is_another_address(self.op.step, self.op.fault))
        if self.word != "timeout" and self.met() - is_elsewhere == 1:
            return AT_ONCE
        is_late = self.shown is not None and self.elapsed >= self.timeout / 2
        return IN_TIME if is_late else AGAIN

    # --- what holds in any case ---------------------------------------------------------------

    def check_always(self):
        assert len(self.verdicts) == 1, f"{len(self.verdicts)} verdicts\n{self.log()}"
        assert self.status == 0, f"exit status {self.status}: {self.helper.errors}"
        assert not self.op.problems, self.op.problems
        assert self.op.rung <= self.op.may_ring, f"a phone rang {self.op.rung} times"
        assert self.verdict != "bad_token", f"{self.word}\n{self.log()}"
        is_early = self.verdict in ("unavailable", "limited", "misconfigured")
        margin = self.timeout / 10 if is_early else 0
        if self.elapsed > self.timeout + LAG - margin:
            raise Soft(f"past the deadline: {self.elapsed:.1f} s\n{self.log()}")
        if (self.shown if self.shown is not None else self.elapsed) > BLANK:
            raise Soft(f"an empty screen for {self.shown} s\n{self.log()}")

    def check_ending(self):
        """The person is told, and the log has one line, with what the provider said."""
        lines = [fields["text"] for kind, fields in self.helper.messages
                 if kind == "LOG" and fields["priority"] < LOG_DEBUG
                 and fields["text"].startswith(f"{self.word}:")]
        if self.verdict == "authenticated":
            return
        assert self.text, "the person is told nothing"
        if self.verdict in ("expired", "denied"):
            assert not lines, lines     # the module's one line says it all
            return
        assert len(lines) == 1, f"{len(lines)} lines about it\n{self.log()}"
        assert self.op.fault.words in lines[0], f"{self.op.fault.words} is not in {lines[0]}"
