#!/usr/bin/python3
"""What stands on the screen during a login by the real sudo, su and login: a terminal is emulated,
and its picture held before a scanner."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import pictures
import qr
import sentences
import stacks
from doors import Login, Ssh, Su, Sudo
from installation import write

ROTATE = 10  # long enough to find a code in the picture of a large screen on a busy machine
NAME = "xterm-256color"
SMALL, MIDDLE, LARGE, NARROW = (24, 80), (50, 100), (60, 200), (24, 40)
BLOCK = re.compile("[\u2580-\u259f\U0001fb00-\U0001fb3b]")
STATUS = re.compile(r"Waiting for your phone \.\.\. (\d+):(\d\d)$", re.M)
NEEDS = re.compile(r"\(The code needs a terminal of (\d+) columns and (\d+) rows\.\)")
WAITING = "Waiting for your phone"
SHELL = ("bash", "--norc", "--noprofile", "-i")


class Host(hosts.Host):
    def verify_clean(self) -> None:
        """Whoever still waits has seen enough."""
        for terminal in self.terminals:
            if terminal.child.isalive():
                terminal.interrupt()
        super().verify_clean()


def make_host():
    return Host("--interval", 1, "--qr-rotate", ROTATE)


def knock(door, host, size=SMALL, **options):
    return door(host, name=NAME, size=size, **options)


def su(host, *before: str, size=SMALL):
    return host.terminal(*before, "su", "alice", "-c", "cat ~/proof", user="mallory", name=NAME,
                         size=size)


def shell(host, size=SMALL):
    """A shell at which somebody works, who has done something already."""
    session = host.terminal(*SHELL, user="mallory", name=NAME, size=size,
                            environment={"PS1": "$ "})
    session.send("PS1='% '; set +m; set -m; echo ear''lier\r")
    session.wait_for(r"\nearlier\n")
    session.wait_screen(lambda screen: screen.rows[screen.cursor[0]] == "%", "a prompt")
    return session


def no_code(screen) -> bool:
    return not BLOCK.search(screen.text)


def rests_below(screen) -> bool:
    """The cursor is where a host that is killed may leave it: alone on the line below."""
    row, column = screen.cursor
    return column == 0 and not any(screen.rows[row:])


# --- in place ------------------------------------------------------------------------------

def replaced_in_place(host, door) -> None:
    attempt = knock(door, host)
    terminal = attempt.terminal
    first = terminal.wait_code()
    second = terminal.wait_code(first)
    third = terminal.wait_code(second)
    assert len({first, second, third}) == 3
    assert terminal.screen.text.count("Scan this code") == 1
    terminal.wait_screen(rests_below, "the cursor below")
    host.scan_screen(terminal)
    host.provider.approve()
    attempt.expect_in()


def test_code_is_replaced_in_place_by_sudo(host):
    replaced_in_place(host, Sudo)


def test_code_is_replaced_in_place_by_su(host):
    replaced_in_place(host, Su)


def test_code_is_replaced_in_place_by_login(host):
    replaced_in_place(host, Login)


def test_time_that_is_left_counts_down(host):
    terminal = knock(Su, host).terminal
    terminal.wait_code()
    seen = []
    for _ in range(3):
        def changed(screen):
            found = STATUS.search(screen.text)
            return found and (not seen or found.groups() != seen[-1]) and found.groups()
        seen.append(terminal.wait_screen(changed, "another time"))
    left = [60 * int(minutes) + int(seconds) for minutes, seconds in seen]
    assert 60 >= left[0] > left[1] > left[2] > 30, left


def test_scanned_code_makes_way_for_what_is_next(host):
    terminal = knock(Su, host).terminal
    host.scan_screen(terminal)
    terminal.wait_screen(lambda screen: no_code(screen) and STATUS.search(screen.text) and
                         "Scanned. Now approve" in screen.text, "the next step alone")


def test_screen_is_restored_after_success(host):
    session = shell(host, LARGE)
    session.send("su alice -c 'cat ~/proof'\r")
    host.scan_screen(session)
    host.provider.approve()
    proof = accounts.proof("alice")
    session.wait_screen(lambda screen: [row for row in screen.rows if row][-4:] == [
        "earlier", "% su alice -c 'cat ~/proof'", proof, "%"], "the answer right below")


def test_screen_is_restored_after_refusal(host):
    session = shell(host, LARGE)
    session.send("su alice\r")
    host.scan_screen(session)
    host.provider.deny()
    session.wait_screen(lambda screen: [row for row in screen.rows if row][-5:-2] == [
        "earlier", "% su alice", sentences.DENIED], "the refusal right below")


# --- a host that writes before each text ---------------------------------------------------

def stand_in() -> Path:
    program = Path("/tmp/sudo-rs")
    subprocess.run(["cc", "-o", program, checks.CHECKOUT / "tests/lib/sudo-rs.c", "-lpam"], check=True)
    return program


def enters_by_first_code(host, terminal, proof: str) -> None:
    """A first row that does not begin at the left is no code."""
    rows = terminal.wait_qr()
    host.provider.scan(qr.scan(rows))
    host.provider.approve()
    assert terminal.finish() == 0 and proof in terminal.text, terminal.tail()


def test_sudo_rs_begins_on_a_new_line(host):
    """It writes "[sudo] " before a text; the other sudo does not, and gets no empty line."""
    host.itsme.configure(display={"live": "off"})
    enters_by_first_code(host, host.terminal(stand_in(), "alice", name=NAME), "in\n")
    attempt = knock(Sudo, host, MIDDLE)
    enters_by_first_code(host, attempt.terminal, attempt.proof())
    assert qr.ROW.match(attempt.terminal.text), "not from the first line on"
    real = Path("/usr/lib/cargo/bin/sudo")
    if real.exists():  # not in Debian 12
        real.chmod(0o4755)
        terminal = host.terminal(real, "cat", accounts.ROOT_PROOF, user="alice", name=NAME)
        enters_by_first_code(host, terminal, accounts.proof("root"))
        assert "[sudo] \n" in terminal.text, "not what the stand-in does"


# --- what people do meanwhile ---------------------------------------------------------------

def test_interrupt_of_su_leaves_a_clean_line(host):
    """su dies of it, so nobody tidies up: what it left is below the code, at the left."""
    session = shell(host)
    session.send("stty -a >/tmp/before; su alice\r")
    session.wait_code()
    session.wait_screen(rests_below, "the cursor below")
    session.interrupt()
    session.wait_screen(lambda screen: screen.rows[screen.cursor[0]] == "%", "a prompt")
    session.send("stty -a >/tmp/after; cmp /tmp/before /tmp/after && echo sa''me\r")
    session.wait_screen(lambda screen: "same" in screen.rows, "an unchanged terminal")
    cell = session.screen.screen.buffer[session.screen.cursor[0]][0]
    assert (cell.fg, cell.bg) == ("default", "default"), "colours were left on"
    assert not session.screen.screen.cursor.hidden


def test_interrupt_of_sudo_restores_the_screen(host):
    attempt = knock(Sudo, host)
    attempt.terminal.wait_code()
    attempt.terminal.interrupt()
    attempt.terminal.finish()
    assert no_code(attempt.terminal.screen) and not STATUS.search(attempt.terminal.screen.text)


def test_enter_out_of_habit_spoils_nothing(host):
    terminal = knock(Su, host).terminal
    first = terminal.wait_code()
    terminal.send("\r\r\r")
    terminal.wait_screen(lambda screen: screen.rows[0] and screen.scan() and
                         len(screen.scan()) == 1, "one code")
    terminal.wait_code(first)
    host.scan_screen(terminal)
    terminal.wait_screen(no_code, "no code")


def test_stopped_and_continued_draws_anew(host):
    session = shell(host)
    session.send("su alice\r")
    session.wait_code()
    session.send("\x1a")
    session.wait_for("Stopped")
    session.send("echo mean''while\r")
    session.wait_for("\nmeanwhile\n")
    session.send("fg\r")
    session.wait_screen(lambda screen: "meanwhile" not in screen.text and
                        len(screen.scan()) == 1, "one code on a page of its own")


def test_resize_draws_anew(host):
    """Larger, too narrow for a code, too small, and back: never a broken or a second code."""
    terminal = knock(Su, host).terminal
    terminal.wait_code()
    for size in (LARGE, MIDDLE, (30, 100), SMALL):
        terminal.resize(*size)
        terminal.wait_screen(lambda screen: screen.rows[0] and len(screen.scan()) == 1 and
                             STATUS.search(screen.text), f"one code at {size}")
    for size in ((24, 40), (10, 60)):
        terminal.resize(*size)
        terminal.wait_screen(lambda screen: NEEDS.search(screen.text.replace("\n", " ")) and
                             no_code(screen), f"no code at {size}")
    terminal.resize(*LARGE)
    terminal.wait_screen(lambda screen: len(screen.scan()) == 1, "one code again")


# --- sizes and kinds ------------------------------------------------------------------------

def test_needed_size_is_told_and_is_enough(host):
    terminal = knock(Su, host, size=NARROW).terminal
    found = terminal.wait_screen(
        lambda screen: NEEDS.search(screen.text.replace("\n", " ")), "what is needed")
    assert no_code(terminal.screen)
    address = re.search(r"https://\S+", "".join(row.ljust(40) for row in terminal.screen.rows))
    columns, rows = map(int, found.groups())
    terminal.resize(rows, columns)
    code = terminal.wait_code()
    assert code.split("&")[0] == address[0].split("&")[0]


def kind_scans(host, kind: str, size, gaps: tuple[int, ...]) -> None:
    host.itsme.configure(display={"qr": kind})
    terminal = knock(Su, host, size=size).terminal
    terminal.wait_code()
    for gap in gaps:
        terminal.wait_screen(lambda screen: len(screen.scan(line_gap=gap)) == 1,
                             f"{kind} with a gap of {gap} pixels")


def test_half_blocks_scan_with_gaps_between_lines(host):
    kind_scans(host, "utf8", SMALL, (0, 1, 2, 3))


def test_sextants_scan_with_gaps_between_lines(host):
    kind_scans(host, "sextant", NARROW, (0, 1, 2, 3))
    assert re.search("[\U0001fb00-\U0001fb3b]", host.terminals[-1].screen.text)


def test_ascii_scans_from_afar(host):
    """The characters must merge, and so the phone is held farther away."""
    host.itsme.configure(display={"qr": "ascii"})
    terminal = knock(Su, host, size=LARGE).terminal
    terminal.wait_screen(lambda screen: screen.text.isascii() and STATUS.search(screen.text) and
                         len(screen.scan(far=6)) == 1, "a code of plain characters")


def test_light_terminal_shows_the_same_colours(host):
    terminal = knock(Su, host).terminal
    terminal.wait_code()
    terminal.wait_screen(lambda screen: len(screen.scan(theme="light")) == 1, "a code on white")


def test_no_color_means_no_colours(host):
    terminal = su(host, "env", "NO_COLOR=1")
    terminal.wait_code()
    terminal.wait_for("\x1b")  # it is live all the same
    assert not re.search(r"\x1b\[[0-9;]*m", terminal.text)
    assert not terminal.screen.scan(theme="light"), "there the dark is light: say invert"


def test_invert_is_for_light_terminals(host):
    host.itsme.configure(display={"invert": "yes"})
    terminal = su(host)
    terminal.wait_screen(lambda screen: len(screen.scan(theme="light")) == 1, "a code on white")
    assert not re.search(r"\x1b\[[0-9;]*m", terminal.text)


# --- where nothing may be steered -----------------------------------------------------------

def stays_plain(host, terminal) -> None:
    """Text that is only added to: two codes one below the other, and no control sequence."""
    terminal.wait_qr(2)
    assert "\x1b" not in terminal.text


def test_dumb_terminal_is_not_steered(host):
    stays_plain(host, su(host, "env", "TERM=dumb", size=MIDDLE))


def test_terminal_without_name_is_not_steered(host):
    stays_plain(host, su(host, "env", "-u", "TERM", size=MIDDLE))


def test_live_off_adds_lines(host):
    host.itsme.configure(display={"live": "off"})
    stays_plain(host, su(host, size=MIDDLE))


def test_ssh_is_plain_and_complete_in_one_prompt(host):
    attempt = knock(Ssh, host, size=MIDDLE)
    attempt.scan()
    assert "\x1b" not in attempt.terminal.text
    attempt.terminal.wait_for("No code\\? Type a .*\nScan this code .*, then press Enter")
    attempt.enter()
    host.provider.approve()
    attempt.expect_in()


def test_redirected_output_stays_clean(host):
    """The picture goes to the terminal, and the command's output where it was sent."""
    out = Path("/tmp/out")
    terminal = host.terminal("sh", "-c", f"su alice -c 'cat ~/proof' >{out}", user="mallory",
                             name=NAME, size=SMALL)
    host.scan_screen(terminal)
    host.provider.approve()
    assert terminal.finish() == 0
    assert out.read_text().strip() == accounts.proof("alice")


# --- text alone -----------------------------------------------------------------------------

def reads_well(host) -> None:
    terminal = su(host)
    terminal.wait_for(WAITING)
    terminal.wait_for(r"^To log in, open this address on your phone:\nhttps://\S+\nThen approve "
                      r"the login in the itsme app\. Nothing has to be typed here\.\n"
                      rf"{WAITING}; \d+ seconds are left\.\n$")
    assert "\x1b" not in terminal.text and not BLOCK.search(terminal.text)


def test_qr_off_is_text_alone(host):
    host.itsme.configure(display={"qr": "off"})
    reads_well(host)


def test_qr_off_by_the_map_for_one_user(host):
    subject = host.provider.subject("alice")
    host.itsme.map(f"alice sub={subject} qr=off", f"bob sub={host.provider.subject('bob')}")
    reads_well(host)
    knock(Su, host, user="bob").terminal.wait_code()


def test_text_alone_lets_in(host):
    host.itsme.configure(display={"qr": "off"})
    terminal = su(host)
    terminal.wait_for(WAITING)
    host.provider.scan(re.search(r"https://\S+", terminal.text)[0])
    terminal.wait_for(r"\nScanned\. Now approve the login in the itsme app\.\n")
    host.provider.approve()
    assert terminal.finish() == 0 and accounts.proof("alice") in terminal.text


# --- the pictures of the manual -------------------------------------------------------------

def test_pictures_of_the_manual_can_be_made(host):
    """Into the void: `tests/hosts/pictures` makes those that are kept."""
    pictures.make(host, Path("/tmp"))


# --- where no picture can be shown ----------------------------------------------------------

def refused_at_once(host, terminal) -> None:
    assert terminal.finish() != 0
    assert "No QR code can be shown here" in terminal.text
    assert not host.provider.requests(), "a session was begun for nobody"
    assert host.log.wait_attempts(1)[0].pairs["reason"] == "service_shows_no_picture"


def test_graphical_services_are_refused_at_once(host):
    for service in ("gdm-password", "lightdm", "polkit-1", "kde", "xscreensaver"):
        host.log.clear()
        write(Path("/etc/pam.d") / service, stacks.STACK.format(arguments=""), 0o644)
        refused_at_once(host, host.terminal("pamtester", service, "alice", "authenticate",
                                            name=NAME))


def test_style_argument_makes_a_service_graphical(host):
    stacks.use(arguments="style=plain")
    refused_at_once(host, su(host))


def test_style_argument_makes_a_service_live(host):
    write(Path("/etc/pam.d/vendor"), stacks.STACK.format(arguments="style=live"), 0o644)
    terminal = host.terminal("pamtester", "vendor", "alice", "authenticate", name=NAME, size=SMALL)
    host.scan_screen(terminal)
    host.provider.approve()
    assert terminal.finish() == 0
    assert no_code(terminal.screen)


if __name__ == "__main__":
    checks.main(globals(), make_host)
