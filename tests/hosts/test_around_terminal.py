#!/usr/bin/python3
"""su and sudo without a terminal, without descriptors, with the password waiting in a file or a pipe,
or answered by a program: who has nothing but the password does not get in by it."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
from around import PASSWORD, AroundHost, Login, Su, Sudo, SudoFromInput, Vlock, never_in, \
    with_conditions
from installation import write

ASKPASS, ANSWERS = Path("/tmp/askpass"), Path("/tmp/answers")
DETACHED = ("setsid", "--wait")
KEYS = {"Ctrl-C": "\x03", "Ctrl-\\": "\x1c", "Ctrl-Z": "\x1a", "Ctrl-D": "\x04\x04",
        "Ctrl-S, Ctrl-Q": "\x13\x11", "Enters": "\r\r\r\r"}


class SudoByProgram(Sudo):
    """A program of the caller's answers for them."""
    door = "sudo -A"

    def words(self) -> tuple:
        return ("env", f"SUDO_ASKPASS={ASKPASS}", "sudo", "-A", "mkdir", self.mark)


class LoginSu(Su):
    door = "su -l"

    def words(self) -> tuple:
        return ("su", "-l", self.enters, "-c", f"mkdir {self.mark}")


def make_host():
    write(ASKPASS, f"#!/bin/sh\necho '{PASSWORD}'\n", 0o755)
    write(ANSWERS, f"{PASSWORD}\n" * 20, 0o644)
    return AroundHost()


def redirected(words: str) -> tuple:
    """The shell's redirections in WORDS, or a pipeline that ends in "$@"."""
    return ("sh", "-c", words if "$@" in words else f'exec "$@" {words}', "sh")


def closed() -> dict:
    found = {}
    for bits in range(1, 8):
        numbers = [number for number in range(3) if bits >> number & 1]
        found["closed " + " ".join(map(str, numbers))] = redirected(
            " ".join(f"{number}>&-" for number in numbers))
    return found


def test_closed_descriptors(host):
    never_in(host, with_conditions(host, (Su, Sudo), closed()))


def test_closed_descriptors_without_terminal(host):
    never_in(host, with_conditions(host, (Su, SudoFromInput), {
        f"no terminal, {name}": (*DETACHED, *words) for name, words in closed().items()}))


def test_without_terminal(host):
    ways = {
        "setsid": DETACHED,
        "setsid, input from a file": (*DETACHED, *redirected(f"<{ANSWERS}")),
        "setsid, input from a pipe": (*redirected(f'cat {ANSWERS} | setsid --wait "$@"'),),
        "setsid, output to nowhere": (*DETACHED, *redirected(f"<{ANSWERS} >/dev/null 2>&1")),
        "setsid, output to a full device": (*DETACHED, *redirected(f"<{ANSWERS} >/dev/full 2>&1")),
        "setsid, output to a closed pipe": (*redirected(f'setsid --wait "$@" <{ANSWERS} 2>&1 | :'),),
    }
    never_in(host, with_conditions(host, (Su, LoginSu, Sudo, SudoFromInput, SudoByProgram), ways))


def test_input_elsewhere(host):
    ways = {
        "input from a file": redirected(f"<{ANSWERS}"),
        "input from a pipe": redirected(f'cat {ANSWERS} | "$@"'),
        "input at its end": redirected("</dev/null"),
        "output to a full device": redirected(">/dev/full 2>&1"),
    }
    never_in(host, with_conditions(host, (Su, Sudo, SudoFromInput, SudoByProgram), ways))


def at_the_code(door: type, keys: str) -> type:
    class Pressing(door):
        def at_code(self) -> None:
            self.type(keys + PASSWORD + "\r")
    return Pressing


def test_keys_at_the_code(host):
    never_in(host, [lambda door=door, name=name, keys=keys: at_the_code(door, keys)(host, name)
                    for name, keys in KEYS.items() for door in (Su, Sudo, Login, Vlock)])


if __name__ == "__main__":
    checks.main(globals(), make_host)
