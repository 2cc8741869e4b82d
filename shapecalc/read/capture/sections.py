"""Encoder and decoder of a model: by its submodules of that name, or its methods `encode` and `decode`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch import nn

from ...arch import Node
from ...size import product
from ...trace import Step

if TYPE_CHECKING:
    from .recorder import Recorder

#: The names that an autoencoder gives its halves.
NAMES = (("encoder", "decoder"), ("enc", "dec"))
METHODS = ("encode", "decode")


def halves(model: nn.Module) -> tuple[str, str] | None:
    """The names of the submodules that are the encoder and the decoder."""
    children = dict(model.named_children())
    return next((names for names in NAMES if all(name in children for name in names)), None)


def marked(rec: Recorder, model: nn.Module) -> tuple[str, ...]:
    """Where the halves are methods: have the recorder told which row each begins with. The names that it set."""
    if halves(model) is not None or not all(callable(getattr(type(model), name, None)) for name in METHODS):
        return ()
    for name in METHODS:
        model.__dict__[name] = _noting(rec, name, getattr(model, name))
    return METHODS


def _noting(rec: Recorder, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*args: Any, **kwargs: Any) -> Any:
        rec.begins.setdefault(name, len(rec.nodes))
        return method(*args, **kwargs)

    return noting


def split(rec: Recorder, model: nn.Module, nodes: Sequence[Node]) -> tuple[dict[str, range] | None, bool]:
    """The sections as ranges of nodes, and whether the model is made of an encoder and a decoder."""
    names = halves(model)
    if names is not None:
        first = {
            name: next((n for n, node in enumerate(nodes) if node.path.split(".")[0] == name), None)
            for name in names
        }
        encoder, decoder = first[names[0]], first[names[1]]
    elif rec.begins:
        encoder, decoder = rec.begins.get("encode"), rec.begins.get("decode")
    else:
        return None, False
    if encoder is None or decoder is None or not encoder < decoder:
        return None, encoder is not None and decoder is None
    return {"encoder": range(decoder), "decoder": range(decoder, len(nodes))}, True


def code(
    model: nn.Module, nodes: Sequence[Node], steps: Sequence[Step], sections: dict[str, range] | None
) -> int | None:
    """The row that makes the code: the last before the decoder, or of those behind the encoder's own a smaller one.

    A variational autoencoder draws 16 numbers behind its encoder, and makes of them what its decoder takes: the code
    is what was drawn. All that the decoder reads must go through it.
    """
    decoder, names = (sections or {}).get("decoder", range(0)), halves(model)
    if not decoder.start:
        return None
    found = decoder.start - 1
    if names is None or found >= len(steps):
        return found
    encoder, end = (
        max((number for number, node in enumerate(nodes) if node.path.split(".")[0] == name), default=found)
        for name in names
    )
    least = end
    for number in range(end - 1, encoder - 1, -1):
        least = min([least, *(source - 1 for source in nodes[number + 1].sources)])
        if number <= found and least == number:
            is_smaller = (product(steps[number].out) < product(steps[found].out)) is True
            found = number if is_smaller else found
    return found
