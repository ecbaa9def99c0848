"""Real terminals, each in a dark and a light window, that show what they are given; and what a
phone's camera reads from them.

kitty, xterm and VTE stand in a row, dark ones and light ones each on a screen of their own of an X
server without any; foot, which knows Wayland alone, on a compositor without one. They run as their
person, each with a small shell in it that writes to its terminal what it is told.
"""
import io
import os
import subprocess
import time
from pathlib import Path

from PIL import Image, ImageGrab

from checks import CHECKOUT
from daemon import end_with_parent
from lockers import Display
from service import UIDS
from terminal import PATIENCE

COLUMNS, ROWS = 80, 46
TILE = (660, 760)  # pixels: the place of one window
FONT, POINTS = "DejaVu Sans Mono", 9
THEMES = {"dark": ("#d0d0d0", "#1c1c1c"), "light": ("#202020", "#ffffff")}  # letters, ground
PROGRAMS = ("kitty", "xterm", "vte", "foot")  # kitty takes no place, and gets the first
NAMES = [f"{program}-{theme}" for theme in THEMES for program in PROGRAMS]
RUNTIME = Path("/run/windows")
# Clears the screen and shows the next file, once for each line of the pipe.
SHOWS = r"""stty -echo
while read -r file; do printf '\033[H\033[2J\033[3J'; cat "$file"; done <"$0" """
SWAY = "default_border none\nexec echo up >up.new $WAYLAND_DISPLAY && mv up.new up\n" + "".join(
    f'for_window [app_id="foot-{theme}"] floating enable, move absolute position {x} 0\n'
    for theme, x in (("dark", 0), ("light", TILE[0]))) + \
    f"output * mode {2 * TILE[0]}x{TILE[1]} background #808080 solid_color\n"


def command(name: str, *shell: str) -> list[str]:
    """How a terminal is started with SHELL in it, at its place."""
    program, theme = name.split("-")
    letters, ground = THEMES[theme]
    x = left(name)
    return {
        "xterm": ["xterm", "-geometry", f"{COLUMNS}x{ROWS}+{x}+0", "-fa", FONT, "-fs", POINTS,
                  "-fg", letters, "-bg", ground, "-e"],
        "vte": [CHECKOUT / "tests/lib/vte-window", COLUMNS, ROWS, x, 0, f"{FONT} {POINTS}",
                letters, ground],
        "kitty": ["kitty", "--config", "NONE", "--class", name, "-o", f"font_family={FONT}",
                  "-o", f"font_size={POINTS}", "-o", f"foreground={letters}",
                  "-o", f"background={ground}", "-o", "remember_window_size=no",
                  "-o", f"initial_window_width={COLUMNS}c", "-o", "update_check_interval=0",
                  "-o", f"initial_window_height={ROWS}c", "-o", "linux_display_server=x11"],
        "foot": ["foot", "--config=/dev/null", "--app-id", name, "-f", f"{FONT}:size={POINTS}",
                 "-W", f"{COLUMNS}x{ROWS}", "-o", f"colors.foreground={letters[1:]}",
                 "-o", f"colors.background={ground[1:]}"],
    }[program] + list(shell)


def left(name: str) -> int:
    """Where it stands on its screen."""
    program, theme = name.split("-")
    return TILE[0] * (list(THEMES).index(theme) if program == "foot" else PROGRAMS.index(program))


class Windows:
    def __init__(self):
        self.processes: list[subprocess.Popen] = []
        RUNTIME.mkdir(mode=0o700)
        os.chown(RUNTIME, UIDS["alice"], UIDS["alice"])
        self.display = Display(size=(TILE[0] * (len(PROGRAMS) - 1), TILE[1]), screens=len(THEMES))
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(RUNTIME), "LANG": "C.UTF-8",
            "GDK_BACKEND": "x11", "LIBGL_ALWAYS_SOFTWARE": "1",
            "XDG_RUNTIME_DIR": str(RUNTIME), "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        (RUNTIME / "config").write_text(SWAY)
        self.run("sway", "-c", RUNTIME / "config")
        self.wait(lambda: (RUNTIME / "up").exists(), "a compositor")
        self.environment["WAYLAND_DISPLAY"] = (RUNTIME / "up").read_text().split()[1]
        self.pipes = {name: self.open(name) for name in NAMES}

    def run(self, *words: object, **environment: str) -> None:
        self.processes.append(subprocess.Popen(
            [str(word) for word in words], env=self.environment | environment, user=UIDS["alice"],
            group=UIDS["alice"], cwd=RUNTIME, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=end_with_parent))

    def open(self, name: str):
        """Starts a terminal; gives the pipe to its shell, which is written to once that is up."""
        pipe = RUNTIME / name
        os.mkfifo(pipe)
        os.chown(pipe, UIDS["alice"], UIDS["alice"])
        self.run(*command(name, "sh", "-c", SHOWS, str(pipe)),
                 DISPLAY=self.screen(name.split("-")[1]))
        return os.open(pipe, os.O_RDWR)

    def screen(self, theme: str) -> str:
        return f"{self.display.name}.{list(THEMES).index(theme)}"

    @staticmethod
    def wait(condition, what: object):
        """Until CONDITION(); WHAT it is, is told as it is when that was in vain."""
        deadline = time.monotonic() + PATIENCE
        while not (result := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.02)
        return result

    def show(self, text: str) -> None:
        """TEXT as a program writes it, on the empty screen of each."""
        file = RUNTIME / "text"
        file.write_text(text.replace("\r\n", "\n"))
        for name in NAMES:
            os.write(self.pipes[name], f"{file}\n".encode())

    def pictures(self) -> dict[str, Image.Image]:
        """What stands in each window now."""
        shots = {theme: ImageGrab.grab(xdisplay=self.screen(theme)) for theme in THEMES}
        shots["foot"] = Image.open(io.BytesIO(subprocess.run(
            ["grim", "-"], env=self.environment, user=UIDS["alice"], group=UIDS["alice"],
            capture_output=True, check=True, timeout=PATIENCE).stdout))
        found = {}
        for name in NAMES:
            program, theme = name.split("-")
            shot = shots["foot" if program == "foot" else theme]
            found[name] = shot.crop((left(name), 0, left(name) + TILE[0], TILE[1])).convert("L")
        return found

    def close(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        self.display.close()
