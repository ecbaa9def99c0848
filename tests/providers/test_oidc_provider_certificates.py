#!/usr/bin/python3
"""Logins through npm's oidc-provider by machines that a certificate proves (RFC 8705)."""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))

import checks
import recipes
import sentences
from doors import Ssh, Su
from installation import write
from oidc_provider import DOOR, MACHINES
from pki import Pki, make_key
from place import CONFIG, expect_in_by_page, expect_in_by_phone
from with_oidc_provider import CIBA_LOGIN, make_place


def certify(host, certificate, **changes):
    """The page's configuration of a machine that has this CERTIFICATE."""
    write(CONFIG, recipes.vary(host.recipe["certified.conf"], **{**changes, "client": {
        "certificate": certificate, "certificate_key": certificate.with_suffix(".key"),
        **changes.get("client", {})}}))


def test_machines_with_certificates(host):
    """Each way to log in, either kind of key; the plain port is never shown one."""
    for kind, login, expect_in in (("EC", {}, expect_in_by_page),
                                   ("RSA", CIBA_LOGIN, expect_in_by_phone)):
        host.reset()
        certify(host, host.provider.machines.issue(f"{kind.lower()}.{MACHINES}",
                                                   make_key(kind))[0], **login)
        expect_in(host, Ssh if kind == "EC" else Su)
        doors = {request["endpoint"]: request["door"] for request in host.provider.requests()}
        assert doors["token"] == DOOR != doors["discovery"], doors


def test_machine_that_is_its_own_authority(host):
    certify(host, host.provider.alone.certificate, provider={"client_id": "self-signed"},
            client={"auth": "self_signed_tls_client_auth"})
    expect_in_by_page(host, Su)


def test_machines_that_are_not_let_in(host):
    """A stolen one, another domain's, another authority's, one that nobody knows."""
    machines = host.provider.machines
    others = Pki(machines.directory / "others", "Others")
    for certificate, changes, words in (
            (host.provider.stolen, {}, "client certificate was not verified"),
            (machines.issue("host-1.example.org")[0], {}, "does not match the registered"),
            (machines.issue(MACHINES)[0], {}, "does not match the registered"),
            (others.issue(f"host-1.{MACHINES}")[0], {}, "client certificate was not verified"),
            (machines.issue(f"host-1.{MACHINES}")[0],
             {"provider": {"client_id": "self-signed"}}, "unregistered client certificate")):
        host.reset()
        certify(host, certificate, **changes)
        Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured",
                                "client_refused_by_provider")
        asked = host.provider.requests()
        assert [words in request.get("why", "") for request in asked] == [False, True], asked


def test_certificates_that_are_no_use(host):
    machines = host.provider.machines
    for days in ((-2, -1), (1, 2)):
        host.reset()
        certify(host, machines.issue(f"late.{MACHINES}", days=days)[0])
        Su(host).expect_refused(sentences.PROVIDER_SETUP, "misconfigured", "key_invalid")
        assert not host.provider.requests(), "the provider was asked"


def test_doctor_looks_at_the_certificate(host):
    for days, level in ((100, "ok"), (29, "warning"), (-1, "FAULT")):
        certify(host, host.provider.machines.issue(f"host-1.{MACHINES}", days=(-2, days))[0])
        done = subprocess.run(["itsmectl", "check"], capture_output=True, text=True)
        found = [line.split() for line in done.stdout.splitlines() if "certificate" in line]
        assert found[0][:2] == [level, "certificate"], done.stdout
        assert level == "FAULT" or found[1][:2] == ["ok", "client"], done.stdout


if __name__ == "__main__":
    checks.main(globals(), make_place)
