#!/usr/bin/python3
"""What is typed while a login waits for a phone: nobody sees it, no shell gets it, and the terminal is as
it was, however the login ends. The real su, sudo, doas, login and vlock, below real shells."""
import array
import contextlib
import fcntl
import os
import re
import signal
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import qr
import sentences
import stacks
from chance import best_of_three
from family import descendants, members, terminal_of, wait_gone
from installation import write
from vlock import PROMPT, press_enter

SECRET = "my-secret"  # what somebody types out of habit
STEERED, DUMB = "xterm-256color", "dumb"
CONFIRM = {"confirm_service": "WORKSTATIONS_CONFIRM"}
LOCAL, CHARACTERS = 3, 6  # of what tcgetattr() gives
DASH, BASH, ZSH = ("dash", "-i"), ("bash", "--norc", "--noprofile", "-i"), ("zsh", "-f", "-i")
SOON = 10  # seconds; on a busy machine
GONE, TRIES = 0.5, 3  # seconds in which a login ends; a busy machine may be late now and then
INSTALLED = [program.name for program in Path("/usr/libexec/pam_itsme").glob("itsme-*")]
READY = r"[%$#] (\x1b\S*)?\Z"  # what a shell that reads shows last


class Host(hosts.Host):
    def reset(self) -> None:
        super().reset()
        write(Path("/etc/pam.d/doas"), stacks.STACK.format(arguments=""), 0o644)
        write(Path("/etc/doas.conf"), "permit alice as root\n", 0o400)

    def verify_clean(self) -> None:
        """Whoever still waits has seen enough."""
        for terminal in self.terminals:
            terminal.close()
        super().verify_clean()


def make_host():
    return Host("--interval", 1, "--confirm-service", CONFIRM["confirm_service"])


class Seat:
    """A program on a terminal, and somebody at the keyboard."""

    def __init__(self, host, *words: str, user: str | None = None, name: str = STEERED):
        self.host = host
        self.terminal = host.terminal(
            *words, user=user, name=name, size=(50, 80),
            environment={"PS1": "% ", "ENV": "/dev/null", "SHELL": "/bin/dash"})
        self.codes = 0
        self.steered = name == STEERED

    def modes(self) -> list:
        return termios.tcgetattr(self.terminal.child.child_fd)

    def set_modes(self, modes: list) -> None:
        termios.tcsetattr(self.terminal.child.child_fd, termios.TCSANOW, modes)

    def echoes(self) -> bool:
        return bool(self.modes()[LOCAL] & termios.ECHO)

    def type(self, line: str) -> None:
        self.terminal.send(line + "\r")

    def wait_silent(self) -> None:
        self.terminal.wait_until(lambda: not self.echoes(), "the echo to be off", SOON)

    def wait_discarded(self) -> None:
        """What was typed has been thrown away by the program in the foreground: it has looked since,
        and nothing waits to be read."""
        program = os.tcgetpgrp(self.terminal.child.child_fd)

        def looks() -> int:
            status = Path(f"/proc/{program}/status").read_text()
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
        enough = looks() + 3
        device = os.open(f"/proc/{self.terminal.child.pid}/fd/0", os.O_RDONLY | os.O_NOCTTY)

        def lines() -> int:
            count = array.array("i", [0])
            fcntl.ioctl(device, termios.FIONREAD, count)
            return count[0]
        try:
            self.terminal.wait_until(lambda: looks() >= enough and lines() == 0, "the lines to be discarded", SOON)
        finally:
            os.close(device)

    def wait_modes(self, wanted: list, when: str) -> None:
        self.terminal.wait_until(lambda: self.modes() == wanted, f"the modes as before {when}",
                                 SOON)

    def wait_code(self) -> str:
        """What the code says; where it is not replaced, once there is one more of them than when
        this was last called."""
        if self.steered:
            return self.terminal.wait_code()
        self.codes += 1
        return qr.scan(self.terminal.wait_qr(self.codes))

    def answers(self, number: int) -> None:
        """A shell that does what is typed now, and nothing that was typed before."""
        self.type(f"echo answer''-{number}")
        self.terminal.wait_for(rf"answer-{number}$")
        assert "not found" not in self.terminal.text, self.terminal.tail()

    def programs(self) -> list:
        """Those of a login that run here. None has a terminal, but for the guard of its echo."""
        found = [one for one in members(self.terminal.child.pid) if one.name.startswith("itsme-")]
        assert {*INSTALLED, "itsme-echo"} <= {one.name for one in found}, found
        held = {one.name for one in found if terminal_of(one)}
        assert held <= {"itsme-echo"}, f"{held} have a terminal"
        return found

    def process(self, name: str) -> int:
        """The pid of a program that runs here."""
        def find():
            return next((pid for pid in descendants(self.terminal.child.pid)
                         if Path(f"/proc/{pid}/comm").read_text().strip() == name), None)
        return self.terminal.wait_until(find, f"a process {name}", SOON)


def shell(host, *words: str, user: str = "mallory", name: str = DUMB) -> Seat:
    """With a character that no program would come up with, so that modes which were made anew are not
    taken for the ones that were there."""
    seat = Seat(host, *words, user=user, name=name)
    modes = seat.modes()
    modes[CHARACTERS][termios.VKILL] = b"\x18"
    seat.set_modes(modes)
    seat.terminal.wait_for(READY)
    return seat


# --- typed by habit ------------------------------------------------------------------------

# Who, how, on what terminal; a shell is at the end of it.
DOORS = {"su": ("mallory", ("su", "alice"), DUMB), "su -l": ("mallory", ("su", "-l", "alice"), STEERED),
         "sudo -s": ("alice", ("sudo", "-s"), DUMB), "sudo -i": ("alice", ("sudo", "-i"), STEERED),
         "doas": ("alice", ("doas", "/bin/dash", "-i"), DUMB),
         "login": (None, ("login", "alice"), STEERED)}


def test_habit_reaches_neither_screen_nor_shell(host):
    """In whole lines, in half of one, more than a terminal keeps, and an end of file."""
    for door, (user, words, name) in DOORS.items():
        seat = Seat(host, *words, user=user, name=name)
        code = seat.wait_code()
        seat.wait_silent()
        for typed in (SECRET + "\r", "\r\r", f"{SECRET}\r" * 600, "\x04", SECRET):
            seat.terminal.send(typed)
        host.provider.scan(code)
        host.provider.approve()
        seat.terminal.wait_for(READY)
        seat.answers(1)
        seat.type("history 2>/dev/null; echo that''-is-all")
        seat.terminal.wait_for("that-is-all$")
        assert SECRET not in seat.terminal.text, f"{door}: {seat.terminal.tail()!r}"
        seat.terminal.close()


def test_habit_is_lost_when_refused_and_when_it_expires(host):
    host.itsme.configure(login={"timeout": 10})
    seats = [shell(host, *DASH) for _ in range(3)]
    for seat in seats:
        seat.type("su alice")
        code = seat.wait_code()
        seat.wait_silent()
        seat.terminal.send(f"{SECRET}\r{SECRET}")
        if seat is not seats[0]:
            host.provider.scan(code)
            (host.provider.deny if seat is seats[1] else host.provider.expire)()
    for seat, sentence in zip(seats, (sentences.EXPIRED, sentences.DENIED, sentences.EXPIRED)):
        seat.terminal.wait_for(re.escape(sentence))
        seat.terminal.wait_for(READY)
        seat.answers(1)
        assert SECRET not in seat.terminal.text, seat.terminal.tail()


def test_habit_does_not_answer_a_question(host):
    """What was typed before the question was there is not taken for the number; the host's own echo
    shows what is typed then."""
    host.itsme.configure(provider=CONFIRM, login={"number_match": "ask"})
    seat = shell(host, *DASH, user="alice")
    before = seat.modes()
    seat.type(f"sudo cat {accounts.ROOT_PROOF}\r{SECRET}\r00")
    seat.terminal.wait_for("Which number does the phone show")
    seat.wait_modes(before, "while it asks")
    number = host.provider.number()
    seat.type(number)
    host.provider.approve()
    seat.terminal.wait_for(accounts.proof("root"))
    seat.wait_modes(before, "at the end")
    seat.answers(1)
    assert re.search(rf"show.*{number}$", seat.terminal.text, re.M), seat.terminal.tail()


def test_data_in_a_pipe_arrives_whole(host):
    data = "line " * 20000
    write(Path("/tmp/data"), data, 0o644)
    seat = shell(host, *DASH, user="alice")
    seat.type("cat /tmp/data | sudo cat | cmp - /tmp/data && echo who''le")
    code = seat.wait_code()
    seat.wait_silent()
    seat.type(SECRET)
    host.provider.scan(code)
    host.provider.approve()
    seat.terminal.wait_for("whole$")
    seat.answers(1)
    assert SECRET not in seat.terminal.text


# --- the terminal as it was ----------------------------------------------------------------

# What runs at the end of it, and shows its signals.
SIGNALS = "grep ^Sig /proc/self/status"
COMMANDS = {"su": ("mallory", ("su", "alice", "-c", SIGNALS)), "sudo": ("alice", ("sudo", *SIGNALS.split())),
            "doas": ("alice", ("doas", *SIGNALS.split()))}


def test_session_has_the_signals_that_it_has_without_us(host):
    """One with SIGCHLD or SIGINT blocked would wait for its children for ever, or not be interrupted."""
    def signals(seat: Seat) -> list[str]:
        seat.terminal.wait_for(r"SigCgt:.*$")
        return re.findall(r"^(Sig(?:Blk|Ign)):\s+(\w+)", seat.terminal.text, re.M)
    for door, (user, words) in COMMANDS.items():
        seat = Seat(host, *words, user=user)
        code = seat.wait_code()
        host.provider.scan(code)
        host.provider.approve()
        with_us = signals(seat)
        seat.terminal.wait_exit()
        file = Path("/etc/pam.d", words[0])
        before = file.read_text()
        write(file, re.sub(r"^auth.*$", "auth required pam_permit.so", before, flags=re.M), 0o644)
        seat = Seat(host, *words, user=user)
        without = signals(seat)
        seat.terminal.wait_exit()
        write(file, before, 0o644)
        assert len(without) == 2 and with_us == without, f"{door}: {with_us}, {without} without"


def kill_all(seat: Seat, *names: str, number: int = signal.SIGKILL) -> None:
    for pid in [seat.process(name) for name in names]:
        with contextlib.suppress(ProcessLookupError):  # it has just gone with another
            os.kill(pid, number)


# How a login may end, by what somebody does to it; HOST is the program's name.
ENDINGS = {
    "Ctrl-C": lambda seat, host: seat.terminal.send("\x03"),
    "Ctrl-\\": lambda seat, host: seat.terminal.send("\x1c"),
    "SIGTERM": lambda seat, host: kill_all(seat, host, number=signal.SIGTERM),
    "SIGHUP": lambda seat, host: kill_all(seat, host, number=signal.SIGHUP),
    "SIGSEGV": lambda seat, host: kill_all(seat, host, number=signal.SIGSEGV),
    "kill -9": lambda seat, host: kill_all(seat, host),
    "kill -9 of the helper": lambda seat, host: kill_all(seat, "itsme-helper"),
    "kill -9 of both": lambda seat, host: kill_all(seat, "itsme-helper", host),
    "kill -9 of its group": lambda seat, host: os.killpg(os.getpgid(seat.process(host)), 9),
}


DEAF = ("SIGTERM", "SIGHUP")  # sudo takes them, and acts on them when it runs its command


def wait_nobody(seat: Seat, when: str) -> None:
    """No process of the login is left, nor a dead one that nobody has collected."""
    seat.terminal.wait_until(
        lambda: not any(hosts.processes(name) for name in (*hosts.Host.leftovers, "su", "doas")),
        f"nobody to be left after {when}", SOON)


def is_as_before_after_every_ending(host, command: str, program: str, user: str,
                                    without: tuple = ()) -> None:
    """dash does not put modes back when a program dies of a signal."""
    stacks.sudoers(tries=1)
    seat = shell(host, *DASH, user=user)
    before = seat.modes()
    for number, (name, end) in enumerate(ENDINGS.items()):
        if name not in without:
            for tries in range(TRIES):
                took = end_once(seat, command, lambda: end(seat, program), name)
                seat.wait_modes(before, f"after {name}")
                wait_nobody(seat, name)
                seat.type("")
                seat.answers(number * TRIES + tries)
                assert SECRET not in seat.terminal.text, f"after {name}: {seat.terminal.tail()!r}"
                if took < GONE:
                    break
            assert took < GONE, f"after {name} they were there for {took:.2f} s"


def end_once(seat: Seat, command: str, end, name: str) -> float:
    """One login that is ended; the seconds after which none of its programs was left, or waited to be
    collected."""
    seat.terminal.wait_for(READY)  # or the code's first row would stand beside it
    seat.type(command)
    seat.wait_code()
    seat.wait_silent()
    seat.terminal.send(f"{SECRET}\r")
    seat.wait_discarded()
    programs = seat.programs()
    began = time.monotonic()
    end()
    return wait_gone(programs, SOON, began)


def test_modes_are_as_before_after_every_ending_of_su(host):
    is_as_before_after_every_ending(host, "su alice", "su", "mallory")


def test_modes_are_as_before_after_every_ending_of_sudo(host):
    is_as_before_after_every_ending(host, "sudo true", "sudo", "alice", DEAF)


def test_modes_are_as_before_after_every_ending_of_doas(host):
    is_as_before_after_every_ending(host, "doas true", "doas", "alice")


def test_killed_all_at_once_below_a_shell_that_tidies_up(host):
    """Nobody is left to do it but the shell, and bash does."""
    seat = shell(host, *BASH)
    seat.type("stty -g >/tmp/before; su alice")
    seat.wait_code()
    seat.wait_silent()
    kill_all(seat, "su", "itsme-helper", "itsme-echo")
    wait_nobody(seat, "kill -9 of all")
    seat.answers(1)
    seat.type("stty -g | cmp - /tmp/before && echo sa''me")
    seat.terminal.wait_for("same$")


@best_of_three
def test_closed_window_leaves_nobody(host):
    seats = [shell(host, *DASH), Seat(host, "login", "alice", name=DUMB)]
    seats[0].type("su alice")
    for seat in seats:
        seat.wait_code()
        seat.wait_silent()
        programs = seat.programs()
        seat.terminal.hang_up()
        seat.terminal.wait_exit()
        wait_gone(programs, GONE)


def test_killed_guard_is_not_missed(host):
    seat = shell(host, *DASH)
    before = seat.modes()
    seat.type("su alice")
    code = seat.wait_code()
    seat.wait_silent()
    kill_all(seat, "itsme-echo")
    seat.type(SECRET)
    seat.wait_discarded()
    host.provider.scan(code)
    host.provider.approve()
    seat.terminal.wait_for(r"alice@workstation.*\$ $")
    seat.type("exit")
    seat.wait_modes(before, "at the end")
    seat.answers(1)
    assert SECRET not in seat.terminal.text, seat.terminal.tail()


def test_stopped_the_shell_has_its_echo(host):
    """By Ctrl-Z, and by a signal that nothing can handle; then it goes on, silently again."""
    for words in (DASH, BASH, ZSH):
        seat = shell(host, *words)
        seat.type("set -m; stty -g >/tmp/before; su alice -c 'cat ~/proof'")
        code = seat.wait_code()
        seat.wait_silent()
        silent = seat.modes()
        for number, stop in enumerate((lambda: seat.terminal.send("\x1a"), lambda: os.killpg(
                os.getpgid(seat.process("su")), signal.SIGSTOP))):
            seat.type(SECRET)
            seat.wait_discarded()
            stop()
            seat.terminal.wait_until(
                lambda: len(re.findall("[Ss](?:topped|uspended)", seat.terminal.text)) == number + 1,
                "it to be stopped", SOON)
            seat.terminal.wait_until(lambda: seat.modes() != silent, "the shell's modes", SOON)
            seat.answers(number)
            seat.type("stty -g | cmp - /tmp/before && echo sa''me-" + str(number))
            seat.terminal.wait_for(f"same-{number}$")
            seat.type("fg")
            seat.terminal.wait_until(lambda: seat.modes() == silent, "it to go on silently", SOON)
        seat.type(SECRET)
        host.provider.scan(code)
        host.provider.approve()
        seat.terminal.wait_for(accounts.proof("alice"))
        seat.answers(2)
        seat.type("stty -g | cmp - /tmp/before && echo sa''me-2; fc -l 1 2>/dev/null; echo al''l")
        seat.terminal.wait_for("all$")
        assert "same-2" in seat.terminal.text, f"{words[0]}: {seat.terminal.tail()!r}"
        assert SECRET not in seat.terminal.text, f"{words[0]}: {seat.terminal.tail()!r}"
        seat.terminal.close()


def test_in_the_background_the_keyboard_is_the_shells(host):
    seat = shell(host, *DASH, name=STEERED)
    before = seat.modes()
    seat.type("set -m; su alice -c 'cat ~/proof' & echo st''arted")
    seat.terminal.wait_for("started$")
    seat.process("itsme-helper")
    seat.answers(1)
    seat.terminal.settle()
    assert seat.modes() == before
    seat.type("fg")
    code = seat.wait_code()
    seat.wait_silent()
    seat.type(SECRET)
    host.provider.scan(code)
    host.provider.approve()
    seat.terminal.wait_for(accounts.proof("alice"))
    seat.wait_modes(before, "at the end")
    seat.answers(2)
    assert SECRET not in seat.terminal.text, seat.terminal.tail()


def test_modes_of_others_are_left_alone(host):
    """A host that has echo off itself, and vlock, which does; what is typed is lost there as well."""
    seat = shell(host, *DASH)
    silent = seat.modes()
    silent[LOCAL] &= ~termios.ECHO
    seat.set_modes(silent)
    seat.type("echo; su alice -c 'cat ~/proof'")
    code = seat.wait_code()
    seat.type(SECRET)
    seat.wait_discarded()
    assert seat.modes() == silent
    host.provider.scan(code)
    host.provider.approve()
    seat.terminal.wait_for(accounts.proof("alice"))
    seat.answers(1)
    assert seat.modes() == silent and SECRET not in seat.terminal.text
    locked = shell(host, *DASH, user="alice", name=STEERED)
    before = locked.modes()
    locked.type("vlock")
    locked.terminal.wait_for(PROMPT)
    press_enter(locked.terminal, lambda: locked.terminal.screen.scan())
    code = locked.wait_code()
    locked.type(SECRET)
    host.provider.scan(code)
    host.provider.approve()
    locked.wait_modes(before, "once it is unlocked")
    locked.answers(1)
    assert SECRET not in locked.terminal.text, locked.terminal.tail()


if __name__ == "__main__":
    checks.main(globals(), make_host)
