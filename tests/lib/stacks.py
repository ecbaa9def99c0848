"""The PAM stacks, sudoers and login.defs of a private world: itsme is the only way in."""
from pathlib import Path

from installation import write

SERVICES = ("sshd", "sudo", "sudo-i", "su", "su-l", "login", "vlock", "pamtester", "i3lock",
            "swaylock", "xscreensaver")

STACK = """\
auth      [success=done ignore=ignore default=die] pam_itsme.so {arguments}
account   required pam_unix.so
password  required pam_deny.so
session   required pam_permit.so
"""

SUDOERS = """\
Defaults env_reset, !lecture, timestamp_timeout={minutes}, passwd_tries={tries}
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
root  ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) SETENV: ALL
"""

LOGIN_DEFS = """\
MAIL_DIR /var/mail
LOGIN_RETRIES 3
LOGIN_TIMEOUT {seconds}
"""


def create() -> None:
    sudoers()
    login_defs()
    use()


def sudoers(minutes: int = 0, tries: int = 3) -> None:
    """MINUTES that a success lasts, and how often sudo asks (3 is its own default)."""
    write(Path("/etc/sudoers"), SUDOERS.format(minutes=minutes, tries=tries), 0o440)


def login_defs(seconds: int = 60) -> None:
    """SECONDS until login gives up; 60 is Debian's."""
    write(Path("/etc/login.defs"), LOGIN_DEFS.format(seconds=seconds), 0o644)


def use(arguments: str = "", text: str = STACK, services: tuple[str, ...] = SERVICES) -> None:
    """ARGUMENTS are the module's."""
    for service in services:
        write(Path("/etc/pam.d") / service, text.format(arguments=arguments), 0o644)
