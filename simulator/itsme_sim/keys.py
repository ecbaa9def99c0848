"""The provider's keys in its state directory: signing keys (JWK) and the private CA for TLS.

What is there is used again, so that a restart is quick and clients can keep the CA file.
"""

import datetime
import functools
import ipaddress
import json
import ssl
import uuid
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwcrypto import jwk

from .files import write_private

DAY = datetime.timedelta(days=1)
LOCALHOST = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
]


@functools.cache
def foreign_key() -> jwk.JWK:
    """A signing key that nobody publishes."""
    return jwk.JWK.generate(kty="RSA", size=2048)


# TLS faults: which certificate is shown instead of the right one.
WRONG_CERTIFICATES = ("tls-wrong-host", "tls-expired", "tls-unknown-ca")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )


class Authority:
    """A certificate authority that issues certificates for this server only."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate):
        self.key = key
        self.certificate = certificate

    @classmethod
    def create(cls, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name)).issuer_name(_name(name))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY).not_valid_after(now + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    def issue(self, names: list, days: int = 365) -> tuple[bytes, bytes]:
        """Return (private key, certificate) as PEM; negative `days` is an expired one."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name("provider simulator")).issuer_name(self.certificate.subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY).not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
            .sign(self.key, hashes.SHA256())
        )
        return _pem(key), certificate.public_bytes(serialization.Encoding.PEM)


class Tls:
    """The server's TLS contexts: the right one, and wrong ones for the TLS faults."""

    def __init__(self, state: Path, name: str = "localhost"):
        self.state = state
        self.names = list(dict.fromkeys([*LOCALHOST, x509.DNSName(name)]))
        self.ca_file = state / "ca.pem"
        self.authority = self._load() or self._create()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def _load(self) -> Authority | None:
        """The authority of an earlier run, unless it is missing, damaged or near its end."""
        try:
            key = serialization.load_pem_private_key(
                (self.state / "ca-key.pem").read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if certificate.not_valid_after < datetime.datetime.utcnow() + DAY:
            return None
        if certificate.public_key().public_numbers() != key.public_key().public_numbers():
            return None         # whoever made a new pair was ended between the two files
        return Authority(key, certificate)

    def _create(self) -> Authority:
        authority = Authority.create("provider simulator CA (for tests only)")
        write_private(self.state / "ca-key.pem", _pem(authority.key))
        write_private(
            self.ca_file, authority.certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    def context(self, kind: str = "right") -> ssl.SSLContext:
        if kind not in self._contexts:
            self._contexts[kind] = self._make(kind)
        return self._contexts[kind]

    def _make(self, kind: str) -> ssl.SSLContext:
        authority, names, days = self.authority, self.names, 365
        if kind == "tls-wrong-host":
            names = [x509.DNSName("another.example")]
        elif kind == "tls-expired":
            days = -1
        elif kind == "tls-unknown-ca":
            authority = Authority.create("somebody else's CA")
        chain = self.state / f"server-{kind}.pem"
        write_private(chain, b"".join(authority.issue(names, days)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain)
        context.set_alpn_protocols(["http/1.1"])
        return context


class ProviderKeys:
    """The provider's JWK Set. The first signing key is the one in use."""

    def __init__(self, state: Path):
        self.file = state / "provider-keys.json"
        try:
            stored = json.loads(self.file.read_text())
        except (FileNotFoundError, ValueError):
            stored = [self._new("sig"), self._new("enc")]
            write_private(self.file, json.dumps(stored))
        self._keys = [jwk.JWK(**key) for key in stored]

    @staticmethod
    def _new(use: str) -> dict:
        kid = f"{use}-{uuid.uuid4()}"
        return jwk.JWK.generate(kty="RSA", size=2048, use=use, kid=kid).export(as_dict=True)

    def rotate(self) -> str:
        """Start signing with a new key; the old ones stay published. Returns its kid."""
        self._keys.insert(0, jwk.JWK(**self._new("sig")))
        write_private(
            self.file, json.dumps([key.export(as_dict=True) for key in self._keys]))
        return self.signing.key_id

    @property
    def signing(self) -> jwk.JWK:
        return next(key for key in self._keys if key.get("use") == "sig")

    def published(self) -> list[dict]:
        return [key.export_public(as_dict=True) for key in self._keys]
