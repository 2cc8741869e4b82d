"""What the JSON documents of the commands have in common."""

from __future__ import annotations

from ..shapes import Shape
from ..size import Size
from ..trace import Trace


def plain(size: Size) -> int | str:
    """A size as JSON has it: an integer, or the text of a formula.

    >>> from shapecalc.size import symbol
    >>> plain(4), plain((symbol("H") + 1) // 2)
    (4, '(H+1)//2')
    """
    return size if isinstance(size, int) else str(size)


def plains(shape: Shape) -> list[int | str]:
    """A shape as JSON has it."""
    return [plain(size) for size in shape]


def header(trace: Trace) -> dict[str, object]:
    """What a document about a trace begins with."""
    return {
        "version": 1,
        "path": trace.arch.path,
        "name": trace.arch.name,
        "ok": trace.ok,
        "input": plains(trace.input),
    }
