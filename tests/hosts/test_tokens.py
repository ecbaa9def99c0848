#!/usr/bin/python3
"""ID Tokens with a broken shell: signature, encryption, header, keys. None gets in."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import checks
import forgeries
import host as hosts
import sentences

# fault: the reason in the log
FORGED = {
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
    'idtoken-header={"crit": ["exp"]}': "crit_refused",
    "jwks-empty": "kid_unknown",
    "jwks-duplicate-kid": "jwks_refused",
}


def make_host():
    return hosts.Host("--interval", 1)


def test_answer_without_an_id_token_is_no_forgery(host):
    forgeries.refused(host, "idtoken-missing", "id_token_missing", sentences.SETUP,
                      "misconfigured")


globals().update(forgeries.tests(FORGED))

if __name__ == "__main__":
    checks.main(globals(), make_host)
