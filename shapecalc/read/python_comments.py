"""The comments of a Python file."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

from .nodes import Source

Span = tuple[int, int]


def python_comments(text: str) -> Iterator[Span]:
    """Where each comment begins, at its `#`, and ends; up to where the text is no Python.

    >>> text = "name = '# no'  # yes"
    >>> [text[start:end] for start, end in python_comments(text)]
    ['# yes']
    """
    source = Source(text)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                start = source.start(token.start[0]) + token.start[1]
                yield start, start + len(token.string.rstrip())
    except (tokenize.TokenError, SyntaxError):
        return
