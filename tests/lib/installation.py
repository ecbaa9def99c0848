"""pam_itsme as an administrator sets it up: configuration, keys and identity map.

As root below /etc/pam_itsme; as anybody else below a directory of one's own.
"""
import contextlib
import os
import shutil
import subprocess
from pathlib import Path

CLIENT_ID = "Workstations"
SERVICE = "WORKSTATIONS_LOGIN"
PATIENT = {"connect_timeout": 30, "request_timeout": 30}  # seconds: the machine may be busy


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace PATH as a new file: what a test did to owner, mode or kind is undone by it."""
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)


@contextlib.contextmanager
def changed(path: Path, mode: int | None = None, owner: int | None = None):
    """PATH with another mode or owner for as long as the block lasts."""
    before = path.stat()
    os.chown(path, before.st_uid if owner is None else owner, -1)
    path.chmod(before.st_mode & 0o7777 if mode is None else mode)
    try:
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode & 0o7777)


class Installation:
    """Made once; `reset`, `configure` and `map` bring everything back to a given state."""

    def __init__(self, directory: Path, program: object = "itsmectl"):
        self.directory = directory
        self.program = program
        self.config = directory / "pam_itsme.conf"
        self.users = directory / "users"
        self.signing_key = directory / "keys/sig.pem"
        self.decryption_key = directory / "keys/enc.pem"
        self.ca_file = directory / "ca.pem"
        self.issuer = "https://localhost:1/v2"  # until a provider is there
        self.identities = ""
        self.keys = [self._new_key(), self._new_key()]
        self.reset()

    @staticmethod
    def _new_key() -> str:
        return subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", "RSA",
             "-pkeyopt", "rsa_keygen_bits:2048"],
            check=True, capture_output=True, text=True).stdout

    def reset(self) -> None:
        for path in (self.directory, self.signing_key.parent):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        for path, key in zip((self.signing_key, self.decryption_key), self.keys):
            write(path, key)
        self.configure()
        write(self.users, self.identities)

    def configure(self, **changes: dict) -> None:
        """Write the configuration; CHANGES is section={key: value}, None drops the key."""
        settings = {
            "provider": {"issuer": self.issuer, "profile": "itsme", "client_id": CLIENT_ID,
                         "service": SERVICE, "ca_file": self.ca_file, **PATIENT},
            "client": {"signing_key": self.signing_key, "decryption_key": self.decryption_key},
            "login": {"timeout": 60},
            "identity": {"map": self.users},
        }
        for section, keys in changes.items():
            settings.setdefault(section, {}).update(keys)
        lines = []
        for section, keys in settings.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
        write(self.config, "\n".join(lines) + "\n")

    def line_of(self, key: str) -> int:
        """The line of the configuration on which KEY stands."""
        lines = self.config.read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1)
                    if line.startswith(f"{key} ="))

    def map(self, *lines: str) -> None:
        write(self.users, "\n".join(lines) + "\n")

    def publish_keys(self, path: Path) -> None:
        """Write the client's JWK Set to PATH, as the provider would fetch it."""
        path.write_text(subprocess.run(
            [self.program, "jwks", "--config", self.config],
            check=True, stdout=subprocess.PIPE, text=True).stdout)

    def meet(self, provider, people: dict[str, str]) -> None:
        """From now on trust PROVIDER; PEOPLE says which person may enter which account."""
        shutil.copyfile(provider.ready["ca_file"], self.ca_file)
        self.ca_file.chmod(0o644)
        self.issuer = provider.issuer
        self.identities = "".join(f"{account} sub={provider.subject(person)}\n"
                                  for account, person in people.items())
        self.reset()
