"""Spec text (YAML 1.2, and so JSON) as a tree of places.

The tree is built from PyYAML's parser events and never through a loader: loading recurses, builds
objects out of tags, and resolves words by YAML 1.1. Every node knows where it stands in the text.
"""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

import yaml

from ..problem import DUPLICATE_KEY, EMPTY_FILE, ENCODING, LIMIT, SYNTAX, UNKNOWN_NAME, Place, SpecError

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 64
MAX_NODES = 2_000_000  # aliases counted as often as they are used
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
        starts = self._starts
        if not starts:
            starts += [0, *(match.end() for match in re.finditer(r"\r\n?|\n", self.text))]
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Place(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def error(self, message: str, start: int, end: int, help: str | None = None) -> SpecError:
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


_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode(data: bytes) -> str:
    r"""The text of a file: UTF-8, or whatever its byte order mark announces.

    >>> decode("größe: 1".encode("utf-16")), decode(b"\xef\xbb\xbfa: 1")
    ('größe: 1', 'a: 1')
    """
    if len(data) > MAX_BYTES:
        raise _too_large()
    codec = next((codec for mark, codec in _BOMS if data.startswith(mark)), "utf-8-sig")
    if codec == "utf-8-sig" and (zero := data.find(b"\0")) >= 0:
        before = Source(data[:zero].decode("utf-8-sig", "replace"))
        raise SpecError(ENCODING, f"this is binary data, not text: byte {zero} is zero", _end_of(before))
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        # The 8-bit mark is not counted in the error's offsets.
        at = error.start + (3 if codec == "utf-8-sig" and data.startswith(b"\xef\xbb\xbf") else 0)
        place = _end_of(Source(data[:at].decode(codec, "replace")))
        message = f"the file is not {codec[:-4].upper() if codec[-4:] == '-sig' else codec.upper()}"
        message += f": byte {at} on line {place.line} is 0x{data[at]:02x}"
        raise SpecError(ENCODING, message, place, help="save the file as UTF-8") from None


def _end_of(source: Source) -> Place:
    return source.place(len(source.text), len(source.text))


def _too_large() -> SpecError:
    return SpecError(LIMIT, f"the file is larger than {MAX_BYTES // 2**20} MiB", Place(1, 1, 1, 1))


def parse(text: str) -> Tree:
    """Read YAML or JSON; SpecError says what is wrong with it, and where.

    >>> parse("layers:\\n  - ReLU()\\n").root
    Mapping(((Scalar('layers'), Sequence((Scalar('ReLU()'),))),))
    """
    if len(text) > MAX_BYTES:
        raise _too_large()
    source = Source(text.removeprefix("\ufeff"))
    if match := _CONTROL.search(source.text):
        place = source.place(*match.span())
        raise SpecError(ENCODING, f"control character U+{ord(match[0]):04X} in the text", place)
    return Tree(_Builder(source).root(), source)


_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")
_ANCHOR = re.compile(r"&[\w-]+(?:\s|#[^\r\n]*)*")


class _Open:
    """A list or mapping that is not closed yet."""

    __slots__ = ("anchor", "count", "end", "flow", "height", "items", "key", "keys", "mapping", "start")

    def __init__(self, start: int, mapping: bool, flow: bool, anchor: str | None, count: int) -> None:
        self.start = self.end = start
        self.mapping = mapping
        self.flow = flow
        self.anchor = anchor
        self.count = count  # nodes before it
        self.height = 1
        self.items: list[Node] = []
        self.keys: dict[str, Scalar] = {}
        self.key: Scalar | None = None


class _Builder:
    """Events in, nodes out; a stack of its own, so that no nesting can exhaust the interpreter's."""

    __slots__ = ("anchors", "count", "done", "last", "source", "stack")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[_Open] = []
        self.done: Node | None = None
        self.last: Scalar | None = None
        self.count = 0
        # A node, how many nodes it expands to, and its height; None while it is still open.
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}

    def root(self) -> Node:
        try:
            self.read_events()
        except SpecError:
            raise
        except yaml.MarkedYAMLError as error:
            raise _explain(self.source, error, self.last) from None
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # The pure Python parser lets a few broken escapes through to `chr` and `int`.
            raise SpecError(SYNTAX, f"broken YAML: {error}", Place(1, 1, 1, 1)) from None
        if self.done is None or (
            isinstance(self.done, Scalar) and not self.done.text and not self.done.quoted
        ):
            help = "begin with `layers:` and a list of layers"
            raise SpecError(EMPTY_FILE, "there is nothing in this file", Place(1, 1, 1, 1), help=help)
        return self.done

    def read_events(self) -> None:
        text = self.source.text
        if hasattr(yaml, "CSafeLoader"):
            loader: yaml.CSafeLoader | yaml.SafeLoader = yaml.CSafeLoader(text)
        else:
            # The pure parser takes no tabs between tokens, which JSON files are full of.
            loader = yaml.SafeLoader(text.replace("\t", " ") if text.lstrip()[:1] in "[{" else text)
        # A tree has no cycles to collect, and looking for them again and again doubles a large file's time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            event = loader.get_event()
            while not isinstance(event, yaml.StreamEndEvent):
                self.take(event)
                event = loader.get_event()
        finally:
            if collecting:
                gc.enable()
            loader.dispose()

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
            self.open(event)
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self.close(event.end_mark.index)
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent and self.done is not None:
            start = event.start_mark.index
            help = "keep one network in a file"
            raise self.source.error("a second document begins here", start, event.end_mark.index, help)

    def scalar(self, event: Any) -> None:
        source, text = self.source, event.value
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None or event.tag is not None:
            start = self.after_properties(event)
        style = event.style
        offset: int | None = start
        stop = end
        if style == "'" or style == '"':
            offset, stop = start + 1, end - 1
            if source.text[offset:stop] != text:
                offset = self.folded(start, end, text)
        elif style:
            offset = None
            stop = end = start + len(source.text[start:end].rstrip())
        node = Scalar(source, start, end, text, offset, stop, bool(style))
        if not style and ("(" in text or ")" in text) and text.count("(") != text.count(")"):
            self.refuse_cut(node)
        self.last = node
        self.add(node, 1, 0, end)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, 1, 0)

    def folded(self, start: int, end: int, text: str) -> int | None:
        """Where a quoted text begins if only its line breaks were changed, and None otherwise."""
        raw = self.source.text[start:end]
        if ("\\" if raw[0] == '"' else "''") not in raw[1:-1]:
            return start + 1
        if match := _CONTROL.search(text):
            code = ord(match[0])
            raise self.source.error(f"an escape stands for the control character U+{code:04X}", start, end)
        return None

    def after_properties(self, event: Any) -> int:
        """Where a node begins after its anchor; a tag is refused."""
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        text = self.source.text
        if event.tag is not None:
            tag = re.compile(r"(?:&[\w-]+\s+)?(\S+)").match(text, start)
            start, end = tag.span(1) if tag else (start, end)
            raise self.source.error("tags (`!...`) are not supported", start, end, "leave the tag out")
        match = _ANCHOR.match(text, start)
        return min(match.end(), end) if match else start

    def refuse_cut(self, node: Scalar) -> None:
        """`[Conv2d(1, 8, 3)]` comes out of YAML in pieces; say so at the first."""
        top = self.stack[-1] if self.stack else None
        text, start = self.source.text, node.start
        if top and top.flow:
            depth = 0
            for end in range(start, min(start + 400, len(text))):
                depth += (text[end] == "(") - (text[end] == ")")
                if depth == 0 and text[end] == ")":
                    whole = " ".join(text[start : end + 1].split())
                    quote = "'" if '"' in whole else '"'
                    help = f"write {quote}{whole}{quote}" if "\n" not in whole else None
                    message = "a layer's text with commas must be quoted inside `[ ]` and `{ }`"
                    raise self.source.error(message, start, end + 1, help)
            message = f"`{_short(node.text)}` has unbalanced parentheses"
            raise self.source.error(message, start, node.end, "quote a layer's text inside `[ ]` and `{ }`")
        if top and top.mapping and top.key is None:
            help = "write an argument as `name=value`"
            raise self.source.error("`:` is not allowed in a layer's text", node.end, node.end + 1, help)

    def open(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            start = self.after_properties(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if len(self.stack) == MAX_DEPTH:
            self.too_much(f"nested more than {MAX_DEPTH} levels deep", start, start + 1)
        mapping = type(event) is yaml.MappingStartEvent
        if self.stack and self.stack[-1].mapping and self.stack[-1].key is None:
            raise self.source.error("a key must be a plain word", start, start + 1, "write `name: value`")
        self.stack.append(_Open(start, mapping, bool(event.flow_style), event.anchor, self.count))

    def close(self, end: int) -> None:
        top = self.stack.pop()
        if not top.flow:
            # A block ends where the next token begins, which may be many comments later.
            end = top.end
        if top.mapping:
            pairs = tuple(zip(top.keys.values(), top.items, strict=True))
            node: Node = Mapping(self.source, top.start, end, pairs)
        else:
            node = Sequence(self.source, top.start, end, tuple(top.items))
        self.add(node, 1, top.height, end)
        if top.anchor is not None:
            self.anchors[top.anchor] = (node, self.count - top.count, top.height)

    def alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        place = self.source.place(start, end)
        name = _short(event.anchor)
        if event.anchor not in self.anchors:
            help = "quote the text if no alias is meant" if not self.anchors else None
            raise SpecError(
                UNKNOWN_NAME, f"alias `*{name}` has no anchor `&{name}` before it", place, help=help
            )
        known = self.anchors[event.anchor]
        if known is None:
            raise SpecError(SYNTAX, f"alias `*{name}` stands inside the node that it repeats", place)
        node, count, height = known
        if len(self.stack) + height > MAX_DEPTH:
            self.too_much(f"nested more than {MAX_DEPTH} levels deep, aliases expanded", start, end)
        if self.count + count > MAX_NODES:
            self.too_much(f"more than {MAX_NODES} nodes, aliases expanded", start, end)
        self.add(node, count, height, end)

    def add(self, node: Node, count: int, height: int, end: int) -> None:
        self.count += count
        if self.count > MAX_NODES:
            self.too_much(f"more than {MAX_NODES} nodes", node.start, node.start)
        if not self.stack:
            self.done = node
            return
        top = self.stack[-1]
        top.end = end
        if height >= top.height:
            top.height = height + 1
        if top.mapping and top.key is None:
            top.key = self.key(node, top)
            return
        top.key = None
        top.items.append(node)

    def key(self, node: Node, top: _Open) -> Scalar:
        if not isinstance(node, Scalar):
            raise self.source.error("a key must be a plain word", node.start, node.end, "write `name: value`")
        if not node.quoted and node.text in ("", "<<"):
            if not node.text:
                raise self.source.error("a key is missing before `:`", node.start, node.end)
            message = "merge keys (`<<`) are not supported"
            raise self.source.error(message, node.start, node.end, "write the keys out")
        first = top.keys.setdefault(node.text, node)
        if first is not node:
            message = f"key `{_short(node.text)}` stands twice"
            note = f"first on line {first.place.line}"
            raise SpecError(DUPLICATE_KEY, message, node.place, note=note, help="remove one of them")
        return node

    def too_much(self, message: str, start: int, end: int) -> None:
        raise SpecError(LIMIT, message, self.source.place(start, end))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _explain(source: Source, error: yaml.MarkedYAMLError, last: Scalar | None) -> SpecError:
    """PyYAML's error in plain words; its C parser and its Python parser phrase them differently."""
    text, size = source.text, len(source.text)
    at = min(error.problem_mark.index, size) if error.problem_mark else size
    begun = min(error.context_mark.index, size) if error.context_mark else at
    problem, context = error.problem or "", error.context or ""
    char = text[at : at + 1]
    stop = at + (char not in ("", "\r", "\n"))
    if "tab character" in problem or ("cannot start any token" in problem and char == "\t"):
        return source.error("a tab cannot indent a line", at, stop, "use blanks")
    if "cannot start any token" in problem:
        return source.error(f"a text cannot begin with {_code(char)}", at, stop, "put the text in quotes")
    if "quoted scalar" in context or "double-quoted" in context:
        return _explain_quoted(source, problem, begun, at)
    if "could not find expected ':'" in problem:
        return _explain_colon(source, begun)
    if last and not last.quoted and last.text.count("(") > last.text.count(")"):
        message = f"the layer's text `{_short(last.text)}` is cut off here"
        help = "indent its further lines more than its first, and keep comments out of it"
        return source.error(message, last.end, last.end + 1 if last.end < size else size, help)
    if "mapping values are not allowed" in problem:
        line = text[max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1 : at]
        if ": " in line:
            help = "put the value in quotes, or the inner key on a line of its own"
            return source.error("a second `:` on one line", at, stop, help)
        help = "indent it like the keys that it belongs to"
        return source.error("this key is indented wrongly, or may not stand here", at, stop, help)
    if "',' or" in problem:
        closer = "]" if "']'" in problem else "}"
        opener = "[" if closer == "]" else "{"
        if not text[at:].strip() or problem.endswith("'<stream end>'"):
            return source.error(f"`{opener}` is never closed", begun, begun + 1, f"add `{closer}`")
        where = f"`{opener}` opened on line {source.place(begun, begun).line}"
        return source.error(f"expected `,` or `{closer}` to go on with the {where}", at, stop)
    return _explain_block(source, problem, context, begun, at)


def _explain_quoted(source: Source, problem: str, begun: int, at: int) -> SpecError:
    text = source.text
    if "end of stream" in problem or "document" in problem:
        return source.error("this quote is never closed", begun, begun + 1, f"add {_code(text[begun])}")
    start = max(text.rfind("\\", begun, at + 1), begun)
    word = text[start : start + 6]
    if word[:2] == "\\u" and word[2:4].lower() in ("d8", "d9", "da", "db", "dc", "dd", "de", "df"):
        help = "write the character itself (in Python: `json.dump(..., ensure_ascii=False)`)"
        return source.error(f"{_code(word)} is half a character", start, start + 6, help)
    help = "write `\\\\` for a backslash, or use single quotes"
    return source.error(f"unknown escape {_code(word[:2])}", start, start + len(word[:2]), help)


def _explain_colon(source: Source, begun: int) -> SpecError:
    line = source.text[begun:].splitlines()[0].rstrip()
    if match := re.match(r"([^:]+):\S", line):
        help = f"put a blank after it: `{_short(match[1])}: ...`"
        return source.error("no blank after `:`", begun, begun + len(line), help)
    help = "write `name: value`, or indent the line"
    return source.error(f"expected `:` after {_code(line)}", begun, begun + len(line), help)


def _explain_block(source: Source, problem: str, context: str, begun: int, at: int) -> SpecError:
    """Lines that don't fit the block around them, and what else the parser can say."""
    text = source.text
    stop = at + (text[at : at + 1] not in ("", "\r", "\n"))
    found = text[at : at + 1]
    line = text[max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1 : at]
    if "parsing a block" in context and "node" not in context and "tag" not in problem:
        what = "list" if "collection" in context else "mapping"
        where = f"the {what} that begins on line {source.place(begun, begun).line}"
        if line.strip():
            return source.error(f"unexpected {_code(found)} after a complete value", at, stop)
        help = (
            "begin it with `- `, or line it up with the item above"
            if what == "list"
            else "line it up with the other keys"
        )
        return source.error(f"this line does not fit into {where}", at, stop, help)
    if "sequence entries" in problem:
        return source.error("a list cannot begin here", at, stop, "begin it on a line of its own")
    if "node content" in problem or "document start" in problem:
        return source.error(f"unexpected {_code(found)}" if found else "unexpected end", at, stop)
    if "alphabetic" in problem or "tag" in context or "tag" in problem:
        what = {"*": "an alias", "&": "an anchor"}.get(text[begun : begun + 1], "a tag")
        help = "put the text in quotes"
        return source.error(f"broken name of {what}", begun, min(begun + 1, len(text)), help)
    if "directive" in context or "%YAML" in problem or "YAML document" in problem:
        return source.error("this `%` directive is not supported", begun, begun + 1, "leave the line out")
    if "block scalar" in context:
        return source.error("broken block text (`|` or `>`)", at, stop, "use quotes instead")
    return source.error(f"broken YAML: {problem}", at, stop)


def _code(text: str) -> str:
    """Text between backticks, also when it is itself a backtick or a blank."""
    return repr(text) if "`" in text or not text.isprintable() else f"`{_short(text)}`"


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

    >>> [resolve(item) for item in parse("[on, 010, 1e3, 0x1F, ~, True, '8']").root.items]
    ['on', 10, 1000.0, 31, None, True, '8']
    """
    text = scalar.text
    if scalar.quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        digits = text.lstrip("+-") if base == 10 else text[2:]
        if len(digits.lstrip("0")) > MAX_DIGITS:
            raise SpecError(LIMIT, f"`{_short(text)}` has more than {MAX_DIGITS} digits", scalar.place)
        return int(digits, base) * (-1 if text[0] == "-" else 1)
    return float(text) if _FLOAT.fullmatch(text) else text
