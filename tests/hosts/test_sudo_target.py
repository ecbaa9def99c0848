#!/usr/bin/python3
"""Whom a command of the real sudo runs as: what the module says of it, and what becomes of it."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import stacks
from installation import write

HELPER = Path("/usr/libexec/pam_itsme/itsme-helper")
SAID = Path("/run/target")
FIELDS = Path(__file__).resolve().parents[2] / "src/wire/wire.h"

# In the helper's place: writes down whom the request names, and lets everybody in.
STAND_IN = """\
#!/usr/bin/python3
import socket, struct
channel = socket.socket(fileno=3)
packet, at, found = channel.recv(65536), 4, {{}}
while at < len(packet):
    field, length = struct.unpack_from(">BH", packet, at)
    found[field] = packet[at + 3:at + 3 + length]
    at += 3 + length
with open("{said}", "ab") as said:
    said.write(found.get({target}, b"-").rstrip(b"\\0") + b"\\n")
def field(number, data):
    return struct.pack(">BH", number, len(data)) + data
channel.send(b"pi" + packet[2:3] + bytes([{kind}]) + field({nonce}, found[{nonce}])
             + field({user}, found[{user}]) + field({verdict}, struct.pack(">I", 1))
             + field({reason}, b"ok\\0"))
"""


def numbers(header: str, listed: str) -> dict[str, int]:
    """The names of one of the two tables of the channel, by their places."""
    table = header[header.index(f"#define {listed}(X)"):]
    table = table[:table.index("\n\n")]
    names = [part.split(",")[0] for part in table.split("X(")[1:]]
    return {name: place for place, name in enumerate(names)}


def install_stand_in() -> None:
    header = FIELDS.read_text()
    fields, kinds = numbers(header, "WIRE_FIELD_LIST"), numbers(header, "WIRE_KIND_LIST")
    write(HELPER, STAND_IN.format(
        said=SAID, target=fields["TARGET"], nonce=fields["NONCE"], user=fields["USER"],
        verdict=fields["VERDICT"], reason=fields["REASON"], kind=kinds["VERDICT"] + 1), 0o755)


def make_host():
    return hosts.Host()


def run(host, *words: str) -> tuple[str, str]:
    """What the module said, and what the command says of itself ("" where none ran)."""
    SAID.unlink(missing_ok=True)
    session = host.terminal(*words, user="alice")
    session.finish()
    said = SAID.read_text().split() if SAID.exists() else []
    shown = session.text.split()
    assert len(set(said)) <= 1, said
    return (said[0] if said else ""), (shown[-1] if shown and session.child.exitstatus == 0 else "")


# Words in front of `id -un`, and what the module has to say: root where it cannot be sure.
WAYS = {
    "": "root",
    "-u bob": "bob",
    "-ubob": "bob",
    "--user=bob": "bob",
    "--user bob": "bob",
    "--us bob": "bob",
    "-u root": "root",
    "-n": "",
    "-A -B -u bob": "bob",
    "-Hu bob": "bob",
    "-kHubob": "bob",
    "-p -u -u bob": "bob",
    "-p -- -u bob": "bob",
    "-g bob": "root",
    "-u bob -g carol": "bob",
    "-D / -u bob": "bob",
    "-T 60 -C 9 -u bob": "bob",
    "-E --preserve-env -u bob": "bob",
    "--preserve-env=A,B -u bob": "root",
    "--preserve-env=A,-ubob": "root",
    "--preserve-e=A,-ubob": "root",
    "A=1 -u bob B=2": "bob",
    "-u bob --": "bob",
    "-u bob -- A=1": None,
    "-u #1001": "#1001",
    "-u #0": "root",
    "-u #1001 -u bob": None,
    "-u bob -u bob": None,
    "-u root -u bob": None,
    "-u bob -u root": None,
    "-h localhost -u bob": None,
    "-hlocalhost -u bob": None,
    "--host=localhost -u bob": None,
    "-u #-1": None,
    "-u #4294967295": None,
    "-u nobody": "nobody",
    "-u toor": "root",
    "-x -u bob": None,
    "-i -u bob": "bob",
    "-s -u bob": "bob",
    "-u BOB": None,
}


def prepare() -> None:
    """toor is root by another name."""
    write(Path("/etc/passwd"), Path("/etc/passwd").read_text() + "toor:x:0:0::/root:/bin/sh\n", 0o644)
    # by uid and without a time stamp, in whatever directory, for as long as they like
    write(Path("/etc/sudoers"), stacks.SUDOERS.format(minutes=0, tries=1) +
          "Defaults runcwd=*, user_command_timeouts, closefrom_override, runas_allow_unknown_id\n",
          0o440)


def test_what_is_said_is_what_it_runs_as(host):
    """Or it is root, which is never less. The stand-in must not stay for anybody else."""
    helper = HELPER.read_bytes()
    install_stand_in()
    prepare()
    try:
        ran, wrong = 0, []
        for words, wanted in WAYS.items():
            said, became = run(host, "sudo", *words.split(), "id", "-un")
            ran += became != ""
            truth = {said, {"#1001": "bob"}.get(said, said)} if said else {""}
            if (wanted is not None and said != wanted) or \
                    (became and said != "root" and became not in truth):
                wrong.append((words, said, became))
        assert not wrong, wrong
        assert ran >= 20, f"only {ran} commands ran"
    finally:
        HELPER.unlink()
        HELPER.write_bytes(helper)
        HELPER.chmod(0o755)


def test_login_shells_and_editors(host):
    """sudo -i is a service of its own; sudoedit edits as somebody; -l and -v run nothing."""
    helper = HELPER.read_bytes()
    install_stand_in()
    prepare()
    try:
        for words, wanted in (("sudo -i -u bob true", "bob"), ("sudo -i true", "root"),
                              ("sudo -l", "root"), ("sudo -v", "root"), ("sudo -l -U bob", "root"),
                              ("sudo -v -u bob", "bob"),
                              ("env EDITOR=/bin/true sudoedit -u bob /etc/hosts", "bob"),
                              ("env EDITOR=/bin/true sudo -e -u bob /etc/hosts", "bob")):
            assert run(host, *words.split())[0] == wanted, words
    finally:
        HELPER.unlink()
        HELPER.write_bytes(helper)
        HELPER.chmod(0o755)


if __name__ == "__main__":
    checks.main(globals(), make_host)
