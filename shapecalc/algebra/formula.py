"""The two kinds of symbolic sizes: `Stairs`, a function of one symbol, and `Polynomial`, what products make."""

from __future__ import annotations

from math import gcd, inf, lcm

from .expr import Expr
from .pieces import agree, bounds, combine, solve, tidy, value_at
from .staircase import SizeLimit, Staircase
from .terms import constant_value, content, divided, merged, ordered, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expr import Size
    from .pieces import Pieces, Span
    from .terms import Terms
    from .text import Notation, Text


class Stairs(Expr):
    """A function of one symbol, not constant."""

    __slots__ = ("pieces", "symbol")

    def __init__(self, symbol: str, pieces: Pieces, denominator: int = 1) -> None:
        self.symbol = symbol
        self.pieces = pieces
        self.denominator = denominator

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols on which it depends."""
        return frozenset((self.symbol,))

    def bounds(self) -> tuple[float, float]:
        """The range of the numerator."""
        return bounds(self.pieces)

    def solutions(self, zero: bool) -> tuple[Span, ...]:
        """Where the numerator is 0 (or at least 0)."""
        return solve(self.pieces, zero)

    def numerator_at(self, values: Mapping[str, int]) -> int:
        """The numerator's value."""
        return value_at(self.pieces, values[self.symbol])

    def shifted(self, constant: int) -> Stairs:
        """The size plus a constant."""
        constant *= self.denominator
        return Stairs(self.symbol, tuple([(s, f.shift(constant)) for s, f in self.pieces]), self.denominator)

    def scaled(self, factor: int, divisor: int = 1) -> Size:
        """The size times factor/divisor."""
        if not factor:
            return 0
        pieces = tuple([(start, f.times(factor)) for start, f in self.pieces])
        return collapsed(self.symbol, pieces, self.denominator * divisor)

    def floored(self, divisor: int) -> Size:
        """The size over a positive integer, rounded down."""
        divisor *= self.denominator
        floors = [(start, f.floor(divisor)) for start, f in self.pieces]
        return collapsed(self.symbol, tuple(floors) if len(floors) == 1 else tidy(floors))

    def as_terms(self) -> Terms:
        """The numerator as terms."""
        number, first, last = content(self.pieces), self.pieces[0][1], self.pieces[-1][1]
        heights = [height for _, height in last.jumps]
        leading = (last.rise, last.base, last.slope, *heights, first.slope, first.base, 1)
        if next(part for part in leading if part) < 0:
            number = -number
        if number == 1 == self.denominator:
            return {(self,): 1}
        return {(Stairs(self.symbol, divided(self.pieces, number)),): number}

    def plus(self, other: Expr, sign: int = 1) -> Size:
        """The sum with, or the difference from, another."""
        if not isinstance(other, Stairs) or other.symbol != self.symbol:
            return _sum(self, other, sign)
        denominator = lcm(self.denominator, other.denominator)
        left, right = (
            f.pieces if factor == 1 else tuple([(start, part.times(factor)) for start, part in f.pieces])
            for f, factor in (
                (self, denominator // self.denominator),
                (other, denominator // other.denominator * sign),
            )
        )
        return collapsed(self.symbol, combine(left, right, Staircase.plus), denominator)

    def by(self, other: Expr) -> Size:
        """The product with another."""
        return _product(self, other)

    def given(self, **values: int) -> Size:
        """The size, or its value."""
        return self.at(**values) if self.symbol in values else self

    def sides(self) -> tuple[Size, str, Size]:
        """The constant on the right, what grows on the left."""
        last = self.pieces[-1][1]
        body = self - last.base
        return (body, ">=", -last.base) if last.rise >= 0 else (-body, "<=", last.base)

    def written(self, write: Notation, tight: bool) -> Text:
        """The numerator as text."""
        from .text import pieces_text

        return pieces_text(self.pieces, self.symbol, write, tight)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stairs):
            return Expr.__eq__(self, other)
        same_record = self.symbol == other.symbol and self.denominator == other.denominator
        return same_record and agree(self.pieces, other.pieces)

    __hash__ = Expr.__hash__


class Polynomial(Expr):
    """A sum of products of primitive `Stairs`, in more than one symbol or with one symbol more than once."""

    __slots__ = ("terms",)

    def __init__(self, terms: Terms, denominator: int = 1) -> None:
        self.terms = terms
        self.denominator = denominator

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols on which it depends."""
        return frozenset([factor.symbol for factors in self.terms for factor in factors])

    def bounds(self) -> tuple[float, float]:
        """The range of the numerator."""
        low: float = 0
        high: float = 0
        for factors, coefficient in self.terms.items():
            ends: list[float] = [coefficient]
            for factor in factors:
                ends = [_times(a, b) for a in ends for b in factor.bounds()]
                ends = [min(ends), max(ends)]
            low, high = _plus(low, ends[0]), _plus(high, ends[-1])
        return low, high

    def as_terms(self) -> Terms:
        """The numerator as terms."""
        return self.terms

    def numerator_at(self, values: Mapping[str, int]) -> int:
        """The numerator's value."""
        return value_of(self.terms, values)

    def shifted(self, constant: int) -> Polynomial:
        """The size plus a constant."""
        total = self.terms.get((), 0) + constant * self.denominator
        terms = {factors: c for factors, c in self.terms.items() if factors}
        return Polynomial({**terms, (): total} if total else terms, self.denominator)

    def scaled(self, factor: int, divisor: int = 1) -> Size:
        """The size times factor/divisor."""
        if not factor:
            return 0
        divisor *= self.denominator
        common = gcd(divisor, *[c * factor for c in self.terms.values()])
        return Polynomial(
            {factors: c * factor // common for factors, c in self.terms.items()}, divisor // common
        )

    def plus(self, other: Expr, sign: int = 1) -> Size:
        """The sum with, or the difference from, another."""
        return _sum(self, other, sign)

    def by(self, other: Expr) -> Size:
        """The product with another."""
        return _product(self, other)

    def given(self, **values: int) -> Size:
        """The size with some of its symbols fixed."""
        terms: Terms = {}
        for factors, coefficient in self.terms.items():
            left = tuple([factor for factor in factors if factor.symbol not in values])
            fixed = tuple([factor for factor in factors if factor.symbol in values])
            terms[left] = terms.get(left, 0) + value_of({fixed: coefficient}, values)
        return simplest(terms, self.denominator)

    def sides(self) -> tuple[Size, str, Size]:
        """What is added on the left, what is subtracted on the right."""
        constant = self.terms.get((), 0)
        added = {factors: c for factors, c in self.terms.items() if factors and c > 0}
        taken = {factors: -c for factors, c in self.terms.items() if factors and c < 0}
        if not added:
            return Polynomial(taken), "<=", constant
        return Polynomial(added), ">=", Polynomial(taken) - constant if taken else -constant

    def written(self, write: Notation, tight: bool) -> Text:
        """The numerator as text."""
        from .text import terms_text

        return terms_text(self.terms, write, tight)

    def floored(self, divisor: int) -> Size:
        """The size over a positive integer, rounded down."""
        divisor *= self.denominator
        whole = simplest({factors: c // divisor for factors, c in self.terms.items()})
        rest = simplest({factors: c % divisor for factors, c in self.terms.items()})
        if not isinstance(rest, Polynomial):
            return whole + rest // divisor
        low, high = rest.bounds()
        if -inf < low and high < inf and low // divisor == high // divisor:
            return whole + int(low // divisor)
        names = ", ".join(sorted(self.symbols))
        raise SizeLimit(f"({self.numerator})//{divisor} cannot be written as a formula in {names}")


def collapsed(name: str, pieces: Pieces, denominator: int = 1) -> Size:
    """Collapse a constant, cancel what divides numerator and denominator."""
    first = pieces[0][1]
    if len(pieces) == 1 and not first.slope and not first.jumps:
        return constant_over(first.base, denominator)
    result = Stairs(name, pieces, denominator)
    if denominator > 1 and (common := gcd(content(pieces), denominator)) > 1:
        return Stairs(name, divided(pieces, common), denominator // common)
    return result


def over(size: Size, denominator: int) -> Size:
    """size / denominator"""
    if denominator == 1:
        return size
    return constant_over(size, denominator) if isinstance(size, int) else size.scaled(1, denominator)


def constant_over(value: int, denominator: int) -> int:
    """value / denominator, which must be whole."""
    if value % denominator:
        raise SizeLimit(f"{value}/{denominator} is never a whole number")
    return value // denominator


def _sum(a: Expr, b: Expr, sign: int) -> Size:
    """a + sign*b"""
    denominator = lcm(a.denominator, b.denominator)
    m, n = denominator // a.denominator, denominator // b.denominator * sign
    terms = {factors: c * m for factors, c in a.as_terms().items()}
    for factors, c in b.as_terms().items():
        terms[factors] = terms.get(factors, 0) + c * n
    return simplest(terms, denominator)


def _product(a: Expr, b: Expr) -> Size:
    terms: Terms = {}
    for left, c in a.as_terms().items():
        for right, d in b.as_terms().items():
            factors = ordered(left + right)
            terms[factors] = terms.get(factors, 0) + c * d
    return simplest(terms, a.denominator * b.denominator)


def simplest(terms: Terms, denominator: int = 1) -> Size:
    """The simplest kind of size that these terms make."""
    terms = merged({factors: c for factors, c in terms.items() if c})
    constant = terms.pop((), 0)
    if not terms:
        return constant_over(constant, denominator)
    if len(terms) == 1:
        (factors, coefficient), *_ = terms.items()
        if len(factors) == 1:
            return over(factors[0] * coefficient + constant, denominator)
    else:
        terms, constant = _without_bases(terms, constant)
    if constant:
        terms[()] = constant
    if (value := constant_value(terms)) is not None:
        return constant_over(value, denominator)
    return over(Polynomial(terms), denominator)


def _without_bases(terms: Terms, constant: int) -> tuple[Terms, int]:
    """Additive constants of one-symbol terms belong to the polynomial's own constant."""
    found: Terms = {}
    for factors, coefficient in terms.items():
        base = factors[0].pieces[-1][1].base if len(factors) == 1 else 0
        constant += coefficient * base
        for bare, number in (factors[0].shifted(-base).as_terms() if base else {factors: 1}).items():
            found[bare] = found.get(bare, 0) + coefficient * number
    return found, constant


def _times(a: float, b: float) -> float:
    """The product of integers, which may be infinite or too large for a float."""
    if abs(a) != inf and abs(b) != inf:
        return a * b
    return 0 if not a or not b else inf if (a > 0) == (b > 0) else -inf


def _plus(a: float, b: float) -> float:
    return a if abs(a) == inf else b if abs(b) == inf else a + b
