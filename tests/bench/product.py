"""The product as it ships: built, installed into a directory of its own, and logged in with."""
import json
import os
import pwd
import shutil
import subprocess
import tempfile

import material

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build", "bench")
PREFIX = os.path.join(BUILD, "root")  # compiled into the module: where the helper is

CONFIG = """\
[provider]
issuer = {issuer}
client_id = {client_id}
service = {service}
ca_file = {ca}

[client]
signing_key = {signing}
decryption_key = {decryption}

[login]
flow = qr
timeout = {timeout}

[identity]
map = {map}
"""
STACK = "auth required {module} style=text config={config}\n"  # ssh has prompts all the same
SERVICE = "bench"  # which nobody knows to have a terminal
NO_CACHE = "glibc.malloc.tcache_count=0"  # or the heap would seem to keep what it caches
ENTER = 0.5  # seconds until a person presses Enter; at once would be no person


def build():
    """Everything there is to run, made from the sources as they stand."""
    made = os.path.join(BUILD, "product")
    os.makedirs(made, exist_ok=True)
    subprocess.run([os.path.join(TOP, "tests/lib/need"), "build", "simulator"], check=True)
    with open(os.path.join(BUILD, "build.log"), "w", encoding="utf-8") as log:
        def run(*command, cwd=made):
            subprocess.run(command, cwd=cwd, stdout=log, stderr=log, check=True)
        if not os.path.exists(os.path.join(TOP, "configure")):
            run("./autogen.sh", cwd=TOP)
        if not os.path.exists(os.path.join(made, "Makefile")):
            # nobody stands in for _pam_itsme, which an installed system has
            run(os.path.join(TOP, "configure"), "--quiet", "--prefix=" + PREFIX,
                "--with-helper-user=nobody")
        run("make", "--silent", "-j2", "all")
        run("make", "--silent", "install")
        run("make", "--silent", "-f", os.path.join(HERE, "bench.mk"), cwd=BUILD)


def program(name):
    """One of the benchmark's own programs."""
    return os.path.join(BUILD, name)


class Place:
    """A directory whose files the helper accepts, gone afterwards."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pam_itsme-bench-", dir=self._parent())
        os.chmod(self.path, 0o755)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    @staticmethod
    def _parent():
        if os.geteuid() == 0:
            return "/run"  # the helper, then another user, must get at the CA file
        os.makedirs(BUILD, exist_ok=True)
        return BUILD


class Product:
    """An installation that trusts one provider and knows one person."""

    def __init__(self, directory, issuer, timeout=100):
        # An account that is on every machine, and no system account.
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        at = {name: os.path.join(directory, name)
              for name in ("ca.pem", "sig.pem", "enc.pem", "users", "pam_itsme.conf", "pam.d")}
        self.stacks = at["pam.d"]
        os.chmod(at["ca.pem"], 0o644)
        os.mkdir(self.stacks)
        write(at["users"], f"{self.user} sub={material.SUBJECT}\n")
        write(at["pam_itsme.conf"], CONFIG.format(
            issuer=issuer, client_id=material.CLIENT_ID, service=material.SERVICE,
            ca=at["ca.pem"], signing=at["sig.pem"], decryption=at["enc.pem"],
            map=at["users"], timeout=timeout))
        write(os.path.join(self.stacks, SERVICE), STACK.format(
            module=os.path.join(PREFIX, "lib/security/pam_itsme.so"),
            config=at["pam_itsme.conf"]))

    def start(self, style="ssh", enter=ENTER, logins=1):
        """A process that logs in; `enter`: seconds from the prompt to the key."""
        return subprocess.Popen(
            [program("login"), self.stacks, SERVICE, self.user, style, str(int(enter * 1000)),
             str(logins)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            env={"GLIBC_TUNABLES": NO_CACHE} if logins > 1 else {})

    def log_in(self, **how):
        return finish(self.start(**how))


def finish(process, timeout=900):
    out, _ = process.communicate(timeout=timeout)
    if process.returncode != 0:
        raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
    return json.loads(out)


def write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        out.write(text)
