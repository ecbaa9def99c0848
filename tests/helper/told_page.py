"""The tables of docs/troubleshooting.md that say what a fault leads to, made of what was measured:
equal rows are one, and a cell names its requests only where they differ."""

from pathlib import Path

from made_page import MadePage
from told_rules import PLACES

PAGE = MadePage(Path(__file__).parents[2] / "docs/troubleshooting.md",
                "<!-- faults: made by tests/helper/test_told.py --write -->", "<!-- faults: end -->",
                "test_told.py")
NAMES = {("device", "metadata"): "metadata", ("qr", "metadata"): "metadata",
         ("qr", "session"): "session", ("device", "device"): "device code",
         ("qr", "discovery"): "scanned", ("device", "new_keys"): "new keys",
         ("device", "userinfo"): "UserInfo", ("qr", "userinfo"): "UserInfo (itsme)",
         ("qr", "token"): "approved (itsme)", ("device", "token"): "approved",
         ("qr", "keys"): "keys (itsme)", ("device", "keys"): "keys",
         ("ciba", "authentication"): "CIBA", ("push", "authentication"): "push",
         ("qr", "authentication"): "authentication"}
EVERY = ("a reason", "HTML", "nothing")    # what an answer with a status may hold
COLUMNS = tuple(dict.fromkeys(PLACES.values()))


def words_of(ending):
    if ending.verdict == "authenticated":
        return "let in"
    return f"{ending.verdict} `{ending.word}` {ending.when}"


def cell(endings):
    """`endings`: (flow, step) -> how it ended, of one column."""
    said = {}
    for request, ending in endings.items():
        said.setdefault(words_of(ending), []).append(NAMES[request])
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in said.items())


def listed(words, last="or"):
    """a, b or c"""
    words = list(words)
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def gathered(pairs):
    """(key, value)... -> {values of one key: the keys that have them}"""
    values = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    keys = {}
    for key, found in values.items():
        keys.setdefault(tuple(dict.fromkeys(found)), []).append(key)
    return keys


def split(name):
    """(status, what its answer holds, Retry-After); the status is "" where there is none."""
    status, _, rest = name.partition(", ")
    form, _, wait = rest.partition(", Retry-After ")
    return (status, form, wait) if status.isdigit() else ("", name, "")


def label(names):
    """The faults of one row: statuses with the same bodies are put together."""
    parts = [split(name) for name in names]
    said = [form for status, form, _ in parts if not status]
    forms = gathered(((status, wait), form) for status, form, wait in parts if status)
    waits = gathered(((found, status), wait) for found, keys in forms.items()
                     for status, wait in keys)
    stati = gathered(((found, found_waits), status) for found_waits, keys in waits.items()
                     for found, status in keys)
    for statuses, keys in stati.items():
        for found, found_waits in keys:
            every = set(EVERY) <= set(found)
            some = [form for form in found if form and not (every and form in EVERY)]
            text = listed(statuses, "and" if every else "or")
            if some:
                text += f" (also {listed(some)})" if every else f" with {listed(some)}"
            if any(found_waits):
                text += ", Retry-After " + listed(wait or "none" for wait in found_waits)
            said.append(text)
    return "; ".join(said)


def table(measured, faults, once):
    """`measured`: (flow, step, fault, once) -> how it ended."""
    rows = {}
    for fault in faults:
        cells = []
        for column in COLUMNS:
            found = {(flow, step): measured[flow, step, fault, once]
                     for (flow, step), place in PLACES.items()
                     if place == column and (flow, step, fault, once) in measured}
            cells.append(cell(found) if found else "–")
        rows.setdefault(tuple(cells), []).append(fault)
    yield "| fault | " + " | ".join(COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for cells, names in rows.items():
        yield f"| {label(names)} | " + " | ".join(cells) + " |"


def sentences(said):
    """`said`: verdict -> the sentences, of itsme's profile and of the other."""
    yield "| ends as | what the person reads | where the provider is not itsme |"
    yield "|---|---|---|"
    for verdict, texts in sorted(said.items()):
        itsme, other = (" *or* ".join(sorted(each)) or "–" for each in texts)
        yield f"| {verdict} | {itsme} | {other if other != itsme else 'the same'} |"


def text(measured, faults, said):
    """What stands between the marks."""
    return "\n".join([
        "", "Once, and then the provider answers as it should:", "",
        *table(measured, faults, True), "",
        "For ever:", "",
        *table(measured, faults, False), "",
        *sentences(said), ""])
