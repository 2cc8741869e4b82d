"""Positions of a transposed convolution's output that no input reaches hold the bias alone.

Input `i` is spread over the positions `i*stride - padding + dilation*tap`. With a kernel smaller than the stride
there are gaps of `stride - kernel_size` between two spreads; a dilation that shares a factor with the stride leaves
some residues out, and any dilation gaps at the borders; and `output_padding` beyond the padding adds positions
behind the last tap: it chooses a size and computes nothing. Such a position is the same number in every picture, a
line or a grid that the next layers have to paint over. The witness counts the lines along each axis.

It is fine where a crop takes the line away again: `# shapecalc: ignore[SHP303] reason`.

Bad:
    input: 8x3x3
    layers:
      - ConvTranspose2d(8, 8, 2, stride=2, output_padding=1)  # SHP303
      - ReLU

Bad (a kernel smaller than the stride):
    input: 8x16
    layers:
      - ConvTranspose1d(8, 8, 2, stride=4)  # SHP303
      - ReLU

Good:
    input: 8x3x3
    layers:
      - ConvTranspose2d(8, 8, 4, stride=2, padding=1, output_padding=1)
      - ReLU

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", relationship 14.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...repair.changes import Changes
from ...trace import Trace
from ..rule import Finding
from ..windows import Windowed, counted, has_gaps, windowed, with_kernel

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    for found in windowed(trace):
        if not found.is_transposed or not found.is_known:
            continue
        gaps = [has_gaps(slide) for slide in found.slides]
        if not any(gaps) and not any(_spares(found)) and all(slide.dilation == 1 for slide in found.slides):
            continue
        from ...ledger import of

        ledger = of(found.step)
        axes = [(axis.name, axis.bias_only, axis.size) for axis in ledger.axes if axis.bias_only]
        if not axes:
            continue
        yield Finding(
            found.number,
            f"no input reaches {counted(axes)} of its output",
            f"{_why(found, gaps)}; they hold {_what(found)}",
            argument=_blamed(found, gaps),
            repairs=tuple(_repairs(found)),
            level=None if any(gaps) else "note",
        )


def _spares(found: Windowed) -> tuple[int, ...]:
    layer = found.step.layer
    return layer.per_axis("output_padding") if "output_padding" in layer.fields else (0,) * len(found.slides)


def _what(found: Windowed) -> str:
    return "the bias alone" if vars(found.step.layer).get("bias") else "zeros"


def _why(found: Windowed, gaps: list[bool]) -> str:
    if any(gaps):
        slide = found.slides[gaps.index(True)]
        if slide.kernel_size < slide.stride:
            return f"kernel {slide.kernel_size} is smaller than stride {slide.stride}"
        return f"dilation {slide.dilation} and stride {slide.stride} share a factor"
    spares = _spares(found)
    axis = max(range(len(spares)), key=lambda axis: spares[axis] - found.slides[axis].before)
    if spares[axis] > found.slides[axis].before:
        return f"output_padding {spares[axis]} is larger than padding {found.slides[axis].before}"
    return f"dilation {max(slide.dilation for slide in found.slides)} leaves gaps that its neighbours do not fill"


def _blamed(found: Windowed, gaps: list[bool]) -> str:
    if any(gaps):
        return "kernel_size"
    is_spare = any(spare > slide.before for spare, slide in zip(_spares(found), found.slides))
    return "output_padding" if is_spare else "dilation"


def _repairs(found: Windowed) -> Iterator[Changes]:
    """Kernels that make the same size with taps everywhere: a multiple of the stride first, for an even overlap."""
    is_dilated = any(slide.dilation > 1 for slide in found.slides)
    for multiple in (True, False):
        kernel = []
        for slide, spare in zip(found.slides, _spares(found)):
            kept = slide.dilation * (slide.kernel_size - 1) + 1 - 2 * slide.before + spare
            least = max(slide.stride, kept, slide.kernel_size if slide.dilation == 1 else 1)
            kernel.append(-(-least // slide.stride) * slide.stride if multiple else least)
        change = with_kernel(found, kernel, [1] * len(kernel) if is_dilated else None)
        if change is not None:
            yield {found.number: change}
