"""Changes of an architecture's nodes, to be traced again before anyone is offered them.

A change gives a node other arguments or another kind, and it may put several layers in the node's place, or
none: a layer before it on one of its inputs, a layer behind it, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..arch import INPUT, Arch, Node
from ..layer import KINDS, Layer
from ..problem import ShapeError
from ..shapes import Shape
from ..trace import Trace, trace


class Inserted(NamedTuple):
    """A layer put right before a node: it reads these of the node's inputs, and stands for the first of them."""

    layer: Layer
    inputs: tuple[int, ...] = (0,)


class Change(NamedTuple):
    """What becomes of a node.

    New `arguments`, and a new `kind` where that changes too; a layer `before` it, or `behind` it, which only
    the last node may have; or, `removed`, nothing: who read it reads its first input.
    """

    arguments: Mapping[str, object] = {}
    kind: str | None = None
    before: Inserted | None = None
    behind: Layer | None = None
    removed: bool = False

    @property
    def is_structural(self) -> bool:
        """Whether other layers than the node's own come or go."""
        return bool(self.before or self.behind or self.removed)


#: Changes by the number of the node.
Changes = dict[int, Change]


class Changed(NamedTuple):
    """The changed architecture, and by each node's old number the one that it has now."""

    arch: Arch
    numbers: tuple[int, ...]


def retraced(arch: Arch, changes: Changes, shape: Shape) -> Trace | None:
    """The trace with the changes made; None where a change is refused or there is none."""
    if not changes:
        return None
    try:
        return trace(changed(arch, changes).arch, shape)
    except ShapeError:
        return None


def changed(arch: Arch, changes: Changes) -> Changed:
    """The changes made; a layer written once and repeated changes everywhere. Raises `ShapeError`."""
    by_origin = {
        id(arch.nodes[number].origin): change
        for number, change in changes.items()
        if arch.nodes[number].origin
    }
    nodes: list[Node] = []
    numbers: list[int] = []
    starts: list[int] = []  # where that which stands for each node begins
    sources = [INPUT]  # by its old source, where each output comes from
    for number, node in enumerate(arch.nodes):
        change = changes.get(number) or (by_origin.get(id(node.origin)) if node.origin else None)
        starts.append(len(nodes))
        if len(nodes) != number:
            node = node._replace(sources=tuple([sources[source] for source in node.sources]))
        nodes += _in_place_of(node, change, len(nodes)) if change else (node,)
        numbers.append(starts[-1] + bool(change and change.before))
        sources.append(node.sources[0] if change and change.removed else len(nodes))
    if not any(change.is_structural for change in changes.values()):
        return Changed(arch.with_nodes(nodes), tuple(numbers))
    starts.append(len(nodes))
    sections = {name: range(starts[own.start], starts[own.stop]) for name, own in arch.sections.items()}
    code = arch.contract.latent_node
    latent_node = None if code is None or sources[code + 1] == INPUT else sources[code + 1] - 1
    contract = arch.contract._replace(latent_node=latent_node)
    returns = None if arch.returns is None else tuple(sources[source] for source in arch.returns)
    return Changed(arch.with_nodes(nodes, sections, contract, returns), tuple(numbers))


def _in_place_of(node: Node, change: Change, number: int) -> list[Node]:
    """What stands for a node from `number` on; what is put there has no path of its own yet."""
    if change.removed:
        return []
    found = []
    if change.before:
        new, read = change.before
        found.append(Node(node.path, new, tuple(node.sources[place] for place in read)))
        own = list(node.sources)
        own[read[0]] = number + 1
        node = node._replace(sources=tuple(own))
    found.append(node._replace(layer=changed_layer(node.layer, change)))
    if change.behind:
        found.append(Node(node.path, change.behind, (number + len(found),)))
    return found


def changed_layer(layer: Layer, change: Change) -> Layer:
    """The layer with its new arguments, in its new kind. Raises `ShapeError` where the kind refuses them."""
    if change.kind is None:
        return layer.replace(**change.arguments) if change.arguments else layer
    kind = KINDS[change.kind]
    kept = {name: getattr(layer, name) for name in layer.fields if name in kind.fields}
    return kind(**{**kept, **change.arguments})
