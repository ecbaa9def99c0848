"""Forged ID Tokens: each a fault of the simulator and the reason that the log must give."""
import sentences
from doors import Su


def refused(host, fault: str, reason: str, sentence: str = sentences.BAD_TOKEN,
            outcome: str = "bad_token") -> None:
    host.provider.fault(fault)
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_refused(sentence, outcome, reason)


def tests(table: dict[str, str]) -> dict:
    """A test for each row of fault: reason, to be put among a program's own."""
    return dict(bind(fault, reason) for fault, reason in table.items())


def bind(fault: str, reason: str) -> tuple:
    def test(host):
        refused(host, fault, reason)
    test.__name__ = f"test_refused_{fault}".replace(" ", "").replace("-", "_")
    return test.__name__, test
