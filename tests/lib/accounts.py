"""The accounts of a private world: written as text, since the machine there is a throw-away."""
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FIRST_UID = 1000
ROOT_HOME = pwd.getpwnam("root").pw_dir
ROOT_PROOF = f"{ROOT_HOME}/proof"  # what only root can read
HOMES = "/run/home"  # new in every world: nobody's real home, let alone a checkout in it


@dataclass
class Account:
    name: str
    uid: int
    home: str
    shell: str = "/bin/bash"


PEOPLE = [Account(name, FIRST_UID + number, f"{HOMES}/{name}")
          for number, name in enumerate(("alice", "bob", "carol", "mallory"))]
SYSTEM = [Account("robot", 890, "/var/lib/robot"),
          Account("sshd", 891, "/run/sshd", "/usr/sbin/nologin"),
          Account("_pam_itsme", 892, "/nonexistent", "/usr/sbin/nologin")]


def create(without: tuple[str, ...] = ()) -> None:
    """Keep the machine's system accounts, replace everybody else by ours; nobody of the names
    in WITHOUT is there then."""
    ours = SYSTEM + PEOPLE
    passwd = _system_lines("/etc/passwd", ours)
    group = _system_lines("/etc/group", ours)
    shadow = [f"{line.split(':')[0]}:*:19000:0:99999:7:::" for line in passwd]
    for account in ours:
        if account.name in without:
            continue
        passwd.append(f"{account.name}:x:{account.uid}:{account.uid}::{account.home}:"
                      f"{account.shell}")
        group.append(f"{account.name}:x:{account.uid}:")
        shadow.append(f"{account.name}:*:19000:0:99999:7:::")
    _write("/etc/passwd", passwd, 0o644)
    _write("/etc/group", group, 0o644)
    _write("/etc/shadow", shadow, 0o600)
    for account in PEOPLE:
        _furnish(account)
    _write_proof(Path(ROOT_HOME))


def _system_lines(path: str, ours: list[Account]) -> list[str]:
    taken = {word for account in ours for word in (account.name, str(account.uid))}
    kept = []
    for line in Path(path).read_text().splitlines():
        fields = line.split(":")
        if len(fields) > 2 and not taken & {fields[0], fields[2]} and \
                (int(fields[2]) < FIRST_UID or fields[2] == "65534"):
            kept.append(line)
    return kept


def _write(path: str, lines: list[str], mode: int) -> None:
    Path(path).write_text("\n".join(lines) + "\n")
    os.chmod(path, mode)


def _furnish(account: Account) -> None:
    home = Path(account.home)
    home.mkdir(parents=True)
    (home / ".bashrc").write_text("PS1='\\u@\\h$ '\nPROMPT_COMMAND=\n")
    (home / ".profile").write_text('. "$HOME/.bashrc"\n')
    (home / ".inputrc").write_text("set enable-bracketed-paste off\n")
    _write_proof(home)
    for path in (home, *home.iterdir()):
        os.chown(path, account.uid, account.uid)
    home.chmod(0o700)


def _write_proof(home: Path) -> None:
    (home / "proof").write_text(f"proof-{secrets.token_hex(8)}\n")
    (home / "proof").chmod(0o600)


def proof(name: str) -> str:
    """What only a process of account NAME can read, from the file `proof` in its home."""
    homes = {account.name: account.home for account in SYSTEM}
    home = ROOT_HOME if name == "root" else homes.get(name, f"{HOMES}/{name}")
    return (Path(home) / "proof").read_text().strip()


def set_password(user: str, password: str) -> None:
    made = subprocess.run(["openssl", "passwd", "-6", password], check=True,
                          capture_output=True, text=True).stdout.strip()
    shadow = Path("/etc/shadow")
    shadow.write_text("".join(
        line.replace(f"{user}:*:", f"{user}:{made}:", 1) if line.startswith(f"{user}:") else line
        for line in shadow.read_text().splitlines(keepends=True)))
    shutil.chown(shadow, "root", "shadow")  # as on any Debian: unix_chkpwd reads it
    shadow.chmod(0o640)
