"""A hostile caller: what somebody may do to the process that becomes su or sudo.

Bait lies in /run/evil: a library that leaves a mark when anybody loads it, a proxy that counts
its visitors, files that only a fooled root process would create.
"""
import socket
import subprocess
from pathlib import Path

EVIL = Path("/run/evil")
MARK = EVIL / "loaded"
CRON = Path("/etc/cron.d")

LIBRARY = """\
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void
leave_mark(void)
{
    FILE *mark = fopen("/run/evil/loaded", "a");
    if (mark) {
        fprintf(mark, "process %d as uid %d\\n", (int)getpid(), (int)geteuid());
        fclose(mark);
    }
}
"""

OPENSSL_CONF = """\
openssl_conf = init
[init]
providers = providers
[providers]
evil = evil
[evil]
module = /run/evil/evil.so
activate = 1
"""

# What a caller can change besides the environment: words before the command.
CIRCUMSTANCES = {
    "umask": ("sh", "-c", 'umask 0; exec "$@"', "sh"),
    "file_limit": ("prlimit", "--nofile=16:16"),  # fewer and sudo 1.9.16 itself fails
    "ignored_sigchld": ("env", "--ignore-signal=CHLD"),
    "blocked_signals": ("env", "--block-signal=TERM,ALRM,USR1,CHLD"),
    "vanished_directory": ("sh", "-c", 'mkdir /run/evil/gone; cd /run/evil/gone; rmdir ../gone; '
                                   'exec "$@"', "sh"),
}


class Trap:
    """Lays the bait; `verify` says what was taken."""

    def __init__(self):
        EVIL.mkdir(exist_ok=True)
        EVIL.chmod(0o777)
        if not (EVIL / "evil.so").exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", EVIL / "evil.so"],
                           input=LIBRARY, text=True, check=True)
        (EVIL / "openssl.cnf").write_text(OPENSSL_CONF)
        (EVIL / "empty.pem").write_text("")
        self._try_bait("true", LD_PRELOAD=EVIL / "evil.so")
        self._try_bait("openssl", "list", "-providers", OPENSSL_CONF=EVIL / "openssl.cnf")
        CRON.mkdir(exist_ok=True)
        self.before = set(CRON.iterdir())
        self.proxy = socket.create_server(("127.0.0.1", 0))
        self.proxy.setblocking(False)

    @staticmethod
    def _try_bait(*command: str, **environment: object) -> None:
        """Bait that catches nobody would prove nothing."""
        subprocess.run(command, env={"PATH": "/usr/bin:/bin",
                                     **{name: str(value) for name, value in environment.items()}},
                       capture_output=True)
        assert MARK.exists(), f"{environment} does not work as bait"
        MARK.unlink()

    def environment(self) -> tuple[str, ...]:
        """Words before the command that give it the worst environment."""
        proxy = "http://127.0.0.1:%d" % self.proxy.getsockname()[1]
        settings = {
            "https_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy,
            "SSLKEYLOGFILE": CRON / "keylog", "OPENSSL_CONF": EVIL / "openssl.cnf",
            "OPENSSL_MODULES": EVIL, "SSL_CERT_FILE": EVIL / "empty.pem", "SSL_CERT_DIR": EVIL,
            "CURL_CA_BUNDLE": EVIL / "empty.pem", "CURL_HOME": EVIL,
            "LD_PRELOAD": EVIL / "evil.so", "LD_LIBRARY_PATH": EVIL, "LD_AUDIT": EVIL / "evil.so",
            "GCONV_PATH": EVIL, "LOCPATH": EVIL, "HOME": EVIL, "TZ": EVIL / "zone",
        }
        return ("env", *(f"{name}={value}" for name, value in settings.items()))

    def verify(self) -> None:
        # The dynamic loader obeys LD_PRELOAD in what the caller starts as himself.
        marks = MARK.read_text() if MARK.exists() else ""
        assert "uid 0" not in marks, f"root loaded the caller's library: {marks}"
        created = set(CRON.iterdir()) - self.before
        assert not created, f"root created {created}"
        try:
            self.proxy.accept()
        except BlockingIOError:
            return
        raise AssertionError("the caller's proxy was used")

    def close(self) -> None:
        self.proxy.close()
        MARK.unlink(missing_ok=True)


def for_door(door) -> dict:
    """Tests named test_hostile_..., to be put among a program's own: DOOR, which takes words
    `before` the command, opens to the right person in spite of it all, and nothing happens."""
    return {test.__name__: test for test in
            (_bind(door, name) for name in ("environment", *CIRCUMSTANCES))}


def _bind(door, name: str):
    def test(host):
        trap = Trap()
        try:
            attempt = door(host, before=CIRCUMSTANCES.get(name) or trap.environment())
            attempt.scan()
            host.provider.approve()
            attempt.expect_in()
            trap.verify()
        finally:
            trap.close()
    test.__name__ = f"test_hostile_{name}"
    return test
