"""What a test of hosts that run as the person is given: a Host with a service that listens."""
import time

import host
import sentences
from doors import Door
from service import UIDS, Caller, Listening, Service
from terminal import PATIENCE


class SocketHost(host.Host):
    def __init__(self, *provider_settings: object):
        super().__init__(*provider_settings)
        self.service = self.start_service()
        self.callers: list[Caller] = []

    def reset(self) -> None:
        super().reset()
        if self.service is None:
            self.service = self.start_service()

    def start_service(self):
        return Service()

    def caller(self, user: str = "alice") -> Caller:
        caller = Caller(user)
        self.callers.append(caller)
        return caller

    def ask(self, **request) -> tuple[str, str]:
        """The verdict on alice's REQUEST, once its helper has given back its place too."""
        verdict = self.caller().request(**request).verdict()
        self.wait_helpers(0)
        return verdict

    def replace_service(self, *words: object, **how) -> None:
        """For one test; the next one gets the usual service again."""
        self.stop_service()
        self.service = Service(*words, **how)
        self.service.is_special = True

    def put_listener_before(self) -> None:
        """For one test, as the units have it."""
        self.stop_service()
        self.service = Listening()
        self.service.is_special = True

    def stop_service(self) -> None:
        if self.service:
            self.service.close()
        self.service = None

    def verify_clean(self) -> None:
        self.hang_up()
        super().verify_clean()

    def hang_up(self) -> None:
        for caller in self.callers:
            caller.close()
        self.callers.clear()

    def tidy(self) -> None:
        self.hang_up()
        super().tidy()
        if getattr(self.service, "is_special", False):
            self.stop_service()

    def helper_lines(self) -> list[dict[str, str]]:
        """What the helper itself has logged of each attempt."""
        return [record.pairs for record in list(self.log.records)
                if record.ident == "itsme-helper" and "outcome" in record.pairs]

    def wait_helper_line(self, **wanted: str) -> dict[str, str]:
        deadline = time.monotonic() + PATIENCE
        while True:
            for line in self.helper_lines():
                if wanted.items() <= line.items():
                    return line
            assert time.monotonic() < deadline, f"no line with {wanted}: {self.log.raw}"
            time.sleep(0.02)

    def wait_helpers(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(host.processes(self.helper)) != number:
            assert time.monotonic() < deadline, \
                f"{len(host.processes(self.helper))} helpers, not {number}"
            time.sleep(0.02)


class Unlock(Door):
    """pamtester as the person: a locker that shows what it is given."""
    service = "vlock"

    def knock(self, target: str | None = None, **options):
        return self.host.terminal("pamtester", self.service, target or self.user,
                                  "authenticate", user=self.user, **options)

    def expect_in(self) -> None:
        status = self.terminal.finish()
        assert status == 0 and "successfully authenticated" in self.terminal.text, \
            self.terminal.tail()
        self.expect_log("authenticated", "ok")

    def proof(self) -> str:
        return "successfully authenticated"


def refused_for_another(host: SocketHost) -> None:
    """Alice asks to be bob."""
    attempt = Unlock(host, "alice", target="bob")
    status = attempt.terminal.finish()
    assert status != 0 and sentences.FAILED in attempt.terminal.text, attempt.terminal.tail()
    host.wait_helper_line(outcome="refused", reason="other_user", user="bob",
                          peer_uid=str(UIDS["alice"]))
    assert not host.provider.requests(), "bob's phone could have been rung"
