"""The guides, as somebody reads them who types what stands there."""
import re

import checks


def documented(page: str, marker: str) -> str:
    """The indented block of docs/PAGE that has MARKER in it."""
    text = (checks.CHECKOUT / "docs" / page).read_text()
    blocks = re.findall(r"(?:^    .*\n)+", text, re.M)
    found = [block for block in blocks if marker in block]
    assert len(found) == 1, f"{len(found)} blocks with {marker}"
    return re.sub("^    ", "", found[0], flags=re.M)
