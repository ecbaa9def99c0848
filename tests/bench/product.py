"""The product as it ships: built, installed into a directory of its own, and logged in with.

Also as it was before it was cut into several programs: that one is built from the history.
"""
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import material

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build", "bench")
UNCUT = "44d5af7"  # the last revision whose helper does everything itself

CONFIG = """\
[provider]
issuer = {issuer}
client_id = {client_id}
service = {service}
ca_file = {keys}/ca.pem

[client]
signing_key = {keys}/sig.pem
decryption_key = {keys}/enc.pem

[login]
flow = qr
timeout = {timeout}

[limits]
codes = 10000
codes_from = 100000
codes_machine = 1000000

[identity]
map = {map}
"""
STACK = "auth required {module} style=text config={config}\n"  # ssh has prompts all the same
SERVICE = "bench"  # which nobody knows to have a terminal
NO_CACHE = "glibc.malloc.tcache_count=0"  # or the heap would seem to keep what it caches
ENTER = 0.5  # seconds until a person presses Enter; at once would be no person


@dataclass(frozen=True)
class Version:
    """A source tree, where it is built, and where it is installed, which is compiled in."""
    name: str
    source: str
    made: str
    prefix: str

    def module(self):
        return os.path.join(self.prefix, "lib/security/pam_itsme.so")

    def build(self, log):
        def run(*command, cwd=self.made):
            subprocess.run(command, cwd=cwd, stdout=log, stderr=log, check=True)
        os.makedirs(self.made, exist_ok=True)
        if not os.path.exists(os.path.join(self.source, "configure")):
            run("./autogen.sh", cwd=self.source)
        if not os.path.exists(os.path.join(self.made, "Makefile")):
            # nobody stands in for _pam_itsme, which an installed system has
            run(os.path.join(self.source, "configure"), "--quiet", "--prefix=" + self.prefix,
                "--with-helper-user=nobody")
        run("make", "--silent", "-j2", "all")
        run("make", "--silent", "install")


def _version(name, source, made, root):
    return Version(name, source, os.path.join(BUILD, made), os.path.join(BUILD, root))


NOW = _version("product", TOP, "product", "root")
BEFORE = _version("before", os.path.join(BUILD, UNCUT, "source"), UNCUT + "/product",
                  UNCUT + "/root")


def _log(mode):
    os.makedirs(BUILD, exist_ok=True)
    return open(os.path.join(BUILD, "build.log"), mode, encoding="utf-8")


def build():
    """Everything there is to run, made from the sources as they stand."""
    subprocess.run([os.path.join(TOP, "tests/lib/need"), "build", "simulator"], check=True)
    with _log("w") as log:
        NOW.build(log)
        subprocess.run(["make", "--silent", "-f", os.path.join(HERE, "bench.mk")], cwd=BUILD,
                       stdout=log, stderr=log, check=True)


def build_before():
    """The version before the cut, once and for all. False: its sources are not here, as in a
    tarball or in a clone without its history."""
    done = os.path.join(BUILD, UNCUT, "done")
    if os.path.exists(done):
        return True
    git = ["git", "-C", TOP]
    if subprocess.run([*git, "cat-file", "-e", UNCUT + "^{commit}"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        return False
    shutil.rmtree(os.path.join(BUILD, UNCUT), ignore_errors=True)
    os.makedirs(BEFORE.source)
    archive = subprocess.run([*git, "archive", UNCUT], check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", BEFORE.source], input=archive.stdout, check=True)
    with _log("a") as log:
        BEFORE.build(log)
    write(done, "")
    return True


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

    def __init__(self, directory, issuer, timeout=100, version=NOW):
        # An account that is on every machine, and no system account.
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        mine = os.path.join(directory, version.name)  # what the stub made is everybody's
        self.stacks = os.path.join(mine, "pam.d")
        os.makedirs(self.stacks, mode=0o755)
        os.chmod(os.path.join(directory, "ca.pem"), 0o644)
        config = os.path.join(mine, "pam_itsme.conf")
        users = os.path.join(mine, "users")
        write(users, f"{self.user} sub={material.SUBJECT}\n")
        write(config, CONFIG.format(
            issuer=issuer, client_id=material.CLIENT_ID, service=material.SERVICE,
            keys=directory, map=users, timeout=timeout))
        write(os.path.join(self.stacks, SERVICE), STACK.format(
            module=version.module(), config=config))

    def start(self, style="ssh", enter=ENTER, logins=1, stdin=subprocess.DEVNULL,
              stdout=subprocess.PIPE):
        """A process that logs in once `stdin` ends; `enter`: seconds from the prompt to the
        key."""
        return subprocess.Popen(
            [program("login"), self.stacks, SERVICE, self.user, style, str(int(enter * 1000)),
             str(logins)], stdin=stdin, stdout=stdout, text=True,
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
