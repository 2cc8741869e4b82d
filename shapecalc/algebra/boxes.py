"""A condition on several sizes as a union of boxes, that is of products of size sets.

A product of functions of one size each is split by the divisors of the other side, a sum by its summands'
values, a congruence by residues or divisors.  What does not come apart like this, or only into more than `BOXES`
boxes, raises `SizeLimit`: it stays a condition.
"""

from __future__ import annotations

from math import gcd, inf

from .cycle import EMPTY, how_many
from .divisors import divisors
from .levels import at_least, at_most, bounds_on, congruent, equals, times
from .roots import univariate
from .segments import ALL, NONE, both, intervals, progression, stretches
from .staircase import SizeLimit, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .condition import Condition
    from .pieces import Pieces
    from .segments import Segments

    Box = dict[str, Segments]
    Factor = tuple[str, Pieces]

BOXES = 1 << 12
"""The most boxes that a condition is split into, and the most remainders that it is split by."""
VALUES = 1 << 8
"""The most values of a summand that a sum is split by."""


def boxes(condition: Condition, domain: Mapping[str, Segments] | None = None) -> list[Box]:
    """Boxes whose union, within the domain, is where the condition holds."""
    terms = condition.size.as_terms()
    constant = terms.get((), 0)
    products = [(factors, c) for factors, c in terms.items() if factors]
    relation, modulus = condition.relation, condition.modulus
    names = sorted(condition.symbols)
    space = {name: (domain or {}).get(name, ALL) for name in names}
    if any(part == NONE for part in space.values()):
        return []
    try:
        if len(names) == 1 and relation == ">=":  # a product would come apart into very many boxes
            return [{names[0]: univariate(terms, relation)}]
    except SizeLimit:
        pass
    try:
        if len(products) == 1:
            (factors, coefficient), *_ = products
            parts = [(factor.symbol, factor.pieces) for factor in factors]
            return list(_product(parts, coefficient, constant, relation, modulus, space))
        if all(len(factors) == 1 for factors, _ in products):
            summands = [(f.symbol, times(f.pieces, c)) for (f,), c in products]
            return list(_sum(summands, -constant, relation, modulus, space))
    except SizeLimit:
        if len(names) > 1 and not any(_few(side) for side in space.values()):
            raise
    if len(names) == 1:
        (name,) = names
        return [{name: univariate(terms, relation, modulus)}]
    return list(_capped(_by_values(condition, space), "a list of boxes"))


def _by_values(condition: Condition, space: Box) -> Iterator[Box]:
    """One symbol's few values, one by one."""
    name, values = min(
        [(name, _few(side)) for name, side in space.items()], key=lambda found: len(found[1]) or inf
    )
    if not values:
        raise SizeLimit(f"{condition} does not come apart into sizes of one symbol each")
    for value in values:
        box, left = {**space, name: progression(value, 1, 1, value + 1)}, condition.given(**{name: value})
        if isinstance(left, bool):
            yield from [box] if left else []
        else:
            yield from [{**box, **inner} for inner in boxes(left, box)]


def _few(side: Segments) -> list[int]:
    """The members, if they are few; else none."""
    if (
        side[-1][1] != EMPTY
        or sum(how_many(c, start, stop) for start, stop, c in stretches(side) if stop) > VALUES
    ):
        return []
    return [h for lo, hi in intervals(side) if hi for h in range(lo, hi)]


def _meet(box: Box, name: str, part: Segments) -> Box | None:
    part = both(box[name], part)
    return None if part == NONE else {**box, name: part}


def _capped(found: Iterator[Box], what: str) -> Iterator[Box]:
    for count, box in enumerate(found, 1):
        within_cap(count, what, BOXES)
        yield box


def _product(
    parts: Sequence[Factor], c: int, constant: int, relation: str, modulus: int, box: Box
) -> Iterator[Box]:
    """``c*f*g*... + constant`` in the relation."""
    if modulus:
        found = _multiple(parts, c, constant, modulus, box)
    elif relation == "==":
        found = _split(parts, -constant // c, box) if constant % c == 0 else iter(())
    elif c > 0:
        found = _bounded(parts, -(constant // c), True, box)
    else:
        found = _bounded(parts, constant // -c, False, box)
    return _capped(found, "a product's list of boxes")


def _multiple(parts: Sequence[Factor], c: int, constant: int, modulus: int, box: Box) -> Iterator[Box]:
    """Boxes of c*f*g*... + constant ≡ 0."""
    common = gcd(c, modulus)
    if constant % common:
        return iter(())
    c, constant, modulus = c // common, constant // common, modulus // common
    if constant % modulus == 0:
        return _divided(parts, modulus, box)
    within_cap(modulus, "a remainder's list of boxes", BOXES)
    return _residues(parts, -constant * pow(c, -1, modulus) % modulus, modulus, box)


def _divided(parts: Sequence[Factor], modulus: int, box: Box) -> Iterator[Box]:
    """m divides f*g just where some d divides f and m/d divides g: d = gcd(f, m)."""
    (name, f), *others = parts
    for d in divisors(modulus) if others else [modulus]:
        inner = _meet(box, name, congruent(f, 0, d))
        if inner and others:
            yield from _divided(others, modulus // d, inner)
        elif inner:
            yield inner


def _residues(parts: Sequence[Factor], residue: int, modulus: int, box: Box) -> Iterator[Box]:
    """f*g*... ≡ residue"""
    (name, f), *others = parts
    if not others:
        inner = _meet(box, name, congruent(f, residue, modulus))
        if inner:
            yield inner
        return
    for r in range(modulus):
        common = gcd(r, modulus)
        if residue % common:
            continue
        inner = _meet(box, name, congruent(f, r, modulus))
        if inner and modulus == common:
            yield inner
        elif inner:
            smaller = modulus // common
            yield from _residues(
                others, residue // common * pow(r // common, -1, smaller) % smaller, smaller, inner
            )


def _split(parts: Sequence[Factor], value: int, box: Box) -> Iterator[Box]:
    """f*g*... == value, by the divisors of the value."""
    if not value:
        for name, f in parts:
            inner = _meet(box, name, equals(f, 0))
            if inner:
                yield inner
        return
    (name, f), *others = parts
    if not others:
        inner = _meet(box, name, equals(f, value))
        if inner:
            yield inner
        return
    low, high = bounds_on(f, box[name]) or (0, 0)
    for d in divisors(value):
        for a in (d, -d):
            if low <= a <= high and (inner := _meet(box, name, equals(f, a))):
                yield from _split(others, value // a, inner)


def _bounded(parts: Sequence[Factor], bound: int, least: bool, box: Box) -> Iterator[Box]:
    """f*g*... >= bound, or <= bound: by the signs of the factors, then by the values where the quotients change."""
    zero = bound <= 0 if least else bound >= 0
    if zero:
        yield from _split(parts, 0, box)

    def by_signs(left: Sequence[Factor], done: list[Factor], sign: int, box: Box) -> Iterator[Box]:
        if left:
            (name, f), *others = left
            for turn, part in ((1, f), (-1, times(f, -1))):
                if inner := _meet(box, name, at_least(part, 1)):
                    yield from by_signs(others, [*done, (name, part)], sign * turn, inner)
        elif (sign > 0) == least and (bound * sign <= 1):
            yield box
        elif (sign > 0) == least:
            yield from _over(done, bound * sign, box)
        elif bound * sign >= 1:
            yield from _under(done, bound * sign, box)

    yield from by_signs(parts, [], 1, box)


def _over(parts: Sequence[Factor], bound: int, box: Box) -> Iterator[Box]:
    """f*g*... >= bound >= 1 for positive factors: f >= a and g >= bound/a, for the a where bound/a changes."""
    (name, f), *others = parts
    a = 1
    while True:
        rest = (bound - 1) // a + 1 if others else 1
        if not others:
            a = bound
        inner = _meet(box, name, at_least(f, a))
        if not inner:
            return
        if rest <= 1:
            yield inner
            return
        yield from _over(others, rest, inner)
        a = (bound - 1) // (rest - 1) + 1


def _under(parts: Sequence[Factor], bound: int, box: Box) -> Iterator[Box]:
    """f*g*... <= bound for positive factors: f <= a and g <= bound/a."""
    (name, f), *others = parts
    rest = 1
    while rest <= bound:
        a = bound // rest
        inner = _meet(box, name, at_most(f, a))
        if not inner:
            return
        if not others:
            yield inner
            return
        rest = bound // a
        yield from _under(others, rest, inner)
        rest += 1


def _sum(parts: Sequence[Factor], total: int, relation: str, modulus: int, box: Box) -> Iterator[Box]:
    """f + g + ... in the relation to the total."""
    if modulus:
        within_cap(modulus, "a remainder's list of boxes", BOXES)

    def level(f: Pieces, a: int) -> Segments:
        if modulus:
            return congruent(f, a, modulus)
        return equals(f, a) if relation == "==" else at_least(f, a)

    def split(left: Sequence[Factor], total: int, box: Box) -> Iterator[Box]:
        (name, f), *others = left
        for a in (
            [total] if not others else range(modulus) if modulus else _values(left, total, relation, box)
        ):
            inner = _meet(box, name, level(f, a))
            if inner and others:
                yield from split(others, total - a, inner)
            elif inner:
                yield inner

    return _capped(split(parts, total, box), "a sum's list of boxes")


def _values(parts: Sequence[Factor], total: int, relation: str, box: Box) -> Sequence[int]:
    """The values (or, for >=, the least values) of the first summand that make a difference."""
    (low, high), *others = [bounds_on(f, box[name]) or (0, 0) for name, f in parts]
    if not any(high == inf for _, high in others):
        low = max(low, total - sum([high for _, high in others]))
    if not any(low == -inf for low, _ in others):
        enough = total - sum([low for low, _ in others])
        high = min(high, enough if relation == "==" else max(low, enough))
    if low == -inf or high == inf:
        raise SizeLimit("a sum of sizes that take infinitely many values does not come apart")
    within_cap(int(high - low) + 1, "a sum's list of values", VALUES)
    return range(int(low), int(high) + 1)
