"""Encoder and decoder as one architecture."""

from __future__ import annotations

from collections.abc import Sequence

from ..arch import Arch, Contract, Node
from ..layer import Layer
from ..trace import Trace
from .way import Way


def whole(way: Way, decoder: Sequence[Node]) -> Arch:
    """The encoder's nodes, those of plain `layers` under the name `encoder`, and the decoder's.

    A pool whose indices are read returns them. The text stays the encoder's, which is what its places mean.
    """
    before = way.arch
    pools = {node.sources[1] for node in decoder if "indices" in node.layer.inputs}
    own = [
        node._replace(
            path=_renamed(node.path), layer=_with_indices(node.layer) if number in pools else node.layer
        )
        for number, node in enumerate(before.nodes, 1)
    ]
    nodes = own + [node._replace(path=f"decoder.{place}") for place, node in enumerate(decoder)]
    sections = {_renamed(name): numbers for name, numbers in before.sections.items()}
    sections["decoder"] = range(len(own), len(nodes))
    return Arch(
        nodes,
        name=before.name,
        input=before.input if way.is_symbolic and before.input is not None else way.shape,
        input_place=before.input_place,
        sections=sections,
        contract=Contract(
            mirrors=True,
            latent=before.contract.latent,
            latent_node=before.contract.latent_node,
            latent_place=before.contract.latent_place,
        ),
        value_range=before.value_range,
        variables=before.variables,
        text=before.text,
        path=before.path,
    )


def settled(traced: Trace) -> Arch:
    """The architecture with every number known that was read off this trace's input."""
    return traced.arch.with_nodes(
        node._replace(layer=step.layer) for node, step in zip(traced.arch.nodes, traced.steps)
    )


def _renamed(path: str) -> str:
    first, dot, rest = path.partition(".")
    return f"encoder{dot}{rest}" if first == "layers" else path


def _with_indices(layer: Layer) -> Layer:
    return layer.replace(return_indices=True)
