#!/usr/bin/python3
"""The real helper with one of its steps come back early, without an error and without having done
anything: whatever step that is, nobody is admitted who should not be.

    test_steps.py BUILD-DIRECTORY [NAME...]

A step is a function of `enum err` that a header declares. Its first instructions are replaced, in
a copy of the program, by "return ERR_OK". The person who approves is somebody else's account's;
what the configuration requires is not met. Closes with `N passed, N failed`.
"""

import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import test_helper  # noqa: E402
import programs  # noqa: E402
from channel import Helper  # noqa: E402
from test_helper import AUTO, STRANGER, TOP, Site, private_run  # noqa: E402

RETURN_OK = {"x86_64": bytes.fromhex("31c0c3"),  # xor eax, eax; ret
             "aarch64": bytes.fromhex("00008052c0035fd6")}[platform.machine()]
DECLARED = re.compile(r"^enum err\s+(\w+)\(", re.M)
PATIENCE = 8.0  # seconds: a login in which nothing goes wrong takes one
BUILD = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
REQUIRED = ("required_",)  # of these it is asked whether they let pass what is not met


def declared() -> set[str]:
    return {name for header in (TOP / "src").rglob("*.h")
            for name in DECLARED.findall(header.read_text())}


def addresses(program: Path) -> dict[str, int]:
    """Where each function of the program begins."""
    lines = subprocess.run(["nm", "--defined-only", program], check=True, capture_output=True,
                           text=True).stdout.split("\n")
    return {line.split()[2]: int(line.split()[0], 16) for line in lines
            if re.search(r" [Tt] ", line)}


def file_offset(image: bytes, address: int) -> int:
    """Where in an ELF file the byte lies that is loaded at ADDRESS."""
    table, size, count = struct.unpack_from("<Q", image, 32)[0], *struct.unpack_from(
        "<HH", image, 54)
    for at in range(table, table + size * count, size):
        kind, _flags, offset, start, _, length = struct.unpack_from("<IIQQQQ", image, at)
        if kind == 1 and start <= address < start + length:
            return address - start + offset
    raise ValueError(f"nothing is loaded at {address:#x}")


def step_case(name: str, address: int):
    def case(site):
        image = bytearray((BUILD / "itsme-helper").read_bytes())
        at = file_offset(image, address)
        image[at:at + len(RETURN_OK)] = RETURN_OK
        program = programs.changed_helper(site.build, f"early-{site.dir.name}", image)
        if not name.startswith(REQUIRED):
            site.write_map(f"daemon {STRANGER}\n")
        admits_nobody(site, program)
    return case


def admits_nobody(site, program: Path) -> None:
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login="timeout = 10\nrequired_claims = phone_number=nobody's\n")
    helper = Helper([*private_run(site.run), program])
    try:
        helper.request(arguments=(f"config={site.conf}", "debug"))
        said = helper.verdict(PATIENCE)
    except (TimeoutError, BrokenPipeError):
        said = None
    except (ConnectionResetError, AssertionError):  # nothing, or what no module reads
        said = None
    finally:
        helper.channel.close()
        helper.process.kill()
        helper.process.wait()
        helper.process.stderr.close()
    assert said is None or said[0] != "authenticated", said


def whole_program_admits(site):
    """Else all the others would prove nothing: the same person, for an account of theirs."""
    helper = Helper([*private_run(site.run), programs.helper(BUILD)])
    helper.request(arguments=(f"config={site.conf}", "debug"))
    test_helper.expect(helper, "authenticated", "ok")


def whole_program_tells_the_stranger(site):
    site.write_map(f"daemon {STRANGER}\n")
    helper = Helper([*private_run(site.run), programs.helper(BUILD)])
    helper.request(arguments=(f"config={site.conf}", "debug"))
    test_helper.expect(helper, "wrong_account", "wrong_subject")


def main() -> int:
    there = addresses(BUILD / "itsme-helper") if BUILD.name else {}
    cases = {f"early {name}": step_case(name, there[name])
             for name in sorted(declared() & there.keys())}
    cases |= {case.__name__: case
              for case in (whole_program_admits, whole_program_tells_the_stranger)}
    return test_helper.main(cases, lambda build, number: Site(
        build, test_helper.PLACE / f"site{number}", AUTO), {}, {})


if __name__ == "__main__":
    sys.exit(main())
