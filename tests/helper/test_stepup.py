#!/usr/bin/python3
"""The real helper against the real simulator: who may have a phone rung, how often, what the
phone shows, and when it need not be rung again.

    test_stepup.py BUILD-DIRECTORY [NAME...]

As test_helper.py, which it stands on; but the person with the phone acts when told to.
"""

import grp
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hostile  # noqa: E402
import test_helper  # noqa: E402
from channel import PLAIN_STYLE, PROMPT_STYLE  # noqa: E402
from test_helper import expect, forget, steps_of  # noqa: E402

CLAIM = "http://itsme.services/v2/claim/"
TEXT = CLAIM + "claim_approval_text_key"
CONFIRM = "confirm_service = TEST_CONFIRM\n"
KEY = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx"
SSH = {"service": "sshd", "tty": "ssh", "rhost": "192.0.2.1", "style": PROMPT_STYLE, "ruid": 0}
# more than any case uses up, for cases that are about something else
PLENTY = "[limits]\nstarts = 100\nstarts_from = 10000\ncooldown = 1\n"


def configure(site, login="", more=""):
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login=f"timeout = 60\n{login}", provider=CONFIRM)
    site.write(site.conf, site.conf.read_text() + more)


def pushes(site):
    """The requests to a phone so far."""
    return [r for r in site.requests() if r["endpoint"] == "authenticate" and r["status"] == 200]


def wait_push(site, earlier):
    """Until the simulator has written down one more than EARLIER."""
    deadline = time.monotonic() + 60
    while len(pushes(site)) <= earlier:
        assert time.monotonic() < deadline, "nothing was asked of the phone"
        time.sleep(0.02)


def text_of(request):
    asked = request["request"]["claims"]["claims"]
    assert asked["userinfo"][TEXT] == asked["id_token"][TEXT], asked
    return asked["userinfo"][TEXT]["value"]


def last_text(site):
    return text_of(pushes(site)[-1])


def pushed(site, *arguments, kind="SHOW", **request):
    """A helper that has rung the phone."""
    helper = site.start(*arguments, **request)
    shown = helper.until(kind)
    assert shown is not None, helper.messages
    assert "We sent a request" in shown["text"], shown
    return helper


def approved(site, *arguments, **request):
    helper = pushed(site, *arguments, **request)
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    return helper


def last_words(helper):
    return helper.messages[-1][1]["text"]


def end(helper):
    """The person leaves; nobody has answered."""
    assert helper.close() == 0, helper.errors


# --- what the phone shows ---------------------------------------------------------------

def text_names_everything(site):
    configure(site)
    helper = pushed(site, rhost="192.0.2.7", command="'/usr/bin/id' -u", service="sudo")
    number = re.search(r"must be (\d\d)\.", helper.messages[-1][1]["text"])[1]
    lines = last_text(site).split("<br>")
    assert lines[0] == f"Log in to <b>{os.uname().nodename}</b> as <b>daemon</b>.", lines
    assert lines[1:5] == [f"Number: <b>{number}</b>", "Command: <b>'/usr/bin/id' -u</b>",
                          "Service: sudo", "From: 192.0.2.7"], lines
    assert re.fullmatch(r"Time: \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}", lines[5]), lines
    assert lines[6:] == ["Refuse if you did not ask for this."], lines
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def text_is_in_the_persons_language(site):
    for language, words in (("nl", "Weiger als u"), ("fr", "Refusez si vous"),
                            ("de", "Lehnen Sie ab")):
        configure(site, more=PLENTY)
        site.write_map(f"daemon sub={site.sub} lang={language}\n")
        helper = site.start()
        helper.until("SHOW")
        assert words in last_text(site), last_text(site)
        end(helper)


def text_of_our_own(site):
    configure(site, login="text = <u>{service}</u> {number}\ntext = {command}\ntext = {user}!\n",
              more="[service:sudo]\ntext = sudo {number}: <b>{command}</b>\n" + PLENTY)
    end(pushed(site))
    assert re.fullmatch(r"<u>test</u> \d\d<br>daemon!", last_text(site)), last_text(site)
    end(pushed(site, service="sudo", command="id"))
    assert re.fullmatch(r"sudo \d\d: <b>id</b>", last_text(site)), last_text(site)


def text_goes_with_the_code_too(site):
    """Somebody who was sent a stranger's QR code sees whose machine it opens."""
    configure(site, login="flow = qr\n")
    earlier = len(pushes(site))
    helper = site.start()
    helper.until("SHOW")
    site.sim("scan")
    site.sim("wait-for approve")
    wait_push(site, earlier)
    assert f"Log in to <b>{os.uname().nodename}</b>" in last_text(site)
    assert "Number" not in last_text(site)
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def text_survives_two_hundred_hostile_ones(site):
    """Three at a time: as command line, remote address and service."""
    configure(site, more=PLENTY)
    texts = hostile.TEXTS + hostile.TEXTS[:-len(hostile.TEXTS) % 3]
    third = len(texts) // 3
    for command, rhost, service in zip(texts[:third], texts[third:2 * third], texts[2 * third:]):
        rhost, service = rhost[:1000], service[:250]
        helper = pushed(site, command=command, rhost=rhost, service=service)
        lines = last_text(site).split("<br>")
        end(helper)
        wanted = [f"Command: <b>{hostile.shown(command, 600)}</b>",
                  f"Service: {hostile.shown(service, 40)}",
                  f"From: {hostile.shown(rhost, 64)}"]
        wanted = [line for line in wanted if not line.endswith((" ", "<b></b>"))]
        assert lines[2:-2] == wanted, f"{command!r} {rhost!r} {service!r}:\n{lines}\n{wanted}"
        assert len(lines) == len(wanted) + 4, lines


# --- the number -------------------------------------------------------------------------

def number_of(site, pattern=r"Number: <b>(\d\d)</b>"):
    return re.search(pattern, last_text(site))[1]


def asked(site, **request):
    configure(site, login="number_match = ask\n", more=request.pop("more", ""))
    rung = len(pushes(site))
    helper = site.start(**request)
    if request.get("style") == PROMPT_STYLE:  # first an Enter, by somebody who has read what for
        for pause in (0, 0.4):
            assert "Press Enter to send a request" in helper.until("PROMPT")["text"]
            assert len(pushes(site)) == rung
            time.sleep(pause)
            helper.answer()
    question = helper.until("QUESTION")
    assert question["text"].endswith("Which number does the phone show? "), question
    assert number_of(site) not in question["text"], "the terminal tells the number"
    return helper


def number_is_asked_for(site):
    for request in ({}, {**SSH, "factor": KEY}):
        helper = asked(site, **request)
        site.sim("approve")
        helper.answer(typed=f" {number_of(site)}")
        expect(helper, "authenticated", "ok")


def number_needs_a_text(site):
    """Without a Confirmation service the phone shows nothing to compare."""
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login="timeout = 60\nnumber_match = ask\n")
    helper = pushed(site, "flow=push")
    assert "number" not in helper.messages[-1][1]["text"], helper.messages
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def number_before_approving(site):
    """However fast it was typed, it is not asked for again: nobody would answer that."""
    helper = asked(site)
    helper.answer(typed=number_of(site))
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    assert [kind for kind, _ in helper.messages].count("QUESTION") == 1, helper.messages


def number_that_is_missing_is_asked_for_again(site):
    helper = asked(site)
    site.sim("approve")
    time.sleep(0.4)         # a program would have answered at once
    helper.answer()
    assert helper.until("QUESTION") is not None, helper.messages
    helper.answer(typed=number_of(site))
    expect(helper, "authenticated", "ok")


def number_that_is_wrong_is_a_refusal(site):
    for spoil in ("{0}", "{0}{1}0", "0{0}{1}", "-{0}{1}", "{0}{1}x", "?", "abc", "another"):
        site.reset()
        helper = asked(site)
        number = number_of(site)
        site.sim("approve")
        another = str(10 + (int(number) - 9) % 90)
        helper.answer(typed=another if spoil == "another" else spoil.format(*number))
        expect(helper, "wrong_number", "wrong_number")
        assert last_words(helper) == "That was not the number on the phone."
        helper = site.start("flow=push")
        expect(helper, "limited", "push_limited")


def entered(site):
    """A helper that has rung a phone which wants the number; the number of the terminal."""
    helper = site.start("flow=push", service="sudo", command="sleep 10", rhost="192.0.2.77")
    shown = helper.until("SHOW")
    return helper, re.search(r"must be (\d\d)\.", shown["text"])[1]


def entry_of_the_right_number(site):
    configure(site)
    helper, number = entered(site)
    waiting = json.loads(site.sim("pending", "--json"))["requests"][-1]
    assert waiting["text"] == last_text(site).replace(f"<b>{number}</b>", "<b>••</b>", 1), waiting
    site.sim("approve --number", number)
    expect(helper, "authenticated", "ok")


def entry_of_another_number_is_a_denial(site):
    configure(site)
    helper, number = entered(site)
    site.sim("approve --number", str(10 + (int(number) - 9) % 90))
    expect(helper, "denied", "user_denied")
    expect(site.start("flow=push"), "limited", "push_limited")


def entry_in_every_language(site):
    for language in ("en", "nl", "fr", "de"):
        configure(site, more=PLENTY)
        site.write_map(f"daemon sub={site.sub} lang={language}\n")
        helper = site.start("flow=push")
        shown = helper.until("SHOW")["text"]
        number = number_of(site, r"\w+\s?: <b>(\d\d)</b>")
        assert re.search(rf"\b{number}\b", shown), shown
        site.sim("approve --number", number)
        expect(helper, "authenticated", "ok")


def entry_wants_nothing_of_who_scanned(site):
    configure(site, login="flow = qr\n")
    helper = site.start(service="sudo", command="sleep 10")
    helper.until("SHOW")
    site.sim("scan")
    site.sim("wait-for approve")
    site.sim("approve")
    expect(helper, "authenticated", "ok")


# --- how often --------------------------------------------------------------------------

def denied_means_a_pause(site):
    configure(site)
    helper = pushed(site, "flow=push")
    site.sim("deny")
    expect(helper, "denied", "user_denied")
    before = len(pushes(site))
    helper = site.start("flow=push")
    expect(helper, "limited", "push_limited")
    seconds = re.fullmatch(r"Too many requests; try again in (\d+) seconds\.", last_words(helper))
    assert 0 < int(seconds[1]) <= 60, last_words(helper)
    helper = site.start("flow=push", language="nl_BE.UTF-8")
    expect(helper, "limited", "push_limited")
    assert last_words(helper).startswith("Te veel aanvragen; probeer het opnieuw over")
    assert len(pushes(site)) == before, "the phone was rung"


def starts_are_counted_until_a_good_login(site):
    configure(site, more="[limits]\nstarts = 3\n")
    for _ in range(2):
        end(pushed(site, "flow=push"))
    approved(site, "flow=push")
    for _ in range(3):
        end(pushed(site, "flow=push"))
    helper = site.start("flow=push")
    expect(helper, "limited", "push_limited")
    assert last_words(helper) == "Too many requests; try again in 10 minutes.", last_words(helper)


def address_is_counted_for_all_accounts(site):
    configure(site, more="[limits]\nstarts_from = 2\n[service:x]\npush_requires = none\n")
    site.write_map(f"daemon sub={site.sub}\nbin sub={site.sub}\nsys sub={site.sub}\n")
    for user in ("daemon", "bin"):
        end(pushed(site, "flow=push", user=user, service="x", rhost="192.0.2.1"))
    expect(site.start("flow=push", user="sys", service="x", rhost="192.0.2.1"),
           "limited", "push_limited")
    end(pushed(site, "flow=push", user="sys", service="x", rhost="192.0.2.2"))


def code_is_left_when_the_phone_may_not_ring(site):
    configure(site, more="[limits]\nstarts = 1\n")
    first = pushed(site)
    for reason in ("push_pending", "push_limited"):
        helper = site.start()
        assert "https://" in helper.until("SHOW")["text"], helper.messages
        assert f"push: {reason}; trying another flow" in helper.log(), helper.log()
        end(helper)
        if reason == "push_pending":
            end(first)


def where_no_code_is_shown_the_reason_of_the_silence_counts(site):
    """Else a greeter's stack would fall back once somebody has had the phone rung too often."""
    configure(site, more="[limits]\nstarts = 1\nwindow = 600\n")
    helper = pushed(site, style=PLAIN_STYLE)
    expect(site.start(style=PLAIN_STYLE), "limited", "push_pending")
    helper.close()
    expect(site.start(style=PLAIN_STYLE), "limited", "push_limited")
    forget(site.run)
    # who calls a program for somebody else has shown nothing; a greeter is nobody's to call
    expect(site.start(style=PLAIN_STYLE, ruid=12345), "refused", "first_factor_missing")
    expect(site.start(style=PLAIN_STYLE, ruid=0), "no_picture", "service_shows_no_picture")


def fifty_at_once_make_one_push(site):
    configure(site)
    before = len(pushes(site))
    helpers = [site.start("flow=push") for _ in range(50)]
    ringing = []
    for helper in helpers:
        while True:
            kind, fields = helper.receive(120)
            if kind in ("SHOW", "VERDICT"):
                break
        if kind == "SHOW":
            ringing.append(helper)
        else:
            assert fields["reason"] == "push_pending", fields
            assert fields["text"].startswith("Another request for this user"), fields
            end(helper)
    assert len(ringing) == 1, len(ringing)
    assert len(pushes(site)) == before + 1, "the phone was rung more than once"
    site.sim("approve")
    expect(ringing[0], "authenticated", "ok", 120)


def killed_at_every_step_leaves_no_lock(site):
    configure(site, more=PLENTY)
    for step in ("start", "metadata", "authentication", "keys", "token"):
        helper = site.start("flow=push")
        while step != "start" and step not in steps_of(helper):
            assert helper.receive() is not None, helper.messages
        helper.process.send_signal(signal.SIGKILL)
        assert helper.close() == -signal.SIGKILL
        end(pushed(site, "flow=push"))
    approved(site, "flow=push")


def damaged_record_rings_nobody(site):
    configure(site)
    end(pushed(site, "flow=push"))
    for kept in site.run.glob("accounts/account-*"):
        kept.write_bytes(b"x" * 512)
    expect(site.start("flow=push"), "limited", "push_limited")


def unsafe_state_rings_nobody(site):
    configure(site)
    end(pushed(site))
    (site.run / "accounts").chmod(0o755)
    try:
        helper = site.start("flow=push")
        expect(helper, "misconfigured", "state_unsafe")
        assert "mode 0755" in helper.log(), helper.log()
        helper = site.start()
        assert "https://" in helper.until("SHOW")["text"], "the code needs no record"
        end(helper)
    finally:
        (site.run / "accounts").chmod(0o700)


# --- who may have it rung ---------------------------------------------------------------

# [login] push_requires, arguments, what the request says -> whether the phone rings
CALLERS = [
    ("first_factor", (), SSH, False),
    ("first_factor", (), {**SSH, "factor": KEY}, True),
    ("first_factor", (), {**SSH, "factor": "password\n"}, True),
    ("first_factor", (), {**SSH, "factor": f"keyboard-interactive\n{KEY}\n"}, True),
    ("first_factor", (), {**SSH, "factor": "keyboard-interactive"}, False),
    ("first_factor", (), {**SSH, "factor": "publickeys x\nxpassword"}, False),
    ("first_factor", (), {**SSH, "factor": "public x\npass\n\nhost"}, False),
    ("first_factor", (), {**SSH, "factor": "none"}, False),
    ("first_factor", ("first_factor",), SSH, True),
    ("none", (), SSH, True),
    ("first_factor", (), {"service": "sudo", "ruid": 1}, True),
    ("first_factor", (), {"service": "su", "ruid": 2}, False),
    ("first_factor", (), {"service": "login", "ruid": 0}, False),
]


def push_needs_a_first_factor(site):
    for requires, arguments, request, rings in CALLERS:
        site.reset()
        configure(site, login=f"push_requires = {requires}\n", more=PLENTY)
        helper = site.start("flow=push", *arguments, **request)
        if rings:
            assert helper.until("PROMPT" if "tty" in request else "SHOW"), (request, helper.log())
            end(helper)
        else:
            expect(helper, "refused", "first_factor_missing")
            helper = site.start(*arguments, **request)
            shown = helper.until("PROMPT" if "tty" in request else "SHOW")
            assert "https://" in shown["text"], (request, shown)
            end(helper)


def service_sections_count(site):
    configure(site, login="flow = qr\n", more="[service:sudo]\nflow = push\ntimeout = 30\n")
    end(pushed(site, service="sudo"))
    helper = site.start(service="su")
    assert "https://" in helper.until("SHOW")["text"]
    end(helper)


REQUIRED = [
    ("required_claims = claim_device.rooted=false email_verified=true", "", "ok"),
    ("required_claims = claim_device.rooted=true", "", "claim_required"),
    ("required_claims = claim_device.missing=1", "", "claim_required"),
    ("required_claims = email_verified=true", 'idtoken-claims={"email_verified":false}',
     "claim_required"),
    ("max_age = 60", "", "claim_auth_time"),
    ("max_age = 60", 'idtoken-claims={"auth_time":1}', "claim_auth_time"),
    ("max_age = 60", 'idtoken-claims={"auth_time":NOW}', "ok"),
    ("required_acr = advanced", "", "ok"),
    ("required_acr = advanced", "idtoken-acr=http://itsme.services/v2/claim/acr_basic", "claim_acr"),
]


def required_is_required(site):
    """Asked for and not delivered is a refusal, whichever flow it was."""
    for setting, fault, reason in REQUIRED:
        site.reset()
        configure(site, login=setting + "\n", more=PLENTY)
        if fault:
            site.sim("fault set", fault.replace("NOW", str(int(time.time()))))
        helper = pushed(site)
        site.sim("approve")
        verdict = {"ok": "authenticated", "claim_acr": "bad_token"}.get(reason, "not_good_enough")
        expect(helper, verdict, reason)


def required_of_the_service_that_asks(site):
    configure(site, more="[service:sudo]\nrequired_claims = claim_device.rooted=true\n" + PLENTY)
    helper = pushed(site, service="sudo")
    site.sim("approve")
    expect(helper, "not_good_enough", "claim_required")
    approved(site, service="su")


# --- remembered and passed over ---------------------------------------------------------

def remembered_for_the_same_caller(site):
    configure(site, login="remember = 900\n", more=PLENTY)
    ssh = {**SSH, "factor": KEY}
    helper = pushed(site, kind="PROMPT", **ssh)
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    before = len(site.requests())
    helper = site.start(**ssh)
    expect(helper, "authenticated", "ok")
    assert helper.messages[-1][1]["flow"] == "remembered", helper.messages
    assert len(site.requests()) == before, "the provider was asked"
    helper = site.start(purpose=1, **ssh)
    assert helper.until("PROMPT"), helper.messages
    end(helper)
    others = ({"service": "sudo"}, {"rhost": "192.0.2.2"}, {"factor": KEY + "2"}, {"tty": "pts/1"})
    for other in others:
        end(pushed(site, kind="PROMPT", **(ssh | other)))
    site.write_map(f"daemon sub={site.sub}\ndaemon sub=somebody-else\n")
    end(pushed(site, kind="PROMPT", **ssh))
    site.write_map(f"daemon sub={site.sub}\n")
    expect(site.start(**ssh), "authenticated", "ok")
    configure(site, more=PLENTY)
    end(pushed(site, kind="PROMPT", **ssh))


def asked_twice(site, **request):
    """A login that is asked for and approved, and then all the same once more."""
    for _ in range(2):
        helper = pushed(site, kind="PROMPT" if request.get("tty") == "ssh" else "SHOW", **request)
        site.sim("approve")
        expect(helper, "authenticated", "ok")


def remembered_only_where_callers_differ(site):
    """One address, and a first factor that many may have, tell nobody from anybody else."""
    configure(site, login="remember = 900\npush_requires = none\n", more=PLENTY)
    for factor in ("", "password", "hostbased ssh-ed25519 AAAA", "gssapi-with-mic daemon@X",
                   "publickey", KEY + "..."):
        asked_twice(site, **SSH, **({"factor": factor} if factor else {}))
    asked_twice(site, service="sudo")


def remembered_not_by_a_place_that_is_told(site):
    """Terminal and caller are what the kernel says of the host, which is root's here."""
    configure(site, login="remember = 900\n", more=PLENTY)
    for service in ("sudo", "su", "vlock"):
        asked_twice(site, service=service, tty="/dev/pts/7", ruid=1)


def remembered_from_the_first_login_on(site):
    """A login that was spared does not begin the time anew."""
    configure(site, login="remember = 15\n", more=PLENTY)
    ssh = {**SSH, "factor": KEY}
    helper = pushed(site, kind="PROMPT", **ssh)
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    began = time.monotonic()
    while time.monotonic() - began < 12:
        expect(site.start(**ssh), "authenticated", "ok")
        time.sleep(2)
    time.sleep(max(0, began + 16 - time.monotonic()))
    end(pushed(site, kind="PROMPT", **ssh))


def remembered_not_when_denied(site):
    configure(site, login="remember = 900\n", more=PLENTY)
    ssh = {**SSH, "factor": KEY}
    helper = pushed(site, kind="PROMPT", **ssh)
    site.sim("deny")
    expect(helper, "denied", "user_denied")
    time.sleep(2.5)         # the pause after it, in whole seconds
    end(pushed(site, kind="PROMPT", **ssh))


def passed_over_by_rule(site):
    group = grp.getgrgid(1).gr_name     # daemon's own
    before = len(site.requests())
    table = [
        (f"skip_groups = nosuchgroup {group}", {}, "ignored", "skipped_group"),
        ("skip_groups = 1", {}, "ignored", "skipped_group"),
        ("only_groups = nosuchgroup", {}, "ignored", "skipped_group"),
        ("skip_from = 192.0.2.0/24", {"rhost": "192.0.2.1"}, "ignored", "skipped_address"),
        ("skip_from = 192.0.2.0/24", {"rhost": "192.0.2.1", "user": "nosuchuser"},
         "refused", "unknown_user"),
        (f"skip_groups = {group}", {"user": "bin"}, "refused", "unmapped_user"),
        ("only_groups = nosuchgroup", {"user": "root"}, "refused", "root_user"),
        ("skip_groups = root", {"user": "root"}, "ignored", "skipped_group"),
    ]
    for login, request, verdict, reason in table:
        configure(site, login=login + "\n")
        helper = site.start(**request)
        expect(helper, verdict, reason)
        if verdict == "ignored":
            assert "passed over" in helper.log(), helper.log()
    assert len(site.requests()) == before, "the provider was asked"
    configure(site, login=f"only_groups = {group}\nskip_from = 10.0.0.0/8\n")
    end(pushed(site, rhost="192.0.2.1"))


CASES = {f.__name__: f for f in (
    text_names_everything, text_is_in_the_persons_language, text_of_our_own,
    text_goes_with_the_code_too, text_survives_two_hundred_hostile_ones, number_is_asked_for,
    number_needs_a_text, number_before_approving, number_that_is_missing_is_asked_for_again,
    number_that_is_wrong_is_a_refusal, denied_means_a_pause,
    starts_are_counted_until_a_good_login, address_is_counted_for_all_accounts,
    code_is_left_when_the_phone_may_not_ring,
    where_no_code_is_shown_the_reason_of_the_silence_counts, fifty_at_once_make_one_push,
    killed_at_every_step_leaves_no_lock, damaged_record_rings_nobody, unsafe_state_rings_nobody,
    push_needs_a_first_factor, service_sections_count, required_is_required,
    required_of_the_service_that_asks, remembered_for_the_same_caller,
    remembered_only_where_callers_differ, remembered_not_by_a_place_that_is_told,
    remembered_from_the_first_login_on, remembered_not_when_denied, passed_over_by_rule)}


# other ways to serve -> the cases to run on such a site
VARIANTS = {"number entry": (["--number-entry"], [
    entry_of_the_right_number, entry_of_another_number_is_a_denial, entry_in_every_language,
    entry_wants_nothing_of_who_scanned])}


if __name__ == "__main__":
    sys.exit(test_helper.main(CASES, test_helper.sites([]), test_helper.LAST, VARIANTS))
