"""A max unpool returns another size than its pool took, and the pool's indices mean other places in it.

`MaxPool2d(2)` makes 3x3 of 7x7, and `MaxUnpool2d(2)` makes `(3-1)*2 - 2*0 + 2 = 6` of 3: the row that the pool's
floor dropped does not come back by itself. Worse, an index is `row*width + column` in the size that the pool took.
Read with another width it is another place, and where it is beyond the last place torch raises at run time, on some
inputs and not on others. `output_size` (an argument of `forward`) says which size is meant. The witness is the
largest index.

Bad:
    input: 3x8x8
    layers:
      - pool: MaxPool2d(3, stride=2, padding=1, return_indices=True)
      - Conv2d(3, 3, 3, padding=1, bias=False)
      - ReLU
      - MaxUnpool2d(3, stride=2, padding=1, indices=pool)  # SHP323

Good:
    input: 3x8x8
    layers:
      - pool: MaxPool2d(3, stride=2, padding=1, return_indices=True)
      - Conv2d(3, 3, 3, padding=1, bias=False)
      - ReLU
      - MaxUnpool2d(3, stride=2, padding=1, indices=pool, output_size=(8, 8))

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html (note on `output_size`).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from ...arch import INPUT
from ...repair.changes import Change
from ...shapes import Shape
from ...size import same
from ...trace import Trace
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    for number, step in enumerate(trace.steps):
        sources = trace.arch.nodes[number].sources
        if not type(step.layer).__name__.startswith("MaxUnpool") or sources[-1] == INPUT:
            continue
        pool = trace.steps[sources[-1] - 1]
        if not getattr(pool.layer, "return_indices", False):
            continue
        taken, made = pool.shapes_in[0][-step.layer.rank :], step.shape_out[-step.layer.rank :]
        if all(same(a, b) is not False for a, b in zip(taken, made)):
            continue
        known = all(isinstance(size, int) for size in taken)
        yield Finding(
            number,
            f"`{pool.path}` took {_spelt(taken)}, and this returns {_spelt(made)}",
            _witness(pool.layer, taken, pool.shape_out[-step.layer.rank :], made) if known else None,
            argument="output_size",
            labels=((sources[-1] - 1, f"its indices are places in {_spelt(taken)}"),),
            repairs=({number: Change({"output_size": taken})},) if known else (),
        )


def _witness(pool: Any, taken: Shape, windows: Shape, made: Shape) -> str:
    """The largest index that the pool can give, and how many places there are."""
    last = largest_index(pool, taken, windows)
    places = prod(int(size) for size in made)
    rows = [f" in rows of {shape[-1]}" if taken[-1] != made[-1] else "" for shape in (taken, made)]
    text = f"its indices go up to {last}{rows[0]}, and {_spelt(made)} has {places} places{rows[1]}"
    return text + (": torch refuses the larger ones" if last >= places else "")


def largest_index(pool: Any, taken: Shape, windows: Shape) -> int:
    """The flat place of the last number that a pool reads."""
    stride = pool.per_axis("kernel_size" if pool.stride is None else "stride")
    axes = zip(
        taken,
        windows,
        pool.per_axis("kernel_size"),
        stride,
        pool.per_axis("padding"),
        pool.per_axis("dilation"),
    )
    index = 0
    for size, number, kernel, step, padding, dilation in axes:
        reach = (int(number) - 1) * step - padding + dilation * (kernel - 1)
        while reach >= int(size):  # the last tap is on padding: the one before it
            reach -= dilation
        index = index * int(size) + reach
    return index


def _spelt(shape: Shape) -> str:
    return "x".join(map(str, shape))
