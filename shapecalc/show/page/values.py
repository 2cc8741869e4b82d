"""Integers that remember their formula, so that a message about numbers says where each number is from.

A layer's refusal is a text with numbers in it. Asked about sizes that are `Value`s it comes out with a slot
in the place of each number that hangs on the input, and the slot names the number's formula: filled in at other
sizes, it is word for word what the layer says there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from ...size import Expr, Size, SizeLimit

#: What stands around a slot's number; both are characters of nobody's alphabet.
OPEN, CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{OPEN}([0-9]+){CLOSE}")


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

    def parts(self, text: str) -> list[str | int]:
        """A text with slots as its pieces: words, and the numbers of formulas.

        >>> from shapecalc.size import symbol
        >>> formulas, h = Formulas(), symbol("H")
        >>> size = Value(29, h, formulas)
        >>> formulas.parts(f"height {size} padded to {size + 2} is smaller than 40")
        ['height ', 0, ' padded to ', 1, ' is smaller than 40']
        """
        pieces = _SLOT.split(text)
        return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces) if piece]


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
        return f"{OPEN}{self.formulas.number(self.formula)}{CLOSE}"

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


def _formula(number: int) -> Size:
    return number.formula if isinstance(number, Value) else number
