#!/usr/bin/python3
"""greetd with tuigreet on a terminal of its own, in the sizes that such terminals have. A text
that does not fit ends tuigreet 0.9."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import box
import host as hosts
import screens
from screens import PASSWORD

CONFIG = Path("/etc/greetd/test.toml")
SETTINGS = """\
[terminal]
vt = "none"
[default_session]
command = "tuigreet --cmd {session} {options}"
user = "_greetd"
"""
ASKS = "Press Enter to log in with itsme."
WAITS = re.compile(r"Check that your phone shows (\d\d)\.\s+Then approve within (\d+) seconds\.")


class Greetd(screens.Greeter):
    service = "greetd"

    def open(self, rows: int = 25, columns: int = 80, options: str = ""):
        CONFIG.write_text(SETTINGS.format(session=screens.SESSION_PATH, options=options))
        self.screen = self.terminal("greetd", "--config", CONFIG, size=(rows, columns),
                                    name="xterm-256color")
        self.wait("Username:")

    def wait(self, words: str):
        """Until WORDS stand on the screen, with any blanks between; tuigreet is alive then."""
        pattern = re.compile(words.replace(" ", r"\s+"))
        return self.screen.wait_screen(lambda screen: pattern.search(screen.text), words)

    def choose(self, user: str = "alice") -> None:
        self.screen.send(user)
        self.wait(f"Username: {user}")
        self.screen.enter()

    def ask(self, **size) -> None:
        self.open(**size)
        self.choose()
        self.wait(ASKS)

    def ring(self) -> str:
        self.screen.enter()
        return self.provider.number()

    def shut(self) -> None:
        for terminal in self.terminals:
            terminal.close()

    def verify_clean(self) -> None:
        assert "panicked" not in self.screen.text, self.screen.tail()
        super().verify_clean()


def logs_in(host, **size) -> None:
    host.ask(**size)
    assert not host.provider.requests(), "the provider was asked before a key was pressed"
    number = host.ring()
    shown = host.screen.wait_screen(lambda screen: WAITS.search(screen.text), "the number")
    assert shown[1] == number, (shown[0], number)
    host.provider.approve()
    host.wait_entered("alice")


def test_usual_terminal(host):
    logs_in(host, rows=25, columns=80)
    host.screen.settle()


def test_smallest_terminals(host):
    """The shortest that has room for all, and a narrow one."""
    for rows, columns in ((16, 80), (24, 44)):
        hosts.forget_limits()
        host.provider.reset()
        screens.ENTERED.write_text("")
        logs_in(host, rows=rows, columns=columns)


def test_large_terminal(host):
    logs_in(host, rows=50, columns=160)


def test_refusal_is_shown(host):
    host.ask()
    host.ring()
    host.provider.deny()
    host.wait("The request was denied in the itsme app.")
    assert not host.entered()


def test_password_where_the_provider_is_away(host):
    host.allow(provider={"issuer": "https://localhost:1/v2"})
    host.ask()
    host.screen.enter()
    host.wait("itsme cannot be reached right now.")
    host.wait("Password:")
    host.screen.send(PASSWORD)
    host.screen.enter()
    host.wait_entered("alice")


def test_password_for_who_is_not_enrolled(host):
    host.open()
    host.choose("mallory")
    host.wait("Password:")
    host.screen.send(PASSWORD)
    host.screen.enter()
    host.wait_entered("mallory")
    assert not host.provider.requests()


def test_password_where_nothing_allows_a_push(host):
    host.itsme.configure(provider={"confirm_service": screens.CONFIRM})
    host.open()
    host.choose()
    host.wait("Password:")
    host.log.wait_line("service_shows_no_picture", "push_requires = none", "[service:greetd]")
    host.screen.send(PASSWORD)
    host.screen.enter()
    host.wait_entered("alice")


def test_remembered_name_rings_nobody(host):
    """With the last name in its place tuigreet begins PAM before anybody has come."""
    cache = Path("/var/cache/tuigreet")
    cache.mkdir(exist_ok=True)
    (cache / "lastuser").write_text("alice")
    box.output("chown", "-R", "_greetd", cache)
    host.open(options="--remember")
    host.wait(ASKS)
    assert not host.provider.requests(), "the provider was asked with nobody there"
    host.ring()
    host.provider.approve()
    host.wait_entered("alice")


if __name__ == "__main__":
    box.main(globals(), Greetd)
