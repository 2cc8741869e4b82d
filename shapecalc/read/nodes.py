"""What a spec's text holds, before anything is looked up: lists, mappings and words, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from ..problem import LIMIT, SYNTAX, Place, SpecError
from .quote import short

MAX_DIGITS = 12


class Source:
    """A text and its line table; offsets count characters, lines end at LF, CR or CRLF."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text: Final = text
        self._starts: list[int] = []

    def place(self, start: int, end: int) -> Place:
        """The place of `text[start:end]`.

        >>> Source("a\\r\\nbc").place(3, 5)
        Place(line=2, column=1, end_line=2, end_column=3)
        """
        starts = self._lines()
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Place(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def start(self, line: int) -> int:
        """Where a line begins; behind the last one, the end of the text."""
        starts = self._lines()
        return starts[line - 1] if line <= len(starts) else len(self.text)

    def _lines(self) -> list[int]:
        if not self._starts:
            self._starts += [0, *(match.end() for match in re.finditer(r"\r\n?|\n", self.text))]
        return self._starts

    def error(self, message: str, start: int, end: int, help: str | None = None) -> SpecError:
        """The refusal of `text[start:end]` as broken syntax."""
        return SpecError(SYNTAX, message, self.place(start, end), help=help)


class Node:
    """What a key or an item holds: `source.text[start:end]`."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source: Final = source
        self.start: Final = start
        self.end: Final = end

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.source.place(self.start, self.end)


class Scalar(Node):
    """A word, a number or a text; `text` is its value, with quotes and escapes undone.

    `offset` is where the content begins in the source, and `stop` where it ends, when it stands there
    as it is (line breaks may have been folded into blanks); None with escapes and in block scalars.
    """

    __slots__ = ("offset", "quoted", "stop", "text")

    def __init__(
        self, source: Source, start: int, end: int, text: str, offset: int | None, stop: int, quoted: bool
    ) -> None:
        super().__init__(source, start, end)
        self.text: Final = text
        self.offset: Final = offset
        self.stop: Final = stop
        self.quoted: Final = quoted

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"

    def inside(self) -> tuple[str, int, int, Callable[[int, int], Place]]:
        """Arguments for `parse_call`: text, start, end, and what gives the place of a stretch of it.

        >>> from shapecalc.read.tree import parse
        >>> text, start, end, place = parse("- ReLU(True)").root.items[0].inside()
        >>> text[start:end], place(start + 5, start + 9)
        ('ReLU(True)', Place(line=1, column=8, end_line=1, end_column=12))
        """
        if self.offset is not None:
            return self.source.text, self.offset, self.stop, self.source.place
        return self.text, 0, len(self.text), lambda start, end: self.place


class Sequence(Node):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, source: Source, start: int, end: int, items: tuple[Node, ...]) -> None:
        super().__init__(source, start, end)
        self.items: Final = items

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Node):
    """Keys and their values, in the order of the file; no key stands twice."""

    __slots__ = ("pairs",)

    def __init__(self, source: Source, start: int, end: int, pairs: tuple[tuple[Scalar, Node], ...]) -> None:
        super().__init__(source, start, end)
        self.pairs: Final = pairs

    def __repr__(self) -> str:
        return f"Mapping({self.pairs!r})"


class Tree:
    """A parsed file: its root, its text (without a byte order mark), and places in it."""

    __slots__ = ("place", "root", "source")

    def __init__(self, root: Node, source: Source) -> None:
        self.root: Final = root
        self.source: Final = source.text
        self.place: Final = source.place


_NULLS = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(_NULLS, None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(scalar: Scalar) -> float | str | bool | None:
    """What a scalar means by YAML 1.2: `on` and `yes` are texts, `010` is ten, `1e3` a float.

    >>> from shapecalc.read.tree import parse
    >>> [resolve(item) for item in parse("[on, 010, 1e3, 0x1F, ~, True, '8']").root.items]
    ['on', 10, 1000.0, 31, None, True, '8']
    """
    text = scalar.text
    if scalar.quoted:
        return text
    if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit():
        return int(text)
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        digits = text.lstrip("+-") if base == 10 else text[2:]
        if len(digits.lstrip("0")) > MAX_DIGITS:
            raise SpecError(LIMIT, f"`{short(text)}` has more than {MAX_DIGITS} digits", scalar.place)
        return int(digits, base) * (-1 if text[0] == "-" else 1)
    return float(text) if _FLOAT.fullmatch(text) else text
