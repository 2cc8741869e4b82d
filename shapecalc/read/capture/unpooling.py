"""Max unpooling: its indices count in what the pool took, and must lie in what the unpool returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...layer import Layer, Shape
from ...problem import UNPOOL_SIZE, Problem, ShapeError
from ...size import product
from .value import Value

if TYPE_CHECKING:
    from .recorder import Recorder


def check(rec: Recorder, layer: Layer, read: Sequence[Value], out: Shape) -> None:
    """Raises `ShapeError` where the last place that the pool can have chosen lies outside.

    Torch raises there as soon as one maximum stands in such a place.
    """
    pooled = read[1].pooled if "indices" in layer.inputs and len(read) > 1 else None
    if pooled is None:
        return
    pool, taken = pooled
    rank = pool.rank
    before, windows, after = (rec.at(shape)[-rank:] for shape in (taken, read[1].shape, out))
    strides = pool.per_axis("kernel_size" if getattr(pool, "stride", None) is None else "stride")
    highest = 0
    for size, count, kernel, stride, padding in zip(
        before, windows, pool.per_axis("kernel_size"), strides, pool.per_axis("padding")
    ):
        highest = highest * size + min(size, (count - 1) * stride - padding + kernel) - 1
    volume = int(product(tuple(after)))
    if highest >= volume:
        was, now = "x".join(map(str, before)), "x".join(map(str, after))
        raise ShapeError(
            Problem(
                UNPOOL_SIZE,
                f"the pool's indices reach {highest}, and {now} has {volume} places",
                note=f"indices count in what the pool took, {was}: return that size",
                argument="output_size",
                repairs=({"output_size": tuple(before)},),
            )
        )
