"""The windows of a strided convolution overlap unevenly: some inputs get more gradient than others.

The gradient of a convolution is its transposed convolution, and has its checkerboard: with a kernel that is no
multiple of the stride, some positions of the input are read by more windows than their neighbours. It shows in
saliency maps, in adversarial and style-transfer images, and in a generator that learns through a discriminator.

Nearly every published classifier has 3x3 convolutions with stride 2, and does well: the rule is off unless it is
asked for (`--select SHP305`, or `--extend-select` beside the others).

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 8, 3, stride=2, padding=1)  # SHP305
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 8, 4, stride=2, padding=1)
      - ReLU

Source: Odena, Dumoulin & Olah 2016, "Deconvolution and Checkerboard Artifacts", section "Artifacts in Gradients".
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..overlap import even_kernels, period, said
from ..rule import Finding
from ..windows import windowed

LEVEL = "note"
PROFILES = ()


def findings(trace: Trace) -> Iterator[Finding]:
    for found in windowed(trace):
        if found.is_transposed or found.step.layer.role != "weights" or (uneven := period(found)) is None:
            continue
        low, high = min(uneven.histogram), max(uneven.histogram)
        yield Finding(
            found.number,
            f"uneven gradient: some inputs are read by {high} taps, others by {low}",
            said(found, uneven, "inputs"),
            argument="kernel_size",
            repairs=tuple(even_kernels(found)),
        )
