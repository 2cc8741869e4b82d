"""Edits of a text at places: only the wanted characters change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..problem import Edit


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made; they must not overlap.

    >>> from shapecalc.problem import Place
    >>> edited("kernel_size: 3", [Edit(Place(1, 14, 1, 15), "5")])
    'kernel_size: 5'
    """
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
    for place, new in sorted(edits, reverse=True):
        start = starts[place.line - 1] + place.column - 1
        end = starts[place.end_line - 1] + place.end_column - 1
        text = text[:start] + new + text[end:]
    return text
