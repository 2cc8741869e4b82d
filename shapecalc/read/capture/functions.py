"""A call of a torch function or method as a Layer: `F.max_pool2d(x, 2)` as `MaxPool2d(2)`.

A function's kind has its name without underscores, and its arguments are found by name: in the signature of a
Python function, or in the schema of the operator. What is computed with a weight reads it off the weight's shape.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from ... import layers as layers
from ...layer import KINDS, Layer, Shape
from ...problem import ShapeError
from ...sorts import BATCH
from .adapted import ADAPTED, NoRule
from .value import leaves

#: Names of torch for what a kind calls otherwise.
_SAME = {
    "concat": "cat", "concatenate": "cat", "view_as": "", "sub": "sub", "subtract": "sub", "multiply": "mul",
    "divide": "div", "truediv": "div", "swapaxes": "transpose", "swapdims": "transpose", "bmm": "matmul",
    "mm": "matmul", "linalg_matmul": "matmul",
    "max_pool1d_with_indices": "maxpool1d", "max_pool2d_with_indices": "maxpool2d",
    "max_pool3d_with_indices": "maxpool3d", "upsample": "interpolate", "conv_tbc": "",
    "hardtanh_": "hardtanh", "special_expit": "sigmoid", "rsub": "", "split_with_sizes": "split",
    "multi_head_attention_forward": "multiheadattention",
}  # fmt: skip

#: What an argument of a function is called in the kind.
_RENAMED = {"split_size_or_sections": "split_size", "split_sizes": "split_size", "sizes": "unflattened_size"}


@cache
def kind_named(name: str) -> type[Layer] | None:
    """The kind that a function's name stands for.

    >>> kind_named("max_pool2d"), kind_named("conv_transpose2d"), kind_named("einsum")
    (<class 'shapecalc.layers.pool.MaxPool2d'>, <class 'shapecalc.layers.conv_transpose.ConvTranspose2d'>, None)
    """
    return _kinds().get(_SAME.get(name, name).replace("_", ""))


@cache
def _kinds() -> Mapping[str, type[Layer]]:
    return {name.lower(): KINDS[name] for name in KINDS if not name.startswith("Lazy")}


@cache
def parameters(func: Any, name: str) -> tuple[str, ...] | None:
    """The names of a function's positional arguments."""
    try:
        names = tuple(inspect.signature(func).parameters)
    except (TypeError, ValueError):
        names = ("args",)
    if not names or names[0] != "args":  # `F.max_pool2d` is one of two functions, and says nothing of theirs
        return names
    packet: Any = getattr(torch.ops.aten, name, None)
    try:
        schemas = [getattr(packet, overload)._schema for overload in packet.overloads()]
    except AttributeError:
        return None
    longest = max(schemas, key=lambda schema: len(schema.arguments))
    return tuple(argument.name for argument in longest.arguments)


@cache
def is_pointwise(name: str) -> bool:
    """Whether torch tags the operator as elementwise."""
    packet: Any = getattr(torch.ops.aten, name, None)
    try:
        return any(torch.Tag.pointwise in getattr(packet, one).tags for one in packet.overloads())
    except AttributeError:
        return False


def bound(func: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name; sizes given one by one (`view(2, -1)`) as one tuple."""
    names = _SPREAD.get(name) or parameters(func, name) or ()
    if len(names) == 2 and name in _SPREAD and len(args) > 1:
        args = (args[0], args[1] if isinstance(args[1], (tuple, list)) else args[1:])
    return {**dict(zip(names, args)), **kwargs}


#: Methods that take sizes or axes one by one.
_SPREAD = {
    "view": ("self", "size"),
    "reshape": ("self", "size"),
    "expand": ("self", "size"),
    "permute": ("self", "dims"),
}


def layer_for(name: str, given: dict[str, Any], shapes: list[Shape], size_of: Callable[[Any], Any]) -> Layer:
    """The Layer of a call, its arguments by name, sizes among them as formulas.

    Raises `NoRule` where there is none, and `ShapeError` where the layer's constructor refuses.
    """
    base = name.rstrip("_")
    kind = kind_named(base) or _ranked(base, shapes)
    if kind is None:
        raise NoRule(name)
    values = ADAPTED[base](given, shapes) if base in ADAPTED else _by_name(kind, given)
    return made(kind, {name: size_of(value) for name, value in values.items()}, shapes)


def _ranked(name: str, shapes: list[Shape]) -> type[Layer] | None:
    """`batch_norm` of an input of four axes is BatchNorm2d."""
    rank = max(len(shapes[0]) - 2, 1) if shapes else 0
    return _kinds().get(f"{name.replace('_', '')}{rank}d") if name in ("instance_norm",) else None


def _by_name(kind: type[Layer], given: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in given.items():
        name = _RENAMED.get(name, name)
        if name in kind.fields and not isinstance(value, torch.Tensor):
            values[name] = value
    missing = [name for name, field in kind.fields.items() if field.required and name not in values]
    if missing:
        raise NoRule(kind.__name__)
    return values


def made(kind: type[Layer], values: dict[str, Any], shapes: list[Shape]) -> Layer:
    """The layer; with formulas among its arguments it is made without the checks, which know integers only."""
    values = {name: _plain(value, kind, name, shapes) for name, value in values.items()}
    if any(isinstance(leaf, torch.Tensor) for leaf in leaves(values)):
        raise NoRule(kind.__name__)
    if not any(map(_is_symbolic, values.values())):
        try:
            return kind(**values)
        except ShapeError as error:
            if type(error) is ShapeError:
                raise
            raise NoRule(kind.__name__) from None
    layer = kind.__new__(kind)
    defaults = {name: field.default for name, field in kind.fields.items()}
    layer.__dict__.update({**defaults, **values}, open=False)
    return layer


def _plain(value: Any, kind: type[Layer], name: str, shapes: list[Shape]) -> Any:
    """Lists as tuples, and the batch as the spec spells it."""
    if isinstance(value, (tuple, list)):
        batch = shapes[0][0] if shapes and shapes[0] else None
        spelt = name == "size" and kind.__name__ in ("View", "Reshape")
        return tuple(
            BATCH if spelt and not isinstance(item, int) and item == batch and str(item) == "N" else item
            for item in value
        )
    return value


def _is_symbolic(value: Any) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return any(not isinstance(item, (int, float, str, type(None), type(BATCH))) for item in items)
