"""How often taps come to the positions of one period, away from the borders."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import NamedTuple

from ..repair.changes import Changes
from ..window import Slide
from .windows import Windowed, by, has_gaps, with_kernel


class Period(NamedTuple):
    """One period of the strides: how many positions it has along each axis, and how many of them have so many taps."""

    block: tuple[int, ...]
    histogram: dict[int, int]


def period(found: Windowed) -> Period | None:
    """The period of a layer whose taps overlap unevenly; None where all positions have as many.

    None, too, where some have no tap at all (another rule's matter).
    """
    if all(slide.stride == 1 or slide.number == 1 for slide in found.slides):
        return None
    if any(has_gaps(slide) and slide.number != 1 for slide in found.slides):
        return None
    patterns = [_pattern(slide) for slide in found.slides]
    histogram: dict[int, int] = {}
    for counts in product(*patterns):
        histogram[prod(counts)] = histogram.get(prod(counts), 0) + 1
    return Period(tuple(map(len, patterns)), dict(sorted(histogram.items()))) if len(histogram) > 1 else None


def _pattern(slide: Slide) -> tuple[int, ...]:
    """The taps on each residue, as the ledger counts them; (1,) where the windows do not overlap at this size."""
    from ..ledger import pattern

    reach = slide.dilation * (slide.kernel_size - 1) + 1
    if isinstance(slide.number, int) and slide.number < -(-reach // slide.stride):
        return (1,)
    return pattern(slide)


def said(found: Windowed, uneven: Period, what: str) -> str:
    """The period in words: `of every 2x2 outputs 1 has 1 tap, 2 have 2 and 1 has 4: kernel 3x3 ...`."""
    parts = [
        f"{number} {'has' if number == 1 else 'have'} {taps}" + (" tap" if taps == 1 else "") * (place == 0)
        for place, (taps, number) in enumerate(uneven.histogram.items())
    ]
    kernel = by([slide.kernel_size for slide in found.slides])
    strides = by([slide.stride for slide in found.slides])
    return (
        f"away from the borders, of every {by(uneven.block)} {what} {', '.join(parts[:-1])} and {parts[-1]}: "
        f"kernel {kernel} is no multiple of stride {strides}"
    )


def even_kernels(found: Windowed) -> Iterator[Changes]:
    """The next multiple of the stride, with the paddings that keep the size."""
    kernel = [-(-slide.kernel_size // slide.stride) * slide.stride for slide in found.slides]
    dilation = [1 if slide.stride > 1 else slide.dilation for slide in found.slides]
    is_dilated = any(slide.dilation != gap for slide, gap in zip(found.slides, dilation))
    if is_dilated:
        reaches = [slide.dilation * (slide.kernel_size - 1) + 1 for slide in found.slides]
        kernel = [
            -(-reach // slide.stride) * slide.stride if slide.stride > 1 else slide.kernel_size
            for reach, slide in zip(reaches, found.slides)
        ]
    if found.is_known and (change := with_kernel(found, kernel, dilation if is_dilated else None)):
        yield {found.number: change}
