"""Symbolic sizes: `Stairs`, a function of one symbol, and `Polynomial`, what products of them make."""

from __future__ import annotations

from math import gcd, inf, lcm

from .condition import at_least
from .pieces import agree, bounds, combine, solve, tidy, value_at
from .staircase import SizeLimit, Staircase
from .terms import constant_value, merged, ordered, probe, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .condition import Condition
    from .pieces import Pieces, Span
    from .terms import Terms


class Expr:
    """A size that depends on at least one symbol: ``numerator / denominator``, used where that is whole.

    `==` and `hash` go by the function: two formulas of one function are equal.
    """

    __slots__ = ("_hash", "denominator")
    denominator: int

    def as_terms(self) -> Terms:
        """The numerator as terms."""
        raise NotImplementedError

    def scaled(self, factor: int, divisor: int = 1) -> Size:
        """The size times factor/divisor."""
        raise NotImplementedError

    def shifted(self, constant: int) -> Expr:
        """The size plus a constant."""
        raise NotImplementedError

    def floored(self, divisor: int) -> Size:
        """The size over a positive integer, rounded down."""
        raise NotImplementedError

    def numerator_at(self, values: Mapping[str, int]) -> int:
        """The numerator's value."""
        raise NotImplementedError

    def bounds(self) -> tuple[float, float]:
        """Between which numbers the numerator stays, for all symbols >= 1 (exact for one symbol)."""
        raise NotImplementedError

    def solutions(self, zero: bool) -> tuple[Span, ...] | None:
        """For one symbol: where the numerator is 0 (or at least 0), as spans (see `pieces.solve`)."""
        return None

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols on which it depends."""
        raise NotImplementedError

    @property
    def numerator(self) -> Expr:
        """What the denominator divides."""
        numerator = self if self.denominator == 1 else self.scaled(self.denominator)
        assert isinstance(numerator, Expr)
        return numerator

    def at(self, **values: int) -> int:
        """The size for given values of the symbols.

        >>> from shapecalc.size import symbol
        >>> (symbol("H") // 2).at(H=29)
        14
        """
        value, remainder = divmod(self.numerator_at(values), self.denominator)
        if remainder:
            raise ValueError(f"{self} is not a whole number here")
        return value

    def __add__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self.shifted(other)
        return _sum(self, other) if isinstance(other, Expr) else NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self.scaled(-1)

    def __sub__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self.shifted(-other)
        return _sum(self, other, -1) if isinstance(other, Expr) else NotImplemented

    def __rsub__(self, other: int) -> Size:
        return -self + other if isinstance(other, int) else NotImplemented

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self.scaled(other)
        return _product(self, other) if isinstance(other, Expr) else NotImplemented

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Size:
        if not isinstance(other, int) or other <= 0:
            raise TypeError(f"a symbolic size is divided by positive integers only, not by {other}")
        return self.floored(other)

    def __mod__(self, other: int) -> Size:
        return self - self // other * other

    def __ge__(self, other: Size) -> bool | Condition:
        return at_least(self - other, 0)

    def __gt__(self, other: Size) -> bool | Condition:
        return at_least(self - other, 1)

    def __le__(self, other: Size) -> bool | Condition:
        return at_least(other - self, 0)

    def __lt__(self, other: Size) -> bool | Condition:
        return at_least(other - self, 1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expr) or hash(self) != hash(other):
            return False
        difference = self - other
        return isinstance(difference, int) and difference == 0

    def __hash__(self) -> int:  # of a value at one point, which all forms of the function share
        found: int | None = getattr(self, "_hash", None)
        if found is None:
            value = self.numerator_at({name: probe(name, 0) for name in self.symbols})
            common = gcd(value, self.denominator)
            self._hash = found = hash((value // common, self.denominator // common))
        return found

    def __bool__(self) -> bool:
        raise TypeError(f"the size {self} is symbolic: whether it is zero depends on its symbols")

    def __index__(self) -> int:
        raise TypeError(f"the size {self} is symbolic and stands for no single integer")

    __int__ = __index__

    def __str__(self) -> str:
        from .text import size_text

        return size_text(self, pretty=False)

    __repr__ = __str__

    def pretty(self) -> str:
        """The formula as mathematics.

        >>> from shapecalc.size import symbol
        >>> print((symbol("H") // 4 * 4 + 1).pretty())
        4·⌊H/4⌋ + 1
        """
        from .text import size_text

        return size_text(self, pretty=True)


Size = int | Expr


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

    def content(self) -> int:
        """The greatest number that divides the formulas."""
        return gcd(
            *[part for _, f in self.pieces for part in (f.slope, f.base, *[height for _, height in f.jumps])]
        )

    def as_terms(self) -> Terms:
        """The numerator as terms."""
        content, first, last = self.content(), self.pieces[0][1], self.pieces[-1][1]
        heights = [height for _, height in last.jumps]
        if (
            next(
                part
                for part in (last.rise, last.base, last.slope, *heights, first.slope, first.base, 1)
                if part
            )
            < 0
        ):
            content = -content
        if content == 1 == self.denominator:
            return {(self,): 1}
        return {(Stairs(self.symbol, divided(self.pieces, content)),): content}

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
                ends = [a * b if a and b else 0 for a in ends for b in factor.bounds()]
                ends = [min(ends), max(ends)]
            low, high = low + ends[0], high + ends[-1]
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


def collapsed(name: str, pieces: Pieces, denominator: int = 1) -> Size:
    """Collapse a constant, cancel what divides numerator and denominator."""
    first = pieces[0][1]
    if len(pieces) == 1 and not first.slope and not first.jumps:
        return constant_over(first.base, denominator)
    result = Stairs(name, pieces, denominator)
    if denominator > 1 and (common := gcd(result.content(), denominator)) > 1:
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


def _sum(a: Expr, b: Expr, sign: int = 1) -> Size:
    """a + sign*b"""
    denominator = lcm(a.denominator, b.denominator)
    m, n = denominator // a.denominator, denominator // b.denominator * sign
    if isinstance(a, Stairs) and isinstance(b, Stairs) and a.symbol == b.symbol:
        left = a.pieces if m == 1 else tuple([(start, f.times(m)) for start, f in a.pieces])
        right = b.pieces if n == 1 else tuple([(start, f.times(n)) for start, f in b.pieces])
        return collapsed(a.symbol, combine(left, right, Staircase.plus), denominator)
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
        for bare, content in (factors[0].shifted(-base).as_terms() if base else {factors: 1}).items():
            found[bare] = found.get(bare, 0) + coefficient * content
    return found, constant
