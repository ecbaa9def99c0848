"""The ways into the machine: how to knock, and what only somebody who got in can show."""
import time

import accounts
import qr
import sentences
from chance import best_of_three
from terminal import PATIENCE

FINAL = {"authenticated", "denied", "expired", "wrong_account", "bad_token", "aborted",
         "wrong_number", "limited", "not_good_enough"}
READING = 0.4  # seconds that a person takes at least; who is faster counts as a program


class Door:
    """One attempt of one person. `knock` starts the host program as that person would."""
    service = ""
    presses_enter = False  # everything rides on a prompt
    says_refused = True  # by an exit status
    tries = 1  # how often the host asks again where the refusal is not a final one

    def __init__(self, host, user: str = "alice", **options):
        self.host, self.user = host, user
        self.terminal = self.knock(**options)

    def knock(self, **options):
        raise NotImplementedError

    def proof(self) -> str:
        return accounts.proof(self.user)

    def scan(self, person: str = "alice", number: int = 1) -> None:
        """Hold the person's phone before the screen, once NUMBER codes have been shown."""
        self.terminal.settle(0.05)
        self.host.provider.scan(qr.scan(self.terminal.wait_qr(number)), person)

    def enter(self) -> None:
        if self.presses_enter:
            time.sleep(READING)
            self.terminal.enter()

    def type(self, words: str) -> None:
        """What a person types at a prompt, as slowly as a person does."""
        time.sleep(READING)
        self.terminal.send(words)
        self.terminal.enter()

    def type_number(self) -> None:
        """The number that the phone shows, where it is asked for; before anybody approves."""
        self.type(self.host.provider.number())

    # --- how it may end -----------------------------------------------------------------

    def expect_in(self) -> None:
        status = self.terminal.finish()
        assert self.proof() in self.terminal.text, \
            f"not in, with exit status {status}: {self.terminal.tail()!r}"
        assert status == 0, f"in, but exit status {status}"
        self.expect_log("authenticated", "ok")

    def expect_refused(self, sentence: str, outcome: str, reason: str,
                       timeout: float = PATIENCE) -> None:
        status = self.terminal.finish(timeout)
        assert self.proof() not in self.terminal.text, "refused, and yet in"
        assert status != 0 or not self.says_refused, "refused with exit status 0"
        said = {known for known in sentences.ALL if known in self.terminal.text}
        assert said == {sentence}, f"said {said}: {self.terminal.tail()!r}"
        self.expect_log(outcome, reason)

    def expect_log(self, outcome: str, reason: str) -> None:
        lines = self.host.log.wait_attempts(1 if outcome in FINAL else self.tries)
        wanted = {"outcome": outcome, "reason": reason, "user": self.user,
                  "service": self.service}
        for line in lines:
            found = {key: line.pairs.get(key) for key in wanted}
            assert found == wanted, f"logged {line.text}"


def leaves_promptly(host, door, leave, seconds: float = 0.5) -> Door:
    """LEAVE(attempt), and the helper is gone within SECONDS. Gives the last attempt."""
    @best_of_three
    def attempt_it(host):
        attempt = door(host)
        attempt.terminal.wait_qr()
        leave(attempt)
        host.wait_no_helper(seconds)
        return attempt
    return attempt_it(host)


class Ssh(Door):
    service, presses_enter, tries = "sshd", True, 3

    def knock(self, **options):
        # It ends a moment later: on a busy machine what a command says last may get lost else.
        return self.host.ssh(self.user, "cat proof; sleep 0.2", **options)


class Su(Door):
    service = "su-l"

    def knock(self, **options):
        return self.host.terminal("su", "-l", self.user, "-c", "cat proof", user="mallory",
                                  **options)


class Sudo(Door):
    service, tries = "sudo", 3

    def knock(self, **options):
        return self.host.terminal("sudo", "cat", accounts.ROOT_PROOF, user=self.user, **options)

    def proof(self) -> str:
        return accounts.proof("root")


class Login(Door):
    service = "login"
    says_refused = False  # util-linux's exits with 0, since whoever starts it asks anew anyway

    def knock(self, **options):
        return self.host.terminal("login", self.user, **options)

    def expect_in(self) -> None:
        # Not before: what is typed while util-linux's login reopens its terminal is lost.
        self.terminal.wait_for(rf"{self.user}@workstation\$ ")
        self.terminal.send("cat proof; exit\r")
        super().expect_in()
