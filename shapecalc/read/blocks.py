"""Lists of layers to nodes: names, nested blocks, repeats.

Paths are torch's: an item's number, or its name, under its block's. An item that is a list is a block; each
turn of a repeat is a block of its own, as a `Sequential` in a `Sequential` would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from ..arch import Node
from ..layer import KINDS, nearest
from ..problem import DUPLICATE_NAME, EMPTY_FILE, LIMIT, UNKNOWN_KEY, WRONG_TYPE, SpecError
from ..sorts import BATCH
from . import nodes, written
from .given import number
from .joins import Outputs
from .quote import code
from .written import BLOCK, Written, kind_called

MOST_LAYERS = 200_000


class Blocks:
    """Reads sections one after another; `nodes` grows. `sections` are the file's, in their order."""

    def __init__(self, names: Mapping[str, Any], sections: Mapping[str, nodes.Node]) -> None:
        self.names: Mapping[str, Any] = {"N": BATCH, **names}
        self.nodes: list[Node] = []
        self.outputs = Outputs(sections)
        self.written: dict[int, Written] = {}  # by the identity of the text's node

    def section(self, name: str) -> None:
        """Read one of the sections."""
        self._block(name, self.outputs.sections[name], f"`{name}`")
        self.outputs.remember(name)

    def _block(self, path: str, node: nodes.Node, what: str) -> None:
        if _is_nothing(node) or (isinstance(node, nodes.Sequence) and not node.items):
            raise SpecError(EMPTY_FILE, f"{what} has no layers", node.place)
        if not isinstance(node, nodes.Sequence):
            help = "write each layer on a line that starts with `- `"
            raise SpecError(WRONG_TYPE, f"{what} is a list of layers", node.place, help=help)
        for place, item in enumerate(node.items):
            if type(item) is nodes.Scalar:
                self._layer(f"{path}.{place}", item)
            else:
                self._item(path, str(place), item)

    def _item(self, block: str, own: str, node: nodes.Node, name: str | None = None) -> None:
        """An item of a list: a layer, a named item, a repeat, or a block."""
        path = f"{block}.{own}"
        if isinstance(node, nodes.Mapping):
            keys = [key.text for key, _ in node.pairs]
            if "repeat" in keys:
                self._repeat(path, node)
            elif keys == [BLOCK]:
                self._block(path, node.pairs[0][1], f"`{BLOCK}`")
            elif len(keys) != 1:
                raise _not_one_key(node)
            elif keys[0] in KINDS:
                return self._layer(path, node, name)
            elif name is None:
                return self._named(block, *node.pairs[0])
            else:
                kind_called(keys[0], node.pairs[0][0].place)
        elif isinstance(node, nodes.Sequence):
            self._block(path, node, "a block")
        else:
            return self._layer(path, node, name)
        self.outputs.remember(path, name)

    def _named(self, block: str, key: nodes.Scalar, value: nodes.Node) -> None:
        name = key.text
        if _is_meant_as_kind(name, value):
            kind_called(name, key.place)
        check_name(key)
        if name in self.names:
            help = "give the layer another name"
            raise SpecError(DUPLICATE_NAME, f"the name {code(name)} is one of `vars`", key.place, help=help)
        path = f"{block}.{name}"
        if path in self.outputs.by_path:
            first = self.outputs.written_at(path)
            raise SpecError(
                DUPLICATE_NAME,
                f"the name {code(name)} is used twice in {code(block)}",
                key.place,
                note=f"first on line {first.place.line}" if first else None,
                help="give one another name",
            )
        if _is_nothing(value):
            raise SpecError(WRONG_TYPE, f"{code(name)} has no layer", key.place)
        self._item(block, name, value, name)

    def _repeat(self, path: str, node: nodes.Mapping) -> None:
        """`{repeat: 3, layers: [...]}`. What one turn makes says whether all of them are too much."""
        pairs = {key.text: (key, value) for key, value in node.pairs}
        for key in pairs:
            if key not in ("repeat", "layers"):
                message = f"a repeat has `repeat` and `layers`, not {code(key)}"
                raise SpecError(UNKNOWN_KEY, message, pairs[key][0].place)
        if "layers" not in pairs:
            raise SpecError(UNKNOWN_KEY, "a repeat needs `layers`", node.place)
        counted, repeated = pairs["repeat"][1], pairs["layers"][1]
        times = number(counted, self.names)
        if not isinstance(times, int) or times < 1:
            shown = (
                "nothing" if _is_nothing(counted) else code(counted.source.text[counted.start : counted.end])
            )
            raise SpecError(WRONG_TYPE, f"`repeat` is an integer of at least 1, not {shown}", counted.place)
        before = len(self.nodes)
        for turn in range(times):
            self._block(f"{path}.{turn}", repeated, "`layers`")
            self.outputs.remember(f"{path}.{turn}")
            if turn == 0 and before + times * (len(self.nodes) - before) > MOST_LAYERS:
                message = f"a repeat of {times} makes more than {MOST_LAYERS} layers"
                raise SpecError(LIMIT, message, counted.place)

    def _layer(self, path: str, node: nodes.Node, name: str | None = None) -> None:
        if len(self.nodes) >= MOST_LAYERS:
            raise SpecError(LIMIT, f"the spec has more than {MOST_LAYERS} layers", node.place)
        layer = self.written.get(id(node))
        if layer is None:
            if isinstance(node, nodes.Mapping):
                layer = written.of_mapping(node, self.names)
            else:
                assert isinstance(node, nodes.Scalar)
                if _is_nothing(node):
                    raise SpecError(
                        WRONG_TYPE, "there is no layer here", node.place, help="remove the empty item"
                    )
                layer = written.of_text(*node.inside(), self.names, editable=node.offset is not None)
            self.written[id(node)] = layer
        outputs = self.outputs
        sources = outputs.sources(path, layer) if layer.sources else (outputs.last,)
        self.nodes.append(Node(path, layer.layer, sources, layer.origin))
        outputs.last += 1
        outputs.remember(path, name)


def check_name(key: nodes.Scalar) -> None:
    """Refuse a name that no argument could spell, or that means something else already; `SpecError`."""
    name = key.text
    if not name.isidentifier():
        message = f"{code(name)} is no name: letters, digits and `_` only, and no digit first"
        raise SpecError(WRONG_TYPE, message, key.place)
    if name in _MEANINGS or iskeyword(name):
        meaning = _MEANINGS.get(name, "is a word of Python's")
        raise SpecError(WRONG_TYPE, f"`{name}` cannot be a name: it {meaning}", key.place)


_MEANINGS = {"_": "stands for a number to infer", "N": "is the batch size"}


def _is_nothing(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Scalar) and nodes.resolve(node) in (None, "")


def _is_meant_as_kind(name: str, value: nodes.Node) -> bool:
    """Whether a key that is no kind looks like a mistyped one: its value is no layer, but arguments."""
    if isinstance(value, nodes.Scalar):
        return not isinstance(nodes.resolve(value), str) and nearest(name, KINDS) is not None
    if isinstance(value, nodes.Sequence):
        return any(
            isinstance(item, nodes.Scalar)
            and not isinstance(nodes.resolve(item), str)
            and not _is_nothing(item)
            for item in value.items
        )
    assert isinstance(value, nodes.Mapping)
    keys = [key.text for key, _ in value.pairs]
    if any(key in KINDS or key in (BLOCK, "repeat") for key in keys):
        return False
    return nearest(name, KINDS) is not None or any(
        key in kind.fields for key in keys for kind in KINDS.values()
    )


def _not_one_key(node: nodes.Mapping) -> SpecError:
    keys = [key.text for key, _ in node.pairs]
    if not keys:
        return SpecError(WRONG_TYPE, "an item is one layer, and this mapping is empty", node.place)
    listed = ", ".join(map(code, keys[:4])) + (", ..." if len(keys) > 4 else "")
    message = f"an item is one layer, and this one has {len(keys)} keys ({listed})"
    help = "start each layer with `- ` on a line of its own"
    if keys[0] in KINDS and keys[1] not in KINDS and _is_nothing(node.pairs[0][1]):
        help = f"indent the arguments of `{keys[0]}` more than its name"
    return SpecError(UNKNOWN_KEY, message, node.pairs[1][0].place, help=help)
