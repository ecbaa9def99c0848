"""The doors for who knows a password and has no phone."""
import re

import accounts
from doors import Door, Login, Ssh, Su, Sudo
from terminal import PATIENCE

PASSWORD, WRONG = "correct horse", "wrong"
QUESTION = r"[Pp]assword( for \w+)?: ?$"
NO = r"incorrect|exceeded|[Ff]ailure|[Ee]rror|denied|abort|Sorry|Scan this code"


class ByPassword(Door):
    """Types PASSWORD when it is asked for, and nothing else."""

    def __init__(self, host, user: str, password: str = PASSWORD, **options):
        super().__init__(host, user, **options)
        self.password = password

    def _type(self) -> bool:
        """False: it was not even asked for."""
        def asked_or_over():
            return re.search(QUESTION, self.terminal.text) or \
                re.search(NO, self.terminal.text) or not self.terminal.child.isalive()
        self.terminal.wait_until(asked_or_over, "a question or the end", PATIENCE)
        asked = re.search(QUESTION, self.terminal.text) is not None
        if asked:
            self.terminal.send(self.password + "\r")
        return asked

    def gets_in(self) -> bool:
        """Also False where a phone is wanted as well."""
        if self._type():
            self.terminal.wait_until(
                lambda: re.search(NO, self.terminal.text) or not self.terminal.child.isalive(),
                "the end", PATIENCE)
            self.terminal.settle()
        return self.proof() in self.terminal.text

    def expect_in(self) -> None:
        assert self.gets_in(), f"not in: {self.terminal.tail()!r}"

    def expect_out(self) -> None:
        if self._type():
            self.terminal.wait_for(rf"{NO}|(?s:assword.*assword)")
        self.terminal.hang_up()
        assert self.proof() not in self.terminal.text, "in"


class LoginByPassword(ByPassword, Login):
    def gets_in(self) -> bool:
        if self._type():
            said = self.terminal.wait_for(rf"[#$] $|{NO}")[0]
            if said[0] not in "#$":
                return False
            self.terminal.send("cat proof; exit\r")
            self.terminal.finish()
        return self.proof() in self.terminal.text


class SuByPassword(ByPassword, Su):
    pass


class SudoByPassword(ByPassword, Sudo):
    """As root: whoever calls is asked for root's password (`Defaults rootpw`)."""

    def knock(self, **options):
        caller = "mallory" if self.user == "root" else self.user
        return self.host.terminal("sudo", "cat", accounts.ROOT_PROOF, user=caller, **options)

    def proof(self) -> str:
        return accounts.proof("root")


class SshByPassword(ByPassword, Ssh):
    def knock(self, **options):
        return super().knock(words=("-o", "NumberOfPasswordPrompts=1"), **options)
