"""Servers that ask PAM and have nobody before them who could read: each on loopback, with the
settings of its package as far as they matter here, and a few words of its protocol.

A client gives the password as its own protocol has it. `try_in` says whether that got in."""
import base64
import ftplib
import http.client
import imaplib
import json
import socket
import subprocess
import threading
import time
from pathlib import Path

from daemon import Daemon
from installation import write

HOST = "127.0.0.1"
WAIT = 150  # seconds for an answer: longer than any login lasts
ACCOUNTS = (("dovecot", 893), ("dovenull", 894), ("ftp", 895), ("lpadmin", 896))


def add_accounts() -> None:
    """What the packages make when they are installed."""
    for name, uid in ACCOUNTS:
        for path, line in (("/etc/passwd", f"{name}:x:{uid}:{uid}::/nonexistent:/usr/sbin/nologin"),
                           ("/etc/group", f"{name}:x:{uid}:"),
                           ("/etc/shadow", f"{name}:*:19000:0:99999:7:::")):
            with open(path, "a", encoding="ascii") as file:
                file.write(f"{line}\n")


def listens(port: int) -> bool:
    """By the kernel's table: whoever connects just to see is a client to a server."""
    rows = [line.split() for name in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


class Server:
    name = ""  # of the program
    service = ""  # by which it asks PAM
    port = 0  # or a path that is there once it listens

    def __init__(self):
        self.daemon = Daemon(Path(f"/run/{self.name}.errors"), *self.command(),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             start_new_session=True)
        self.daemon.wait_ready(self.is_ready)

    def command(self) -> tuple:
        raise NotImplementedError

    def is_ready(self) -> bool:
        return listens(self.port)

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        """From the address SOURCE: servers slow down where somebody guesses."""
        raise NotImplementedError

    def close(self) -> None:
        self.daemon.close()


DOVECOT = """\
protocols = imap
listen = 127.0.0.1
base_dir = /run/dovecot
log_path = /run/dovecot.log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:/tmp/mail/%u
service imap-login {
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = pam
}
userdb {
  driver = passwd
}
"""


class Dovecot(Server):
    name = service = "dovecot"
    port = 143

    def command(self) -> tuple:
        write(Path("/etc/dovecot/dovecot.conf"), DOVECOT, 0o644)
        Path("/tmp/mail").mkdir(exist_ok=True)
        Path("/tmp/mail").chmod(0o1777)
        return "dovecot", "-F"

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        client = Imap(source)
        try:
            return client.login(user, password)[0] == "OK"
        except imaplib.IMAP4.error as error:
            assert "AUTHENTICATIONFAILED" in str(error), error
            return False
        finally:
            client.shutdown()


class Imap(imaplib.IMAP4):
    def __init__(self, source: str):
        self.source = source
        super().__init__(HOST, Dovecot.port)

    def _create_socket(self, timeout):
        return socket.create_connection((HOST, self.port), WAIT, (self.source, 0))


VSFTPD = """\
listen=YES
listen_address=127.0.0.1
background=NO
anonymous_enable=NO
local_enable=YES
secure_chroot_dir=/run/vsftpd/empty
pam_service_name=vsftpd
"""


class Vsftpd(Server):
    name = service = "vsftpd"
    port = 21

    def command(self) -> tuple:
        Path("/run/vsftpd/empty").mkdir(parents=True, exist_ok=True)
        write(Path("/etc/vsftpd.conf"), VSFTPD, 0o644)
        return "vsftpd", "/etc/vsftpd.conf"

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        client = ftplib.FTP(timeout=WAIT, source_address=(source, 0))
        client.connect(HOST, self.port)
        try:
            client.login(user, password)
            return True
        except ftplib.error_perm as error:
            assert str(error).startswith("530"), error
            return False
        finally:
            client.close()


class Saslauthd(Server):
    """It serves Postfix and others: they say by which service it is to ask."""
    name = "saslauthd"
    service = "smtp"
    mux = Path("/run/saslauthd/mux")

    def command(self) -> tuple:
        self.mux.parent.mkdir(exist_ok=True)
        self.mux.unlink(missing_ok=True)
        return "saslauthd", "-d", "-a", "pam", "-m", self.mux.parent

    def is_ready(self) -> bool:
        return self.mux.exists()

    def try_in(self, user: str, password: str, source: str = HOST, service: str = "smtp") -> bool:
        done = subprocess.run(["testsaslauthd", "-u", user, "-p", password, "-s", service],
                              capture_output=True, text=True, timeout=WAIT, check=False)
        assert "OK" in done.stdout or "NO" in done.stdout, done
        return "OK" in done.stdout


CUPSD = """\
Listen 127.0.0.1:631
<Location />
  AuthType Basic
  Require valid-user
  Order allow,deny
  Allow localhost
</Location>
"""


class Cups(Server):
    name = service = "cups"
    port = 631

    def command(self) -> tuple:
        write(Path("/etc/cups/cupsd.conf"), CUPSD, 0o644)
        return "cupsd", "-f"

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        return get(self.port, "/", basic(user, password))[0] != 401


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def get(port: int, path: str, authorization: str) -> tuple:
    """Status, headers and body."""
    client = http.client.HTTPConnection(HOST, port, timeout=WAIT)
    try:
        client.request("GET", path, headers={"Authorization": authorization})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    finally:
        client.close()


class Xrdp(Server):
    """Its session manager, which asks PAM for the one that talks to the clients."""
    name = "xrdp-sesman"
    service = "xrdp-sesman"
    port = 3350

    def command(self) -> tuple:
        return "xrdp-sesman", "-n"

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        """There is no X server here: to be let in is to be told of a session's number."""
        done = subprocess.run(["xrdp-sesrun", "-s", HOST, "-t", "Xvnc", "-p", password, user],
                              capture_output=True, text=True, timeout=WAIT, check=False)
        assert "ok data=" in done.stdout or "authentication error" in done.stdout, done
        return "ok data=" in done.stdout


COCKPIT_CONF = """\
[WebService]
AllowUnencrypted = true
[basic]
response-timeout = {seconds}
"""
BRIDGE = """\
#!/bin/sh
# In the place of cockpit-bridge: it says that it is there, as whom.
id -un >/tmp/bridge
init="{\\"command\\":\\"init\\",\\"version\\":1,\\"host\\":\\"localhost\\"}"
printf '%d\\n\\n%s' $((${#init} + 1)) "$init"
exec cat >/dev/null
"""


class Cockpit(Server):
    """Its web service, which starts a program for each login that asks PAM. A login goes on over
    several requests: what is asked comes as an answer, and what was typed is the next request."""
    name = "cockpit-ws"
    service = "cockpit"
    port = 9090
    patience = 60  # seconds in which a question has to be answered; its own default

    def command(self) -> tuple:
        write(Path("/etc/cockpit/cockpit.conf"), COCKPIT_CONF.format(seconds=self.patience), 0o644)
        write(Path("/usr/bin/cockpit-bridge"), BRIDGE, 0o755)
        return "/usr/lib/cockpit/cockpit-ws", "--no-tls", "-a", HOST, "-p", self.port

    def login(self, authorization: str) -> dict:
        """`status`, and where something is asked its `prompt`, `message` and `id`."""
        status, headers, body = get(self.port, "/cockpit/login", authorization)
        asked = headers.get("WWW-Authenticate", "")
        answer = {"status": status}
        if asked.startswith("X-Conversation "):
            _, answer["id"], prompt = asked.split()
            answer |= json.loads(body)
            answer["prompt"] = base64.b64decode(prompt).decode()
        return answer

    def begin(self, user: str, password: str) -> dict:
        return self.login(basic(user, password))

    def reply(self, asked: dict, typed: str) -> dict:
        typed = base64.b64encode(typed.encode()).decode()
        return self.login(f"X-Conversation {asked['id']} {typed}")

    def try_in(self, user: str, password: str, source: str = HOST) -> bool:
        return self.begin(user, password)["status"] == 200


def all_at_once(*jobs) -> list:
    """What each of JOBS returns, begun together."""
    found = [None] * len(jobs)

    def run(number: int) -> None:
        found[number] = jobs[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def timed(job) -> tuple:
    """What JOB returns, and the seconds it took."""
    began = time.monotonic()
    found = job()
    return found, time.monotonic() - began
