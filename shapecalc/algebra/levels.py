"""Level sets and images: where a function of one size takes given values, and which values it takes."""

from __future__ import annotations

from math import inf, lcm

from .cycle import FULL, ascending, intervals_within
from .pieces import overlaps, solve
from .segments import ALL, NONE, both, of_spans, progression, stretches, union
from .staircase import CAP, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cycle import Cycle
    from .pieces import Pieces
    from .segments import Segments
    from .staircase import Staircase


def shifted(f: Pieces, constant: int) -> Pieces:
    """The function plus a constant."""
    return tuple([(start, stairs.shift(constant)) for start, stairs in f])


def times(f: Pieces, factor: int) -> Pieces:
    """The function times a constant."""
    return tuple([(start, stairs.times(factor)) for start, stairs in f])


def equals(f: Pieces, value: int) -> Segments:
    """{h : f(h) == value}"""
    return of_spans(solve(shifted(f, -value), True))


def at_least(f: Pieces, value: int) -> Segments:
    """{h : f(h) >= value}"""
    return of_spans(solve(shifted(f, -value), False))


def at_most(f: Pieces, value: int) -> Segments:
    """{h : f(h) <= value}"""
    return at_least(times(f, -1), -value)


def between(f: Pieces, low: int, stop: int | None) -> Segments:
    """{h : low <= f(h) < stop}"""
    return at_least(f, low) if stop is None else both(at_least(f, low), at_most(f, stop - 1))


def congruent(f: Pieces, residue: int, modulus: int, length: int = 1) -> Segments:
    """{h : (f(h) - residue) % modulus < length}"""
    if modulus <= length:
        return ALL
    rest = tuple(
        [(start, s.minus(s.floor(modulus).times(modulus))) for start, s in shifted(f, -residue)],
    )
    return at_most(rest, length - 1)


def bounds_on(f: Pieces, domain: Segments) -> tuple[float, float] | None:
    """The least and the greatest value on a set (exact; infinite where there is none); None if it is empty."""
    low, high = inf, -inf
    for start, stop, stairs, c in overlaps(f, domain):
        if not c[1]:
            continue
        period = lcm(stairs.period, c[0])
        if stop is None and stairs.rise:
            low, high = (low, inf) if stairs.rise > 0 else (-inf, high)
        windows = [(start, start + period if stop is None else min(stop, start + period))]
        if stop is not None and stop - start > period and stairs.rise:
            windows.append((stop - period, stop))
        for window in windows:
            for first, end, value in _runs(stairs, c, *window):
                last = value + stairs.slope * (end - first - 1)
                low, high = min(low, value, last), max(high, value, last)
    return None if low > high else (low, high)


def _runs(f: Staircase, c: Cycle, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """The runs of a staircase within the intervals of a cycle."""
    within_cap(intervals_within(c, start, stop), "a list of intervals")
    for lo, hi in ascending(c, start, stop):
        within_cap(((hi - lo) // f.period + 1) * len(f.jumps), "a list of runs")
        yield from f.runs(lo, hi)


def image(f: Pieces, domain: Segments) -> Segments:
    """The values >= 1 that the function takes on a set."""
    if f[-1][1].rise < 0:  # from some point on, there is none
        domain = both(domain, at_least(f, 1))
    found: list[Segments] = []
    for start, stop, stairs, c in overlaps(f, domain):
        if not c[1]:
            continue
        period = lcm(stairs.period, c[0])
        rise = stairs.rise * (period // stairs.period)
        periods = None if stop is None else (stop - start) // period
        end = stop if stop is not None and not periods else start + period
        found += _values(stairs, c, start, end, rise, periods)
        if stop is not None and periods and rise and start + periods * period < stop:
            found += _values(stairs, c, start + periods * period, stop, 0, None)
        within_cap(len(found), "a list of values")
    return both(union(found), ALL)


def _values(
    stairs: Staircase, c: Cycle, start: int, end: int, rise: int, periods: int | None
) -> Iterator[Segments]:
    """The values on a window, and, with a rise, those of the periods after it."""
    slope = stairs.slope
    spans: list[tuple[int, int]] = []
    for first, last, value in _runs(stairs, c, start, end):
        if slope in (0, 1, -1):
            length = last - first if slope else 1
            spans.append((value if slope >= 0 else value - length + 1, length))
        else:
            within_cap(last - first + len(spans), "a list of values")
            spans += [(value + slope * k, 1) for k in range(last - first)]
    for low, length in spans:
        yield from _repeated(low, length, rise, periods)


def _repeated(low: int, length: int, rise: int, periods: int | None) -> Iterator[Segments]:
    """The parts >= 1 of low <= v < low+length, and of its copies moved by multiples of the rise."""
    if not rise or (periods is not None and periods < 2):
        if low + length > 1:
            yield progression(max(1, low), low + length - max(1, low), 1, low + length)
        return
    if rise < 0:  # finitely many periods: count them from the last
        assert periods is not None
        low, rise = low + rise * (periods - 1), -rise
    if length >= rise:
        stop = None if periods is None else low + rise * (periods - 1) + length
        if stop is None or stop > 1:
            yield progression(max(1, low), 1, 1, stop)
        return
    skipped = max(0, -((low + length - 2) // rise))  # copies that end below 1
    left = None if periods is None else periods - skipped
    low += skipped * rise
    if left is not None and left <= 0:
        return
    if low < 1:  # the first copy is cut
        yield progression(1, low + length - 1, 1, low + length)
        low, left = low + rise, None if left is None else left - 1
    if left is None or left > 0:
        yield progression(low, length, rise, None if left is None else low + rise * (left - 1) + length)


def preimage(f: Pieces, values: Segments) -> Segments:
    """{h : f(h) in values}"""
    found = []
    for start, stop, c in stretches(values):
        if not c[1]:
            continue
        here = between(f, start, stop)
        if c == FULL or here == NONE:
            found.append(here)
            continue
        within_cap(len(c[1]), "a preimage's list of intervals", CAP >> 4)
        found += [both(here, congruent(f, lo, c[0], hi - lo)) for lo, hi in c[1]]
    return union(found)
