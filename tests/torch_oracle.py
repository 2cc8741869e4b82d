"""An architecture run by real torch, node by node: the oracle for whole networks."""

from __future__ import annotations

from typing import Any

import torch

from shapecalc.arch import INPUT, Arch
from shapecalc.layer import Layer, Shape
from shapecalc.trace import Trace

BATCH = 2


def module_of(layer: Layer) -> Any:
    """The layer in torch: its repr evaluates in `torch.nn`, a functional kind's expression does in torch."""
    if layer.functional:
        return lambda *tensors: _evaluate(layer, tensors)
    return eval(repr(layer), vars(torch.nn) | {"_": None})


def _evaluate(layer: Layer, tensors: tuple[torch.Tensor, ...]) -> Any:
    names = [f"x{number}" for number in range(len(tensors))]
    return eval(
        layer.expression(*names), {"torch": torch, "F": torch.nn.functional, **dict(zip(names, tensors))}
    )


def torch_shapes(arch: Arch, traced: Trace, sample: Shape) -> list[Shape]:
    """The shape that torch gives at every node, batch included; raises what torch raises.

    Layers are those of the trace, with every `_` known.
    """
    values: list[Any] = [torch.randn(BATCH, *[int(size) for size in sample])]
    shapes = []
    with_indices = {
        node.sources[1] - 1
        for node in arch.nodes
        if "indices" in node.layer.inputs and len(node.sources) > 1 and node.sources[1] != INPUT
    }
    with torch.no_grad():
        for number, node in enumerate(arch.nodes):
            layer = traced.steps[number].layer if number < len(traced.steps) else node.layer
            if number in with_indices and "return_indices" in layer.fields:
                layer = layer.replace(return_indices=True)
            inputs = [_first(values[source]) for source in node.sources]
            if layer.inputs[:1] == ("query",) and len(inputs) == 1:
                inputs *= 3  # self-attention
            if "indices" in layer.inputs and len(inputs) > 1:
                inputs[1] = values[node.sources[1]][1]
            in_forward = {name: getattr(layer, name) for name in layer.forward_fields}
            out = module_of(layer)(*inputs, **in_forward)
            values.append(out)
            shapes.append(tuple(_first(out).shape))
    return shapes


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def shapes_of(traced: Trace) -> list[Shape]:
    """The trace's shapes with a batch of `BATCH`."""
    from shapecalc.size import at

    return [tuple(at(size, {"N": BATCH}) for size in step.shape_out) for step in traced.steps]
