"""A norm stands behind the activation, not before it.

Batch norm was made to stand between a linear map and its activation, where the numbers are nearest to a normal
distribution; behind `ReLU` half of them are 0. Others found the opposite order as good or better, and in a network
that activates first (`BatchNorm`, `ReLU`, convolution) the question does not arise. Contested, and off unless it is
asked for.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - BatchNorm2d(16)  # SHP503

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, bias=False)
      - BatchNorm2d(16)
      - ReLU

Source: Ioffe & Szegedy 2015, "Batch Normalization", section 3.2; against it, Mishkin, Sergievskiy & Matas 2016,
"Systematic evaluation of CNN advances on the ImageNet", section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..graph import links
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    for first, second in links(trace):
        one, two = trace.steps[first], trace.steps[second]
        if one.layer.role == "activation" and two.layer.role == "norm":
            yield Finding(
                second,
                f"it normalizes what `{type(one.layer).__name__}` returned",
                labels=((first, "the activation before it"),),
            )
