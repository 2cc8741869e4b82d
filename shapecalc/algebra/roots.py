"""Where a polynomial in staircases of one size is zero, not negative, or a multiple.

With L the common period, every staircase is ``f(r + L*q) = f(r) + rise*q``: for each remainder r the polynomial in
staircases is one in q, with integers for coefficients.  Its sign on the integers is found exactly: between two
sign changes of the difference p(q+1) - p(q), which has a lesser degree, p is monotone.
"""

from __future__ import annotations

from itertools import zip_longest
from math import lcm

from .segments import of_intervals, progression, union
from .staircase import CAP, Staircase, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .formula import Stairs
    from .segments import Segments
    from .terms import Terms

ROWS = CAP >> 4
"""The most remainders that are looked at one by one."""


def univariate(terms: Terms, relation: str, modulus: int = 0) -> Segments:
    """Where the sum of the terms, all in one symbol, is in the relation to 0.

    >>> from shapecalc.size import symbol
    >>> h = symbol("H")
    >>> univariate(((h // 2) * h - 100).as_terms(), "==")
    ((1, (1, ())),)
    >>> univariate(((h // 2) * (h // 2) - 100).as_terms(), "==")
    ((1, (1, ())), (20, (1, ((0, 1),))), (22, (1, ())))
    """
    factors = {factor for product in terms for factor in product}
    starts = sorted({start for factor in factors for start, _ in factor.pieces})
    singles: list[tuple[int, int]] = []
    parts: list[Segments] = []
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        stairs = {f: [s for first, s in f.pieces if first <= start][-1] for f in factors}
        period = lcm(*[s.period for s in stairs.values()])
        for first, end, polynomial in _rows(terms, stairs, period, start, stop):
            for low, high in _multiples(polynomial, modulus) if modulus else _solutions(polynomial, relation):
                h = first + low * period
                step = period * modulus if modulus else period
                last = stop if high is None else first + (high - 1) * period + end - first
                last = last if stop is None or last is None else min(last, stop)
                if last is not None and last - h <= step:
                    singles.append((h, min(last, h + end - first)))
                else:
                    parts.append(progression(h, end - first, step, last))
        within_cap(len(singles) + len(parts), "a list of solutions")
    return union([of_intervals([(lo, hi) for lo, hi in singles if lo < hi]), *parts])


def _rows(
    terms: Terms, stairs: dict[Stairs, Staircase], period: int, start: int, stop: int | None
) -> Iterator[tuple[int, int, list[int]]]:
    """Remainders first <= h < end of one period, and the polynomial in the number of periods."""
    jumps = sum(len(s.jumps) * (period // s.period) for s in stairs.values())
    flat = not any(s.slope for s in stairs.values())
    rows = period if stop is None else min(period, stop - start)
    within_cap(jumps + 1 if flat else rows, "a list of remainders", ROWS)
    cuts = {
        (at + k) % period for s in stairs.values() for at, _ in s.jumps for k in range(0, period, s.period)
    }
    grid = Staircase(
        0, 0, period, tuple([(at or period, 1) for at in sorted(cuts, key=lambda at: at or period)])
    )
    for left, right, _ in grid.runs(start, start + period if stop is None else min(stop, start + period)):
        for first, end in [(left, right)] if flat else [(h, h + 1) for h in range(left, right)]:
            total = [0]
            for factors, coefficient in terms.items():
                product = [coefficient]
                for factor in factors:
                    s = stairs[factor]
                    value, rise = s(first), s.rise * (period // s.period)
                    product = [
                        value * a + rise * b for a, b in zip([*product, 0], [0, *product], strict=True)
                    ]
                total = [a + b for a, b in zip_longest(total, product, fillvalue=0)]
            yield first, end, total


def _multiples(p: list[int], modulus: int) -> list[tuple[int, int | None]]:
    within_cap(modulus, "a list of remainders", ROWS)
    return [(q, None) for q in range(modulus) if _at(p, q) % modulus == 0]


def _solutions(p: list[int], relation: str) -> list[tuple[int, int | None]]:
    return [(lo, hi) for lo, hi, sign in signs(p) if sign == 0 or (sign > 0 and relation == ">=")]


def _at(p: list[int], q: int) -> int:
    value = 0
    for coefficient in reversed(p):
        value = value * q + coefficient
    return value


def signs(p: list[int]) -> list[tuple[int, int | None, int]]:
    """The sign of a polynomial (lowest coefficient first) on the integers q >= 0, as (first, end, sign).

    >>> signs([6, -5, 1])        # (q-2)*(q-3)
    [(0, 2, 1), (2, 4, 0), (4, None, 1)]
    """
    while len(p) > 1 and not p[-1]:
        p = p[:-1]
    if len(p) == 1:
        return [(0, None, (p[0] > 0) - (p[0] < 0))]
    found: list[tuple[int, int | None, int]] = []
    for lo, hi, direction in signs(_difference(p)):
        value = _at(p, lo)
        parts: list[tuple[int, int | None, int]] = [(lo, hi, (value > 0) - (value < 0))]
        if direction:
            turned = p if direction > 0 else [-c for c in p]
            zero = _first(turned, 0, lo, hi)
            after = zero if zero is None else _first(turned, 1, zero, hi)
            parts = [(lo, hi if zero is None else zero, -direction)]
            if zero is not None:
                parts.append((zero, hi if after is None else after, 0))
            if after is not None:
                parts.append((after, hi, direction))
        for part in parts:
            if part[0] == part[1]:
                continue
            if found and found[-1][2] == part[2]:
                part = (found.pop()[0], part[1], part[2])
            found.append(part)
    return found


def _difference(p: list[int]) -> list[int]:
    """p(q+1) - p(q)"""
    shifted = [0]
    for coefficient in reversed(p):  # Horner's rule at q+1
        shifted = [a + b for a, b in zip([*shifted, 0], [0, *shifted], strict=True)]
        shifted[0] += coefficient
    return [a - b for a, b in zip_longest(shifted, p, fillvalue=0)][: max(1, len(p) - 1)]


def _first(p: list[int], value: int, lo: int, hi: int | None) -> int | None:
    """The least lo <= q < hi with p(q) >= value, for a p that increases there."""
    step, below = 1, lo - 1
    above = lo
    while (hi is None or above < hi) and _at(p, above) < value:
        below, above, step = above, above + step, 2 * step
    if hi is not None and above >= hi:
        above = hi
        if _at(p, hi - 1) < value:
            return None
    while above - below > 1:
        middle = (above + below) // 2
        if _at(p, middle) < value:
            below = middle
        else:
            above = middle
    return above
