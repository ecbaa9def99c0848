"""A page of the documentation, part of which is made by a test of what it has measured."""

from pathlib import Path


class MadePage:
    def __init__(self, path, begin, end, maker):
        self.path, self.begin, self.end, self.maker = Path(path), begin, end, maker

    def read(self):
        """What stands before, between and behind the marks."""
        page = self.path.read_text(encoding="utf-8")
        assert page.count(self.begin) == page.count(self.end) == 1, f"{self.path} has no place for it"
        head, _, rest = page.partition(self.begin)
        old, _, tail = rest.partition(self.end)
        return head, old, tail

    def check(self, new):
        _, old, _ = self.read()
        wanted, found = new.strip().splitlines(), old.strip().splitlines()
        differing = [f"- {line}" for line in found if line not in wanted]
        differing += [f"+ {line}" for line in wanted if line not in found]
        assert wanted == found, "\n".join([
            f"{self.path.name} does not say what was measured; {self.maker} --write makes it so",
            *differing])

    def write(self, new):
        head, _, tail = self.read()
        self.path.write_text(f"{head}{self.begin}\n{new.strip()}\n{self.end}{tail}", encoding="utf-8")
