#!/usr/bin/python3
"""Real terminals on dark and on light ground: which of the codes that a person can have scan.

What ssh and su show is recorded once and then shown to all of them, byte by byte.
"""
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import qr
from doors import Ssh, Su, Sudo
from windows import COLUMNS, NAMES, ROWS, Windows

DARK = [name for name in NAMES if name.endswith("dark")]
LIGHT = [name for name in NAMES if name.endswith("light")]


class Gallery(hosts.Host):
    def __init__(self):
        super().__init__("--interval", 1, "--qr-rotate", 0)
        self.windows = Windows()

    def close(self) -> None:
        self.windows.close()
        super().close()


def read(picture: Image.Image) -> list[str]:
    result = subprocess.run(
        ["zbarimg", "--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", "pgm:-"],
        input=b"P5 %d %d 255\n" % picture.size + picture.tobytes(), capture_output=True)
    return result.stdout.decode().splitlines()


def near(picture: Image.Image) -> list[str]:
    """Pixel by pixel."""
    return read(picture)


def afar(picture: Image.Image) -> list[str]:
    """As from where letters merge: four pixels are one, and a module of two letters is four."""
    return read(picture.reduce(4))


def blurred(picture: Image.Image) -> list[str]:
    """As a camera that is out of focus sees it, more or less."""
    small = picture.reduce(2)
    return [text for radius in (2, 2.5, 3)
            for text in read(small.filter(ImageFilter.GaussianBlur(radius)))]


def record_ssh(host) -> dict[str, str]:
    """The prompt of a login, and what each wish makes of it."""
    attempt = Ssh(host, size=(ROWS, COLUMNS))
    attempt.terminal.wait_for("press Enter[.]$")
    found = {"": attempt.terminal.text}
    code = qr.scan(attempt.terminal.wait_qr())
    for wish, state in (("i", "i"), ("a", "ia"), ("i", "a")):
        before = len(attempt.terminal.text)
        attempt.type(wish)
        attempt.terminal.wait_for(r"(?s)\A.{%d}.*press Enter[.]\Z" % before)
        found[state] = attempt.terminal.text[before:]
    attempt.terminal.close()
    return {"code": code, **found}


def record_live(host, door) -> tuple[str, str]:
    attempt = door(host, size=(ROWS, COLUMNS), name="xterm-256color")
    code = attempt.terminal.wait_code()
    attempt.terminal.wait_for(r"\d:\d\d\b")
    attempt.terminal.close()
    return code, attempt.terminal.text


def expect(host, names: list[str], text: str, code: str, look=near) -> None:
    """TEXT, shown in all windows, has CODE in each of NAMES."""
    host.windows.show(text)
    missing = set(names)

    def all_are_read():
        pictures = host.windows.pictures()
        missing.difference_update(
            [name for name in missing if set(look(pictures[name])) == {code}])
        return not missing
    host.windows.wait(all_are_read, missing)


def test_prompt_of_ssh_scans_on_dark_and_as_wished_on_light(host):
    """With letters for ink a code scans from some way off; dark letters on light, where the row
    of letters is not what a camera makes out, only out of focus."""
    shown = record_ssh(host)
    expect(host, DARK, shown[""], shown["code"])
    expect(host, LIGHT, shown["i"], shown["code"])
    expect(host, DARK, shown["a"], shown["code"], afar)
    expect(host, LIGHT, shown["ia"], shown["code"], blurred)


def test_live_screens_scan_on_dark_and_on_light(host):
    for door in (Su, Sudo):
        code, text = record_live(host, door)
        expect(host, DARK + LIGHT, text, code)


if __name__ == "__main__":
    checks.main(globals(), Gallery)
