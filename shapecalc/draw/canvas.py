"""A picture: boxes, lines and texts at their places, in pixels, each with a role that says how it is coloured.

Texts are set in a font of fixed width, so that how wide they are is known: no label overlaps another by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..show.text import cells

#: Font size, and what one column of a fixed-width font and one line take at that size.
FONT = 11.0
COLUMN = 0.61
LINE = 14.0

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle; `corner` is the radius of its corners."""

    x: float
    y: float
    width: float
    height: float
    role: str
    corner: float = 1.5
    title: str = ""


class Line(NamedTuple):
    """Straight strokes from point to point, with rounded corners; `arrow` puts a head at the end."""

    points: tuple[Point, ...]
    role: str
    arrow: bool = False


class Label(NamedTuple):
    """One line of text: `x` is its left end, middle or right end by `anchor`, `y` its base line."""

    x: float
    y: float
    text: str
    role: str = "ink"
    anchor: str = "middle"
    size: float = FONT
    title: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what it takes."""
        width = text_width(self.text, self.size)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - 0.8 * self.size, left + width, self.y + 0.25 * self.size


class Picture(NamedTuple):
    """All that is drawn, and what it is in words."""

    width: float
    height: float
    title: str
    description: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]


class Canvas:
    """Collects a picture's parts."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self.labels: list[Label] = []

    def paragraph(
        self, x: float, y: float, width: float, text: str, role: str = "ink", size: float = FONT
    ) -> float:
        """The text in lines that start at `x` and fit in `width`; returns where the next one goes."""
        return self.lines_of(x, y, fitted(text, width, size), role, size)

    def lines_of(
        self, x: float, y: float, lines: Iterable[str], role: str = "ink", size: float = FONT
    ) -> float:
        """The lines, one below the other; returns where the next one goes."""
        for line in lines:
            y += LINE * size / FONT
            self.labels.append(Label(x, y, line, role, "start", size))
        return y

    def legend(self, x: float, y: float, width: float, meanings: Iterable[tuple[str, str, float]]) -> float:
        """Small boxes (role, what it means, its corners) in lines that fit; returns where the next line goes."""
        left, y = x, y + LINE
        for role, text, corner in meanings:
            taken = 15 + text_width(text)
            if left > x and left + taken > x + width:
                left, y = x, y + LINE + 2
            self.boxes.append(Box(left, y - 9, 10, 10, role, corner))
            self.labels.append(Label(left + 15, y, text, "dim", "start"))
            left += taken + 16
        return y

    def picture(self, width: float, height: float, title: str, description: str) -> Picture:
        """What is drawn, on a canvas of that size."""
        return Picture(
            width, height, title, description, tuple(self.boxes), tuple(self.lines), tuple(self.labels)
        )


def text_width(text: str, size: float = FONT) -> float:
    """How wide the text is, in pixels."""
    return cells(text) * size * COLUMN


def fitted(text: str, width: float, size: float = FONT) -> list[str]:
    """The text in lines that fit: broken at blanks, or in a word that is too long, best behind a dot or at a capital.

    >>> fitted("a decoder of one layer", 100)
    ['a decoder of', 'one layer']
    >>> fitted("layer2.0.downsample.0", 130)
    ['layer2.0.', 'downsample.0']
    >>> fitted("ConvTranspose2d", 80)
    ['Conv', 'Transpose2d']
    """
    most = max(1, int(width / (size * COLUMN)))
    lines: list[str] = []
    for word in text.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= most:
            lines[-1] += f" {word}"
            continue
        while cells(word) > most:
            part = _beginning(word, most)
            lines.append(part)
            word = word[len(part) :]
        lines.append(word)
    return lines


def _beginning(word: str, most: int) -> str:
    end = 1
    while end < len(word) and cells(word[: end + 1]) <= most:
        end += 1
    breaks = [word.rfind(sign, end // 4, end) + 1 for sign in "._"]
    breaks += [at for at in range(end, max(end // 4, 1), -1) if word[at - 1].islower() and word[at].isupper()]
    return word[: next(filter(None, breaks), end)]


def listed(parts: Iterable[str], width: float, between: str) -> list[str]:
    """The parts in lines that fit, broken between two parts rather than inside one.

    >>> listed(["14,217 parameters", "4.18 M MACs"], 150, " · ")
    ['14,217 parameters', '4.18 M MACs']
    """
    lines: list[str] = []
    for part in parts:
        if lines and text_width(lines[-1] + between + part) <= width:
            lines[-1] += between + part
            continue
        lines += fitted(part, width)
    return lines


def lanes(spans: Sequence[tuple[float, float]], between: float = 0.0) -> list[int]:
    """A lane for each span, so that no two in one lane come nearer than `between`; short spans lie below.

    >>> lanes([(0, 10), (2, 4), (5, 8)])
    [1, 0, 0]
    """
    taken: list[list[tuple[float, float]]] = []
    found = [0] * len(spans)
    for number in sorted(range(len(spans)), key=lambda number: spans[number][1] - spans[number][0]):
        start, stop = spans[number]
        lane = next(
            (
                lane
                for lane, others in enumerate(taken)
                if all(stop + between <= a or start - between >= b for a, b in others)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((start, stop))
        found[number] = lane
    return found


def scaled(values: Iterable[float], least: float, most: float) -> tuple[dict[float, float], str]:
    """A length in pixels for each value, and the name of the scale.

    Linear where the greatest is at most 8 times the smallest, else by the square root up to 64 times, else by
    the logarithm.

    >>> scaled([1, 2, 4], 0, 100)
    ({1: 25.0, 2: 50.0, 4: 100.0}, 'linear')
    """
    from math import log2, sqrt

    known = sorted(set(values))
    if not known:
        return {}, "linear"
    ratio = known[-1] / known[0]
    if ratio <= 8:
        return {value: max(least, most * value / known[-1]) for value in known}, "linear"
    if ratio <= 64:
        return {value: max(least, most * sqrt(value / known[-1])) for value in known}, "square root"
    span = log2(ratio)
    return {value: least + (most - least) * log2(value / known[0]) / span for value in known}, "logarithmic"
