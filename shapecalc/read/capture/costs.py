"""What a call costs that no kind stands for: multiply-accumulates, and what is kept where no name says it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from ...layer import Shape
from ...saving import Saved, viewed
from ...size import Size, product
from ...strides import as_batch, plain
from . import functions, probing, products
from .value import Value

if TYPE_CHECKING:
    from .recorded import RecordedCall

_CHAINS = ("multi_dot", "linalg_multi_dot", "chain_matmul")
_ATTENTION = "scaled_dot_product_attention"
#: Those that return values with their places keep the places.
_WITH_PLACES = ("max", "min", "median", "mode", "sort", "topk", "kthvalue")


def macs(call: RecordedCall) -> Size:
    """What the call multiplies, as a formula; as the number that was counted, where none fits."""
    rec, args, kwargs = call.rec, call.args, call.kwargs
    if call.base in _CHAINS:
        return products.of_chain([_value(call, tensor).shape for tensor in call.tensors])
    if call.base == _ATTENTION:
        return products.of_attention(*_attended(call)[1])
    if not call.counted or rec.real:
        return call.counted
    sizes = probing.formulas(rec, (args, kwargs))

    def count(numbers: list[int]) -> int:
        known, counter = dict(zip(sizes, numbers)), products.Counter()
        with counter:
            probing.again(rec, call.func, args, kwargs, known.__getitem__)
        return counter.macs

    try:
        return products.fitted(call.counted, sizes, rec.at(tuple(sizes)), count)
    except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError):
        return call.counted


def kept(call: RecordedCall, made: list[Shape]) -> list[Saved | None]:
    """What each result keeps, where the name alone does not say it."""
    if call.base == "unbind":
        return [_without_axis(call)] * len(made)
    first: Saved | None = None
    if call.base == _ATTENTION:
        first = _of_attention(call)
    elif call.base == "normalize":
        first = _of_lengths(call)
    elif call.base in _WITH_PLACES and len(made) > 1:
        first = Saved(indices=product(made[0]))
    return [first, *[None] * (len(made) - 1)]


def _value(call: RecordedCall, tensor: torch.Tensor) -> Value:
    value = call.rec.value(tensor)
    assert value is not None
    return value


def _given(call: RecordedCall) -> dict[str, Any]:
    return functions.bound(call.func, call.base, call.args, call.kwargs)


def _without_axis(call: RecordedCall) -> Saved | None:
    """A view of one place of an axis."""
    dim, rank = _given(call).get("dim", 0), len(_value(call, call.tensors[0]).shape)
    if not isinstance(dim, int):
        return None
    return viewed(lambda x, strides: tuple(one for axis, one in enumerate(strides) if axis != dim % rank))


def _of_lengths(call: RecordedCall) -> Saved | None:
    """`F.normalize`: the input, its lengths, and these again as they are divided by."""
    given = _given(call)
    dim, x = given.get("dim", 1), _value(call, call.tensors[0]).shape
    if not isinstance(dim, int) or given.get("p", 2.0) != 2.0 or len(call.tensors) > 1:
        return None
    lengths = product(size for axis, size in enumerate(x) if axis != dim % len(x))
    return Saved(inputs=(0,), numbers=2 * lengths)


def _attended(call: RecordedCall) -> tuple[list[torch.Tensor], list[Shape]]:
    """Query, key and value, and their shapes."""
    given = _given(call)
    tensors = [given[name] for name in ("query", "key", "value")]
    return tensors, [_value(call, tensor).shape for tensor in tensors]


def _of_attention(call: RecordedCall) -> Saved | None:
    """What attention keeps, where it gets no mask, and no parameter is the query, the keys or the values."""
    given, (wanted, shapes) = _given(call), _attended(call)
    if given.get("attn_mask") is not None or any(_value(call, one).is_constant for one in wanted):
        return None
    query, key, value = (
        next(place for place, one in enumerate(call.tensors) if one is tensor) for tensor in wanted
    )
    is_grouped = bool(given.get("enable_gqa", False))
    return attention((query, key, value), shapes, given.get("dropout_p", 0.0), is_grouped)


def attention(
    places: tuple[int, int, int], shapes: Sequence[Shape], dropout: float, is_grouped: bool
) -> Saved:
    """What `scaled_dot_product_attention` keeps: with four axes and without dropout in one kernel, else in steps.

    One kernel keeps what it reads and returns, and a number for each row. The steps keep queries and keys, scaled,
    the weights (with a dropout three tensors of that size), and the values. Query, key and value are the inputs at
    these `places`.
    """
    query, key, value = shapes
    front, width = query[:-2], value[-1]
    weights = product((*query[:-1], key[-2])) * (3 if dropout > 0 else 1)
    scaled, plainly = product(query) + product(key) + weights, plain((*query[:-1], width))
    halved = Saved(wide=scaled + product(value), graded=places, strides=plainly)
    steps = Saved(places[2:], numbers=scaled, graded=places, kept_as=as_batch, strides=plainly, halved=halved)
    if not key[:-2] == front == value[:-2]:
        steps = Saved(more=True)
        if not is_grouped or key[:1] != query[:1]:
            return steps
    if len(query) != 4 or dropout > 0 or query[-1] != width:
        return steps
    like_query = places[0] == 0
    return Saved(places, output=True, wide=product(query[:-1]), elementwise=like_query, spread=steps)
