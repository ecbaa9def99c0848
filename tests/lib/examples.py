#!/usr/bin/python3
"""examples.py: writes the examples of pam.d/ anew, from the files of each release's packages and
with the `itsmectl pam enable` of --tree; test_examples.py compares them with what it would write.

    tests/hosts/world --tree DESTDIR tests/lib/examples.py
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import stock
from installation import write

RELEASES = {"debian-12": "bookworm", "debian-13": "trixie"}
FULL_NAMES = {"bookworm": "Debian 12", "trixie": "Debian 13", "sid": "Debian sid"}
TOP = stock.CHECKOUT / "pam.d"
MARK, WAS = "# itsmectl pam", "#itsmectl-pam#"


@dataclass
class Example:
    service: str
    way: str
    head: str  # what only this one says
    arguments: str = ""  # of the module, beyond those that itsmectl gives it


TAIL = """\
#
# Below is {full_name}'s file as changed by `itsmectl pam enable {service}{option}`{beyond}.
# The lines that end in "# itsmectl pam" are ours; those behind "#itsmectl-pam#" made way for them.
# Use the command rather than a copy: it changes the file of your machine, and takes that back
# unless somebody gets in. `itsmectl pam disable {service}` undoes a copy as well.

"""
AGE = """\
#
# no_pass_expiry: whoever came in without a password is not asked for a new one. An account that
# has expired (chage -E) is refused all the same.
"""

EXAMPLES = {
    "login": Example("login", "fallback", """\
# /etc/pam.d/login: itsme at the console; the password only while itsme cannot be reached or is
# not set up. Whoever can cut this machine off the network can then choose the password: at a
# console that takes hands on the machine.
#
# unmapped=ignore: root, and everybody else without an identity, has the password, whatever the
# provider does. login gives up after 60 s, so itsme does so before: timeout=50 (or raise
# LOGIN_TIMEOUT in /etc/login.defs).
""", "timeout=50"),
    "sshd-sole-factor": Example("sshd", "sole", """\
# /etc/pam.d/sshd: itsme is the only way in, where a public key does not do. Take
# sshd-after-public-key unless you have a reason: here anybody is shown a code, and can send it
# to the phone's owner (docs/relayed-codes.md). qr_requires and qr_from say to whom it is shown.
#
# In /etc/ssh/sshd_config:
#     UsePAM yes
#     KbdInteractiveAuthentication yes
#     PasswordAuthentication no
#
# Any refusal ends the login at once (die). ignore happens only where `unmapped = ignore` or a
# skip_ setting is configured, and pam_deny.so refuses those people too.
"""),
    "sshd-after-public-key": Example("sshd", "sole", """\
# /etc/pam.d/sshd: a public key first, then itsme. sshd checks the key itself, before PAM.
#
# In /etc/ssh/sshd_config:
#     UsePAM yes
#     PubkeyAuthentication yes
#     KbdInteractiveAuthentication yes
#     PasswordAuthentication no
#     AuthenticationMethods publickey,keyboard-interactive
#
# With `confirm_service` configured, the phone of whoever is enrolled rings by itself: the key was
# the first factor (docs/step-up.md). In pam_itsme.conf, below [service:sshd], so that nothing
# shows a code without a key: qr_requires = first_factor
"""),
    "sshd-after-password": Example("sshd", "second", """\
# /etc/pam.d/sshd: the password first, then itsme. The login needs both.
#
# In /etc/ssh/sshd_config:
#     UsePAM yes
#     KbdInteractiveAuthentication yes
#     PasswordAuthentication no
#
# Nobody gets past a wrong password in Debian's common-auth, so the phone may be rung:
# first_factor. Leave it out where yours goes on after a wrong one. With `unmapped = ignore` an
# account without an identity, root included, needs the password alone.
""", "first_factor"),
    "su": Example("su", "sole", """\
# /etc/pam.d/su: itsme in place of the password of the account that is entered. The identity map
# must give that account to whoever asks, root included: `root sub=...`.
"""),
    "sudo": Example("sudo", "sole", """\
# /etc/pam.d/sudo: itsme in place of the password. The phone of whoever is enrolled rings and
# shows the command, where `confirm_service` is configured; else sudo shows a code to scan.
#
# While the network is away nobody becomes root by sudo: root's password at the console is the way
# in then, so see that there is one (docs/recovery.md). In sudoers: Defaults passwd_tries=1
"""),
}
EXAMPLES["sudo-i"] = Example("sudo-i", "sole", """\
# /etc/pam.d/sudo-i: `sudo -i`, which is a service of its own. As for sudo.
""")


# Of GNOME from 50 on, which none of RELEASES has: out of the files of sid.
GNOME, GNOME_RELEASE = "gnome/gdm-switchable-auth", "sid"
GNOME_SCHEMA = Path("/usr/share/glib-2.0/schemas/org.gnome.login-screen.gschema.xml")
GNOME_SWITCH = """\
<schemalist><schema id="org.gnome.login-screen" path="/org/gnome/login-screen/">
<key name="enable-switchable-authentication" type="b"><default>true</default></key>
</schema></schemalist>
"""
GNOME_HEAD = """\
# /etc/pam.d/gdm-switchable-auth: itsme at the login screen and the lock screen of GNOME 50 and
# later, which draw the code. Whoever is not enrolled, and everybody while itsme is away, goes on
# with gdm-password, which asks for the password beside it (docs/greeters.md).
#
# Nothing else may ask anybody anything in here: GDM aborts where a second question comes before
# the first is answered. So no line asks for a password, none asks for a new one (no_pass_expiry;
# password is refused), and nothing speaks before the code. `itsmectl check` looks at that.
#
# GNOME asks this service where org.gnome.login-screen enable-switchable-authentication is true.
# That is Debian's default; else 90_pam-itsme.gschema.override goes into
# /usr/share/glib-2.0/schemas, and glib-compile-schemas makes it count.
#
# Below is what `itsmectl pam enable gdm` makes of Debian sid's gdm-password. Use the command rather
# than a copy: it takes the file of your machine, and takes that back unless somebody gets in.
# `itsmectl pam disable gdm` undoes a copy as well.

"""


def make_gnome() -> str:
    """What itsmectl makes of the release's gdm-password, where GNOME has the switch."""
    stock.install(GNOME_RELEASE)
    Path("/etc/pam_itsme").mkdir(exist_ok=True)
    write(GNOME_SCHEMA, GNOME_SWITCH, 0o644)
    stock.enable("gdm")
    return GNOME_HEAD + (stock.PAM / Path(GNOME).name).read_text()


def installed() -> Path:
    """Those for the release that this is, or comes after."""
    names = {release: directory for directory, release in RELEASES.items()}
    return Path("/usr/share/doc/pam_itsme/pam.d") / names.get(stock.OURS, "debian-13")


def enabled(service: str, way: str, arguments: str = "") -> str:
    """What itsmectl makes of the service's file; it is as before afterwards."""
    path = stock.PAM / service
    before = path.read_text()
    stock.enable(service, way)
    text = path.read_text()
    write(path, before, 0o644)
    if arguments:
        text = re.sub(rf"^(.*pam_itsme\.so.*) {MARK}$", rf"\1 {arguments} {MARK}", text, flags=re.M)
    return text


def rules_alone(text: str) -> str:
    """Without the distribution's own comments; ours stay."""
    lines = [line if MARK in line or WAS in line else line.partition("#")[0].rstrip()
             for line in text.splitlines()]
    return "".join(f"{line}\n" for line in lines if line)


def make(name: str, release: str) -> str:
    """The text of an example, out of the release's own files."""
    example = EXAMPLES[name]
    stock.install(release)
    Path("/etc/pam_itsme").mkdir(exist_ok=True)
    tail = TAIL.format(full_name=FULL_NAMES[release], service=example.service,
                       option="" if example.way == "sole" else f" --as {example.way}",
                       beyond=f" (and {example.arguments})" if example.arguments else "")
    return example.head + ("" if example.way == "second" else AGE) + tail + \
        rules_alone(enabled(example.service, example.way, example.arguments))


def main() -> None:
    for directory, release in RELEASES.items():
        (TOP / directory).mkdir(exist_ok=True)
        for name in EXAMPLES:
            (TOP / directory / name).write_text(make(name, release))
            print(f"{directory}/{name}")
    (TOP / GNOME).write_text(make_gnome())
    print(GNOME)


if __name__ == "__main__":
    sys.exit(main())
