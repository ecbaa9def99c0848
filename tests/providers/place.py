"""A workstation that trusts a real provider: the recipe's own files, and real programs."""
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from jwcrypto import jwk

import accounts
import host as hosts
import qr
import recipes
import stacks
from authority import openssl
from client import Client
from installation import write
from logsink import LogSink
from web import Web

DIRECTORY = Path("/etc/pam_itsme")
CONFIG, USERS, KEYS = DIRECTORY / "pam_itsme.conf", DIRECTORY / "users", DIRECTORY / "keys"
EC_KEY = KEYS / "ec.pem"  # beside the recipe's two
SECRET_FILE = KEYS / "secret"
SECRET = "s3c:r%t/+ &=?"  # which has to be encoded in either way that it is sent
STATE = Path("/run/provider")


def knock(host, door, number: int = 1, **options):
    """Knock, or go on with an attempt, until the NUMBERth code: the attempt, and its address."""
    attempt = door(host, **options) if isinstance(door, type) else door
    attempt.terminal.wait_qr(number)
    attempt.terminal.settle(0.05)
    return attempt, qr.scan(attempt.terminal.wait_qr(number))


def shown_number(attempt) -> str:
    """The number that the phone has to show, as the terminal has it."""
    return attempt.terminal.wait_for(r"Check that your phone shows (\d\d)\.")[1]


def call(host, door, ready: bool = False, **options):
    """Knock, until the phone rings; READY: once somebody has said that they are there."""
    attempt = door(host, **options)
    if ready:
        attempt.terminal.wait_for("Press Enter to send a request to your phone:")
        attempt.enter()
    attempt.terminal.wait_until(host.provider.rings, "the phone to ring", 15)
    return attempt


def expect_in_by_page(host, door) -> None:
    attempt, address = knock(host, door)
    host.provider.approve_page(address)
    attempt.enter()
    attempt.expect_in()


def expect_in_by_phone(host, door) -> None:
    attempt = call(host, door)
    host.provider.approve_call()
    attempt.enter()
    attempt.expect_in()


def expect_in_whatever_befalls(host, door, befalls, by_phone: bool) -> None:
    """BEFALLS() happens to the provider between the begin of a login and its approval."""
    attempt, address = (call(host, door), None) if by_phone else knock(host, door)
    befalls()
    if by_phone:
        host.provider.approve_call()
    else:
        host.provider.approve_page(address)
    attempt.enter()
    attempt.expect_in()


class Place(hosts.Host):
    """RECIPE in docs/providers; START(this) is the provider."""
    wrong_secret = KEYS / "wrong"

    def __init__(self, recipe: str, start, secret: str = SECRET):
        self.log = LogSink()
        accounts.create()
        stacks.create()
        self.terminals = []
        self.recipe = recipes.files(recipe)
        DIRECTORY.mkdir(exist_ok=True)
        KEYS.mkdir(exist_ok=True)
        subprocess.run(["itsmectl", "keygen", KEYS], check=True, stdout=subprocess.DEVNULL)
        write(EC_KEY, openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                              "ec_paramgen_curve:P-256"))
        self.secret = secret
        write(SECRET_FILE, secret)
        write(self.wrong_secret, "another")
        self.private = {key["use"]: self._private(key) for key in self.published()["keys"]}
        self.provider = start(self)

    def published(self, signing_key: Path = KEYS / "sig.pem") -> dict:
        """The client's JWK Set, as an administrator publishes it."""
        self.set_up(client={"signing_key": signing_key})
        return json.loads(subprocess.run(["itsmectl", "jwks", "--config", CONFIG], check=True,
                                         capture_output=True, text=True).stdout)

    @staticmethod
    def _private(public: dict) -> jwk.JWK:
        key = jwk.JWK.from_pem((KEYS / f"{public['use']}.pem").read_bytes())
        return jwk.JWK(**{**key.export_private(as_dict=True), "kid": public["kid"]})

    def set_up(self, **changes: dict) -> None:
        """The recipe's configuration with CHANGES: section={key: value}; None drops the key."""
        write(CONFIG, recipes.vary(self.recipe["pam_itsme.conf"], **changes))

    def map(self, **subjects: str) -> None:
        write(USERS, "".join(f"{user} sub={sub}\n" for user, sub in subjects.items()))

    @staticmethod
    def secretive(auth: str, file: Path = SECRET_FILE) -> dict:
        """[client] of one that has no keys."""
        return {"auth": auth, "signing_key": None, "decryption_key": None,
                "assertion_audience": None,
                "client_secret_file": None if auth == "none" else file}

    def client(self, client_id: str = "workstations", **options) -> Client:
        """Somebody else's relying party, with our keys."""
        options = {"secret": self.secret, "signing": self.private["sig"],
                   "decryption": self.private["enc"], **options}
        return Client(Web(self.provider.ca_file), self.provider.issuer, client_id, **options)

    def reset(self) -> None:
        stacks.use()
        self.set_up()
        write(USERS, self.recipe.get("users", ""))
        hosts.forget_limits()
        self.provider.reset()
        self.log.clear()
