"""The first two layers leave little of a small picture: a stem made for large ones.

A 7x7 convolution with stride 2 and a pool with stride 2 bring 224 pixels to 56. They bring 32 to 8 before the first
block has seen them, and all that follows works on a sixteenth of the pixels. On CIFAR the authors of ResNet
start with a 3x3 convolution of stride 1 and no pool. Told of a classifier where an axis of at most `most` pixels (64
unless told otherwise) is divided by 4 or more within the first two layers that have windows, beginning with a
stride in the first of all. The witness is the pixels that are left.

Autoencoders and generators are compact on purpose, and the rule is off for them.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 7, stride=2, padding=3)  # SHP315
      - ReLU
      - MaxPool2d(3, stride=2, padding=1)
      - Conv2d(16, 16, 3, padding=1)
      - ReLU
      - AdaptiveAvgPool2d(1)
      - Flatten
      - Linear(16, 10)

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)
      - ReLU
      - MaxPool2d(2)
      - Conv2d(16, 16, 3, padding=1)
      - ReLU
      - AdaptiveAvgPool2d(1)
      - Flatten
      - Linear(16, 10)

Source: He et al. 2016, "Deep Residual Learning for Image Recognition", section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ...arch import INPUT
from ...repair.changes import Change
from ...trace import Trace
from ..rule import Finding
from ..windows import by, windowed

LEVEL = "note"
PROFILES = ("classifier",)


def findings(trace: Trace, *, most: int = 64) -> Iterator[Finding]:
    stem = list(islice(windowed(trace), 2))
    if len(stem) < 2 or stem[0].is_transposed or trace.arch.nodes[stem[0].number].sources != (INPUT,):
        return
    first, second = stem
    rank = len(first.slides)
    if rank == 1 or len(second.slides) != rank or max(slide.stride for slide in first.slides) == 1:
        return
    taken, left = first.step.shapes_in[0][-rank:], second.step.shape_out[-rank:]
    small = [
        a
        for a, b in zip(taken, left)
        if isinstance(a, int) and isinstance(b, int) and b > 1 and 4 * b <= a + 3 and a <= most
    ]
    if not small:
        return
    yield Finding(
        first.number,
        f"leaves {by(left)} of {by(taken)} pixels after two layers",
        f"`{first.step.path}` and `{second.step.path}` divide each axis by "
        f"{first.slides[0].stride} and {second.slides[0].stride}",
        argument="stride",
        labels=((second.number, f"leaves {by(left)}"),),
        repairs=({first.number: Change({"stride": 1})},),
    )
