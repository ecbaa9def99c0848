"""The screenshots of the manual: real programs, an emulated terminal, its picture."""
from pathlib import Path

import sentences
from host import Host
from terminal import Terminal

NAME = "xterm-256color"
LANGUAGES = {  # what a screen and a refusal say
    "en": ("Scan this code", sentences.DENIED),
    "nl": ("Scan deze code", "De aanvraag werd geweigerd in de itsme-app."),
    "fr": ("Scannez ce code", "La demande a"),
    "de": ("Scannen Sie", "Die Anfrage wurde"),
}


def shell(host: Host, command: str, size: tuple[int, int], user: str = "alice") -> Terminal:
    """Somebody at a shell types COMMAND."""
    session = host.terminal("bash", "-c", "cd; exec bash -i", user=user, name=NAME, size=size)
    session.wait_screen(lambda screen: f"{user}@workstation$" in screen.text, "a shell")
    session.send(f"{command}\r")
    return session


def keep(session: Terminal, path: Path, **how) -> None:
    image = session.screen.picture(**how)
    image.quantize(16).save(path, optimize=True)


def prompt(host: Host, path: Path, words: str, size=(28, 80), **display: str) -> Terminal:
    """A screen with a code that scans, and WORDS beside or below it."""
    host.itsme.configure(login={"language": path.stem.split("-")[-1], "timeout": 100},
                         display=display)
    session = shell(host, "sudo -s", size)
    session.wait_code()
    session.wait_screen(lambda screen: words in screen.text, words)
    keep(session, path)
    return session


def refusal(host: Host, session: Terminal, path: Path, words: str) -> None:
    host.scan_screen(session)
    host.provider.deny()
    session.wait_screen(lambda screen: words in screen.text, words)
    session.wait_screen(lambda screen: screen.text.endswith("$"), "the shell")
    keep(session, path, cropped=True)


def make(host: Host, directory: Path) -> None:
    for language, (scan, denied) in LANGUAGES.items():
        session = prompt(host, directory / f"prompt-{language}.png", scan)
        refusal(host, session, directory / f"refusal-{language}.png", denied)
    prompt(host, directory / "small-en.png", "Scan", (24, 80)).interrupt()
    prompt(host, directory / "sextant-en.png", "Scan", (24, 40), qr="sextant").interrupt()
    progress(host, directory)
    without_code(host, directory)


def progress(host: Host, directory: Path) -> None:
    """Somebody has scanned, and time goes by."""
    host.itsme.configure(login={"timeout": 100})
    session = shell(host, "sudo -s", (24, 80))
    host.scan_screen(session)
    session.wait_screen(lambda screen: "Scanned." in screen.text and
                        "Waiting for your phone ..." in screen.text, "progress")
    keep(session, directory / "progress-en.png", cropped=True)
    session.interrupt()


def without_code(host: Host, directory: Path) -> None:
    """A terminal that is too small, and a person who wants no picture."""
    session = shell(host, "sudo -s", (20, 60))
    session.wait_screen(lambda screen: "The code needs" in screen.text and
                        "Waiting" in screen.text, "the size that is needed")
    keep(session, directory / "too-small-en.png", cropped=True)
    session.interrupt()
    host.itsme.configure(display={"qr": "off"}, login={"timeout": 100})
    session = shell(host, "sudo -s", (24, 80))
    session.wait_screen(lambda screen: "seconds are left" in screen.text, "text alone")
    keep(session, directory / "text-en.png", cropped=True)
    session.interrupt()
