"""Piecewise periodic sets of integers >= 1, in the raw: what `sets.SizeSet` wraps.

*Segments* are a tuple of (start, cycle), each valid up to the next start; the first start is 1 and the last
has no end.  An interval is a stretch of the cycle `FULL`.  `tidy` gives every start its least value, so the last
cycle and its start are determined by the set; earlier stretches are compared by their members (`equal`).
"""

from __future__ import annotations

from .cycle import (
    EMPTY,
    FULL,
    ascending,
    complement,
    crossed,
    cycle,
    first_from,
    intersection,
    intersection_cost,
    intervals_within,
    last_difference,
    last_to,
    member,
)
from .pieces import overlaps
from .staircase import CAP, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .cycle import Cycle, Interval
    from .pieces import Span

    Segments = tuple[tuple[int, Cycle], ...]

NONE: Segments = ((1, EMPTY),)
ALL: Segments = ((1, FULL),)
FEW = 4
"""A stretch with no more intervals than this is written interval by interval."""


def tidy(pieces: list[tuple[int, Cycle]]) -> Segments:
    """From last to first: drop what is covered, start as early as possible; the list is used up."""
    within_cap(len(pieces), "a size set's list of pieces")
    done: list[tuple[int, Cycle]] = []
    stop: int | None = None
    while pieces:
        start, now = pieces.pop()
        if stop is not None:
            if start >= stop:
                continue
            if now[0] > 1 and (stop - start) // now[0] * len(now[1]) <= FEW:
                found = list(ascending(now, start, stop))
                if len(found) <= FEW:
                    pieces += plain(found, start)
                    continue
        while pieces:
            before, other = pieces[-1]
            if before < start and (differs := last_difference(now, other, before, start)) is not None:
                start = differs + 1
                break
            start = min(start, before)
            pieces.pop()
        done.append((start, now))
        stop = start
    return tuple(reversed(done))


def plain(intervals: Iterable[Interval], start: int = 1) -> list[tuple[int, Cycle]]:
    """Ascending intervals as pieces, with nothing between and after them."""
    pieces = [(start, EMPTY)]
    for lo, hi in intervals:
        if pieces[-1][0] == lo:
            pieces.pop()
        pieces += [(lo, FULL), (hi, EMPTY)]
    return pieces


def stretches(f: Segments) -> Iterator[tuple[int, int | None, Cycle]]:
    """The pieces as (start, stop, cycle)."""
    for index, (start, c) in enumerate(f):
        yield start, f[index + 1][0] if index + 1 < len(f) else None, c


def of_intervals(intervals: Iterable[Interval]) -> Segments:
    """The union of intervals lo <= h < hi."""
    return tidy(plain(sorted(intervals)))


def of_spans(spans: Iterable[Span]) -> Segments:
    """What `pieces.solve` found: ascending spans, those of one piece together."""
    pieces: list[tuple[int, Cycle]] = [(1, EMPTY)]
    groups: list[tuple[int, int | None, list[Interval]]] = []
    for first, length, period, stop in spans:
        if (
            period > 1
            and groups
            and groups[-1][:2] == (period, stop)
            and first < groups[-1][2][0][0] + period
        ):
            groups[-1][2].append((first, first + length))
        else:
            groups.append((period, stop, [(first, first + length)]))
    for period, stop, intervals in groups:
        pieces.append((intervals[0][0], cycle(period, intervals)))
        if stop is not None:
            pieces.append((stop, EMPTY))
    return tidy(pieces)


def progression(first: int, length: int, period: int, stop: int | None) -> Segments:
    """One span: first, ..., first+length-1 and these again after every period, below stop."""
    return of_spans([(first, length, period, stop)]) if stop is None or first < stop else NONE


def negated(f: Segments) -> Segments:
    """All other integers >= 1."""
    return tuple([(start, complement(c)) for start, c in f])


def both(f: Segments, g: Segments) -> Segments:
    """The intersection."""
    if f is ALL or f == g:
        return g
    if g is ALL:
        return f
    pieces: list[tuple[int, Cycle]] = []
    for start, stop, a, b in overlaps(f, g):
        pieces += _both(a, b, start, stop)
    return tidy(pieces)


def _both(a: Cycle, b: Cycle, start: int, stop: int | None) -> list[tuple[int, Cycle]]:
    if stop is not None and a[0] > 1 and b[0] > 1:
        explicit = intervals_within(a, start, stop) + intervals_within(b, start, stop)
        if explicit <= 16 or (explicit <= CAP < intersection_cost(a, b)):
            return plain(crossed(ascending(a, start, stop), ascending(b, start, stop)), start)
    return [(start, intersection(a, b))]


def either(f: Segments, g: Segments) -> Segments:
    """The union."""
    if f in (NONE, g):
        return g
    return f if g == NONE else negated(both(negated(f), negated(g)))


def union(sets: Iterable[Segments]) -> Segments:
    """The union of many, two by two."""
    found = list(sets) or [NONE]
    while len(found) > 1:
        pairs = zip(found[::2], found[1::2], strict=False)
        found = [either(a, b) for a, b in pairs] + ([found[-1]] if len(found) % 2 else [])
    return found[0]


def equal(f: Segments, g: Segments) -> bool:
    """Have they the same members?"""
    if f == g:
        return True
    return f[-1] == g[-1] and all(
        stop is None or last_difference(a, b, start, stop) is None for start, stop, a, b in overlaps(f, g)
    )


def contains(f: Segments, h: int) -> bool:
    """Is h a member?"""
    for start, c in reversed(f):
        if h >= start:
            return member(c, h)
    return False


def at_or_above(f: Segments, h: int) -> int | None:
    """The least member >= h."""
    for start, stop, c in stretches(f):
        if stop is None or stop > h:
            found = first_from(c, max(h, start))
            if found is not None and (stop is None or found < stop):
                return found
    return None


def at_or_below(f: Segments, h: int) -> int | None:
    """The greatest member <= h."""
    stop = h + 1
    for start, c in reversed(f):
        if start < stop:
            found = last_to(c, stop - 1)
            if found is not None and found >= start:
                return found
            stop = start
    return None


def intervals(f: Segments) -> Iterator[tuple[int, int | None]]:
    """The intervals lo <= h < hi, ascending, without end where the set has none."""
    for start, stop, c in stretches(f):
        if stop is not None:
            yield from ascending(c, start, stop)
        elif c == FULL:
            yield start, None
        elif c != EMPTY:
            while True:
                yield from ascending(c, start, start + c[0])
                start += c[0]
