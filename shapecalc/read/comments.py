"""The comments of a spec: what stands behind a `#` that is in no quoted or block text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .nodes import Mapping, Node, Scalar, Sequence
from .tree import parse

Span = tuple[int, int]

_COMMENT = re.compile(r"#[^\r\n]*")


def comments(text: str) -> Iterator[Span]:
    """Where each comment of a YAML text begins, at its `#`, and ends. Raises `SpecError` as reading does.

    >>> text = "name: 'a # b' # c"
    >>> [text[start:end] for start, end in comments(text)]
    ['# c']
    """
    scalars = sorted(_scalars(parse(text).root), reverse=True)
    at = 0
    while found := _COMMENT.search(text, at):
        start, at = found.span()
        while scalars and scalars[-1][1] <= start:
            scalars.pop()
        if scalars and scalars[-1][0] <= start:
            at = scalars[-1][1]
        elif start and not text[start - 1].isspace():
            at = start + 1
        else:
            yield start, at


def _scalars(root: Node) -> Iterator[Span]:
    """Where each scalar stands; one that aliases repeat, once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield node.start, node.end
        elif isinstance(node, Sequence):
            waiting += node.items
        elif isinstance(node, Mapping):
            waiting += [part for pair in node.pairs for part in pair]
