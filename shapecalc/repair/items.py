"""Items of a text's block lists: where a line fits before or behind one, and what goes when one is taken out.

Only an item that has its lines to itself is one here: `- Conv2d(1, 8, 3)`, `- down: Conv2d(1, 8, 3)`, or a mapping
over several lines. The items of `[ ]` are none, nor is the first of a list in a list (`- - ReLU`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..arch import Span

#: What may stand before a layer in its item: the dash, a brace, a name, a quotation mark.
_HEAD = re.compile(r"""([ \t]*-[ ]+)(?:\{[ ]*)?(?:["']?\w+["']?:\s+)?["']?\Z""")
#: What may stand behind it: the mark's and the brace's other halves, and its comment.
_TAIL = re.compile(r"""["']?[ \t]*\}?(?:[ \t]+#[^\r\n]*)?[ \t]*(?=[\r\n]|\Z)""")
_NEWLINE = re.compile(r"\r\n?|\n")
#: How many lines an item may begin above its layer, as `- name:` does.
_LINES_ABOVE = 1


class Replacement(NamedTuple):
    """A stretch of the text and what takes its place."""

    span: Span
    text: str


class Item(NamedTuple):
    """An item's lines: `span` from the first one's start to the last one's end without its newline.

    `dash` is the indentation with the dash, `newline` the text's kind of line end.
    """

    text: str
    span: Span
    dash: str
    newline: str

    def line_before(self, content: str) -> Replacement:
        """A line put above the item's."""
        return Replacement((self.span[0],) * 2, f"{self.dash}{content}{self.newline}")

    def line_behind(self, content: str) -> Replacement:
        """A line put under the item's."""
        return Replacement((self.span[1],) * 2, f"{self.newline}{self.dash}{content}")

    def without(self) -> Replacement:
        """The item's lines taken out, its comment and its line end with them."""
        start, end = self.span
        behind = _NEWLINE.match(self.text, end)
        if behind:
            return Replacement((start, behind.end()), "")
        return Replacement((max(0, start - len(self.newline)), end), "")


def item_at(text: str, span: Span) -> Item | None:
    """The item whose layer stands at `span`; None where it shares its lines with other things.

    >>> item = item_at("layers:\\n- ReLU  # one\\n- Tanh\\n", (10, 14))
    >>> item.span, item.line_before("Tanh").text
    ((8, 21), '- Tanh\\n')
    """
    tail = _TAIL.match(text, span[1])
    start = span[0]
    for _ in range(_LINES_ABOVE + 1):
        start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        head = _HEAD.match(text, start, span[0])
        if head and tail:
            newline = _NEWLINE.search(text)
            return Item(text, (start, tail.end()), head[1], newline[0] if newline else "\n")
        start = max(0, start - (2 if text[start - 2 : start] == "\r\n" else 1))
    return None
