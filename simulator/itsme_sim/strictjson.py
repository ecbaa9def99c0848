"""JSON read strictly: UTF-8, one object, no member twice, no NaN, nothing after it."""

import json


def _no_duplicates(pairs: list) -> dict:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _no_constants(name: str):
    raise ValueError(f"{name} is not JSON")


def read_object(text: bytes | str) -> dict:
    """Return the object in `text`, or raise ValueError saying what is wrong with it."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        value = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constants
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def is_integer(value) -> bool:
    """True for a JSON integer; Python counts True and False as integers, JSON does not."""
    return isinstance(value, int) and not isinstance(value, bool)
