"""Arguments as they stand in a file, in a call's text or as YAML values, in one form: `Given`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..layer import KINDS
from ..problem import UNKNOWN_NAME, WRONG_TYPE, SpecError
from ..sorts import INFER
from .call import parse_value
from .nodes import Node, Scalar, Sequence, resolve
from .quote import code
from .value import Arg, Literal, Name, PlaceOf, Span, evaluate


class Given(NamedTuple):
    """An argument: its name (None where positional), its value, and where both stand.

    `word` is the bare word that it consists of, where that is no var: a layer's name, or a text. The value
    is then the word, in a YAML file, and the `Name`, which has no value, in a call's text.
    """

    name: str | None
    value: Any
    span: Span
    name_span: Span | None = None
    word: str | None = None


def of_call(arg: Arg, names: Mapping[str, Any], place_of: PlaceOf) -> Given:
    """An argument of a call's text."""
    name, value = arg.name, arg.value
    name_span = None if name is None else (arg.span[0], arg.span[0] + len(name))
    if type(value) is Literal:
        return Given(name, value.value, arg.value_span, name_span)
    if type(value) is Name and value.id not in names:
        return Given(name, value, arg.value_span, name_span, value.id)
    return Given(name, evaluate(value, names, place_of, INFER), arg.value_span, name_span)


def of_yaml(node: Node, names: Mapping[str, Any], key: Scalar | None = None) -> Given:
    """A YAML value: a number, a list, an expression over `names`, or a text.

    A quoted text is an expression, too, where it has an operator or the name of a var in it: JSON has no
    other way to write one. Raises `SpecError` for a mapping, and for what the expression parser refuses.
    """
    name, name_span = (None, None) if key is None else (key.text, (key.start, key.end))
    span = (node.start, node.end)
    if isinstance(node, Sequence):
        return Given(name, tuple([of_yaml(item, names).value for item in node.items]), span, name_span)
    if not isinstance(node, Scalar):
        raise SpecError(WRONG_TYPE, "a mapping cannot be an argument", node.place)
    value = resolve(node)
    if not isinstance(value, str):
        return Given(name, value, span, name_span)
    if node.quoted and value not in names and value != "_" and not _OPERATOR.search(value):
        return Given(name, value, span, name_span, value)
    if _HYPHENATED.fullmatch(value) and not any(part in names for part in value.split("-")):
        return Given(name, value, span, name_span)
    text, start, end, place_of = node.inside()
    try:
        parsed = parse_value(text, start, end, place_of)
    except SpecError:
        if (called := _CALL.match(value)) and called[1] in KINDS:
            raise layer_as_argument(node) from None
        raise
    if isinstance(parsed, Name) and parsed.id not in names:
        return Given(name, parsed.id, span, name_span, parsed.id)
    return Given(name, evaluate(parsed, names, place_of, INFER), span, name_span)


#: What makes a quoted text an expression.
_OPERATOR = re.compile(r"[-+*/()]")
#: A text such as `nearest-exact`, unless it subtracts vars.
_HYPHENATED = re.compile(r"[^\W\d]\w*(?:-[^\W\d]\w*)+")
_CALL = re.compile(r"\s*(?:torch\s*\.\s*)?(?:nn\s*\.\s*)?(\w+)\s*\(")


def layer_as_argument(node: Scalar) -> SpecError:
    """The refusal of `Conv2d: Conv2d(1, 8, 3)`."""
    message = f"a layer cannot be an argument, as {code(node.text)} is here"
    help = "for a name, choose a word that is no layer's kind"
    return SpecError(WRONG_TYPE, message, node.place, help=help)


def number(node: Node, names: Mapping[str, Any]) -> int | float | None:
    """The number that a YAML value is; None where it is none. Raises `SpecError` as `of_yaml` does."""
    given = of_yaml(node, names)
    if (
        given.word is not None
        and given.word.isidentifier()
        and not (isinstance(node, Scalar) and node.quoted)
    ):
        raise SpecError(UNKNOWN_NAME, f"{code(given.word)} is not a known name", node.place)
    value = given.value
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
