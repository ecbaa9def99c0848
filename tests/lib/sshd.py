"""A private OpenSSH server on loopback, and the client's words to reach it."""
import socket
import subprocess
import time
from pathlib import Path

DIRECTORY = Path("/run/private-sshd")
# From 9.8 on each connection has a program of its own, and who is refused must wait.
HAS_SESSION = Path("/usr/lib/openssh/sshd-session").exists()
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
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except ConnectionRefusedError:
                time.sleep(0.02)
        self.close()
        raise RuntimeError("sshd did not start")

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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
