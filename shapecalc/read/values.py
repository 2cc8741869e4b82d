"""Arguments as they stand in a file, in a call's text or as YAML values, in one form: `Given`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..arch import Span
from ..fields import INFER
from ..problem import WRONG_TYPE, Place, SpecError
from . import tree
from .call import Arg, Name, evaluate, parse_value


class Given(NamedTuple):
    """An argument: its name (None where positional), its value, and the bare word that it consists of, if any."""

    name: str | None
    value: Any
    span: Span
    word: str | None = None


def call_argument(
    arg: Arg, names: Mapping[str, Any], place_of: Callable[[int, int], Place], takes_layer: bool
) -> Given:
    """An argument of a call's text; where it `takes_layer`, an unknown word is left for the caller to look up."""
    if isinstance(arg.value, Name) and arg.value.id not in names and takes_layer:
        return Given(arg.name, None, arg.value_span, arg.value.id)
    word = arg.value.id if isinstance(arg.value, Name) else None
    return Given(arg.name, evaluate(arg.value, names, place_of, INFER), arg.value_span, word)


def yaml_value(node: tree.Node, names: Mapping[str, Any], name: str | None = None) -> Given:
    """A YAML value: a number, a list, an expression over `names`, or a bare word as itself.

    A quoted text is an expression too where it has a name or an operator in it: JSON has no other way to
    write one. Raises `SpecError` for a mapping, and for what the expression parser refuses.
    """
    span = (node.start, node.end)
    if isinstance(node, tree.Sequence):
        return Given(name, tuple(yaml_value(item, names).value for item in node.items), span)
    if not isinstance(node, tree.Scalar):
        raise SpecError(WRONG_TYPE, "a mapping cannot be an argument", node.place)
    value = tree.resolve(node)
    if not isinstance(value, str):
        return Given(name, value, span)
    if node.quoted and not any(character in value for character in "+-*/()") and value not in names:
        return Given(name, value, span, value)
    text, start, end, place_of = node.inside()
    parsed = parse_value(text, start, end, place_of)
    if isinstance(parsed, Name) and parsed.id not in names:
        return Given(name, parsed.id, span, parsed.id)
    return Given(name, evaluate(parsed, names, place_of, INFER), span, getattr(parsed, "id", None))
