#!/usr/bin/python3
"""A hostile or broken network and provider: one calm sentence, in time, and nobody gets in."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import sentences
from chance import best_of_three
from doors import Su

TIMEOUT = 10  # seconds for the whole login, the least there is
BEGIN = "user_discovery_sessions"

# fault: (where it strikes, the reason in the log)
BROKEN = {
    "http-500": (BEGIN, "provider_status"),
    "http-html": (BEGIN, "provider_answer_invalid"),
    "http-garbage": (BEGIN, "provider_unreachable"),
    "http-close": (BEGIN, "provider_unreachable"),
    "http-stall": (BEGIN, "provider_timeout"),
    "http-drip": (BEGIN, "provider_timeout"),
    "http-huge": (BEGIN, "provider_answer_too_large"),
    "http-redirect": (BEGIN, "provider_status"),
    "json-duplicate-key": (BEGIN, "provider_answer_invalid"),
    "json-trailing": (BEGIN, "provider_answer_invalid"),
    "qr-missing": ("", "provider_answer_invalid"),
    "tls-wrong-host": ("", "provider_tls"),
    "tls-expired": ("", "provider_tls"),
    "tls-unknown-ca": ("", "provider_tls"),
}


def make_host():
    return hosts.Host("--interval", 1)


def survives(fault: str, path: str, reason: str):
    @best_of_three
    def test(host):
        host.itsme.configure(login={"timeout": TIMEOUT}, provider={"request_timeout": 4})
        host.provider.fault(fault, *(("--path", path) if path else ()))
        began = time.monotonic()
        attempt = Su(host)
        attempt.expect_refused(sentences.UNREACHABLE, "unavailable", reason)
        assert time.monotonic() - began < TIMEOUT, "not before the deadline"
    test.__name__ = f"test_{fault}_is_unavailable".replace("-", "_")
    return test


def late_trouble(host, *fault: str) -> Su:
    """Trouble after the code was scanned, when the provider seemed fine."""
    attempt = Su(host)
    attempt.terminal.wait_qr()
    host.provider.fault(*fault)
    attempt.scan()
    return attempt


def test_token_endpoint_with_unknown_error(host):
    attempt = late_trouble(host, "token-unknown-error")
    attempt.expect_refused(sentences.SETUP, "misconfigured", "provider_error")


def test_one_broken_poll_is_forgiven(host):
    attempt = late_trouble(host, "http-500", "--path", "/token", "--count", "1")
    host.provider.approve()
    attempt.expect_in()


def test_slow_down_is_obeyed(host):
    host.provider.fault("token-slow-down", "--count", "1")
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    polls = [request for request in host.provider.requests() if request["endpoint"] == "token"]
    assert polls[0]["error"] == "slow_down" and polls[1]["gap"] >= 6, polls
    assert not any(request.get("early") for request in polls), polls


def test_retry_after_is_obeyed(host):
    host.provider.fault("retry-after=3", "--path", "/token", "--count", "1")
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()
    polls = [request for request in host.provider.requests() if request["endpoint"] == "token"]
    assert polls[1]["arrived"] - polls[0]["arrived"] >= 3, polls


globals().update((test.__name__, test) for test in
                 (survives(fault, *row) for fault, row in BROKEN.items()))

if __name__ == "__main__":
    checks.main(globals(), make_host)
