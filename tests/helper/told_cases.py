"""Cases beside the table of test_told.py, about what a single fault does not show: function(world,
build, number) each."""

import threading

from faults import FAULTS
from faulty_op import FOREVER, FaultyOp, ONCE
from told_login import LOG_DEBUG, Login, NUMBERS, Soft

MANY, POLLS = 30, 6     # logins that begin together, and their polls
OUTAGE = 8              # seconds
LONGER = 24             # [login] timeout, where ten seconds are too few


def soft(condition, login, text=""):
    if not condition:
        raise Soft(f"{text} {login.verdict} {login.word}\n{login.log()}")


class Given:
    """A login and its provider; `bend` changes the provider before it begins."""

    def __init__(self, world, build, number, flow, fault=None, step=None, times=0, bend=None,
                 asks=None, **more):
        self.op = FaultyOp(world, flow, number, fault, step, times)
        if bend is not None:
            bend(self.op)
        self.login = Login(build, self.op, asks, **more)

    def run(self):
        try:
            self.login.run()
        finally:
            self.op.close()
        self.login.check_always()
        return self.login


def lines_of(login):
    """What is in the log, but for what only debug shows and how far it came."""
    return [fields["text"] for kind, fields in login.helper.messages
            if kind == "LOG" and fields["priority"] < LOG_DEBUG
            and not fields["text"].startswith("event=")]


def outage(fault):
    """It is away for eight seconds while the person is about to approve."""
    def case(world, build, number):
        def bend(op):
            op.outage = OUTAGE
        login = Given(world, build, number, "device", fault, "token", FOREVER, bend,
                      timeout=LONGER).run()
        soft(login.verdict == "authenticated" and login.met() >= 2, login)
        soft(login.elapsed > OUTAGE, login)
    return case


def last_question(world, build, number):
    """503 for five minutes, but the phone has approved: asked again in time."""
    login = Given(world, build, number, "device", FAULTS["503, HTML, Retry-After 300 s"],
                  "token", ONCE).run()
    soft(login.verdict == "authenticated" and login.elapsed > login.timeout / 2, login)


def limited_goes_on(flow, step, more):
    """Where the phone may not be rung now, the code is shown."""
    def case(world, build, number):
        def bend(op):
            op.may_ring = 1 + (flow == "push")  # whoever scans is asked as well
        login = Given(world, build, number, flow, FAULTS["429, `slow_down`"], step, ONCE, bend,
                      asks="auto", more=more).run()
        soft(login.verdict == "authenticated", login)
        shown = [fields["text"] for kind, fields in login.helper.messages if kind == "SHOW"]
        assert len(shown) >= 1 and "https://" in shown[0], shown
        assert any("trying another flow" in line for line in lines_of(login)), login.log()
    return case


def limited_says_for_how_long(world, build, number):
    for flow, step in (("ciba", "authentication"), ("device", "device")):
        login = Given(world, build, number, flow,
                      FAULTS["429, nothing, Retry-After 300 s"], step, FOREVER).run()
        soft(login.verdict == "limited", login)
        assert "try again in 5 minutes" in login.text, login.text


def nobody_answers(flow):
    """One line, which is the module's own."""
    def case(world, build, number):
        def bend(op):
            op.pending = 99
        login = Given(world, build, number, flow, bend=bend).run()
        soft((login.verdict, login.word) == ("expired", "timeout"), login)
        assert not lines_of(login), login.log()
    return case


def not_good_enough(flow, required, level):
    def case(world, build, number):
        def bend(op):
            op.claims = {"acr": level}
        login = Given(world, build, number, flow, bend=bend,
                      login=f"required_acr = {required}").run()
        soft((login.verdict, login.word) == ("not_good_enough", "claim_acr"), login)
        assert len(lines_of(login)) == 1, login.log()
    return case


def empty_picture(world, build, number):
    """No screen without anything on it: at once."""
    def bend(op):
        op.world = type("World", (), vars(world) | {"picture": ""})
    login = Given(world, build, number, "qr", bend=bend).run()
    soft((login.verdict, login.word) == ("unavailable", "provider_answer_invalid"), login)
    soft(login.elapsed < login.timeout / 2 and login.shown is None, login)


def grant_lost(world, build, number):
    """The tokens were on their way; asked again, the provider has none left. That is the
    connection's fault, not the set-up's."""
    spent = Given(world, build, number, "device", FAULTS["closed in the body"], "token", ONCE)
    good = spent.op.take_token
    spent.op.take_token = lambda *a: (400, b'{"error": "invalid_grant"}') if spent.op.granted \
        else good(*a)
    login = spent.run()
    soft((login.verdict, login.word) == ("unavailable", "provider_unreachable"), login)


def interval_is_named(world, build, number):
    def bend(op):
        good = op.take_device
        op.take_device = lambda *a: (200, good(*a)[1] | {"interval": 600})
    login = Given(world, build, number, "device", bend=bend).run()
    soft(login.verdict == "unavailable", login)
    line, = lines_of(login)
    assert "interval" in line and "600" in line and "allowed" in line, line


def waits_spread(world, build, _number):
    """Logins that began together do not come back together, and none is ever early."""
    def bend(op):
        op.pending = POLLS
    all_of_them = [Given(world, build, NUMBERS - 1 - i, "device", bend=bend)
                   for i in range(MANY)]
    threads = [threading.Thread(target=given.login.run) for given in all_of_them]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gaps = []
    for given in all_of_them:
        given.op.close()
        polls = [seconds for step, seconds in given.op.stands if step == "token"]
        gaps += [after - before for before, after in zip(polls, polls[1:])]
    assert len(gaps) >= MANY * (POLLS - 2), "too few polls"
    assert min(gaps) >= 1, f"a poll was early: {min(gaps)}"
    spread = sum(gap > 1.02 for gap in gaps) / len(gaps)
    if spread < 0.5:
        raise Soft(f"only {spread:.0%} of the waits are longer by chance")


CASES = {
    "outage of 503 while somebody approves": outage(FAULTS["503, HTML"]),
    "outage without a connection while somebody approves": outage(FAULTS["connection refused"]),
    "503 for five minutes on a poll": last_question,
    "ciba is limited, the code follows": limited_goes_on("ciba", "authentication", ""),
    "push is limited, the code follows": limited_goes_on(
        "push", "authentication", "confirm_service = TEST_CONFIRM"),
    "limited says for how long": limited_says_for_how_long,
    "nobody approves": nobody_answers("device"),
    "nobody approves on the phone": nobody_answers("ciba"),
    "level too low": not_good_enough("device", "high", "low"),
    "level too low at itsme": not_good_enough(
        "qr", "advanced", "http://itsme.services/v2/claim/acr_basic"),
    "empty picture": empty_picture,
    "tokens that were lost": grant_lost,
    "interval too long": interval_is_named,
    "waits spread": waits_spread,
}
