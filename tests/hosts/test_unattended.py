#!/usr/bin/python3
"""Programs at the other end of ssh: those that answer by themselves, and the mode that asks nothing.

What counts is how often a phone rings, and how often the provider is begun with for nobody.
"""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import stacks
from installation import write
from keyhost import CONFIRM, KEY, SENT, KeyHost
from pages import documented
from terminal import PATIENCE

UNATTENDED = "style=unattended"
FETCHED = Path("/run/fetched")


def make_host():
    return KeyHost()


# --- programs that answer by themselves ------------------------------------------------------

def test_program_behind_a_key_rings_once(host):
    """`setsid ssh -i key`, as cron or an IDE runs it: nothing has to be read, so that its quick
    Enter is as good as any."""
    program = host.tool()
    host.wait_rings(1)
    time.sleep(1.5)  # in which it would have come back twice
    assert host.rings() == 1 and len(host.live()) == 1
    assert accounts.proof("alice") in host.gets_in(program)
    assert host.rings() == 1 and not host.live()
    assert host.pairs()["flow"] == "push"


def test_three_programs_in_a_row_ring_once_each(host):
    """sshfs -o reconnect."""
    for number in (1, 2, 3):
        assert accounts.proof("alice") in host.gets_in(host.tool())
        assert host.rings() == number
    assert not host.live()


def test_two_programs_at_once_leave_the_owner_free(host):
    """Two rings at most, none of them live once both have ended; the owner is not limited."""
    first, second = host.tool(), host.tool()
    host.wait_rings(1)
    time.sleep(1.5)
    assert host.rings() <= 2 and len(host.live()) <= 2, host.live()
    host.provider.approve()
    ends = [program.communicate(timeout=PATIENCE)[0] for program in (first, second)]
    assert any(accounts.proof("alice") in end for end in ends), ends
    assert host.rings() <= 2 and not host.live(), host.live()
    rang = host.rings()
    owner = host.keys.session(host, "alice")
    owner.wait_for(re.escape(SENT))
    assert host.rings() == rang + 1
    host.provider.approve()
    host.provider.wait_token()
    owner.enter()
    assert owner.finish() == 0 and accounts.proof("alice") in owner.text


def test_program_that_answers_codes_begins_one_session(host):
    """It is told from a person after three answers, and sshd does not ask it again."""
    host.itsme.configure(provider=CONFIRM, login={"flow": "qr"})
    began = time.monotonic()
    host.stays_out(host.tool())
    assert host.begun("begin_session") == 1, host.begun("begin_session")
    assert time.monotonic() - began < 20
    pairs = host.pairs()
    assert (pairs["outcome"], pairs["reason"]) == ("not_interactive", "not_interactive")
    assert len(host.log.attempts()) == 1


SLOW = f"""\
import sys, time
import paramiko
key = paramiko.Ed25519Key.from_private_key_file("{KEY}")
transport = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
transport.auth_timeout = 110
transport.start_client()
transport.auth_publickey("alice", key)
asked = 0
def answer(title, instructions, prompts):
    global asked
    asked += len(prompts)
    time.sleep(0.4 if prompts else 0)
    return ["" for prompt in prompts]
try:
    transport.auth_interactive("alice", answer)
except paramiko.SSHException:
    print(f"asked={{asked}}")
transport.close()
sys.exit(1)
"""


def test_program_that_takes_its_time_begins_one_session(host):
    """400 ms for each answer: as fast as a person may be, but nobody answers eight times so."""
    host.itsme.configure(provider=CONFIRM, login={"flow": "qr", "number_match": "ask"})
    program = host.program(sys.executable, "-c", SLOW, host.keys.port)
    said = host.stays_out(program)
    asked = int(re.search(r"asked=(\d+)", said)[1])
    assert 3 < asked < 12, said
    assert host.begun("begin_session") == 1 and len(host.log.attempts()) == 1
    pairs = host.pairs()
    assert (pairs["outcome"], pairs["reason"]) == ("not_interactive", "not_interactive")


def test_number_that_is_asked_for_rings_no_phone_for_a_program(host):
    host.itsme.configure(provider=CONFIRM, login={"number_match": "ask"})
    host.stays_out(host.tool())
    assert host.rings() == 0 and not host.live()
    assert host.pairs()["reason"] == "not_interactive" and len(host.log.attempts()) == 1


def test_number_that_is_asked_for_rings_once_a_person_is_there(host):
    """Enter first, however late; then the phone rings, then the number."""
    host.itsme.configure(provider=CONFIRM, login={"number_match": "ask"})
    session = host.keys.session(host, "alice")
    session.wait_for(r"\) \r?\nPress Enter to send a request to your phone: $")
    time.sleep(1)
    assert host.rings() == 0
    session.enter()
    session.wait_for("Which number does the phone show")
    assert host.rings() == 1
    host.provider.command("wait-for", "approve")
    number = re.search(r"Number: <b>(\d+)</b>", host.live()[-1]["text"])[1]
    host.provider.approve()
    time.sleep(0.4)
    session.send(number)
    session.enter()
    assert session.finish() == 0 and accounts.proof("alice") in session.text
    assert host.pairs()["flow"] == "push"


# --- style=unattended: nothing is shown, nothing asked ----------------------------------------

def unattended(host, arguments: str = "", **changes: dict) -> None:
    stacks.use(f"{UNATTENDED} {arguments}".strip())
    host.itsme.configure(provider=CONFIRM, **changes)


def rang_once(host) -> None:
    assert host.rings() == 1 and not host.begun("begin_session") and not host.live()
    assert (host.pairs()["outcome"], host.pairs()["flow"]) == ("authenticated", "push")
    assert len(host.log.attempts()) == 1


def test_unattended_ssh_without_a_terminal(host):
    unattended(host)
    assert accounts.proof("alice") in host.gets_in(host.tool())
    rang_once(host)


def test_unattended_ssh_at_a_terminal_is_asked_nothing(host):
    """What is on the screen is what the command says, in each of ssh's own modes."""
    unattended(host)
    for number, mode in enumerate(("-T", "-t"), 1):
        session = host.terminal(*host.ssh_words(mode), "alice@127.0.0.1", "cat proof; sleep 0.2")
        host.provider.approve()
        assert session.finish() == 0
        shown = session.text.replace("Connection to 127.0.0.1 closed.", "")
        assert shown.strip() == accounts.proof("alice"), session.text
        assert host.rings() == number


def fetches(host, *words: object) -> None:
    unattended(host)
    FETCHED.unlink(missing_ok=True)
    host.gets_in(host.program(*words))
    assert FETCHED.read_text().strip() == accounts.proof("alice")
    rang_once(host)


def test_unattended_scp(host):
    fetches(host, "scp", *host.ssh_words()[1:], "alice@127.0.0.1:proof", FETCHED)


def test_unattended_sftp(host):
    fetches(host, "sftp", *host.ssh_words()[1:], "alice@127.0.0.1:proof", FETCHED)


def test_unattended_rsync(host):
    fetches(host, "rsync", "--rsh", " ".join(host.ssh_words()), "alice@127.0.0.1:proof", FETCHED)


PARAMIKO = f"""\
import sys
import paramiko
key = paramiko.Ed25519Key.from_private_key_file("{KEY}")
transport = paramiko.Transport(("127.0.0.1", int(sys.argv[1])))
transport.auth_timeout = 110
transport.start_client()
left = transport.auth_publickey("alice", key)
assert left == ["keyboard-interactive"], left
asked = []
def answer(title, instructions, prompts):
    asked.extend(prompts)
    return ["" for prompt in prompts]
assert transport.auth_interactive("alice", answer) == [] and not asked, asked
channel = transport.open_session()
channel.exec_command("cat proof")
print(channel.makefile().read().decode())
transport.close()
"""


def test_unattended_paramiko(host):
    """Two methods in two calls: its SSHClient knows no other than a password for the second."""
    unattended(host)
    program = host.program(sys.executable, "-c", PARAMIKO, host.keys.port)
    assert accounts.proof("alice") in host.gets_in(program)
    rang_once(host)


ANSIBLE = """\
[defaults]
timeout = 110
[ssh_connection]
ssh_args = -o ControlMaster=auto -o ControlPersist=60s {words} -o KbdInteractiveAuthentication=yes
"""


def test_unattended_ansible(host):
    """Its own words forbid the method; those of ssh_args stand before them, and the first count."""
    unattended(host)
    words = " ".join(host.keys.options("publickey,keyboard-interactive")[2:])
    config, home = Path("/run/ansible.cfg"), Path("/run/ansible")
    write(config, ANSIBLE.format(words=words), 0o644)
    home.mkdir(exist_ok=True)
    program = host.program(
        "ansible", "all", "-i", "127.0.0.1,", "-u", "alice", "--private-key", KEY, "-m", "raw",
        "-a", "cat proof",
        env={**os.environ, "ANSIBLE_CONFIG": str(config), "HOME": str(home), "LC_ALL": "C.UTF-8"})
    assert accounts.proof("alice") in host.gets_in(program)
    rang_once(host)
    subprocess.run(["pkill", "-f", "ansible/cp"], check=False)


def test_unattended_each_rings_once(host):
    unattended(host)
    for number in (1, 2, 3):
        assert accounts.proof("alice") in host.gets_in(host.tool())
        assert host.rings() == number and not host.live()


def test_unattended_and_remembered_rings_once(host):
    unattended(host, login={"remember": 900})
    for _ in range(3):
        program = host.tool()
        assert accounts.proof("alice") in host.gets_in(program, approve=not host.rings())
    assert host.rings() == 1
    flows = [record.pairs["flow"] for record in host.log.wait_attempts(3)]
    assert flows == ["push", "remembered", "remembered"], flows


def test_unattended_phone_says_where_but_no_number(host):
    unattended(host)
    program = host.tool()
    host.wait_rings(1)
    host.provider.command("wait-for", "approve")
    lines = host.live()[-1]["text"].split("<br>")
    assert lines[0] == "Log in to <b>workstation</b> as <b>alice</b>.", lines
    assert "From: 127.0.0.1" in lines and "Service: sshd" in lines, lines
    assert any(re.match(r"Time: \d{4}-\d\d-\d\d \d\d:\d\d", line) for line in lines), lines
    assert not [line for line in lines if "Number" in line], lines
    host.gets_in(program)


def test_unattended_denied_is_refused_at_once(host):
    unattended(host)
    program = host.tool()
    host.provider.deny()
    host.stays_out(program)
    assert host.rings() == 1 and host.pairs()["outcome"] == "denied"
    assert len(host.log.attempts()) == 1


def test_unattended_second_request_is_refused_and_logged(host):
    """There is no code to go on with; whose request rings is not said to whoever comes second."""
    unattended(host)
    first = host.tool()
    host.wait_rings(1)
    host.stays_out(host.tool())
    pairs = host.pairs()
    assert pairs["outcome"] == "limited" and pairs["reason"] == "push_pending", pairs
    assert accounts.proof("alice") in host.gets_in(first)
    assert host.rings() == 1


def test_unattended_needs_a_first_factor_whatever_the_settings_say(host):
    """Without a key, push_requires = none rings nobody: nothing else would stand before it. The
    argument first_factor is the administrator's word that something does."""
    unattended(host, login={"push_requires": "none"})
    words = ("ssh", *host.sshd.options(), "alice@127.0.0.1", "cat proof; sleep 0.2")
    host.stays_out(host.program(*words))
    assert not host.provider.requests()
    assert host.pairs(3)["reason"] == "first_factor_missing"  # as often as ssh asks
    host.log.clear()
    unattended(host, "first_factor")
    assert accounts.proof("alice") in host.gets_in(host.program(*words))
    rang_once(host)


def test_unattended_with_settings_that_cannot_be(host):
    """Each is set-up, refused before anything is sent, with a line that says what to change."""
    for login, reason, line in (
            ({"number_match": "ask"}, "config_invalid", "nothing can be typed"),
            ({"flow": "qr"}, "service_shows_no_picture", "no flow rings a phone")):
        host.log.clear()
        unattended(host, login=login)
        host.stays_out(host.tool())
        assert host.pairs(3)["reason"] == reason  # as often as ssh asks
        host.log.wait_line(line)
    host.log.clear()
    host.itsme.configure()  # without a text on the phone nothing rings by itself
    host.stays_out(host.tool())
    assert host.pairs(3)["reason"] == "service_shows_no_picture"
    assert not host.provider.requests()


def test_unattended_by_a_line_that_overrides_the_question(host):
    """What docs/ssh.md has for a machine where the number is asked for."""
    unattended(host, "number_match=show", login={"number_match": "ask"})
    assert accounts.proof("alice") in host.gets_in(host.tool())
    rang_once(host)


# --- people and tools at one sshd --------------------------------------------------------------

def two_lines() -> None:
    """The stack of docs/ssh.md, with the account and session parts of a test's."""
    rest = stacks.STACK.split("\n", 1)[1]
    write(Path("/etc/pam.d/sshd"), documented("ssh.md", "notingroup") + rest, 0o644)


def join(group: str, *members: str) -> None:
    groups = Path("/etc/group")
    lines = [line for line in groups.read_text().splitlines() if not line.startswith(f"{group}:")]
    write(groups, "\n".join([*lines, f"{group}:x:880:{','.join(members)}", ""]), 0o644)


def test_people_and_tools_share_one_sshd(host):
    """Members of the group are asked by the phone alone; everybody else by the prompt."""
    join("itsme-tools", "alice")
    two_lines()
    assert accounts.proof("alice") in host.gets_in(host.tool())
    rang_once(host)
    host.log.clear()
    join("itsme-tools")
    session = host.keys.session(host, "alice")
    session.wait_for("press Enter")
    host.provider.approve()
    host.provider.wait_token()
    session.enter()
    assert session.finish() == 0 and accounts.proof("alice") in session.text


def test_people_and_tools_get_in_by_the_phone_alone(host):
    """No way through the two lines without it: refused, or unknown to the map, it stays shut."""
    for members in ((), ("alice", "mallory")):
        join("itsme-tools", *members)
        two_lines()
        host.log.clear()
        host.provider.reset()
        hosts.forget_limits()
        program = host.tool()
        host.wait_rings(1)
        host.provider.deny()
        host.stays_out(program)
        assert host.pairs()["outcome"] == "denied"
        host.log.clear()
        write(Path("/run/keys/mallory.pub"), KEY.with_suffix(".pub").read_text(), 0o644)
        host.stays_out(host.program(*host.ssh_words("mallory@127.0.0.1", "cat proof")))
        assert host.pairs(3)["outcome"] == "refused", host.pairs(3)


def test_itsmectl_check_understands_the_two_lines(host):
    """It sees who is asked there, and that there is no way around."""
    two_lines()
    said = subprocess.run(["itsmectl", "check", "--offline"], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    lines = [line for line in said.stdout.splitlines() if "sshd" in line]
    assert any("itsme" in line for line in lines), said.stdout + said.stderr
    assert not [line for line in lines if "nothing" in line or "unknown" in line], lines


if __name__ == "__main__":
    checks.main(globals(), make_host)
