#!/usr/bin/python3
"""The real helper of an account that has a one-time pass: whom it asks, in which languages, and what
it does with answers that no person gives.

    test_pass.py BUILD-DIRECTORY [NAME...]

As test_helper.py, which it stands on; but the person with the phone acts when told to.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import test_helper  # noqa: E402
import test_steps  # noqa: E402
import programs  # noqa: E402
from channel import FAILED, PLAIN_STYLE, PROMPT_STYLE, VERDICTS, Helper  # noqa: E402
from test_helper import expect, private_run  # noqa: E402

BUILD = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path()
WRONG = "0000-0000-0000-0000"
UNATTENDED_STYLE, IDENTIFY = 4, 1
CONFIRM = "confirm_service = TEST_CONFIRM\n"


def make(site, *options):
    done = subprocess.run([*private_run(site.run), BUILD / "itsmectl", "pass", "daemon", "--config",
                           site.conf, "--json", *options], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done
    return json.loads(done.stdout)["pass"]


def configure(site, provider=CONFIRM, login=""):
    site.write_config(site.ready["issuer"], site.ready["ca_file"],
                      login=f"timeout = 60\n{login}", provider=provider)


def asked(site, **request):
    """A helper that asks for the pass, and has sent nothing to the provider."""
    earlier = len(site.requests())
    helper = site.start(**request)
    question = helper.until("QUESTION")
    assert question is not None and len(site.requests()) == earlier, helper.messages
    return helper


def kinds(helper):
    return [kind for kind, _ in helper.messages]


def right_one_admits_before_any_request(site):
    text = make(site)
    earlier = len(site.requests())
    helper = asked(site)
    helper.answer(typed=text)
    expect(helper, "authenticated", "ok")
    last = helper.messages[-1][1]
    assert last["flow"] == "pass" and not last.get("subject"), last
    assert len(site.requests()) == earlier
    assert text not in str(helper.messages)


def any_style_that_asks_is_asked(site):
    """Also where no code can be shown."""
    make(site)
    for style in (PROMPT_STYLE, PLAIN_STYLE):
        helper = asked(site, style=style)
        assert helper.close() == 0


def host_that_cannot_ask_has_the_phone_rung(site):
    make(site)
    configure(site)
    helper = asked(site)
    helper.answer(FAILED)
    assert "We sent a request" in helper.until("SHOW")["text"], helper.messages
    site.sim("approve")
    expect(helper, "authenticated", "ok")
    assert helper.messages[-1][1]["flow"] == "push"


def enter_however_fast_has_the_phone_rung(site):
    make(site)
    configure(site)
    helper = asked(site)
    helper.answer()
    assert helper.until("SHOW") is not None
    site.sim("approve")
    expect(helper, "authenticated", "ok")


def who_leaves_it_to_the_phone_is_not_asked_again_whether_they_are_there(site):
    """A program that answers the question at once is."""
    make(site)
    configure(site, login="number_match = ask\n")
    for pause, wanted in ((0.5, "QUESTION"), (0, "PROMPT")):
        helper = asked(site, style=PROMPT_STYLE)
        earlier = kinds(helper)
        time.sleep(pause)
        helper.answer()
        while (message := helper.receive(20)) and message[0] not in ("PROMPT", "QUESTION"):
            pass
        assert message and message[0] == wanted, (earlier, message, helper.messages)
        assert ("Which number" in message[1]["text"]) == (wanted == "QUESTION"), message
        helper.close()


def unattended_is_not_asked(site):
    make(site)
    configure(site)
    helper = site.start("first_factor", style=UNATTENDED_STYLE)
    site.sim("wait-for approve")
    assert "QUESTION" not in kinds(helper), helper.messages
    helper.close()


def who_somebody_is_nobody_asks_a_pass_for(site):
    make(site)
    helper = site.start(purpose=IDENTIFY)
    assert helper.until("SHOW") is not None
    assert "QUESTION" not in kinds(helper), helper.messages
    helper.close()


def three_wrong_ones_end_it(site):
    make(site)
    helper = asked(site)
    for number in range(3):
        helper.answer(typed=("?", WRONG, "4711")[number])
        if number < 2:
            assert "Not that one" in helper.until("QUESTION")["text"]
    expect(helper, "refused", "wrong_pass")
    assert kinds(helper).count("QUESTION") == 3


def it_is_not_remembered(site):
    """Neither for the next login nor for one that waits beside it."""
    configure(site, login="remember = 900\n")
    ssh = {"service": "sshd", "tty": "ssh", "rhost": "192.0.2.1", "style": PROMPT_STYLE, "ruid": 0,
           "factor": "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx"}
    text = make(site)
    helper = asked(site, **ssh)
    waiting = site.start(**ssh)
    helper.answer(typed=text)
    expect(helper, "authenticated", "ok")
    assert waiting.until("PROMPT") is not None, waiting.messages
    waiting.close()


def question_is_in_the_persons_language(site):
    make(site)
    for language, words in (("nl", "Eenmalige code"), ("fr", "Code unique"), ("de", "Einmalcode")):
        site.write_map(f"daemon sub={site.sub} lang={language}\n")
        helper = asked(site)
        assert words in helper.messages[-1][1]["text"], helper.messages
        helper.close()


def question_is_over_with_the_login(site):
    make(site)
    site.write_config(site.ready["issuer"], site.ready["ca_file"], login="timeout = 10\n")
    helper = asked(site)
    expect(helper, "expired", "timeout")


def new_size_of_the_terminal_is_no_answer(site):
    text = make(site)
    helper = asked(site)
    helper.resize(100, 40)
    helper.answer(typed=text)
    expect(helper, "authenticated", "ok")


# --- steps that return early, without an error and without having done anything ------------

STEPS = ("account_find", "channel_question", "channel_take", "digest_sha256", "pass_ask", "pass_read",
         "pass_use", "random_bytes", "state_find", "state_lock", "state_read", "state_write",
         "together_begin", "stepup_recall")


def early_case(name, address):
    """Whatever step does nothing, a wrong pass admits nobody."""
    def case(site):
        make(site)
        configure(site)
        image = bytearray((BUILD / "itsme-helper").read_bytes())
        at = test_steps.file_offset(image, address)
        image[at:at + len(test_steps.RETURN_OK)] = test_steps.RETURN_OK
        program = programs.changed_helper(site.build, f"early-{site.dir.name}", image)
        helper = Helper([*private_run(site.run), program])
        said = None
        try:
            helper.request(arguments=(f"config={site.conf}",))
            while (message := helper.receive(3.0)) is not None:
                if message[0] == "QUESTION":
                    helper.answer(typed=WRONG)
                elif message[0] == "VERDICT":
                    said = VERDICTS[message[1]["verdict"]]
        except (TimeoutError, BrokenPipeError):
            pass
        finally:
            helper.channel.close()
            helper.process.kill()
            helper.process.wait()
            helper.process.stderr.close()
        assert said != "AUTHENTICATED", helper.messages
    return case


def early_cases():
    there = test_steps.addresses(BUILD / "itsme-helper")
    missing = set(STEPS) - there.keys()
    assert not missing, f"no such steps: {missing}"
    return {f"early {name}": early_case(name, there[name]) for name in STEPS}


CASES = {name: case for name, case in globals().items()
         if callable(case) and getattr(case, "__module__", "") == __name__
         and name not in ("make", "configure", "asked", "kinds", "early_case", "early_cases")}
CASES |= early_cases() if BUILD.name else {}

if __name__ == "__main__":
    sys.exit(test_helper.main(CASES, test_helper.sites([]), test_helper.LAST, {}))
