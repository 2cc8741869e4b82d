"""Where the map gets smaller, the channels do not get more.

Classifiers since VGG double their channels where they halve the map, so that each stage costs the same and little is
lost: a map of half the height and width has a quarter of the positions. A stage with fewer channels than the one
before it is a bottleneck. It may be meant: an encoder's last layer, a code. Off unless it is asked for. The witness
is the part of the numbers that goes on.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 64, 3, padding=1)
      - ReLU
      - Conv2d(64, 32, 4, stride=2, padding=1)  # SHP504
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 32, 3, padding=1)
      - ReLU
      - Conv2d(32, 64, 4, stride=2, padding=1)
      - ReLU

Source: Simonyan & Zisserman 2014, "Very Deep Convolutional Networks", section 2.1; He et al. 2015, "Deep Residual
Learning", section 3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ...trace import Trace
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    code = trace.arch.contract.latent_node if "decoder" in trace.arch.sections else None
    for number, step in enumerate(trace.steps):
        if step.layer.role != "weights" or not step.layer.rank or number == code:
            continue
        taken, made = step.ins[0], step.out
        if not all(isinstance(size, int) for size in (*taken, *made)):
            continue
        before, behind = prod(map(int, taken[1:])), prod(map(int, made[1:]))
        if behind < before and 1 < int(made[0]) < int(taken[0]):
            yield Finding(
                number,
                f"it makes {made[0]} channels of {taken[0]} where it makes {behind:,} positions of {before:,}",
                f"{prod(map(int, made)) / prod(map(int, taken)):.1%} of the numbers go on",
                argument="out_channels",
            )
