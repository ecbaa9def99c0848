"""A person who leaves in the middle: the login ends at once, on every host program alike.

`for_door` makes tests of it, as in refusals.py.
"""
from doors import leaves_promptly


def interrupt(host, door):
    attempt = leaves_promptly(host, door, lambda attempt: attempt.terminal.interrupt())
    status = attempt.terminal.finish()
    assert status != 0 or not attempt.says_refused
    assert attempt.proof() not in attempt.terminal.text


def hang_up(host, door):
    attempt = leaves_promptly(host, door, lambda attempt: attempt.terminal.hang_up())
    attempt.terminal.wait_exit()


ALL = (interrupt, hang_up)


def for_door(door, without: tuple = ()) -> dict:
    """Tests named test_..._ends_it_at_once, to be put among a program's own."""
    return {f"test_{departure.__name__}_ends_it_at_once": bind(departure, door)
            for departure in ALL if departure not in without}


def bind(departure, door):
    def test(host):
        departure(host, door)
    test.__name__ = f"test_{departure.__name__}_ends_it_at_once"
    return test
