"""How sizes and conditions are written: as Python that evaluates to the same integers, or as mathematics.

A formula under construction is a pair (text, rank): rank 0 stands anywhere, 1 is a product of such, 2 a floor
or remainder, 3 a sum.  `Notation` knows the two ways of writing.
"""

from __future__ import annotations

from math import gcd

from .pieces import least
from .staircase import CAP, Staircase, staircase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .condition import Condition
    from .expr import Size
    from .formula import Stairs
    from .pieces import Pieces, Span
    from .terms import Terms

    Text = tuple[str, int]


READABLE_PERIOD = 240
"""Up to this period, a sum of floors is written with as few floors as a simple search finds."""


class Notation:
    """Python's operators, or the signs of mathematics."""

    __slots__ = ("pretty",)

    def __init__(self, pretty: bool) -> None:
        self.pretty = pretty

    def wrap(self, text: Text, rank: int) -> str:
        """The text, in brackets if it binds more weakly than the rank."""
        return f"({text[0]})" if text[1] > rank else text[0]

    def times(self, number: int, text: Text) -> Text:
        """A positive number times the text."""
        return text if number == 1 else (f"{number}{'·' if self.pretty else '*'}{self.wrap(text, 1)}", 1)

    def floor(self, text: Text, divisor: int) -> Text:
        """The text over a divisor, rounded down."""
        if self.pretty:
            return f"⌊{self.wrap(text, 2)}/{divisor}⌋", 0
        return f"{self.wrap(text, 2)}//{divisor}", 2

    def remainder(self, text: Text, divisor: int) -> Text:
        """The text modulo a divisor."""
        return f"{self.wrap(text, 0)}{' mod ' if self.pretty else '%'}{divisor}", 2

    def sum(self, parts: Iterable[tuple[int, Text]], constant: int, tight: bool = True) -> Text:
        """Coefficients times texts, plus a constant; `tight` leaves out the spaces, as within a formula."""
        minus = "−" if self.pretty else "-"
        gap = "" if tight else " "
        parts = sorted(((number, text) for number, text in parts if number), key=lambda part: part[0] < 0)
        if not parts:
            return f"{minus if constant < 0 else ''}{abs(constant)}", 0 if constant >= 0 else 3
        written = [(number > 0, self.times(abs(number), text)[0]) for number, text in parts]
        if constant:
            written.insert(
                0 if constant > 0 and not written[0][0] else len(written), (constant > 0, str(abs(constant)))
            )
        if len(written) == 1 and written[0][0]:
            return self.times(*parts[0])
        (positive, text), *others = written
        if not positive:  # -x//2 would be (-x)//2
            text = minus + (self.wrap(parts[0][1], 1) if parts[0][0] == -1 else text)
        return text + "".join(f"{gap}{'+' if positive else minus}{gap}{part}" for positive, part in others), 3


def size_text(size: Size, pretty: bool) -> str:
    """
    >>> from shapecalc.size import symbol
    >>> h = symbol("H")
    >>> size_text((h - 1) // 4 * 4 + 4, True), size_text((h + 1) // 2 * symbol("N") * 3, False)
    ('4·⌊(H−1)/4⌋ + 4', '3*N*((H+1)//2)')
    """
    return _size(size, Notation(pretty), tight=not pretty)[0]


def _size(size: Size, write: Notation, tight: bool = True) -> Text:
    if isinstance(size, int):
        return write.sum((), size)
    text = size.written(write, tight or size.denominator > 1)
    if size.denominator > 1:
        return f"{write.wrap(text, 2)}{'/' if write.pretty else '//'}{size.denominator}", 2
    return text


def terms_text(terms: Terms, write: Notation, tight: bool) -> Text:
    """A sum of products."""
    parts = [(c, _product(factors, write)) for factors, c in terms.items() if factors]
    return write.sum(parts, terms.get((), 0), tight)


def _product(factors: tuple[Stairs, ...], write: Notation) -> Text:
    texts = [pieces_text(factor.pieces, factor.symbol, write) for factor in factors]
    if len(texts) == 1:
        return texts[0]
    texts.sort(key=lambda text: not text[0].isidentifier())  # N before (H//2)
    return ("·" if write.pretty else "*").join(write.wrap(text, 0) for text in texts), 1


def pieces_text(pieces: Pieces, name: str, write: Notation, tight: bool = True) -> Text:
    """A function of one symbol."""
    first, others = pieces[0][1], pieces[1:]
    if not others:
        return _stairs(first, (name, 0), write, tight)
    left, right = ((1, first),), ((1, others[0][1]), *others[1:])
    a, b = pieces_text(left, name, write)[0], pieces_text(right, name, write)[0]
    if least(left, right) == pieces:
        return f"min({a}, {b})", 0
    if _negative(least(_negative(left), _negative(right))) == pieces:
        return f"max({a}, {b})", 0
    return f"({a} if {name} < {others[0][0]} else {b})", 0


def _negative(pieces: Pieces) -> Pieces:
    return tuple([(start, f.times(-1)) for start, f in pieces])


def _stairs(f: Staircase, inner: Text, write: Notation, tight: bool = True) -> Text:
    """A staircase of the thing written `inner`."""
    slope, base, period, jumps = f.record()
    if not jumps:
        return write.sum([(slope, inner)], base, tight)
    step = gcd(period, *[at - jumps[0][0] for at, _ in jumps])
    if not slope and step > 1:
        return _outer(f, step, inner, write, tight)
    if (line := _floor_of_line(f)) is not None:
        return write.floor(write.sum([(f.rise, inner)], line), period)
    at, height = jumps[0]
    if len(jumps) == 1 and height == -slope * period:
        return write.sum(
            [(slope, write.remainder(write.sum([(1, inner)], period - at), period))],
            base - slope * (period - at),
            tight,
        )
    slope, steps = _fewest_floors(f)
    floors = [
        (height, write.floor(write.sum([(1, inner)], every - at), every)) for at, height, every in steps
    ]
    return write.sum([(slope, inner), *floors], base, tight)


def _fewest_floors(f: Staircase) -> tuple[int, list[tuple[int, int, int]]]:
    """A slope and floors (at, height, period) that make up f: few, by trying short periods first."""
    slope, period, heights = f.slope, f.period, dict(f.jumps)
    best = slope, [(at, height, period) for at, height in f.jumps]
    if period > READABLE_PERIOD:
        return best
    classes = [(part, at) for part in range(2, period + 1) if period % part == 0 for at in range(1, part + 1)]
    for trial in sorted({slope, *[slope + height for height in heights.values()]}, key=abs):
        left = {at: slope + heights.get(at, 0) - trial for at in range(1, period + 1)}
        found = []
        for part, first in classes:
            steps = [left[at] for at in range(first, period + 1, part)]
            common = min(steps) if min(steps) > 0 else max(steps) if max(steps) < 0 else 0
            if common:
                found.append((first, common, part))
                left.update({at: left[at] - common for at in range(first, period + 1, part)})
        if len(found) < len(best[1]):
            best = trial, found
    return best


def _outer(f: Staircase, step: int, inner: Text, write: Notation, tight: bool) -> Text:
    """A staircase whose jumps all lie `step` apart is a staircase of one floor by `step`."""
    first = (f.jumps[0][0] - 1) % step + 1
    outer = staircase(
        0, f.base, f.period // step, tuple([((at - first) // step + 1, a) for at, a in f.jumps])
    )
    offset = step - first
    if not outer.jumps and outer.slope == 1:
        return write.floor(write.sum([(1, inner)], offset + step * outer.base), step)
    if not outer.jumps and 2 * offset > step:  # 4*((H-1)//4)+4 rather than 4*((H+3)//4)
        offset, outer = offset - step, outer.shift(outer.slope)
    return _stairs(outer, write.floor(write.sum([(1, inner)], offset), step), write, tight)


def _floor_of_line(f: Staircase) -> int | None:
    """The c with f(h) == (rise*h + c) // period, if any: the sum of f over one period determines it."""
    rise, period = f.rise, f.period
    if gcd(rise, period) > 1 or abs(rise) > CAP:
        return None
    total = (
        period * f.base + f.slope * period * (period - 1) // 2 + sum(a * (period - at) for at, a in f.jumps)
    )
    constant, odd = divmod(2 * total + (period - 1) * (1 - rise), 2)
    return constant if not odd and Staircase(rise, constant).floor(period) == f else None


def condition_text(condition: Condition, pretty: bool) -> str:
    """
    >>> from shapecalc.size import same, symbol
    >>> h, w = symbol("H"), symbol("W")
    >>> condition_text(same((h // 4) * (w // 4) * 16, 256), False), condition_text((h - 1) // 2 <= 4, True)
    ('16*(H//4)*(W//4) == 256', 'H ≤ 10')
    """
    write, size = Notation(pretty), condition.size
    if condition.modulus:
        return _congruent(_size(size, write), [0], condition.modulus, write)
    solved = (
        _solved(condition.spans, next(iter(size.symbols)), write) if condition.spans is not None else None
    )
    if solved is not None:
        return solved
    left, relation, right = size.sides()
    relation = "==" if condition.relation == "==" else relation
    return f"{_size(left, write)[0]} {_sign(relation, write)} {_size(right, write)[0]}"


def _sign(relation: str, write: Notation) -> str:
    return {">=": "≥", "<=": "≤", "==": "="}[relation] if write.pretty else relation


def _solved(spans: tuple[Span, ...], name: str, write: Notation) -> str | None:
    """The solution itself, where it is a few intervals or residues; else None."""
    periods = {period for _, _, period, _ in spans}
    if periods == {1} and len(spans) <= 3:
        return " or ".join(_interval(first, stop, name, write) for first, _, _, stop in spans)
    period = max(periods)
    from_1_on = all(stop is None and first + length - 1 <= period for first, length, _, stop in spans)
    if len(periods) > 1 or not from_1_on:
        return None
    residues = sorted((first + k) % period for first, length, _, _ in spans for k in range(length))
    return (
        _congruent((name, 0), residues, period, write)
        if min(len(residues), period - len(residues)) <= 4
        else None
    )


def _interval(first: int, stop: int | None, name: str, write: Notation) -> str:
    if stop is None:
        return f"{name} {_sign('>=', write)} {first}"
    if stop == first + 1:
        return f"{name} {_sign('==', write)} {first}"
    less = _sign("<=", write)
    return f"{name} {less} {stop - 1}" if first == 1 else f"{first} {less} {name} {less} {stop - 1}"


def _congruent(text: Text, residues: list[int], period: int, write: Notation) -> str:
    turned = 2 * len(residues) > period
    listed = [r for r in range(period) if r not in residues] if turned else residues
    if write.pretty:
        return f"{text[0]} {'≢' if turned else '≡'} {', '.join(map(str, listed))} (mod {period})"
    left = f"{write.wrap(text, 0)} % {period}"
    if len(listed) == 1:
        return f"{left} {'!=' if turned else '=='} {listed[0]}"
    return f"{left} {'not in' if turned else 'in'} ({', '.join(map(str, listed))})"
