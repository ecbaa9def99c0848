"""Debian's glewlwyd as its recipe has it, and the people who use it, over its own API."""
import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from jwcrypto import jwk

import recipes
from authority import Authority
from daemon import Daemon
from web import Web

NAME = "login.example.org"
BASE = f"https://{NAME}"
SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
ETC, LIB = Path("/etc/glewlwyd"), Path("/var/lib/glewlwyd")
WEBAPP = Path("/usr/share/glewlwyd/webapp")
TYPES = {"html": "text/html", "css": "text/css", "js": "application/javascript",
         "json": "application/json"}
PEOPLE = ("alice", "bob")
PATIENCE = 20  # seconds for what the provider should do at once


class Glewlwyd:
    base = BASE
    issuer = f"{BASE}/api/oidc"

    def __init__(self, directory: Path, client_keys: dict, variants: dict[str, dict]):
        """VARIANTS: client_id: what differs from the recipe's client; None takes it away."""
        directory.mkdir()
        self.directory = directory
        self.files = recipes.files("glewlwyd")
        authority = Authority(directory / "authority")
        self.ca_file = authority.certificate
        certificate, key = authority.certify(NAME)
        for path in (ETC, LIB):
            path.mkdir(exist_ok=True)
        shutil.copyfile(certificate, ETC / "tls.pem")
        shutil.copyfile(key, ETC / "tls.key")
        self.database = LIB / "glewlwyd.db"
        with closing(sqlite3.connect(self.database)) as database:
            database.execute("PRAGMA journal_mode = WAL")  # so that we may look on
            database.executescript(SCHEMA.read_text())
        self.errors = directory / "errors"
        self._start(self.files["glewlwyd.conf"])
        self.admin = self._log_in("admin", "password")
        self._furnish(client_keys, variants)
        self.is_changed = False

    def _start(self, settings: str) -> None:
        (ETC / "glewlwyd.conf").write_text(settings)
        self.daemon = Daemon(self.errors, "glewlwyd", f"--config-file={ETC / 'glewlwyd.conf'}",
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.daemon.wait_ready(self._answers)

    def _answers(self) -> bool:
        try:
            return Web(self.ca_file).ask(f"{BASE}/config").status == 200
        except OSError:
            return False

    def _log_in(self, user: str, password: str) -> Web:
        web = Web(self.ca_file)
        self._api(web, "POST", "/auth/", {"username": user, "password": password})
        return web

    @staticmethod
    def _api(web: Web, method: str, path: str, body: object = None) -> object:
        answer = web.ask(f"{BASE}/api{path}", method=method, body=body)
        assert answer.status == 200, f"{method} {path}: {answer.status} {answer.text}"
        return json.loads(answer.text) if answer.text else None

    def _furnish(self, client_keys: dict, variants: dict[str, dict]) -> None:
        self.plugin = json.loads(self.files["plugin.json"])
        self.plugin["parameters"].update(self._make_key())
        self._api(self.admin, "POST", "/mod/plugin/", self.plugin)
        recipe = json.loads(self.files["client.json"])
        del recipe["jwks_uri"]
        recipe["jwks"] = client_keys
        recipe["alg_kid"] = next(key["kid"] for key in client_keys["keys"]
                                 if key["use"] == "enc")
        for client_id, changes in ({"workstations": {}} | variants).items():
            client = {**recipe, **changes, "client_id": client_id}
            self._api(self.admin, "POST", "/client/", {
                name: value for name, value in client.items() if value is not None})
        self.people = {}
        for person in PEOPLE:
            password = self.password(person)
            self._api(self.admin, "POST", "/user/", {
                "username": person, "name": person.capitalize(), "password": password,
                "email": f"{person}@example.org", "scope": ["openid", "g_profile"],
                "enabled": True})
            self.people[person] = self._log_in(person, password)
            for client_id in ("workstations", *variants):
                self.grant(person, client_id, "openid")

    @staticmethod
    def _make_key() -> dict:
        key = jwk.JWK.generate(kty="RSA", size=2048)
        return {"key": key.export_to_pem(private_key=True, password=None).decode(),
                "cert": key.export_to_pem().decode()}

    @staticmethod
    def password(person: str) -> str:
        return f"password of {person}"

    # --- the administrator --------------------------------------------------------------

    def restart(self, external_url: str = BASE) -> None:
        settings = self.files["glewlwyd.conf"]
        line = f'external_url = "{BASE}"\n'
        assert line in settings
        self.daemon.close()
        self._start(settings.replace(line, f'external_url = "{external_url}"\n'))

    def serve_pages(self) -> None:
        """Let it serve its own pages, which the recipe leaves to a web server.

        From a copy: it follows no link out of them, and one of them leads to a directory.
        """
        pages = self.directory / "pages"
        shutil.copytree(WEBAPP, pages, ignore=shutil.ignore_patterns("config.json"))
        shutil.copyfile(WEBAPP / "config.json" / "config.json", pages / "config.json")
        types = ", ".join(f'{{ extension = ".{extension}"; mime_type = "{kind}"; }}'
                          for extension, kind in TYPES.items())
        self.daemon.close()
        self._start(f'{self.files["glewlwyd.conf"]}static_files_path = "{pages}"\n'
                    f"static_files_mime_types = ( {types} )\n")

    def set_plugin(self, **parameters: object) -> None:
        """Change the plugin's PARAMETERS while it runs, until the next reset."""
        self.is_changed = bool(parameters)
        plugin = {**self.plugin, "parameters": {**self.plugin["parameters"], **parameters}}
        self._api(self.admin, "PUT", "/mod/plugin/oidc", plugin)
        self._api(self.admin, "PUT", "/mod/plugin/oidc/reset")

    def rotate(self) -> None:
        """Another key from now on, until the next reset."""
        self.set_plugin(**self._make_key())

    def last_poll(self) -> object:
        """When a device's code was last asked for, in the provider's own words."""
        return self._database("SELECT MAX(gpoda_last_check) FROM gpo_device_authorization")[0][0]

    def expire_calls(self) -> None:
        self._database("UPDATE gpo_ciba SET gpob_expires_at = strftime('%s', 'now') - 1")

    def _database(self, command: str, *values: object) -> list[tuple]:
        with closing(sqlite3.connect(self.database)) as database, database:
            return database.execute(command, values).fetchall()

    def subject(self, person: str) -> str | None:
        """Known once the person has logged in anywhere."""
        found = self._database("SELECT gposi_sub FROM gpo_subject_identifier"
                               " WHERE gposi_username = ?", person)
        return found[0][0] if found else None

    def grant(self, person: str, client_id: str, scope: str) -> None:
        """What the person agrees to on the page before a first login."""
        self._api(self.people[person], "PUT", f"/auth/grant/{client_id}", {"scope": scope})

    # --- a person's phone: where Glewlwyd shows CIBA requests ---------------------------

    def calls(self, person: str = "alice") -> list[dict]:
        return self._api(self.people[person], "GET", "/oidc/ciba_user_list")

    def rings(self) -> bool:
        return bool(self.calls())

    def wait_call(self, person: str = "alice") -> dict:
        deadline = time.monotonic() + PATIENCE
        while not (found := self.calls(person)):
            if time.monotonic() > deadline:
                raise AssertionError("nobody called")
            time.sleep(0.02)
        return found[-1]

    def approve_call(self, person: str = "alice") -> None:
        self._visit(person, self.wait_call(person)["connect_uri"] + "&g_continue", "=complete")

    def deny_call(self, person: str = "alice") -> None:
        self._visit(person, self.wait_call(person)["cancel_uri"], "=cancelled")

    # --- a person's browser -------------------------------------------------------------

    def approve_page(self, address: str, person: str = "alice") -> None:
        self._visit(person, f"{address}&g_continue", "=deviceComplete")

    def _visit(self, person: str, address: str, end: str) -> None:
        """The pages are a web application's; what counts is where its API sends it."""
        answer = self.people[person].ask(address)
        assert end in answer.url, f"{address} led to {answer.url}"

    # --- around each test ---------------------------------------------------------------

    def reset(self) -> None:
        if self.is_changed:
            self.set_plugin()
        for person in PEOPLE:
            for call in self.calls(person):
                self._visit(person, call["cancel_uri"], "=cancelled")

    def requests(self) -> list[dict]:
        return []  # it keeps no journal

    def close(self) -> None:
        self.daemon.close()
