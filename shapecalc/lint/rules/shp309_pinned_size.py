"""One layer pins the autoencoder to one size of input.

An encoder and a decoder of convolutions return every input whose size has the right remainders. A `Flatten` before
a `Linear`, an `Unflatten` or `View` with numbers, an adaptive pool and a resize to `size` know one size only: a
`Linear` refuses any other, and behind an adaptive pool the decoder returns the old size for every input, without a
word until the loss compares the two. The witness is a second trace, with an input whose remainders are the same at
every layer: what it returns, or where it fails.

A code of a stated length needs such a layer, and a variational autoencoder always has one: it is a note, and off for
the profile `vae`. `# shapecalc: ignore[SHP309] reason` says that one size is meant.

Bad:
    input: 1x28x28
    encoder:
      - Conv2d(1, 8, 4, stride=2, padding=1)
      - ReLU
      - AdaptiveAvgPool2d(7)  # SHP309
      - Conv2d(8, 4, 1)
    decoder:
      - ConvTranspose2d(4, 8, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(8, 1, 4, stride=2, padding=1)

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 8, 4, stride=2, padding=1)
      - ReLU
      - AvgPool2d(2)
      - Conv2d(8, 4, 1)
    decoder:
      - ConvTranspose2d(4, 8, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(8, 1, 4, stride=2, padding=1)

Source: Long, Shelhamer & Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ...shapes import Shape, spell
from ...trace import Trace, trace_whole
from ..graph import is_autoencoder
from ..rule import Finding
from ..windows import by, windowed

LEVEL = "note"
PROFILES = ("ae", "unet")

#: The product of strides beyond which no larger input is tried.
_LARGEST = 4096


def findings(trace: Trace) -> Iterator[Finding]:
    sizes = trace.shape_in[_first(trace) :]
    if not is_autoencoder(trace) or not windowed(trace) or not sizes or trace.shape_out != trace.shape_in:
        return
    if not all(isinstance(size, int) for size in sizes):
        return
    other = None
    for larger in _larger(trace):
        other = trace_whole(trace.arch, larger)
        if other.shape_out == larger:
            return
    number = None if other is None else _pinning(trace, other)
    if other is None or number is None:
        return
    returned = other.problems[0].message if other.problems else f"{spell(other.shape_out or ())} comes back"
    yield Finding(
        number, f"pins the autoencoder to {by(sizes)}", f"given {spell(other.shape_in)}, {returned}"
    )


def _larger(trace: Trace) -> Iterator[Shape]:
    """Inputs with the same remainders at every layer: one product of the strides more; and twice the size."""
    whole, first = trace.shape_in, _first(trace)
    strides = [
        prod(found.slides[axis].stride for found in windowed(trace) if _counts(found.slides, axis))
        for axis in range(len(whole) - first)
    ]
    if max(strides) <= _LARGEST:
        yield (*whole[:first], *(size + step for size, step in zip(whole[first:], strides)))
    yield (*whole[:first], *(2 * size for size in whole[first:]))


def _first(trace: Trace) -> int:
    """The first axis along which windows slide: of frames of pictures (N, T, C, H, W) it is the fourth."""
    ranks = [len(found.slides) for found in windowed(trace)]
    return max(len(trace.shape_in) - max(ranks, default=len(trace.shape_in)), 2)


def _counts(slides: tuple[object, ...], axis: int) -> bool:
    return axis < len(slides) and not getattr(slides[axis], "transposed", True)


def _pinning(trace: Trace, other: Trace) -> int | None:
    """The first layer that returns the same for both inputs though it takes others, or the one that fails."""
    for number, (step, larger) in enumerate(zip(trace.steps, other.steps)):
        if step.shapes_in != larger.shapes_in and step.shape_out == larger.shape_out:
            return number
    return other.failed
