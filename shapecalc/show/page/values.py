"""Integers that remember their formula, so that a message about numbers says where each number is from.

A layer's refusal is a text with numbers in it. Asked about sizes that are `Value`s it comes out with a slot
in the place of each number that hangs on the input, and the slot names the number's formula: filled in at other
sizes, it is word for word what the layer says there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ...algebra.formula import Stairs
from ...shapes import N
from ...size import Expr, Size, SizeLimit

#: What stands around a slot's number; both are characters of nobody's alphabet.
OPEN, CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{OPEN}(N?[0-9]+){CLOSE}")

Part = str | int | list[int]


class Formulas:
    """The distinct formulas of a page, each by its number."""

    def __init__(self) -> None:
        self.all: list[Expr] = []
        self._numbers: dict[Expr, int] = {}

    def number(self, formula: Expr) -> int:
        """The formula's number, the same for all ways to write it."""
        found = self._numbers.get(formula)
        if found is None:
            found = self._numbers[formula] = len(self.all)
            self.all.append(formula)
        return found

    def slot(self, size: Size) -> str:
        """The size as a text: a number, `N`, or the slot of its formula, written as a message writes it."""
        if isinstance(size, int) or size == N:
            return str(size)
        return f"{OPEN}{'N' * ('N' in size.symbols)}{self.number(size)}{CLOSE}"

    def parts(self, text: str) -> list[Part]:
        """A text with slots as its pieces: words, and formulas by their numbers ([number] for a multiple of N).

        >>> from shapecalc.size import symbol
        >>> formulas, h = Formulas(), symbol("H")
        >>> size = Value(29, h, formulas)
        >>> formulas.parts(f"height {size} padded to {size + 2} is smaller than 40")
        ['height ', 0, ' padded to ', 1, ' is smaller than 40']
        """
        pieces = _SLOT.split(text)
        return [_slot(piece) if place % 2 else piece for place, piece in enumerate(pieces) if piece]

    def filled(self, parts: list[Part], values: Mapping[str, int]) -> str:
        """The text at these sizes."""
        texts = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
            else:
                formula = self.all[part if isinstance(part, int) else part[0]]
                texts.append(str(formula.given(**values)))
        return "".join(texts)


def _slot(piece: str) -> int | list[int]:
    return [int(piece[1:])] if piece.startswith("N") else int(piece)


class Value(int):
    """An integer, and the formula that it is the value of; as a text it is the slot of that formula.

    What is no formula (a product with a float, a quotient by another size) is an integer like any other.
    """

    formula: Expr
    formulas: Formulas

    def __new__(cls, number: int, formula: Expr, formulas: Formulas) -> Value:
        made = super().__new__(cls, number)
        made.formula, made.formulas = formula, formulas
        return made

    def __str__(self) -> str:
        return self.formulas.slot(self.formula)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(str(self) if not spec else int(self), spec)

    def _with(self, other: Any, operation: Callable[[Any, Any], Any], turned: bool = False) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        left, right = (other, self) if turned else (self, other)
        number = operation(int(left), int(right))
        try:
            formula = operation(_formula(left), _formula(right))
        except (SizeLimit, TypeError):
            return number
        return Value(number, formula, self.formulas) if isinstance(formula, Expr) else number

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, operator.add, turned=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, turned=True)

    def __floordiv__(self, other: Any) -> Any:
        return self._with(other, operator.floordiv)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, operator.mod)

    def __neg__(self) -> Any:
        return self._with(-1, operator.mul)

    def __abs__(self) -> Any:
        return self if int(self) >= 0 else -self


class Multiple(Stairs):
    """A size that only the batch is left in, `25*N//16`; as a text it is the slot of its formula."""

    __slots__ = ("slot",)
    slot: str

    @classmethod
    def of(cls, found: Expr, formula: Expr, formulas: Formulas) -> Expr:
        """What `found`, the formula at some sizes, is."""
        if not isinstance(found, Stairs):
            return found
        made = cls(found.symbol, found.pieces, found.denominator)
        made.slot = formulas.slot(formula)
        return made

    def __str__(self) -> str:
        return self.slot

    __repr__ = __str__
    __hash__ = Stairs.__hash__


def _formula(number: int) -> Size:
    return number.formula if isinstance(number, Value) else number
