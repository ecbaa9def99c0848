"""What a fault of the provider has to lead to, by rule: of the place where it happens and of the
kind of thing that it is. Nothing here was copied from what a helper did."""

from typing import NamedTuple

from faults import (BLOCKED, BROKEN, DOWN, LARGE, LIMITED, LOST, MOVED, PATIENCE, PERSON_LATE,
                    PERSON_NO, REFUSED, SLOW, STRANGER, UNTRUSTED)

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
AT_ONCE, AGAIN, IN_TIME = "at once", "after another try", "in time"


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


def is_another_address(step, fault):
    """A metadata document that is not there (404) may be at RFC 8414's address."""
    return step == "metadata" and fault.name.startswith("404")


def is_begun(step):
    """Whether asking for it begins something at the provider, other than reading a document."""
    return step in ("device", "session", "authentication")


def by_person(flow, step, fault, once):
    """OAuth's words for what a person did, where one may have been asked; else the provider has
    refused us, in words that have no place there."""
    place = PLACES[flow, step]
    if fault.kind == PERSON_NO and place in (POLL, RING):
        return Ending("denied", "user_denied", AT_ONCE)
    if fault.kind == PERSON_LATE and (flow, step) == ("device", "token"):   # a new code
        return LET_IN if once else Ending("expired", "timeout", IN_TIME)
    if fault.kind == PERSON_LATE and flow == "qr" and place in (POLL, RING):
        return Ending("expired", "expired", AT_ONCE)
    return Ending("misconfigured", "provider_error", AT_ONCE)


def expected(flow, step, fault, once):
    """How the login ends where the fault happens once, or for ever."""
    place, kind = PLACES[flow, step], fault.kind
    if once and is_another_address(step, fault):
        return LET_IN
    if kind in (PERSON_NO, PERSON_LATE):
        return by_person(flow, step, fault, once)
    if kind in (REFUSED, STRANGER, UNTRUSTED) or place == RING:
        return ending(fault, AT_ONCE)
    if place == BEGIN and (kind == SLOW or fault.asks_too_much() or (
            kind in (LIMITED, PATIENCE) and is_begun(step))):
        return ending(fault, AT_ONCE)
    if once:
        return LET_IN
    if place == POLL and kind == PATIENCE:
        return Ending("expired", "timeout", IN_TIME)    # an answer of OAuth's, to the last
    # on polls the limit doubles as slow_down: it ends where the next wait does not fit
    soon = place == BEGIN or (place == POLL and kind == LIMITED and not fault.asks_too_much())
    return ending(fault, AGAIN if soon else IN_TIME)


def timeout(step, fault):
    """[login] timeout: ten seconds, the least there is, or twice that for what lengthens the
    interval of polls."""
    is_polled = step in ("token", "discovery")
    is_lengthened = fault is not None and fault.kind in (LIMITED, PATIENCE, SLOW)
    return 20 if is_polled and is_lengthened else 10
