"""An activation is larger than the memory that was stated for one.

A layer's output takes `4 * batch * elements` bytes in float32, and training keeps it until the gradient has passed.
With the option `budget` (MiB; 0, unless told otherwise, asks nothing) each layer that makes a larger one is named.
Layers that only change the values or the shape of what they are given (activations, norms, reshapes) are not named
again. `batch` is the number of samples in a batch, 1 unless told otherwise.

Bad (budget=1):
    input: 3x128x128
    layers:
      - Conv2d(3, 64, 3, padding=1)  # SHP403
      - ReLU
      - MaxPool2d(4)

Good (budget=4):
    input: 3x128x128
    layers:
      - Conv2d(3, 64, 3, padding=1)
      - ReLU
      - MaxPool2d(4)

Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", section 3; 4 bytes an element: IEEE 754.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...shapes import spell
from ...size import product
from ...trace import Trace
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace, *, budget: int = 0, batch: int = 1) -> Iterator[Finding]:
    if budget <= 0:
        return
    most = budget * 2**20
    for number, step in enumerate(trace.steps):
        elements = product(step.out)
        if not isinstance(elements, int) or 4 * batch * elements <= most or _is_kept(step.ins, elements):
            continue
        size = 4 * batch * elements
        yield Finding(
            number,
            f"makes {size / 2**20:,.1f} MiB, and the budget is {budget:,} MiB",
            f"4 bytes * {batch} * {spell(step.shape_out)} = {size:,} bytes",
        )


def _is_kept(ins: tuple[tuple[object, ...], ...], elements: int) -> bool:
    """Whether an input of the layer has as many elements: it, or what made it, has been named."""
    return any(product(shape) == elements for shape in ins)  # type: ignore[arg-type]
