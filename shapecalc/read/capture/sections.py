"""Encoder and decoder of a model: by its submodules of that name, or its methods `encode` and `decode`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch import nn

from ...arch import Node

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
