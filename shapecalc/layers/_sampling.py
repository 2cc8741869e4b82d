"""The modes of a resize, and which pixels each reads, as ATen computes it (UpSample.h, UpSampleKernel.cpp; torch 2.13).

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

#: The spatial axes that each mode works on.
RANKS = {
    "nearest": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "lanczos": (2,),
}
#: The modes that sample between pixels, so that it matters where the corners lie.
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear", "lanczos")
LINEAR = ("linear", "bilinear", "trilinear")
#: The modes that have a filter, with half the width of it, as `antialias` has it.
ANTIALIASED = {"bilinear": 1, "bicubic": 2, "lanczos": 3}


class Sampling(NamedTuple):
    """How a resize of `rank` axes reads its input."""

    mode: str
    rank: int
    align_corners: bool
    antialias: bool

    def windows(self, size: Size, number: Size, scale: float | None) -> Pick:
        """What each of `number` outputs reads of `size` pixels; `scale` is the factor, where one is given."""
        if self.mode == "area":
            return averaged(size, number)
        if self._sizes_decide(size, number):
            scale = None
        ratio = _ratio(size, number, self.align_corners, scale)
        if ratio is None:
            return unknown(size, number)
        resize = _Axis(self, *ratio)

        @cache
        def taps(at: int) -> Sequence[int]:
            assert isinstance(size, int)
            assert isinstance(number, int)
            if self.mode in ("nearest", "nearest-exact"):
                return (_nearest(size, number, scale, at, self.mode == "nearest-exact"),)
            return resize.taps(size, at)

        repeat = Repeat(*ratio, resize.inside).shortest
        rounded = self.mode in ("nearest", "nearest-exact") and _falls_short(repeat, scale)
        if isinstance(size, int) and isinstance(number, int):
            rounded |= size * repeat.outputs >= 1 << 22 and self.mode.startswith("nearest")
        elif rounded:
            return unknown(size, number)
        return Pick(size, number, taps, repeat=repeat, rounded=rounded)

    def _sizes_decide(self, size: Size, number: Size) -> bool:
        """Whether the sizes of an axis decide, and no scale factor: torch takes shortcuts where pixels are copied.

        `nearest_idx` (images only), `compute_indices_weights_linear` and the passes of a filter with `antialias` in
        ATen's UpSampleKernel.cpp, seen in torch 2.13.
        """
        if self.mode == "nearest":
            return self.rank == 2 and (number == size or number == size * 2)
        return number == size and (self.antialias or self.mode in LINEAR)


class _Axis(NamedTuple):
    """What an output pixel reads along an axis, where `top` pixels become `bottom`."""

    sampling: Sampling
    top: int
    bottom: int

    def place(self, at: int) -> tuple[int, int]:
        """Where the output `at` lies among the pixels: the one before it, and whether it lies between two."""
        top, bottom = self.top, self.bottom
        if self.sampling.align_corners:
            return divmod(at * top, bottom)
        return divmod((2 * at + 1) * top - bottom, 2 * bottom)

    def inside(self, at: int) -> range:
        """The pixels that it reads of an image without borders."""
        mode = self.sampling.mode
        if mode == "nearest":
            first, wide = at * self.top // self.bottom, 1
        elif mode == "nearest-exact":
            first, wide = (2 * at + 1) * self.top // (2 * self.bottom), 1
        elif self.sampling.antialias:
            return self.filtered(at)
        else:
            first, apart = self.place(at)
            wide = 1 if not apart else 4 if mode == "bicubic" else 2
            first -= wide == 4
        return range(first, first + wide)

    def taps(self, size: int, at: int) -> Sequence[int]:
        """The pixels that it reads of `size`: those beyond the border stand for the one there, or are left out."""
        inside = self.inside(at)
        if self.sampling.antialias:
            return [tap for tap in inside if 0 <= tap < size and self.weighs(at, tap)]
        return sorted({min(max(tap, 0), size - 1) for tap in inside})

    def filtered(self, at: int) -> range:
        """The pixels under a filter that is stretched where the image shrinks, without the zeros at its ends.

        All is counted in units of `1/(2*bottom)` pixels.
        """
        top, bottom = self.top, self.bottom
        centre, support = (2 * at + 1) * top, 2 * ANTIALIASED[self.sampling.mode] * max(top, bottom)
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
        mode = self.sampling.mode
        return away < ANTIALIASED[mode] and (apart > 0 or not away or mode == "bilinear")


def _float(number: float) -> float:
    """The nearest 32-bit float."""
    result: float = unpack("f", pack("f", number))[0]
    return result


def _nearest(size: int, number: int, scale: float | None, at: int, exact: bool) -> int:
    step = _step(size, number, scale)
    if not exact:
        return min(int(_float(step * at)), size - 1)
    source = max(_float(step * (at + 0.5) - 0.5), 0.0)  # rounded once: a fused multiply-add
    return min(int(_float(source + 0.5)), size - 1)


def _falls_short(repeat: Repeat, scale: float | None) -> bool:
    """Whether the step from pixel to pixel, a 32-bit float, is so short that multiples of it may miss whole numbers.

    Rounding a product to the nearest float makes good for a relative error of `2**-25`.
    """
    numerator, denominator = _step(repeat.positions, repeat.outputs, scale).as_integer_ratio()
    exact = repeat.positions * denominator
    return (exact - numerator * repeat.outputs) << 25 > exact


def _step(size: int, number: int, scale: float | None) -> float:
    return _float(1 / scale if scale else _float(size) / _float(number))


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
