"""One Linear holds most of the parameters, because it reads every position of a map by itself.

Behind `Flatten` a `Linear` has a weight for every channel at every position: `C*H*W*out_features`. In VGG-16
512*7*7*4096 = 102,760,448 of 138 million parameters are there, for one layer's few multiply-accumulates. An average
over the positions (`AdaptiveAvgPool2d(1)`) before the `Flatten` leaves C features, takes any size of input, and was
found to overfit less; networks since GoogLeNet and ResNet end so. The witness is what the layer would have.

Known and meant in LeNet, AlexNet, VGG and in networks that act on where things stand (DQN): a note, for classifiers
alone, where the layer has at least `least` parameters and more than `share` percent of all. Silence it with
`# shapecalc: ignore[SHP401] as published`.

Bad (least=10000):
    input: 3x32x32
    output: 10
    layers:
      - Conv2d(3, 32, 3, stride=2, padding=1)
      - ReLU
      - Flatten
      - Linear(32 * 16 * 16, 64)  # SHP401
      - ReLU
      - Linear(64, 10)

Good (least=10000):
    input: 3x32x32
    output: 10
    layers:
      - Conv2d(3, 32, 3, stride=2, padding=1)
      - ReLU
      - AdaptiveAvgPool2d(1)
      - Flatten
      - Linear(32, 64)
      - ReLU
      - Linear(64, 10)

Source: Lin et al. 2013, "Network in Network", section 3.2 (global average pooling).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...arch import INPUT
from ...shapes import spell
from ...trace import Trace
from .._spans import scales
from ..rule import Finding

LEVEL = "note"
PROFILES = ("classifier",)


def findings(trace: Trace, *, least: int = 1_000_000, share: int = 50) -> Iterator[Finding]:
    counts = [step.params for step in trace.steps]
    largest = max(counts, default=0)
    if largest < least or 100 * largest <= share * sum(counts):
        return
    number = counts.index(largest)
    layer: Any = trace.steps[number].layer
    taken = _flattened(trace, number)
    if taken is None or "in_features" not in layer.fields or layer.out_features * taken[1] >= largest:
        return
    pooled = (taken[1] + layer.bias) * layer.out_features
    total = sum(counts)
    yield Finding(
        number,
        f"it holds {largest:,} of {total:,} parameters, {largest / total:.1%}, one for each position of {spell(taken)}",
        f"behind a global average pool it has ({taken[1]} + {int(layer.bias)})*{layer.out_features} = {pooled:,}",
        argument="in_features",
    )


def _flattened(trace: Trace, number: int) -> Any:
    """The map that was flattened for a layer: a shape of channels and positions; None where there is none."""
    while True:
        source = trace.arch.nodes[number].sources[0]
        if source == INPUT:
            return None
        number = source - 1
        step = trace.steps[number]
        if not scales(step.layer):
            return None
        taken = step.shapes_in[0]
        if len(step.shape_out) == 2 < len(taken):
            return taken if all(isinstance(size, int) for size in taken[1:]) else None
