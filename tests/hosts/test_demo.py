#!/usr/bin/python3
"""./demo does what it says, says the truth about it, and leaves the machine as it was."""
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import machine
import qr
from terminal import Terminal

DEMO = checks.CHECKOUT / "demo"
BUILDING = 600  # seconds; only the first one builds


def unchanged(before: dict) -> None:
    """No file, mount, user or process has stayed."""
    machine.wait_childless(30)
    different = machine.differences(before, machine.fingerprint())
    assert not different, f"changed: {different}"


def demo(*arguments: str) -> subprocess.CompletedProcess:
    before = machine.fingerprint()
    result = subprocess.run([DEMO, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=BUILDING)
    unchanged(before)
    return result


def shows_a_login(result: subprocess.CompletedProcess, *words: str) -> None:
    assert result.returncode == 0, (result.stdout + result.stderr)[-600:]
    assert len(qr.find_all(result.stdout)) == 1, "no QR code in the transcript"
    for word in (*words, "The login succeeded."):
        assert word in result.stdout, f"no {word!r} in the transcript: {result.stdout[-600:]}"


def test_ssh_unattended():
    shows_a_login(demo("--auto"), "uid=1000(alice)", "outcome=authenticated",
                  "rhost=127.0.0.1")


def test_sudo_unattended():
    shows_a_login(demo("--sudo", "--auto"), "sudo cat", "outcome=authenticated")


def test_pam_unattended():
    shows_a_login(demo("--pam", "--auto"), "successfully authenticated")


# Run in a private world: a clean copy of the checkout, built and shown by somebody ordinary,
# whose umask lets their group write to what they unpack.
ORDINARY_USER = """
set -e
useradd --create-home tester
setpriv --reuid=tester --regid=tester --init-groups mkdir -m 775 /home/tester/src
tar -C {checkout} --exclude=./.git --exclude=./build -c . |
    setpriv --reuid=tester --regid=tester --init-groups tar -C /home/tester/src -x
chmod 775 /home/tester/src
cd /home/tester/src
setpriv --reuid=tester --regid=tester --init-groups --reset-env ./demo --pam --auto
"""


def test_pam_unattended_without_root():
    result = subprocess.run(
        [checks.WORLD, "sh", "-c", ORDINARY_USER.format(checkout=checks.CHECKOUT)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILDING)
    shows_a_login(result, "pamtester demo tester", "successfully authenticated")


class PhonePage:
    """The page at ADDRESS, as a browser outside the world sees it."""

    def __init__(self, address: str):
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = self.opener.open(address, timeout=30).read().decode()
        self.token = re.search(r'name="token" content="([^"]+)"', page)[1]

    def act(self, action: str, **body: str) -> dict:
        request = urllib.request.Request(
            f"{self.address}api/{action}", json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-Token": self.token})
        return json.load(self.opener.open(request, timeout=60))

    def approve(self) -> None:
        view = self.act("state")
        while not view["requests"]:
            view = self.act("state", seen=view["seen"])
        self.act("approve")


def at_the_terminal(*arguments: str) -> tuple[Terminal, PhonePage]:
    """Start it as a person would, scan from the screen, and approve on the page."""
    terminal = Terminal(DEMO, *arguments)
    address = terminal.wait_for(r"(http://127\.0\.0\.1:\d+/)\s", BUILDING)[1]
    terminal.wait_for("when the page is open")
    terminal.enter()
    phone = PhonePage(address)
    phone.act("scan", payload=qr.scan(terminal.wait_qr()), person="alice")
    phone.approve()
    return terminal, phone


def test_ssh_with_a_person():
    before = machine.fingerprint()
    terminal, _ = at_the_terminal()
    try:
        terminal.enter()
        terminal.wait_for(r"alice@workstation\$ ")
        terminal.send("stty size; exit\r")
        assert terminal.finish() == 0
        assert "50 100" in terminal.text, "the shell does not know the terminal's size"
        assert "outcome=authenticated" in terminal.text
    finally:
        terminal.close()
    unchanged(before)


def test_sudo_with_a_person():
    terminal, _ = at_the_terminal("--sudo")
    try:
        assert terminal.finish() == 0
        assert "proof-" in terminal.text
    finally:
        terminal.close()


def test_without_terminal_it_says_what_to_do():
    result = demo()
    assert result.returncode == 2 and "--auto" in result.stdout


def test_unknown_argument_shows_usage():
    result = demo("--bogus")
    assert result.returncode == 2 and "--sudo" in result.stdout


def test_killed_in_the_middle_it_leaves_nothing():
    before = machine.fingerprint()
    process = subprocess.Popen([DEMO, "--auto"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "█" in line:
            process.kill()
            break
    process.stdout.read()
    unchanged(before)


def directories(pid: int) -> list[Path]:
    """Where --pam, running as PID, keeps its things."""
    return [*Path("/run").glob(f"pam_itsme-{pid}-*"),
            *Path.home().glob(f".cache/pam_itsme-{pid}-*")]


def test_pam_interrupted_in_the_middle_leaves_nothing():
    before = machine.fingerprint()
    process = subprocess.Popen([DEMO, "--pam", "--auto"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if "█" in line:
            assert directories(process.pid), "no longer kept where this test looks"
            process.terminate()
            break
    process.stdout.read()
    assert process.wait() != 0
    assert not directories(process.pid)
    unchanged(before)


if __name__ == "__main__":
    machine.adopt_orphans()
    checks.main(globals())
