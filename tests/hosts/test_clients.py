#!/usr/bin/python3
"""Clients of ssh other than OpenSSH at a dark terminal: those that show less of a code than it has,
those that break lines, programs and libraries that answer by themselves, and what lies on top of
ssh. docs/ssh.md says what to set in each; here is that it does what the page says.
"""
import contextlib
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import stacks
from doors import READING
from installation import write
from keyhost import KEY, SENT, KeyHost
from pages import documented
from sshd import free_port
from terminal import PATIENCE

WINDOW = (50, 80)  # rows, columns
FAR = 6  # pixels that become one: held close by, letters are no blocks to a phone
LOCALE_C = {"LC_ALL": "C", "LANG": "C"}
METHODS = "publickey,keyboard-interactive"
PUTTY_KEY, DROPBEAR_KEY = Path("/run/keys/alice.ppk"), Path("/run/keys/alice.dropbear")
SSH2 = checks.CHECKOUT / "build/ssh2"
MOUNTED = Path("/run/mounted")
FETCHED = Path("/run/fetched")


def install_ssh2() -> None:
    """The npm package, in the versions of its lock file: outside of the world, which has no
    network."""
    here = Path(__file__).resolve().parent / "ssh2"
    lock = SSH2 / "package-lock.json"
    if lock.exists() and lock.read_text() == (here / lock.name).read_text():
        return
    SSH2.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(here / "package.json", SSH2 / "package.json")
    (SSH2 / ".package-lock.json").unlink(missing_ok=True)
    shutil.copyfile(here / lock.name, lock)
    try:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--omit=optional"], cwd=SSH2, check=True, stdout=subprocess.DEVNULL)
    except BaseException:
        lock.unlink()
        raise


class ClientsHost(KeyHost):
    def __init__(self):
        super().__init__()
        for name in ("bob", "carol"):
            shutil.copyfile(KEY.with_suffix(".pub"), KEY.with_name(f"{name}.pub"))
        subprocess.run(["puttygen", KEY, "-o", PUTTY_KEY], check=True)
        subprocess.run(["dropbearconvert", "openssh", "dropbear", KEY, DROPBEAR_KEY], check=True,
                       capture_output=True)
        print_of_key = subprocess.run(["ssh-keygen", "-l", "-f", self.keys.host_key], check=True,
                                      capture_output=True, text=True).stdout.split()[1]
        self.putty = ("-hostkey", print_of_key)

    def ask_with_codes(self) -> None:
        """A phone that shows no text: nobody is asked for a number."""
        self.itsme.configure()

    def ssh_config(self, more: str = "") -> Path:
        """What ssh_words() says, for those that take nothing but a file."""
        words = self.keys.options(METHODS)[2:]
        lines = [word.replace("=", " ", 1) for word in words if word != "-o"]
        path = Path("/run/ssh_config")
        write(path, "\n".join([*more.splitlines(), "Host *", *lines, "IdentitiesOnly yes",
                               f"IdentityFile {KEY}", ""]))
        return path

    def tidy(self) -> None:
        if os.path.ismount(MOUNTED):
            subprocess.run(["umount", "--lazy", MOUNTED], check=True)
        for pid in hosts.processes("ssh"):  # masters, and what sshfs has started
            hosts.kill(pid)
        super().tidy()


def make_host():
    return ClientsHost()


# --- clients at a terminal --------------------------------------------------------------------

def putty(host, program: str, *words: object, key: bool = False) -> list:
    way = ("-P", host.keys.port, "-i", PUTTY_KEY) if key else ("-P", host.sshd.port)
    return [program, *way, *host.putty, *words]


def plink(host, *words: object, **options):
    words = words or ("alice@127.0.0.1", "cat proof; sleep 0.2")
    return host.terminal(*putty(host, "plink", *words), size=WINDOW, **options)


def dbclient(host, **options):
    return host.terminal("dbclient", "-y", "-y", "-p", host.sshd.port, "alice@127.0.0.1",
                         "cat proof; sleep 0.2", size=WINDOW, **options)


def openssh(host, **options):
    return host.ssh("alice", "cat proof; sleep 0.2", size=WINDOW, **options)


def side_by_side(sessions: list, until, what: str) -> None:
    """Read from all of them until UNTIL(session) is true of each."""
    for session in sessions:
        session.wait_until(lambda session=session: until(session), what, PATIENCE)


def type_word(sessions: list, word: str) -> None:
    """At each, as slowly as a person does; until the prompts are there again."""
    side_by_side(sessions, lambda session: "press Enter" in session.text, "a prompt")
    time.sleep(READING)
    for session in sessions:
        session.settle(0.05)
        session.send(f"{word}\r")
    side_by_side(sessions, lambda session: session.text.count("press Enter") > 1, word)


def press_enter(session) -> None:
    time.sleep(READING)
    session.enter()


def begin_session(session) -> None:
    """PuTTY shows by this that the server's prompts are over."""
    session.wait_for("Access granted. Press Return to begin session. $")
    session.enter()


def all_in(host, codes: dict, returns: list) -> None:
    """CODES are of these sessions; RETURNS, those that want a second one."""
    for code in codes.values():
        host.provider.scan(code)
        host.provider.approve()
    time.sleep(READING)
    for session in codes:
        session.enter()
    for session in returns:
        begin_session(session)
    for session in codes:
        assert session.finish() == 0 and accounts.proof("alice") in session.text, session.tail()
    outcomes = {line.pairs["outcome"] for line in host.log.wait_attempts(len(codes))}
    assert outcomes == {"authenticated"}, outcomes


def test_plink_shows_a_code(host):
    """And wants a second Return, unless it is told otherwise."""
    host.ask_with_codes()
    session = plink(host)
    trusting = plink(host, "-no-antispoof", "alice@127.0.0.1", "cat proof; sleep 0.2")
    codes = {each: each.wait_code() for each in (session, trusting)}
    all_in(host, codes, [session])
    assert "Press Return" not in trusting.text


def test_plink_in_a_light_window(host):
    """The code can be scanned there once it is drawn the other way round."""
    host.ask_with_codes()
    session = plink(host)
    session.wait_for("press Enter")
    assert not session.screen.scan(theme="light")
    type_word([session], "i")
    code, = session.screen.scan(theme="light")
    all_in(host, {session: code}, [session])


def test_plain_characters_scan_at_80_columns(host):
    """`a` at the prompt of each client that loses the code: dbclient drops whatever is not ASCII
    in any locale, the others what theirs does not have. And of one that does not."""
    host.ask_with_codes()
    lossy = [dbclient(host), openssh(host, environment=LOCALE_C), plink(host, environment=LOCALE_C)]
    sessions = [*lossy, plink(host)]
    side_by_side(sessions, lambda session: "press Enter" in session.text, "a prompt")
    found = [session for session in sessions if session.screen.scan()]
    assert found == sessions[3:], f"{len(found)} codes before"
    type_word(sessions, "a")
    codes = {session: "".join(session.screen.scan(far=FAR)) for session in sessions}
    assert all(codes.values()), [bool(code) for code in codes.values()]
    all_in(host, codes, sessions[2:])


def test_configured_plain_characters_scan_at_80_columns(host):
    """[display] qr = ascii, with nothing typed; sshd tells nobody how wide the window is."""
    host.itsme.configure(display={"qr": "ascii"})
    sessions = [openssh(host), dbclient(host), plink(host)]
    side_by_side(sessions, lambda session: session.screen.scan(far=FAR), "a code")
    for session in sessions:
        session.close()


def test_address_in_plink_and_dbclient(host):
    """In one piece in the one; in the other the piece after `> ` belongs to that before."""
    host.ask_with_codes()
    for knock, line, broken in ((dbclient, r"^(https://[!-~]+)\r?$", 0),
                                (plink, r"^\| (https://[!-~]+\r?\n> [!-~]+)\r?$", 1)):
        session = knock(host)
        session.wait_for("press Enter")
        time.sleep(READING)
        session.send("link\r")
        address, breaks = re.subn(r"\r?\n> ", "", session.wait_for(line)[1])
        assert breaks == broken
        host.provider.scan(address)
        session.close()


# --- behind a key, at a terminal --------------------------------------------------------------

def rings_once(host, session) -> None:
    session.wait_for(re.escape(SENT))
    host.provider.approve()
    host.provider.wait_token()
    press_enter(session)


def test_pscp_behind_a_key(host):
    FETCHED.unlink(missing_ok=True)
    session = host.terminal(*putty(host, "pscp", "alice@127.0.0.1:proof", FETCHED, key=True))
    rings_once(host, session)
    assert session.finish() == 0, session.tail()
    assert FETCHED.read_text().strip() == accounts.proof("alice") and host.rings() == 1


def test_mosh_behind_a_key(host):
    """Its own connection begins after the login; it wants a locale of UTF-8 on both sides."""
    session = host.terminal(
        "mosh", "--bind-server=127.0.0.1", "--ssh", f"ssh -F {host.ssh_config()}",
        "alice@127.0.0.1", name="xterm", size=WINDOW)
    rings_once(host, session)
    session.wait_screen(lambda screen: "alice@workstation$" in screen.text, "the remote shell")
    session.send("cat proof\r")
    session.wait_screen(lambda screen: accounts.proof("alice") in screen.text, "the proof")
    session.send("exit\r")
    assert session.finish() == 0 and host.rings() == 1


# --- programs that answer by themselves, behind a key ------------------------------------------

def in_with_one_ring(host, *words: object, **options) -> str:
    said = host.gets_in(host.program(*words, **options))
    assert accounts.proof("alice") in said, said
    assert host.rings() == 1 and not host.live() and not host.begun("begin_session")
    assert host.pairs()["flow"] == "push" and len(host.log.attempts()) == 1
    return said


def test_dbclient_without_a_terminal(host):
    in_with_one_ring(host, "dbclient", "-y", "-y", "-p", host.keys.port, "-i", DROPBEAR_KEY,
                     "alice@127.0.0.1", "cat proof; sleep 0.2")


def plink_in_batch_mode(host) -> list:
    return putty(host, "plink", "-batch", "alice@127.0.0.1", "cat proof; sleep 0.2", key=True)


def test_plink_in_batch_mode_rings_and_gives_up(host):
    """Unlike ssh's BatchMode: it asks for the prompt, and then does not answer it."""
    said = host.stays_out(host.program(*plink_in_batch_mode(host)))
    assert "Cannot answer interactive prompts in batch mode" in said
    assert host.rings() == 1


def test_plink_in_batch_mode_gets_in_where_nothing_is_asked(host):
    stacks.use("style=unattended")
    in_with_one_ring(host, *plink_in_batch_mode(host))


def test_openssh_in_batch_mode_rings_no_phone(host):
    assert "Permission denied" in host.stays_out(host.tool("-o", "BatchMode=yes"))
    assert not host.rings() and not host.log.attempts()


PARAMIKO = f"""\
import sys
import paramiko
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
key = paramiko.Ed25519Key.from_private_key_file("{KEY}")
settings = dict(word.split("=") for word in sys.argv[3:])
if "auth_timeout" in settings:
    settings["auth_timeout"] = float(settings["auth_timeout"])
client.connect("127.0.0.1", int(sys.argv[1]), sys.argv[2], pkey=key, look_for_keys=False,
               allow_agent=False, **settings)
print(client.exec_command("cat proof")[1].read().decode())
client.close()
"""

ASYNCSSH = f"""\
import asyncio
import sys
import asyncssh

class Client(asyncssh.SSHClient):
    def kbdint_auth_requested(self):
        return ""
    def kbdint_challenge_received(self, name, instructions, language, prompts):
        return [""] * len(prompts)

async def main():
    async with asyncssh.connect(
            "127.0.0.1", int(sys.argv[1]), username=sys.argv[2], client_keys=["{KEY}"],
            known_hosts=None, config=None, agent_path=None, client_factory=Client,
            login_timeout=float(sys.argv[3])) as connection:
        print((await connection.run("cat proof")).stdout)

asyncio.run(main())
"""

NODE = f"""\
const {{ Client }} = require("{SSH2}/node_modules/ssh2")
const [port, username, settings] = process.argv.slice(1)
const client = new Client()
client.on("keyboard-interactive", (name, instructions, language, prompts, finish) =>
    finish(prompts.map(() => "")))
client.on("error", error => {{ console.log(error.message); process.exitCode = 1 }})
client.on("ready", () => client.exec("cat proof", (error, stream) => {{
    stream.on("data", data => process.stdout.write(data))
    stream.on("close", () => client.end())
}}))
client.connect({{ host: "127.0.0.1", port: Number(port), username,
    privateKey: require("fs").readFileSync("{KEY}"), ...JSON.parse(settings) }})
"""


def paramiko(host, user: str, *settings: str) -> list:
    return [sys.executable, "-W", "ignore", "-c", PARAMIKO, host.keys.port, user, *settings]


def asyncssh(host, user: str, seconds: int) -> list:
    return [sys.executable, "-W", "ignore", "-c", ASYNCSSH, host.keys.port, user, seconds]


def node(host, user: str, settings: str) -> list:
    return ["node", "-e", NODE, host.keys.port, user, settings]


def test_paramiko_with_an_empty_password(host):
    """Its SSHClient answers a prompt with the password that it was given, and with nothing else."""
    in_with_one_ring(host, *paramiko(host, "alice", "password=", "auth_timeout=110"))


def test_paramiko_without_a_password_rings_in_vain(host):
    """It asks for the answer where programs have nobody."""
    assert "Authentication failed" in host.stays_out(host.program(*paramiko(host, "alice")))
    assert host.rings() == 1


def test_asyncssh_with_a_handler(host):
    in_with_one_ring(host, *asyncssh(host, "alice", 120))


def test_ssh2_with_a_handler(host):
    in_with_one_ring(host, *node(host, "alice", '{"tryKeyboard": true, "readyTimeout": 110000}'))


def test_ssh2_as_it_comes_rings_no_phone(host):
    said = host.stays_out(host.program(*node(host, "alice", "{}")))
    assert "All configured authentication methods failed" in said
    assert not host.rings() and not host.log.attempts()


def test_libraries_whose_time_is_over(host):
    """Each ends before the phone has answered: its helper is gone, and approving afterwards lets
    nobody in. Five seconds here; as they come, paramiko has 30 and ssh2 20."""
    clients = {"allowed types|Authentication timeout":
                   paramiko(host, "alice", "password=", "auth_timeout=5"),
               "Login timeout expired": asyncssh(host, "bob", 5),
               "Timed out while waiting for handshake":
                   node(host, "carol", '{"tryKeyboard": true, "readyTimeout": 5000}')}
    programs = {error: host.program(*words) for error, words in clients.items()}
    for error, program in programs.items():
        said = host.stays_out(program)
        assert re.search(error, said), said
    host.wait_no_helper(PATIENCE)
    assert host.rings() == 3, host.rings()
    assert {record.pairs["outcome"] for record in host.log.wait_attempts(3)} == {"aborted"}
    for request in host.live():
        host.provider.command("approve", request["id"])
    assert 200 not in {request.get("status") for request in host.provider.requests()
                       if request["endpoint"] == "token"}


# --- what lies on top of ssh --------------------------------------------------------------------

def one_connection(host) -> Path:
    """The client's configuration as docs/ssh.md has it."""
    Path(accounts.ROOT_HOME, ".ssh").mkdir(mode=0o700, exist_ok=True)
    text = documented("ssh.md", "ControlPersist 10m")
    host_line, rest = text.split("\n", 1)
    assert host_line.startswith("Host "), text
    return host.ssh_config(f"Host 127.0.0.1\n{rest}")


GIT = """set -e
git clone --quiet ssh://alice@127.0.0.1/~/repository /run/cloned
cd /run/cloned
git -c user.name=alice -c user.email=alice@example.org commit --quiet --allow-empty -m first
git push --quiet origin HEAD:refs/heads/main
git fetch --quiet
git rev-parse origin/main
"""


def test_tools_over_one_connection_ring_once(host):
    """A person opens it; git, rsync, scp and sftp come along it, asked nothing."""
    config = one_connection(host)
    batch = f"ssh -F {config} -o BatchMode=yes"
    subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "git", "init",
                    "--quiet", "--bare", f"{accounts.HOMES}/alice/repository"], check=True, cwd="/")
    host.stays_out(host.program(*batch.split(), "alice@127.0.0.1", "cat proof"))
    assert not host.rings()
    session = host.terminal("ssh", "-F", config, "alice@127.0.0.1", "cat proof; sleep 0.2")
    rings_once(host, session)
    assert session.finish() == 0 and accounts.proof("alice") in session.text, session.tail()
    there = "alice@127.0.0.1:proof"
    for words in (["rsync", "--rsh", batch, there, FETCHED],
                  ["scp", *batch.split()[1:], there, there, there, "/tmp"],
                  ["sftp", *batch.split()[1:], there, FETCHED],
                  ["sh", "-c", GIT]):
        FETCHED.unlink(missing_ok=True)
        host.gets_in(host.program(*words, env={**os.environ, "GIT_SSH_COMMAND": batch}),
                     approve=False)
        assert words[0] not in ("rsync", "sftp") or \
            FETCHED.read_text().strip() == accounts.proof("alice")
    assert host.rings() == 1 and len(host.log.attempts()) == 1


ANSIBLE = """\
[defaults]
timeout = 110
[ssh_connection]
{line} -F {config}
"""
PLAY = """\
- hosts: all
  gather_facts: no
  tasks:
    - raw: cat proof
    - raw: cat proof
    - raw: cat proof
"""


def test_three_tasks_of_ansible_ring_once(host):
    """With the one line of docs/ssh.md, and nothing done to the server."""
    line = documented("ssh.md", "ssh_args").splitlines()[-1]
    config, play, home = Path("/run/ansible.cfg"), Path("/run/play.yml"), Path("/run/ansible")
    write(config, ANSIBLE.format(line=line, config=host.ssh_config()))
    write(play, PLAY)
    home.mkdir(exist_ok=True)
    said = in_with_one_ring(
        host, "ansible-playbook", "-v", "-i", "127.0.0.1,", "-u", "alice", play,
        env={**os.environ, "ANSIBLE_CONFIG": str(config), "HOME": str(home), "LC_ALL": "C.UTF-8"})
    assert said.count(f'"stdout": "{accounts.proof("alice")}') == 3, said


def has_fuse() -> bool:
    """Whether this kernel, and what the world runs in, lets it mount file systems of programs."""
    with contextlib.suppress(OSError):
        if not os.path.exists("/dev/fuse"):
            os.mknod("/dev/fuse", 0o600 | stat.S_IFCHR, os.makedev(10, 229))
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return True
    return False


def sshfs(host):
    MOUNTED.mkdir(exist_ok=True)
    return host.program("sshfs", "-f", "-F", host.ssh_config(), "-o", "reconnect",
                        "alice@127.0.0.1:", MOUNTED)


def read_when_there(host, rings: int) -> None:
    """What the mounted directory has in it, as soon as the phone has let it in."""
    host.wait_rings(rings)
    host.provider.approve()
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError):
            assert (MOUNTED / "proof").read_text().strip() == accounts.proof("alice")
            return
        assert time.monotonic() < deadline, "nothing mounted"
        time.sleep(0.05)


def test_sshfs_rings_once_for_each_connection(host):
    """And it makes a new one by itself where the old one broke."""
    if not has_fuse():
        print("   no FUSE here: what sshfs starts, without sshfs")
        for number in (1, 2):
            words = host.ssh_words("-x", "-a", "-oClearAllForwardings=yes", "-s", "alice@127.0.0.1",
                                   "sftp")
            host.gets_in(host.program(*words))
            assert host.rings() == number
        return
    program = sshfs(host)
    read_when_there(host, 1)
    assert host.rings() == 1
    for pid in hosts.processes("ssh"):
        hosts.kill(pid)
    host.provider.reset()
    reader = host.program("ls", MOUNTED)
    read_when_there(host, 1)
    reader.communicate(timeout=PATIENCE)
    assert host.rings() == 1 and len(host.log.wait_attempts(2)) == 2
    subprocess.run(["umount", MOUNTED], check=True)
    program.communicate(timeout=PATIENCE)


ASKPASS = """\
#!/bin/sh
printf '%s' "$1" >/run/dialog.new && mv /run/dialog.new /run/dialog
read answer </run/ok
echo
"""


def test_editor_that_asks_in_a_dialog(host):
    """As Visual Studio Code comes: `ssh -T HOST bash` with its script as input, a time-out for the
    connection, and a program of its own that shows the prompt."""
    program, dialog, pressed = Path("/run/askpass"), Path("/run/dialog"), Path("/run/ok")
    write(program, ASKPASS, 0o755)
    dialog.unlink(missing_ok=True)
    if not pressed.exists():
        os.mkfifo(pressed)
    editor = subprocess.Popen(
        host.ssh_words("-T", "-o", "ConnectTimeout=1", "-D", free_port(), "alice@127.0.0.1", "bash"),
        env={**os.environ, "SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    host.programs.append(editor)
    host.wait_rings(1)
    deadline = time.monotonic() + PATIENCE
    while not dialog.exists():
        assert time.monotonic() < deadline, "no dialog"
        time.sleep(0.02)
    assert SENT in dialog.read_text() and re.search(r"shows \d\d\.", dialog.read_text())
    time.sleep(1.5)  # more than that of the connection
    host.provider.approve()
    host.provider.wait_token()
    pressed.write_text("\n")
    said = editor.communicate("cat proof\n", timeout=PATIENCE)[0]
    assert editor.returncode == 0 and said.strip() == accounts.proof("alice"), said
    assert host.rings() == 1 and len(host.log.wait_attempts(1)) == 1


if __name__ == "__main__":
    if "PAM_ITSME_WORLD" not in os.environ:
        install_ssh2()
    checks.main(globals(), make_host)
