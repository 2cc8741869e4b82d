"""Conditions on several sizes together: unions of boxes, projections, the nearest solution."""

from __future__ import annotations

from .boxes import BOXES, boxes
from .project import project
from .segments import ALL, NONE, both, contains, either, negated, union
from .set_text import LISTED
from .sets import SizeSet
from .staircase import SizeLimit, within_cap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .boxes import Box
    from .condition import Condition

    Found = tuple[int, tuple[int, ...]]

TRIES = 1 << 11
"""`Solution.nearest` tries so many values where a condition does not come apart; then it gives up."""
SHOWN = 64
"""Among no more boxes than this, those within another are left out."""


class Solution:
    """Where all conditions hold: in one of some boxes (products of size sets), and where the rest holds.

    >>> from shapecalc.size import same, symbol
    >>> h, w = symbol("H"), symbol("W")
    >>> fits = solve([same(16 * (h // 4) * (w // 4), 64), h >= 8])
    >>> print(fits)
    8 ≤ H ≤ 11 and 8 ≤ W ≤ 11, or 16 ≤ H ≤ 19 and 4 ≤ W ≤ 7
    >>> fits.nearest(H=12, W=12), fits.contains(H=19, W=7), str(fits.axis("H"))
    ({'H': 11, 'W': 11}, True, '8 ≤ H ≤ 11 or 16 ≤ H ≤ 19')

    A condition that does not come apart into boxes stays in `rest`; then `boxes` is None, and the boxes of the
    other conditions are `frame`.
    """

    __slots__ = ("_frame", "rest", "symbols")

    def __init__(self, symbols: Iterable[str], frame: Sequence[Box], rest: Iterable[Condition]) -> None:
        self.symbols = tuple(sorted(symbols))
        self.rest = tuple(rest)
        self._frame = tuple(frame)

    @property
    def frame(self) -> tuple[dict[str, SizeSet], ...]:
        """The union of boxes in which the rest is to hold."""
        return tuple(
            [{name: SizeSet(name, box[name]) for name in self.symbols} for box in self._frame],
        )

    @property
    def boxes(self) -> tuple[dict[str, SizeSet], ...] | None:
        """The solution as a union of boxes; None if there is a rest."""
        return None if self.rest else self.frame

    def contains(self, **values: int) -> bool:
        """Do all conditions hold at these values?  (Always exact.)"""
        return self._inside(values, self.symbols) != [] and all(
            condition.at(**values) for condition in self.rest
        )

    def _inside(self, values: dict[str, int], names: Iterable[str]) -> list[Box]:
        """The boxes that these sides admit."""
        return [box for box in self._frame if all(contains(box[name], values[name]) for name in names)]

    def fixed(self, **values: int) -> Solution:
        """The solution for the other symbols, with these fixed."""
        names = [name for name in self.symbols if name not in values]
        inside = [
            {name: box[name] for name in names}
            for box in self._inside(values, [name for name in self.symbols if name in values])
        ]
        left = [condition.given(**values) for condition in self.rest]
        if any(condition is False for condition in left):
            inside = []
        return _solved(names, inside, [condition for condition in left if not isinstance(condition, bool)])

    def axis(self, symbol: str) -> SizeSet:
        """The values of one symbol for which there are values of the others; `SizeLimit` if unknown.

        >>> from shapecalc.size import same, symbol
        >>> str(solve([same(symbol("H") // 2 * 6, symbol("W") // 3 * 4)]).axis("H"))
        'H ≡ 0, 1 (mod 4)'
        """
        if symbol not in self.symbols:
            raise KeyError(f"no symbol {symbol} among {', '.join(self.symbols) or 'none'}")
        return SizeSet(symbol, union([project(box, self.rest, symbol) for box in self._frame]))

    def with_fixed(self, symbol: str, **others: int) -> SizeSet:
        """The values of one symbol, with others fixed.

        >>> from shapecalc.size import same, symbol
        >>> str(solve([same(symbol("H") // 2, symbol("W") // 3)]).with_fixed("H", W=474))
        'only 316, 317'
        """
        others.pop(symbol, None)
        return self.fixed(**others).axis(symbol)

    def nearest(self, **values: int) -> dict[str, int] | None:
        """The solution with the least sum of changes; of several, the first by the symbols' order.

        With a `rest` it searches outward, and returns None too where `TRIES` values settle nothing.
        """
        found = self._nearest(values, [TRIES], None)
        return None if found is None else dict(zip(self.symbols, found[1], strict=True))

    def _nearest(self, values: dict[str, int], tries: list[int], limit: int | None) -> Found | None:
        """The nearest one, if it is no farther than the limit."""
        if not self.rest:
            return self._nearest_in_boxes(values)
        names = [name for condition in self.rest for name in sorted(condition.symbols)]
        name = max(names, key=names.count)
        place, best = self.symbols.index(name), None
        for value in outward(self._axis_or_more(name), values[name]):
            change = abs(value - values[name])
            if limit is not None and change > limit:
                break
            tries[0] -= 1
            if tries[0] < 0:
                return None
            found = self.fixed(**{name: value})._nearest(values, tries, limit and limit - change)
            if tries[0] < 0:
                return None
            if found is not None:
                all_values = (*found[1][:place], value, *found[1][place:])
                best = min(best or (found[0] + change, all_values), (found[0] + change, all_values))
                limit = best[0] if limit is None else min(limit, best[0])
        return best

    def _nearest_in_boxes(self, values: dict[str, int]) -> Found | None:
        best = None
        for box in self.frame:
            point = tuple([side.nearest(values[name]) or 0 for name, side in box.items()])
            change = sum(abs(h - values[name]) for h, name in zip(point, self.symbols, strict=True))
            best = min(best or (change, point), (change, point))
        return best

    def _axis_or_more(self, name: str) -> SizeSet:
        try:
            return self.axis(name)
        except SizeLimit:
            return SizeSet(name, union([box[name] for box in self._frame]))

    def __bool__(self) -> bool:
        return bool(self.axis(self.symbols[0])) if self.symbols else bool(self._frame)

    def __str__(self) -> str:
        texts = []
        for box in self.frame[:LISTED]:
            sides = [side.clause() for side in box.values() if not side.everything]
            texts.append(" and ".join(f"({side})" if " or " in side else side for side in sides) or "always")
        if len(self._frame) > LISTED:
            texts.append(f"… ({len(self._frame)} boxes)")
        text = ", or ".join(texts) or "never"
        if not self.rest:
            return text
        rest = " and ".join(condition.pretty() for condition in self.rest)
        return f"{text}, where {rest}" if text != "always" else rest

    def __repr__(self) -> str:
        return f"<{self}>"


def outward(sizes: SizeSet, start: int) -> Iterator[int]:
    """The members, those nearest to the start first."""
    below, above = sizes.below(start), sizes.above(start, strict=True)
    while below is not None or above is not None:
        if above is None or (below is not None and start - below <= above - start):
            assert below is not None
            yield below
            below = sizes.below(below, strict=True)
        else:
            yield above
            above = sizes.above(above, strict=True)


def solve(
    conditions: Iterable[Condition | bool], symbols: Iterable[str] = (), never: bool = False
) -> Solution:
    """Where all the conditions hold, for their symbols and perhaps more; `never` says that something else fails.

    >>> from shapecalc.size import symbol
    >>> n, h, w = symbol("N"), symbol("H"), symbol("W")
    >>> print(solve([n * h * w >= 2]))
    W ≥ 2, or N ≥ 2, or H ≥ 2
    """
    found = list(dict.fromkeys(conditions))
    never = never or any(condition is False for condition in found)
    left = [condition for condition in found if not isinstance(condition, bool)]
    names = set(symbols).union(*[condition.symbols for condition in left])
    return _solved(names, [] if never else [dict.fromkeys(sorted(names), ALL)], left)


def _solved(names: Iterable[str], inside: list[Box], conditions: Sequence[Condition]) -> Solution:
    """Split the boxes by one condition after another: those of one symbol, then what comes apart.

    What does not come apart is tried again when others have made the boxes smaller.
    """
    left = sorted(conditions, key=lambda condition: len(condition.symbols))
    progress = True
    while progress and left:
        progress, stuck = False, []
        for condition in left:
            try:
                inside = merged(_split(inside, condition))
                progress = True
            except SizeLimit:
                stuck.append(condition)
        left = stuck
    return Solution(names, inside, left if inside else ())


def _split(inside: list[Box], condition: Condition) -> list[Box]:
    found: list[Box] = []
    for box in inside:
        for part in boxes(condition, box):
            smaller = {**box, **{name: both(box[name], side) for name, side in part.items()}}
            if NONE not in smaller.values():
                found.append(smaller)
        within_cap(len(found), "a list of boxes", BOXES)
    return found


def merged(found: list[Box]) -> list[Box]:
    """Join boxes that differ in one side only; leave out those within another; sort."""
    count = -1
    while count != len(found):
        count = len(found)
        for name in found[0] if found else ():
            groups: dict[tuple[object, ...], Box] = {}
            for box in found:
                key = tuple([side for other, side in box.items() if other != name])
                same = groups.setdefault(key, box)
                if same is not box:
                    groups[key] = {**same, name: either(same[name], box[name])}
            found = list(groups.values())
    if len(found) <= SHOWN:
        found = [box for box in found if not any(other is not box and _within(box, other) for other in found)]
    return sorted(found, key=lambda box: [SizeSet(name, side).minimum for name, side in box.items()])


def _within(box: Box, other: Box) -> bool:
    return all(both(side, negated(other[name])) == NONE for name, side in box.items())
