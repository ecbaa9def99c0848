"""Find a QR code in what a terminal received, draw it as the screen would, and scan it.

The code is drawn light on black and nothing is added around it, so what the scanner reads here
is what a phone would see: wrong polarity, a missing quiet zone or a torn line all fail.
"""
import re
import subprocess

from PIL import Image

CELL = 8  # pixels per module; a character cell is 8 wide and 16 high
MARGIN = 40
HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
ROW = re.compile("[ ▀▄█]{21,}")


def find_all(text: str) -> list[list[str]]:
    """The complete codes in TEXT, each as its rows, in the order they were shown."""
    found, rows = [], []
    for line in text.replace("\r", "").split("\n") + [""]:
        if ROW.fullmatch(line) and (not rows or len(line) == len(rows[0])):
            rows.append(line)
        else:
            if rows and len(rows) == (len(rows[0]) + 1) // 2:
                found.append(rows)
            rows = []
    return found


def draw(rows: list[str], line_gap: int = 0) -> Image.Image:
    """The picture on the screen; LINE_GAP dark pixels between lines, as some terminals have."""
    height = 2 * CELL + line_gap
    picture = Image.new("L", (len(rows[0]) * CELL + 2 * MARGIN, len(rows) * height + 2 * MARGIN))
    for y, row in enumerate(rows):
        for x, character in enumerate(row):
            for half, ink in enumerate(HALVES[character]):
                if ink:
                    corner = (MARGIN + x * CELL, MARGIN + y * height + half * CELL)
                    picture.paste(255, (*corner, corner[0] + CELL, corner[1] + CELL))
    return picture


def scan(rows: list[str], line_gap: int = 0) -> str:
    """What a scanner reads from the picture; an error when it reads nothing."""
    pixels = draw(rows, line_gap)
    header = b"P5 %d %d 255\n" % pixels.size
    result = subprocess.run(
        ["zbarimg", "--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", "pgm:-"],
        input=header + pixels.tobytes(), capture_output=True)
    if result.returncode != 0:
        raise AssertionError("the QR code on the screen cannot be scanned")
    return result.stdout.decode().rstrip("\n")
