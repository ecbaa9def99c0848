#!/usr/bin/python3
"""polkit's PAM helper as it is up to 126, setuid: who calls it is known. What 127 makes of it is
tried under systemd (tests/systemd)."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import stacks
from service import UIDS

HELPER = Path("/usr/lib/polkit-1/polkit-agent-helper-1")


class PolkitHost(hosts.Host):
    def reset(self) -> None:
        super().reset()
        stacks.use(arguments="flow=push", services=("polkit-1",))
        HELPER.chmod(0o4755)  # later releases leave that to the administrator
        self.helpers: list[subprocess.Popen] = []

    def authenticate(self, user: str) -> subprocess.Popen:
        """Alice's agent asks for USER, with a cookie that no polkitd knows."""
        helper = subprocess.Popen([HELPER, user], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, user=UIDS["alice"],
                                  group=UIDS["alice"], env={})
        self.helpers.append(helper)
        helper.stdin.write("cookie\n")
        helper.stdin.flush()
        return helper

    def tidy(self) -> None:
        for helper in getattr(self, "helpers", []):
            helper.kill()
            helper.communicate()
        super().tidy()


def test_setuid_helper_rings_its_caller(host):
    helper = host.authenticate("alice")
    assert "PAM_TEXT_INFO We sent a request to your itsme app" in helper.stdout.readline()
    host.provider.approve()
    attempt, = host.log.wait_attempts(1)
    assert (attempt.pairs["outcome"], attempt.pairs["flow"]) == ("authenticated", "push")
    helper.stdout.read()


def test_setuid_helper_rings_nobody_else(host):
    """polkit lets the caller choose whom of the administrators it is."""
    assert host.authenticate("bob").stdout.read().endswith("FAILURE\n")
    attempt, = host.log.wait_attempts(1)
    assert attempt.pairs["reason"] == "first_factor_missing", attempt.pairs
    assert not [request for request in host.provider.requests()
                if request["endpoint"] == "authenticate"]


if __name__ == "__main__":
    checks.main(globals(), PolkitHost)
