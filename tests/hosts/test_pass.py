#!/usr/bin/python3
"""A one-time pass on the real programs: it lets its account in once, without a phone and without
the provider, and nothing else does."""
import json
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
import stacks
from doors import Login, Ssh, Su, Sudo
from namespaces import run as run_program
from sshd import Keys, free_port
from terminal import PATIENCE

ASKED = "One-time pass, or press Enter to use your phone:"
QUESTION = re.escape(ASKED)
WRONG = "0000-0000-0000-0000"
SHAPE = re.compile(r"[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}")
PASSWORD = "correct horse"
LOUD = "<84>"  # authpriv, warning
BOOT_ID = "/proc/sys/kernel/random/boot_id"
HOUR = 3600


def make_host():
    return hosts.Host("--interval", 1)


def ctl(*words: object, status: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run(["itsmectl", *map(str, words)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE)
    assert done.returncode == status, f"itsmectl {words}: {done}"
    return done


def make(user: str = "alice", *options: object) -> str:
    return json.loads(ctl("pass", user, *options, "--json").stdout)["pass"]


def answer(attempt, text: str, number: int = 1) -> None:
    """At the NUMBERth question."""
    terminal = attempt.terminal
    terminal.wait_until(lambda: terminal.text.count(ASKED) >= number, f"question {number}",
                        PATIENCE)
    terminal.send(f"{text}\r")


class KeySsh(Ssh):
    """Behind a key."""

    def knock(self, **options):
        self.server = Keys()
        return self.server.session(self.host, self.user)

    def expect_in(self) -> None:
        try:
            super().expect_in()
        finally:
            self.server.close()


def enters(host, door, text: str | None = None) -> None:
    host.log.clear()
    host.provider.reset()
    attempt = door(host)
    answer(attempt, text or make())
    attempt.expect_in()
    assert host.log.attempts()[-1].pairs["flow"] == "pass", host.log.raw
    assert not host.provider.requests(), "the provider was asked"
    assert not qr.find_all(attempt.terminal.text)
    assert any(line.startswith(LOUD) and "is let in by one" in line for line in host.log.raw)


def expect_phone(host, door=Su) -> None:
    """No question: the code comes at once."""
    attempt = door(host)
    attempt.terminal.wait_qr()
    assert ASKED not in attempt.terminal.text
    attempt.terminal.hang_up()
    host.wait_no_helper(PATIENCE)


# --- the right one --------------------------------------------------------------------------

def right_one_gets_in_once(host, door) -> None:
    text = make()
    assert SHAPE.fullmatch(text), text
    enters(host, door, text)
    assert text not in "\n".join(host.log.raw), "the log has the pass"


def test_right_one_gets_in_over_ssh(host):
    right_one_gets_in_once(host, Ssh)
    expect_phone(host, Ssh)


def test_right_one_gets_in_behind_a_key(host):
    right_one_gets_in_once(host, KeySsh)


def test_right_one_gets_in_by_su(host):
    right_one_gets_in_once(host, Su)
    expect_phone(host)


def test_right_one_gets_in_by_sudo(host):
    right_one_gets_in_once(host, Sudo)


def test_right_one_gets_in_by_login(host):
    right_one_gets_in_once(host, Login)


def test_typed_in_capitals_and_with_blanks_it_counts(host):
    enters(host, Su, f"  {make().upper()} ")


def test_as_many_uses_as_were_said(host):
    text = make("alice", "--uses", 2)
    enters(host, Su, text)
    enters(host, Sudo, text)
    expect_phone(host)


def test_provider_that_is_away_is_not_needed(host):
    host.itsme.configure(provider={"issuer": f"https://localhost:{free_port()}/v2"})
    enters(host, Ssh)


def test_of_two_at_once_one_gets_in(host):
    text = make()
    attempts = [Su(host), Su(host)]
    for attempt in attempts:
        attempt.terminal.wait_for(QUESTION)
    for attempt in attempts:
        attempt.terminal.send(f"{text}\r")
    host.log.wait_attempts(1)
    for attempt in attempts:
        attempt.terminal.wait_until(
            lambda: attempt.proof() in attempt.terminal.text
            or attempt.terminal.text.count(ASKED) > 1, "in, or asked again", PATIENCE)
    assert sum(attempt.proof() in attempt.terminal.text for attempt in attempts) == 1
    for attempt in attempts:
        attempt.terminal.hang_up()


# --- what is not it -------------------------------------------------------------------------

def test_enter_goes_on_with_the_phone(host):
    make()
    for door in (Ssh, Su, Login):
        host.log.clear()
        host.provider.reset()
        attempt = door(host)
        answer(attempt, "")
        attempt.scan()
        host.provider.approve()
        host.provider.wait_token()
        attempt.enter()
        attempt.expect_in()
        assert host.log.attempts()[-1].pairs["flow"] == "qr"


def test_wrong_ones_are_refused_and_take_nothing(host):
    text = make()
    attempt = Su(host)
    for number in (1, 2, 3):
        answer(attempt, WRONG, number)
    attempt.expect_refused(sentences.FAILED, "refused", "wrong_pass")
    assert attempt.terminal.text.count(ASKED) == 3 and not host.provider.requests()
    loud = [line for line in host.log.raw if line.startswith(LOUD) and "a wrong one" in line]
    assert len(loud) == 3, host.log.raw
    enters(host, Su, text)


def test_right_one_after_a_wrong_one(host):
    text = make()
    attempt = Ssh(host)
    answer(attempt, WRONG)
    answer(attempt, text, 2)
    attempt.expect_in()


def test_password_by_habit_goes_nowhere(host):
    """The module passes on that something else was typed, and not what."""
    host.itsme.configure(login={"timeout": 60})
    text = make()
    attempt = Sudo(host)
    answer(attempt, PASSWORD)
    answer(attempt, text, 2)
    attempt.expect_in()
    assert PASSWORD not in "\n".join(host.log.raw)


def test_used_one_does_not_count_again(host):
    text = make("alice", "--uses", 1)
    enters(host, Su, text)
    make()  # so that the question comes at all
    attempt = Su(host)
    answer(attempt, text)
    answer(attempt, text, 2)
    attempt.terminal.hang_up()
    assert attempt.proof() not in attempt.terminal.text


def test_another_accounts_does_not_count(host):
    text = make("bob")
    make()
    attempt = Su(host)
    answer(attempt, text)
    attempt.terminal.wait_for("Not that one")
    attempt.terminal.hang_up()
    assert attempt.proof() not in attempt.terminal.text


# --- when it ends ---------------------------------------------------------------------------

class LaterLogin(Login):
    """The same program, so many seconds after the boot as it is then. util-linux's login wants
    to lead the session of its terminal, and only what is forked is in the other time."""
    seconds = 0

    def knock(self, **options):
        return self.host.terminal("unshare", "--time", "--boottime", self.seconds, "--fork",
                                  "setsid", "--ctty", "--wait", "login", self.user, **options)


def after(seconds: int):
    return type("After", (LaterLogin,), {"seconds": seconds})


def test_after_its_hours_it_is_over(host):
    text = make("alice", "--hours", 1)
    expect_phone(host, after(HOUR + 1))
    enters(host, after(HOUR - 60), text)


def test_it_ends_while_the_question_waits(host):
    """The time counts when it is typed."""
    text = make("alice", "--hours", 1)
    attempt = after(HOUR - 4)(host)
    attempt.terminal.wait_for(QUESTION)
    time.sleep(5)
    attempt.terminal.send(f"{text}\r")
    attempt.terminal.wait_for("Not that one")
    attempt.terminal.hang_up()
    assert attempt.proof() not in attempt.terminal.text


def test_after_the_next_boot_there_is_none(host):
    make()
    other = Path("/run/boot_id")
    other.write_text("00000000-1111-2222-3333-444444444444\n")
    run_program("mount", "--bind", other, BOOT_ID)
    try:
        expect_phone(host)
    finally:
        run_program("umount", BOOT_ID)
    attempt = Su(host)
    attempt.terminal.wait_for(QUESTION)
    attempt.terminal.hang_up()


def test_killed_helper_takes_no_use(host):
    text = make()
    attempt = Su(host)
    attempt.terminal.wait_for(QUESTION)
    hosts.kill(hosts.only(host.helper))
    attempt.terminal.hang_up()
    assert attempt.proof() not in attempt.terminal.text
    host.wait_no_helper(PATIENCE)
    enters(host, Su, text)


def test_revoked_one_is_over(host):
    make()
    assert "revoked" in ctl("pass", "alice", "--revoke").stdout
    host.log.wait_line(LOUD, "revoked")
    expect_phone(host)
    assert "no one-time pass" in ctl("pass", "alice", "--revoke").stdout


def test_replaced_one_is_over(host):
    old = make()
    said = ctl("pass", "alice").stdout
    assert "ends with this one" in said, said
    attempt = Su(host)
    answer(attempt, old)
    answer(attempt, SHAPE.search(said)[0], 2)
    attempt.expect_in()


def test_unenrolled_and_enrolled_anew_there_is_none(host):
    make()
    assert "one-time pass is revoked" in ctl("unenrol", "alice", "--yes").stdout
    host.itsme.reset()
    expect_phone(host)


# --- who is not asked -----------------------------------------------------------------------

def test_stranger_without_a_first_factor_learns_nothing(host):
    make()
    stacks.use(arguments="flow=push")
    attempt = Ssh(host)
    attempt.expect_refused(sentences.FAILED, "refused", "first_factor_missing")
    assert "One-time" not in attempt.terminal.text


def test_account_without_one_is_not_asked(host):
    make("bob")
    expect_phone(host)


# --- making one -----------------------------------------------------------------------------

def test_root_needs_to_be_said(host):
    host.itsme.map(f"root sub={host.provider.subject('alice')}")
    assert "--root" in ctl("pass", "root", status=1).stderr
    said = ctl("pass", "root", "--root").stdout
    assert "warning" in said and "root" in said, said
    attempt = host.terminal("su", "-c", f"cat {accounts.ROOT_PROOF}", user="mallory")
    attempt.wait_for(QUESTION)
    attempt.send(SHAPE.search(said)[0] + "\r")
    assert attempt.finish() == 0 and accounts.proof("root") in attempt.text, attempt.tail()


def test_who_is_not_enrolled_gets_none(host):
    assert "not enrolled" in ctl("pass", "mallory", status=1).stderr
    assert "no account" in ctl("pass", "nobodyhere", status=1).stderr


def test_odd_numbers_are_refused(host):
    for words in (("--hours", 0), ("--hours", 73), ("--hours", "1h"), ("--uses", 11),
                  ("--uses", -1), ("--revoke", "--uses", 1)):
        ctl("pass", "alice", *words, status=2)
    ctl("pass", "--hours", 1, status=2)
    assert json.loads(ctl("pass", "--json").stdout).get("passes", []) == []


def test_only_root_makes_and_lists_them(host):
    for words in ("pass alice", "pass", "pass alice --revoke"):
        done = subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups",
                               "itsmectl", *words.split()], capture_output=True, text=True)
        assert done.returncode == 1 and "for root" in done.stderr, done


def test_making_one_is_told_loudly_and_listed(host):
    text = make("alice", "--hours", 2, "--uses", 3)
    line, = [line for line in host.log.raw if "one-time pass for alice made" in line]
    assert line.startswith(LOUD) and "hours=2 uses=3" in line and "uid=0" in line, line
    row, = json.loads(ctl("pass", "--json").stdout)["passes"]
    assert row["user"] == "alice" and row["uses"] == 3 and row["maker"] == "root", row
    assert 0 < row["until"] - time.time() <= 2 * HOUR + 1, row
    found = [finding["text"] for finding in json.loads(
        subprocess.run(["itsmectl", "check", "--offline", "--json"], capture_output=True,
                       text=True).stdout)["findings"] if finding["topic"] == "pass"]
    assert len(found) == 1 and "alice can be entered" in found[0], found
    for path in Path("/run/pam_itsme/accounts").iterdir():
        assert text.encode() not in path.read_bytes(), "the pass lies on the disk"
    assert text not in "\n".join(host.log.raw)


if __name__ == "__main__":
    checks.main(globals(), make_host)
