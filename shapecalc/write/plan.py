"""What an emitted module consists of: blocks that run as one `Sequential`, and what must be kept for later.

`x` always is what the layer above returned. Any other value that a layer reads is kept in a variable of its
own: an earlier output, the indices of a max pool, or (with `--any-size`) the size that a layer was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..arch import INPUT, Arch, Node
from ..layer import Layer
from ..problem import JOIN, ShapeError, refusal
from ..trace import Trace
from .names import Variables, submodule

TUPLES = ("RNN", "GRU", "LSTM", "LSTMCell", "MultiheadAttention")
WRAPPER = "layers"


class Block:
    """A node of the tree of paths: `children` are blocks and numbers of layers, by name."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.children: dict[str, Block | int] = {}

    def layers(self) -> Iterator[int]:
        """The numbers of all layers in it, in order."""
        for child in self.children.values():
            if isinstance(child, int):
                yield child
            else:
                yield from child.layers()


class Unit(NamedTuple):
    """What one line of `forward` calls: a submodule, or (with no path) the expression of one layer."""

    path: tuple[str, ...]
    first: int
    last: int


class Kept(NamedTuple):
    """A value that is read again later: by which nodes, known after which one (-1: the network's input)."""

    name: str
    type: str
    known: int
    readers: tuple[int, ...]


class Plan:
    """The tree of a trace's layers, the units in which they run, and the values kept.

    `targets` says which node returns the size that which earlier one was given. Raises `ShapeError` where a
    layer wants indices of what is no max pool.
    """

    def __init__(self, trace: Trace, targets: Mapping[int, int] | None = None) -> None:
        self.arch: Arch = trace.arch
        self.layers = [step.layer for step in trace.steps]
        self.targets = dict(targets or {})
        self.root = _tree(self.arch.nodes)
        self.index_readers = _index_readers(self.arch, self.layers)
        self._readers: dict[int, list[int]] = {}
        for number, node in enumerate(self.arch.nodes):
            for source in node.sources:
                self._readers.setdefault(source, []).append(number)
        names = Variables()
        self.outputs = self._kept_outputs(names)
        self.indices = self._kept_indices(names)
        self.sizes = self._kept_sizes(names)

    def units(self) -> list[Unit]:
        """The units in the order in which they run."""
        return list(self._units(self.root))

    def kept(self) -> list[Kept]:
        """All values kept, in the order in which they are known."""
        every = [*self.outputs.values(), *self.indices.values(), *self.sizes.values()]
        return sorted(every, key=lambda kept: kept.known)

    def is_chain(self, block: Block) -> bool:
        """Whether the block's layers run one after another, so that a `Sequential` runs them."""
        numbers = list(block.layers())
        if numbers != list(range(numbers[0], numbers[-1] + 1)) or not all(map(self._is_plain, numbers)):
            return False
        sized = set(self.targets.values())
        return all(
            self.arch.nodes[number].sources == (number,)
            and self._readers.get(number) == [number]
            and number not in sized
            for number in numbers[1:]
        )

    def _units(self, block: Block) -> Iterator[Unit]:
        for child in block.children.values():
            if isinstance(child, int):
                is_bare = self.layers[child].functional or self.is_resized(child)
                node_path = _path(self.arch.nodes[child], self.root)
                yield Unit(() if is_bare else node_path, child, child)
            elif self.is_chain(child):
                numbers = list(child.layers())
                yield Unit(child.path, numbers[0], numbers[-1])
            else:
                yield from self._units(child)

    def is_resized(self, number: int) -> bool:
        """Whether the layer is an `Upsample` that is told its size: then a function does it."""
        return number in self.targets and "scale_factor" in self.layers[number].fields

    def _is_plain(self, number: int) -> bool:
        """Whether the layer is a module that takes one tensor and gives one."""
        layer = self.layers[number]
        return not (
            layer.functional
            or returns_tuple(layer)
            or number in self.targets
            or number in self.index_readers.values()
            or len(self.arch.nodes[number].sources) != 1
            or any(getattr(layer, name) != layer.fields[name].default for name in layer.forward_fields)
        )

    def _kept_outputs(self, names: Variables) -> dict[int, Kept]:
        """By source: outputs that are read by others than the next layer."""
        kept = {}
        for source, readers in sorted(self._readers.items()):
            later = tuple(
                reader for reader in readers if reader != source and not self._reads_indices(reader, source)
            )
            if later:
                path = "inputs" if source == INPUT else self.arch.nodes[source - 1].path
                name = "inputs" if source == INPUT else names.new(self._title(source - 1, path))
                kept[source] = Kept(name, "Tensor", source - 1, later)
        return kept

    def _title(self, number: int, path: str) -> str:
        """The path of the outermost named block that ends with the layer: what the spec calls its output."""
        parts = path.split(".")
        for depth in range(2, len(parts)):
            block = self._block(parts[:depth])
            if not parts[depth - 1].isdecimal() and block and max(block.layers()) == number:
                return ".".join(parts[:depth])
        return path

    def _block(self, parts: list[str]) -> Block | None:
        block: Block | int | None = self.root
        for part in parts:
            block = block.children.get(part) if isinstance(block, Block) else None
        return block if isinstance(block, Block) else None

    def _reads_indices(self, reader: int, source: int) -> bool:
        sources = self.arch.nodes[reader].sources
        return reader in self.index_readers and source == sources[1] and source != sources[0]

    def _kept_indices(self, names: Variables) -> dict[int, Kept]:
        """By pool: the indices that unpools read."""
        kept = {}
        for pool in sorted(set(self.index_readers.values())):
            readers = tuple(reader for reader, own in self.index_readers.items() if own == pool)
            kept[pool] = Kept(names.new(self.arch.nodes[pool].path, "_indices"), "Tensor", pool, readers)
        return kept

    def _kept_sizes(self, names: Variables) -> dict[int, Kept]:
        """By the layer that was given it: the sizes that others return."""
        kept = {}
        for given in sorted(set(self.targets.values())):
            readers = tuple(reader for reader, own in self.targets.items() if own == given)
            kept[given] = Kept(names.new(self.arch.nodes[given].path, "_size"), "torch.Size", given, readers)
        return kept


def returns_tuple(layer: Layer) -> bool:
    """Whether torch's module returns more than the tensor that the trace has."""
    return type(layer).__name__ in TUPLES or bool(getattr(layer, "return_indices", False))


def _index_readers(arch: Arch, layers: list[Layer]) -> dict[int, int]:
    """Each unpool, and the pool whose indices it reads."""
    found = {}
    for number, node in enumerate(arch.nodes):
        if "indices" not in layers[number].inputs or len(node.sources) < 2:
            continue
        pool = node.sources[1] - 1
        if pool < 0 or "return_indices" not in layers[pool].fields:
            raise _no_indices(arch, number, pool)
        found[number] = pool
    return found


def _no_indices(arch: Arch, number: int, pool: int) -> ShapeError:
    node = arch.nodes[number]
    giver = "the network's input" if pool < 0 else f"`{arch.nodes[pool].path}`"
    error = refusal(JOIN, f"`{node.path}` reads the indices of a max pool, and {giver} is none")
    place = node.origin.place if node.origin else None
    return ShapeError(error.problem._replace(path=node.path, place=place))


def _tree(nodes: tuple[Node, ...]) -> Block:
    """The blocks of the nodes' paths. Layers without a section, called by numbers, stand in `layers`."""
    root = Block(())
    is_wrapped = not all(node.path.split(".")[0].isidentifier() for node in nodes)
    if is_wrapped:
        root.path = (WRAPPER,)
    for number, node in enumerate(nodes):
        block, parts = root, node.path.split(".")
        for part in parts[:-1]:
            child = block.children.setdefault(part, Block((*block.path, submodule(part))))
            assert isinstance(child, Block)
            block = child
        block.children[parts[-1]] = number
    if is_wrapped:
        wrapper, root = root, Block(())
        root.children[WRAPPER] = wrapper
    return root


def _path(node: Node, root: Block) -> tuple[str, ...]:
    parts = tuple(map(submodule, node.path.split(".")))
    return (WRAPPER, *parts) if node.path.split(".")[0] not in root.children else parts
