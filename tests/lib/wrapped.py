"""pam_itsme without root: a stack under pam_wrapper, everything else in a directory of ours."""
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from installation import CLIENT_ID, SERVICE, Installation
from provider import Provider
from terminal import Terminal

WRAPPER = "libpam_wrapper.so"
STACK = """\
auth     required {module} config={config} style=live
account  required pam_permit.so
"""


class Wrapped:
    """`person` may enter the account that runs this. Close it, or a directory stays."""

    def __init__(self, prefix: Path, person: str = "alice", *provider_settings: object):
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.directory = self._safe_directory()
        self.provider = None
        try:
            self._set_up(prefix, person, provider_settings)
        except BaseException:
            self.close()
            raise

    def _set_up(self, prefix: Path, person: str, provider_settings: tuple) -> None:
        self.itsme = Installation(self.directory / "etc", prefix / "sbin/itsmectl")
        jwks = self.directory / "client-jwks.json"
        self.itsme.publish_keys(jwks)
        self.provider = Provider(self.directory / "provider", CLIENT_ID, SERVICE, jwks,
                                 *provider_settings)
        self.itsme.meet(self.provider, {self.user: person})
        self.stacks = self.directory / "pam.d"
        self.stacks.mkdir()
        (self.stacks / "other").write_text("")  # libpam complains where there is none
        (self.stacks / "demo").write_text(STACK.format(
            module=prefix / "lib/security/pam_itsme.so", config=self.itsme.config))

    @staticmethod
    def _safe_directory() -> Path:
        """Below nothing that others may write to, or the helper would refuse the files."""
        if os.geteuid() == 0:
            parent = Path("/run")  # the helper, then nobody, must get at the CA file
        else:
            parent = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            parent.mkdir(mode=0o700, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix=f"pam_itsme-{os.getpid()}-", dir=parent))
        directory.chmod(0o755)
        return directory

    def pamtester(self, **options) -> Terminal:
        environment = {"LD_PRELOAD": WRAPPER, "PAM_WRAPPER": "1",
                       "PAM_WRAPPER_SERVICE_DIR": str(self.stacks)}
        return Terminal("pamtester", "demo", self.user, "authenticate",
                        environment=environment, **options)

    def close(self) -> None:
        if self.provider:
            self.provider.close()
        shutil.rmtree(self.directory)
