#!/usr/bin/python3
"""itsmectl pam and itsmectl check for graphical logins: what they need besides a PAM file is put
there with it and goes with it, whatever ends in between; and what would end GDM while it shows a code
is told. GNOME is a schema here, GDM two PAM files; the compiler of schemas is the real one."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import checks
import host as hosts
import stock
from doctor import look, look_bad
from installation import CLIENT_ID, write
from terminal import PATIENCE

CTL = "/usr/sbin/itsmectl"
PAM, KEEP = Path("/etc/pam.d"), Path("/etc/pam_itsme/pam.d")
GDM = PAM / "gdm-switchable-auth"
SCHEMAS = Path("/usr/share/glib-2.0/schemas")
SCHEMA = SCHEMAS / "org.gnome.login-screen.gschema.xml"
OURS = SCHEMAS / "90_pam-itsme.gschema.override"
OTHERS = SCHEMAS / "95_site.gschema.override"
COMPILER = Path("/usr/bin/glib-compile-schemas")
KEY = "enable-switchable-authentication"
GROUP = "[org.gnome.login-screen]\n"
OLD_SCHEMA = """\
<?xml version="1.0" encoding="UTF-8"?>
<schemalist>
  <schema id="org.gnome.login-screen" path="/org/gnome/login-screen/">
    <key name="enable-password-authentication" type="b"><default>true</default></key>
    {more}
  </schema>
</schemalist>
"""
SWITCH = '<key name="%s" type="b"><default>{value}</default></key>' % KEY
GDM_PASSWORD = """\
#%PAM-1.0
auth    requisite       pam_nologin.so
auth    required        pam_succeed_if.so user != root quiet_success
@include common-auth
auth    optional        pam_gnome_keyring.so
@include common-account
session required        pam_limits.so
@include common-session
session optional        pam_gnome_keyring.so auto_start
@include common-password
"""
GREETER = "auth requisite pam_nologin.so\n@include common-auth\n@include common-account\n" \
          "@include common-session\n@include common-password\n"
GREETERS = ("lightdm", "sddm", "gdm-password", "greetd")
PASSWORD = "correct horse"


def schema(value: str | None) -> None:
    """VALUE is the key's where nobody says anything; None: a GDM without the key."""
    more = SWITCH.format(value=value) if value else ""
    write(SCHEMA, OLD_SCHEMA.format(more=more), 0o644)
    subprocess.run([COMPILER, SCHEMAS], check=True, capture_output=True)


class GreeterHost(hosts.Host):
    """A machine with GNOME's schemas and the files of greeters; root has a password."""

    def __init__(self):
        super().__init__("--interval", 1)
        self.compiler = os.readlink(COMPILER) if COMPILER.is_symlink() else COMPILER.read_bytes()

    def reset(self) -> None:
        super().reset()
        accounts.set_password("root", PASSWORD)
        self.mend_compiler()
        for path in (GDM, OURS, OTHERS, *KEEP.glob("*")):
            path.unlink(missing_ok=True)
        wait(lambda: not hosts.processes("itsmectl"), "the timers of earlier tests to end")
        for name in ("login", "sudo"):
            write(PAM / name, GREETER, 0o644)
        for name in ("lightdm", "sddm", "lxdm"):
            write(PAM / name, GREETER, 0o644)
        write(PAM / "greetd", "@include login\n", 0o644)
        write(PAM / "gdm-password", GDM_PASSWORD, 0o644)
        schema("false")
        configure(self)

    def mend_compiler(self) -> None:
        COMPILER.unlink(missing_ok=True)
        if isinstance(self.compiler, str):
            COMPILER.symlink_to(self.compiler)
        else:
            COMPILER.write_bytes(self.compiler)
            COMPILER.chmod(0o755)


def configure(host, **changes) -> None:
    host.itsme.configure(provider={"confirm_service": "WORKSTATIONS_CONFIRM",
                                   **changes.pop("provider", {})}, **changes)


def wait(condition, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def ctl(*words: object, status: int = 0) -> str:
    done = subprocess.run([CTL, "pam", *map(str, words)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + done.stderr


def in_force() -> bool:
    """As programs of GNOME read it, from what was compiled."""
    done = subprocess.run(["gsettings", "get", "org.gnome.login-screen", KEY], check=True, text=True,
                          capture_output=True, env={**os.environ, "GSETTINGS_BACKEND": "memory"})
    return {"true\n": True, "false\n": False}[done.stdout]


def time_is_up(service: str) -> None:
    record = KEEP / f"{service}.pending"
    with record.open("r+b") as file:
        file.write(b"0" * len(record.read_bytes().strip()))


def snapshot(host) -> dict[Path, bytes | None]:
    """What enabling may touch."""
    paths = (GDM, OURS, host.itsme.config, *(PAM / name for name in GREETERS))
    return {path: path.read_bytes() if path.exists() else None for path in paths}


def found(level: str, words: str) -> dict:
    hits = [f for f in look_bad("greeter") if f["level"] == level and re.search(words, f["text"])]
    assert hits, f"no {level} {words!r} in {look('greeter', 'pam')}"
    return hits[0]


def silent(words: str) -> None:
    said = [f for f in look_bad("greeter", "pam") if re.search(words, f["text"])]
    assert not said, said


# --- GNOME -----------------------------------------------------------------------------------

def test_gdm_enable_confirm_disable(host):
    before = snapshot(host)
    assert not in_force()
    said = ctl("enable", "gdm")
    assert "itsmectl pam confirm gdm-switchable-auth" in said and "gdm-password" in said, said
    assert in_force() and OURS.stat().st_mode & 0o7777 == 0o644
    assert OURS.read_text() == (stock.CHECKOUT / "pam.d/gnome" / OURS.name).read_text()
    text = GDM.read_text()
    assert all(line.endswith("# itsmectl pam") for line in text.splitlines()), text
    assert not re.search(r"common-auth|keyring\.so #|^password (?!requisite pam_deny)", text, re.M), text
    assert "pam_unix.so no_pass_expiry" in text, text
    assert not [f for f in look_bad("greeter") if f["level"] != "note"], look_bad("greeter")
    ctl("confirm", "gdm")
    wait(lambda: not hosts.processes("itsmectl"), "the timer to end")
    assert "gdm-switchable-auth asks for itsme" in ctl("status")
    assert "asks for itsme already" in ctl("enable", "gdm", status=1)
    ctl("disable", "gdm")
    assert snapshot(host) == before and not in_force()
    ctl("disable", "gdm", status=1)


def test_gdm_where_it_is_on_already_needs_no_override(host):
    """As Debian's schema has it."""
    schema("true")
    ctl("enable", "gdm")
    assert GDM.exists() and not OURS.exists() and in_force()
    ctl("disable", "gdm")
    assert not GDM.exists() and in_force()


def test_gdm_that_shows_no_code(host):
    before = snapshot(host)
    schema(None)
    said = ctl("enable", "gdm", status=1)
    assert "GNOME 50" in said and "itsmectl pam enable gdm-password" in said, said
    SCHEMA.unlink()
    assert "GDM is not installed" in ctl("enable", "gdm", "--force", status=1)
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))


def test_gdm_without_a_compiler_or_with_one_that_fails(host):
    before = snapshot(host)
    COMPILER.unlink()
    assert "there is no glib-compile-schemas" in ctl("enable", "gdm", status=1)
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))
    write(COMPILER, "#!/bin/sh\nexit 3\n", 0o755)
    assert "glib-compile-schemas failed (3)" in ctl("enable", "gdm", status=1)
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))
    write(OTHERS, f"{GROUP}{KEY}=false\n", 0o644)
    host.mend_compiler()
    assert str(OTHERS) in ctl("enable", "gdm", status=1)
    assert snapshot(host) == before and not in_force()


def test_gdm_disable_where_the_compiler_fails(host):
    ctl("enable", "gdm")
    ctl("confirm", "gdm")
    write(COMPILER, "#!/bin/sh\nexit 3\n", 0o755)
    assert "glib-compile-schemas" in ctl("disable", "gdm", status=1)
    assert not OURS.exists() and not GDM.exists()


def test_gdm_with_a_fault_is_taken_back(host):
    before = snapshot(host)
    configure(host, client={"signing_key": "/etc/pam_itsme/keys/none.pem"})
    before[host.itsme.config] = host.itsme.config.read_bytes()
    assert "--force goes on" in ctl("enable", "gdm", status=1)
    assert snapshot(host) == before and not in_force() and not list(KEEP.glob("*.pending"))


def test_gdm_unconfirmed_is_taken_back(host):
    before = snapshot(host)
    ctl("enable", "gdm")
    time_is_up("gdm-switchable-auth")
    wait(lambda: not list(KEEP.glob("*.pending")), "it to be taken back")
    assert snapshot(host) == before and not in_force()
    host.log.wait_line("nobody typed itsmectl pam confirm")


def kill_timers() -> None:
    for timer in hosts.processes("itsmectl"):
        os.kill(timer, signal.SIGKILL)
    wait(lambda: not hosts.processes("itsmectl"), "the timers to end")


def test_gdm_killed_while_it_is_enabled(host):
    """The compiler kills whoever has called it; then the machine goes down."""
    before = snapshot(host)
    write(COMPILER, "#!/bin/sh\nkill -KILL $PPID\n", 0o755)
    ctl("enable", "gdm", status=-signal.SIGKILL)
    assert OURS.exists()
    kill_timers()
    host.mend_compiler()
    ctl("disable", "--pending")
    assert snapshot(host) == before and not in_force() and not list(KEEP.glob("*.pending"))


def test_gdm_killed_while_it_is_taken_back(host):
    before = snapshot(host)
    ctl("enable", "gdm")
    kill_timers()
    write(COMPILER, "#!/bin/sh\nkill -KILL $PPID\n", 0o755)
    ctl("disable", "--pending", status=-signal.SIGKILL)
    host.mend_compiler()
    ctl("disable", "--pending")
    assert snapshot(host) == before and not in_force() and not list(KEEP.glob("*.pending"))


def test_gdm_where_a_file_is_there_already(host):
    theirs = "auth substack common-auth\n\n# theirs\naccount include common-account\n"
    write(GDM, theirs, 0o640)
    ctl("enable", "gdm")
    assert GDM.stat().st_mode & 0o7777 == 0o640 and "#itsmectl-pam# # theirs" in GDM.read_text()
    assert (KEEP / GDM.name).read_text() == theirs
    ctl("disable", "gdm")
    assert GDM.read_text() == theirs and not OURS.exists()


def test_gdm_disable_leaves_nothing_that_lets_pass(host):
    """A rule of somebody's own alone would let in anybody; it is kept elsewhere."""
    ctl("enable", "gdm")
    text = GDM.read_text() + "auth required pam_permit.so\n"
    GDM.write_text(text)
    ctl("disable", "gdm")
    assert not GDM.exists() and (KEEP / GDM.name).read_text() == text


def test_gdm_is_among_all_of_them(host):
    before = snapshot(host)
    ctl("enable", "gdm")
    ctl("confirm", "gdm")
    ctl("disable", "--all")
    assert snapshot(host) == before and not in_force()
    ctl("enable", "gdm")
    GDM.unlink()
    ctl("disable", "--all")
    assert snapshot(host) == before and not in_force()


def test_gdm_has_one_way(host):
    ctl("enable", "gdm", "--as", "fallback", status=2)
    ctl("enable", "gdm", "--as", "second", status=2)
    assert not GDM.exists()


# --- greeters that ring a phone --------------------------------------------------------------

def section(service: str) -> str:
    return f"[service:{service}] ; itsmectl pam\npush_requires = none ; itsmectl pam\n"


def test_greeters_enable_confirm_disable(host):
    before = snapshot(host)
    for name in GREETERS:
        ctl("enable", name, "--yes")
        assert host.itsme.config.read_text().endswith(section(name)), name
        text = (PAM / name).read_text()
        assert re.search(r"authinfo_unavail=ignore .*pam_itsme\.so unmapped=ignore # itsmectl pam\n"
                         r"auth substack (common-auth|login) # itsmectl pam\n", text), text
        assert not [f for f in look_bad("greeter") if f["level"] != "note"], look_bad("greeter")
        ctl("confirm", name)
    for name in GREETERS:
        ctl("disable", name)
    assert snapshot(host) == before


def test_greeter_is_asked_about(host):
    """Nobody to ask, no, yes."""
    before = snapshot(host)
    said = ctl("enable", "lightdm", status=1)
    assert "say --yes" in said and "push_requires = none" in said, said
    terminal = host.terminal(CTL, "pam", "enable", "lightdm")
    terminal.wait_for(r"(?s)will ring that person's phone.*\[y/N\]")
    terminal.send("n\r")
    assert terminal.finish() == 1
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))
    terminal = host.terminal(CTL, "pam", "enable", "lightdm")
    terminal.wait_for(r"\[y/N\]")
    terminal.send("y\r")
    terminal.wait_for("itsmectl pam confirm lightdm")
    assert section("lightdm") in host.itsme.config.read_text()
    ctl("disable", "lightdm")
    assert snapshot(host) == before


def test_greeter_whose_setting_is_there_is_not_asked_about(host):
    configure(host, login={"timeout": 60, "push_requires": "none"})
    before = snapshot(host)
    ctl("enable", "sddm")
    assert host.itsme.config.read_bytes() == before[host.itsme.config]
    ctl("disable", "sddm")
    assert snapshot(host) == before


def test_greeter_with_a_section_of_its_own(host):
    configure(host, **{"service:sddm": {"timeout": 45}})
    before = snapshot(host)
    ctl("enable", "sddm", "--yes")
    assert "[service:sddm]\npush_requires = none ; itsmectl pam\ntimeout = 45\n" in \
        host.itsme.config.read_text()
    ctl("disable", "sddm")
    assert snapshot(host) == before
    configure(host, **{"service:sddm": {"push_requires": "first_factor"}})
    before = snapshot(host)
    said = ctl("enable", "sddm", "--yes", status=1)
    line = host.itsme.line_of("push_requires")
    assert f"{host.itsme.config}: line {line} has push_requires = first_factor" in said, said
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))


def test_greeter_unconfirmed_is_taken_back(host):
    before = snapshot(host)
    ctl("enable", "lightdm", "--yes")
    time_is_up("lightdm")
    wait(lambda: not list(KEEP.glob("*.pending")), "it to be taken back")
    assert snapshot(host) == before


def test_greeter_cut_short_is_taken_back(host):
    """As if it was killed between the setting and the PAM file, or, back, the other way round."""
    before = snapshot(host)
    ctl("enable", "lightdm", "--yes")
    kill_timers()
    write(PAM / "lightdm", GREETER, 0o644)
    assert section("lightdm") in host.itsme.config.read_text()
    ctl("disable", "--pending")
    assert snapshot(host) == before and not list(KEEP.glob("*.pending"))


def test_greeter_that_lacks_the_setting_is_mended(host):
    ctl("enable", "lightdm", "--yes")
    ctl("confirm", "lightdm")
    configure(host)
    file = (PAM / "lightdm").read_text()
    told = found("warning", r"^lightdm \(lightdm:\d+\): no phone rings.*service_shows_no_picture")
    assert f"itsmectl pam enable lightdm, which writes push_requires = none below " \
           f"[service:lightdm] of {host.itsme.config}" in told["advice"], told
    number = next(n for n, line in enumerate(file.splitlines(), 1) if "pam_itsme.so" in line)
    assert f"lightdm:{number}" in told["text"], told
    configure(host, login={"timeout": 60, "flow": "push"})
    found("fault", r"^lightdm .*refuses everybody \(first_factor_missing\)")
    ctl("enable", "lightdm", status=1)
    ctl("enable", "lightdm", "--yes")
    assert section("lightdm") in host.itsme.config.read_text()
    assert (PAM / "lightdm").read_text() == file
    silent("no phone rings")
    assert "asks for itsme already" in ctl("enable", "lightdm", "--yes", status=1)
    ctl("disable", "lightdm")
    assert section("lightdm") not in host.itsme.config.read_text()


def test_greeter_without_a_confirmation_service(host):
    configure(host, provider={"confirm_service": None})
    ctl("enable", "lightdm", "--yes")
    assert "confirm_service" in found("warning", "^lightdm .*no Confirmation service")["advice"]


def test_greeter_that_shows_nothing(host):
    before = snapshot(host)
    said = ctl("enable", "lxdm", "--yes", status=1)
    assert "lxdm shows nobody anything" in said and "its password goes on" in said, said
    assert snapshot(host) == before
    ctl("enable", "lxdm", "--force")
    found("warning", r"^lxdm \(lxdm:\d+\): it shows nobody anything.*service_is_silent")
    ctl("disable", "lxdm")
    silent("^lxdm")


# --- what would end GDM, or go past it -------------------------------------------------------

def gdm_stack(auth: str = "", account: str = "", password: str = "requisite pam_deny.so",
              before: str = "") -> None:
    write(GDM, f"{before}auth [success=1 ignore=ignore default=die] pam_itsme.so\n"
               f"auth requisite pam_deny.so\nauth required pam_permit.so\n{auth}"
               f"account {account or 'required pam_permit.so'}\npassword {password}\n"
               "session required pam_permit.so\n", 0o644)


def test_check_of_a_good_gdm_stack(host):
    schema("true")
    gdm_stack()
    assert [f["level"] for f in look_bad("greeter")] == ["note"], look_bad("greeter")


def test_check_of_what_asks_while_the_code_is_shown(host):
    schema("true")
    for module in ("pam_unix.so", "pam_google_authenticator.so", "pam_kwallet5.so", "pam_faillock.so"):
        gdm_stack(auth=f"auth optional {module}\n")
        found("fault", rf"\(gdm-switchable-auth:4\): {module} may ask .* GDM aborts")
        gdm_stack(before=f"auth optional {module}\n")
        found("warning", rf"\(gdm-switchable-auth:1\): {module} speaks before .*gdm-password")
    gdm_stack(auth="auth sufficient pam_itsme.so\n")
    found("warning", r"\(gdm-switchable-auth:4\): a second line of itsme shows nothing")
    gdm_stack(auth="auth optional pam_faildelay.so\n", before="auth requisite pam_nologin.so\n")
    silent("may ask|speaks before")
    gdm_stack()
    with GDM.open("a") as file:
        file.write("session optional pam_mount.so\n")
    found("warning", r"\(gdm-switchable-auth:7\): pam_mount.so asks for a password")


def test_check_of_a_password_that_has_aged(host):
    schema("true")
    for password, level, words in (("required pam_unix.so", "fault", "asked for a new one.*GDM aborts"),
                                   ("requisite pam_deny.so", "warning", "refused")):
        gdm_stack(account="required pam_unix.so", password=password)
        assert "no_pass_expiry" in found(level, rf"whose password has aged is {words}")["advice"]
        gdm_stack(account="required pam_unix.so no_pass_expiry", password=password)
        silent("password has aged")
    gdm_stack(account="required pam_sss.so", password="required pam_sss.so")
    assert "pam_deny.so" in found("fault", "whose password has aged is asked")["advice"]
    gdm_stack(account="required pam_sss.so")
    silent("password has aged")


def test_check_of_gnomes_switch(host):
    gdm_stack()
    assert "pam enable gdm" in found("warning", f"GNOME never asks it: {SCHEMA} has")["advice"]
    write(OTHERS, f"{GROUP}{KEY}=true\n", 0o644)
    silent("never asks")
    OTHERS.unlink()
    schema(None)
    found("warning", "asks for itsme, but this GDM cannot show a code")
    SCHEMA.unlink()
    found("warning", "asks for itsme, but GDM is not installed")
    schema("false")
    write(OURS, f"{GROUP}{KEY}=true\n", 0o644)
    assert "glib-compile-schemas" in found("warning", "compiled before")["advice"]
    subprocess.run([COMPILER, SCHEMAS], check=True)
    silent("compiled before|never asks")
    GDM.unlink()
    assert "pam disable gdm" in found("warning", f"{OURS} is there, but")["advice"]
    ctl("disable", "gdm")
    assert not OURS.exists()
    silent(".*gdm")


def test_check_of_a_gdm_that_has_it_on_and_no_file(host):
    """As Debian comes: nothing to be told of."""
    schema("true")
    assert not look_bad("greeter")


def test_check_of_the_way_beside_the_code(host):
    schema("true")
    gdm_stack()
    told = found("note", "gdm-password lets in by the password beside the code")
    assert "itsmectl pam enable gdm-password" in told["advice"]
    ctl("enable", "gdm-password", "--yes")
    silent("beside the code")
    ctl("disable", "gdm-password")
    found("note", "beside the code")


def test_check_says_that_gdm_password_has_changed(host):
    ctl("enable", "gdm")
    silent("rules are not those")
    write(PAM / "gdm-password", GDM_PASSWORD + "session required pam_env.so\n", 0o644)
    assert "pam disable gdm && itsmectl pam enable gdm" in \
        found("warning", "gdm-switchable-auth: its rules are not those")["advice"]


def test_check_of_what_shows_no_code_at_gnomes(host):
    schema("true")
    gdm_stack()
    silent("no code is shown")
    for key, bad, words, good in (("flow", "push", "a flow that rings a phone", "auto"),
                                  ("number_match", "ask", "number_match = ask", "show"),
                                  ("qr_requires", "first_factor", "qr_requires = first_factor", "none")):
        configure(host, login={"timeout": 60, key: bad})
        told = found("warning", rf"\(gdm-switchable-auth:1\): with {words} no code is shown there")
        assert f"write {key} = {good} below [service:gdm-switchable-auth]" in told["advice"], told
        configure(host, login={"timeout": 60, key: bad}, **{"service:gdm-switchable-auth": {key: good}})
        silent("no code is shown")


if __name__ == "__main__":
    checks.main(globals(), GreeterHost)
