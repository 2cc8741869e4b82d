"""A bias is learned that the batch norm behind it takes away again.

`BatchNorm` subtracts the mean of every channel, and a constant that was added to the channel goes with it: the
bias of the layer before has no effect on what comes out, gets no gradient, and costs its parameters and a
pass over the tensor. The norm's own `bias` does its work. The witness is the number of parameters.

With `track_running_stats` the same holds in evaluation: the running mean holds the bias, and takes it away.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # SHP316
      - BatchNorm2d(16)
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1, bias=False)
      - BatchNorm2d(16)
      - ReLU

Good (the norm is not the only reader):
    input: 3x32x32
    layers:
      - conv: Conv2d(3, 16, 3, padding=1)
      - BatchNorm2d(16)
      - Add(x, conv)

Source: Ioffe & Szegedy 2015, "Batch Normalization", section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Change
from ...trace import Trace
from ..graph import links
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    for number, reader in links(trace):
        weights, norm = trace.steps[number].layer, trace.steps[reader].layer
        if weights.role != "weights" or not vars(weights)["bias"] or "BatchNorm" not in type(norm).__name__:
            continue
        channels = vars(norm)["num_features"]
        yield Finding(
            number,
            f"its bias has no effect: `{trace.steps[reader].path}` subtracts each channel's mean",
            f"{channels} of its parameters get no gradient",
            argument="bias",
            labels=((reader, "subtracts what the bias adds"),),
            repairs=({number: Change({"bias": False})},),
        )
