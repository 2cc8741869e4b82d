"""Two of a thing beside each other; under each other where a screen has no room for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .text import cells, wrapped

#: In how many lines a cell of the table may be broken.
FOLDS = 3
#: What stands between the columns.
GAPS = len("  ") + len("  * ")


class Pair(NamedTuple):
    """What is compared, what it is in the one and in the other, and whether a mark says that they differ."""

    title: str
    a: str
    b: str
    differs: bool


def side_by_side(title: str, names: tuple[str, str], pairs: Sequence[Pair], width: int) -> list[str]:
    """The pairs as a table, or where that is too much for the screen, each as a paragraph.

    >>> pairs = [Pair("input", "1x28x28", "1x28x28", False), Pair("parameters", "832", "1,234", True)]
    >>> print(*side_by_side("", ("a", "b"), pairs, 40), sep="\\n")
                a          b
    input       1x28x28    1x28x28
    parameters  832      * 1,234
    >>> print(*side_by_side("", ("a", "b"), pairs[1:], 20), sep="\\n")
    parameters
        a  832
      * b  1,234
    """
    rows = [(title, *names), *((pair.title, pair.a, pair.b) for pair in pairs)]
    widest = [max(cells(row[column]) for row in rows) for column in range(3)]
    first = min(widest[0], width // 3)
    room = width - first - GAPS
    second = min(widest[1], max(room // 2, room - widest[2]))
    columns = (first, second, room - second)
    folded = [[wrapped(text, column) for text, column in zip(row, columns)] for row in rows]
    if not all(_fits(cell, column) for row in folded for cell, column in zip(row, columns)):
        return [line for pair in pairs for line in _paragraph(names, pair, width)]
    marks = [False, *(pair.differs for pair in pairs)]
    return [line for mark, row in zip(marks, folded) for line in _row(mark, row, columns)]


def _fits(cell: list[str], column: int) -> bool:
    return len(cell) <= FOLDS and all(cells(line) <= column for line in cell)


def _row(differs: bool, folded: list[list[str]], columns: tuple[int, int, int]) -> list[str]:
    """A row of the table, in as many lines as its longest cell."""
    lines = []
    for number in range(max(map(len, folded))):
        texts = [cell[number] if number < len(cell) else "" for cell in folded]
        title, a = (text + " " * (room - cells(text)) for text, room in zip(texts, columns[:2]))
        lines.append(f"{title}  {a}  {'*' if differs and not number else ' '} {texts[2]}".rstrip())
    return lines


def _paragraph(names: tuple[str, str], pair: Pair, width: int) -> list[str]:
    room = max(map(cells, names))
    lines = [pair.title]
    for mark, name, text in ((" ", names[0], pair.a), ("*" if pair.differs else " ", names[1], pair.b)):
        first, *rest = wrapped(text, max(width - room - 6, 24))
        lines.append(f"  {mark} {name}{' ' * (room - cells(name))}  {first}")
        lines += [" " * (room + 6) + line for line in rest]
    return lines
