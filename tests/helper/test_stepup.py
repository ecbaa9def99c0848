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
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hostile  # noqa: E402
import test_helper  # noqa: E402
from channel import GREETER_STYLE, Helper, LIVE_STYLE, PASSWORD_STYLE, PLAIN_STYLE, PROMPT_STYLE, TEXT_STYLE, UNATTENDED_STYLE  # noqa: E402
from test_helper import expect, forget, steps_of  # noqa: E402

CLAIM = "http://itsme.services/v2/claim/"
TEXT = CLAIM + "claim_approval_text_key"
CONFIRM = "confirm_service = TEST_CONFIRM\n"
HOST = os.uname().nodename
KEY = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx"
SSH = {"service": "sshd", "tty": "ssh", "rhost": "192.0.2.1", "style": PROMPT_STYLE, "ruid": 0}
# more than any case uses up, for cases that are about something else
PLENTY = ("[limits]\nstarts = 100\nstarts_from = 10000\ncooldown = 1\n"
          "codes = 1000\ncodes_from = 10000\ncodes_machine = 100000\n")


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


def ready(helper):
    """Somebody is there, and says so before a phone rings for a number to be typed."""
    text = helper.until("PROMPT")["text"]
    assert text.endswith("Press Enter to send a request to your phone: "), text
    time.sleep(0.4)         # a program would have answered at once
    helper.answer()


def pushed(site, *arguments, kind="SHOW", **request):
    """A helper that has rung the phone."""
    helper = site.start(*arguments, **request)
    if kind == "QUESTION" and request.get("style") == PROMPT_STYLE:
        ready(helper)
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
    """The person leaves; nobody has answered, and the request stays live."""
    assert helper.close() == 0, helper.errors


def leave(site, helper):
    """The same, and so much time goes by that nothing is known of it any more."""
    end(helper)
    forget(site.run)


def lapse(site, helper):
    """Nobody has answered, and the provider ends it: it stays counted, but is live no more."""
    site.sim("expire", "latest")
    expect(helper, "expired", "expired")


WAITING = re.compile(r"Another request for this user is still waiting; "
                     r"try again in (\d+) (seconds|minutes)\.")


def live(site):
    """The requests that the phone shows now."""
    return json.loads(site.sim("pending", "--json"))["requests"]


# --- what the phone shows ---------------------------------------------------------------

def text_names_everything(site):
    configure(site)
    helper = pushed(site, rhost="192.0.2.7", service="login")
    number = shown_number(helper)
    lines = last_text(site).split("<br>")
    assert lines[:4] == [f"Log in to <b>{HOST}</b> as <b>daemon</b>.",
                         f"Number: <b>{number}</b>. Your screen must show the same.",
                         "Service: login", "From: 192.0.2.7"], lines
    assert re.fullmatch(r"Time: \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}", lines[4]), lines
    assert lines[5:] == ["Refuse if you did not ask for this."], lines
    site.sim("approve")
    expect(helper, "authenticated", "ok")


# what the request says of a command -> whom it runs as, on the phone
RUNS = [
    ({"service": "sudo", "command": "'/usr/bin/id' -u"}, "root"),
    ({"service": "sudo", "command": "-u bob id", "target": "bob"}, "bob"),
    ({"service": "sudo-i", "command": "-i"}, "root"),
    ({"service": "sudo"}, "root"),
    ({"service": "su"}, None),
]


def text_says_whom_a_command_runs_as(site):
    configure(site, more=PLENTY)
    for request, target in RUNS:
        helper = pushed(site, **request)
        lines = last_text(site).split("<br>")
        leave(site, helper)
        if target is None:
            assert lines[0] == f"Log in to <b>{HOST}</b> as <b>daemon</b>.", lines
            continue
        wanted = [f"Run as <b>{target}</b> on <b>{HOST}</b>.",
                  f"Number: <b>{shown_number(helper)}</b>. Your screen must show the same.",
                  "Asked for by: <b>daemon</b>"]
        if "command" in request:
            wanted.append(f"Command: <b>{request['command']}</b>")
        assert lines[:len(wanted)] == wanted, lines
    configure(site, login="text = {target}! {number}\n", more=PLENTY)
    end(pushed(site, service="sudo", command="id", target="bob"))
    assert re.fullmatch(r"bob! \d\d", last_text(site)), last_text(site)


def text_is_in_the_persons_language(site):
    for language, words in (("nl", "Weiger als u"), ("fr", "Refusez si vous"),
                            ("de", "Lehnen Sie ab")):
        configure(site, more=PLENTY)
        site.write_map(f"daemon sub={site.sub} lang={language}\n")
        helper = site.start()
        helper.until("SHOW")
        assert words in last_text(site), last_text(site)
        leave(site, helper)


def text_of_our_own(site):
    configure(site, login="text = <u>{service}</u> {number}\ntext = {command}\ntext = {user}!\n",
              more="[service:sudo]\ntext = sudo {number}: <b>{command}</b>\n" + PLENTY)
    leave(site, pushed(site))
    assert re.fullmatch(r"<u>test</u> \d\d<br>daemon!", last_text(site)), last_text(site)
    end(pushed(site, service="sudo", command="id"))
    assert re.fullmatch(r"sudo \d\d: <b>id</b>", last_text(site)), last_text(site)


def text_goes_with_the_code_too(site):
    """Somebody who was sent a stranger's QR code sees whose machine it opens."""
    configure(site, login="flow = qr\n")
    earlier = len(pushes(site))
    helper = site.start()
    shown = helper.until("SHOW")["text"]
    site.sim("scan")
    site.sim("wait-for approve")
    wait_push(site, earlier)
    assert f"Log in to <b>{HOST}</b>" in last_text(site)
    for text in (shown, helper.until("SHOW")["text"]):  # once more when it was scanned
        assert f"Check that your phone shows {number_of(site)}." in text, text
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def hostile_lines(number, asks, command, rhost, service, target):
    """What the phone shows for such a request, with TIME for the line with the time."""
    command, rhost, service, target = (hostile.shown(text, most) for text, most in (
        (command, 600), (rhost, 64), (service, 40), (target, 64)))
    where = f"at {HOST}, from {rhost}." if rhost else f"at {HOST}."
    return [line for line in (
        f"Run as <b>{target}</b> on <b>{HOST}</b>." if target
        else f"Log in to <b>{HOST}</b> as <b>daemon</b>.",
        f"Number: <b>{number}</b>" if asks
        else f"Number: <b>{number}</b>. Your screen must show the same.",
        asks and f"Type it only into a terminal that you opened yourself, {where}",
        target and "Asked for by: <b>daemon</b>",
        command and f"Command: <b>{command}</b>",
        service and f"Service: {service}",
        rhost and f"From: {rhost}",
        "TIME", "Refuse if you did not ask for this.") if line]


def text_survives_two_hundred_hostile_ones(site):
    """Four at a time: as command line, remote address, service and target."""
    texts = hostile.TEXTS + hostile.TEXTS[:-len(hostile.TEXTS) % 4]
    quarter = len(texts) // 4
    quarters = [texts[i * quarter:(i + 1) * quarter] for i in range(4)]
    for i, (command, rhost, service, target) in enumerate(zip(*quarters)):
        asks = i % 2 == 1
        configure(site, login="number_match = ask\n" if asks else "", more=PLENTY)
        request = {"command": command, "rhost": rhost[:1000], "service": service[:250],
                   "target": target[:250]}
        helper = pushed(site, kind="QUESTION" if asks else "SHOW", **request)
        text = last_text(site)
        leave(site, helper)
        lines = text.split("<br>")
        lines[-2] = re.sub(r"^Time: [-0-9: +]+$", "TIME", lines[-2])
        wanted = hostile_lines(number_of(site), asks, **request)
        assert lines == wanted, f"{request}:\n{lines}\n{wanted}"
        assert len(text.encode("iso8859-15")) <= 7500


def text_of_four_kilobytes_of_everything(site):
    """The longest of each, of letters that become five, in each language."""
    long = {"command": "&" * 4096, "rhost": "&" * 1024, "service": "\u202e" * 80,
            "target": "<" * 256}
    for language in ("en", "nl", "fr", "de"):
        for asks in (False, True):
            configure(site, login="number_match = ask\n" if asks else "", more=PLENTY)
            site.write_map(f"daemon sub={site.sub} lang={language}\n")
            helper = site.start(**long)
            helper.until("QUESTION" if asks else "SHOW")
            text = last_text(site)
            leave(site, helper)
            assert len(text.encode("iso8859-15")) < 1500, len(text)
            assert re.sub(r"</?b>|<br>", "", text).isprintable(), text
            assert "<" not in re.sub(r"</?b>|<br>", "", text), text


# --- the number -------------------------------------------------------------------------

def number_of(site, pattern=r"\w+\s?: <b>(\d+)</b>"):
    """The number that the phone shows, which stands before everything that a caller says."""
    return re.search(pattern, last_text(site))[1]


def shown_number(helper):
    """The number that the screen shows."""
    return re.search(r"Check that your phone shows (\d\d)\.", helper.messages[-1][1]["text"])[1]


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


def number_over_ssh_is_asked_of_somebody_in_any_style(site):
    """With style=text as well, no phone rings before it is known that somebody can be asked."""
    configure(site, login="push_requires = none\n", more=PLENTY)
    earlier = len(pushes(site))
    helper = site.start(**{**SSH, "style": TEXT_STYLE})
    kind = "LOG"
    while kind == "LOG":
        kind, fields = helper.receive()
    assert len(pushes(site)) == earlier, f"rung already: {kind} {fields}"
    assert kind == "PROMPT" and "Press Enter to send a request" in fields["text"], fields
    end(helper)


def size_of_a_terminal_is_no_enter(site):
    """What the module says of the terminal while the Enter is waited for rings no phone."""
    configure(site, login="push_requires = none\nnumber_match = ask\n", more=PLENTY)
    earlier = len(pushes(site))
    helper = site.start(**SSH)
    helper.until("PROMPT")
    time.sleep(0.4)         # an Enter as fast as a program's would be asked for again
    helper.resize(100, 40)
    try:
        while True:
            kind, _ = helper.receive(timeout=1)
            assert kind == "LOG", kind
    except TimeoutError:
        pass
    assert len(pushes(site)) == earlier
    helper.answer()
    helper.until("QUESTION")
    assert len(pushes(site)) == earlier + 1
    end(helper)


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
    for spoil in ("{0}{1}{2}", "{0}{1}{2}{3}0", "0{0}{1}{2}{3}", "-{0}{1}{2}{3}", "{0}{1}{2}{3}x",
                  "?", "abc", "link", "another"):
        site.reset()
        helper = asked(site)
        number = number_of(site)
        site.sim("approve")
        assert re.fullmatch(r"[1-9]\d{3}", number), number
        another = str(1000 + (int(number) - 999) % 9000)
        helper.answer(typed=another if spoil == "another" else spoil.format(*number))
        expect(helper, "wrong_number", "wrong_number")
        assert last_words(helper) == "That was not the number on the phone."
        # live still where nobody has fetched the approval yet, over where somebody has
        expect(site.start("flow=push"), "limited", "push_pending push_limited")


# --- the number, with a code --------------------------------------------------------------

TYPE = "Scan this code with the itsme app, then type the number that it shows: "
ALONE = "Approve it there. Which number does the phone show? "


def question(helper, ending):
    text = helper.until("QUESTION")["text"]
    assert text.endswith(ending), text
    return text


def code_asked(site, login="", **request):
    """A helper that shows a stranger over ssh a code."""
    configure(site, login=login, more=PLENTY)
    helper = site.start(**(SSH | request))
    text = question(helper, TYPE)
    assert "https://" not in text and "\u2588" in text, text
    return helper


def scanned(site, helper):
    """The phone shows the number, and the helper knows that the code is spent."""
    before = len(pushes(site))
    site.sim("scan")
    wait_push(site, before)
    return number_of(site)


def slowly(helper, **answer):
    time.sleep(0.4)         # a program would have answered at once
    helper.answer(**answer)


def code_and_number(site):
    """The phone has four digits, and says where they belong; the number may come first."""
    for number_first in (True, False):
        helper = code_asked(site)
        number = scanned(site, helper)
        lines = last_text(site).split("<br>")
        assert lines[1:3] == [f"Number: <b>{number}</b>",
                              "Type it only into a terminal that you opened yourself, "
                              f"at {HOST}, from 192.0.2.1."], lines
        assert re.fullmatch(r"[1-9]\d{3}", number), number
        if number_first:
            helper.answer(typed=number)
            time.sleep(1.5)
            site.sim("approve")
        else:
            site.sim("approve")
            time.sleep(1.5)
            helper.answer(typed=f"{number} ")
        expect(helper, "authenticated", "ok")
        assert [kind for kind, _ in helper.messages].count("QUESTION") == 1, helper.messages
        assert number not in "".join(f.get("text", "") for _, f in helper.messages)


def code_and_another_number(site):
    """Refused, and it costs the account's owner nothing: whoever typed it has rung nobody."""
    for typed in ("0", "81", "12345", "0000", "999999"):
        helper = code_asked(site)
        scanned(site, helper)
        site.sim("approve")
        helper.answer(typed=typed)
        expect(helper, "wrong_number", "wrong_number")
    helper = code_asked(site)
    helper.answer(typed="1234")         # a guess before anybody has scanned
    expect(helper, "wrong_number", "wrong_number")
    configure(site)
    end(pushed(site, "flow=push"))


def code_and_no_number(site):
    """Enter before the scan shows the code again, behind it asks for the number alone."""
    helper = code_asked(site)
    for typed in ({}, {"typed": "?"}, {"typed": "Tr0ub4dor&3"}):
        slowly(helper, **typed)
        text = question(helper, TYPE)
        assert "\u2588" in text, text
    number = scanned(site, helper)
    slowly(helper)
    text = question(helper, ALONE)
    assert "\u2588" not in text, text
    slowly(helper, typed="?")
    question(helper, ALONE)
    site.sim("approve")
    time.sleep(1.5)         # approved, and still nothing without it
    slowly(helper)
    question(helper, ALONE)
    slowly(helper, typed=number)
    expect(helper, "authenticated", "ok")


def code_and_link(site):
    helper = code_asked(site)
    slowly(helper, typed="link")
    assert "https://" in question(helper, TYPE)
    slowly(helper)
    assert "https://" in question(helper, TYPE), "the wish has been forgotten"
    number = scanned(site, helper)
    slowly(helper, typed="link")
    question(helper, ALONE)
    site.sim("approve")
    slowly(helper, typed=number)
    expect(helper, "authenticated", "ok")


def code_without_a_picture(site):
    """Where there is no code the address is there at once, and the number asked for."""
    configure(site, more=PLENTY)
    site.write_map(f"daemon sub={site.sub} qr=off\n")
    helper = site.start(**SSH)
    text = question(helper, "type the number that it shows: ")
    assert "\nhttps://" in text and "\u2588" not in text, text
    number = scanned(site, helper)
    site.sim("approve")
    slowly(helper, typed=number)
    expect(helper, "authenticated", "ok")


def code_answered_by_a_program(site):
    helper = code_asked(site)
    for _ in range(2):
        helper.answer()
        question(helper, TYPE)
    helper.answer()
    expect(helper, "not_interactive", "not_interactive")


def code_answered_by_a_slow_program(site):
    """It takes 400 ms for each answer, and is known by giving so many of them."""
    helper = code_asked(site)
    for _ in range(20):
        time.sleep(0.4)
        helper.answer()
        kind = "LOG"
        while kind == "LOG":
            kind, fields = helper.receive()
        if kind == "VERDICT":
            break
    asked = [kind for kind, _ in helper.messages].count("QUESTION")
    assert kind == "VERDICT" and fields["reason"] == "not_interactive", (kind, fields)
    assert 5 < asked < 10, f"{asked} questions"


def code_and_an_impatient_person(site):
    """Five Enters within three seconds, and then the number."""
    helper = code_asked(site)
    for _ in range(5):
        time.sleep(0.5)
        helper.answer()
        question(helper, TYPE)
    scanned(site, helper)
    helper.answer(typed=number_of(site))
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def text_over_ssh_rides_on_a_prompt(site):
    """sshd shows no text before it asks something: with style=text, or live, nobody waits for a
    code or a phone in silence. What unattended is for asks nothing."""
    for style in (TEXT_STYLE, LIVE_STYLE):
        configure(site, login="number_match = show\nflow = qr\n", more=PLENTY)
        helper = site.start(**{**SSH, "style": style})
        shown = helper.until("QUESTION")["text"]
        assert "then press Enter." in shown, shown
        assert "SHOW" not in [kind for kind, _ in helper.messages]
        end(helper)
        configure(site, login="number_match = show\n", more=PLENTY)
        helper = site.start(**{**SSH, "factor": KEY, "style": style})
        assert "We sent a request" in helper.until("PROMPT")["text"]
        site.sim("approve")
        expect(helper, "authenticated", "ok")
        assert "SHOW" not in [kind for kind, _ in helper.messages]


# settings, request -> whether the number is asked for (None: there is none), with a code
MATCHES = [
    ("", {**SSH}, True),
    ("", {**SSH, "factor": "keyboard-interactive"}, True),
    ("flow = qr\n", {**SSH, "factor": KEY}, False),
    ("number_match = show\n", {**SSH}, False),
    ("flow = qr\nnumber_match = ask\n", {**SSH, "factor": KEY}, True),
    ("flow = qr\n", {"service": "su", "tty": "/dev/pts/1"}, False),
    ("flow = qr\nnumber_match = ask\n", {"service": "su", "tty": "/dev/pts/1"}, True),
    ("push_requires = none\nflow = push\n", {**SSH}, True),
]


def number_by_who_asks(site):
    """Typed over ssh by whoever has shown nothing; compared everywhere else."""
    for login, request, asks in MATCHES:
        configure(site, login=login, more=PLENTY)
        helper = site.start(**request)
        kind = "QUESTION" if asks or ("tty" in request and request["tty"] == "ssh") else "SHOW"
        if "flow = push" in login:
            ready(helper)
        text = helper.until(kind)["text"]
        found = re.search(r"Check that your phone shows (\d\d)\.", text)
        assert (found is None) == asks, (login, request, text)
        number = number_of(site) if "flow = push" in login else scanned(site, helper)
        assert re.fullmatch(r"[1-9]\d{3}" if asks else re.escape(found[1]), number), number
        end(helper)
    # the argument is the administrator's word
    configure(site, login="flow = qr\n", more=PLENTY)
    helper = site.start("first_factor", **SSH)
    assert "Check that your phone shows" in helper.until("QUESTION")["text"], helper.messages
    end(helper)


def no_number_where_the_phone_shows_nothing(site):
    for login in ("", "number_match = ask\n"):
        site.write_config(site.ready["issuer"], site.ready["ca_file"], login=f"timeout = 60\n{login}")
        helper = site.start(**SSH)
        text = question(helper, "then press Enter.")
        assert "number" not in text and "shows" not in text, text
        end(helper)


def no_code_where_none_is_seen(site):
    """Asking makes no terminal of a greeter."""
    configure(site, login="flow = qr\nnumber_match = ask\n")
    expect(site.start(style=PLAIN_STYLE), "no_picture", "service_shows_no_picture")


def number_is_any_of_nine_thousand(site):
    """As many as could be are not drawn; but no digit is where it should not be."""
    seen = set()
    for _ in range(12):
        helper = code_asked(site)
        seen.add(scanned(site, helper))
        end(helper)
    assert len(seen) > 6 and all(1000 <= int(number) <= 9999 for number in seen), seen


def entered(site):
    """A helper that has rung a phone which wants the number; the number of the terminal."""
    helper = site.start("flow=push", service="sudo", command="sleep 10", rhost="192.0.2.77")
    shown = helper.until("SHOW")
    return helper, re.search(r"phone shows (\d\d)\.", shown["text"])[1]


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
        number = number_of(site)
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
    seconds = re.fullmatch(r"You refused just now; try again in (\d+) seconds\.", last_words(helper))
    assert 0 < int(seconds[1]) <= 60, last_words(helper)
    helper = site.start("flow=push", language="nl_BE.UTF-8")
    expect(helper, "limited", "push_limited")
    assert last_words(helper).startswith("U heeft net geweigerd; probeer het opnieuw over")
    assert len(pushes(site)) == before, "the phone was rung"


def starts_are_counted_until_a_good_login(site):
    configure(site, more="[limits]\nstarts = 3\n")
    for _ in range(2):
        lapse(site, pushed(site, "flow=push"))
    approved(site, "flow=push")
    for _ in range(3):
        lapse(site, pushed(site, "flow=push"))
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
        shown = helper.until("SHOW")["text"]
        assert "https://" in shown, helper.messages
        assert f"push: {reason}; trying another flow" in helper.log(), helper.log()
        noticed = re.search("another login of this user|any other request", shown)
        assert bool(noticed) == (reason == "push_pending"), shown
        end(helper)
        if reason == "push_pending":
            lapse(site, first)


def where_no_code_is_shown_the_reason_of_the_silence_counts(site):
    """Else a greeter's stack would fall back once somebody has had the phone rung too often."""
    configure(site, more="[limits]\nstarts = 1\nwindow = 600\n")
    helper = pushed(site, style=PLAIN_STYLE)
    expect(site.start(style=PLAIN_STYLE), "limited", "push_pending")
    lapse(site, helper)
    expect(site.start(style=PLAIN_STYLE), "limited", "push_limited")
    forget(site.run)
    # who calls a program for somebody else has shown nothing; a greeter is nobody's to call
    expect(site.start(style=PLAIN_STYLE, ruid=12345), "refused", "first_factor_missing")
    expect(site.start(style=PLAIN_STYLE, ruid=0), "no_picture", "service_shows_no_picture")


GREETER = {"style": GREETER_STYLE, "service": "lightdm", "tty": ":0", "ruid": 0}
GREETED = re.compile(r"Press Enter to log in with itsme\.\nCheck that your phone shows (\d\d)\.\n"
                     r"Then approve within (\d+) seconds\.")
FOR_GREETERS = "[service:lightdm]\npush_requires = none\n"


def greeted(site, **request):
    """A helper that has asked for a key press, and the number it goes with."""
    helper = site.start(**{**GREETER, **request})
    said = helper.until("PROMPT")
    assert said is not None, helper.log()
    found = GREETED.fullmatch(said["text"])
    assert found, said
    return helper, found


def set_aside(site):
    """What was written just now is told from what is written while a login waits."""
    for path in (site.conf, site.dir / "users", Path(site.ready["ca_file"])):
        then = path.stat().st_ctime
        while time.time() < then + 2.1:
            time.sleep(0.1)


def greeter_rings_after_a_key_press_alone(site):
    """All is said at once, as not every greeter shows what comes later."""
    configure(site, more=FOR_GREETERS)
    set_aside(site)
    before, asked = len(pushes(site)), len(site.requests())
    helper, said = greeted(site)
    assert said[2] == "60", said
    time.sleep(1)  # somebody looks for their phone, and nothing is asked of the provider
    assert len(site.requests()) == asked, "something was asked before a key was pressed"
    helper.answer()
    wait_push(site, before)
    assert f"<b>{said[1]}</b>" in last_text(site), (said[0], last_text(site))
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    kinds = [kind for kind, _ in helper.messages if kind != "LOG"]
    assert kinds == ["PROMPT", "VERDICT"], kinds


def greeter_answers_for_who_has_pressed_a_key(site):
    """SDDM begins PAM at Return, and has the answer at once."""
    configure(site, more=FOR_GREETERS)
    set_aside(site)
    before = len(pushes(site))
    helper, _ = greeted(site)
    helper.answer()
    wait_push(site, before)
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def greeter_waits_longer_than_a_login_lasts(site):
    """The time of a login begins with its person; nobody was refused by having come late."""
    configure(site, more=FOR_GREETERS + "timeout = 10\n")
    set_aside(site)
    helper, said = greeted(site)
    assert said[2] == "10", said
    time.sleep(12)
    before = len(pushes(site))
    helper.answer()
    wait_push(site, before)
    time.sleep(4)
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def greeter_behind_a_socket_keeps_no_place(site):
    """Anybody may call there, the places are few, and somebody else may wait for one."""
    configure(site, more=FOR_GREETERS + "timeout = 10\n")
    set_aside(site)
    helper = Helper(["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", *site.helper_program],
                    {"PATH": "/usr/bin:/bin", "LISTEN_FDS": "1"},
                    {"arguments": (f"config={site.conf}",), **GREETER})
    assert helper.until("PROMPT") is not None, helper.log()
    expect(helper, "expired", "outdated")


def greeter_tells_the_phone_when_somebody_came(site):
    """Not when the login screen began to wait, which may be half a day before."""
    configure(site, login="text = at {time}, {number}\n", more=FOR_GREETERS)
    set_aside(site)
    helper, said = greeted(site)
    began = int(time.time()) // 60
    while int(time.time()) // 60 == began:  # it has no seconds
        time.sleep(0.1)
    before = len(pushes(site))
    came = time.strftime("%Y-%m-%d %H:%M")
    helper.answer()
    wait_push(site, before)
    told = re.fullmatch(r"at (\S+ \S+) \S+, \D*(\d\d)\D*", last_text(site))
    assert told and told[1] >= came and told[2] == said[1], (came, said, last_text(site))
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def greeter_forgets_what_has_changed_meanwhile(site):
    """Nobody gets in by a line of the map that was taken out while nobody was there."""
    users, authorities = site.dir / "users", Path(site.ready["ca_file"])
    changes = {
        "map": lambda: site.write_map(""),
        "map, to no effect": lambda: site.write_map(users.read_text()),
        "configuration": lambda: site.write(site.conf, site.conf.read_text()),
        "authorities": lambda: authorities.write_text(authorities.read_text()),
    }
    for what, change in changes.items():
        configure(site, more=FOR_GREETERS)
        set_aside(site)
        enrolled = users.read_text()
        asked = len(site.requests())
        helper, _ = greeted(site)
        change()
        helper.answer()
        expect(helper, "expired", "outdated")
        assert len(site.requests()) == asked, what
        site.write_map(enrolled)
    # nor by what may have changed while it was read
    configure(site, more=FOR_GREETERS)
    helper, _ = greeted(site)
    helper.answer()
    expect(helper, "expired", "outdated")


def greeter_verifies_nobody(site):
    """So no phone rings for it, unless the administrator says so; the log says how."""
    told = "write push_requires = none in the section [service:lightdm]"
    configure(site)
    helper = site.start("flow=push", **GREETER)
    expect(helper, "refused", "first_factor_missing")
    assert told in helper.log(), helper.log()
    helper = site.start(**GREETER)
    expect(helper, "no_picture", "service_shows_no_picture")
    assert told in helper.log(), helper.log()
    configure(site, more=FOR_GREETERS.replace("lightdm", "sddm"))
    expect(site.start("flow=push", **GREETER), "refused", "first_factor_missing")


def greeter_asks_for_a_number_after_the_key(site):
    configure(site, login="number_match = ask\n", more=FOR_GREETERS)
    set_aside(site)
    before = len(pushes(site))
    helper = site.start(**GREETER)
    assert helper.until("PROMPT")["text"] == "Press Enter to log in with itsme."
    helper.answer()
    assert "Which number" in helper.until("QUESTION")["text"]
    wait_push(site, before)
    number = re.search(r"<b>(\d{4})</b>", last_text(site))[1]
    site.sim("approve")
    helper.answer(typed=number)
    expect(helper, "authenticated", "ok")


def greeter_breaks_the_lines_of_a_refusal(site):
    configure(site, more=FOR_GREETERS)
    set_aside(site)
    before = len(pushes(site))
    helper, _ = greeted(site)
    helper.answer()
    wait_push(site, before)
    site.sim("deny")
    expect(helper, "denied", "user_denied")
    helper, _ = greeted(site)
    helper.answer()
    expect(helper, "limited", "push_limited")
    lines = last_words(helper).split("\n")
    assert len(lines) == 2 and all(len(line) <= 36 for line in lines), lines


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
    """And the request counts: what a killed process has sent, nobody knows."""
    configure(site, more=PLENTY)
    for step in ("start", "metadata", "authentication", "keys", "token"):
        helper = site.start("flow=push")
        while step != "start" and step not in steps_of(helper):
            assert helper.receive() is not None, helper.messages
        helper.process.send_signal(signal.SIGKILL)
        assert helper.close() == -signal.SIGKILL
        before = len(pushes(site))
        if step == "start":     # it may have got no further than that
            forget(site.run)
        for _ in range(0 if step == "start" else 3):
            refused = site.start("flow=push")
            expect(refused, "limited", "push_pending")
            assert WAITING.fullmatch(last_words(refused)), last_words(refused)
        assert len(pushes(site)) == before, "the phone was rung beside a live request"
        forget(site.run)
        leave(site, pushed(site, "flow=push"))
    approved(site, "flow=push")


def one_request_is_live_whoever_has_left(site):
    """Ctrl-C five times: one request, one number; and a kill is no way around it."""
    for flow in ("push", "auto"):
        for leaving in ("left", "killed"):
            site.reset()
            for request in live(site):
                site.sim("expire", request["id"])
            configure(site)
            for attempt in range(5):
                helper = site.start(f"flow={flow}")
                if flow == "push" and attempt > 0:
                    expect(helper, "limited", "push_pending")
                    continue
                shown = helper.until("SHOW")["text"]
                assert ("We sent a request" in shown) == (attempt == 0), shown
                if attempt > 0:
                    assert "https://" in shown, shown
                    assert re.search("It is not this one|refuse any other", shown), shown
                if leaving == "killed":
                    helper.process.send_signal(signal.SIGKILL)
                helper.close()
            count = len(live(site))
            print(f"flow={flow}, {leaving} five times: {count} live requests")
            assert count == 1, live(site)


def live_request_is_over_when_the_provider_says_so(site):
    """Whatever its end is to us: the next one may ring at once."""
    table = [("approve", "", "authenticated", "ok"),
             ("approve", "idtoken-bad-signature", "bad_token", "signature_invalid"),
             ("approve", "idtoken-missing", "misconfigured", "id_token_missing"),
             ("approve", "idtoken-other-subject", "wrong_account", "wrong_subject"),
             ("expire latest", "", "expired", "expired")]
    for act, fault, verdict, reason in table:
        site.reset()
        configure(site, more=PLENTY)
        if fault:
            site.sim("fault set", fault)
        helper = pushed(site, "flow=push")
        site.sim(act)
        expect(helper, verdict, reason)
        site.sim("fault clear")
        approved(site, "flow=push")


def live_request_ends_when_the_provider_said(site):
    """Sooner than we had asked for, where it said so."""
    configure(site, more=PLENTY)
    site.sim("fault set", "answer-expires-in=4", "--count", "1")
    end(pushed(site, "flow=push"))
    refused = site.start("flow=push")
    expect(refused, "limited", "push_pending")
    assert int(WAITING.fullmatch(last_words(refused))[1]) <= 6, last_words(refused)
    time.sleep(6.5)
    approved(site, "flow=push")


def live_request_ends_when_the_provider_said_whoever_was_killed(site):
    """Later than we had asked for; Ctrl-C leaves nobody to tell."""
    for signum in (signal.SIGINT, signal.SIGKILL):
        site.reset()
        configure(site, more=PLENTY)
        site.sim("fault set", "answer-expires-in=300", "--count", "1")
        helper = pushed(site, "flow=push")
        helper.process.send_signal(signum)
        helper.close()
        refused = site.start("flow=push")
        expect(refused, "limited", "push_pending")
        wait = WAITING.fullmatch(last_words(refused))
        assert wait and wait[2] == "minutes" and int(wait[1]) in (5, 6), last_words(refused)
        site.sim("expire", "latest")
        forget(site.run)


def request_that_never_rang_is_not_live(site):
    """Refused by the provider, or never sent; and a provider that is away uses up no start."""
    stranger = "sub=nobody-by-that-name"
    for _ in range(8):      # starts = 5
        configure(site)
        site.write_map(f"daemon {stranger}\n")
        expect(site.start("flow=push"), "refused", "unknown_at_provider")
        site.write_config("https://localhost:1/v2", site.ready["ca_file"], provider=CONFIRM)
        expect(site.start("flow=push"), "unavailable", "provider_unreachable")
        expect(site.start("flow=qr"), "unavailable", "provider_unreachable")
    configure(site)
    site.write_map(f"daemon sub={site.sub}\n")
    approved(site, "flow=push")


# --- codes ------------------------------------------------------------------------------

FEW = "[limits]\ncodes = 3\ncodes_from = 5\ncodes_machine = 12\n"
CODES = "Too many codes were asked for from here; try again in 10 minutes."
STRANGER = {**SSH, "rhost": "203.0.113.1"}


def sessions(site):
    return len([r for r in site.requests() if r["endpoint"] == "begin_session"
                and r["status"] == 200])


def shown_code(site, **request):
    """Whether a code is shown; whoever asked for it has left then."""
    helper = site.start("flow=qr", **request)
    kind = "QUESTION" if request.get("style") == PROMPT_STYLE else "SHOW"
    while True:
        got = helper.receive(60)
        assert got is not None, helper.messages
        if got[0] in (kind, "VERDICT"):
            break
    if got[0] == "VERDICT":
        assert got[1]["reason"] == "code_limited", got
        assert got[1]["text"] == CODES, got
    end(helper)
    return got[0] == kind


def scanned_in(site, **request):
    """A login over ssh by a code."""
    for old in live(site):
        try:
            site.sim("expire", old["id"])
        except subprocess.CalledProcessError:  # it has done so by itself
            assert old["id"] not in [request["id"] for request in live(site)], old
    helper = site.start("flow=qr", **request)
    helper.until("QUESTION")
    number = scanned(site, helper)
    site.sim("approve")
    helper.answer(typed=number)
    expect(helper, "authenticated", "ok")


def codes_of(site, most=20, **request):
    """How many codes a caller is shown."""
    return sum(shown_code(site, **request) for _ in range(most))


def codes_are_limited_by_origin(site):
    configure(site, more=FEW)
    site.write_map(f"daemon sub={site.sub}\nbin sub={site.sub}\nsys sub={site.sub}\n")
    before = sessions(site)
    assert codes_of(site, 8, **STRANGER) == 3
    assert codes_of(site, 8, **STRANGER, user="bin") == 2
    assert codes_of(site, 3, **STRANGER, user="sys") == 0
    assert sessions(site) == before + 5, "a session was begun for who was refused"
    # the owner: from another address, behind a key from the same one, and at the machine
    assert codes_of(site, 4, **SSH) == 3
    assert codes_of(site, 4, **STRANGER, factor=KEY) == 3
    assert codes_of(site, 4, service="sudo", ruid=1) == 3
    assert codes_of(site, 4, service="su", ruid=2) == 3


def codes_of_the_machine_stop_strangers_alone(site):
    """And no greeter falls back because of them, nor is refused for what it never asked."""
    configure(site, more=FEW)
    scanned_in(site, **{**SSH, "rhost": "198.51.100.9"})
    total = sum(codes_of(site, 4, **{**SSH, "rhost": f"203.0.113.{i}"}) for i in range(8))
    assert total == 12, total
    assert codes_of(site, 1, **SSH) == 0
    assert codes_of(site, 1, **SSH, factor=KEY) == 1
    assert codes_of(site, 1, service="sudo", ruid=1) == 1
    assert codes_of(site, 1, service="login", ruid=0, tty="tty1") == 1
    assert codes_of(site, 1, **{**SSH, "rhost": "198.51.100.9"}) == 1
    expect(site.start("flow=qr", style=PLAIN_STYLE, ruid=0), "no_picture",
           "service_shows_no_picture")


def codes_of_good_logins_are_taken_back(site):
    """An office behind one address."""
    configure(site, more=FEW)
    for _ in range(8):
        scanned_in(site, **SSH)
    assert codes_of(site, 8, **SSH) == 3


def codes_of_one_login_are_one(site):
    """However often the code is replaced."""
    configure(site, more="[limits]\ncodes = 1\n")
    helper = site.start("flow=qr")
    shown = {helper.until("SHOW")["text"] for _ in range(3)}
    assert len(shown) == 3 and all("https://" in text for text in shown), shown
    end(helper)
    assert not shown_code(site)


def codes_are_shown_where_nothing_can_be_counted(site):
    """Nobody is locked out by what we cannot write down, nor is a phone rung."""
    configure(site, more="[limits]\ncodes = 1\n")
    assert shown_code(site) and not shown_code(site)
    (site.run / "accounts").chmod(0o755)
    try:
        for _ in range(3):
            helper = site.start()
            assert "https://" in helper.until("SHOW")["text"], helper.messages
            assert "no code counted" in helper.log(), helper.log()
            end(helper)
    finally:
        (site.run / "accounts").chmod(0o700)


def full_run_shows_codes_and_rings_nobody(site):
    """What cannot be noted down may not ring; what it would lock out is shown a code."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", site.run],
                   check=True)
    try:
        configure(site)
        site.write_map(f"daemon sub={site.sub}\nbin sub={site.sub}\n")
        with (site.run / "filler").open("wb", buffering=0) as filler:
            while True:
                try:
                    filler.write(b"x" * 4096)
                except OSError:
                    break
        before = len(pushes(site))
        for _ in range(2):
            helper = site.start(user="bin", ruid=2)
            assert "https://" in helper.until("SHOW")["text"], helper.messages
            assert "push: system_call; trying another flow" in helper.log(), helper.log()
            assert "this code is not counted: system_call" in helper.log(), helper.log()
            end(helper)
        expect(site.start("flow=push", user="bin", ruid=2), "misconfigured", "system_call")
        assert len(pushes(site)) == before, "the phone was rung"
    finally:
        subprocess.run(["umount", "--lazy", site.run], check=True)


def identifying_is_not_counted(site):
    """Root's own question of who somebody is."""
    configure(site, more="[limits]\ncodes = 1\ncodes_from = 1\ncodes_machine = 1\n")
    for _ in range(3):
        helper = site.start(purpose=1)
        assert "https://" in helper.until("SHOW")["text"], helper.messages
        end(helper)


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
            known = arguments or "factor" in request
            kind = "SHOW" if "tty" not in request else "PROMPT" if known else "QUESTION"
            if kind == "QUESTION":
                ready(helper)
            assert helper.until(kind), (request, helper.log())
            end(helper)
        else:
            expect(helper, "refused", "first_factor_missing")
            helper = site.start(*arguments, **request)
            shown = helper.until("QUESTION" if "tty" in request else "SHOW")
            assert "\u2588" in shown["text"], (request, shown)
            end(helper)


# [login] lines, arguments, what the request says -> whether a code is shown
STRANGERS = [
    ("qr_requires = first_factor", (), SSH, False),
    ("qr_requires = first_factor", (), {**SSH, "factor": KEY}, True),
    ("qr_requires = first_factor", (), {**SSH, "factor": "keyboard-interactive"}, False),
    ("qr_requires = first_factor", (), {**SSH, "factor": "publickeys x"}, False),
    ("qr_requires = first_factor", ("first_factor",), SSH, True),
    ("qr_requires = first_factor", (), {"service": "sudo", "ruid": 1}, True),
    ("qr_requires = first_factor", (), {"service": "su", "ruid": 2}, False),
    ("qr_requires = first_factor", (), {"service": "login", "ruid": 0}, False),
    ("qr_requires = first_factor\npush_requires = none\nflow = qr", (), SSH, False),
    ("qr_requires = first_factor\nqr_from = 192.0.2.0/28", (), SSH, True),
    ("qr_requires = first_factor\nqr_from = 192.0.2.0/28", (),
     {**SSH, "rhost": "::ffff:192.0.2.9"}, True),
    ("qr_requires = first_factor\nqr_from = 192.0.2.0/28", (), {**SSH, "rhost": "192.0.2.16"},
     False),
    ("qr_requires = first_factor\nqr_from = 0.0.0.0/0 ::/0", (),
     {**SSH, "rhost": "client.example.org"}, False),
    ("qr_requires = first_factor\nqr_from = 0.0.0.0/0 ::/0", (), {"service": "login", "ruid": 0},
     False),
    ("qr_requires = none\nqr_from = 198.51.100.1", (), SSH, True),
]


def code_needs_a_first_factor(site):
    """Where that is demanded: nothing is shown, and the provider hears of nothing."""
    for login, arguments, request, shows in STRANGERS:
        site.reset()
        configure(site, login=login + "\n" + ("" if "flow" in login else "flow = qr\n"),
                  more=PLENTY)
        before = len(site.requests())
        helper = site.start(*arguments, **request)
        if shows:
            shown = helper.until("QUESTION" if "tty" in request else "SHOW")
            assert shown and "\u2588" in shown["text"], (login, request, helper.log())
            end(helper)
        else:
            expect(helper, "refused", "first_factor_missing")
            assert len(site.requests()) == before, (login, request, "the provider was asked")


def code_for_strangers_may_be_a_push(site):
    """`auto` may still ring, where anybody may; and shows nothing where that does not help."""
    configure(site, login="qr_requires = first_factor\npush_requires = none\n",
              more="[limits]\nstarts = 1\n")
    lapse(site, pushed(site, kind="QUESTION", **SSH))
    helper = site.start(**SSH)
    ready(helper)
    expect(helper, "limited", "push_limited")


def stranger_with_a_password_is_told_nothing_either(site):
    """ssh's password method, where a first factor is demanded: the same end, and nobody asked."""
    guess = {**SSH, "style": PASSWORD_STYLE}
    configure(site, login="qr_requires = first_factor\n")
    before = len(site.requests())
    expect(site.start(**guess), "refused", "first_factor_missing")
    expect(site.start(user="bin", **guess), "refused", "unmapped_user")
    assert len(site.requests()) == before, "the provider was asked"
    expect(site.start(**{**guess, "factor": KEY}), "not_interactive", "not_interactive")
    configure(site, login="qr_requires = first_factor\nqr_from = 192.0.2.0/24\n")
    expect(site.start(**guess), "not_interactive", "not_interactive")


def refusal_of_a_stranger_tells_no_language(site):
    """The map's would tell who is in it."""
    configure(site, login="qr_requires = first_factor\n", more=PLENTY)
    said = set()
    for line in (f"daemon sub={site.sub} lang=nl\n", f"daemon sub={site.sub}\n", "# nobody\n"):
        site.write_map(line)
        helper = site.start(**SSH)
        assert helper.verdict()[0] == "refused"
        said.add(last_words(helper))
        helper.close()
    assert said == {"Login failed."}, said


def told(helper):
    """The events in the log, each as its pairs in order."""
    return [dict(pair.split("=") for pair in line.split(" "))
            for line in helper.log().split("\n") if line.startswith("event=")]


def log_tells_how_far_it_has_come(site):
    configure(site, login="flow = qr\nlog_phone = yes\n", more=PLENTY)
    helper = site.start(**SSH)
    helper.until("QUESTION")
    number = scanned(site, helper)
    time.sleep(1.2)
    site.sim("approve")
    helper.answer(typed=number)
    expect(helper, "authenticated", "ok")
    common = {"for": "daemon", "via": "sshd", "from": "192.0.2.1", "factor": "none", "how": "qr"}
    shown, found, confirmed = told(helper)
    assert shown == {"event": "code_shown", **common}, shown
    after = found.pop("after")
    assert found == {"event": "code_scanned", **common} and after.endswith("s"), found
    assert float(confirmed.pop("after")[:-1]) >= float(after[:-1]) + 1, (after, confirmed)
    assert confirmed == {"event": "confirmed", **common, "phone": "198.51.100.7",
                         "model": "ANDROID/14/SIM-1"}, confirmed


def log_tells_of_a_push_and_of_the_code_behind_it(site):
    configure(site, more="[limits]\nstarts = 1\n")
    helper = pushed(site, service="sudo", ruid=1)
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    rung, confirmed = told(helper)
    assert rung == {"event": "phone_rung", "for": "daemon", "via": "sudo", "from": "-",
                    "factor": "caller", "how": "push"}, rung
    assert confirmed["phone"] == confirmed["model"] == "-", f"not asked for: {confirmed}"
    end(pushed(site, service="sudo", ruid=1))
    helper = site.start(**{**SSH, "factor": KEY})
    helper.until("QUESTION")
    end(helper)
    shown, = told(helper)
    assert (shown["event"], shown["factor"]) == ("code_shown", "publickey"), shown


def log_tells_of_a_phone_that_rings_unattended(site):
    configure(site, more=PLENTY)
    earlier = len(pushes(site))
    helper = site.start(**{**SSH, "factor": KEY, "style": UNATTENDED_STYLE})
    wait_push(site, earlier)
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    events = told(helper)
    assert [e["event"] for e in events] == ["phone_rung", "confirmed"], events
    assert events[0] == {"event": "phone_rung", "for": "daemon", "via": "sshd",
                         "from": "192.0.2.1", "factor": "publickey", "how": "push"}, events


def log_asks_a_phone_for_nothing_by_itself(site):
    for setting, asks in (("", False), ("log_phone = yes\n", True)):
        configure(site, login=setting, more=PLENTY)
        leave(site, pushed(site))
        asked = pushes(site)[-1]["request"]["claims"]["claims"]["id_token"]
        assert (CLAIM + "transaction_ip" in asked) == asks, asked
        assert (CLAIM + "claim_device" in asked) == asks, asked


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
        expect(helper, "authenticated" if reason == "ok" else "not_good_enough", reason)


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
    assert helper.until("QUESTION"), helper.messages
    end(helper)
    others = ({"service": "sudo"}, {"rhost": "192.0.2.2"}, {"factor": KEY + "2"}, {"tty": "pts/1"})
    for other in others:
        lapse(site, pushed(site, kind="PROMPT", **(ssh | other)))
    site.write_map(f"daemon sub={site.sub}\ndaemon sub=somebody-else\n")
    lapse(site, pushed(site, kind="PROMPT", **ssh))
    site.write_map(f"daemon sub={site.sub}\n")
    expect(site.start(**ssh), "authenticated", "ok")
    configure(site, more=PLENTY)
    lapse(site, pushed(site, kind="PROMPT", **ssh))


def asked_twice(site, **request):
    """A login that is asked for and approved, and then all the same once more."""
    for _ in range(2):
        helper = pushed(site, kind="PROMPT" if request.get("tty") == "ssh" else "SHOW", **request)
        site.sim("approve")
        expect(helper, "authenticated", "ok")


def remembered_only_where_callers_differ(site):
    """One address, and a first factor that many may have, tell nobody from anybody else."""
    configure(site, login="remember = 900\npush_requires = none\nnumber_match = show\n",
              more=PLENTY)
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
    text_says_whom_a_command_runs_as, text_goes_with_the_code_too,
    text_survives_two_hundred_hostile_ones, text_of_four_kilobytes_of_everything,
    number_is_asked_for, number_over_ssh_is_asked_of_somebody_in_any_style,
    size_of_a_terminal_is_no_enter, code_and_number, code_and_another_number, code_and_no_number,
    code_and_link, code_without_a_picture, code_answered_by_a_program,
    code_answered_by_a_slow_program, code_and_an_impatient_person, text_over_ssh_rides_on_a_prompt,
    number_by_who_asks,
    no_number_where_the_phone_shows_nothing, no_code_where_none_is_seen,
    number_is_any_of_nine_thousand,
    number_needs_a_text, number_before_approving, number_that_is_missing_is_asked_for_again,
    number_that_is_wrong_is_a_refusal, denied_means_a_pause,
    starts_are_counted_until_a_good_login, address_is_counted_for_all_accounts,
    code_is_left_when_the_phone_may_not_ring,
    where_no_code_is_shown_the_reason_of_the_silence_counts,
    greeter_rings_after_a_key_press_alone, greeter_answers_for_who_has_pressed_a_key,
    greeter_waits_longer_than_a_login_lasts, greeter_forgets_what_has_changed_meanwhile,
    greeter_behind_a_socket_keeps_no_place,
    greeter_tells_the_phone_when_somebody_came,
    greeter_verifies_nobody, greeter_asks_for_a_number_after_the_key,
    greeter_breaks_the_lines_of_a_refusal, fifty_at_once_make_one_push,
    one_request_is_live_whoever_has_left,
    live_request_is_over_when_the_provider_says_so, live_request_ends_when_the_provider_said,
    live_request_ends_when_the_provider_said_whoever_was_killed,
    request_that_never_rang_is_not_live, codes_are_limited_by_origin,
    codes_of_the_machine_stop_strangers_alone, codes_of_good_logins_are_taken_back,
    codes_are_shown_where_nothing_can_be_counted, full_run_shows_codes_and_rings_nobody,
    identifying_is_not_counted,
    killed_at_every_step_leaves_no_lock, damaged_record_rings_nobody, unsafe_state_rings_nobody,
    push_needs_a_first_factor, code_needs_a_first_factor, code_for_strangers_may_be_a_push,
    stranger_with_a_password_is_told_nothing_either,
    refusal_of_a_stranger_tells_no_language, log_tells_how_far_it_has_come,
    log_tells_of_a_push_and_of_the_code_behind_it,
    log_tells_of_a_phone_that_rings_unattended, log_asks_a_phone_for_nothing_by_itself,
    service_sections_count, required_is_required,
    required_of_the_service_that_asks, remembered_for_the_same_caller,
    remembered_only_where_callers_differ, remembered_not_by_a_place_that_is_told,
    remembered_from_the_first_login_on, remembered_not_when_denied, passed_over_by_rule)}


# other ways to serve -> the cases to run on such a site
VARIANTS = {"number entry": (["--number-entry"], [
    entry_of_the_right_number, entry_of_another_number_is_a_denial, entry_in_every_language,
    entry_wants_nothing_of_who_scanned]),
            "quick codes": (["--qr-rotate", "2"], [codes_of_one_login_are_one])}


if __name__ == "__main__":
    sys.exit(test_helper.main(CASES, test_helper.sites([]), test_helper.LAST, VARIANTS))
