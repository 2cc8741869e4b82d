"""Staircases: the functions of one integer that ``+``, ``* const`` and ``// const`` can make.

A staircase climbs by the same amounts in every period: ``f(h + period) = f(h) + rise``.  It is held sparsely:

    f(h) = slope*h + base + sum(height * ((h + period - at) // period) for at, height in jumps)

with ``1 <= at <= period``: stepping from h-1 to h it climbs by ``slope``, plus ``height`` where h = at modulo
the period.  Twenty poolings are one jump in a period of 2**20, not a table of a million rows.

*The form is unique.*  A staircase is determined by base = f(0) and its increments f(h) - f(h-1), which are
periodic.  The record is read off these alone: ``slope`` is the most frequent increment (of equally frequent
ones the smallest in absolute value, then the positive one), ``period`` the least period, ``jumps`` the
increments that differ from ``slope``.  So two staircases that agree from some point on have equal records.
"""

from __future__ import annotations

from math import gcd, inf, lcm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Jumps = tuple[tuple[int, int], ...]

CAP = 1 << 16
"""The most jumps, or steps of one walk, that the algebra takes on before it raises `SizeLimit`."""
PIECES_CAP = 1 << 10
"""The most pieces of one function."""


class SizeLimit(Exception):
    """A size that cannot be represented, or only by a table larger than `CAP` or `PIECES_CAP`."""


def within_cap(count: int, what: str, cap: int = CAP) -> None:
    """Raise `SizeLimit` if the count is over the cap."""
    if count > cap:
        raise SizeLimit(f"{what} would grow to {count}, over the limit of {cap}")


class Staircase:
    """One staircase in its canonical form; made by `staircase` and by its own methods.

    >>> half = Staircase(1, 0).floor(2)
    >>> half(7), half.floor(2).plus(half.times(-1))(7)
    (3, -2)
    """

    __slots__ = ("base", "jumps", "period", "slope")

    def __init__(self, slope: int, base: int, period: int = 1, jumps: Jumps = ()) -> None:
        self.slope = slope
        self.base = base
        self.period = period
        self.jumps = jumps

    def record(self) -> tuple[int, int, int, Jumps]:
        """All that it is, as a tuple."""
        return (self.slope, self.base, self.period, self.jumps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Staircase) and self.record() == other.record()

    def __hash__(self) -> int:
        return hash(self.record())

    def __repr__(self) -> str:
        return f"Staircase{self.record()}"

    def __call__(self, h: int) -> int:
        """The value at h."""
        value = self.slope * h + self.base
        period = self.period
        for at, height in self.jumps:
            value += height * ((h - at) // period + 1)
        return value

    @property
    def rise(self) -> int:
        """What one period adds."""
        return self.slope * self.period + sum(height for _, height in self.jumps)

    def shift(self, constant: int) -> Staircase:
        """Plus a constant."""
        return Staircase(self.slope, self.base + constant, self.period, self.jumps)

    def times(self, factor: int) -> Staircase:
        """Times a constant."""
        if not factor:
            return Staircase(0, 0)
        jumps = tuple([(at, height * factor) for at, height in self.jumps])
        make = Staircase if factor > 0 else staircase  # a negative factor may turn a tie between increments
        return make(self.slope * factor, self.base * factor, self.period, jumps)

    def plus(self, other: Staircase) -> Staircase:
        """The sum, over the common period."""
        slope, base = self.slope + other.slope, self.base + other.base
        if not other.jumps:
            return staircase(slope, base, self.period, self.jumps)
        if not self.jumps:
            return staircase(slope, base, other.period, other.jumps)
        period = lcm(self.period, other.period)
        within_cap(sum(len(f.jumps) * (period // f.period) for f in (self, other)), "a sum's jump list")
        heights: dict[int, int] = {}
        for f in (self, other):
            for start in range(0, period, f.period):
                for at, height in f.jumps:
                    heights[start + at] = heights.get(start + at, 0) + height
        return staircase(slope, base, period, tuple(sorted((at, a) for at, a in heights.items() if a)))

    def minus(self, other: Staircase) -> Staircase:
        """The difference."""
        return self.plus(other.times(-1))

    def floor(self, divisor: int) -> Staircase:
        """``self // divisor``.  Whole multiples of the divisor leave the slope first: |rest| <= divisor/2."""
        whole, rest = divmod(self.slope, divisor)
        if 2 * rest > divisor:
            whole, rest = whole + 1, rest - divisor
        base, jumps = self.base, self.jumps
        if not jumps:
            if rest == 1:  # (h + base) // divisor
                return staircase(whole, base // divisor, divisor, ((divisor - base % divisor, 1),))
            if not rest:
                return Staircase(whole, base // divisor)
        elif len(jumps) == 1 and not rest:  # height*u + base with u = (h + period - at) // period
            at, height = jumps[0]
            outer = Staircase(height, base).floor(divisor)
            heights = dict(outer.jumps)
            if outer.slope:
                within_cap(outer.period, "a floor's jump list")
                heights = {u: outer.slope + heights.get(u, 0) for u in range(1, outer.period + 1)}
            inside = tuple([(at + (u - 1) * self.period, a) for u, a in heights.items() if a])
            return staircase(whole, outer.base, self.period * outer.period, inside)
        return self._floor_by_walking(divisor, whole, rest)

    def _floor_by_walking(self, divisor: int, whole: int, rest: int) -> Staircase:
        """Visit every run of one period of the result; within a run the floor moves by single steps."""
        low = Staircase(rest, self.base, self.period, self.jumps)
        periods = divisor // gcd(low.rise, divisor)
        period = self.period * periods
        within_cap(periods * len(self.jumps) + abs(rest) * period // divisor, "a floor's jump list")
        jumps: list[tuple[int, int]] = []
        now = self.base // divisor
        for start, stop, value in low.runs(0, period):
            if value // divisor != now:
                jumps.append((start, value // divisor - now))
                now = value // divisor
            while rest:
                ahead = (
                    -(-(now * divisor + divisor - value) // rest)
                    if rest > 0
                    else (value - now * divisor) // -rest + 1
                )
                if start + ahead >= stop:
                    break
                jumps.append((start + ahead, 1 if rest > 0 else -1))
                now += 1 if rest > 0 else -1
        jumps.append((period, low(period) // divisor - now))
        return staircase(whole, self.base // divisor, period, tuple([jump for jump in jumps if jump[1]]))

    def runs(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Cut start <= h < stop at the jumps: (first, end, value at first); inside, f climbs by `slope`."""
        value, period, jumps = self(start), self.period, self.jumps
        if jumps:
            offset = start - start % period
            index = sum(at <= start - offset for at, _ in jumps)
            while True:
                if index == len(jumps):
                    index, offset = 0, offset + period
                at, height = jumps[index]
                if offset + at >= stop:
                    break
                yield start, offset + at, value
                value += self.slope * (offset + at - start) + height
                start, index = offset + at, index + 1
        yield start, stop, value

    def bounds(self, start: int, stop: int | None) -> tuple[float, float]:
        """The least and the greatest value on start <= h < stop; stop None means no end."""
        rise, period = self.rise, self.period
        if stop is not None and stop - start <= period:
            windows = [(start, stop)]
        else:
            windows = [(start, start + period)]
            if stop is not None and rise:
                windows.append((stop - period, stop))
        ends: list[float] = []
        for window in windows:
            for first, end, value in self.runs(*window):
                ends += (value, value + self.slope * (end - first - 1))
        if stop is None and rise:
            ends.append(inf if rise > 0 else -inf)
        return min(ends), max(ends)


def staircase(slope: int, base: int, period: int, jumps: Jumps) -> Staircase:
    """The canonical staircase of these increments; `jumps` ascend and none is 0."""
    count = len(jumps)
    if 2 * count >= period:  # another increment may be as frequent as the slope
        within_cap(count, "a jump list")
        tally = {0: period - count}
        for _, height in jumps:
            tally[height] = tally.get(height, 0) + 1
        usual = max(tally, key=lambda height: (tally[height], -abs(slope + height), slope + height))
        if usual:
            heights = dict(jumps)
            jumps = tuple(
                [
                    (at, heights.get(at, 0) - usual)
                    for at in range(1, period + 1)
                    if heights.get(at, 0) != usual
                ]
            )
            slope, count = slope + usual, len(jumps)
    if count > 1:
        within_cap(count, "a jump list")
        period, jumps = least_period(period, jumps)
    return Staircase(slope, base, period if jumps else 1, jumps)


def least_period(period: int, jumps: Jumps) -> tuple[int, Jumps]:
    """The least period of a list of places and heights, and the part of the list within it."""
    repeats, prime = gcd(period, len(jumps)), 2
    while repeats > 1:
        if repeats % prime:
            prime = prime + 1 if prime * prime < repeats else repeats
            continue
        repeats //= prime
        part, count = period // prime, len(jumps) // prime
        shifted = zip(jumps, jumps[count:], strict=False)
        if all(a == b and at + part == later for (at, a), (later, b) in shifted):
            period, jumps = part, jumps[:count]
    return period, jumps
