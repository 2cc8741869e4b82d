"""Most taps of a layer read zeros from the padding, not data.

A 3x3 convolution with padding 1 reads zeros with 18 % of its taps on 7x7, with 31 % on 4x4, with 56 % on 2x2; on
1x1 eight of nine taps see nothing, and their weights get no gradient at all. A dilated kernel gets there sooner:
with dilation 36 on 33x33 it is a 1x1 convolution that costs nine times as much. The share is exact, over all
windows and axes: `1 - product(taps inside / taps)`. More than `percent` of the taps (50 unless told otherwise) is
told.

It means that the map is smaller than the kernel was made for: fewer strides before it, a smaller kernel or
dilation, or a larger input. It is fine where the weights are those of a network for larger inputs:
`# shapecalc: ignore[SHP310] reason`.

Bad:
    input: 8x2x2
    layers:
      - Conv2d(8, 8, 3, padding=1)  # SHP310
      - ReLU

Bad (percent=15):
    input: 8x7x7
    layers:
      - Conv2d(8, 8, 3, padding=1)  # SHP310
      - ReLU

Good:
    input: 8x4x4
    layers:
      - Conv2d(8, 8, 3, padding=1)
      - ReLU

Source: Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation", section 3.3 and figure 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...repair.changes import Changes
from ...trace import Trace
from ..rule import Finding
from ..windows import Windowed, by, windowed, with_kernel

LEVEL = "note"


def findings(trace: Trace, *, percent: int = 50) -> Iterator[Finding]:
    for found in windowed(trace):
        if not found.is_known or found.is_transposed or not _may_be(found, percent):
            continue
        from ...ledger import of

        ledger = of(found.step)
        share, taps, beyond = ledger.padding_share, ledger.taps, ledger.padding_taps
        if share is None or taps is None or beyond is None or 100 * share <= percent:
            continue
        yield Finding(
            found.number,
            f"{_percent(beyond, taps)} % of its taps read padding",
            f"{beyond:,} of {taps:,}: kernel {by([slide.kernel_size for slide in found.slides])}"
            f"{_dilated(found)} on {by([slide.size for slide in found.slides])}",
            argument="padding",
            repairs=tuple(_repairs(found, percent)),
        )


def _may_be(found: Windowed, percent: int) -> bool:
    """Whether it learns, pads with zeros, and enough windows touch the border: the cheap test before counting."""
    slides = found.slides
    if found.step.layer.role != "weights" or slides[0].padding_mode != "zeros":
        return False
    inside = 1.0
    for slide in slides:
        touching = (
            2 * -(-(slide.before + 1) // slide.stride) if slide.before or slide.number == slide.size else 0
        )
        inside *= max(0.0, 1 - touching / int(slide.number))
    return 100 * (1 - inside) > percent


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole)


def _dilated(found: Windowed) -> str:
    dilations = [slide.dilation for slide in found.slides]
    return f", dilation {by(dilations)}," if any(dilation > 1 for dilation in dilations) else ""


def _repairs(found: Windowed, percent: int) -> Iterator[Changes]:
    """The same layer with the largest kernel, smaller by steps of 2, that reads more data than that."""
    from ...ledger import of_layer
    from ...repair.changes import changed_layer

    kernel = [slide.kernel_size for slide in found.slides]
    while max(kernel) > 2:
        kernel = [size - 2 if size > 2 else size for size in kernel]
        change = with_kernel(found, kernel)
        if change is None:
            continue
        layer = changed_layer(found.step.layer, change)
        share = of_layer(layer, found.step.shape_out, *found.step.shapes_in).padding_share
        if share is not None and 100 * share <= percent:
            yield {found.number: change}
            return
