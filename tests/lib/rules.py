"""PAM rules as libpam reads them, with includes written out: to compare one stack with another."""
import re
from dataclasses import dataclass, replace

RULE = re.compile(r"(-?)(auth|account|password|session)\s+(\[[^]]*\]|\S+)\s+(\S+)\s*(.*)")


@dataclass(frozen=True)
class Rule:
    kind: str
    control: str
    module: str
    arguments: tuple[str, ...]
    optional: bool = False  # a missing module is passed over

    def with_option(self, word: str) -> "Rule":
        return replace(self, arguments=(*self.arguments, word))


def rules(text: str, files: dict[str, str], only: str = "") -> list[Rule]:
    """Of TEXT, with what it includes out of FILES; ONLY those of one kind."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("@include"):
            found += rules(files[line.split()[1]], files, only)
        elif line:
            dash, kind, control, module, words = RULE.fullmatch(line).groups()
            if only not in ("", kind):
                continue
            if control in ("include", "substack"):
                found += rules(files[module], files, kind)
            else:
                control = " ".join(control.split())
                found.append(Rule(kind, control, module, tuple(words.split()), bool(dash)))
    return found
