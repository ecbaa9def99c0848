#!/usr/bin/python3
"""What tests/greeters/pictures has drawn of GNOME."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import box
from test_gnome import Host, log_in, scan

PART = (320, 90, 960, 640)  # pixels: where people are spoken to
COLOURS = 64


def keep(screen, name: str) -> None:
    picture = screen.picture().crop(PART).quantize(COLOURS)
    picture.save(box.Box.kept(f"{name}.png"), optimize=True)


def test_login_screen(host):
    screen = host.choose("alice")
    screen.wait_code()
    keep(screen, "gnome-login-en")
    scan(host, screen)
    keep(screen, "gnome-scanned-en")


def test_lock_screen(host):
    session = log_in(host)
    screen = host.desktop("alice")
    host.lock(session)
    screen.press("space")
    screen.wait_code()
    keep(screen, "gnome-lock-en")
    screen.press("Escape")


if __name__ == "__main__":
    box.main(globals(), Host)
