"""A terminal's screen: what stands on it after all that a program has written, as rows of text,
as a picture, and as what a phone's camera reads from that.

pyte keeps the screen. Blocks are drawn as terminals draw them, to the edges of their cells;
letters with a font, so that a picture is the same wherever it is made.
"""
import subprocess

import pyte
from PIL import Image, ImageDraw, ImageFont

CELL = (12, 24)  # pixels across and down
MARGIN = 12
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
FONT_SIZE = 19
HALVES = {"\u2580": (0, 0, 12, 12), "\u2584": (0, 12, 12, 24), "\u2588": (0, 0, 12, 24),
          "\u258c": (0, 0, 6, 24), "\u2590": (6, 0, 12, 24)}
SEXTANTS = range(0x1fb00, 0x1fb3c)
# Letters, ground.
THEMES = {"dark": ("#d0d0d0", "#1c1c1c"), "light": ("#202020", "#ffffff")}
COLOURS = {"black": "#000000", "white": "#ffffff", "brightwhite": "#ffffff",
           "brightblack": "#808080", "default": None}


def sextant(character: str) -> list[tuple[int, int, int, int]]:
    """The rectangles of a Block Sextant."""
    pattern = ord(character) - SEXTANTS[0] + 1
    pattern += (pattern >= 21) + (pattern + (pattern >= 21) >= 42)
    return [(6 * (bit % 2), 8 * (bit // 2), 6 * (bit % 2) + 6, 8 * (bit // 2) + 8)
            for bit in range(6) if pattern >> bit & 1]


def shapes(character: str) -> list[tuple[int, int, int, int]] | None:
    """The rectangles that a block is made of; None for a letter."""
    if character in HALVES:
        return [HALVES[character]]
    return sextant(character) if ord(character[:1] or " ") in SEXTANTS else None


class Emulator:
    def __init__(self, rows: int, columns: int):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        self.stream.feed(text)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.rows).rstrip("\n")

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column, from 0."""
        return self.screen.cursor.y, self.screen.cursor.x

    def picture(self, theme: str = "dark", line_gap: int = 0, cropped: bool = False) -> Image.Image:
        """LINE_GAP pixels of ground between lines, as some terminals have; CROPPED: without
        the empty rows at the end."""
        letters, ground = THEMES[theme]
        height = len(self.text.split("\n")) + 1 if cropped else self.screen.lines
        height = min(height, self.screen.lines)
        image = Image.new("RGB", (self.screen.columns * CELL[0] + 2 * MARGIN,
                                  height * (CELL[1] + line_gap) + 2 * MARGIN), ground)
        draw = ImageDraw.Draw(image)
        font = ImageFont.truetype(FONT, FONT_SIZE)
        for y in range(height):
            for x in range(self.screen.columns):
                self._draw_cell(draw, self.screen.buffer[y][x], font, (letters, ground),
                                (MARGIN + x * CELL[0], MARGIN + y * (CELL[1] + line_gap)))
        return image

    @staticmethod
    def _draw_cell(draw, cell, font, theme, corner) -> None:
        ink, paper = COLOURS[cell.fg] or theme[0], COLOURS[cell.bg]
        x, y = corner
        if paper:
            draw.rectangle((x, y, x + CELL[0] - 1, y + CELL[1] - 1), fill=paper)
        blocks = shapes(cell.data)
        if blocks is None and cell.data.strip():
            draw.text((x, y), cell.data, font=font, fill=ink)
        for left, top, right, bottom in blocks or []:
            draw.rectangle((x + left, y + top, x + right - 1, y + bottom - 1), fill=ink)

    def scan(self, far: int = 1, **how) -> list[str]:
        """What a scanner reads from the picture; nothing, where nothing can be read. FAR: how
        many pixels become one, as for a phone that is held farther away; letters merge by that."""
        pixels = self.picture(**how).convert("L").reduce(far)
        result = subprocess.run(
            ["zbarimg", "--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", "pgm:-"],
            input=b"P5 %d %d 255\n" % pixels.size + pixels.tobytes(), capture_output=True)
        return result.stdout.decode().splitlines()
