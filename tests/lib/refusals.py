"""The ways an attempt can be refused that every host program must report alike.

Each takes a door's class, knocks, lets the trouble happen, and checks exit status, sentence
and log line. `for_door` makes tests of them: one for each, named after it.
"""
import sentences
from sshd import free_port


def denied(host, door):
    attempt = door(host)
    attempt.scan()
    attempt.enter()
    host.provider.deny()
    attempt.expect_refused(sentences.DENIED, "denied", "user_denied")


def expired(host, door):
    attempt = door(host)
    attempt.scan()
    attempt.enter()
    host.provider.expire()
    attempt.expect_refused(sentences.EXPIRED, "expired", "expired")


def nobody_scans(host, door):
    host.itsme.configure(login={"timeout": 10})
    attempt = door(host)
    attempt.terminal.wait_qr()
    attempt.enter()
    attempt.expect_refused(sentences.EXPIRED, "expired", "timeout")


def somebody_elses_phone(host, door):
    attempt = door(host)
    attempt.scan("bob")
    attempt.enter()
    host.provider.approve()
    attempt.expect_refused(sentences.OTHER_ACCOUNT, "wrong_account", "wrong_subject")


def forged_token(host, door):
    host.provider.fault("idtoken-bad-signature")
    attempt = door(host)
    attempt.scan()
    attempt.enter()
    host.provider.approve()
    attempt.expect_refused(sentences.BAD_TOKEN, "bad_token", "signature_invalid")


def not_in_the_map(host, door):
    host.itsme.map("bob sub=somebody")
    attempt = door(host)
    attempt.expect_refused(sentences.FAILED, "refused", "unmapped_user")
    assert not host.provider.requests(), "the provider was asked about an unmapped user"


def provider_down(host, door):
    host.itsme.configure(provider={"issuer": f"https://localhost:{free_port()}/v2"})
    attempt = door(host)
    attempt.expect_refused(sentences.UNREACHABLE, "unavailable", "provider_unreachable")


ALL = (denied, expired, nobody_scans, somebody_elses_phone, forged_token, not_in_the_map,
       provider_down)


def for_door(door, without: tuple = ()) -> dict:
    """Tests named test_refused_..., to be put among a program's own."""
    return bind([refusal for refusal in ALL if refusal not in without], door, "refused_")


def bind(behaviours, door, prefix: str = "") -> dict:
    """A test for each of BEHAVIOURS, which take (host, door)."""
    def test_of(behaviour):
        def test(host):
            behaviour(host, door)
        test.__name__ = f"test_{prefix}{behaviour.__name__}"
        return test
    tests = map(test_of, behaviours)
    return {test.__name__: test for test in tests}
