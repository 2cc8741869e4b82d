"""A layer's channels are no multiple of 8, and matrix units pad them in half precision.

Tensor cores multiply blocks of 8 half-precision numbers. Channels that are no multiple of 8 are padded to the next
(10 to 16), or the layer runs on the slower units. It counts on GPUs that have them, in half precision, and for
layers large enough to keep them busy; therefore it is off unless it is asked for. Newer libraries ask for less. The
first layer's input and the last layer's output are given by the data, and layers with groups run elsewhere; neither
is told. The option `multiple` is 8. The witness is the part of the padded products that is zeros.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 10, 3)  # SHP402
      - ReLU
      - Conv2d(10, 16, 3)
      - ReLU
      - Conv2d(16, 5, 3)

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - Conv2d(16, 16, 3)
      - ReLU
      - Conv2d(16, 5, 3)

Source: NVIDIA, "Convolutional Layers User's Guide", section 3.1 (channels in and out),
https://docs.nvidia.com/deeplearning/performance/dl-performance-convolutional/index.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..rule import Finding

LEVEL = "note"
PROFILES = ()


def findings(trace: Trace, *, multiple: int = 8) -> Iterator[Finding]:
    learned = [number for number, step in enumerate(trace.steps) if step.layer.role == "weights"]
    for number in learned[:-1]:
        layer = trace.steps[number].layer
        name = "out_channels" if layer.rank else "out_features"
        size = vars(layer)[name]
        if size % multiple == 0 or getattr(layer, "groups", 1) > 1:
            continue
        padded = size + -size % multiple
        yield Finding(
            number,
            f"{name} {size} is no multiple of {multiple}",
            f"padded to {padded}, {1 - size / padded:.0%} of its products are of zeros",
            argument=name,
        )
