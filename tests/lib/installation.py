"""pam_itsme as an administrator sets it up, in a private world: stacks, config, keys, map."""
import os
import shutil
import subprocess
from pathlib import Path

DIRECTORY = Path("/etc/pam_itsme")
CONFIG = DIRECTORY / "pam_itsme.conf"
MAP = DIRECTORY / "users"
SIGNING_KEY = DIRECTORY / "keys/sig.pem"
DECRYPTION_KEY = DIRECTORY / "keys/enc.pem"
CA_FILE = DIRECTORY / "ca.pem"

CLIENT_ID = "WorldTest"
SERVICE = "WORLD_LOGIN"

STACK = """\
auth      [success=done ignore=ignore default=die] pam_itsme.so {arguments}
account   required pam_unix.so
password  required pam_deny.so
session   required pam_permit.so
"""
SERVICES = ("sshd", "sudo", "sudo-i", "su", "su-l", "login")

SUDOERS = """\
Defaults env_reset, !lecture, timestamp_timeout=0
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
root  ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) SETENV: ALL
"""

LOGIN_DEFS = """\
MAIL_DIR /var/mail
LOGIN_RETRIES 3
LOGIN_TIMEOUT 60
FAILLOG_ENAB no
LOG_UNKFAIL_ENAB no
"""


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace PATH as a new file: what a test did to owner, mode or kind is undone by it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)
    os.chown(path, 0, 0)


def chown(path: Path, user: str) -> None:
    shutil.chown(path, user, user)


def line_of(key: str) -> int:
    """The line of the configuration on which KEY stands."""
    lines = CONFIG.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{key} ="))


class Installation:
    """Made once; `configure` and `map` bring everything back to a given state."""

    def __init__(self):
        self.issuer = "https://localhost:1/v2"  # until a provider is there
        self.keys = [self.new_key(), self.new_key()]
        self.default_map = ""
        write(Path("/etc/sudoers"), SUDOERS, 0o440)
        write(Path("/etc/login.defs"), LOGIN_DEFS, 0o644)
        self.reset()

    @staticmethod
    def new_key() -> str:
        return subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            check=True, capture_output=True, text=True).stdout

    def reset(self) -> None:
        for path in (DIRECTORY, SIGNING_KEY.parent):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
            os.chown(path, 0, 0)
        for path, key in zip((SIGNING_KEY, DECRYPTION_KEY), self.keys):
            write(path, key)
        self.stacks()
        self.configure()
        write(MAP, self.default_map)

    def stacks(self, arguments: str = "", text: str = STACK) -> None:
        for service in SERVICES:
            write(Path("/etc/pam.d") / service, text.format(arguments=arguments), 0o644)

    def configure(self, **changes: dict) -> None:
        """Write the configuration; CHANGES is section={key: value}, None drops the key."""
        settings = {
            "provider": {"issuer": self.issuer, "profile": "itsme", "client_id": CLIENT_ID,
                         "service": SERVICE, "ca_file": CA_FILE},
            "client": {"signing_key": SIGNING_KEY, "decryption_key": DECRYPTION_KEY},
            "login": {"timeout": 40},
            "identity": {"map": MAP},
        }
        for section, keys in changes.items():
            settings.setdefault(section, {}).update(keys)
        lines = []
        for section, keys in settings.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
        write(CONFIG, "\n".join(lines) + "\n")

    def map(self, *lines: str) -> None:
        write(MAP, "\n".join(lines) + "\n")

    def publish_keys(self) -> str:
        """The client's JWK Set, as itsme would fetch it."""
        return subprocess.run(["itsmectl", "jwks"], check=True, capture_output=True,
                              text=True).stdout
