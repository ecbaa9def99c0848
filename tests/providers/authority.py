"""A throw-away certificate authority, trusted by the private world as the system's others are."""
import shutil
import subprocess
from pathlib import Path

TRUSTED = Path("/etc/ssl/certs")  # by hash, as OpenSSL looks
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: object) -> str:
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True,
                          text=True).stdout


class Authority:
    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True)
        self.key, self.certificate = directory / "ca.key", directory / "ca.pem"
        openssl("req", "-x509", *EC, "-keyout", self.key, "-out", self.certificate, "-days", 2,
                "-subj", "/CN=Throw-away CA", "-addext", "keyUsage=critical,keyCertSign")
        digest = openssl("x509", "-hash", "-noout", "-in", self.certificate).strip()
        shutil.copyfile(self.certificate, TRUSTED / f"{digest}.0")

    def certify(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of the server NAME, which this machine knows as itself."""
        key, request = self.directory / f"{name}.key", self.directory / f"{name}.csr"
        certificate, extensions = self.directory / f"{name}.pem", self.directory / "extensions"
        extensions.write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n")
        openssl("req", "-new", *EC, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", certificate)
        with open("/etc/hosts", "a", encoding="utf-8") as hosts:
            hosts.write(f"127.0.0.1 {name}\n")
        return certificate, key
