#!/usr/bin/python3
"""A first login through Debian's glewlwyd as a person does it: on its own pages, in Chromium."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

from selenium.webdriver.common.by import By

import checks
from browser import Browser
from doors import Ssh
from place import knock
from with_glewlwyd import make_place, map_people


def log_in(browser, person: str, password: str) -> None:
    browser.wait_text("Please enter your login and password")
    browser.find_element(By.ID, "username").send_keys(person)
    browser.find_element(By.ID, "password").send_keys(password)
    browser.button("OK").click()
    browser.wait_text(f"Hello {person.capitalize()}")


def agree(browser) -> None:
    """To what the client may know, which is asked once."""
    browser.wait_text("Workstations requires access to the following scopes")
    browser.find_element(By.ID, "grant-g_profile").click()
    browser.button("Grant access").click()
    browser.wait_text("Connection to Workstations")


def test_first_login_on_the_pages(host):
    map_people(host)
    host.provider.serve_pages()
    host.provider.set_plugin(**{"email-claim-scope": ["g_profile"]})
    host.set_up(provider={"scope": "openid g_profile"},
                login={"flow": "device", "required_claims": "email=alice@example.org"})
    browser = Browser(acceptInsecureCerts=True)  # it does not read the system's authorities
    try:
        attempt, address = knock(host, Ssh)
        browser.get(address)
        log_in(browser, "alice", host.provider.password("alice"))
        agree(browser)
        browser.button("Continue").click()
        browser.wait_text("Authorization complete")
    finally:
        browser.end()
    attempt.enter()
    attempt.expect_in()


if __name__ == "__main__":
    checks.main(globals(), make_place)
