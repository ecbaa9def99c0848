"""Headless Chromium with a throw-away profile, which asks nobody but the pages it is sent to."""
import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 60  # seconds; only what never comes takes so long
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
)


class Browser(webdriver.Chrome):
    def __init__(self, **capabilities: object):
        self.profile = tempfile.mkdtemp(prefix="pam-itsme-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for switch in (*SWITCHES, f"--user-data-dir={self.profile}"):
            options.add_argument(switch)
        for name, value in {"goog:loggingPrefs": {"browser": "ALL"}, **capabilities}.items():
            options.set_capability(name, value)
        super().__init__(service=Service(shutil.which("chromedriver")), options=options)

    def wait(self, condition, what: str, seconds: float = PATIENCE):
        """Until CONDITION() is true, and what it returned; a page may be built anew meanwhile."""
        return WebDriverWait(self, seconds, 0.05, [StaleElementReferenceException]).until(
            lambda _: condition(), what)

    def wait_text(self, text: str, seconds: float = PATIENCE) -> None:
        self.wait(lambda: text in self.find_element(By.TAG_NAME, "body").text, f"no {text!r}",
                  seconds)

    def button(self, label: str):
        """The button of that name, once there is one."""
        return self.wait(lambda: next((one for one in self.find_elements(By.TAG_NAME, "button")
                                       if one.text == label), None), f"no button {label}")

    def end(self) -> None:
        self.quit()
        shutil.rmtree(self.profile, ignore_errors=True)
