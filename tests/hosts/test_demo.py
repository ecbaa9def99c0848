#!/usr/bin/python3
"""./demo does what it says, says the truth about it, and leaves the machine as it was."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import machine
import qr

DEMO = checks.CHECKOUT / "demo"
BUILDING = 600  # seconds; only the first one builds


def demo(*arguments: str) -> subprocess.CompletedProcess:
    """Run it, and prove that it left nothing: no file, mount, user or process."""
    before = machine.fingerprint()
    result = subprocess.run([DEMO, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=BUILDING)
    machine.wait_childless(3)
    different = machine.differences(before, machine.fingerprint())
    assert not different, f"changed: {different}"
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
    machine.wait_childless(3)
    different = machine.differences(before, machine.fingerprint())
    assert not different, f"changed: {different}"


if __name__ == "__main__":
    machine.adopt_orphans()
    checks.main(globals())
