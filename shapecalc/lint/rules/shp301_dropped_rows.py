"""The last rows of its input are dropped by the floor.

`L' = (L + 2*padding - dilation*(kernel_size-1) - 1)//stride + 1` rounds down, and what the division leaves over
stands behind the last window. The padding behind the axis goes first (also that of a pad layer): a 3x3 convolution
with stride 2 and padding 1 drops one *zero* of an even size, and nothing else. What is left over beyond the padding
is data that nothing reads: `max(0, remainder - padding)` rows. They get no gradient, and a decoder has to make them
up.

A tensor that another layer reads whole (a skip, the other branch of a block) has lost nothing, and gaps between
the windows are `never-read-input`. In an encoder with a decoder every dropped row counts, and is a warning;
elsewhere a pool of an odd size is daily bread, and it takes two rows, or `percent` of the axis (5 unless told
otherwise), for a note.

It is fine where the last row is a frame or a border that may go: `# shapecalc: ignore[SHP301] reason`.

Bad:
    input: 3x35x35
    layers:
      - Conv2d(3, 16, 4, stride=4)  # SHP301
      - ReLU

Bad (in an autoencoder one row is enough):
    input: 1x30x30
    encoder:
      - Conv2d(1, 8, 3, stride=2)  # SHP301
      - ReLU
      - Conv2d(8, 2, 4, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(2, 8, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(8, 1, 4, stride=2)

Good:
    input: 3x36x36
    layers:
      - Conv2d(3, 16, 4, stride=4)
      - ReLU

Good (the floor drops a row of padding):
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, stride=2, padding=1)
      - ReLU

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 2.4 and relationship 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...repair.changes import Change, Changes
from ...trace import Trace
from ..graph import readings
from ..profile import profile_of
from ..rule import Finding
from ..windows import (
    Windowed,
    alike,
    counted,
    is_cut_by_floor,
    left_over,
    one,
    padded_behind,
    windowed,
)

if TYPE_CHECKING:
    from ...window import Slide

LEVEL = "warning"


def findings(trace: Trace, *, percent: int = 5) -> Iterator[Finding]:
    suspects = [
        found
        for found in windowed(trace)
        if found.is_known and not found.is_transposed and any(map(is_cut_by_floor, found.slides))
    ]
    if not suspects:
        return
    from ...ledger import of

    every_row = profile_of(trace) in ("ae", "vae", "unet")
    reading = readings(trace.arch)
    for found in suspects:
        axes = [
            (axis.name, lost, int(slide.size))
            for place, (axis, slide) in enumerate(zip(of(found.step).axes, found.slides), -len(found.slides))
            if axis.dropped and axis.dropped == axis.never_read and is_cut_by_floor(slide)
            if (lost := axis.dropped - padded_behind(trace, found.number, place)) > 0
        ]
        enough = every_row or any(lost >= 2 or 100 * lost >= percent * size for _, lost, size in axes)
        if not axes or not enough or alike(trace, found, reading) is None:
            continue
        yield Finding(
            found.number,
            f"drops the last {counted(axes)}",
            "; ".join(_why(found, name) for name, *_ in axes),
            argument="stride",
            repairs=tuple(_repairs(found)),
            level=None if every_row else "note",
        )


def _why(found: Windowed, name: str) -> str:
    """The division with its remainder, filled in: `width (474 + 2*0 - 1*(4-1) - 1) % 4 = 2, and padding is 0`."""
    from ...layer import AXES

    axis = AXES[len(found.slides)].index(name)
    slide = found.slides[axis]
    formula = (
        f"({slide.size} + 2*{slide.before} - {slide.dilation}*({slide.kernel_size}-1) - 1) % {slide.stride}"
    )
    return f"{name} {formula} = {left_over(slide)}, and padding is {slide.before}"


def _repairs(found: Windowed) -> Iterator[Changes]:
    """The least padding that leaves nothing over; a pool's last window over the edge."""
    layer = found.step.layer
    if "ceil_mode" in layer.fields:
        yield {found.number: Change({"ceil_mode": True})}
    if "padding" in layer.fields:
        paddings = [_enough(slide) if is_cut_by_floor(slide) else slide.before for slide in found.slides]
        yield {found.number: Change({"padding": one(paddings)})}


def _enough(slide: Slide) -> int:
    reach = slide.dilation * (slide.kernel_size - 1) + 1
    paddings = range(slide.before, slide.before + slide.stride + 1)
    return next(p for p in paddings if (int(slide.size) + 2 * p - reach) % slide.stride <= p)
