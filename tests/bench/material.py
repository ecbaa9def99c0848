"""Keys, certificates, tokens and pictures of one benchmark: made once, before any clock runs.

Written with jwcrypto and cryptography; nothing here comes from src/.
"""
import base64
import datetime
import io
import ipaddress
import json
import os
import time

import qrcode
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from jwcrypto import jwe, jwk, jws

CLIENT_ID = "BenchOrganisation"
SERVICE = "BENCH_LOGIN"
SUBJECT = "6g2k9rgglem2dttw5d51ulkxpv24phwatiu6"
RSA_BITS = 2048
ADDRESS = "https://bench.itsme.example/qr?session=".ljust(110, "7")


class Material:
    """What both sides of a login need, as files in one directory of mode 0700."""

    def __init__(self, directory):
        self.directory = directory
        self.signing = self._rsa("sig.pem")
        self.decryption = self._rsa("enc.pem")
        self.provider = jwk.JWK.generate(kty="RSA", size=RSA_BITS, kid="provider-1", use="sig",
                                         alg="RS256")
        self._certificates()

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data):
        """A file only its owner can read, whatever the umask."""
        fd = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def _rsa(self, name):
        key = rsa.generate_private_key(65537, RSA_BITS)
        pem = self.write(name, _pem(key))
        with open(pem, "rb") as text:
            made = jwk.JWK.from_pem(text.read())
        made["kid"] = made.thumbprint()
        return made

    def _certificates(self):
        """An own CA and a P-256 certificate for loopback."""
        ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(
            ec.SECP256R1())
        ca = _certificate("Benchmark CA", ca_key, "Benchmark CA", ca_key, authority=True)
        server = _certificate("127.0.0.1", key, "Benchmark CA", ca_key, authority=False)
        self.write("ca.pem", ca.public_bytes(serialization.Encoding.PEM))
        self.write("server.pem", server.public_bytes(serialization.Encoding.PEM) + _pem(key))

    def jwks(self):
        """The provider's public keys."""
        return json.dumps({"keys": [json.loads(self.provider.export_public())]})

    def signed(self, issuer, client_id=CLIENT_ID, **extra):
        """An ID Token, signed only, fresh for an hour."""
        now = int(time.time())
        claims = {"iss": issuer, "sub": SUBJECT, "aud": client_id, "iat": now, "exp": now + 3600,
                  "acr": "http://itsme.services/v2/claim/acr_basic", **extra}
        token = jws.JWS(json.dumps(claims))
        token.add_signature(self.provider, protected=json.dumps(
            {"alg": "RS256", "kid": "provider-1", "typ": "JWT"}))
        return token.serialize(compact=True)

    def nested(self, issuer):
        """The same, then encrypted to the client's key."""
        token = jwe.JWE(self.signed(issuer).encode(), json.dumps(
            {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "cty": "JWT",
             "kid": self.decryption["kid"]}), recipient=self.decryption)
        return token.serialize(compact=True)


def _pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _certificate(name, key, issuer, issuer_key, authority):
    now = datetime.datetime.utcnow()
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True))
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def qr_picture(address=ADDRESS):
    """The address as the provider sends it: a JPEG in base64."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=6, border=4)
    code.add_data(address.encode(), optimize=0)
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image().get_image().convert("L").save(out, "JPEG", quality=85)
    return base64.b64encode(out.getvalue()).decode()
