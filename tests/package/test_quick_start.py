#!/usr/bin/python3
"""test_quick_start.py DEBS: docs/quick-start.md followed word for word on a private copy of this
machine, to a shell over ssh, and back. Runs inside tests/hosts/world; DEBS holds the packages.

A block of the page that is marked `sh NAME` is run by a shell in the terminal NAME; `keys NAME` is
what a person presses there, and `typed NAME` what they type into what runs there.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import accounts
import machine
from logsink import LogSink
from terminal import Terminal

PAGE = CHECKOUT / "docs/quick-start.md"
BLOCK = re.compile(r"^```(sh|keys|typed) (\w+)\n(.*?)^```$", re.M | re.S)
# What must stand on the screen before a person presses the key.
KEYS = {"y": (r"\[y/N\] $", "y\r"), "<Enter>": (r"press Enter", "\r")}
READING = 0.4  # seconds that a person takes at least
# What shows that a command waits for somebody.
WAITS = 'phone +http|Scan this code'
PROMPT = r"alice@\S+\$ $"
# What stays of packages and accounts wherever they are put in and taken out.
PASSING = ("mount ", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid",
           "/etc/subgid", "/etc/.pwd.lock", "/home")


def prepare() -> None:
    """What configuring openssh-server does: here it is only unpacked. Where the machine has one,
    its own settings do not count, either."""
    shutil.copyfile("/usr/share/openssh/sshd_config", "/etc/ssh/sshd_config")
    if subprocess.run(["getent", "passwd", "sshd"], stdout=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["useradd", "--system", "--home", "/run/sshd", "sshd"], check=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    shutil.rmtree(Path(accounts.ROOT_HOME) / ".ssh", ignore_errors=True)


class Story:
    """The terminals, which block of the page each of them runs, and since where on its screen."""

    def __init__(self, directory: Path):
        os.chdir(directory)
        self.terminals: dict[str, Terminal] = {}
        self.running: dict[str, tuple[int, int]] = {}
        self.commands = 0

    def terminal(self, name: str) -> Terminal:
        if name not in self.terminals:
            self.terminals[name] = Terminal(
                "env", "PS1=ready> ", "DEBIAN_FRONTEND=noninteractive",
                "sh", "-c", f"cd {os.getcwd()} && exec bash --norc -i", size=(60, 120))
            self.terminals[name].wait_for("ready> ")
        return self.terminals[name]

    def wait(self, name: str, or_waits: bool) -> None:
        """Until the block of that terminal has ended well, or (OR_WAITS) waits for somebody."""
        if name not in self.running:
            return
        number, since = self.running[name]
        terminal = self.terminals[name]
        ended = re.compile(rf"\[block {number}: (\d+)\]")
        wanted = re.compile(ended.pattern + (f"|{WAITS}" if or_waits else ""))
        hit = terminal.wait_until(lambda: wanted.search(terminal.text, since), wanted.pattern, 120)
        if hit[1] is not None:
            del self.running[name]
            assert hit[1] == "0", f"block {number} ended with {hit[1]}"

    def run(self, number: int, name: str, text: str) -> None:
        terminal = self.terminal(name)
        self.wait(name, or_waits=False)
        script = Path(f"/run/block-{number}")
        script.write_text(text)
        self.commands += len(re.sub(r"(?ms)^\[.*?^END$\n", "", text).splitlines())
        self.running[name] = number, len(terminal.text)
        terminal.send(f"bash -e {script}; echo [block {number}: $?]\r")
        self.wait(name, or_waits=True)

    def press(self, name: str, key: str) -> None:
        pattern, keys = KEYS[key]
        self.terminals[name].wait_for(pattern)
        time.sleep(READING)
        self.terminals[name].send(keys)

    def type(self, name: str, text: str) -> None:
        for line in text.splitlines():
            self.terminals[name].wait_for(PROMPT)
            self.terminals[name].send(line + "\r")
            self.commands += 1

    def close(self) -> None:
        if "simulator" in self.terminals:
            self.terminals["simulator"].interrupt()
        for terminal in self.terminals.values():
            terminal.close()


def follow(story: Story, log: LogSink) -> None:
    for number, (kind, name, text) in enumerate(BLOCK.findall(PAGE.read_text()), 1):
        if kind == "sh":
            story.run(number, name, text)
        elif kind == "keys":
            story.press(name, text.strip())
        else:
            story.type(name, text)
            story.wait(name, or_waits=False)
    story.wait("root", or_waits=False)
    assert re.search(r"^alice$", story.terminals["alice"].text, re.M), "alice is not in"
    outcomes = [record.pairs["outcome"] for record in log.attempts()]
    assert outcomes == ["authenticated"], f"the log says {outcomes}: {log.raw}"


def main() -> int:
    prepare()
    log = LogSink()
    before = machine.fingerprint()
    story = Story(Path(sys.argv[1]).resolve())
    began = time.monotonic()
    try:
        follow(story, log)
        left = [path for path in machine.differences(before, machine.fingerprint())
                if not path.startswith(PASSING)]
        assert not left, f"left behind: {left}"
    except AssertionError as error:
        print(f"FAIL docs/quick-start.md: {error}")
        for name, terminal in story.terminals.items():
            print(f"--- {name}\n{terminal.text[-3000:]}")
    else:
        print(f"ok docs/quick-start.md: {story.commands} commands in {len(story.terminals)} "
              f"terminals, {time.monotonic() - began:.0f} s")
        print("1 passed, 0 failed")
        return 0
    finally:
        story.close()
    print("0 passed, 1 failed")
    return 1


if __name__ == "__main__":
    sys.exit(main())
