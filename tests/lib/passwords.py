"""The doors for who knows a password and has no phone."""
import accounts
from doors import Door, Login, Ssh, Su, Sudo

PASSWORD, WRONG = "correct horse", "wrong"
QUESTION = r"[Pp]assword( for \w+)?: ?$"
NO = r"incorrect|[Ff]ailure|[Ee]rror|denied|abort|Sorry"


class ByPassword(Door):
    """Types PASSWORD when it is asked for, and nothing else."""

    def __init__(self, host, user: str, password: str = PASSWORD, **options):
        super().__init__(host, user, **options)
        self.password = password

    def _type(self) -> bool:
        """False: it was not even asked for."""
        asked = self.terminal.wait_for(f"{QUESTION}|{NO}")[0].lower().startswith("password")
        if asked:
            self.terminal.send(self.password + "\r")
        return asked

    def gets_in(self) -> bool:
        if self._type():
            self.terminal.finish()
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
    pass
