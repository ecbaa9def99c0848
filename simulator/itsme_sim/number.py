"""Number entry: the phone hides the number of a push, and the person types the terminal's."""

import re

# Two digits that stand alone, maybe before a full stop: no part of a time or an address.
NUMBER = re.compile(r"(?<![^\s>])[0-9]{2}(?=[.,:;!?]?(?:[\s<]|$))")
HIDDEN = "••"


def hide(text: str) -> tuple[str, str | None]:
    """The text without its first number, and that number; None where there is none."""
    found = NUMBER.search(text)
    if found is None:
        return text, None
    return text[:found.start()] + HIDDEN + text[found.end():], found[0]


def is_number(typed: str) -> bool:
    return re.fullmatch("[0-9]{2}", typed) is not None
