"""Which pixels a resize reads, by mode, as ATen computes it (UpSample.h, UpSampleKernel.cpp; torch 2.13).

Whether a pixel *between* two lies exactly on one of them is decided in whole numbers; which pixel is the
*nearest* is decided in 32-bit floats, as torch does it for float tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from struct import pack, unpack
from typing import NamedTuple

from ..size import Size, quotient
from ..window import Pick, Repeat, unknown
from .adaptive import averaged

#: Half the width of each filter, as `antialias` has it.
SUPPORTS = {"bilinear": 1, "bicubic": 2, "lanczos": 3}


def resampled(
    size: Size, number: Size, mode: str, align_corners: bool, scale: float | None, antialias: bool
) -> Pick:
    """What each of `number` outputs reads of `size` pixels; `scale` is the factor, where it takes effect."""
    if mode == "area":
        return averaged(size, number)
    ratio = _ratio(size, number, align_corners, scale)
    if ratio is None:
        return unknown(size, number)
    top, bottom = ratio
    resize = _Resize(mode, top, bottom, align_corners, antialias)
    repeat = Repeat(top, bottom, resize.inside)

    @cache
    def taps(at: int) -> Sequence[int]:
        assert isinstance(size, int)
        assert isinstance(number, int)
        if mode in ("nearest", "nearest-exact"):
            return (_nearest(size, number, scale, at, mode == "nearest-exact"),)
        return resize.taps(size, at)

    return Pick(size, number, taps, repeat=repeat)


class _Resize(NamedTuple):
    """What an output pixel reads, where `top` pixels become `bottom`."""

    mode: str
    top: int
    bottom: int
    align_corners: bool
    antialias: bool

    def place(self, at: int) -> tuple[int, int]:
        """Where the output `at` lies among the pixels: the one before it, and whether it lies between two."""
        top, bottom = self.top, self.bottom
        if self.align_corners:
            return divmod(at * top, bottom)
        return divmod((2 * at + 1) * top - bottom, 2 * bottom)

    def inside(self, at: int) -> range:
        """The pixels that it reads of an image without borders."""
        if self.mode == "nearest":
            first, wide = at * self.top // self.bottom, 1
        elif self.mode == "nearest-exact":
            first, wide = (2 * at + 1) * self.top // (2 * self.bottom), 1
        elif self.antialias:
            return self.filtered(at)
        else:
            first, apart = self.place(at)
            wide = 1 if not apart else 4 if self.mode == "bicubic" else 2
            first -= wide == 4
        return range(first, first + wide)

    def taps(self, size: int, at: int) -> Sequence[int]:
        """The pixels that it reads of `size`: those beyond the border stand for the one there, or are left out."""
        inside = self.inside(at)
        if self.antialias:
            return [tap for tap in inside if 0 <= tap < size and self.weighs(at, tap)]
        return sorted({min(max(tap, 0), size - 1) for tap in inside})

    def filtered(self, at: int) -> range:
        """The pixels under a filter that is stretched where the image shrinks, without the zeros at its ends.

        All is counted in units of `1/(2*bottom)` pixels.
        """
        top, bottom = self.top, self.bottom
        centre, support = (2 * at + 1) * top, 2 * SUPPORTS[self.mode] * max(top, bottom)
        first, last = (centre - support + bottom) // (2 * bottom), (centre + support + bottom) // (2 * bottom)
        while not self.weighs(at, first):
            first += 1
        while not self.weighs(at, last - 1):
            last -= 1
        return range(first, last)

    def weighs(self, at: int, tap: int) -> bool:
        """Whether the filter is not zero on the pixel."""
        stretch, centre = max(self.top, self.bottom), (2 * at + 1) * self.top
        away, apart = divmod(abs((2 * tap + 1) * self.bottom - centre), 2 * stretch)
        return away < SUPPORTS[self.mode] and (apart > 0 or not away or self.mode == "bilinear")


def _float(number: float) -> float:
    """The nearest 32-bit float."""
    result: float = unpack("f", pack("f", number))[0]
    return result


def _nearest(size: int, number: int, scale: float | None, at: int, exact: bool) -> int:
    step = _float(1 / scale if scale else _float(size) / _float(number))
    if not exact:
        return min(int(_float(step * at)), size - 1)
    source = max(_float(_float(step * (at + 0.5)) - 0.5), 0.0)
    return min(int(_float(source + 0.5)), size - 1)


def _ratio(size: Size, number: Size, align_corners: bool, scale: float | None) -> tuple[int, int] | None:
    """Input pixels for each output pixel, as a ratio of whole numbers; None where sizes that are symbols decide."""
    if align_corners or not scale:
        if not isinstance(size, int) or not isinstance(number, int):
            return None if align_corners else _whole(size, number)
        if align_corners:
            return (size - 1, number - 1) if number > 1 else (0, 1)
        return size, number
    for top in range(1, 257):
        bottom = round(scale * top)
        if bottom and bottom / top == scale:
            return top, bottom
    bottom, top = scale.as_integer_ratio()
    return top, bottom


def _whole(size: Size, number: Size) -> tuple[int, int] | None:
    """The ratio, where one size is a multiple of the other whatever their symbols stand for."""
    larger, smaller = quotient(number, size), quotient(size, number)
    if isinstance(larger, int):
        return 1, larger
    return (smaller, 1) if isinstance(smaller, int) else None
