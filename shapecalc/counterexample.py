"""A size at which a network fails: found by formulas, or tried among given ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from .algebra.solve import solve
from .input_sizes import Sizes
from .pattern import PatternError
from .size import Condition, Size

#: More combinations of ranges than this are not tried one by one.
MOST_SIZES = 1_000_000


def counterexample(sizes: Sizes) -> dict[str, int] | None:
    """A size at which the network runs and its contract fails, the smallest near 1; None where there is none."""
    start = dict.fromkeys(sizes.symbols, 1)
    running = sizes.running
    if sizes.problem is not None or not running:
        return running.nearest(**start) or start
    own = [reason.condition for reason in sizes.reasons if reason.path is not None]
    for reason in sizes.reasons:
        for opposite in _opposites(reason.condition) if reason.path is None else ():
            found = solve([*own, opposite], sizes.symbols).nearest(**start)
            if found is not None:
                return found
    return None


def _opposites(condition: Condition) -> Iterator[Condition]:
    """Conditions of which one holds exactly where this one does not."""
    size: Size = condition.size
    sides = {">=": (-size >= 1,), "==": (size >= 1, -size >= 1), "%": (size % (condition.modulus or 1) >= 1,)}
    for side in sides["%" if condition.modulus else condition.relation]:
        if isinstance(side, Condition):
            yield side


def failing_in(
    ranges: Mapping[str, Iterable[int]], sizes: Sizes, free: Sequence[str]
) -> dict[str, int] | None:
    """The first combination of ranges, one for each of the `free` symbols, that does not run or does not hold.

    Raises `PatternError` where a range is missing or there are too many combinations.
    """
    missing = [name for name in free if name not in ranges]
    if missing:
        raise PatternError(f"no range is given for {', '.join(missing)}")
    values = [list(ranges[name]) for name in free]
    for tried, combination in enumerate(product(*values)):
        if tried >= MOST_SIZES:
            raise PatternError(f"the ranges have more than {MOST_SIZES:,} combinations: leave them out")
        point = dict(zip(free, combination))
        if not sizes.holds(**point):
            return point
    return None
