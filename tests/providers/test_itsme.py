#!/usr/bin/python3
"""itsme directly: the file of the recipe against the simulator of its provider."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import recipes
from doors import Ssh, Su
from installation import write
from place import CONFIG, DIRECTORY, STATE, Place
from provider import Provider

CLIENT_ID, SERVICE = "MyOrganisation", "MYORG_LOGIN"  # as on the page
INTERVAL = 1


class Simulated(Place):
    """Only where the provider is differs from the page."""

    def __init__(self):
        self.provider = None
        super().__init__("itsme", self.start)

    def start(self, _) -> Provider:
        jwks = STATE.with_suffix(".jwks")
        jwks.write_text(json.dumps(self.published()))
        provider = Provider(STATE, CLIENT_ID, SERVICE, jwks, "--interval", INTERVAL)
        shutil.copyfile(provider.ready["ca_file"], DIRECTORY / "ca.pem")
        return provider

    def set_up(self, **changes: dict) -> None:
        if self.provider:
            changes["provider"] = {"issuer": self.provider.issuer,
                                   "ca_file": DIRECTORY / "ca.pem",
                                   **changes.get("provider", {})}
        super().set_up(**changes)


def make_place():
    return Simulated()


def log_in(host, door) -> None:
    host.map(alice=host.provider.subject("alice"))
    attempt = door(host)
    attempt.scan()
    attempt.enter()
    host.provider.approve()
    attempt.expect_in()


def test_recipe_lets_in_over_ssh(host):
    log_in(host, Ssh)


def test_recipe_lets_in_over_su(host):
    log_in(host, Su)


def test_every_recipe_is_a_valid_configuration(host):
    """Also those that nobody could try."""
    for page in sorted(recipes.DOCS.glob("*.md")):
        for text in recipes.configurations(page):
            write(CONFIG, text)
            done = subprocess.run(["itsmectl", "jwks", "--config", CONFIG], capture_output=True,
                                  text=True)
            assert done.returncode == 0, f"{page.name}: {done.stderr}"


if __name__ == "__main__":
    checks.main(globals(), make_place)
