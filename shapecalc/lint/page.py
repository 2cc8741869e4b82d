"""A rule's docstring as a page: its title, its text, and its examples with what they are to raise.

    The floor drops rows that hold data.

    Text ...

    Bad:
        input: 1x28x28
        layers:
          - Conv2d(1, 8, 2, stride=3)  # SHP302

    Good:
        ...

    Source: Dumoulin & Visin 2016, section 2.4.

An example's lines end with the codes that stand there. Options for the rule stand in the head's brackets:
`Bad (least=31):`.
"""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

_HEAD = re.compile(r"^(Bad|Good)(?: \((.*)\))?:$", re.MULTILINE)
_MARK = re.compile(r"#\s*((?:SHP\d{3}[, ]*)+)\s*$")


class Example(NamedTuple):
    """A spec on a page; `marked` are the codes that it is to raise, with their lines."""

    good: bool
    title: str | None
    text: str
    marked: tuple[tuple[int, str], ...]

    @property
    def options(self) -> dict[str, int]:
        """The rule's options that the title gives."""
        return {name: int(number) for name, number in re.findall(r"(\w+)=(-?\d+)", self.title or "")}


class Page(NamedTuple):
    """A page: one sentence, text, examples, source."""

    title: str
    text: str
    examples: tuple[Example, ...]
    source: str


def page_of(docstring: str) -> Page:
    """The page that a docstring holds."""
    lines = inspect.cleandoc(docstring).split("\n")
    body = "\n".join(lines[1:]).strip("\n")
    text, examples = [], []
    source = ""
    for block in _blocks(body):
        head = _HEAD.match(block.split("\n", 1)[0])
        if head:
            examples.append(_example(head, block.split("\n", 1)[1]))
        elif block.startswith("Source:"):
            source = " ".join(block[len("Source:") :].split())
        else:
            text.append(block)
    return Page(lines[0].rstrip("."), "\n\n".join(text), tuple(examples), source)


def _blocks(body: str) -> list[str]:
    """Paragraphs; an example takes all indented lines below it, empty ones too."""
    blocks: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        if blocks and paragraph.startswith(" ") and _HEAD.match(blocks[-1].split("\n", 1)[0]):
            blocks[-1] += "\n\n" + paragraph
        elif paragraph.strip():
            blocks.append(paragraph)
    return blocks


def _example(head: re.Match[str], indented: str) -> Example:
    text = inspect.cleandoc("\n" + indented) + "\n"
    marked = tuple(
        (number, code)
        for number, line in enumerate(text.split("\n"), 1)
        if (mark := _MARK.search(line))
        for code in re.findall(r"SHP\d{3}", mark[1])
    )
    return Example(head[1] == "Good", head[2], text, marked)
