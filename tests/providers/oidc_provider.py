"""npm's oidc-provider as its recipe has it, and the person before its pages and phone."""
import json
import subprocess
import threading
import time
from pathlib import Path

from jwcrypto import jwk

import recipes
from authority import Authority
from daemon import Daemon
from pki import Pki, write_key
from web import Page, Web

HERE = Path(__file__).resolve().parent
NAME = "login.example.org"
PORT = 443
DOOR = 8443  # where certificates are asked for
MACHINES = "workstations.example.org"  # all that have one are below it
PEOPLE = {name: {"name": name.capitalize(), "email": f"{name}@example.org",
                 "email_verified": name == "alice"} for name in ("alice", "bob")}
CODES = {"bob": "7-Bob"}  # by which alone he lets himself be called
PAGES_MAX = 8  # that one login may lead through
PATIENCE = 20  # seconds for what the provider should do at once


class OidcProvider:
    issuer = f"https://{NAME}"

    def __init__(self, installed: Path, directory: Path, client_keys: dict,
                 variants: dict[str, dict], lifetimes: dict[str, int], rsa_alg: str = "RS256",
                 edwards: bool = False):
        """VARIANTS: client_id: what differs from the recipe's client; None takes it away.

        RSA_ALG: by which alone RSA keys sign. The recipe leaves more than one to clients.
        EDWARDS: it has an Ed25519 key beside, and signs ID Tokens with it for who is so set up.
        """
        directory.mkdir()
        files = recipes.files("oidc-provider")
        if rsa_alg != "RS256":
            files = {name: text.replace("'RS256', ", "").replace("RS256", rsa_alg)
                     for name, text in files.items()}
        if edwards:
            files["configuration.mjs"] = files["configuration.mjs"].replace(
                "idTokenSigningAlgValues: [", "idTokenSigningAlgValues: ['EdDSA', 'Ed25519', ")
        for path in installed.iterdir():
            (directory / path.name).symlink_to(path)
        # Modules are looked for from where a file really lies.
        for name in ("serve.mjs", "store.mjs"):
            (directory / name).unlink()
            (directory / name).write_text((installed / name).read_text())
        for name in ("configuration.mjs", "certificates.mjs"):
            (directory / name).write_text(files[name])
        recipe = json.loads(files["client.json"])
        del recipe["jwks_uri"]
        recipe["jwks"] = client_keys
        authority = Authority(directory / "authority")
        self.ca_file = authority.certificate
        certificate, key = authority.certify(NAME)
        self.machines = Pki(directory / "machines")
        self.stolen = self.machines.issue(f"stolen.{MACHINES}")[0]
        certified = json.loads(files["certified.json"])
        self.rsa_alg, self.edwards = rsa_alg, edwards
        self.settings = {
            "issuer": self.issuer, "port": PORT, "cert": str(certificate), "key": str(key),
            "door": DOOR, "machines": str(self.machines.certificate),
            "revoked": str(self.machines.revoke(self.stolen)),
            "people": PEOPLE, "codes": CODES, "lifetimes": lifetimes,
            "clients": [recipe, certified, self._self_signed(certified),
                        *(self._variant(recipe, client_id, changes)
                          for client_id, changes in variants.items())],
            "jwks": self._make_keys("op"), "store": "kept.json",
        }
        self.directory = directory
        self.is_changed = False
        self._start({})

    def _self_signed(self, certified: dict) -> dict:
        """A client of one machine, which is its own authority: `alone`, and its key."""
        self.alone = Pki(self.machines.directory, "alone")
        write_key(self.alone.certificate.with_suffix(".key"), self.alone.key)
        return self._variant(certified, "self-signed", {
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "tls_client_auth_san_dns": None, "jwks": self.alone.published()})

    @staticmethod
    def _variant(recipe: dict, client_id: str, changes: dict) -> dict:
        changed = {**recipe, **changes, "client_id": client_id}
        return {name: value for name, value in changed.items() if value is not None}

    @staticmethod
    def _listen(daemon: Daemon, events: list[dict]) -> None:
        for line in daemon.process.stdout:
            events.append(json.loads(line))

    def _events(self, kind: str) -> list[dict]:
        return [event for event in list(self.events) if event["event"] == kind]

    def _wait(self, kind: str, number: int = 1) -> dict:
        deadline = time.monotonic() + PATIENCE
        while len(found := self._events(kind)) < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {kind} {number}: "
                                     f"{self.daemon.log.read_text()[-1000:]}")
            time.sleep(0.01)
        return found[-1]

    def _command(self, verb: str, handle: str | dict) -> None:
        done = len(self._events("done"))
        self.daemon.process.stdin.write(json.dumps({verb: handle}) + "\n")
        self._wait("done", done + 1)

    # --- its operator -------------------------------------------------------------------

    def _make_keys(self, name: str) -> dict:
        kinds = [{"kty": "RSA", "size": 2048, "alg": self.rsa_alg},
                 {"kty": "EC", "crv": "P-256", "alg": "ES256"}]
        if self.edwards:
            kinds.append({"kty": "OKP", "crv": "Ed25519"})
        keys = [jwk.JWK.generate(use="sig", kid=f"{name}-{number}", **kind)
                for number, kind in enumerate(kinds, 1)]
        return {"keys": [key.export_private(as_dict=True) for key in keys]}

    def _start(self, changes: dict) -> None:
        (self.directory / "settings.json").write_text(json.dumps(self.settings | changes))
        self.events: list[dict] = []
        self.daemon = Daemon(self.directory / "errors", self.directory / "node", "serve.mjs",
                             "settings.json", cwd=self.directory, text=True, bufsize=1,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self._listen, args=(self.daemon, self.events),
                         daemon=True).start()
        self.daemon.wait_ready(lambda: self._events("ready"))

    def restart(self, away: float = 0, **changes: object) -> None:
        """End it and, AWAY seconds later, start it with other settings, until the next reset."""
        events = self.events
        self.daemon.close()
        time.sleep(away)
        self._start(changes)
        self.events[:0] = [event for event in events if event["event"] != "ready"]
        self.is_changed = bool(changes)

    def rotate(self) -> None:
        """Sign with other keys from now on; the old ones are not even published."""
        self.restart(jwks=self._make_keys("new"))

    def be_busy(self, path: str, times: int, after: int) -> None:
        """Answer the next TIMES requests to PATH with 503 and that many seconds to wait."""
        self._command("busy", {"path": path, "times": times, "after": after})

    # --- the person's phone -------------------------------------------------------------

    def rings(self) -> bool:
        return bool(self._events("ciba"))

    def wait_call(self) -> dict:
        """What the phone shows."""
        return self._wait("ciba")

    def approve_call(self) -> None:
        self._command("approve", self.wait_call()["id"])

    def deny_call(self) -> None:
        self._command("deny", self.wait_call()["id"])

    # --- the person's browser -----------------------------------------------------------

    def approve_page(self, address: str, account: str = "alice") -> None:
        """Open ADDRESS, log in as ACCOUNT and say yes to everything."""
        assert "Success" in self.visit(address, account), "the page did not end well"

    def deny_page(self, address: str, account: str = "alice") -> None:
        assert "interrupted" in self.visit(address, account, leave=True), "the page went on"

    def visit(self, address: str, account: str, leave: bool = False) -> str:
        """The page at which it ends; LEAVE takes the way out instead of going on."""
        web = Web(self.ca_file)
        answer = web.ask(address)
        for _ in range(PAGES_MAX):
            page = Page(answer)
            ways_out = [link for link in page.links if link.endswith("/abort")]
            if leave and ways_out:
                return web.ask(ways_out[0]).text
            if page.action is None or page.fields.get("user_code") == "":
                return answer.text  # that it is done, or a question for another code
            if "login" in page.fields:
                page.fields.update(login=account, password="any")
            answer = web.ask(page.action, page.fields)
        raise AssertionError(f"pages without end: {answer.url}")

    # --- what it was asked --------------------------------------------------------------

    def reset(self) -> None:
        if self.is_changed:
            self.restart()
        self.events.clear()

    def requests(self) -> list[dict]:
        return self._events("request")

    def close(self) -> None:
        self.daemon.close()
