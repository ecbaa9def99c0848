"""What the product is measured against: the floor, and Debian's sssd-idp."""
import glob
import os
import shutil
import subprocess
import tempfile
import time

import material
from product import BUILD, finish, program

SSSD = os.path.join(BUILD, "sssd")
# The package itself and the libraries of its that a machine without SSSD lacks. Unpacked,
# never installed: installing would put pam_sss into /etc/pam.d.
PACKAGES = ["sssd-idp", "sssd-common", "libtalloc2", "libpopt0", "libjose0"]
LIBRARIES = ["sssd/libsss_debug.so", "libtalloc.so.2", "libpopt.so.0", "libjose.so.0"]


def floor(stub):
    return finish(subprocess.Popen(
        [program("launch"), program("floor"), stub.issuer, stub.path("ca.pem"),
         stub.path("sig.pem"), stub.path("enc.pem"), material.CLIENT_ID, material.SERVICE],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={}, text=True))


def fetch_sssd():
    """Debian's oidc_child with its libraries below build/, if it is not there yet."""
    if os.path.exists(SSSD):
        return
    with tempfile.TemporaryDirectory(dir=BUILD) as work:
        subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *PACKAGES],
                       cwd=work, check=True)
        for package in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg", "-x", package, os.path.join(work, "unpacked")], check=True)
        made = os.path.join(work, "sssd")
        os.mkdir(made)
        shutil.copy(os.path.join(work, "unpacked/usr/libexec/sssd/oidc_child"), made)
        for library in LIBRARIES:
            shutil.copy(glob.glob(f"{work}/unpacked/usr/lib/*/{library}")[0], made)
        os.rename(made, SSSD)


def oidc_child(stub):
    """A device login with the two calls that SSSD makes of it; CPU seconds and wall times."""
    began = time.monotonic()
    code, first = _oidc_child(stub, "--get-device-code", b"")
    shown = time.monotonic()
    subject, second = _oidc_child(stub, "--get-access-token", code.split(b"\n")[0])
    if subject.decode().strip() != material.SUBJECT:
        raise RuntimeError("oidc_child did not log in")
    return {"began": began, "shown": shown, "ended": time.monotonic(), "cpu": first + second}


def _oidc_child(stub, what, stdin):
    read, write = os.pipe()
    os.write(write, stdin)
    os.close(write)
    command = [os.path.join(SSSD, "oidc_child"), what, "--issuer-url=" + stub.issuer,
               "--client-id=bench-device", "--ca-db=" + stub.path("ca.pem"), "--scope=openid",
               "--logger=stderr"]
    process = subprocess.Popen(command, stdin=read, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env={"LD_LIBRARY_PATH": SSSD})
    os.close(read)
    out = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"oidc_child ended with {process.returncode}")
    return out, used.ru_utime + used.ru_stime
