"""Throw-away authorities and what they certify, good or bad, without a program for each."""
import base64
import datetime
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwcrypto import jwk

DAY = datetime.timedelta(days=1)


def make_key(kind: str = "EC"):
    """EC (P-256) or RSA, of a size that is still taken."""
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def write_key(path: Path, key) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                       serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()))
    return path


class Pki:
    """One authority: `certificate` is its file. ABOVE, another one, vouches for it."""

    def __init__(self, directory: Path, name: str = "Machines", above: "Pki | None" = None):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.name, self.above = directory, name, above
        self.key = make_key()
        self.certificate = directory / f"{name}.pem"
        self.own = self._make(name, self.key.public_key(), (-1, 2), above or self, True)
        self.certificate.write_bytes(self.own.public_bytes(serialization.Encoding.PEM))

    @staticmethod
    def _make(name, public, days, issuer, is_authority):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(
            subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
            issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer.name)]),
            public_key=public, serial_number=x509.random_serial_number(),
            not_valid_before=now + days[0] * DAY, not_valid_after=now + days[1] * DAY,
            extensions=[x509.Extension(x509.BasicConstraints.oid, True,
                                       x509.BasicConstraints(is_authority, None))])
        if not is_authority:
            for extension in (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
                              x509.SubjectAlternativeName([x509.DNSName(name)])):
                builder = builder.add_extension(extension, False)
        return builder.sign(issuer.key, hashes.SHA256())

    def published(self) -> dict:
        """The JWK Set of somebody who is their own authority (RFC 8705 section 2.2)."""
        key = json.loads(jwk.JWK.from_pyca(self.key.public_key()).export_public())
        der = self.own.public_bytes(serialization.Encoding.DER)
        return {"keys": [{**key, "use": "sig", "x5c": [base64.b64encode(der).decode()]}]}

    def revoke(self, *certificates: Path) -> Path:
        """The file of the list that says so of these, and of no others."""
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.own.subject, last_update=now - DAY, next_update=now + DAY)
        for path in certificates:
            serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, now - DAY).build())
        path = self.directory / f"{self.name}.crl"
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM))
        return path

    def issue(self, name: str, key=None, days: tuple[int, int] = (-1, 1)) -> tuple[Path, Path]:
        """The files of the certificate of the machine NAME, with ours behind where another
        authority vouches for us, and of its key. DAYS: from and to, as from now."""
        key = key or make_key()
        return (self.certify(name, key.public_key(), days),
                write_key(self.directory / f"{name}.key", key))

    def certify(self, name: str, public, days: tuple[int, int] = (-1, 1)) -> Path:
        """The certificate alone, for a key whose PUBLIC half is all that is known."""
        made = self._make(name, public, days, self, False)
        chain = [made, *([self.own] if self.above else [])]
        path = self.directory / f"{name}.pem"
        path.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM)
                                  for one in chain))
        return path
