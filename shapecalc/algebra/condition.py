"""Conditions: what must hold of the symbols, where that is neither always so nor never."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .expr import Expr, Size
    from .pieces import Span


class Condition:
    """``size >= 0``, ``size == 0`` or ``size % modulus == 0``; so far as known, true for some values only.

    >>> from shapecalc.size import symbol
    >>> h = symbol("H")
    >>> needs = (h - 5) // 2 + 1 >= 13
    >>> str(needs), needs.at(H=28), needs.at(H=29)
    ('H >= 29', False, True)
    """

    __slots__ = ("_spans", "modulus", "relation", "size")

    def __init__(
        self, size: Expr, relation: str, modulus: int = 0, spans: tuple[Span, ...] | None = None
    ) -> None:
        self.size = size
        self.relation = relation
        self.modulus = modulus
        self._spans = spans

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols on which it depends."""
        return self.size.symbols

    @property
    def spans(self) -> tuple[Span, ...] | None:
        """For one symbol: exactly where it holds (see `pieces.solve`); None for more than one.

        >>> from shapecalc.size import same, symbol
        >>> same(symbol("H") % 4, 1).spans
        ((1, 1, 4, None),)
        """
        if self._spans is None and not self.modulus:
            self._spans = self.size.solutions(self.relation == "==")
        return self._spans

    def at(self, **values: int) -> bool:
        """Does it hold for these values?"""
        value = self.size.at(**values)
        return value >= 0 if self.relation == ">=" else (value % self.modulus if self.modulus else value) == 0

    def given(self, **values: int) -> bool | Condition:
        """What is left of it with some of its symbols fixed.

        >>> from shapecalc.size import same, symbol
        >>> same(symbol("H") // 2 * symbol("W"), 12).given(W=4)
        6 <= H <= 7
        """
        if self.symbols <= values.keys():
            return self.at(**values)
        size = self.size.given(**values)
        if isinstance(size, int):
            return (
                size >= 0 if self.relation == ">=" else (size % self.modulus if self.modulus else size) == 0
            )
        return Condition(size.numerator, self.relation, self.modulus)

    def _key(self) -> tuple[object, ...]:
        return (self.symbols, self.spans or (self.relation, self.modulus, self.size))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} depends on its symbols: record the condition, do not branch on it")

    def __str__(self) -> str:
        from .text import condition_text

        return condition_text(self, pretty=False)

    __repr__ = __str__

    def pretty(self) -> str:
        """The condition as mathematics."""
        from .text import condition_text

        return condition_text(self, pretty=True)


def at_least(size: Size, bound: int) -> bool | Condition:
    """Is the size never below the bound?"""
    if isinstance(size, int):
        return size >= bound
    size = size.numerator.shifted(-bound)  # integers: n/d > 0 is n >= 1
    low, high = size.bounds()
    return True if low >= 0 else False if high < 0 else Condition(size, ">=")
