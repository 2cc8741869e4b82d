"""What every symbolic size can do; `formula` has the two kinds."""

from __future__ import annotations

from math import gcd

from .condition import at_least
from .terms import probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .condition import Condition
    from .pieces import Span
    from .terms import Terms
    from .text import Notation, Text


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

    def plus(self, other: Expr, sign: int = 1) -> Size:
        """The sum with, or the difference from, another."""
        raise NotImplementedError

    def by(self, other: Expr) -> Size:
        """The product with another."""
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

    def given(self, **values: int) -> Size:
        """The size with some of its symbols fixed.

        >>> from shapecalc.size import symbol
        >>> (symbol("H") // 2 * symbol("W")).given(W=6)
        6*(H//2)
        """
        raise NotImplementedError

    def sides(self) -> tuple[Size, str, Size]:
        """``size >= 0`` with what is subtracted on the other side: (left, relation, right)."""
        raise NotImplementedError

    def written(self, write: Notation, tight: bool) -> Text:
        """The numerator as text."""
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
        return self.plus(other) if isinstance(other, Expr) else NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self.scaled(-1)

    def __sub__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self.shifted(-other)
        return self.plus(other, -1) if isinstance(other, Expr) else NotImplemented

    def __rsub__(self, other: int) -> Size:
        return -self + other if isinstance(other, int) else NotImplemented

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self.scaled(other)
        return self.by(other) if isinstance(other, Expr) else NotImplemented

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
