#!/usr/bin/python3
"""The chroot in which the suites ran holds a minimal Debian, what tests/lib/packages names, what
that depends on, and nothing else: no suite can have passed by what somebody put there by hand."""
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

import checks

LIST = CHECKOUT / "tests/lib/packages"
# groups that are never installed, or in a chroot of another release alone
UNPACKED = ("borrowed", "providers", "pamfiles", "gnome", "greeters")
BOOTSTRAPPED = {"apt", "usr-is-merged", "usrmerge"}  # by debootstrap, beside what is required
FIELDS = ("Package", "Essential", "Priority", "Provides", "Depends", "Pre-Depends")
OURS = {"/usr/sbin/policy-rc.d"}  # tests/release/run
PROGRAMS = ("/usr/sbin", "/usr/bin", "/usr/local", "/opt")


def names(relations: str) -> set[str]:
    """Every package that a field like Depends names, alternatives as well."""
    words = relations.replace("|", ",").split(",")
    return {word.split()[0].split(":")[0] for word in words if word.strip()}


def installed() -> list[dict[str, str]]:
    form = "\t".join(f"${{{field}}}" for field in FIELDS) + "\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t" + form], check=True,
                          capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in said.splitlines() if line[1] == "i"]
    return [dict(zip(FIELDS, row[1:])) for row in rows]


def listed() -> set[str]:
    rows = [line.split() for line in LIST.read_text().splitlines()
            if line and not line.startswith("#")]
    return {word.split("!")[0] for row in rows if row[0] not in UNPACKED for word in row[1:]}


def unaccounted(packages: list[dict[str, str]], wanted: Iterable[str]) -> set[str]:
    """Packages that are neither required, nor WANTED, nor needed by one that is."""
    by_name: dict[str, list[dict[str, str]]] = {}
    for package in packages:
        for name in {package["Package"]} | names(package["Provides"]):
            by_name.setdefault(name, []).append(package)
    open_names = {*BOOTSTRAPPED, *wanted}
    open_names |= {package["Package"] for package in packages
                   if package["Essential"] == "yes" or package["Priority"] == "required"}
    reached: set[str] = set()
    while open_names:
        for package in by_name.get(open_names.pop(), ()):
            if package["Package"] not in reached:
                reached.add(package["Package"])
                open_names |= names(package["Depends"]) | names(package["Pre-Depends"])
    return {package["Package"] for package in packages} - reached


def owned() -> set[str]:
    """The files of all packages; one in /bin is in /usr/bin since the two were merged."""
    lists = Path("/var/lib/dpkg/info").glob("*.list")
    files = {line for path in lists for line in path.read_text().splitlines()}
    diverted = Path("/var/lib/dpkg/diversions")
    files |= set(diverted.read_text().splitlines()) if diverted.exists() else set()
    return {f"/usr{path}" if path.startswith(("/bin/", "/sbin/")) else path for path in files}


def programs() -> list[str]:
    return [os.path.join(directory, name) for top in PROGRAMS
            for directory, _, files in os.walk(top) for name in files]


def alternative(path: str) -> bool:
    return os.path.islink(path) and os.readlink(path).startswith("/etc/alternatives/")


# --- the tests -----------------------------------------------------------------------------

def test_every_package_is_listed_or_needed_by_one():
    found = unaccounted(installed(), listed())
    assert not found, f"nobody named: {sorted(found)}"


def test_package_that_nobody_named_is_noticed():
    stranger = dict.fromkeys(FIELDS, "") | {"Package": "stranger", "Priority": "optional"}
    assert unaccounted([*installed(), stranger], listed()) == {"stranger"}
    assert "pamtester" in unaccounted(installed(), listed() - {"pamtester"})


def test_every_program_is_a_packages():
    ours = owned() | OURS
    found = [path for path in programs() if path not in ours and not alternative(path)]
    assert not found, f"nobody's: {found}"


def test_nothing_is_set_up_by_hand():
    """What only an installation that configures makes, and what only people write."""
    unpacked = {word for line in LIST.read_text().splitlines() if line.startswith(UNPACKED)
                for word in line.split()[1:]}
    configured = unpacked & {package["Package"] for package in installed()}
    for path, package in (("/etc/ssh/sshd_config", "openssh-server"), ("/etc/sudoers", "sudo")):
        assert package in configured or not Path(path).exists(), path
    people = [line for line in Path("/etc/passwd").read_text().splitlines()
              if 1000 <= int(line.split(":")[2]) < 65534]
    assert not people and not list(Path("/home").iterdir()), people


if __name__ == "__main__":
    checks.main(globals())
