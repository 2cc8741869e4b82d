"""Layer text such as `Conv2d(1, 2*width, 3, stride=2)`, parsed as data and never evaluated as Python.

`parse_call` reads a whole layer, `parse_value` one argument; the parts are `shapecalc.read.value`'s.
"""

from __future__ import annotations

import re
from keyword import iskeyword

from ..problem import DUPLICATE_KEY, LIMIT, SYNTAX, SpecError
from .nodes import MAX_DIGITS
from .quote import code, short
from .value import Arg, Binary, Call, Infer, Items, Literal, Name, Negate, PlaceOf, Span, Value

MAX_NESTING = 32
MAX_OPERATORS = 200  # in one layer; bounds the height of a value, and so every walk over it


def parse_call(source: str, start: int, end: int, place: PlaceOf) -> Call:
    """Read `source[start:end]` as one layer.

    >>> from shapecalc.read.value import one_line
    >>> call = parse_call("- nn.Conv2d(1, 8, kernel_size=3)", 2, 32, one_line)
    >>> call.kind, call.kind_span, call.args[2].name, call.args[2].value, call.args[2].span
    ('Conv2d', (5, 11), 'kernel_size', Literal(3, (30, 31)), (18, 31))
    """
    return Parser(source, start, end, place).layer()


def parse_value(source: str, start: int, end: int, place: PlaceOf) -> Value:
    """Read `source[start:end]` as one argument's value.

    >>> from shapecalc.read.value import one_line
    >>> parse_value("2*width", 0, 7, one_line)
    Binary('*', Literal(2, (0, 1)), Name('width', (2, 7)), (0, 7))
    """
    parser = Parser(source, start, end, place)
    value = parser.expression()
    if parser.kind != "end":
        raise parser.unexpected("the end of the value")
    return value


# The last group takes any character, and all the text from a quote that is never closed, so that nothing
# is skipped and nothing is scanned twice; who meets such a token refuses it. Nothing needs to be given back,
# so the quantifiers are possessive, which halves the time.
_TOKEN = re.compile(
    r"""\s*+(?:([^\W\d]\w*+(?:\.(?:[^\W\d]\w*+|[0-9]++(?!\w)))*+)(\s*+=(?!=))?+
    |([0-9][\w.]*+(?:(?<=[eE])[+-][0-9]++)?+|\.[0-9][\w.]*+(?:(?<=[eE])[+-][0-9]++)?+)
    |('[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(//|\*\*|[=!<>]=|['"].*+|\S))""",
    re.DOTALL | re.VERBOSE,
)
_KINDS = ("", "name", "keyword", "number", "string")
_INTEGER = re.compile(r"[0-9]+(?:_[0-9]+)*", re.ASCII)
_FLOAT = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}
_CLOSER = {"(": ")", "[": "]"}
_ENDS = frozenset((",", ")", "]", "end"))
_RANK = {"+": 1, "-": 1, "*": 2, "//": 2}
_WORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


class Parser:
    """Recursive descent with precedence climbing; an operator's token is its own kind."""

    __slots__ = ("at", "depth", "end", "kinds", "matches", "operators", "place", "source")

    def __init__(self, source: str, start: int, end: int, place: PlaceOf) -> None:
        self.source = source
        self.place = place
        self.at = self.depth = self.operators = 0
        # Trailing blanks would make the pattern fail once from each of them.
        self.end = start + len(source[start:end].rstrip())
        self.matches = list(_TOKEN.finditer(source, start, self.end))
        self.kinds: list[str] = [match[5] or _KINDS[match.lastindex or 0] for match in self.matches]
        self.kinds += ("end", "end")

    @property
    def kind(self) -> str:
        return self.kinds[self.at]

    def span(self, at: int) -> Span:
        if at == len(self.matches):
            return (self.end, self.end)
        match = self.matches[at]
        return match.span(1) if match[1] else match.span(match.lastindex or 0)

    def layer(self) -> Call:
        start = self.span(0)[0]
        kind, kind_span = self.layer_kind()
        args: list[Arg] = []
        seen: set[str] = set()
        if self.kind == "(":
            opened = self.at
            self.at += 1
            while self.kinds[self.at] != ")":
                args.append(self.argument(seen))
                if self.kinds[self.at] == ",":
                    self.at += 1
                else:
                    self.separator(opened)
            self.at += 1
        if self.kind != "end":
            from .unexpected import after_layer

            raise after_layer(self)
        return Call(kind, kind_span, tuple(args), (start, self.matches[self.at - 1].end()))

    def layer_kind(self) -> tuple[str, Span]:
        if self.kind == "name" and self.kinds[1] == ".":
            self.at = 2
        if self.kind != "name" or self.at:
            raise self.unexpected("a layer such as `ReLU()`")
        start, end = self.matches[0].span(1)
        prefix, _, kind = self.matches[0][1].rpartition(".")
        if prefix not in ("", "nn", "torch.nn"):
            message = f"`{short(prefix)}.` before a layer is not understood"
            place = self.place(start, end - len(kind))
            raise SpecError(SYNTAX, message, place, help=f"write `{short(kind)}`")
        self.at = 1
        return kind, (end - len(kind), end)

    def argument(self, seen: set[str]) -> Arg:
        first, kinds, matches = self.at, self.kinds, self.matches
        name: str | None = None
        if kinds[first] == "keyword":
            name = matches[first][1]
            if name in seen:
                message = f"argument `{short(name)}` is given twice"
                raise SpecError(DUPLICATE_KEY, message, self.place(*self.span(first)), argument=name)
            seen.add(name)
            self.at += 1
        begun = self.at
        value = self.operand() if kinds[begun + 1] in _ENDS else self.expression()
        # What stands in several tokens may have parentheses around it, which its own span leaves out.
        span = value.span
        if self.at != begun + 1:
            span = (self.span(begun)[0], matches[self.at - 1].end())
        if name is not None:
            return Arg(name, value, (matches[first].start(1), span[1]), span)
        if seen:
            message = "a positional argument cannot follow a named one"
            raise SpecError(SYNTAX, message, self.place(*span), help="put it first, or name it")
        return Arg(None, value, span, span)

    def expression(self, floor: int = 1) -> Value:
        first = self.at
        left = self.operand()
        op = self.kinds[self.at]
        while (rank := _RANK.get(op, 0)) >= floor:
            self.operators += 1
            if self.operators > MAX_OPERATORS:
                raise self.too_much(f"more than {MAX_OPERATORS} operators")
            self.at += 1
            right = self.expression(rank + 1)
            left = Binary(op, left, right, (self.span(first)[0], self.matches[self.at - 1].end()))
            op = self.kinds[self.at]
        return left

    def operand(self) -> Value:
        kind = self.kinds[self.at]
        if kind == "number":
            match = self.matches[self.at]
            text = match[3]
            plain = text.isdecimal() and len(text) <= MAX_DIGITS and (text[0] != "0" or text == "0")
            value: Value = Literal(int(text) if plain else self.number(text), match.span(3))
        elif kind == "name":
            value = self.named(self.matches[self.at][1], self.span(self.at))
        elif kind == "string":
            span = self.span(self.at)
            value = Literal(self.string(*span), span)
        elif kind in ("(", "[", "-"):
            return self.nested(kind)
        else:
            raise self.unexpected("a value")
        self.at += 1
        return value

    def named(self, text: str, span: Span) -> Value:
        if text == "_":
            return Infer(span)
        if text in _WORDS:
            return Literal(_WORDS[text], span)
        if iskeyword(text):
            raise self.unexpected("a value")
        return Name(text, span)

    def nested(self, kind: str) -> Value:
        opened = self.at
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.too_much(f"more than {MAX_NESTING} levels of nesting")
        self.at += 1
        if kind == "-":
            operand = self.operand()
            value: Value = Negate(operand, (self.span(opened)[0], self.matches[self.at - 1].end()))
        else:
            value = self.bracket(opened)
        self.depth -= 1
        return value

    def bracket(self, opened: int) -> Value:
        opener = self.kinds[opened]
        items: list[Value] = []
        commas = False
        while self.kind != _CLOSER[opener]:
            items.append(self.expression())
            commas = self.separator(opened) or commas
        self.at += 1
        if opener == "(" and len(items) == 1 and not commas:
            return items[0]
        return Items(tuple(items), (self.span(opened)[0], self.matches[self.at - 1].end()))

    def separator(self, opened: int) -> bool:
        """Step over a comma; a closing bracket may stand in its place."""
        kind = self.kinds[self.at]
        if kind == ",":
            self.at += 1
            return True
        opener = self.kinds[opened]
        if kind == _CLOSER[opener]:
            return False
        if kind not in ("end", ")", "]"):
            raise self.unexpected(f"`,` or `{_CLOSER[opener]}`")
        there, here = self.place(*self.span(opened)), self.place(*self.span(self.at))
        line = f"line {there.line}, " if there.line != here.line else ""
        raise self.unexpected(
            f"`{_CLOSER[opener]}` to close `{opener}` opened at {line}column {there.column}"
        )

    def number(self, text: str) -> int | float:
        place = self.place(*self.span(self.at))
        if _INTEGER.fullmatch(text):
            digits = text.replace("_", "")
            if len(digits) > MAX_DIGITS:
                raise SpecError(LIMIT, f"`{short(text)}` has more than {MAX_DIGITS} digits", place)
            if digits[0] == "0" and digits != "0":
                help = f"write `{digits.lstrip('0') or '0'}`"
                raise SpecError(SYNTAX, f"`{short(text)}` begins with a zero", place, help=help)
            return int(digits)
        if not _FLOAT.fullmatch(text):
            raise SpecError(SYNTAX, f"`{short(text)}` is not a number", place)
        if (value := float(text)) == float("inf"):
            raise SpecError(LIMIT, f"`{short(text)}` is too large", place)
        return value

    def string(self, start: int, end: int) -> str:
        text = self.source[start + 1 : end - 1]
        if "\\" not in text:
            return text
        for match in _ESCAPE.finditer(text):
            if match[1] not in _ESCAPES:
                place = self.place(start + 1 + match.start(), start + 1 + match.end())
                message = f"unknown escape {code(match[0])}"
                raise SpecError(SYNTAX, message, place, help="write `\\\\` for a backslash")
        return _ESCAPE.sub(lambda match: _ESCAPES[match[1]], text)

    def too_much(self, message: str) -> SpecError:
        return SpecError(LIMIT, message, self.place(*self.span(self.at)))

    def unexpected(self, expected: str) -> SpecError:
        """The error for the token at hand."""
        from .unexpected import unexpected

        return unexpected(self, expected)
