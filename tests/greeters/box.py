"""A machine with a display manager: a Host (tests/lib/host.py) that systemd has started.

A test program of greeters ends like this:

    if __name__ == "__main__":
        box.main(globals(), box.Box)     # or what makes something derived from it

It is run as root in the chroot of a release (tests/greeters/within), and starts itself again
beside a systemd of its own: tests/hosts/world makes a copy of the chroot in memory, with the
module installed and a loopback for a network, and tests/systemd/boot makes process 1 in it, as far
as basic.target. Whatever a test writes there it may write, for nothing of it stays. All tests of a
program share one box.

Beside what every Host has (provider, itsme, log, terminal(), ...):

    start(UNIT...), stop(UNIT...)     units, by systemd
    sessions()                        logind's, as dicts: id, user, uid, class, state, ...
    wait_session(user)                the one that this person has, or gets, of class "user"
    end_sessions()                    those of persons; greeters stay
    crashes()                         programs that ended by a signal, in the words of the log
    asked()                           how often the provider was asked for a session
    kept(NAME)                        a path that outlives the box: build/check/greeters/NAME
    output(COMMAND...)                what a command says; an error if it fails

Accounts are alice, bob, carol and mallory (mallory is in no map); accounts.set_password() gives
one a password, as none has any. Before a test nobody is logged in; after it no helper may be left,
and nobody may have crashed.
"""
import json
import re
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import checks
import host
from journal import Journal

BOOT = CHECKOUT / "tests/systemd/boot"
KEPT = CHECKOUT / "build/check/greeters"
PATIENCE = 60  # seconds; only what will never come takes so long
SESSION = {"Id": "id", "Name": "user", "Class": "class", "Type": "type", "State": "state",
           "Service": "service", "LockedHint": "locked"}  # logind's words, and ours
SHOWN = [f"--property={name}" for name in (*SESSION, "User")]
CRASH = re.compile(r"code=(killed|dumped), status=\d+/(ABRT|SEGV|BUS|FPE|ILL|SYS|TRAP)|Bail out!|"
                   r"Worker job \(pid:\d+\) died: (4|5|6|7|8|11|31)$")
TOLD = re.compile(r"itsme|gdm|greeter|pam_|gnome-shell: ")  # of the log, in a failure's story


def main(tests: dict, fixture) -> None:
    checks.main(tests, fixture, within=(BOOT,))


def output(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}"
    return done.stdout


def wait_for(condition, what: str, timeout: float = PATIENCE, pause: float = 0.1):
    """Until CONDITION() is true; gives what it gave."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(pause)
    return found


class Box(host.Host):
    def furnish(self) -> Journal:
        """Booting has made the accounts, and the log. Nobody may be kept out by what belongs to
        the kernel that all boxes share."""
        KEPT.mkdir(parents=True, exist_ok=True)
        for directory in ("/etc/pam.d", "/usr/lib/pam.d"):
            for path in Path(directory).glob("*"):
                lines = path.read_text().splitlines(keepends=True)
                path.write_text("".join(line for line in lines if "pam_loginuid" not in line))
        log = Journal()
        self.start("dbus.service", "systemd-logind.service", "systemd-user-sessions.service")
        return log

    # --- systemd and logind ---------------------------------------------------------------

    def start(self, *units: str) -> None:
        output("systemctl", "--no-pager", "start", *units)

    def stop(self, *units: str) -> None:
        output("systemctl", "--no-pager", "stop", *units)

    def sessions(self) -> list[dict[str, str]]:
        found = []
        for line in json.loads(output("loginctl", "list-sessions", "--json=short")):
            shown = subprocess.run(
                ["loginctl", "show-session", line["session"], *SHOWN],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=PATIENCE)
            fields = dict(pair.split("=", 1) for pair in shown.stdout.split("\n") if "=" in pair)
            if fields:  # it has just ended
                found.append({ours: fields[theirs] for theirs, ours in SESSION.items()} |
                             {"uid": int(fields["User"])})
        return found

    def session(self, user: str) -> dict[str, str] | None:
        return next((one for one in self.sessions() if one["user"] == user and
                     one["class"] == "user" and one["state"] != "closing"), None)

    def wait_session(self, user: str, timeout: float = PATIENCE) -> dict[str, str]:
        return wait_for(lambda: self.session(user), f"a session of {user}", timeout)

    def end_sessions(self) -> None:
        for one in self.sessions():
            if one["class"] == "user":
                subprocess.run(["loginctl", "terminate-session", one["id"]],
                               stderr=subprocess.DEVNULL, timeout=PATIENCE)
        wait_for(lambda: all(one["class"] != "user" for one in self.sessions()),
                 "the end of all sessions")

    # --- what went on -----------------------------------------------------------------------

    def asked(self) -> int:
        return sum(request["endpoint"] == "begin_session" for request in self.provider.requests())

    def crashes(self) -> list[str]:
        return [line for line in list(self.log.raw) if CRASH.search(line)]

    def story(self) -> str:
        """A whole system says too much."""
        self.log.raw[:] = [line for line in self.log.raw if TOLD.search(line)]
        return super().story()

    @staticmethod
    def kept(name: str) -> Path:
        return KEPT / name

    # --- around each test -------------------------------------------------------------------

    def verify_clean(self) -> None:
        super().verify_clean()
        self.log.catch_up()
        assert not self.crashes(), self.crashes()

    def tidy(self) -> None:
        super().tidy()
        self.end_sessions()
