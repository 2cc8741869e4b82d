"""Terms: integer coefficients of products of primitive `Stairs`, {factors: coefficient}.

A single product of different symbols has one form: if f(H)*g(W) and F(H)*G(W) are one function, f and F
are proportional, and primitive ones are equal.  Sums merge terms that differ in one factor; where two forms
of one function could still differ, `constant_value` decides by the values at enough points.
"""

from __future__ import annotations

from math import gcd, prod

from .pieces import determining_points
from .staircase import Staircase, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expr import Size
    from .formula import Stairs
    from .pieces import Pieces

    Factors = tuple[Stairs, ...]
    Terms = dict[Factors, int]


def ordered(factors: Factors) -> Factors:
    """Factors in their one order."""
    return tuple(sorted(factors, key=_order)) if len(factors) > 1 else factors


def _order(factor: Stairs) -> tuple[object, ...]:
    return factor.symbol, [(start, f.record()) for start, f in factor.pieces]


def content(f: Pieces) -> int:
    """The greatest number that divides the formulas."""
    return gcd(*[part for _, s in f for part in (s.slope, s.base, *[height for _, height in s.jumps])])


def divided(pieces: Pieces, number: int) -> Pieces:
    """All values over a number that divides the content; a negative one turns the sign."""
    size, sign = abs(number), 1 if number > 0 else -1
    smaller = [
        (
            start,
            Staircase(
                f.slope // size, f.base // size, f.period, tuple([(at, a // size) for at, a in f.jumps])
            ),
        )
        for start, f in pieces
    ]
    return tuple([(start, f.times(sign)) for start, f in smaller] if sign < 0 else smaller)


def merged(terms: Terms) -> Terms:
    """Add up terms that differ in one factor only: 2*f(H)*W + g(H)*W is (2*f + g)(H)*W."""
    while len(terms) > 1 and (pair := _alike(terms)) is not None:
        rest, ((left, f), (right, g)) = pair
        total = terms.pop(left) * f + terms.pop(right) * g
        for factors, coefficient in ({(): total} if isinstance(total, int) else total.as_terms()).items():
            merged = ordered(rest + factors)
            terms[merged] = terms.get(merged, 0) + coefficient
        terms = {factors: c for factors, c in terms.items() if c}
    return terms


def _alike(terms: Terms) -> tuple[Factors, tuple[tuple[Factors, Size], tuple[Factors, Size]]] | None:
    seen: dict[tuple[Factors, str], tuple[Factors, Size]] = {}
    for factors in terms:
        for place, factor in enumerate(factors):
            rest = factors[:place] + factors[place + 1 :]
            if rest and rest in terms:
                return rest, ((rest, 1), (factors, factor))
            found = seen.setdefault((rest, factor.symbol), (factors, factor))
            if found[0] != factors:
                return rest, (found, (factors, factor))
    return None


def value_of(terms: Terms, values: Mapping[str, int]) -> int:
    """The sum of the terms for given values."""
    return sum(c * prod([factor.numerator_at(values) for factor in factors]) for factors, c in terms.items())


def probe(name: str, index: int) -> int:
    """A value for a symbol, the same in every run."""
    return 1 + (int.from_bytes(name.encode(), "big") * 7919 + index * 104729) % 99991


def constant_value(terms: Terms) -> int | None:
    """The value, if there is only one: refuted by a few points, or proved at all points that determine it."""
    letters = sorted({factor.symbol for factors in terms for factor in factors})
    if len(terms) == 1 and all(len(letters) == len(factors) for factors in terms):
        return None  # one product of different symbols, none of them constant
    value = value_of(terms, {name: probe(name, 0) for name in letters})
    for index in range(1, 8):
        if (
            value_of(terms, {name: probe(name, index * (1 + place)) for place, name in enumerate(letters)})
            != value
        ):
            return None
    grid: list[dict[str, int]] = [{}]
    for name in letters:
        functions = [factor.pieces for factors in terms for factor in factors if factor.symbol == name]
        degree = max(sum(factor.symbol == name for factor in factors) for factors in terms)
        points = determining_points(functions, degree)
        within_cap(len(grid) * len(points), "an equality test's list of points")
        grid = [{**known, name: h} for known in grid for h in points]
    return value if all(value_of(terms, values) == value for values in grid) else None
