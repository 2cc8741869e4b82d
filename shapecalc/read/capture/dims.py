"""Dim: the integer that `x.size(0)` gives in a forward, with the formula that it stands for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ...size import Condition, Expr, Size, SizeLimit, same

#: Told of every comparison that holds for some sizes only: the condition as it came out, for `if`s on sizes.
Guard = Callable[[Condition, bool], None]


class Dim(int):
    """An int with a formula: `Dim(28)` of size `H`. Arithmetic with integers keeps the formula.

    What Python turns into a plain int (`int(h / 2)`, `range(n)`) has lost it, and is a number from there on.
    """

    size: Size
    guard: Guard | None

    def __new__(cls, value: int, size: Size, guard: Guard | None = None) -> Dim:
        made = super().__new__(cls, value)
        made.size, made.guard = size, guard
        return made

    __hash__ = int.__hash__

    def __bool__(self) -> bool:
        return self != 0

    def __reduce__(self) -> Any:
        return int, (int(self),)


def dim(value: int, size: Size, guard: Guard | None = None) -> int:
    """The value, with its formula where it has one."""
    return value if isinstance(size, int) else Dim(value, size, guard)


def size_of(value: int) -> Size:
    """The formula of an int from a forward."""
    return value.size if type(value) is Dim else int(value)


def _arithmetic(name: str, operate: Callable[[Any, Any], Any], reflected: bool) -> Callable[..., Any]:
    plain = getattr(int, name)

    def method(self: Dim, other: object) -> Any:
        value = plain(self, other)
        if value is NotImplemented or not isinstance(other, int):
            return value
        a, b = (size_of(other), self.size) if reflected else (self.size, size_of(other))
        try:
            size = operate(a, b)
        except (SizeLimit, TypeError, ValueError, ZeroDivisionError):
            return value
        return dim(value, size, self.guard) if isinstance(size, (int, Expr)) else value

    return method


def _comparison(name: str) -> Callable[..., Any]:
    plain = getattr(int, name)

    def method(self: Dim, other: object) -> Any:
        value = plain(self, other)
        if self.guard is not None and isinstance(other, int):
            condition = _condition(name, self.size, size_of(other))
            if condition is not None:
                self.guard(condition, value)
        return value

    return method


def _condition(name: str, a: Size, b: Size) -> Condition | None:
    """What a comparison asks of the symbols (for != what == asks); None where it always comes out the same."""
    try:
        asked = same(a, b) if name in ("__eq__", "__ne__") else getattr(operator, name)(a, b)
    except (SizeLimit, TypeError):
        return None
    return asked if isinstance(asked, Condition) else None


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    _operate = getattr(operator, _name)
    setattr(Dim, f"__{_name}__", _arithmetic(f"__{_name}__", _operate, reflected=False))
    setattr(Dim, f"__r{_name}__", _arithmetic(f"__r{_name}__", _operate, reflected=True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Dim, f"__{_name}__", _comparison(f"__{_name}__"))


def _negated(self: Dim) -> int:
    return dim(-int(self), 0 - self.size, self.guard)


setattr(Dim, "__neg__", _negated)  # noqa: B010
