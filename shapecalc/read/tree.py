"""Spec text (YAML 1.2, and so JSON) as a tree of places.

The tree is built from PyYAML's parser events and never through a loader: loading recurses, builds
objects out of tags, and resolves words by YAML 1.1. Every node knows where it stands in the text.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..problem import DUPLICATE_KEY, EMPTY_FILE, ENCODING, LIMIT, SYNTAX, UNKNOWN_NAME, Place, SpecError
from .decode import MAX_BYTES as MAX_BYTES
from .decode import decode as decode
from .decode import too_large
from .nodes import MAX_DIGITS as MAX_DIGITS
from .nodes import Mapping as Mapping
from .nodes import Node as Node
from .nodes import Scalar as Scalar
from .nodes import Sequence as Sequence
from .nodes import Source as Source
from .nodes import Tree as Tree
from .nodes import resolve as resolve
from .quote import short

MAX_DEPTH = 64
MAX_NODES = 2_000_000  # aliases counted as often as they are used


def parse(text: str) -> Tree:
    """Read YAML or JSON; SpecError says what is wrong with it, and where.

    >>> parse("layers:\\n  - ReLU()\\n").root
    Mapping(((Scalar('layers'), Sequence((Scalar('ReLU()'),))),))
    """
    if len(text) > MAX_BYTES:
        raise too_large()
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
            from .mistakes import explained

            opened = self.stack[-1].start if self.stack and self.stack[-1].flow else None
            raise explained(self.source, error, self.last, opened) from None
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
        try:
            event = loader.get_event()
            while not isinstance(event, yaml.StreamEndEvent):
                self.take(event)
                event = loader.get_event()
        finally:
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
            message = f"`{short(node.text)}` has unbalanced parentheses"
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
        name = short(event.anchor)
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
            message = f"key `{short(node.text)}` stands twice"
            note = f"first on line {first.place.line}"
            raise SpecError(DUPLICATE_KEY, message, node.place, note=note, help="remove one of them")
        return node

    def too_much(self, message: str, start: int, end: int) -> None:
        raise SpecError(LIMIT, message, self.source.place(start, end))
