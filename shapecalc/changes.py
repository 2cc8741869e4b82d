"""Changes of arguments, made on an architecture's nodes and traced again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .arch import Arch, Node
from .layer import KINDS, Layer
from .problem import ShapeError
from .shapes import Shape
from .trace import Trace, trace


class Change(NamedTuple):
    """A node's new arguments, and its new kind where that changes too."""

    arguments: Mapping[str, object]
    kind: str | None = None


#: Changes by the number of the node.
Changes = dict[int, Change]


def retraced(arch: Arch, changes: Changes, shape: Shape) -> Trace | None:
    """The trace with the changes made; None where a change is refused or there is none."""
    if not changes:
        return None
    try:
        return trace(arch.with_nodes(_changed_nodes(arch, changes)), shape)
    except ShapeError:
        return None


def _changed_nodes(arch: Arch, changes: Changes) -> Iterator[Node]:
    """The nodes with the changes made; a layer written once and repeated changes everywhere."""
    by_origin = {
        id(arch.nodes[number].origin): change
        for number, change in changes.items()
        if arch.nodes[number].origin
    }
    for number, node in enumerate(arch.nodes):
        change = changes.get(number) or (by_origin.get(id(node.origin)) if node.origin else None)
        yield node._replace(layer=_changed(node.layer, change)) if change else node


def _changed(layer: Layer, change: Change) -> Layer:
    if change.kind is None:
        return layer.replace(**change.arguments)
    kind = KINDS[change.kind]
    kept = {name: getattr(layer, name) for name in layer.fields if name in kind.fields}
    return kind(**{**kept, **change.arguments})
