"""What is said of a token that cannot stand where it does, in a layer's text."""

from __future__ import annotations

from keyword import iskeyword
from typing import TYPE_CHECKING

from ..problem import SYNTAX, SpecError
from .quote import code, short

if TYPE_CHECKING:
    from .call import Parser

_DATA = "the file is data, with only `+ - * // ( )` in its numbers"
_REFUSED = {
    "/": ("`/` is not allowed here", "write `//`, which divides whole numbers"),
    "**": ("`**` is not allowed here", "write the product out, as in `width*width`"),
    ".": ("attribute access is not allowed here", None),
    "{": ("a dict or set is not allowed here", None),
    **{op: (f"comparison `{op}` is not allowed here", None) for op in ("==", "!=", "<=", ">=", "<", ">")},
    **{op: (f"`{op}` is not allowed here", None) for op in "%@&|^~!;?$\\"},
}


def unexpected(parser: Parser, expected: str) -> SpecError:
    """The error for the token at hand: refused for what it is, or for standing here."""
    kind = parser.kind
    start, end = parser.span(parser.at)
    text = parser.source[start:end]
    place = parser.place(start, end)
    before = parser.kinds[parser.at - 1] if parser.at else ""
    if kind[0] in "'\"":
        place = parser.place(start, start + 1)
        return SpecError(SYNTAX, "this quote is never closed", place, help=f"end the text with `{kind[0]}`")
    if kind in _REFUSED:
        message, repair = _REFUSED[kind]
        return SpecError(SYNTAX, message, place, note=_DATA, help=repair)
    if kind in ("name", "keyword") and iskeyword(text):
        return SpecError(SYNTAX, f"`{text}` is not allowed here", place, note=_DATA)
    if kind in ("(", "[") and before in ("name", ")", "]"):
        what = "a call" if kind == "(" else "an index"
        return SpecError(SYNTAX, f"{what} is not allowed here", place, note=_DATA)
    if kind == ":":
        help = "write an argument as `name=value`"
        return SpecError(SYNTAX, "`:` is not allowed in a layer's text", place, help=help)
    if kind == "*" and before in ("(", ","):
        return SpecError(SYNTAX, "`*` cannot unpack arguments here", place, note=_DATA)
    if kind == "keyword" and expected == "a value":
        return SpecError(SYNTAX, f"`{short(text)}=` cannot stand inside a value", place)
    found = "the text ends" if kind == "end" else f"found {code(text)}"
    return SpecError(SYNTAX, f"expected {expected}, but {found}", place)


def after_layer(parser: Parser) -> SpecError:
    """What stands behind a complete layer, and is too much."""
    start, end = parser.span(parser.at)
    if parser.kind == ":" and parser.at == 1:
        help = f"put a blank after it: `{short(parser.matches[0][1])}: ...`"
        return SpecError(SYNTAX, "`:` is not allowed in a layer's text", parser.place(start, end), help=help)
    error = unexpected(parser, "the end of the layer")
    between = parser.source[parser.matches[parser.at - 1].end() : start]
    if "\n" in between or "\r" in between or parser.kind == "name":
        help = "write each layer as its own list item, `- ` at the same column"
        return SpecError(SYNTAX, error.problem.message, error.problem.place, help=help)
    return error
