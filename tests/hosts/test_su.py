#!/usr/bin/python3
"""The real su: text at once, no Enter, and a caller who owns the process's surroundings."""
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import accounts
import callers
import checks
import departures
import host as hosts
import qr
import refusals
import sentences
import stacks
from doors import Su
from installation import write
from terminal import PATIENCE

REFUSING = Path(__file__).resolve().parents[1] / "lib/refusing"
ROTATE = 15  # long enough to scan the first code, however busy the machine is


def make_host():
    return hosts.Host("--interval", 1, "--qr-rotate", ROTATE)


class PlainSu(Su):
    """Without -l, so that su keeps the caller's environment."""
    service = "su"

    def knock(self, before: tuple = (), **options):
        return self.host.terminal(*before, "su", self.user, "-c", "cat ~/proof", user="mallory",
                                  **options)


class SuOnOlderKernel(Su):
    def knock(self):
        return self.host.terminal(
            REFUSING, "436-999=EPERM", "setpriv", "--reuid=mallory", "--regid=mallory", "--init-groups",
            "su", "-l", self.user, "-c", "cat proof")


# --- getting in ----------------------------------------------------------------------------

def test_scan_and_approve_without_enter(host):
    attempt = Su(host, "bob")
    attempt.scan("bob")
    host.provider.approve()
    attempt.expect_in()


def test_new_qr_is_shown_when_the_old_one_is_spent(host):
    attempt = Su(host)
    first = qr.scan(attempt.terminal.wait_qr())
    second = qr.scan(attempt.terminal.wait_qr(2))
    assert first != second
    attempt.scan(number=2)
    host.provider.approve()
    attempt.expect_in()


def test_language_of_the_callers_locale_is_spoken(host):
    locales = Path("/usr/lib/locale")
    shutil.copytree(locales / "C.utf8", locales / "nl_BE.utf8", dirs_exist_ok=True)
    for locale, prompt in (("nl_BE.UTF-8", "Scan deze code"), ("C.UTF-8", "Scan this code")):
        attempt = PlainSu(host, before=("env", f"LC_ALL={locale}"))
        attempt.terminal.wait_qr()
        attempt.terminal.wait_for(prompt)
        attempt.terminal.interrupt()
        attempt.terminal.finish()


def test_root_in_the_map_may_be_entered(host):
    host.itsme.map(f"root sub={host.provider.subject('alice')}")
    attempt = Su(host, "root")
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_two_people_at_once(host):
    one, other = Su(host, "alice"), Su(host, "bob")
    other.scan("bob")
    host.provider.approve()
    assert other.terminal.finish() == 0 and accounts.proof("bob") in other.terminal.text
    one.scan("alice")
    host.provider.approve()
    assert one.terminal.finish() == 0 and accounts.proof("alice") in one.terminal.text


def test_older_kernel_lets_in(host):
    """To a container's profile of 2019 close_range(2) is unknown, like all that came after it."""
    attempt = SuOnOlderKernel(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


def test_ignored_user_does_not_get_in_by_default(host):
    stacks.use(arguments="unmapped=ignore")
    host.itsme.map("alice sub=somebody")
    session = Su(host, "bob").terminal
    assert session.finish() != 0
    assert accounts.proof("bob") not in session.text
    assert not host.provider.requests()


def test_end_of_input_changes_nothing(host):
    """The code needs no answer at the keyboard."""
    session = host.terminal("sh", "-c", "su -l bob -c 'cat proof' </dev/null", user="mallory")
    host.provider.scan(qr.scan(session.wait_qr()), "bob")
    host.provider.approve()
    assert session.finish() == 0 and accounts.proof("bob") in session.text


def test_without_terminal_is_refused_at_once(host):
    """su prints what it has to say wherever its output goes: a code is not for a pipe, and no
    phone rings for it."""
    result = subprocess.run(
        ["setpriv", "--reuid=mallory", "--regid=mallory", "--init-groups", "--reset-env",
         "su", "-l", "alice", "-c", "cat proof"], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, start_new_session=True, timeout=PATIENCE)
    assert result.returncode != 0 and sentences.NOBODY in result.stdout + result.stderr
    assert not qr.find_all(result.stdout) and accounts.proof("alice") not in result.stdout
    assert host.log.wait_attempts(1)[0].pairs["reason"] == "no_terminal"
    assert not host.provider.requests()


def test_suspended_and_resumed_it_goes_on(host):
    shell = host.terminal("bash", "--norc", "-i", user="mallory")
    shell.send("su -l alice -c 'cat proof'\r")
    rows = shell.wait_qr()
    shell.send("\x1a")
    shell.wait_for("Stopped")
    host.provider.scan(qr.scan(rows))  # nobody asks the provider about it meanwhile
    shell.send("fg\r")
    host.provider.approve()
    shell.wait_for(accounts.proof("alice"))
    shell.send("exit\r")
    assert shell.finish() == 0


# --- a machine that is not set up ----------------------------------------------------------

def not_set_up(host, reason: str, *in_log: str) -> None:
    """The person learns nothing but whom to ask; the log names the file and what to do."""
    attempt = Su(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", reason)
    assert not host.provider.requests()
    told = [line for line in host.log.raw if all(word in line for word in in_log)]
    assert told, f"no line with {in_log} in {host.log.raw}"


def test_config_missing(host):
    host.itsme.config.unlink()
    not_set_up(host, "config_missing", str(host.itsme.config))


def test_config_readable_by_others(host):
    host.itsme.config.chmod(0o644)
    not_set_up(host, "config_unsafe", str(host.itsme.config), "chmod")


def test_config_owned_by_somebody_else(host):
    shutil.chown(host.itsme.config, "mallory", "mallory")
    not_set_up(host, "config_unsafe", str(host.itsme.config), "chown")


def test_config_is_a_link(host):
    real = host.itsme.config.with_suffix(".real")
    host.itsme.config.rename(real)
    host.itsme.config.symlink_to(real)
    not_set_up(host, "config_unsafe", str(host.itsme.config))


def test_config_directory_writable_by_others(host):
    host.itsme.directory.chmod(0o777)
    not_set_up(host, "config_unsafe", str(host.itsme.directory), "chmod")


def test_config_with_unknown_key(host):
    host.itsme.configure(login={"timeout": 40, "tiemout": 3})
    line = host.itsme.line_of("tiemout")
    not_set_up(host, "config_invalid", f"{host.itsme.config}:{line}", "tiemout")


def test_config_with_bad_value(host):
    host.itsme.configure(login={"timeout": "soon"})
    line = host.itsme.line_of("timeout")
    not_set_up(host, "config_invalid", f"{host.itsme.config}:{line}", "timeout")


def test_config_without_client_id(host):
    host.itsme.configure(provider={"client_id": None})
    not_set_up(host, "config_invalid", str(host.itsme.config), "client_id")


def test_signing_key_missing(host):
    host.itsme.signing_key.unlink()
    not_set_up(host, "key_missing", str(host.itsme.signing_key))


def test_signing_key_readable_by_others(host):
    host.itsme.signing_key.chmod(0o640)
    not_set_up(host, "key_unsafe", str(host.itsme.signing_key), "chmod")


def test_decryption_key_is_no_key(host):
    write(host.itsme.decryption_key, "not a key\n")
    not_set_up(host, "key_invalid", str(host.itsme.decryption_key))


def test_map_missing(host):
    host.itsme.users.unlink()
    not_set_up(host, "map_missing", str(host.itsme.users))


def test_map_writable_by_others(host):
    host.itsme.users.chmod(0o666)
    not_set_up(host, "map_unsafe", str(host.itsme.users), "chmod")


def test_map_with_bad_line(host):
    host.itsme.map("# people", "alice sub")
    not_set_up(host, "map_invalid", f"{host.itsme.users}:2")


def test_client_unknown_to_the_provider(host):
    host.itsme.configure(provider={"client_id": "SomebodyElse"})
    attempt = Su(host)
    attempt.expect_refused(sentences.SETUP, "misconfigured", "client_refused_by_provider")


globals().update(callers.for_door(PlainSu))
globals().update(departures.for_door(Su))
globals().update(refusals.for_door(Su))

if __name__ == "__main__":
    checks.main(globals(), make_host)
