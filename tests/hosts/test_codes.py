#!/usr/bin/python3
"""A code and the number that goes with it: what an honest person sees and types on the real
programs, where the phone shows our text (`confirm_service`); and the address, for who asks."""
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
from doors import READING, Login, Ssh, Sudo
from sshd import Keys

CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
ROTATE = 3  # seconds that a code counts
NAME = "xterm-256color"
TYPE = r"Scan this code with the itsme app, then type the number that it shows: $"
ALONE = r"Which number does the phone show\? $"
LINK = "No code? Type a (plain), i (inverted) or link (address), then Enter."
COMPARE = r"Check that your phone shows (\d\d)\."
LANGUAGES = {
    "nl": ("en typ daarna het getal dat ze toont:", "Typ het alleen in een terminal"),
    "fr": ("puis tapez le nombre affiché par l'app :", "À taper seulement dans un terminal"),
    "de": ("und geben Sie deren Zahl ein:", "Tippen Sie sie nur in ein selbst"),
}


def make_host():
    return hosts.Host("--interval", 1, "--qr-rotate", ROTATE, "--confirm-service",
                      CONFIRM["confirm_service"])


def stranger(host, **options) -> Ssh:
    """Somebody at an ssh client who has shown nothing yet, before a code."""
    host.itsme.configure(provider=CONFIRM)
    attempt = Ssh(host, **options)
    attempt.terminal.wait_for(TYPE)
    return attempt


def scan_newest(attempt) -> None:
    """Whatever has been replaced meanwhile is shown anew by Enter."""
    shown = 1
    while True:
        try:
            return attempt.scan(number=shown)
        except AssertionError as error:
            if "replaced by a newer one" not in str(error):
                raise
        attempt.enter()
        shown += 1


# --- typed -------------------------------------------------------------------------------------

def test_number_is_typed_over_ssh(host):
    """Four digits on the phone, which says where they belong; none of them here."""
    attempt = stranger(host)
    scan_newest(attempt)
    lines = host.provider.shown()
    number = host.provider.number()
    assert re.fullmatch(r"[1-9]\d{3}", number), lines
    assert lines[:3] == ["Log in to <b>workstation</b> as <b>alice</b>.",
                         f"Number: <b>{number}</b>",
                         "Type it only into a terminal that you opened yourself, at workstation, "
                         "from 127.0.0.1."], lines
    assert number not in attempt.terminal.text, "the terminal tells the number"
    host.provider.approve()
    host.provider.wait_token()
    attempt.type(number)
    attempt.expect_in()


def test_number_is_typed_before_the_phone_approves(host):
    attempt = stranger(host)
    scan_newest(attempt)
    attempt.type_number()
    time.sleep(1.5)
    assert attempt.proof() not in attempt.terminal.text, "in by a number alone"
    host.provider.approve()
    attempt.expect_in()


def test_other_number_is_refused(host):
    """Though the phone says yes; and the account's own phone stays as free to ring as it was."""
    attempt = stranger(host)
    scan_newest(attempt)
    number = int(host.provider.number())
    host.provider.approve()
    attempt.type(str(1000 + (number - 999) % 9000))
    attempt.expect_refused(sentences.WRONG_NUMBER, "wrong_number", "wrong_number")
    host.log.clear()
    push = Sudo(host)
    push.terminal.wait_for("We sent a request to your itsme app")
    host.provider.approve()
    push.expect_in()


def test_enter_alone_asks_again(host):
    """Before the scan it brings the newest code, behind it the question for the number alone."""
    attempt = stranger(host)
    first = qr.scan(attempt.terminal.wait_qr())
    time.sleep(ROTATE + 1.5)
    attempt.enter()
    second = qr.scan(attempt.terminal.wait_qr(2))
    assert second != first, "not the newest code"
    host.provider.scan(second)
    number = host.provider.number()
    time.sleep(1.5)
    attempt.enter()
    attempt.terminal.wait_for(ALONE)
    assert len(qr.find_all(attempt.terminal.text)) == 2, "a code that is spent"
    host.provider.approve()
    host.provider.wait_token()
    attempt.enter()
    attempt.terminal.wait_for(rf"{ALONE[:-1]}[\s\S]*{ALONE}")
    attempt.type(number)
    attempt.expect_in()


def test_rotated_code_leaves_the_question_open(host):
    """The phone holds a code that counts no more once the question has been answered right."""
    attempt = stranger(host)
    scan_newest(attempt)
    number = host.provider.number()
    time.sleep(2 * ROTATE)
    host.provider.approve()
    attempt.type(number)
    attempt.expect_in()
    assert attempt.terminal.text.count("then type the number") == len(
        qr.find_all(attempt.terminal.text)), "asked again after the right number"


def test_password_typed_by_habit_changes_nothing(host):
    attempt = stranger(host)
    attempt.type("Tr0ub4dor&3")
    attempt.terminal.wait_qr(2)
    attempt.scan(number=2)
    attempt.type_number()
    host.provider.approve()
    attempt.expect_in()


def test_code_and_question_fit_24_lines(host):
    attempt = stranger(host, size=(24, 80))
    rows = attempt.terminal.wait_qr()
    lines = attempt.terminal.text.split("\n")
    first = lines.index(rows[0])
    assert len(lines) - first <= 24, f"{len(lines) - first} lines from the code to the prompt"
    assert max(map(len, lines[first:])) <= 80
    attempt.terminal.wait_code()
    attempt.terminal.interrupt_until_end()


def test_question_in_each_language(host):
    for language, (asks, on_the_phone) in LANGUAGES.items():
        host.reset()
        host.itsme.configure(provider=CONFIRM, login={"language": language})
        attempt = Ssh(host)
        attempt.terminal.wait_for(re.escape(asks))
        scan_newest(attempt)
        assert any(line.startswith(on_the_phone) for line in host.provider.shown()), language
        attempt.type_number()
        host.provider.approve()
        attempt.expect_in()


def test_number_is_typed_at_a_terminal_too(host):
    """Where the administrator says so: by prompts, and the code fits the screen."""
    host.itsme.configure(provider=CONFIRM, login={"number_match": "ask", "flow": "qr"})
    for door in (Sudo, Login):
        attempt = door(host, size=(24, 80), name=NAME)
        attempt.terminal.wait_for(TYPE)
        host.scan_screen(attempt.terminal)
        lines = host.provider.shown()
        assert f"Number: <b>{host.provider.number()}</b>" in lines
        assert not [line for line in lines if "from" in line], lines
        attempt.type_number()
        host.provider.approve()
        attempt.expect_in()
        host.log.clear()
        host.provider.reset()


# --- compared ----------------------------------------------------------------------------------

def compared(host, attempt, pattern: str = COMPARE) -> None:
    """The number beside the code is the one that the phone shows."""
    here = attempt.terminal.wait_for(pattern)[1]
    host.scan_screen(attempt.terminal)
    assert host.provider.number() == here, host.provider.shown()
    assert f"Number: <b>{here}</b>. Your screen must show the same." in host.provider.shown()


def test_number_stands_beside_the_code(host):
    """Also when the code is gone, since the phone shows its own only then."""
    host.itsme.configure(provider=CONFIRM, login={"flow": "qr"})
    for door in (Sudo, Login):
        attempt = door(host, size=(24, 80), name=NAME)
        compared(host, attempt)
        attempt.terminal.wait_screen(
            lambda screen: "Scanned." in screen.text and re.search(COMPARE, screen.text),
            "the number when the code was scanned")
        host.provider.approve()
        attempt.expect_in()
        host.log.clear()
        host.provider.reset()


def test_number_behind_a_key_is_compared(host):
    host.itsme.configure(provider=CONFIRM, login={"flow": "qr"})
    server = Keys()
    try:
        session = server.session(host, "alice")
        here = session.wait_for(rf"{COMPARE}\nScan this code .*, then press Enter\.$")[1]
        host.provider.scan(qr.scan(session.wait_qr()))
        assert host.provider.number() == here
        host.provider.approve()
        host.provider.wait_token()
        time.sleep(READING)
        session.enter()
        assert session.finish() == 0 and accounts.proof("alice") in session.text
    finally:
        server.close()


def test_phone_that_shows_nothing_has_no_number(host):
    host.itsme.configure(login={"number_match": "ask"})
    attempt = Ssh(host)
    attempt.terminal.wait_for(r"then press Enter\.$")
    assert "number" not in attempt.terminal.text
    scan_newest(attempt)
    host.provider.approve()
    host.provider.wait_token()
    attempt.enter()
    attempt.expect_in()


# --- wishes ---------------------------------------------------------------------------------------

def test_wishes_are_no_numbers(host):
    """Where the number is asked for, a wish is none. A code that was replaced comes as wished."""
    attempt = stranger(host, size=(46, 80))
    for wish, theme, far in (("i", "light", 1), ("a", "light", None), ("inverted", "dark", 6)):
        attempt.type(wish)
        if far:
            attempt.terminal.wait_screen(
                lambda screen: len(screen.scan(far=far, theme=theme)) == 1, f"a code after {wish}")
    scan_plain(host, attempt.terminal)
    attempt.type_number()
    host.provider.approve()
    attempt.expect_in()
    asked = [request["endpoint"] for request in host.provider.requests()]
    assert asked.count("begin_session") == 1, asked


def scan_plain(host, terminal) -> None:
    """The same as scan_newest() for a code of letters."""
    seen = []
    while True:
        seen.append(terminal.wait_screen(
            lambda screen: (found := screen.scan(far=6)) and found[0] not in seen and found[0],
            "a code of letters"))
        try:
            return host.provider.scan(seen[-1])
        except AssertionError as error:
            if "replaced by a newer one" not in str(error):
                raise
        time.sleep(READING)
        terminal.enter()


# --- the address ---------------------------------------------------------------------------------

def test_address_is_for_who_asks(host):
    """`link` brings it, and it stays for the rest of the login."""
    for provider in ({}, CONFIRM):
        host.reset()
        host.itsme.configure(provider=provider)
        attempt = Ssh(host)
        attempt.terminal.wait_qr()
        attempt.terminal.wait_for(re.escape(LINK))
        assert "https://" not in attempt.terminal.text, attempt.terminal.text
        attempt.type("link")
        address = attempt.terminal.wait_for(r"^(https://\S+)\nScan this code")[1]
        attempt.terminal.settle()
        assert qr.scan(attempt.terminal.wait_qr(2)) == address
        assert attempt.terminal.text.count(LINK) == 1
        time.sleep(ROTATE + 1.5)
        attempt.enter()
        attempt.terminal.wait_qr(3)
        attempt.terminal.settle()
        addresses = re.findall(r"^https://\S+", attempt.terminal.text, re.MULTILINE)
        assert len(set(addresses)) == 2, addresses
        host.provider.scan(addresses[-1])
        if provider:
            attempt.type_number()
        host.provider.approve()
        if not provider:
            host.provider.wait_token()
            attempt.enter()
        attempt.expect_in()


def test_address_is_there_where_no_code_is(host):
    host.itsme.configure(provider=CONFIRM, display={"qr": "off"})
    attempt = Ssh(host)
    address = attempt.terminal.wait_for(
        r"^(https://\S+)\n[\s\S]*type the number that it shows: $")[1]
    assert "link" not in attempt.terminal.text
    host.provider.scan(address)
    attempt.type_number()
    host.provider.approve()
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_host)
