"""The pages of README and docs/ as values: their blocks of code, headings, links and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(`{3,})(.*)$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language, the words after it, where it begins (a line that counts from 1), its text."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def kind(self) -> str:
        """Language and words, without the values of words such as file=NAME."""
        return " ".join([self.language, *(word.partition("=")[0] for word in self.words)])

    @property
    def file(self) -> str:
        """The NAME of a word file=NAME."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), "")

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One Markdown file; `prose` is its text with the blocks' lines made empty."""

    name: str
    text: str
    prose: str
    blocks: tuple[Block, ...]

    @property
    def path(self) -> Path:
        return ROOT / self.name

    def headings(self, level: int) -> tuple[str, ...]:
        mark = "#" * level + " "
        return tuple(line.removeprefix(mark).strip() for line in self.prose.splitlines() if line.startswith(mark))

    @property
    def anchors(self) -> frozenset[str]:
        """What a link to a heading of this page may name, as GitHub makes it."""
        heads = re.findall(r"(?m)^#+ (.+)$", self.prose)
        return frozenset(re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads)

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(_LINK.findall(self.prose))

    def part(self, heading: str) -> str:
        """The prose below a heading, to the next one of any level; empty where there is no such heading."""
        found = re.search(rf"(?ms)^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", self.prose)
        return found[1].strip() if found else ""

    def generated(self, name: str) -> str:
        """What stands between the comments `name` and `/name`."""
        return self.text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]

    def regenerate(self, name: str, text: str) -> None:
        """Write `text` between these comments."""
        before, mark, rest = self.path.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
        end = f"<!-- /{name} -->"
        self.path.write_text(before + mark + text + end + rest.partition(end)[2], encoding="utf-8")


def pages() -> tuple[Page, ...]:
    """README first, then docs/ by name."""
    files = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return tuple(_page(file) for file in files)


def page(name: str) -> Page:
    return _page(ROOT / name)


def _page(path: Path) -> Page:
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    blocks = tuple(_blocks(name, text))
    lines = text.splitlines()
    for block in blocks:
        for number in range(block.line - 1, block.line + block.text.count("\n") + 1):
            lines[number] = ""
    return Page(name=name, text=text, prose="\n".join(lines) + "\n", blocks=blocks)


def _blocks(name: str, text: str) -> Iterator[Block]:
    opened: tuple[int, str, list[str]] | None = None
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if opened and line.rstrip() == opened[1]:
            language, *words = opened[2] or [""]
            joined = "".join(f"{part}\n" for part in body)
            yield Block(page=name, line=opened[0], language=language, words=tuple(words), text=joined)
            opened, body = None, []
        elif opened:
            body.append(line)
        elif fence:
            opened = number, fence[1], fence[2].split()
    assert opened is None, f"{name}:{opened and opened[0]}: this block is not closed"
