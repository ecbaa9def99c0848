"""A workstation that trusts a real provider: the recipe's own files, and real programs."""
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from jwcrypto import jwk

import accounts
import host as hosts
import recipes
import stacks
from client import Client
from installation import write
from logsink import LogSink
from web import Web

DIRECTORY = Path("/etc/pam_itsme")
CONFIG, USERS, KEYS = DIRECTORY / "pam_itsme.conf", DIRECTORY / "users", DIRECTORY / "keys"
SECRET_FILE = KEYS / "secret"
SECRET = "s3c:r%t/+ &=?"  # which has to be encoded in either way that it is sent
STATE = Path("/run/provider")


class Place(hosts.Host):
    """RECIPE in docs/providers; START(directory, client keys) is the provider."""

    def __init__(self, recipe: str, start, secret: str = SECRET):
        self.log = LogSink()
        accounts.create()
        stacks.create()
        self.terminals = []
        self.recipe = recipes.files(recipe)
        DIRECTORY.mkdir(exist_ok=True)
        KEYS.mkdir(exist_ok=True)
        subprocess.run(["itsmectl", "keygen", KEYS], check=True, stdout=subprocess.DEVNULL)
        self.set_up()
        public = json.loads(subprocess.run(["itsmectl", "jwks", "--config", CONFIG], check=True,
                                           capture_output=True, text=True).stdout)
        self.provider = start(STATE, public)
        self.private = {key["use"]: self._private(key) for key in public["keys"]}
        self.secret = secret
        write(SECRET_FILE, secret)

    @staticmethod
    def _private(public: dict) -> jwk.JWK:
        key = jwk.JWK.from_pem((KEYS / f"{public['use']}.pem").read_bytes())
        return jwk.JWK(**{**key.export_private(as_dict=True), "kid": public["kid"]})

    def set_up(self, **changes: dict) -> None:
        """The recipe's configuration with CHANGES: section={key: value}; None drops the key."""
        write(CONFIG, recipes.vary(self.recipe["pam_itsme.conf"], **changes))

    def map(self, **subjects: str) -> None:
        write(USERS, "".join(f"{user} sub={sub}\n" for user, sub in subjects.items()))

    def client(self, client_id: str = "workstations", **options) -> Client:
        """Somebody else's relying party, with our keys."""
        options = {"secret": self.secret, "signing": self.private["sig"],
                   "decryption": self.private["enc"], **options}
        return Client(Web(self.provider.ca_file), self.provider.issuer, client_id, **options)

    def reset(self) -> None:
        stacks.use()
        self.set_up()
        self.provider.reset()
        self.log.clear()
