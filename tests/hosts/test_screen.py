#!/usr/bin/python3
"""What stands on a terminal during a login: the screens of the real sudo, su and login."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
from doors import Login, Su, Sudo

ROTATE = 5
XTERM = {"name": "xterm-256color"}


def make_host():
    return hosts.Host("--interval", 1, "--qr-rotate", ROTATE)


def test_try(host):
    t = Sudo(host, **XTERM, size=(24, 80)).terminal
    first = t.wait_code()
    t.screen.picture().save("/work/wt-screen/build/a.png")
    print(t.screen.text)
    second = t.wait_code(first)
    print(first, second)
    t.resize(50, 100); t.wait_screen(lambda s: "0:50" in s.text, "0:50"); t.screen.picture().save("/work/wt-screen/build/b.png"); print(t.screen.text); return
    t.settle(1.2)
    print(t.wait_code())
    print(t.screen.text)
    t.interrupt()
    t.finish()
    print(t.screen.text)


if __name__ == "__main__":
    checks.main(globals(), make_host)
