"""What the positions along an axis see of the network's input, where windows repeat: in turns, borders left out.

Whole numbers and a period are exact through strides, dilations, transposed layers, resizes and reshapes; the
sizes of the axes do not enter, so that they may be symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import gcd, lcm
from typing import TYPE_CHECKING, NamedTuple

from .window import Repeat

if TYPE_CHECKING:
    from fractions import Fraction

    Number = int | Fraction

#: Positions that take more turns than this have no formula.
MOST_TURNS = 4096


class Extent(NamedTuple):
    """What a position sees of one axis of the input: `size` positions around `start + i*jump`.

    Behind layers that enlarge, positions take turns: the largest sees `size`, the smallest `least`, and `start` and
    `jump` are their mean. `overlap` is how many positions two neighbours both see, at least; negative where some
    between them are skipped.
    """

    size: int
    jump: Number
    start: Number
    least: int
    overlap: int

    @property
    def span(self) -> str:
        """The size, or the smallest and the largest: `15-23`."""
        return str(self.size) if self.least == self.size else f"{self.least}-{self.size}"


class Cycle(NamedTuple):
    """What the positions along an axis of a tensor see of the input's axis `axis`, as if it had no borders.

    Position `i` sees the interval `seen[i]`, and `len(seen)` positions on the same, `stride` further; None is
    nothing. A layer that enlarges makes positions take turns: so many intervals.
    """

    axis: int
    stride: int = 1
    seen: tuple[tuple[int, int] | None, ...] = ((0, 0),)

    def at(self, position: int) -> tuple[int, int] | None:
        """The first and the last position that this one sees, before the borders cut it off."""
        return self.over((position,))

    def over(self, at: Sequence[int]) -> tuple[int, int] | None:
        """What any of these positions, equally far apart, see."""
        period, low, high = len(self.seen), None, 0
        if len(at) > 2 * period:
            at = (*at[:period], *at[-period:])
        for position in at:
            turns, place = divmod(position, period)
            interval = self.seen[place]
            if interval is not None:
                first, last = interval[0] + turns * self.stride, interval[1] + turns * self.stride
                low, high = (first, last) if low is None else (min(low, first), max(high, last))
        return None if low is None else (low, high)

    def through(self, repeat: Repeat) -> Cycle | None:
        """What the outputs of windows see; None where they take too many turns."""
        turns = len(self.seen) // gcd(len(self.seen), repeat.positions)
        if repeat.outputs * turns > MOST_TURNS:
            return None
        seen = tuple(self.over(repeat.inside(at)) for at in range(repeat.outputs * turns))
        return Cycle(self.axis, self.stride * repeat.positions * turns // len(self.seen), seen).shortest()

    def shortest(self) -> Cycle:
        """The same, where turns are alike with fewer of them."""
        period = len(self.seen)
        for turns in range(1, period):
            short = Cycle(self.axis, self.stride * turns // period, self.seen[:turns])
            if period % turns == self.stride * turns % period == 0 and short.times(period // turns) == self:
                return short
        return self

    def times(self, number: int) -> Cycle:
        """The same, with so many times the turns."""
        seen = tuple(self.at(at) for at in range(number * len(self.seen)))
        return Cycle(self.axis, number * self.stride, seen)

    @property
    def extent(self) -> Extent:
        turns = len(self.seen)
        jump = _over(self.stride, turns)
        known = [(at, *interval) for at, interval in enumerate(self.seen) if interval is not None]
        if not known:
            return Extent(0, jump, 0, 0, 0)
        sizes = [last - first + 1 for _, first, last in known]
        centres = sum(_over(first + last, 2) - at * jump for at, first, last in known)
        ends = [self.at(at) for at in range(turns + 1)]
        shared = [min(a[1], b[1]) - max(a[0], b[0]) + 1 for a, b in pairwise(ends) if a and b]
        least = min(sizes) if len(known) == turns else 0
        overlap = min(shared) if len(shared) == turns else 0
        return Extent(max(sizes), jump, _plain(_over(centres, len(known))), least, overlap)


def hull(cycles: Sequence[Cycle | None]) -> Cycle | None:
    """What any of several sees; None where they do not step alike."""
    known = [cycle for cycle in cycles if cycle is not None]
    turns = lcm(*(len(cycle.seen) for cycle in known))
    if not known or len(known) < len(cycles) or turns > MOST_TURNS:
        return None
    known = [cycle.times(turns // len(cycle.seen)) for cycle in known]
    if len({(cycle.axis, cycle.stride) for cycle in known}) > 1:
        return None
    seen = []
    for intervals in zip(*(cycle.seen for cycle in known)):
        there = [interval for interval in intervals if interval is not None]
        seen.append((min(first for first, _ in there), max(last for _, last in there)) if there else None)
    return Cycle(known[0].axis, known[0].stride, tuple(seen)).shortest()


def _over(number: Number, divisor: int) -> Number:
    """The exact quotient; whole numbers need no fractions, which cost milliseconds to load."""
    if isinstance(number, int) and number % divisor == 0:
        return number // divisor
    from fractions import Fraction

    return Fraction(number) / divisor


def _plain(number: Number) -> Number:
    return number if isinstance(number, int) else number.numerator if number.denominator == 1 else number
