"""The parts of a layer's text, and what they come to once names have numbers.

Everything keeps its span: offsets into the source, the end exclusive. A `PlaceOf` turns a span into a
`Place` when there is an error to report.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final

from ..problem import LIMIT, UNKNOWN_NAME, WRONG_TYPE, Place, SpecError
from .nodes import MAX_DIGITS
from .quote import code, short

Span = tuple[int, int]
PlaceOf = Callable[[int, int], Place]


class _Shown:
    """Every node says what it holds, in the order of its constructor."""

    __slots__ = ()

    def __repr__(self) -> str:
        fields = type(self).__init__.__code__.co_varnames[1:]
        return f"{type(self).__name__}({', '.join(repr(getattr(self, name)) for name in fields)})"


class Literal(_Shown):
    """A number, a text, `True`, `False` or `None`."""

    __slots__ = ("span", "value")

    def __init__(self, value: float | str | bool | None, span: Span) -> None:
        self.value: Final = value
        self.span: Final = span


class Name(_Shown):
    """A name of `vars`, or of an earlier layer in a join: then it may be a path like `encoder.0`."""

    __slots__ = ("id", "span")

    def __init__(self, id: str, span: Span) -> None:
        self.id: Final = id
        self.span: Final = span


class Infer(_Shown):
    """`_`: a number for the engine to infer."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span: Final = span


class Items(_Shown):
    """A tuple or a list."""

    __slots__ = ("items", "span")

    def __init__(self, items: tuple[Value, ...], span: Span) -> None:
        self.items: Final = items
        self.span: Final = span


class Negate(_Shown):
    """`-value`."""

    __slots__ = ("span", "value")

    def __init__(self, value: Value, span: Span) -> None:
        self.value: Final = value
        self.span: Final = span


class Binary(_Shown):
    """`left op right`; `op` is `+`, `-`, `*` or `//`."""

    __slots__ = ("left", "op", "right", "span")

    def __init__(self, op: str, left: Value, right: Value, span: Span) -> None:
        self.op: Final = op
        self.left: Final = left
        self.right: Final = right
        self.span: Final = span


# An argument's value as written; its span leaves out parentheses that only group.
Value = Literal | Name | Infer | Items | Negate | Binary


class Arg(_Shown):
    """One argument; `name` is None when it is positional, `span` covers `name=value`."""

    __slots__ = ("name", "span", "value", "value_span")

    def __init__(self, name: str | None, value: Value, span: Span, value_span: Span) -> None:
        self.name: Final = name
        self.value: Final = value
        self.span: Final = span
        self.value_span: Final = value_span


class Call(_Shown):
    """A layer as written: its kind and its arguments, not yet looked up."""

    __slots__ = ("args", "kind", "kind_span", "span")

    def __init__(self, kind: str, kind_span: Span, args: tuple[Arg, ...], span: Span) -> None:
        self.kind: Final = kind
        self.kind_span: Final = kind_span
        self.args: Final = args
        self.span: Final = span


def one_line(start: int, end: int) -> Place:
    """The `place` function for a text of one line on its own.

    >>> one_line(2, 5)
    Place(line=1, column=3, end_line=1, end_column=6)
    """
    return Place(1, start + 1, 1, end + 1)


_OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv}


def evaluate(value: Value, names: Mapping[str, object], place: PlaceOf, infer: object) -> object:
    """The value with `names` filled in and `infer` for `_`; tuples and lists give tuples.

    >>> from shapecalc.read.call import parse_value
    >>> evaluate(parse_value("(2*width, _, 'same')", 0, 20, one_line), {"width": 8}, one_line, infer="?")
    (16, '?', 'same')
    """
    if type(value) is Literal:
        return value.value
    if type(value) is Items:
        return tuple([evaluate(item, names, place, infer) for item in value.items])
    if type(value) is Infer:
        return infer
    if type(value) is Name:
        if value.id not in names:
            raise _unknown(value, names, place)
        return names[value.id]
    if type(value) is Negate:
        return -_operand("-", value.value, names, place)
    assert type(value) is Binary
    return _arithmetic(value, names, place)


def _operand(op: str, value: Value, names: Mapping[str, object], place: PlaceOf) -> int | float:
    """One side of `op`: a number, which True is not."""
    if type(value) is Infer:
        message = f"`_` cannot take part in `{op}`: it stands for one whole argument"
        raise SpecError(WRONG_TYPE, message, place(*value.span))
    found = evaluate(value, names, place, None)
    if type(found) is int or type(found) is float:
        return found
    raise SpecError(WRONG_TYPE, f"`{op}` needs numbers, but this is {code(repr(found))}", place(*value.span))


def _arithmetic(value: Binary, names: Mapping[str, object], place: PlaceOf) -> int | float:
    left = _operand(value.op, value.left, names, place)
    right = _operand(value.op, value.right, names, place)
    if value.op == "//" and right == 0:
        raise SpecError(WRONG_TYPE, "division by zero", place(*value.span))
    try:
        result: int | float = _OPERATORS[value.op](left, right)
    except OverflowError:
        result = float("inf")
    # Written so that nan is refused with the infinities.
    if not (abs(result) < (10**MAX_DIGITS if type(result) is int else float("inf"))):
        raise SpecError(LIMIT, f"the result of `{value.op}` is too large", place(*value.span))
    return result


def _unknown(name: Name, names: Mapping[str, object], place: PlaceOf) -> SpecError:
    if "." in name.id:
        help = "a dotted name is a layer's path, which stands only where a layer reads another"
        return SpecError(UNKNOWN_NAME, f"`{short(name.id)}` is not a number", place(*name.span), help=help)
    if (
        meant := {"true": "True", "false": "False", "none": "None", "null": "None"}.get(name.id.lower())
    ) is not None:
        message, help = f"`{name.id}` is not a known name", f"did you mean `{meant}`?"
        return SpecError(UNKNOWN_NAME, message, place(*name.span), help=help)
    from difflib import get_close_matches  # 3 ms, wanted only here

    near = get_close_matches(name.id[:64], names, 1)
    quoted = f"quote a text, `'{short(name.id)}'`, or give the name a value under `vars:`"
    help = f"did you mean `{near[0]}`?" if near else quoted
    return SpecError(UNKNOWN_NAME, f"`{short(name.id)}` is not a known name", place(*name.span), help=help)
