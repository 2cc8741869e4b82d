"""Positions of the input lie between the windows: nothing ever reads them.

A kernel smaller than its stride leaves `stride - kernel_size` positions between two windows, and a dilation that
shares a factor with the stride puts all taps on the same residues; at the borders, and where windows are few, a
dilation's own gaps stay open. Far from the borders the positions that are
read are those with `position % stride` in `{dilation*tap % stride}`. The rest gets no gradient, whatever is
learned: a 1x1 convolution with stride 2 reads a quarter of its pixels. The witness counts them, those dropped
behind the last window included.

Counted is what no reader of the tensor reads: a residual block whose 1x1 shortcut skips pixels is quiet as long
as its other branch reads them. Subsampling on purpose (a shortcut that stands alone, a teaching example) is fine:
`# shapecalc: ignore[SHP302] reason`.

Bad:
    input: 1x10x474
    layers:
      - Conv2d(1, 8, (2, 2), stride=(2, 3))  # SHP302
      - ReLU
      - Conv2d(8, 8, 1)

Bad (dilation and stride share a factor):
    input: 8x64
    layers:
      - Conv1d(8, 8, 3, stride=2, padding=2, dilation=2)  # SHP302
      - ReLU

Good:
    input: 1x10x474
    layers:
      - Conv2d(1, 8, (2, 3), stride=(2, 3))
      - ReLU
      - Conv2d(8, 8, 1)

Good (the other branch reads every pixel):
    input: 8x16x16
    layers:
      - Conv2d(8, 8, 3, padding=1)
      - block: ReLU
      - main: Conv2d(8, 8, 3, stride=2, padding=1)
      - short: Conv2d(8, 8, 1, stride=2, input=block)
      - Add(main, short)

Source: He et al. 2019, "Bag of Tricks for Image Classification with Convolutional Neural Networks", section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...repair.changes import Change, Changes
from ...trace import Trace
from ...window import Slide
from ..graph import readings
from ..rule import Finding
from ..windows import (
    Windowed,
    alike,
    counted,
    has_gaps,
    is_cut_by_floor,
    one,
    windowed,
    with_kernel,
)

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    suspects = [
        found
        for found in windowed(trace)
        if found.is_known and not found.is_transposed and any(map(_may_skip, found.slides))
    ]
    if not suspects:
        return
    from ...ledger import of

    reading, told = readings(trace.arch), set[int]()
    for found in suspects:
        ledger = of(found.step)
        axes = [
            (axis.name, axis.never_read, axis.size)
            for axis, slide in zip(ledger.axes, found.slides)
            if axis.never_read and not (is_cut_by_floor(slide) and axis.never_read == axis.dropped)
        ]
        readers = alike(trace, found, reading) if axes and found.number not in told else None
        if readers is None:
            continue
        told.update(readers)
        yield Finding(
            found.number,
            f"never reads {counted(axes)}",
            f"{_why(found)}; {ledger.never_read:,} of {_pixels(found):,} positions of each channel get no gradient",
            argument="stride",
            labels=tuple((other, "reads the same positions") for other in readers if other != found.number),
            repairs=tuple(_repairs(found)) if len(readers) == 1 else (),
        )


def _may_skip(slide: Slide) -> bool:
    """Whether it has gaps in the middle, or may have them at its borders, where a dilation leaves them open."""
    return has_gaps(slide) or (slide.dilation > 1 and slide.kernel_size > 1)


def _pixels(found: Windowed) -> int:
    total = 1
    for slide in found.slides:
        total *= int(slide.size)
    return total


def _why(found: Windowed) -> str:
    slide = next((slide for slide in found.slides if has_gaps(slide)), None)
    if slide is None:
        slide = next(slide for slide in found.slides if _may_skip(slide))
        windows = "1 window does" if slide.number == 1 else f"{slide.number} windows do"
        return f"{windows} not fill all gaps of dilation {slide.dilation}"
    if slide.kernel_size < slide.stride:
        return f"kernel {slide.kernel_size} is smaller than stride {slide.stride}"
    return f"dilation {slide.dilation} and stride {slide.stride} share a factor"


def _repairs(found: Windowed) -> Iterator[Changes]:
    """A kernel as large as the stride, or one larger where that keeps the size; the smaller stride."""
    dense = [1 if _may_skip(slide) else slide.dilation for slide in found.slides]
    changes_dilation = dense != [slide.dilation for slide in found.slides]
    for more in (0, 1):
        kernel = [
            max(slide.stride + more, slide.kernel_size) if has_gaps(slide) else slide.kernel_size
            for slide in found.slides
        ]
        change = with_kernel(found, kernel, dense if changes_dilation else None)
        if change is not None:
            yield {found.number: change}
    if not changes_dilation and vars(found.step.layer).get("stride") is not None:
        strides = [min(slide.stride, slide.kernel_size) for slide in found.slides]
        yield {found.number: Change({"stride": one(strides)})}
