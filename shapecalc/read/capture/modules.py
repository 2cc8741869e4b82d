"""A torch.nn module as a Layer: its arguments read off its attributes, by the Layer's own field names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ...layer import KINDS, Field, Layer, Refused, build
from ...problem import ShapeError, SpecError
from ...sorts import Ints
from .adapted import by_weight

#: Arguments that a module keeps under another name, or only as whether something is there.
_ELSEWHERE = {
    ("MultiheadAttention", "bias"): "in_proj_bias",
    ("MultiheadAttention", "add_bias_kv"): "bias_k",
}


def kind_of(module: nn.Module) -> type[Layer] | None:
    """The kind of the nearest class of torch's own that the module is made from."""
    for cls in type(module).__mro__:
        if cls.__module__.startswith("torch.nn.") and cls.__name__ in KINDS:
            return KINDS[cls.__name__]
    return None


def layer_of(module: nn.Module) -> Layer | None:
    """The module's Layer; None where it has none, or where its parameters are not those of its arguments."""
    kind = kind_of(module)
    if kind is None or kind.functional:
        return None
    values = {}
    for name, field in kind.fields.items():
        if name in kind.forward_fields:
            continue
        value = _attribute(module, kind, field)
        if value is not _MISSING:
            values[name] = value
        elif field.required:
            return None
    try:
        layer = build(kind, (), values)
    except SpecError as error:
        return Refused(kind, values, error.problem) if _is_misfit(kind, values) else None
    return layer if _has_its_parameters(module, layer) else _by_weight(module, layer)


_MISSING: Any = object()


def _attribute(module: nn.Module, kind: type[Layer], field: Field) -> Any:
    name = _ELSEWHERE.get((kind.__name__, field.name), field.name)
    value = getattr(module, name, _MISSING)
    if isinstance(value, torch.Tensor):
        return True if isinstance(field.default, bool) else _MISSING
    if value is None and isinstance(field.default, bool):
        return False
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, tuple) and len(value) == kind.rank and len(set(value)) == 1:
        value = value[0] if not isinstance(field.default, tuple) else value
    if isinstance(value, tuple) and type(value) is not tuple:
        value = tuple(value)  # torch.Size
    return value


def _is_misfit(kind: type[Layer], values: Mapping[str, Any]) -> bool:
    """Whether an argument has not a number for each spatial axis: torch's constructor takes it, its kernel does not."""
    return any(
        isinstance(field.sort, Ints)
        and isinstance(value := values.get(name), tuple)
        and len(value) not in (1, kind.rank)
        for name, field in kind.fields.items()
    )


def _has_its_parameters(module: nn.Module, layer: Layer) -> bool:
    """Whether weight and bias have as many numbers as the arguments say: people change one and not the other."""
    own = {name: value for name, value in module._parameters.items() if value is not None}
    if not own or layer.open or isinstance(layer, Refused) or not set(own) <= {"weight", "bias"}:
        return True
    if any(isinstance(value, nn.parameter.UninitializedParameter) for value in own.values()):
        return True
    if "weight" not in own:
        return True
    return sum(value.numel() for value in own.values()) == layer.num_parameters


def _by_weight(module: nn.Module, layer: Layer) -> Layer | None:
    """The layer that the weight makes: `fc.out_features = 10` changes a number that torch does not look at."""
    name = next((name for name in ("conv_transpose", "conv", "linear") if _is_named(layer, name)), None)
    if name is None:
        return None
    given = {"weight": module.weight, "bias": module.bias, "groups": getattr(module, "groups", 1)}
    try:
        return layer.replace(**by_weight(name, given))
    except ShapeError:
        return None


def _is_named(layer: Layer, name: str) -> bool:
    return type(layer).__name__.lower().startswith(name.replace("_", ""))
