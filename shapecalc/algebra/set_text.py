"""How size sets are written: for people ("H ≡ 1 (mod 4), H ≥ 13"), or as Python.

A set is a periodic rule, perhaps from a least size on, except some sizes, and some more; of the ways to say it
so, the one with the fewest parts.
"""

from __future__ import annotations

from .cycle import EMPTY, FULL, ascending, complement, first_from, how_many, last_to
from .segments import NONE, at_or_above, both, negated, stretches
from .staircase import SizeLimit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .cycle import Cycle
    from .segments import Segments

LISTED = 8
"""People are shown no more sizes, residues or parts than this."""
WEIGHED = 64
"""More pieces than this are not weighed against each other."""


class Style:
    """The signs of one way of writing."""

    __slots__ = ("plain", "symbol")

    def __init__(self, symbol: str, plain: bool) -> None:
        self.symbol = symbol
        self.plain = plain

    def at_least(self, bound: int) -> str:
        """H >= bound"""
        return f"{self.symbol} {'>=' if self.plain else '≥'} {bound}"

    def bounded(self, low: int, high: int) -> str:
        """low <= H <= high"""
        sign = "<=" if self.plain else "≤"
        return f"{self.symbol} {sign} {high}" if low == 1 else f"{low} {sign} {self.symbol} {sign} {high}"

    def residues(self, c: Cycle) -> str:
        """H ≡ 0, 1 (mod 4)"""
        period, parts = c
        inside = sum(hi - lo for lo, hi in parts)
        flat, others = sorted(_flat(parts, period)), sorted(_flat(complement(c)[1], period))
        turned = period < 2 * inside and sum(map(_length, others)) < sum(map(_length, flat))
        flat = others if turned else flat
        if self.plain:
            return self._remainder(flat, period, turned)
        texts = [text for lo, hi in flat for text in _run(lo, hi)]
        if len(texts) > LISTED:
            texts = [*texts[: LISTED - 2], f"… ({inside} residues)"]
        return f"{self.symbol} {'≢' if turned else '≡'} {', '.join(texts)} (mod {period})"

    def _remainder(self, flat: list[tuple[int, int]], period: int, turned: bool) -> str:
        left = f"{self.symbol} % {period}"
        if len(flat) == 1 and flat[0][1] - flat[0][0] == 1:
            return f"{left} {'!=' if turned else '=='} {flat[0][0]}"
        if all(hi - lo < 3 for lo, hi in flat):
            return f"{left} {'not in' if turned else 'in'} ({', '.join(_each(flat))})"
        ranges = " or ".join(f"{lo} <= {left} < {hi}" for lo, hi in flat)
        return f"not ({ranges})" if turned else f"({ranges})" if len(flat) > 1 else ranges


def _flat(parts: tuple[tuple[int, int], ...], period: int) -> list[tuple[int, int]]:
    """Intervals of residues, cut at the period's end."""
    found = []
    for lo, hi in parts:
        lo, hi = lo % period, lo % period + hi - lo
        found += [(lo, hi)] if hi <= period else [(lo, period), (0, hi - period)]
    return found


def _run(lo: int, hi: int) -> list[str]:
    """Few numbers one by one, many as a range."""
    return [f"{lo}..{hi - 1}"] if hi - lo > 2 else [str(h) for h in range(lo, hi)]


def _length(part: tuple[int, int]) -> int:
    """How many numbers `_run` writes."""
    return min(part[1] - part[0], 2)


def _each(parts: list[tuple[int, int]]) -> list[str]:
    return [str(h) for lo, hi in parts for h in range(lo, hi)]


def set_text(segments: Segments, symbol: str, plain: bool = False) -> str:
    """The set in words, or as Python."""
    write = Style(symbol, plain)
    tail = segments[-1][1]
    if tail == EMPTY:
        return _finite(segments, write)
    bound, missing, more = _as_rule(segments)
    rule = write.residues(tail) if tail != FULL else ""
    if write.plain:
        rules = [rule, write.at_least(bound) if bound > 1 or not rule else ""]
        rules.append(f"not ({_finite(missing, write)})" if missing != NONE else "")
        text = " and ".join(part for part in rules if part)
        if more == NONE:
            return text
        return f"{f'({text})' if ' and ' in text else text} or {_finite(more, write)}"
    least = write.at_least(bound)
    if tail == FULL:
        text = f"all {least}" if bound > 1 else f"all {symbol}"
    else:
        text = f"{rule}, {least}" if bound > 1 else rule
    if missing != NONE:
        text += f" except {_listed(missing, write)}"
    return text if more == NONE else f"{text}, and {_listed(more, write)}"


def _as_rule(segments: Segments) -> tuple[int, Segments, Segments]:
    """The least size of the rule, what is missing from it, and what there is beside it."""
    start, tail = segments[-1]
    rule = ((1, tail),)
    last = at_or_above(segments, start) or start
    ways = [(last, NONE, both(segments, ((1, FULL), (start, EMPTY))) if start > 1 else NONE)]
    if len(segments) <= WEIGHED:
        try:
            first = at_or_above(both(segments, rule), 1) or 1
            for bound in (1, first):
                ruled = both(rule, ((1, EMPTY), (bound, FULL))) if bound > 1 else rule
                ways.append((bound, both(ruled, negated(segments)), both(segments, negated(ruled))))
        except SizeLimit:
            pass  # what was found will do

    def cost(way: tuple[int, Segments, Segments]) -> tuple[int, int]:
        bound, missing, more = way
        return _weight(missing) + _weight(more) + (bound > 1 and tail != FULL), -bound

    bound, missing, more = min(ways, key=cost)
    return 1 if at_or_above(rule, 1) == bound else bound, missing, more


def _weight(segments: Segments) -> int:
    """How much it takes to list a finite set."""
    total = 0
    for start, stop, c in stretches(segments):
        if stop is not None:
            total += min(how_many(c, start, stop), 2 if c[0] == 1 else 5)
    return total


def _parts(segments: Segments, write: Style) -> list[tuple[bool, str]]:
    """A finite set's parts: (is it a single size?, text)."""
    found: list[tuple[bool, str]] = []
    for start, stop, c in stretches(segments):
        if stop is None or c == EMPTY:
            continue
        if c == FULL:
            few = [(True, str(h)) for h in range(start, min(stop, start + 3))]
            found += few if len(few) < 3 else [(False, write.bounded(start, stop - 1))]
        elif how_many(c, start, stop) <= LISTED:
            found += [(True, str(h)) for lo, hi in ascending(c, start, stop) for h in range(lo, hi)]
        else:
            joint, low, high = " and " if write.plain else ", ", first_from(c, start), last_to(c, stop - 1)
            found.append((False, f"{write.residues(c)}{joint}{write.bounded(low or 1, high or 1)}"))
    return found


def _finite(segments: Segments, write: Style) -> str:
    """A finite set."""
    parts = _parts(segments, write)
    if not parts:
        return "False" if write.plain else "none"
    singles = [text for single, text in parts if single]
    others = [text for single, text in parts if not single]
    if write.plain:
        if singles:
            listed = ", ".join(singles)
            others.append(
                f"{write.symbol} in ({listed})" if len(singles) > 1 else f"{write.symbol} == {listed}"
            )
        return " or ".join(others)
    return f"{'' if others else 'only '}{_listed(segments, write)}"


def _listed(segments: Segments, write: Style) -> str:
    """A finite set's parts as a list, cut if it is long."""
    texts = [text for _, text in _parts(segments, write)]
    if len(texts) > LISTED:
        total = sum(how_many(c, start, stop) for start, stop, c in stretches(segments) if stop)
        texts = [*texts[: LISTED - 2], f"… ({total} sizes)"]
    many = any(" " in text for text in texts)
    return (" or " if many and all("…" not in text for text in texts) else ", ").join(texts)
