"""Periodic sets of integers: what a size set is from some point on.

A *cycle* ``(period, intervals)`` holds every h whose remainder by the period lies in some ``lo <= r < hi``.
The intervals ascend with gaps between them, ``0 <= lo < period``, and the last may run on into the next period
(``hi > period``).  The period is the least one; nothing is `EMPTY`, everything is `FULL`.  So equal sets have
equal cycles, and ``h % 2**20 == 0`` is one interval, as is its complement.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import gcd, inf

from .staircase import least_period, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Interval = tuple[int, int]
    Cycle = tuple[int, tuple[Interval, ...]]

EMPTY: Cycle = (1, ())
FULL: Cycle = (1, ((0, 1),))


def cycle(period: int, intervals: Iterable[Interval]) -> Cycle:
    """The canonical cycle of these intervals ``lo <= h < hi``, which may overlap and lie anywhere.

    >>> cycle(8, [(0, 1), (3, 4), (7, 8)]), cycle(6, [(1, 2), (4, 5)]), cycle(4, [(2, 4), (0, 2)])
    ((8, ((3, 4), (7, 9))), (3, ((1, 2),)), (1, ((0, 1),)))
    """
    flat = []
    for lo, hi in intervals:
        first = lo % period
        last = first + hi - lo
        if last > period:
            flat += [(first, period), (0, min(period, last - period))]
        else:
            flat.append((first, last))
    joined = list(united(flat))
    if not joined:
        return EMPTY
    if joined[0][0] == 0 and joined[-1][1] == period:
        if len(joined) == 1:
            return FULL
        joined = [*joined[1:-1], (joined[-1][0], period + joined[0][1])]
    within_cap(len(joined), "a periodic set's list of intervals")
    period, found = least_period(period, tuple([(lo, hi - lo) for lo, hi in joined]))
    return period, tuple([(lo, lo + length) for lo, length in found])


def united(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """The union of intervals, ascending, with gaps between them."""
    now: Interval | None = None
    for lo, hi in sorted(intervals):
        if now is None or lo > now[1]:
            if now is not None:
                yield now
            now = lo, hi
        elif hi > now[1]:
            now = now[0], hi
    if now is not None:
        yield now


def complement(c: Cycle) -> Cycle:
    """Every integer that is not in the cycle."""
    period, intervals = c
    if not intervals:
        return FULL
    if c == FULL:
        return EMPTY
    gaps = [(hi, lo) for (_, hi), (lo, _) in pairwise(intervals)]
    lo, hi = intervals[-1][1], intervals[0][0] + period  # the gap after the last interval
    return period, tuple([(lo - period, hi - period), *gaps] if lo >= period else [*gaps, (lo, hi)])


def intersection_cost(a: Cycle, b: Cycle) -> int:
    """About how many steps `intersection` takes."""
    return min(_cost_by_pairs(a, b), _cost_by_sweep(a, b))


def _cost_by_pairs(a: Cycle, b: Cycle) -> int:
    overlaps = len(b[1]) * _measure(a) + len(a[1]) * _measure(b)
    return len(a[1]) * len(b[1]) + overlaps // gcd(a[0], b[0])


def _cost_by_sweep(a: Cycle, b: Cycle) -> int:
    common = gcd(a[0], b[0])
    return len(a[1]) * (b[0] // common) + len(b[1]) * (a[0] // common)


def _measure(c: Cycle) -> int:
    return sum(hi - lo for lo, hi in c[1])


def intersection(a: Cycle, b: Cycle) -> Cycle:
    """What is in both, over the common period; `SizeLimit` if that takes more than `CAP` steps.

    >>> intersection((2**20, ((5, 6),)), (3**20, ((7, 8),)))
    (3656158440062976, ((904325428674565, 904325428674566),))
    """
    if a == b or b == FULL:
        return a
    if a == FULL:
        return b
    if not a[1] or not b[1]:
        return EMPTY
    pairs, sweep = _cost_by_pairs(a, b), _cost_by_sweep(a, b)
    within_cap(min(pairs, sweep), "the intersection of two periodic sets")
    common = a[0] // gcd(a[0], b[0]) * b[0]
    return cycle(common, _by_pairs(a, b) if pairs < sweep else _by_sweep(a, b, common))


def _by_pairs(a: Cycle, b: Cycle) -> Iterator[Interval]:
    """Each pair of intervals by the Chinese remainder theorem.

    Copies of [a0, a1) and [b0, b1) that start d apart overlap if b0-b1 < d < a1-a0.  All d that are b0-a0 modulo
    the gcd of the periods occur, each once in the common period: at h = a0 (mod P), h + d = b0 (mod Q).
    """
    common = gcd(a[0], b[0])
    step, modulus = a[0], b[0] // common
    inverse = pow(step // common, -1, modulus)
    for a0, a1 in a[1]:
        for b0, b1 in b[1]:
            earliest = b0 - b1 + 1
            for d in range(earliest + (b0 - a0 - earliest) % common, a1 - a0, common):
                h = a0 + step * ((b0 - d - a0) // common * inverse % modulus)
                yield h + max(0, d), h + min(a1 - a0, d + b1 - b0)


def _by_sweep(a: Cycle, b: Cycle, stop: int) -> Iterator[Interval]:
    return crossed(ascending(a, 0, stop), ascending(b, 0, stop))


def crossed(first: Iterator[Interval], second: Iterator[Interval]) -> Iterator[Interval]:
    """The intersection of two ascending lists of intervals."""
    a, b = next(first, None), next(second, None)
    while a is not None and b is not None:
        lo, hi = max(a[0], b[0]), min(a[1], b[1])
        if lo < hi:
            yield lo, hi
        if a[1] == hi:
            a = next(first, None)
        if b[1] == hi:
            b = next(second, None)


def member(c: Cycle, h: int) -> bool:
    """Is h in the cycle?"""
    period, intervals = c
    r = h % period
    index = bisect_right(intervals, (r, inf))
    return r < intervals[index - 1][1] if index else bool(intervals) and r + period < intervals[-1][1]


def last_to(c: Cycle, h: int) -> int | None:
    """The greatest member <= h."""
    period, intervals = c
    if not intervals:
        return None
    r = h % period
    index = bisect_right(intervals, (r, inf))
    if index:
        return h - r + min(r, intervals[index - 1][1] - 1)
    return h - r - period + min(r + period, intervals[-1][1] - 1)


def first_from(c: Cycle, h: int) -> int | None:
    """The least member >= h."""
    period, intervals = c
    if not intervals or member(c, h):
        return h if intervals else None
    r = h % period
    index = bisect_right(intervals, (r, inf))
    return h - r + (intervals[index][0] if index < len(intervals) else period + intervals[0][0])


def ascending(c: Cycle, start: int, stop: int) -> Iterator[Interval]:
    """The maximal intervals of the cycle within start <= h < stop, in order."""
    period, intervals = c
    if not intervals or start >= stop:
        return
    if c == FULL:
        yield start, stop
        return
    offset = start - start % period
    index = bisect_right(intervals, (start - offset, inf)) - 1
    if index < 0:
        index, offset = len(intervals) - 1, offset - period
    while (lo := intervals[index][0] + offset) < stop:
        hi = intervals[index][1] + offset
        if hi > start:
            yield max(lo, start), min(hi, stop)
        index += 1
        if index == len(intervals):
            index, offset = 0, offset + period


def descending(c: Cycle, start: int, stop: int) -> Iterator[Interval]:
    """The same, from last to first."""
    period, intervals = c
    if not intervals or start >= stop:
        return
    if c == FULL:
        yield start, stop
        return
    offset = (stop - 1) - (stop - 1) % period
    index = bisect_right(intervals, (stop - 1 - offset, inf)) - 1
    if index < 0:
        index, offset = len(intervals) - 1, offset - period
    while (hi := intervals[index][1] + offset) > start:
        lo = intervals[index][0] + offset
        yield max(lo, start), min(hi, stop)
        index -= 1
        if index < 0:
            index, offset = len(intervals) - 1, offset - period


def last_difference(a: Cycle, b: Cycle, start: int, stop: int) -> int | None:
    """The greatest start <= h < stop that is in one of the cycles only.

    Two cycles of periods P and Q that agree on P+Q integers in a row are equal (Fine and Wilf, 1965), and until
    they differ every interval of one is an interval of the other: the walk is short.
    """
    if a == b:
        return None
    for one, other in zip(
        _ended(descending(a, start, stop), start), _ended(descending(b, start, stop), start)
    ):
        if one != other:
            return max(one[1], other[1]) - 1 if one[1] != other[1] else max(one[0], other[0]) - 1
        if one[0] == one[1]:
            break
    return None


def _ended(intervals: Iterator[Interval], start: int) -> Iterator[Interval]:
    yield from intervals
    while True:
        yield start, start


def how_many(c: Cycle, start: int, stop: int) -> int:
    """The number of members within start <= h < stop."""
    whole, rest = divmod(max(0, stop - start), c[0])
    return whole * _measure(c) + sum(hi - lo for lo, hi in ascending(c, start, start + rest))


def intervals_within(c: Cycle, start: int, stop: int) -> int:
    """About how many intervals lie within start <= h < stop."""
    return ((stop - start) // c[0] + 1) * len(c[1])
