"""Runs the functions named test_... of a test program and counts; no more than that.

Outside a private world the program first starts itself again inside one.
"""
import argparse
import os
import sys
import time
import traceback
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REASON_MAX = 1000
WORLD = CHECKOUT / "tests/hosts/world"


def main(tests: dict, fixture=None, within: tuple = ()) -> None:
    """TESTS is the program's globals(); FIXTURE makes the argument each test gets; WITHIN is a
    command that runs what follows it, between the world and the program."""
    parser = argparse.ArgumentParser(description=tests["__doc__"])
    parser.add_argument("--tree", default=os.environ.get("PAM_ITSME_TREE", CHECKOUT / "build/tree"),
                        metavar="DIR", help="what `make install DESTDIR=DIR` installed")
    parser.add_argument("word", nargs="*", help="run only tests with one of these in their name")
    options = parser.parse_args()
    if fixture and "PAM_ITSME_WORLD" not in os.environ:
        program = str(Path(sys.argv[0]).resolve())
        os.execv(WORLD, [str(WORLD), "--tree", str(options.tree), *map(str, within), program,
                         *options.word])
    chosen = [test for name, test in tests.items() if name.startswith("test_")
              and (not options.word or any(word in name for word in options.word))]
    sys.exit(run(chosen, fixture))


def run(chosen: list, fixture) -> int:
    shared = fixture() if fixture else None
    passed = failed = 0
    for test in chosen:
        began = time.monotonic()
        reason = failure(lambda: once(test, shared))
        story = shared.story() if shared and reason else ""
        if shared:
            left = failure(shared.tidy)
            reason = reason or left
        took = time.monotonic() - began
        if reason is None:
            passed += 1
            print(f"ok {test.__name__} ({took:.1f} s)", flush=True)
        else:
            failed += 1
            print(f"FAIL {test.__name__} {reason}\n{story}", flush=True)
    if shared:
        shared.close()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def once(test, shared) -> None:
    if shared is None:
        test()
    else:
        shared.reset()
        test(shared)
        shared.verify_clean()


def failure(action) -> str | None:
    """Why it fails, on one line; None where it does not."""
    try:
        action()
    except Exception as error:  # whatever went wrong, the next test must still run
        line = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(line.filename).name}:{line.lineno}"
        return " ".join(f"{where} {type(error).__name__}: {error}".split())[:REASON_MAX]
    return None
