"""Functions of one size h >= 1: staircases one after another, as `min`, `max` and clamps make them.

A function is a tuple of *pieces* (start, staircase), each valid up to the next start; the first start is 1.
A piece that ends is determined only up to its end, so pieces are compared by value (`agree`).  `tidy` brings
them to a standard form: every start is the earliest at which its formula holds, no piece is without need.
"""

from __future__ import annotations

from math import inf, lcm

from .staircase import PIECES_CAP, Staircase, staircase, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    A = TypeVar("A")
    B = TypeVar("B")
    Pieces = tuple[tuple[int, Staircase], ...]
    Span = tuple[int, int, int, int | None]


def value_at(pieces: Pieces, h: int) -> int:
    """The value at h >= 1."""
    for start, stairs in reversed(pieces):
        if h >= start:
            return stairs(h)
    raise ValueError(f"a symbol stands for a size of at least 1, not {h}")


def overlaps(
    f: tuple[tuple[int, A], ...], g: tuple[tuple[int, B], ...]
) -> Iterator[tuple[int, int | None, A, B]]:
    """The stretches (start, stop) on which both have one formula, with the two formulas."""
    i = j = 0
    start = 1
    while True:
        next_f = f[i + 1][0] if i + 1 < len(f) else inf
        next_g = g[j + 1][0] if j + 1 < len(g) else inf
        stop = min(next_f, next_g)
        if stop == inf:
            yield start, None, f[i][1], g[j][1]
            return
        yield start, int(stop), f[i][1], g[j][1]
        i, j, start = i + (next_f == stop), j + (next_g == stop), int(stop)


def stretches(f: Pieces) -> Iterator[tuple[int, int | None, Staircase]]:
    """The pieces as (start, stop, staircase)."""
    for start, stop, stairs, _ in overlaps(f, f):
        yield start, stop, stairs


def combine(f: Pieces, g: Pieces, operation: Callable[[Staircase, Staircase], Staircase]) -> Pieces:
    """The operation on the formulas, stretch by stretch."""
    if len(f) == 1 == len(g):
        return ((1, operation(f[0][1], g[0][1])),)
    return tidy([(start, operation(a, b)) for start, _, a, b in overlaps(f, g)])


def same_on(f: Staircase, g: Staircase, start: int, stop: int | None) -> bool:
    """Do two staircases agree on start <= h < stop?"""
    if f == g:
        return True
    if stop is None or f(start) != g(start):
        return False
    if stop - start <= 8:  # cheaper than the difference of two long records
        return all(f(h) == g(h) for h in range(start + 1, stop))
    return f.minus(g).bounds(start, stop) == (0, 0)


def agree(f: Pieces, g: Pieces) -> bool:
    """Do two functions have the same value at every h >= 1?"""
    return f == g or (
        f[-1][1] == g[-1][1] and all(same_on(a, b, start, stop) for start, stop, a, b in overlaps(f, g))
    )


def tidy(pieces: list[tuple[int, Staircase]]) -> Pieces:
    """From last to first: drop the pieces that others cover, simplify, start as early as possible."""
    within_cap(len(pieces), "a list of pieces", PIECES_CAP)
    done: list[tuple[int, Staircase]] = []
    stop: int | None = None
    while pieces:
        start, stairs = pieces.pop()
        if stop is not None and start >= stop:
            continue
        if pieces and same_on(pieces[-1][1], stairs, start, stop):
            continue
        if stop is not None and stairs.jumps:
            slope = stairs(start + 1) - stairs(start) if start + 1 < stop else 0
            line = Staircase(slope, stairs(start) - slope * start)
            stairs = line if same_on(line, stairs, start, stop) else stairs
        while pieces:  # two staircases that differ never agree for longer than a period before `start`
            before, other = pieces[-1]
            if stairs(start - 1) != other(start - 1):
                break
            gap = stairs.minus(other)
            window = before if stairs == other else max(before, start - gap.period)
            zeros = list(_hits(gap, window, start, True))
            if zeros and zeros[-1][1] == start:
                start = zeros[-1][0]
            if start > before:
                break
            pieces.pop()
        done.append((start, stairs))
        stop = start
    return tuple(reversed(done))


def least(f: Pieces, g: Pieces) -> Pieces:
    """The smaller of the two, point by point."""
    found: list[tuple[int, Staircase]] = []
    for start, stop, a, b in overlaps(f, g):
        gap = a.minus(b)
        low, high = gap.bounds(start, stop)
        if low >= 0 or high <= 0:
            found.append((start, a if high <= 0 else b))
        elif gap.rise == 0:
            found.append((start, _blend(a, b, gap)))
        else:
            found.append((start, a))
            for first, _, _, end in solve_piece(gap, start, stop, False):
                found.append((first, b))
                if end is not None and end != stop:
                    found.append((end, a))
    return tidy(
        [
            piece
            for piece, later in zip(found, [*found[1:], (None, None)], strict=True)
            if piece[0] != later[0]
        ]
    )


def _blend(a: Staircase, b: Staircase, gap: Staircase) -> Staircase:
    """The smaller of two staircases whose gap a - b is periodic: again one staircase."""
    period = lcm(a.period, b.period)
    within_cap(sum(len(f.jumps) * (period // f.period) for f in (a, b)), "a minimum's jump list")
    where_b = list(_hits(gap, 0, period, False))
    where_a = list(
        zip([0, *[end for _, end in where_b]], [*[first for first, _ in where_b], period], strict=True)
    )
    flat = sorted([*_clipped(a, period, where_a), *_clipped(b, period, where_b)])
    cover: dict[int, int] = {}
    for first, last, _, slope in flat:
        cover[slope] = cover.get(slope, 0) + last - first
    usual = max(cover, key=lambda slope: cover[slope])
    within_cap(period - cover[usual] + len(flat), "a minimum's jump list")
    jumps: list[tuple[int, int]] = []
    base = before = flat[0][2]
    for first, last, value, slope in flat:
        if first:
            jumps.append((first, value - before - usual))
        jumps += [(h, slope - usual) for h in range(first + 1, last) if slope != usual]
        before = value + slope * (last - first - 1)
    jumps.append((period, base + a.rise * (period // a.period) - before - usual))
    return staircase(usual, base, period, tuple([jump for jump in jumps if jump[1]]))


def _clipped(
    f: Staircase, period: int, intervals: list[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """The runs (first, end, value at first, slope) of f within ascending intervals of 0 <= h < period."""
    runs = f.runs(0, period)
    start, end, value = next(runs)
    for left, right in intervals:
        while True:
            first, last = max(start, left), min(end, right)
            if first < last:
                yield first, last, value + f.slope * (first - start), f.slope
            if end >= right:
                break
            start, end, value = next(runs)


def bounds(f: Pieces) -> tuple[float, float]:
    """The least and the greatest value on h >= 1 (exact; infinite where there is none)."""
    found = [stairs.bounds(start, stop) for start, stop, stairs in stretches(f)]
    return min(low for low, _ in found), max(high for _, high in found)


def solve(f: Pieces, zero: bool) -> tuple[Span, ...]:
    """Where f(h) == 0 (or f(h) >= 0), exactly, as spans (first, length, period, stop).

    A span holds first, ..., first+length-1 and these again after every period, below stop (None: no end).

    >>> solve(((1, Staircase(2, -57)),), False)                                    # 2*h >= 57
    ((29, 1, 1, None),)
    >>> solve(((1, Staircase(1, 0).floor(4).times(-4).plus(Staircase(1, -1))),), True)    # h % 4 == 1
    ((1, 1, 4, None),)
    """
    spans: list[Span] = []
    for start, stop, stairs in stretches(f):
        for span in solve_piece(stairs, start, stop, zero):
            if spans and span[2] == 1 == spans[-1][2] and spans[-1][3] == span[0]:
                span = (spans.pop()[0], *span[1:])
            spans.append(span)
    return tuple(spans)


def solve_piece(f: Staircase, start: int, stop: int | None, zero: bool) -> list[Span]:
    """`solve` for one formula on start <= h < stop."""
    period, rise, end = f.period, f.rise, inf if stop is None else stop
    if start + period >= end:
        return [(first, 1, 1, last) for first, last in _hits(f, start, int(end), zero)]
    if not rise:
        hits = list(_hits(f, start, start + period, zero))
        if hits == [(start, start + period)]:
            return [(start, 1, 1, stop)]
        return [(first, last - first, period, stop) for first, last in hits]
    low, high = (int(value) for value in f.bounds(start, start + period))

    def turned(value: int) -> int:  # after how many periods has `value` left its side of zero
        return max(0, -(value // rise) if rise > 0 else value // -rise + 1)

    early, late = sorted(
        (turned(high), turned(low - zero))
    )  # in the periods between, it depends on the residue
    within_cap((late - early) * (len(f.jumps) + 1), "the list of solutions")
    left, right = min(end, start + early * period), min(end, start + late * period)
    found: list[tuple[int, int | None]] = []
    if not zero and rise < 0 and early:
        found.append((start, int(left)))
    if left < right:
        found += _hits(f, int(left), int(right), zero)
    if not zero and rise > 0 and right < end:
        found.append((int(right), stop))
    return [(first, 1, 1, last) for first, last in _joined(found)]


def _hits(f: Staircase, start: int, stop: int, zero: bool) -> Iterator[tuple[int, int]]:
    """The maximal intervals first <= h < end of the window on which f(h) == 0 (or f(h) >= 0)."""
    return _joined(_hits_by_run(f, start, stop, zero))  # type: ignore[return-value]


def _hits_by_run(f: Staircase, start: int, stop: int, zero: bool) -> Iterator[tuple[int, int]]:
    slope = f.slope
    for first, end, value in f.runs(start, stop):
        if not slope:
            if value == 0 or (value > 0 and not zero):
                yield first, end
        elif zero:
            if value % slope == 0 and first <= first - value // slope < end:
                yield first - value // slope, first - value // slope + 1
        else:
            left = max(first, first - value // slope) if slope > 0 else first
            right = end if slope > 0 else min(end, first + value // -slope + 1)
            if left < right:
                yield left, right


def _joined(intervals: Iterable[tuple[int, int | None]]) -> Iterator[tuple[int, int | None]]:
    last: tuple[int, int | None] | None = None
    for first, end in intervals:
        if last is not None and last[1] == first:
            last = (last[0], end)
        else:
            if last is not None:
                yield last
            last = (first, end)
    if last is not None:
        yield last


def determining_points(functions: list[Pieces], degree: int) -> list[int]:
    """Points that decide whether a sum of products of up to `degree` of the functions is constant.

    Between two jumps, at h = q*period + r, it is a polynomial in q and r of at most that degree: degree+1 of
    each suffice.
    """
    stairs = [part for pieces in functions for _, part in pieces]
    period = lcm(*[part.period for part in stairs])
    within_cap(
        sum(len(part.jumps) * (period // part.period) for part in stairs), "an equality test's jump list"
    )
    cuts = {at + k for part in stairs for at, _ in part.jumps for k in range(0, period, part.period)}
    grid = Staircase(0, 0, period, tuple([(at, 1) for at in sorted(cuts)]))
    starts = sorted({start for pieces in functions for start, _ in pieces})
    points: list[int] = []
    for start, stop in zip(starts, [*starts[1:], inf], strict=True):
        short = stop <= start + (degree + 2) * period
        shifts = range(1) if short else range(0, (degree + 1) * period, period)
        for first, end, _ in grid.runs(start, int(stop) if short else start + period):
            points += [h + k for h in range(first, min(end, first + degree + 1)) for k in shifts]
    return points
