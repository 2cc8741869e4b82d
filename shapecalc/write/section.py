"""The layers of a section as a list in a spec: in YAML's block style, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..arch import Arch, Node
from ..binding import spelt
from ..layer import Layer
from ..shapes import spell
from ..trace import Trace
from .variables import Expressions


class Item(NamedTuple):
    """A layer's call and what it makes, or a block; either may have a name."""

    name: str | None
    call: str = ""
    comment: str = ""
    items: Sequence[Item] = ()


def section_items(traced: Trace, section: str, undoes: Sequence[int] = ()) -> list[Item]:
    """The list that gives the section's layers their paths."""
    expressions, words = Expressions(traced, undoes), Words(traced.arch)
    root: dict[str, Any] = {}
    for number in traced.arch.sections[section]:
        step = traced.steps[number]
        node = traced.arch.nodes[number]._replace(layer=step.layer)
        text = call(node, number, traced.arch, expressions.of(number), words)
        comment = spell(step.shape_out) if step.shapes_in[0] != step.shape_out else ""
        parts = node.path.split(".")
        *blocks, last = parts[1:] if parts[0] == section else parts
        block = root
        for part in blocks:
            block = block.setdefault(part, {})
        block[last] = Item(_name(last), text, comment)
    return _items(root)


def _items(block: Mapping[str, Any]) -> list[Item]:
    return [
        value if isinstance(value, Item) else Item(_name(part), items=_items(value))
        for part, value in block.items()
    ]


def _name(part: str) -> str | None:
    """What is named in a list; the others are counted."""
    return None if part.isdecimal() else part


def yaml_lines(items: Sequence[Item], indent: str = "  ") -> list[str]:
    """One line for each layer, with what it makes as a comment."""
    lines: list[str] = []
    for item in items:
        if item.items:
            lines += [f"{indent}- {item.name or 'Sequential'}:", *yaml_lines(item.items, f"{indent}    ")]
            continue
        name = f"{item.name}: " if item.name else ""
        lines.append(f"{indent}- {name}{item.call}" + (f"  # -> {item.comment}" if item.comment else ""))
    return lines


def json_lines(items: Sequence[Item]) -> list[str]:
    """One line for each item of the list."""
    return [json.dumps(_data(item)) for item in items]


def _data(item: Item) -> object:
    value = [_data(inner) for inner in item.items] if item.items else item.call
    return {item.name: value} if item.name else value


def call(
    node: Node, place: int, arch: Arch, texts: Mapping[str, str] | None = None, words: Words | None = None
) -> str:
    """A layer as the spec has it, with the layers that it names: `Cat(x, encoder.1)`.

    `texts` are arguments that are not spelt as their values.
    """
    layer, kind = node.layer, type(node.layer).__name__
    parts = _arguments(layer, texts or {})
    parts += [
        f"{name}={value!r}" for name in layer.forward_fields if (value := layer.__dict__[name]) is not None
    ]
    words = words or Words(arch)
    sources = [
        words.above(place) if source == place and not number else words.of(source, node.path)
        for number, source in enumerate(node.sources)
    ]
    if layer.inputs[0].startswith("*"):
        parts = [*sources, *parts] if node.sources != (place,) else parts
    else:
        named = list(zip(layer.inputs, node.sources, sources))
        is_above = node.sources[0] == place
        parts += [f"{name}={text}" for name, _, text in named[is_above:]]
    return f"{kind}({', '.join(parts)})"


def _arguments(layer: Layer, texts: Mapping[str, str]) -> list[str]:
    """As `repr` has them, but for those in `texts`."""
    if not texts:
        arguments = repr(layer)[len(type(layer).__name__) + 1 : -1]
        return [arguments] if arguments else []
    parts = []
    for name, field in layer.fields.items():
        value = layer.__dict__[name]
        if name in layer.forward_fields or (not field.required and value == field.default):
            continue
        text = texts.get(name, spelt(value))
        parts.append(text if field.required else f"{name}={text}")
    return parts


class Words:
    """How the layers of an architecture name those that they read."""

    def __init__(self, arch: Arch) -> None:
        self.paths = ["input", *(node.path for node in arch.nodes)]
        self.ends: dict[str, int] = {}  # by a layer's or a block's path: the source that it is
        for source, path in enumerate(self.paths[1:], 1):
            while path:
                self.ends[path] = source
                path = path.rpartition(".")[0]
        self._is_x_taken = any("x" in path.split(".") for path in self.ends)

    def above(self, place: int) -> str:
        """What is said for the layer above."""
        return self.paths[place] if self._is_x_taken else "x"

    def of(self, source: int, reader: str) -> str:
        """The shortest name that leads there, seen from the layer at the path `reader`."""
        path = block = self.paths[source]
        while "." in (block := block.rpartition(".")[0]) and self.ends[block] == source:
            path = path if _is_count(block) else block
        parts = path.split(".")
        words = [
            ".".join(parts[-length:]) for length in range(1, len(parts)) if not parts[-length].isdecimal()
        ]
        return next((word for word in words if self._meant(word, reader) == path), path)

    def _meant(self, word: str, reader: str) -> str | None:
        """The path that a word means to a layer: in its own block, or in those around it."""
        while reader:
            reader = reader.rpartition(".")[0]
            if reader and f"{reader}.{word}" in self.ends:
                return f"{reader}.{word}"
        return None


def _is_count(path: str) -> bool:
    return path.rpartition(".")[2].isdecimal()
