"""What a fault of the provider has to lead to, by rule: of the place where it happens and of the
kind of thing that it is. Nothing here was copied from what a helper did."""

from typing import NamedTuple

from faults import (BLOCKED, BROKEN, DOWN, LARGE, LIMITED, LOST, MOVED, PATIENCE, REFUSED, SLOW,
                    STRANGER, UNTRUSTED)

BEGIN = "at the beginning, before anything is shown"
RING = "what is asked once, as a phone rings by it"
POLL = "whether somebody has scanned or approved"
BEHIND = "documents, while the code is shown"
AFTER = "after the approval"

# (flow, step) -> where that is. What several flows share is tried in one of them at least.
PLACES = {
    ("device", "metadata"): BEGIN, ("device", "device"): BEGIN, ("qr", "session"): BEGIN,
    ("ciba", "authentication"): RING, ("push", "authentication"): RING,
    ("qr", "authentication"): RING,
    ("device", "token"): POLL, ("qr", "discovery"): POLL, ("qr", "token"): POLL,
    ("device", "keys"): BEHIND, ("qr", "metadata"): BEHIND, ("qr", "keys"): BEHIND,
    ("device", "userinfo"): AFTER, ("device", "new_keys"): AFTER, ("qr", "userinfo"): AFTER,
}
AT_ONCE, ONCE_MORE, IN_TIME = "at once", "after one more try", "in time"


class Ending(NamedTuple):
    verdict: str
    word: str       # in the log
    when: str       # "" where the login went on


LET_IN = Ending("authenticated", "ok", "")
WORDS = {LOST: "provider_unreachable", UNTRUSTED: "provider_tls", SLOW: "provider_timeout",
         LARGE: "provider_answer_too_large", BROKEN: "provider_answer_invalid",
         MOVED: "provider_status", BLOCKED: "provider_refused", DOWN: "provider_status",
         STRANGER: "client_refused_by_provider", LIMITED: "provider_too_many_requests",
         PATIENCE: "provider_too_many_requests"}
OF_THE_CLIENT = ("invalid_client", "unauthorized_client")


def ending(fault, when):
    """The fault itself is what such a login ends with."""
    if fault.kind == REFUSED:
        word = "client_refused_by_provider" if fault.words in OF_THE_CLIENT else "provider_error"
        return Ending("misconfigured", word, when)
    verdict = {STRANGER: "misconfigured", LIMITED: "limited", PATIENCE: "limited"}
    return Ending(verdict.get(fault.kind, "unavailable"), WORDS[fault.kind], when)


def is_another_address(flow, step, fault):
    """A metadata document that is not there (404) may be at RFC 8414's address."""
    return step == "metadata" and fault.name.startswith("404")


def expected(flow, step, fault, once):
    """How the login ends where the fault happens once, or for ever."""
    place = PLACES[flow, step]
    if once and is_another_address(flow, step, fault):
        return LET_IN
    if fault.kind in (REFUSED, STRANGER, UNTRUSTED) or place == RING:
        return ending(fault, AT_ONCE)
    if place == BEGIN:
        if fault.kind in (SLOW, LIMITED, PATIENCE) or fault.asks_too_much():
            return ending(fault, AT_ONCE)
        return LET_IN if once else ending(fault, ONCE_MORE)
    if once:
        return LET_IN
    if fault.kind == PATIENCE and place == POLL:
        return Ending("expired", "timeout", IN_TIME)    # an answer of OAuth's, to the last
    return ending(fault, IN_TIME)
