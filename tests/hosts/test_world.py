#!/usr/bin/python3
"""The private world itself: what happens in it stays in it, also when it is killed; and the
terminals of the people in it."""
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import machine
from terminal import Terminal

BOOT = checks.CHECKOUT / "tests/systemd/boot"
# Everything a host test does to a machine, and a process that means to outlive it.
MISCHIEF = """
echo eve:x:0:0::/:/bin/sh >> /etc/passwd
echo auth sufficient pam_permit.so > /etc/pam.d/sshd
rm -r /etc/security /usr/libexec
mkdir /home/eve /usr/local/eve; touch /home/eve/file; chmod 777 /etc /home
mount -t tmpfs eve /opt
hostname eve
setsid sleep 1000 &
echo done
"""

# What util-linux's login does when it starts, at the pace of a machine that is very busy.
CLOSED_FOR_A_MOMENT = """
echo before; mine=$(tty)
exec <&- >&- 2>&-
sleep 0.3
exec <$mine >$mine
echo after; sleep 5
"""


def world(*command: str, **options) -> subprocess.Popen:
    return subprocess.Popen([checks.WORLD, *command], stdout=subprocess.PIPE, text=True, **options)


def unchanged(before: dict) -> None:
    different = machine.differences(before, machine.fingerprint())
    assert not different, f"changed: {different}"


def test_nothing_is_left_after_the_end():
    name, before = os.uname().nodename, machine.fingerprint()
    with world("sh", "-c", MISCHIEF) as process:
        assert process.stdout.read() == "done\n"
    assert process.returncode == 0
    machine.wait_childless(30)
    unchanged(before)
    assert os.uname().nodename == name


def test_nothing_is_left_of_a_booted_system():
    before = machine.fingerprint()
    with world(BOOT, "sh", "-c", MISCHIEF + "exit 7") as process:
        assert process.stdout.read() == "done\n"
    assert process.returncode == 7
    machine.wait_childless(30)
    unchanged(before)
    assert not abandoned_cgroups()


def abandoned_cgroups() -> list[Path]:
    return [path for path in Path("/sys/fs/cgroup").glob("**/pam_itsme-*/cgroup.events")
            if "populated 0" in path.read_text()]


def killed_by(number: int, *within: object) -> None:
    before = machine.fingerprint()
    with world(*within, "sh", "-c", MISCHIEF + "sleep 1000") as process:
        assert process.stdout.readline() == "done\n"
        process.send_signal(number)
        # Whoever was started in there holds the other end of this pipe.
        assert process.stdout.read() == ""
    machine.wait_childless(30)
    unchanged(before)


def test_nothing_is_left_after_sigkill():
    killed_by(signal.SIGKILL)


def test_nothing_is_left_after_sigterm():
    killed_by(signal.SIGTERM)


def test_nobody_is_left_of_a_booted_system_after_sigkill():
    """Nobody can take the control group away then; the next one does."""
    killed_by(signal.SIGKILL, BOOT)
    with world(BOOT, "true") as process:
        assert process.wait() == 0
    assert not abandoned_cgroups()


def test_nothing_is_left_when_killed_while_it_is_made():
    before = machine.fingerprint()
    for delay in (0.02, 0.05, 0.08, 0.11, 0.14, 0.17):
        with world("sleep", "1000") as process:
            time.sleep(delay)
            process.kill()
            process.stdout.read()
    machine.wait_childless(30)
    unchanged(before)


def test_exit_status_is_the_commands():
    with world("sh", "-c", "exit 7") as process:
        assert process.wait() == 7
    with world("sh", "-c", "kill -KILL $$") as process:
        assert process.wait() == 128 + signal.SIGKILL


def test_network_is_its_own():
    with world("cat", "/proc/net/dev") as process:
        interfaces = [line.split(":")[0].strip() for line in process.stdout if ":" in line]
    assert interfaces == ["lo"], interfaces


def test_tree_lies_over_it_and_belongs_to_root():
    laid = Path("/usr/share/pam_itsme-laid")
    with tempfile.TemporaryDirectory() as directory:
        inside = Path(directory) / laid.relative_to("/")
        inside.parent.mkdir(parents=True)
        inside.write_text("here\n")
        inside.chmod(0o666)
        os.chown(inside, 12345, 12345)
        with world("--tree", directory, "stat", "-c", "%u %g %a", laid) as process:
            assert process.stdout.read() == "0 0 644\n"
    assert not laid.exists()


def test_terminal_that_is_closed_for_a_moment_is_read_on():
    terminal = Terminal("sh", "-c", CLOSED_FOR_A_MOMENT)
    terminal.wait_for("before")
    terminal.wait_for("after")
    terminal.close()


if __name__ == "__main__":
    machine.adopt_orphans()
    checks.main(globals())
