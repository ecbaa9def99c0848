"""The files of a recipe in docs/providers: what an administrator would copy is what is tested.

A fenced block whose info string has a second word is the file of that name.
"""
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs/providers"
BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.M | re.S)


def files(name: str) -> dict[str, str]:
    found = BLOCK.findall((DOCS / f"{name}.md").read_text(encoding="utf-8"))
    assert found and len(dict(found)) == len(found), f"files of {name}.md: {found}"
    return dict(found)


def configurations(page: Path) -> list[str]:
    """Every configuration of pam_itsme on a page."""
    return re.findall(r"^```ini[^\n]*\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def vary(text: str, **changes: dict) -> str:
    """An INI file with some keys changed: section={key: value}; None takes the key out."""
    lines, section = [], ""
    pending = {name: dict(keys) for name, keys in changes.items()}

    def add_missing() -> None:
        lines.extend(f"{key} = {value}" for key, value in pending.pop(section, {}).items()
                     if value is not None)

    for line in text.splitlines():
        if line.startswith("["):
            add_missing()
            section = line.strip("[] ")
        key = line.partition("=")[0].strip()
        if key in pending.get(section, {}):
            value = pending[section].pop(key)
            line = None if value is None else f"{key} = {value}"
        if line is not None:
            lines.append(line)
    add_missing()
    for section in list(pending):
        lines.append(f"[{section}]")
        add_missing()
    return "\n".join(lines) + "\n"
