"""Encoder and decoder as one architecture."""

from __future__ import annotations

from collections.abc import Sequence

from ..arch import Arch, Contract, Node
from ..layer import Layer, Shape
from ..trace import Trace
from .way import Way


def whole(way: Way, decoder: Sequence[Node]) -> Arch:
    """The encoder's nodes, those of plain `layers` under the name `encoder`, and the decoder's.

    A pool whose indices are read returns them, and so do all that the same text describes (in a repeat). What the
    encoder's own `output:` states is the code, which is the latent shape here. The text stays the encoder's, which is
    what its places mean.
    """
    before = way.arch
    pools = [before.nodes[node.sources[1] - 1] for node in decoder if "indices" in node.layer.inputs]
    texts = {_text_of(node) for node in pools}
    own = [
        node._replace(
            path=_renamed(node.path),
            layer=_with_indices(node.layer) if _text_of(node) in texts else node.layer,
        )
        for node in before.nodes
    ]
    nodes = own + [node._replace(path=f"decoder.{node.path}") for node in decoder]
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
            latent=_latent(way),
            latent_node=before.contract.latent_node,
            latent_place=before.contract.latent_place or before.contract.output_place,
        ),
        value_range=before.value_range,
        sample=before.sample,
        profile=before.profile,
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


def _latent(way: Way) -> Shape | None:
    """The shape that the file states of the code; for another input than the file's, what the code is there."""
    promise = way.arch.contract
    stated = promise.latent or promise.output
    if stated is None or way.is_symbolic or way.shape == way.arch.input or promise.latent_node is None:
        return stated
    return way.trace.steps[promise.latent_node].shape_out


def _text_of(node: Node) -> object:
    """What nodes of one text have in common: its place, or else their path."""
    return node.origin.span if node.origin else node.path


def _with_indices(layer: Layer) -> Layer:
    return layer.replace(return_indices=True)
