"""Sizes: a `Size` is an `int`, or an `Expr` over symbols (`H`, `W`, the batch `N`), any integers >= 1.

Layer rules are written once, ``(h + 2*p - d*(k-1) - 1)//s + 1``, and run on both.

>>> h = symbol("H")
>>> def pool(size): return (size - 2)//2 + 1
>>> pool(29), str(pool(h)), str(pool(pool(h))), pool(h).at(H=29)
(14, 'H//2', 'H//4', 14)

For one symbol equality, order and divisibility are decided.  Flatten multiplies sizes of several symbols;
there, what is not plainly always or never true is a `Condition`, to be asked at values of the symbols.
"""

from __future__ import annotations

from math import gcd, lcm, prod

from .algebra.condition import Condition, at_least
from .algebra.expr import Expr, Size
from .algebra.formula import Polynomial, Stairs, collapsed, over, simplest
from .algebra.pieces import least
from .algebra.staircase import CAP, SizeLimit, Staircase
from .algebra.terms import probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .algebra.pieces import Pieces
    from .algebra.terms import Terms

__all__ = [
    "CAP",
    "Condition",
    "Expr",
    "Size",
    "SizeLimit",
    "at",
    "ceil_div",
    "divides",
    "largest",
    "product",
    "quotient",
    "same",
    "smallest",
    "symbol",
    "whole",
]


def symbol(name: str) -> Expr:
    """A size that may be any integer >= 1."""
    if not name.isidentifier():
        raise ValueError(f"a symbol is named by an identifier, not by {name!r}")
    return Stairs(name, ((1, Staircase(1, 0)),))


def same(a: Size, b: Size) -> bool | Condition:
    """Does a equal b?  True or False where that holds or fails for all values.

    >>> h = symbol("H")
    >>> same(h // 2 * 2, h), same(h, h + 1), same(h + h, 2 * h)
    (H % 2 == 0, False, True)
    """
    difference = a - b
    if isinstance(difference, int):
        return difference == 0
    size = difference.numerator
    low, high = size.bounds()
    if low > 0 or high < 0:
        return False
    if isinstance(size, Stairs):
        spans = size.solutions(True)
        return Condition(size, "==", 0, spans) if spans else False
    terms = size.as_terms()
    if terms.get((), 0) % gcd(*[c for factors, c in terms.items() if factors]):
        return False
    return Condition(size, "==")


def divides(number: int, size: Size) -> bool | Condition:
    """Is the size a multiple of the number?

    >>> divides(4, symbol("H") * 2)
    H % 2 == 0
    """
    if isinstance(size, int):
        return size % number == 0
    number *= size.denominator
    size = size.numerator
    if isinstance(size, Polynomial):
        rest = simplest({factors: c % number for factors, c in size.terms.items()})
        if isinstance(rest, int):
            return rest % number == 0
        size = rest
    content = gcd(*size.as_terms().values())
    number //= gcd(number, content)
    if number == 1:
        return True
    bare = over(size, content)
    return same(bare % number, 0) if isinstance(bare, (int, Stairs)) else Condition(bare, "%", number)


def at(size: Size, values: Mapping[str, int]) -> int:
    """
    >>> at(symbol("H") * symbol("W"), {"H": 3, "W": 5}), at(7, {})
    (15, 7)
    """
    return size if isinstance(size, int) else size.at(**values)


def whole(size: Size) -> bool | Condition:
    """Is the size, a `quotient`, a whole number?"""
    return isinstance(size, int) or size.denominator == 1 or divides(size.denominator, size.numerator)


def smallest(*sizes: Size) -> Size:
    """The exact minimum.

    >>> smallest(3, 4), smallest(symbol("H"), 7)
    (3, min(H, 7))
    """
    try:
        return min(sizes)
    except TypeError:  # some order is undecided
        return _fold(sizes, 1)


def largest(*sizes: Size) -> Size:
    """The exact maximum."""
    try:
        return max(sizes)
    except TypeError:
        return _fold(sizes, -1)


def _fold(sizes: Iterable[Size], sign: int) -> Size:
    first, *others = sizes
    result = first * sign
    for size in others:
        result = _lesser(result, size * sign)
    return result * sign


def _lesser(a: Size, b: Size) -> Size:
    decided = at_least(a - b, 0)
    if isinstance(decided, bool):
        return b if decided else a
    symbols = decided.symbols.union(*[size.symbols for size in (a, b) if isinstance(size, Expr)])
    denominator = lcm(*[1 if isinstance(size, int) else size.denominator for size in (a, b)])
    parts: list[Pieces] = []
    for size in (a, b):
        scaled = size * denominator
        if isinstance(scaled, int):
            parts.append(((1, Staircase(0, scaled)),))
        elif isinstance(scaled, Stairs) and len(symbols) == 1:
            parts.append(scaled.pieces)
        else:
            raise SizeLimit(f"the smaller of {a} and {b} cannot be written as a formula")
    return collapsed(min(symbols), least(parts[0], parts[1]), denominator)


def ceil_div(a: Size, b: int) -> Size:
    """a / b, rounded up."""
    return -(-a // b)


def product(sizes: Iterable[Size]) -> Size:
    """
    >>> product((symbol("N"), 16, symbol("H") // 4, symbol("W") // 4))
    16*N*(H//4)*(W//4)
    """
    return prod(sizes)


def quotient(a: Size, b: Size) -> Size | None:
    """The exact quotient: q with a == b*q wherever `whole(q)`; None if there is none that can be written.

    >>> n, h = symbol("N"), symbol("H")
    >>> quotient(n * 16 * (h // 2), n)
    16*(H//2)
    >>> rows = quotient(n * 500, 320)
    >>> rows, whole(rows), quotient(n * 5 + 1, 10 * h)
    (25*N//16, N % 16 == 0, None)
    """
    if isinstance(b, int):
        if isinstance(a, int):
            return a // b if b and a % b == 0 else None
        result = over(a if b > 0 else -a, abs(b)) if b else None
    elif isinstance(a, int):
        return None if a else 0
    else:
        result = _cancelled(a, b)
    return None if result is None or whole(result) is False else result


def _cancelled(a: Expr, b: Expr) -> Size | None:
    (divisor, number), *more = b.as_terms().items()
    terms: Terms = {}
    for factors, coefficient in a.as_terms().items():
        left = list(factors)
        for factor in divisor:
            if factor in left:
                left.remove(factor)
            else:
                more.append((factors, 0))
        terms[tuple(left)] = coefficient
    if more:  # not factor by factor: a multiple, or nothing
        values = {name: probe(name, 0) for name in a.symbols | b.symbols}
        above, below = a.numerator_at(values) * b.denominator, b.numerator_at(values) * a.denominator
        return above // below if below and above % below == 0 and a == b * (above // below) else None
    result = simplest(terms) * (b.denominator if number > 0 else -b.denominator)
    below = a.denominator * abs(number)
    return over(result, below) if isinstance(result, Expr) or result % below == 0 else None
