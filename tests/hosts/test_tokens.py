#!/usr/bin/python3
"""Every malformed ID Token the simulator can make, against a real login: none gets in."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import host as hosts
import sentences
from doors import Su

# fault: the reason in the log
FORGED = {
    "idtoken-missing": "id_token_missing",
    "idtoken-bad-signature": "signature_invalid",
    "idtoken-foreign-key": "signature_invalid",
    "idtoken-wrong-kid": "kid_unknown",
    "idtoken-alg-none": "token_form",
    "idtoken-hs256": "alg_refused",
    "idtoken-unencrypted": "token_nesting",
    "idtoken-unsigned": "token_form",
    "idtoken-double-nesting": "token_nesting",
    "idtoken-tampered-tag": "decryption_failed",
    "idtoken-tampered-text": "decryption_failed",
    "idtoken-wrong-enc-kid": "kid_unknown",
    "idtoken-rsa1_5": "alg_refused",
    "idtoken-wrong-iss": "claim_iss",
    "idtoken-wrong-aud": "claim_aud",
    "idtoken-expired": "claim_exp",
    "idtoken-future-iat": "claim_iat",
    "idtoken-string-exp": "claim_exp",
    "idtoken-no-sub": "claim_sub",
    "idtoken-long-sub": "claim_sub",
    'idtoken-claims={"sub": "line\\nbreak"}': "claim_sub",
    'idtoken-claims={"exp": 99999999999999999999}': "json_limit",
    'idtoken-claims={"aud": []}': "claim_aud",
    'idtoken-header={"crit": ["exp"]}': "crit_refused",
    "jwks-empty": "kid_unknown",
}


def make_host():
    return hosts.Host("--interval", 1)


def refuses(fault: str, reason: str):
    def test(host):
        host.provider.fault(fault)
        attempt = Su(host)
        attempt.scan()
        host.provider.approve()
        attempt.expect_refused(sentences.BAD_TOKEN, "bad_token", reason)
    test.__name__ = f"test_refused_{fault}".replace(" ", "").replace("-", "_")
    return test


def test_stranger_with_valid_token(host):
    host.provider.fault("idtoken-other-subject")
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_refused(sentences.OTHER_ACCOUNT, "wrong_account", "wrong_subject")


def test_refused_jwks_duplicate_kid(host):
    """Known before anybody can approve."""
    host.provider.fault("jwks-duplicate-kid")
    Su(host).expect_refused(sentences.BAD_TOKEN, "bad_token", "jwks_refused")


def test_weaker_authentication_than_required_is_refused(host):
    host.itsme.configure(login={"required_acr": "advanced"})
    host.provider.fault("idtoken-acr=http://itsme.services/v2/claim/acr_basic")
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_refused(sentences.BAD_TOKEN, "bad_token", "claim_acr")


def test_required_authentication_gets_in(host):
    host.itsme.configure(login={"required_acr": "advanced"})
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


globals().update((test.__name__, test) for test in
                 (refuses(fault, reason) for fault, reason in FORGED.items()))

if __name__ == "__main__":
    checks.main(globals(), make_host)
