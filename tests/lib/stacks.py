"""The PAM stacks, sudoers and login.defs of a private world: itsme is the only way in."""
from pathlib import Path

from installation import write

SERVICES = ("sshd", "sudo", "sudo-i", "su", "su-l", "login", "vlock", "i3lock")

STACK = """\
auth      [success=done ignore=ignore default=die] pam_itsme.so {arguments}
account   required pam_unix.so
password  required pam_deny.so
session   required pam_permit.so
"""

SUDOERS = """\
Defaults env_reset, !lecture, timestamp_timeout=0
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
root  ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) SETENV: ALL
"""

LOGIN_DEFS = """\
MAIL_DIR /var/mail
LOGIN_RETRIES 3
LOGIN_TIMEOUT 60
"""


def create() -> None:
    write(Path("/etc/sudoers"), SUDOERS, 0o440)
    write(Path("/etc/login.defs"), LOGIN_DEFS, 0o644)
    use()


def use(arguments: str = "", text: str = STACK) -> None:
    """ARGUMENTS are the module's."""
    for service in SERVICES:
        write(Path("/etc/pam.d") / service, text.format(arguments=arguments), 0o644)
