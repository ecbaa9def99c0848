#!/usr/bin/python3
"""GNOME's login screen and lock screen, with a code that is scanned from the screen.

    test_gnome.py --tree DIR [WORD...]      only the tests with a WORD in their name
"""
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import accounts
import box
import sentences
from gnome import LIST, SERVICE, Gnome

PASSWORD = "correct horse"
SCAN = "Scan this code with the itsme app"
SCANNED = "Now approve the login in the itsme app"
WAITING = "Waiting for your phone"
ROTATION = 15  # seconds that the provider shows a code for
SHORT = 10  # seconds: the shortest that a login may last
TRIES = 3  # of one person at the login screen, before the list comes back
STILL = 4  # seconds in which what must not happen would have happened


class Host(Gnome):
    """alice and two others have a password too."""

    def __init__(self):
        super().__init__("--interval", 1, "--qr-rotate", ROTATION)
        for user in ("alice", "bob", "mallory"):
            accounts.set_password(user, PASSWORD)


def outcome(host, number: int = 1) -> dict[str, str]:
    """Of the last of that many attempts."""
    return host.log.wait_attempts(number)[-1].pairs


def scan(host, screen, person: str = "alice", other_than: str | None = None) -> str:
    """What is on the screen now; again where the provider has replaced it meanwhile."""
    code = other_than
    while True:
        code = screen.wait_code(other_than=code)
        try:
            host.provider.scan(code, person)
            break
        except AssertionError as error:
            if "replaced by a newer one" not in str(error):
                raise
    screen.wait_words(SCANNED)
    return code


def log_in(host) -> dict[str, str]:
    """Alice's session."""
    scan(host, host.choose("alice"))
    host.provider.approve()
    return host.expect_in()


def expect_nobody_in(host) -> None:
    until = time.monotonic() + STILL
    while time.monotonic() < until:
        assert not host.session("alice"), "who never approved it is in"
        time.sleep(0.2)


def expect_password(host, user: str, screen) -> None:
    """That is asked for instead, and lets in."""
    screen.wait_words("Password")
    assert not screen.codes()
    screen.type(PASSWORD)
    screen.press("Return")
    host.expect_in(user, "gdm-password")


# --- the login screen ------------------------------------------------------------------------

def test_scan_and_approve(host):
    """Nobody presses anything but the choice of a name."""
    screen = host.choose("alice")
    code = screen.wait_code()
    assert SCAN in screen.words()
    host.provider.scan(code)
    screen.wait_words(SCANNED)
    host.provider.approve()
    host.expect_in()
    pairs = outcome(host)
    assert (pairs["outcome"], pairs["service"]) == ("authenticated", SERVICE), pairs
    assert host.asked() == 1


def test_done_too_early_keeps_waiting(host):
    """The code is dimmed then, but who has scanned it gets in."""
    screen = host.choose("alice")
    code = screen.wait_code()
    screen.press("Return")
    screen.wait_words(WAITING)
    host.provider.scan(code)
    screen.wait_words(SCANNED)
    host.provider.approve()
    host.expect_in()
    assert host.asked() == 1


def test_cancel_after_done_brings_another_code(host):
    """Of an attempt of its own; the first one's helper is gone."""
    screen = host.choose("alice")
    first = screen.wait_code()
    screen.press("Return")
    screen.wait_words(WAITING)
    screen.press("Return")
    scan(host, screen, other_than=first)
    assert len(box.host.processes(host.helper)) == 1
    host.provider.approve()
    host.expect_in()


def test_refused_on_the_phone(host):
    """It is said, and another code comes by itself."""
    screen = host.choose("alice")
    first = scan(host, screen)
    with screen.flashes(sentences.DENIED):
        host.provider.deny()
    pairs = outcome(host)
    assert pairs["outcome"] == "denied", pairs
    scan(host, screen, other_than=first)
    host.provider.approve()
    host.expect_in()


def test_another_person_scans(host):
    """Whoever it is, alice's account is not theirs."""
    screen = host.choose("alice")
    scan(host, screen, "bob")
    with screen.flashes(sentences.OTHER_ACCOUNT):
        host.provider.approve()
    assert outcome(host)["outcome"] == "wrong_account"
    expect_nobody_in(host)


def test_unmapped_account_gets_the_password(host):
    expect_password(host, "mallory", host.choose("mallory"))
    assert host.asked() == 0


def test_provider_away_gets_the_password(host):
    host.provider.fault("http-status=503")
    expect_password(host, "bob", host.choose("bob"))


def test_provider_lost_while_the_code_is_shown(host):
    """The dead code does not stay: who still stands there gets the password."""
    host.itsme.configure(login={"timeout": SHORT})
    screen = host.choose("bob")
    screen.wait_code()
    host.provider.fault("http-status=503")
    expect_password(host, "bob", screen)


def test_escape_ends_it(host):
    """Back to the list, with no helper left, and the next one who comes begins anew."""
    screen = host.choose("alice")
    first = screen.wait_code()
    screen.press("Escape")
    screen.wait_words(LIST)
    host.wait_no_helper(box.PATIENCE)
    host.choose("alice")
    assert screen.wait_code() != first
    assert host.asked() == 2


def test_approval_of_an_earlier_code_counts_for_nobody(host):
    """Alice scans, walks off and approves, when another stands there who chose her name."""
    screen = host.choose("alice")
    first = scan(host, screen)
    screen.press("Escape")
    screen.wait_words(LIST)
    host.choose("alice")
    screen.wait_code(other_than=first)
    host.provider.approve()
    expect_nobody_in(host)
    scan(host, screen, other_than=first)
    host.provider.approve()
    host.expect_in()


def test_code_of_an_escaped_attempt_is_dead(host):
    screen = host.choose("alice")
    first = screen.wait_code()
    screen.press("Escape")
    screen.wait_words(LIST)
    host.choose("alice")
    screen.wait_code(other_than=first)
    host.provider.scan(first)
    expect_nobody_in(host)
    assert SCANNED not in screen.words()


def test_new_code_when_the_first_has_run_out(host):
    """By itself; who scans it gets in."""
    screen = host.choose("alice")
    first = screen.wait_code()
    screen.wait_code(other_than=first, timeout=4 * ROTATION)
    scan(host, screen, other_than=first)
    host.provider.approve()
    host.expect_in()


def test_nobody_there_ends_at_the_list(host):
    """An empty chair opens so many sessions at the provider, and no more."""
    host.itsme.configure(login={"timeout": SHORT})
    screen = host.choose("alice")
    screen.wait_code()
    screen.wait_words(LIST, timeout=TRIES * (SHORT + 30))
    host.wait_no_helper(box.PATIENCE)
    assert host.asked() <= TRIES, host.asked()
    expect_nobody_in(host)
    assert host.asked() <= TRIES, host.asked()


def test_aged_password_does_not_end_the_display_manager(host):
    """Beside a code GDM may be asked nothing: a question ends it, and with it all sessions."""
    subprocess.run(["chage", "--lastday", "0", "alice"], check=True)
    try:
        log_in(host)
    finally:
        subprocess.run(["chage", "--lastday", "19000", "alice"], check=True)


# --- the lock screen --------------------------------------------------------------------------

def test_unlock_after_a_refusal_and_again(host):
    """With a code as at the login screen, which a key brings."""
    session = log_in(host)
    screen = host.desktop("alice")
    host.lock(session)
    screen.press("space")
    first = scan(host, screen)
    with screen.flashes(sentences.DENIED):
        host.provider.deny()
    second = scan(host, screen, other_than=first)
    host.wait_locked(session, "yes")
    host.provider.approve()
    host.wait_locked(session, "no")
    host.lock(session)
    screen.press("space")
    scan(host, screen, other_than=second)
    host.provider.approve()
    host.wait_locked(session, "no")


if __name__ == "__main__":
    box.main(globals(), Host)
