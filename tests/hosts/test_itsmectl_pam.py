#!/usr/bin/python3
"""itsmectl pam: a service asks for itsme, is taken back unless somebody confirms it, and nobody is
locked out: not without a way in that stays, not with a fault, not when the terminal is gone."""
import fcntl
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
from doors import Sudo
from installation import write
from terminal import PATIENCE

CTL = "/usr/sbin/itsmectl"
DONE, NOT, USAGE = 0, 1, 2
SERVICE = Path("/etc/pam.d/sudo")
KEEP = Path("/etc/pam_itsme/pam.d")
UNITS = [Path(top, "systemd/system/pam_itsme-pending.service") for top in ("/lib", "/usr/lib")]
PENDING = KEEP / "sudo.pending"
PLAIN = "# as it comes\nsession required pam_limits.so\n@include common-auth\n" \
        "@include common-account\n@include common-session-noninteractive\n"
PASSWORD = "correct horse"


class PlainHost(hosts.Host):
    """sudo and login as the distribution has them; root has a password."""

    def __init__(self):
        super().__init__("--interval", 1)
        self.shadow = Path("/etc/shadow").read_text()

    def reset(self) -> None:
        super().reset()
        for service in ("login", "sudo"):
            write(Path("/etc/pam.d") / service, PLAIN, 0o644)
        for left in KEEP.glob("*.pending"):
            left.unlink()
        wait(lambda: not timers(), "the timers of earlier tests to end")
        Path("/etc/shadow").write_text(self.shadow)
        accounts.set_password("root", PASSWORD)


def timers() -> list[int]:
    return hosts.processes("itsmectl")


def wait(condition, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def ctl(*words: object, status: int = DONE) -> str:
    done = subprocess.run([CTL, "pam", *map(str, words)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + done.stderr


def state() -> dict | None:
    """What is said of sudo; None: nothing of ours is there."""
    said = json.loads(ctl("status", "--json")).get("services", [])
    return next((row for row in said if row["service"] == "sudo"), None)


def time_is_up(record: Path = PENDING) -> None:
    """The deadline stands in the file: now it lies in the past."""
    with open(record, "r+b") as file:
        file.write(b"0" * len(record.read_bytes().strip()))


def test_enable_then_confirm_then_disable(host):
    SERVICE.chmod(0o640)
    ctl("enable", "sudo")
    assert SERVICE.stat().st_mode & 0o7777 == 0o640
    assert 200 < state()["seconds_left"] <= 300 and not state()["confirmed"]
    assert (KEEP / "sudo").read_text() == PLAIN
    attempt = Sudo(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    ctl("confirm", "sudo")
    assert state()["confirmed"]
    wait(lambda: not timers(), "the timer to end")
    ctl("confirm", "sudo", status=NOT)
    ctl("disable", "sudo")
    assert SERVICE.read_text() == PLAIN and state() is None
    assert "No service" in ctl("status")
    ctl("disable", "sudo", status=NOT)
    assert not timers()


def test_the_other_ways(host):
    for way, order in (("second", "common-auth.*pam_itsme"), ("fallback", "pam_itsme.*common-auth")):
        ctl("enable", "sudo", "--as", way)
        assert re.search(order, SERVICE.read_text(), re.S), way
        ctl("disable", "sudo")
        assert SERVICE.read_text() == PLAIN
        wait(lambda: not timers(), "the timer to end")


def test_it_is_taken_back_unless_confirmed(host):
    ctl("enable", "sudo")
    time_is_up()
    wait(lambda: SERVICE.read_text() == PLAIN, "sudo to be as it was")
    host.log.wait_line("nobody typed itsmectl pam confirm")
    assert state() is None


def test_it_is_taken_back_after_the_terminal_is_gone(host):
    terminal = host.terminal("bash", "--norc", "-i")
    terminal.send(f"{CTL} pam enable sudo\r")
    terminal.wait_for("itsmectl pam confirm sudo")
    wait(lambda: len(timers()) == 1, "the command to leave its timer alone")
    (timer,) = timers()
    fields = Path(f"/proc/{timer}/stat").read_text().rpartition(")")[2].split()
    assert fields[4] == "0", "what is typed at the terminal reaches it"
    terminal.hang_up()
    assert state()["seconds_left"] > 0
    time_is_up()
    wait(lambda: SERVICE.read_text() == PLAIN, "sudo to be as it was")


def test_an_earlier_timer_leaves_a_later_change(host):
    ctl("enable", "sudo")
    (earlier,) = timers()
    os.kill(earlier, signal.SIGSTOP)
    ctl("disable", "sudo")
    ctl("enable", "sudo")
    with open(f"/proc/{earlier}/fd/3", "r+b") as file:
        file.write(b"0\n")
    os.kill(earlier, signal.SIGCONT)
    wait(lambda: earlier not in timers(), "the earlier timer to end")
    assert state()["seconds_left"] > 0


def test_what_was_changed_meanwhile_stays(host):
    ctl("enable", "sudo")
    write(SERVICE, SERVICE.read_text() + "# mine\n", 0o644)
    time_is_up()
    wait(lambda: SERVICE.read_text() == PLAIN + "# mine\n", "our lines to go")


def end_timers() -> None:
    for pid in timers():
        os.kill(pid, signal.SIGKILL)
    wait(lambda: not timers(), "the timer to be gone")


def boot() -> bool:
    """What the unit does when the machine starts again; whether its condition holds."""
    unit = next(path for path in UNITS if path.exists())
    lines = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    wanted = unit.parent / "sysinit.target.wants" / unit.name
    assert wanted.resolve() == unit.resolve() and lines["Before"].startswith("sysinit.target")
    if not glob.glob(lines["ConditionPathExistsGlob"]):
        return False
    done = subprocess.run(lines["ExecStart"].split(), env={}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == DONE, done
    return True


def test_without_its_timer_it_says_so(host):
    ctl("enable", "sudo")
    end_timers()
    assert state() == {"service": "sudo", "confirmed": False, "seconds_left": 0}
    assert "the timer is gone" in ctl("status")
    ctl("confirm", "sudo")
    assert state()["confirmed"] and not boot()
    ctl("disable", "sudo")
    assert SERVICE.read_text() == PLAIN


def test_a_reboot_takes_back_what_nobody_confirmed(host):
    ctl("enable", "sudo")
    assert boot() and state()["seconds_left"] > 0, "taken from a timer that waits"
    end_timers()
    write(SERVICE, SERVICE.read_text() + "# mine\n", 0o644)
    assert boot()
    assert SERVICE.read_text() == PLAIN + "# mine\n" and state() is None
    assert not boot()


def test_a_reboot_leaves_what_was_confirmed(host):
    for service in ("sudo", "su"):
        write(Path("/etc/pam.d") / service, PLAIN, 0o644)
        ctl("enable", service)
    ctl("confirm", "su")
    wait(lambda: len(timers()) == 1, "one timer to end")
    end_timers()
    assert boot()
    assert SERVICE.read_text() == PLAIN and "pam_itsme" in Path("/etc/pam.d/su").read_text()
    ctl("disable", "su")


def test_a_reboot_in_the_middle_of_enabling_harms_nobody(host):
    """The record was written, and the service's file not yet."""
    KEEP.mkdir(mode=0o700, exist_ok=True)
    write(PENDING, "1\n")
    assert boot() and SERVICE.read_text() == PLAIN
    assert "put nothing there" in ctl("confirm", "sudo", status=NOT)


def test_all_are_taken_out(host):
    """Ours to the byte; what somebody else has written, with a copy of it."""
    for service in ("sudo", "su"):
        write(Path("/etc/pam.d") / service, PLAIN, 0o644)
        ctl("enable", service)
    ctl("confirm", "su")
    theirs = Path("/etc/pam.d/vlock").read_text()
    rows = {row["service"]: row.get("kept")
            for row in json.loads(ctl("disable", "--all", "--json"))["services"]}
    assert rows["su"] is rows["sudo"] is None and rows["vlock"] == str(KEEP / "vlock"), rows
    assert SERVICE.read_text() == Path("/etc/pam.d/su").read_text() == PLAIN
    assert (KEEP / "vlock").read_text() == theirs
    for path in Path("/etc/pam.d").iterdir():
        assert not re.search(r"^[^#]*pam_itsme", path.read_text(), re.M), path
    assert not ctl("disable", "--all")


def test_ours_and_theirs_in_one_file(host):
    """A line of ours that somebody has changed until it is theirs."""
    ctl("enable", "sudo", "--as", "second")
    write(SERVICE, SERVICE.read_text() + "auth required pam_itsme.so timeout=5\n", 0o644)
    said = ctl("disable", "sudo")
    assert "by hand: 1 of its lines" in said, said
    assert not re.search(r"^[^#]*pam_itsme", SERVICE.read_text(), re.M)
    assert SERVICE.read_text().startswith(PLAIN)


def test_a_file_of_the_vendor_is_copied_for_as_long(host):
    """polkit's file lies in /usr/lib/pam.d alone, where nobody edits."""
    vendor, here = Path("/usr/lib/pam.d/polkit-1"), Path("/etc/pam.d/polkit-1")
    vendor.parent.mkdir(exist_ok=True)
    write(vendor, PLAIN, 0o644)
    ctl("enable", "polkit-1")
    assert "pam_itsme" in here.read_text() and vendor.read_text() == PLAIN
    ctl("disable", "polkit-1")
    assert not here.exists()
    ctl("enable", "polkit-1", "--as", "fallback")
    time_is_up(KEEP / "polkit-1.pending")
    wait(lambda: not here.exists(), "the timer to take the copy away")
    ctl("enable", "polkit-1")
    end_timers()
    assert boot() and not here.exists()
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    ctl("enable", "polkit-1", status=NOT)
    assert not here.exists(), "the check found a fault, and the copy stayed"
    host.itsme.configure()
    ctl("enable", "polkit-1")
    write(here, here.read_text() + "# mine\n", 0o644)
    ctl("disable", "polkit-1")
    assert here.read_text() == PLAIN + "# mine\n"
    here.unlink()
    vendor.unlink()


def test_a_service_may_have_a_dot_in_its_name(host):
    """As vsftpd.virtual of vsftpd's guide; what dpkg and editors leave beside it is no service."""
    dotted = Path("/etc/pam.d/vsftpd.virtual")
    left = [dotted.with_name(dotted.name + end)
            for end in (".bak", ".orig", ".pam-old", ".pending", ".dpkg-old", ".rpmsave", "~")]
    write(dotted, PLAIN, 0o644)
    ctl("enable", dotted.name)
    ctl("confirm", dotted.name)
    for path in left:
        write(path, dotted.read_text(), 0o644)
    ctl("disable", "--all")
    assert dotted.read_text() == PLAIN
    for path in left:
        assert "pam_itsme" in path.read_text(), path
        assert "single service" in ctl("disable", path.name, status=NOT)
        path.unlink()
    write(dotted, "auth required pam_itsme.so\n" + PLAIN, 0o644)
    ctl("disable", dotted.name)
    assert dotted.read_text().endswith(PLAIN) and "single service" in \
        ctl("enable", ".hidden", status=NOT)
    dotted.unlink()


def test_one_that_cannot_be_changed_does_not_keep_the_others(host):
    write(Path("/etc/pam.d/su"), PLAIN, 0o644)
    for service in ("su", "sudo"):
        ctl("enable", service)
    Path("/etc/pam.d/su").chmod(0o666)
    said = ctl("disable", "--all", status=NOT)
    assert "type: chmod go-w /etc/pam.d/su; then type: itsmectl pam disable su\n" in said, said
    assert SERVICE.read_text() == PLAIN
    Path("/etc/pam.d/su").chmod(0o644)
    ctl("disable", "--all")
    assert Path("/etc/pam.d/su").read_text() == PLAIN


def test_links_are_named_and_files_beside_them_are_not(host):
    """Another name of a file beside it follows by itself; a link out of the directory does not."""
    elsewhere, link = Path("/etc/sudo.pam"), Path("/etc/pam.d/sudo-i")
    link.unlink(missing_ok=True)
    link.symlink_to("sudo")
    ctl("enable", "sudo")
    ctl("disable", "--all")
    assert link.is_symlink() and SERVICE.read_text() == PLAIN
    write(elsewhere, "auth required pam_itsme.so\n" + PLAIN, 0o644)
    link.unlink()
    link.symlink_to(elsewhere)
    said = ctl("disable", "--all", status=NOT)
    command = re.search(r"type: (cp .*?); then type: (itsmectl pam disable sudo-i)", said)
    assert command, said
    subprocess.run(f"{command[1]} && {command[2]}", shell=True, check=True, capture_output=True)
    assert link.read_text().endswith(PLAIN) and not ctl("disable", "--all")
    link.unlink()


def test_a_service_that_asks_by_its_include_says_which(host):
    write(SERVICE, "auth include su\n", 0o644)
    write(Path("/etc/pam.d/su"), "auth required pam_itsme.so\n" + PLAIN, 0o644)
    assert "itsmectl pam disable su\n" in ctl("disable", "sudo", status=NOT)
    ctl("disable", "su")
    assert "put nothing there" in ctl("disable", "sudo", status=NOT)


def test_who_includes_the_file_is_told(host):
    """i3lock has login's rules, on some releases: it asks as soon as login does."""
    write(Path("/etc/pam.d/i3lock"), "auth include sudo\n", 0o644)
    assert "i3lock includes sudo, and asks as well." in ctl("enable", "sudo")
    ctl("disable", "sudo")
    wait(lambda: not timers(), "the timer to end")
    assert json.loads(ctl("enable", "sudo", "--json"))["also"] == [{"service": "i3lock"}]
    ctl("disable", "sudo")


def test_disable_without_any_configuration(host):
    """Somebody has deleted it to get rid of us: the stack still asks."""
    write(Path("/etc/pam.d/vlock"), "auth required pam_itsme.so\n", 0o644)
    os.rename("/etc/pam_itsme", "/etc/pam_itsme.away")
    try:
        ctl("disable", "vlock")
        assert "pam_itsme" in (KEEP / "vlock").read_text()
    finally:
        shutil.rmtree("/etc/pam_itsme", ignore_errors=True)
        os.rename("/etc/pam_itsme.away", "/etc/pam_itsme")


def test_the_timer_tries_again(host):
    """A file that cannot be written when time is up: it is told, and tried later."""
    ctl("enable", "sudo")
    SERVICE.chmod(0o666)
    time_is_up()
    host.log.wait_line("sudo still asks for itsme")
    SERVICE.chmod(0o644)
    wait(lambda: SERVICE.read_text() == PLAIN, "sudo to be as it was")


def test_one_administrator_at_a_time(host):
    ctl("enable", "sudo")
    other = os.open(KEEP, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with subprocess.Popen([CTL, "pam", "confirm", "sudo"], stdout=subprocess.DEVNULL) as waiting:
        time.sleep(1)
        assert waiting.poll() is None and PENDING.exists()
        os.close(other)
        assert waiting.wait(PATIENCE) == DONE
    assert not PENDING.exists()
    ctl("disable", "sudo")


def test_only_root(host):
    for words in (("status",), ("enable", "sudo"), ("disable", "--pending")):
        done = subprocess.run([CTL, "pam", *words], user="nobody", capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == NOT and "for root" in done.stderr, (words, done)


def test_refused_without_a_way_in_that_stays(host):
    Path("/etc/shadow").write_text(host.shadow)
    assert "passwd root" in ctl("enable", "sudo", status=NOT)
    assert SERVICE.read_text() == PLAIN and not PENDING.exists()
    root = next(line for line in host.shadow.splitlines() if line.startswith("root:"))
    for password in ("", "*", "!$6$x"):
        changed = ":".join(["root", password, *root.split(":")[2:]])
        Path("/etc/shadow").write_text(host.shadow.replace(root, changed))
        assert "passwd root" in ctl("enable", "sudo", status=NOT), password
    accounts.set_password("root", PASSWORD)
    assert "no way in" in ctl("enable", "login", status=NOT)
    write(Path("/etc/pam.d/login"), "auth required pam_itsme.so\n", 0o644)
    assert "no way in" in ctl("enable", "sudo", status=NOT)
    assert SERVICE.read_text() == PLAIN and not timers()
    ctl("enable", "sudo", "--force")
    assert state()["seconds_left"] > 0


def test_a_way_in_by_sudo_is_one_while_sudo_stays(host):
    """Root has no password; alice has one and may use sudo."""
    groups, before = Path("/etc/group"), Path("/etc/group").read_text()
    Path("/etc/shadow").write_text(host.shadow)
    accounts.set_password("alice", PASSWORD)
    write(Path("/etc/pam.d/su"), PLAIN, 0o644)
    others = [line for line in before.splitlines() if not line.startswith("sudo:")]
    try:
        write(groups, "\n".join(others) + "\n", 0o644)
        assert "no way in" in ctl("enable", "su", status=NOT)
        write(groups, "\n".join([*others, "sudo:x:27:alice"]) + "\n", 0o644)
        assert "no way in" in ctl("enable", "sudo", status=NOT)
        ctl("enable", "su")
        ctl("disable", "su")
    finally:
        write(groups, before, 0o644)


def test_taken_back_at_once_where_the_check_finds_a_fault(host):
    host.itsme.configure(provider={"issuer": "https://localhost:1/v2"})
    said = ctl("enable", "sudo", status=NOT)
    assert "provider_unreachable" in said and "is as it was" in said
    assert SERVICE.read_text() == PLAIN and state() is None
    wait(lambda: not timers(), "the timer to end")


def test_sshd_is_taken_back_at_once_where_its_settings_do_not_fit(host):
    """The doctor looks at sshd's settings once sshd asks: that is why it looks afterwards."""
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    settings, stack = Path("/etc/ssh/sshd_config"), Path("/etc/pam.d/sshd")
    write(stack, PLAIN, 0o644)
    write(settings, "UsePAM yes\nKbdInteractiveAuthentication no\n", 0o644)
    assert "KbdInteractiveAuthentication yes" in ctl("enable", "sshd", status=NOT)
    assert stack.read_text() == PLAIN
    write(settings, "UsePAM yes\nKbdInteractiveAuthentication yes\n", 0o644)
    ctl("enable", "sshd")
    ctl("disable", "sshd")
    assert stack.read_text() == PLAIN


def test_what_it_does_not_touch(host):
    common = Path("/etc/pam.d/common-own")
    write(common, PLAIN, 0o644)
    assert "single service" in ctl("enable", common.name, status=NOT)
    write(SERVICE, "auth required pam_itsme.so\n" + PLAIN, 0o644)
    assert "asks for itsme already" in ctl("enable", "sudo", "--force", status=NOT)
    write(SERVICE, PLAIN, 0o644)
    for words, status in ((("enable", "common-auth"), NOT), (("enable", "../passwd"), NOT),
                          (("enable", "nosuch"), NOT), (("enable", ""), NOT),
                          (("enable", "su"), NOT), (("enable", "other"), NOT),
                          (("enable",), USAGE), (("status", "sudo"), USAGE), (("x", "sudo"), USAGE),
                          (("confirm",), USAGE), (("disable",), USAGE),
                          (("disable", "sudo", "--all"), USAGE),
                          (("disable", "sudo", "--force"), USAGE),
                          (("confirm", "sudo", "--as", "sole"), USAGE),
                          (("status", "--pending"), USAGE),
                          (("enable", "sudo", "--all"), USAGE),
                          (("enable", "sudo", "--as", "optional"), USAGE),
                          (("enable", "sudo", "--minutes", "0"), USAGE),
                          (("enable", "sudo", "--minutes", "5x"), USAGE),
                          (("enable", "sudo", "--minutes", "61"), USAGE)):
        ctl(*words, status=status)
    SERVICE.chmod(0o666)
    ctl("enable", "sudo", status=NOT)
    SERVICE.unlink()
    SERVICE.symlink_to("/etc/pam.d/login")
    ctl("enable", "sudo", status=NOT)
    assert Path("/etc/pam.d/login").read_text() == PLAIN and not timers()


# --- check -----------------------------------------------------------------------------------

def check() -> list[tuple[str, str, str]]:
    """Level, text and advice of each finding, without the provider."""
    done = subprocess.run([CTL, "check", "--offline", "--json"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    return [(row["level"], row["text"], row.get("advice", ""))
            for row in json.loads(done.stdout)["findings"]]


def expect_check(level: str, text: str, advice: str = "") -> None:
    found = check()
    assert any(row[0] == level and re.search(text, row[1]) and re.search(advice, row[2])
               for row in found), f"no {level} {text!r} -> {advice!r}: {found}"


def expect_silence(text: str) -> None:
    found = [row for row in check() if re.search(text, row[1])]
    assert not found, found


def test_check_finds_lines_that_pam_does_not_understand(host):
    for line, advice in (("auth [success=done default=die pam_itsme.so", "the ] that is missing"),
                         ("auth [sucess=done default=die] pam_itsme.so", "pam.conf"),
                         ("auth [success=done default=dye] pam_itsme.so", "pam.conf"),
                         ("auth requierd pam_itsme.so", "pam.conf"),
                         ("aut required pam_itsme.so", "pam.conf")):
        write(SERVICE, f"{line}\n{PLAIN}", 0o644)
        expect_check("fault", r"sudo \(sudo:1\): PAM does not understand", advice)
    write(SERVICE, f"session [foo pam_x.so\n{PLAIN}", 0o644)  # nothing of itsme in it
    expect_check("fault", r"sudo \(sudo:1\): PAM does not understand.*refuses everybody", "the ]")
    write(SERVICE, PLAIN, 0o644)
    expect_silence("does not understand")


BY_PASSWORD = "^{}: root and accounts without an identity enter by their password alone"


def test_check_names_services_that_ask_some_for_a_password_alone(host):
    """Wherever unmapped = ignore is written, and only where the rest asks for the password."""
    for service in ("login", "sshd"):
        write(Path("/etc/pam.d") / service, PLAIN, 0o644)
    ctl("enable", "sudo", "--as", "second")
    ctl("enable", "login", "--as", "second", "--force")
    ctl("enable", "sshd", "--as", "fallback", "--force")  # which says unmapped=ignore by itself
    expect_check("warning", BY_PASSWORD.format("sshd"), "unmapped=deny")
    expect_silence(BY_PASSWORD.format("(sudo|login)"))
    host.itsme.configure(identity={"unmapped": "ignore"})
    for service in ("sudo", "login"):
        expect_check("note", BY_PASSWORD.format(service))
    stack = Path("/etc/pam.d/sshd")
    write(stack, stack.read_text().replace("unmapped=ignore", "unmapped=deny"), 0o644)
    expect_silence(BY_PASSWORD.format("sshd"))
    host.itsme.configure()
    write(SERVICE, SERVICE.read_text().replace("pam_itsme.so", "pam_itsme.so unmapped=ignore"), 0o644)
    expect_check("note", BY_PASSWORD.format("sudo"))
    write(SERVICE, "auth required pam_itsme.so unmapped=ignore\nauth required pam_permit.so\n", 0o644)
    expect_check("fault", "sudo: root and accounts without an identity enter without a password")
    write(SERVICE, PLAIN, 0o644)
    ctl("enable", "sudo", "--force")  # whoever is passed over comes to pam_deny.so
    host.itsme.configure(identity={"unmapped": "ignore"})
    expect_silence(BY_PASSWORD.format("sudo"))
    for service in ("sudo", "login", "sshd"):
        ctl("disable", service)


NOBODY = "^nobody could log in"


def test_check_says_that_nobody_could_come_in(host):
    settings = Path("/etc/ssh/sshd_config")
    usual = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    write(settings, f"{usual}PubkeyAuthentication no\n", 0o644)
    host.itsme.map("# nobody")
    for service in ("cockpit", "xrdp-sesman"):  # doors of other tests
        (Path("/etc/pam.d") / service).unlink(missing_ok=True)
    for service in ("login", "sshd"):
        write(Path("/etc/pam.d") / service, PLAIN, 0o644)
    for service in ("sshd", "sudo"):
        ctl("enable", service, "--force")
    expect_silence(NOBODY)  # root has a password, and login takes it
    ctl("enable", "login", "--force")
    expect_check("fault", NOBODY, "enrol USER")
    ctl("disable", "login")
    Path("/etc/shadow").write_text(host.shadow)
    expect_check("fault", NOBODY + r".*\(nobody has one\)", "passwd root")
    write(settings, usual, 0o644)
    expect_check("warning", NOBODY + " but by a public key over ssh")
    write(settings, f"{usual}AuthenticationMethods publickey,keyboard-interactive\n", 0o644)
    expect_check("fault", NOBODY)
    host.itsme.configure()
    host.itsme.reset()
    expect_silence(NOBODY)  # alice is in the map
    ctl("disable", "--all")
    host.itsme.map("# nobody")
    expect_silence(NOBODY)  # no service asks: that is not for us to say


def test_check_of_methods_that_show_no_code(host):
    settings, stack = Path("/etc/ssh/sshd_config"), Path("/etc/pam.d/sshd")
    Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-A"], check=True)
    usual = "UsePAM yes\nKbdInteractiveAuthentication yes\n"
    write(stack, PLAIN, 0o644)
    ctl("enable", "sshd", "--force")
    for more, warned in (("", "passwordauthentication yes"),
                         ("PasswordAuthentication no\n", ""),
                         ("AuthenticationMethods password,keyboard-interactive\n",
                          "authenticationmethods password,keyboard-interactive"),
                         ("AuthenticationMethods publickey,password keyboard-interactive\n",
                          "authenticationmethods publickey,password"),
                         ("AuthenticationMethods publickey,keyboard-interactive:pam\n", "")):
        write(settings, usual + more, 0o644)
        if warned:
            expect_check("warning", f"{warned}.*never shows a code", "assword")
        else:
            expect_silence("never shows a code")
    host.itsme.configure(login={"remember": 60})
    expect_check("note", "remember counts over ssh only behind a public key")
    host.itsme.configure(**{"service:sudo": {"remember": 60}})
    expect_silence("remember counts")
    ctl("disable", "sshd")


def test_check_says_what_a_fallback_means(host):
    for way, said in (("fallback", True), ("sole", False), ("second", False)):
        ctl("enable", "sudo", "--as", way)
        if said:
            expect_check("note", "sudo takes the password in place of itsme while the network")
        else:
            expect_silence("sudo takes the password")
        ctl("disable", "sudo")
        wait(lambda: not timers(), "the timer to end")


def test_check_says_that_a_shared_account_file_has_changed(host):
    """Its rules were copied, for the option that they need: the copy grows old."""
    common = Path("/etc/pam.d/common-account")
    before = common.read_text()
    ctl("enable", "sudo", "--as", "fallback")
    expect_silence("rules of account")
    try:
        write(common, "account required pam_access.so\n" + before, 0o644)
        expect_check("warning", "^sudo: its rules of account",
                     "pam disable sudo && itsmectl pam enable sudo --as fallback")
        ctl("disable", "sudo")
        ctl("enable", "sudo", "--as", "fallback")
        assert "account required pam_access.so # itsmectl pam" in SERVICE.read_text()
        expect_silence("rules of account")
    finally:
        write(common, before, 0o644)
    expect_check("warning", "^sudo: its rules of account")
    ctl("disable", "sudo")


if __name__ == "__main__":
    checks.main(globals(), PlainHost)
