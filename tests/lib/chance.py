"""What chance may do to a test that measures time: a machine that is busy with something else is
late now and then; what is late by design is late each time."""
import functools


def best_of_three(test):
    """TEST takes one place, a host or a site, which `reset` makes fit for another try."""
    @functools.wraps(test)
    def tried(place):
        for _ in range(2):
            try:
                return test(place)
            except AssertionError:
                place.reset()
        return test(place)
    return tried
