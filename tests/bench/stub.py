"""The stub provider as a child of ours: one plan for each login, one report after it."""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
POLLS = {"scan": "session", "token": "authenticate"}  # kind of poll: what it polls for


class Stub:
    def __init__(self, directory):
        self.directory = directory
        self.process = subprocess.Popen([os.path.join(HERE, "stub_provider"), directory],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.issuer = self._read()["issuer"]

    def path(self, name):
        return os.path.join(self.directory, name)

    def plan(self, **plan):
        self._say(json.dumps(plan))

    def report(self):
        return Report(self._say("report"))

    def come_first(self):
        """It stands for a machine of its own, which a thousand clients on ours do not slow
        down. Root's to do."""
        if os.geteuid() == 0:
            os.setpriority(os.PRIO_PROCESS, self.process.pid, -20)

    def _say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the stub provider has ended")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Report:
    """What the provider saw of one login."""

    def __init__(self, record):
        self.connections = record["connections"]
        self.handshakes = record["handshakes"]
        self.resumed = record["resumed"]
        self.approved = record["approved"]
        self.requests = record["requests"]

    def kinds(self):
        return [request["kind"] for request in self.requests]

    def polls(self, kind):
        return [request for request in self.requests if request["kind"] == kind]

    def gaps(self, kind):
        """Seconds from each answer that started a wait to the poll after it."""
        first = [request for request in self.requests if request["kind"] == POLLS[kind]]
        polls = first + self.polls(kind)
        return [after["arrived"] - before["sent"] for before, after in zip(polls, polls[1:])]

    def early(self, interval):
        """Polls that came sooner than the interval after what went before, in the
        provider's own time: the strictest count it could keep."""
        count = 0
        for kind, start in POLLS.items():
            seen = [r["arrived"] for r in self.requests if r["kind"] in (start, kind)]
            count += sum(b - a < interval for a, b in zip(seen, seen[1:]))
        return count
