"""Arguments of a kind that a function calls otherwise, or says by the shape of a weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...layer import Shape
from .value import noted_shape

#: The kind's arguments, from the function's by name and the shapes of the tensors that the kind reads.
Adapter = Callable[[Mapping[str, Any], list[Shape]], dict[str, Any]]


class NoRule(Exception):
    """A call is beyond what the kind says."""


def _window(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _one(given[name]) for name in names if name in given}


def _one(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value


def _conv(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    weight, groups = noted_shape(given["weight"]), given.get("groups", 1)
    return {
        "in_channels": weight[1] * groups,
        "out_channels": weight[0],
        "kernel_size": _one(tuple(weight[2:])),
        **_window(given, "stride", "padding", "dilation", "groups"),
        "bias": given.get("bias") is not None,
    }


def _conv_transpose(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    weight, groups = noted_shape(given["weight"]), given.get("groups", 1)
    return {
        "in_channels": weight[0],
        "out_channels": weight[1] * groups,
        "kernel_size": _one(tuple(weight[2:])),
        **_window(given, "stride", "padding", "output_padding", "groups", "dilation"),
        "bias": given.get("bias") is not None,
    }


def _linear(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    weight = given["weight"].shape
    if len(weight) != 2:
        raise NoRule("linear")
    return {
        "in_features": weight[1],
        "out_features": weight[0],
        "bias": given.get("bias") is not None,
    }


def _group_norm(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    weight = given.get("weight")
    channels = weight.shape[0] if weight is not None else shapes[0][1] if len(shapes[0]) > 1 else 0
    return {"num_groups": given["num_groups"], "num_channels": channels, "affine": weight is not None}


def _layer_norm(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    has_weight = given.get("weight") is not None
    return {
        "normalized_shape": tuple(given["normalized_shape"]),
        "elementwise_affine": has_weight,
        "bias": given.get("bias") is not None,
    }


def _rms_norm(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    sizes, has_weight = tuple(given["normalized_shape"]), given.get("weight") is not None
    return {"normalized_shape": sizes, "eps": given.get("eps"), "elementwise_affine": has_weight}


def _embedding(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    return {"num_embeddings": given["weight"].shape[0], "embedding_dim": given["weight"].shape[1]}


def _bilinear(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    out, in1, in2 = given["weight"].shape
    return {
        "in1_features": in1,
        "in2_features": in2,
        "out_features": out,
        "bias": given.get("bias") is not None,
    }


def _attention(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    if given.get("static_k") is not None or given.get("static_v") is not None:
        raise NoRule("keys and values of its own")
    separate = given.get("use_separate_proj_weight", False)
    return {
        "embed_dim": given["embed_dim_to_check"],
        "num_heads": given["num_heads"],
        "dropout": given["dropout_p"],
        "bias": given.get("in_proj_bias") is not None,
        "add_bias_kv": given.get("bias_k") is not None,
        "add_zero_attn": given["add_zero_attn"],
        "kdim": given["k_proj_weight"].shape[1] if separate else None,
        "vdim": given["v_proj_weight"].shape[1] if separate else None,
    }


def _prelu(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    return {"num_parameters": given["weight"].numel()}


def _joined(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    """torch joins along dim 0 unless told otherwise."""
    return {"dim": given.get("dim", given.get("axis", 0))}


def _divided(argument: str) -> Adapter:
    def adapted(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
        names = (argument, "split_size_or_sections", "split_sizes")
        value = next(given[name] for name in names if name in given)
        return {argument: value, "dim": given.get("dim", 0)}

    return adapted


def _flatten(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    return {"start_dim": given.get("start_dim", 0), "end_dim": given.get("end_dim", -1)}


def _relu(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    return {"inplace": True} if given.get("inplace") else {}


def _elementwise(given: Mapping[str, Any], shapes: list[Shape]) -> dict[str, Any]:
    if len(shapes) < 2 or given.get("alpha", 1) != 1 or given.get("rounding_mode"):
        raise NoRule("a number")
    return {}


#: The arguments of a kind by the name of its function: of those that `functions` does not find by their names.
ADAPTED: dict[str, Adapter] = {
    **{f"conv{rank}d": _conv for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": _conv_transpose for rank in (1, 2, 3)},
    "linear": _linear,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "embedding": _embedding,
    "prelu": _prelu,
    "bilinear": _bilinear,
    "multi_head_attention_forward": _attention,
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), _joined),
    "chunk": _divided("chunks"),
    "split": _divided("split_size"),
    "split_with_sizes": _divided("split_size"),
    "flatten": _flatten,
    "relu": _relu,
    **dict.fromkeys(("add", "sub", "mul", "div", "subtract", "multiply", "divide"), _elementwise),
}


def by_weight(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a weight says of a `conv`, `conv_transpose` or `linear`: channels and kernel."""
    return {"conv": _conv, "conv_transpose": _conv_transpose, "linear": _linear}[name](given, [])
