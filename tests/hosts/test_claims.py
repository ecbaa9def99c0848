#!/usr/bin/python3
"""ID Tokens in perfect order but for what they claim. None gets in."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import forgeries
import host as hosts
import sentences
from doors import Su

# fault: the reason in the log
FORGED = {
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
}


def make_host():
    return hosts.Host("--interval", 1)


def test_stranger_with_valid_token(host):
    forgeries.refused(host, "idtoken-other-subject", "wrong_subject", sentences.OTHER_ACCOUNT,
                      "wrong_account")


def test_weaker_authentication_than_required_is_refused(host):
    host.itsme.configure(login={"required_acr": "advanced"})
    forgeries.refused(host, "idtoken-acr=http://itsme.services/v2/claim/acr_basic", "claim_acr",
                      sentences.NOT_ENOUGH, "not_good_enough")


def test_required_authentication_gets_in(host):
    host.itsme.configure(login={"required_acr": "advanced"})
    attempt = Su(host)
    attempt.scan()
    host.provider.approve()
    attempt.expect_in()


globals().update(forgeries.tests(FORGED))

if __name__ == "__main__":
    checks.main(globals(), make_host)
