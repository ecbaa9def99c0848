"""The PAM stacks as the machine's packages made them, and the two ways of putting itsme into them
that are not the examples."""
import subprocess
from pathlib import Path

from installation import write

PAM = Path("/etc/pam.d")
PROFILE = Path(__file__).resolve().parents[2] / "debian/pam-auth-update"
CTL = "/usr/sbin/itsmectl"
NOBODY_TO_ASK = {"DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def run(*command: object, **options) -> str:
    done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}"
    return done.stdout


def profile(verb: str = "--enable") -> None:
    """Debian's profile, by Debian's own program."""
    write(Path("/usr/share/pam-configs/itsme"), PROFILE.read_text(), 0o644)
    run("pam-auth-update", "--package", verb, "itsme", env=NOBODY_TO_ASK)


def enable(service: str, way: str = "sole") -> None:
    run(CTL, "pam", "enable", service, "--as", way, "--force")
    run(CTL, "pam", "confirm", service)
