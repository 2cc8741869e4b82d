"""A layer as the call of torch's constructor, with the names of `vars` where the spec used them."""

from __future__ import annotations

from collections.abc import Mapping

from ..arch import Arch, Origin
from ..binding import spelt
from ..layer import Layer
from ..problem import SpecError
from ..read.call import parse_value
from ..read.value import Binary, Items, Literal, Name, Negate, Value, evaluate
from ..sorts import INFER
from ..trace import Trace
from .following import Axes, Expression, Following, following, nowhere
from .names import RESERVED

_RANKS = {"+": 1, "-": 1, "*": 2, "//": 2}
_CONSTANT_PADS = ("ConstantPad", "ZeroPad")
#: Arguments for which torch's annotations know lists and not tuples.
_LISTS = {("LayerNorm", "normalized_shape"), ("RMSNorm", "normalized_shape")}


class Spelling:
    """Spells the layers of a trace. `used` are the vars that the calls spelt so far name."""

    def __init__(self, trace: Trace) -> None:
        self.arch: Arch = trace.arch
        self.used: dict[str, int | float] = {}
        self._variables = {
            name: number for name, number in self.arch.variables.items() if name not in RESERVED
        }
        self._layers = [step.layer for step in trace.steps]
        self._written = [self._expressions(number) for number in range(len(self._layers))]
        none: dict[int, Axes] = {}
        self._following = following(trace, self._written) if self._variables else Following({}, none, [])
        #: the layers that keep a number which other options would change
        self.unfollowed = self._following.unfollowed

    def call(self, number: int, **changes: object) -> str:
        """`nn.Conv2d(1, width, 3, stride=2)`; `changes` are arguments to set otherwise."""
        layer, parts = self._layers[number], []
        for name, field in layer.fields.items():
            value = changes.get(name, getattr(layer, name))
            if name in layer.forward_fields:
                continue
            text = None if name in changes else self._named(number, name)
            if name == layer.variadic and field.required:
                parts += [quoted(item) for item in value]  # type: ignore[attr-defined]
                continue
            if text is None:
                if not field.required and value == field.default and type(value) is type(field.default):
                    continue
                text = _spelt(layer, name, value)
            parts.append(text if field.required else f"{name}={text}")
        return f"nn.{_class(layer)}({', '.join(parts)})"

    def channels_of(self, number: int) -> str | None:
        """The channels (or features) that a layer returns as an expression over vars, where they are one."""
        found = self._following.outputs.get(number, {}).get(1)
        return self._use(*found) if found else None

    def argument(self, number: int, name: str) -> str | None:
        """The argument as an expression over vars, where the spec has one."""
        return self._named(number, name)

    def _use(self, text: str, names: list[str]) -> str:
        self.used.update((name, self._variables[name]) for name in names)
        return text

    def _named(self, number: int, name: str) -> str | None:
        """The argument as an expression over vars, where it is one; those vars become options."""
        found = self._written[number].get(name) or self._following.arguments.get((number, name))
        return self._use(*found) if found else None

    def _expressions(self, number: int) -> dict[str, Expression]:
        """The arguments whose text in the file names vars, as Python text, with those names."""
        origin, layer = self.arch.nodes[number].origin, self._layers[number]
        if origin is None or not origin.editable or self.arch.text is None or not self._variables:
            return {}
        found = {}
        for name in origin.arguments:
            if name not in layer.fields or name == layer.variadic or name in layer.forward_fields:
                continue
            value = _parsed(self.arch.text, origin, name)
            if value is None:
                continue
            names = list(_names_in(value))
            is_known = names and all(each in self._variables for each in names)
            if is_known and _value(value, self._variables) == getattr(layer, name):
                found[name] = Expression(_text(value), names)
        return found


def _class(layer: Layer) -> str:
    """The kind; of pads by constants, which take any number of axes, the one annotated for as many as are given."""
    kind, sides = type(layer).__name__, layer.__dict__.get("padding")
    if kind.startswith(_CONSTANT_PADS) and isinstance(sides, tuple) and 2 * layer.rank < len(sides) <= 6:
        return f"{kind[:-2]}{len(sides) // 2}d"
    return kind


def _spelt(layer: Layer, name: str, value: object) -> str:
    """The value in the form that torch's annotations know, where its constructor takes others as well."""
    kind = type(layer).__name__
    if kind.startswith("InstanceNorm") and name == "momentum" and value is None:
        return "0.0"  # what torch makes of None there
    if isinstance(value, tuple):
        if (kind, name) in _LISTS:
            return f"[{', '.join(map(quoted, value))}]"
        if kind.startswith(_CONSTANT_PADS) and len(value) < 2 * layer.rank:
            value = (*value, *(0,) * (2 * layer.rank - len(value)))
        elif layer.rank > 1 and len(value) == 1:
            value = value[0]
    return quoted(value)


def quoted(value: object) -> str:
    """The value as Python text with double quotes.

    >>> quoted(("same", float("inf"))), quoted((3,))
    ('("same", float("inf"))', '(3,)')
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(quoted, value))}{',' * (len(value) == 1)})"
    return spelt(value).replace("'", '"')


def _parsed(text: str, origin: Origin, name: str) -> Value | None:
    start, end = origin.arguments[name]
    if text[start : start + 1] in ("'", '"'):
        start, end = start + 1, end - 1
    try:
        return parse_value(text, start, end, nowhere)
    except SpecError:
        return None


def _value(value: Value, names: Mapping[str, object]) -> object:
    try:
        return evaluate(value, names, nowhere, INFER)
    except SpecError:
        return None


def _names_in(value: Value) -> dict[str, None]:
    """The names in an expression, each once, in their order."""
    if isinstance(value, Name):
        return {value.id: None}
    parts: tuple[Value, ...] = ()
    if isinstance(value, Items):
        parts = value.items
    elif isinstance(value, Negate):
        parts = (value.value,)
    elif isinstance(value, Binary):
        parts = (value.left, value.right)
    return {name: None for part in parts for name in _names_in(part)}


def _text(value: Value, least: int = 0) -> str:
    """The expression as Python text, with no parentheses but those it needs."""
    if isinstance(value, Literal):
        return quoted(value.value)
    if isinstance(value, Name):
        return value.id
    if isinstance(value, Items):
        return f"({', '.join(map(_text, value.items))}{',' * (len(value.items) == 1)})"
    if isinstance(value, Negate):
        text = _text(value.value, 3)
        return f"-({text})" if text.startswith("-") else f"-{text}"
    assert isinstance(value, Binary)
    rank = _RANKS[value.op]
    text = f"{_text(value.left, rank)} {value.op} {_text(value.right, rank + 1)}"
    return f"({text})" if rank < least else text
