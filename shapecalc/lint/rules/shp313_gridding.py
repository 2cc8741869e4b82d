"""Dilated convolutions in a row leave holes in what one output reads: a grid.

Each layer adds offsets `dilation*tap` to those before it. Where all dilations share a factor (2, 2, 2 or 2, 4, 8),
every sum of them is a multiple of it: an output reads one position in `factor` along each axis, and its neighbour
reads quite others. Information from next door is lost, and the result shows a grid. Any layer of dilation 1 with a
kernel over 1 in the same row fills the holes (1, 2, 4, ... as in WaveNet; 1, 2, 5). The witness is the set of
offsets of the whole row, summed up exactly: how many positions of its field one output reads.

A row is two or more dilated convolutions of stride 1 with only activations, norms or dropout between. A single
dilated layer, and blocks whose sum with a shortcut mixes the neighbours in, are quiet.

Bad:
    input: 8x64x64
    layers:
      - Conv2d(8, 8, 3, padding=2, dilation=2)
      - ReLU
      - Conv2d(8, 8, 3, padding=2, dilation=2)  # SHP313
      - ReLU

Good:
    input: 8x64x64
    layers:
      - Conv2d(8, 8, 3, padding=1)
      - ReLU
      - Conv2d(8, 8, 3, padding=2, dilation=2)
      - ReLU
      - Conv2d(8, 8, 3, padding=5, dilation=5)
      - ReLU

Source: Wang et al. 2018, "Understanding Convolution for Semantic Segmentation", section 3.2; Yu, Koltun &
Funkhouser 2017, "Dilated Residual Networks", section 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layer import AXES
from ...repair.changes import Change, Changes
from ...trace import Trace
from ..graph import links
from ..rule import Finding
from ..windows import Windowed, by, one, windowed, with_kernel

LEVEL = "warning"

#: Roles that stand between two convolutions without mixing positions.
_POINTWISE = ("activation", "norm", "dropout")


def findings(trace: Trace) -> Iterator[Finding]:
    known = {found.number: found for found in windowed(trace) if _is_in_row(found)}
    if sum(any(slide.dilation > 1 for slide in found.slides) for found in known.values()) < 2:
        return
    for row in _rows(trace, known):
        offsets = [_offsets(row, axis) for axis in range(len(row[0].slides))]
        read = [mask.bit_count() for mask in offsets]
        field = [mask.bit_length() for mask in offsets]
        if read == field or len(row[0].slides) not in AXES:
            continue
        dilations = ", ".join(str(one([slide.dilation for slide in found.slides])) for found in row)
        yield Finding(
            row[-1].number,
            f"each output reads {by(read)} positions of a field of {by(field)}",
            f"the dilations in a row are {dilations}",
            argument="dilation",
            labels=tuple((found.number, "dilated, too") for found in row[:-1]),
            repairs=tuple(_repairs(row)),
        )


def _is_in_row(found: Windowed) -> bool:
    is_conv = found.step.layer.role == "weights" and not found.is_transposed
    return is_conv and all(slide.stride == 1 for slide in found.slides)


def _rows(trace: Trace, known: dict[int, Windowed]) -> Iterator[list[Windowed]]:
    """Convolutions of stride 1 that follow each other, where two or more of them are dilated."""
    follows = dict(links(trace))
    done = set[int]()
    for number in known:
        if number in done:
            continue
        row, at = [], number
        while True:
            if at in known:
                row.append(known[at])
                done.add(at)
            elif trace.steps[at].layer.role not in _POINTWISE:
                break
            if at not in follows:
                break
            at = follows[at]
        if sum(any(_is_dilated(slide) for slide in found.slides) for found in row) >= 2:
            yield row


def _is_dilated(slide: object) -> bool:
    return getattr(slide, "dilation", 1) > 1 and getattr(slide, "kernel_size", 1) > 1


def _offsets(row: list[Windowed], axis: int) -> int:
    """The offsets that the row reads along an axis, as the bits of an integer."""
    mask = 1
    for found in row:
        slide = found.slides[axis]
        mask = _sum(mask, slide.kernel_size, slide.dilation)
    return mask


def _sum(mask: int, kernel_size: int, dilation: int) -> int:
    total = 0
    for tap in range(kernel_size):
        total |= mask << tap * dilation
    return total


def _repairs(row: list[Windowed]) -> Iterator[Changes]:
    """Dilations no larger than what has been read so far: a dense field stays dense. At the same sizes, or not."""
    keeping: Changes = {}
    growing: Changes = {}
    dense = [1] * len(row[0].slides)
    for found in row:
        dilation = [min(slide.dilation, field) for slide, field in zip(found.slides, dense)]
        dense = [
            field + gap * (slide.kernel_size - 1) for field, gap, slide in zip(dense, dilation, found.slides)
        ]
        if dilation != [slide.dilation for slide in found.slides]:
            growing[found.number] = Change({"dilation": one(dilation)})
            same = with_kernel(found, [slide.kernel_size for slide in found.slides], dilation)
            keeping[found.number] = same or growing[found.number]
    yield keeping
    if keeping != growing:
        yield growing
