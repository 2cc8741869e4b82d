"""Projections: the values of one symbol for which values of the others exist.

A condition f(H) == g(W) hands a set over from W to H: {h : f(h) in g(set)}, an image and a preimage.  Where the
conditions between pairs of symbols form a tree, handing over from the leaves to the root is exact.
"""

from __future__ import annotations

from math import inf

from .levels import at_least, bounds_on, image, preimage, shifted, times
from .segments import ALL, NONE, both
from .staircase import SizeLimit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .boxes import Box
    from .condition import Condition
    from .pieces import Pieces
    from .segments import Segments


def project(box: Box, rest: Sequence[Condition], symbol: str) -> Segments:
    """The side of the box, as far as the rest of the conditions can be met within the box."""
    seen: set[str] = set()
    found = _reached(box, rest, symbol, None, seen)
    for condition in rest:
        for name in sorted(condition.symbols - seen):
            if name not in seen and _reached(box, rest, name, None, seen) == NONE:
                return NONE
    return found


def _reached(
    box: Box, rest: Sequence[Condition], name: str, via: Condition | None, seen: set[str]
) -> Segments:
    """The values of a symbol that conditions other than `via` allow."""
    if name in seen:
        raise SizeLimit(
            f"the sizes {name} that occur in a solution are not found where conditions form a circle"
        )
    seen.add(name)
    found = box[name]
    for condition in rest:
        if condition is not via and name in condition.symbols:
            f, other, g = _sides(condition, name)
            found = both(
                found, _handed(f, g, condition.relation, _reached(box, rest, other, condition, seen))
            )
    return found


def _sides(condition: Condition, name: str) -> tuple[Pieces, str, Pieces]:
    """f, W and g of a condition f(H) == g(W) or f(H) >= g(W)."""
    terms = condition.size.as_terms()
    sums = {
        factors[0].symbol: times(factors[0].pieces, c) for factors, c in terms.items() if len(factors) == 1
    }
    if condition.modulus or len(sums) != 2 or len(terms) > 2 + (() in terms):
        raise SizeLimit(f"the sizes {name} that occur in a solution of {condition} are not found")
    (other,) = set(sums) - {name}
    return shifted(sums[name], terms.get((), 0)), other, times(sums[other], -1)


def _handed(f: Pieces, g: Pieces, relation: str, values: Segments) -> Segments:
    """{h : f(h) == g(w), or f(h) >= g(w), for some w in values}"""
    ends, own = bounds_on(g, values), bounds_on(f, ALL)
    if ends is None or own is None:
        return NONE
    if relation == ">=":
        return ALL if ends[0] == -inf else at_least(f, int(ends[0]))
    if max(ends[0], own[0]) == -inf:
        f, g, ends, own = times(f, -1), times(g, -1), (-ends[1], -ends[0]), (-own[1], -own[0])
    lift = 1 - int(max(ends[0], own[0]))
    return preimage(shifted(f, lift), image(shifted(g, lift), values))
