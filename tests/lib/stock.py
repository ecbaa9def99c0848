"""The PAM stacks as a release's own packages make them, and how itsme gets into them: by
`itsmectl pam enable`, and by Debian's profile."""
import os
import platform
import subprocess
from pathlib import Path

from installation import write

PAM = Path("/etc/pam.d")
LIB = Path(__file__).resolve().parent
CHECKOUT = LIB.parents[1]
KEPT = CHECKOUT / "build/check/pam-files"
CTL = "/usr/sbin/itsmectl"
PROFILE = CHECKOUT / "debian/pam-auth-update"
NOBODY_TO_ASK = {"DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
OURS = platform.freedesktop_os_release().get("VERSION_CODENAME", "sid")


def run(*command: object, **options) -> str:
    done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}"
    return done.stdout


def fetch(*releases: str) -> None:
    """Before the world is entered, which has no network."""
    if "PAM_ITSME_WORLD" not in os.environ:
        for release in releases or (OURS,):
            run(LIB / "pam-files", release, KEPT / release)


def files(release: str = OURS) -> dict[str, str]:
    """By name: what the release's packages have in /etc/pam.d."""
    return {path.name: path.read_text() for path in (KEPT / release / "etc/pam.d").iterdir()}


def install(release: str = OURS) -> None:
    for name, text in files(release).items():
        write(PAM / name, text, 0o644)


def profile(verb: str = "--enable") -> None:
    """Debian's profile, by Debian's own program; whatever stands in common-auth."""
    write(Path("/usr/share/pam-configs/itsme"), PROFILE.read_text(), 0o644)
    run("pam-auth-update", "--force", verb, "itsme", env=NOBODY_TO_ASK)


def enable(service: str, way: str = "sole") -> None:
    run(CTL, "pam", "enable", service, "--as", way, "--force")
    run(CTL, "pam", "confirm", service)
