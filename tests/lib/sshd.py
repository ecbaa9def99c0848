"""A private OpenSSH server on loopback, and the client's words to reach it."""
import random
import socket
import subprocess
import time
from pathlib import Path

DIRECTORY = Path("/run/private-sshd")
# From 9.8 on each connection has a program of its own, and who is refused must wait.
HAS_SESSION = Path("/usr/lib/openssh/sshd-session").exists()
LISTEN = "0A"  # as /proc/net/tcp calls it
PORTS = range(20000, 30000)  # below those that the kernel hands out by itself
SETTINGS = """\
{first}
ListenAddress 127.0.0.1:{port}
HostKey {directory}/host_key
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
PubkeyAuthentication no
PermitRootLogin yes
UseDNS no
PrintMotd no
PrintLastLog no
SyslogFacility AUTHPRIV
Subsystem sftp internal-sftp
"""


class Sshd:
    def __init__(self, first: str = ""):
        """FIRST goes before the other settings; in sshd the first one counts."""
        DIRECTORY.mkdir(mode=0o755, exist_ok=True)
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.host_key = key = DIRECTORY / "host_key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        self.port = free_port()
        config = DIRECTORY / f"config-{self.port}"
        if HAS_SESSION:  # all who knock here come from one address
            first = f"PerSourcePenalties no\n{first}"
        config.write_text(SETTINGS.format(first=first, port=self.port, directory=DIRECTORY))
        public = key.with_suffix(".pub").read_text().split()
        self.known_hosts = DIRECTORY / f"known_hosts-{self.port}"
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public[0]} {public[1]}\n")
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", config],
                                        stdin=subprocess.DEVNULL)
        self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError("sshd did not start")
            time.sleep(0.02)

    def _listens(self) -> bool:
        """By the kernel's table: whoever connects just to see takes one of MaxStartups' places."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        return any(row[1].endswith(f":{self.port:04X}") and row[3] == LISTEN for row in rows[1:])

    def options(self, method: str = "keyboard-interactive") -> list[str]:
        """What ssh, scp and sftp need to reach this server and nothing of the user's own."""
        settings = {"Port": self.port, "UserKnownHostsFile": self.known_hosts,
                    "StrictHostKeyChecking": "yes", "PreferredAuthentications": method,
                    "IdentityAgent": "none"}
        words = ["-F", "none"]
        for key, value in settings.items():
            words += ["-o", f"{key}={value}"]
        return words

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


BOTH = """\
PubkeyAuthentication yes
AuthenticationMethods publickey,keyboard-interactive
AuthorizedKeysFile /run/keys/%u.pub
"""


class Keys(Sshd):
    """A server that wants a key and a phone; the key of alice, and one of nobody's."""

    def __init__(self):
        directory = Path("/run/keys")
        directory.mkdir(mode=0o755, exist_ok=True)
        for name in ("alice", "nobody"):
            key = directory / name
            if not key.exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key],
                               check=True)
        (directory / "nobody.pub").unlink(missing_ok=True)
        super().__init__(BOTH)

    def session(self, host, key: str):
        return host.terminal(
            "ssh", *self.options("publickey,keyboard-interactive"), "-o", "IdentitiesOnly=yes",
            "-i", f"/run/keys/{key}", "alice@127.0.0.1", "cat", "proof")


def free_port() -> int:
    """It stays free until somebody asks for it by number. One that the kernel hands out may be
    somebody's own end of a connection next, and even of one to itself."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
