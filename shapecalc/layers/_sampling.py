"""Which pixels a resize reads, by mode, as ATen computes it (UpSample.h, UpSampleKernel.cpp; torch 2.13).

Whether a pixel *between* two lies exactly on one of them is decided in whole numbers; which pixel is the
*nearest* is decided in 32-bit floats, as torch does it for float tensors.
"""

from __future__ import annotations

from struct import pack, unpack

from ..size import Size
from ..window import Pick
from .adaptive import averaged

#: Half the width of each filter, as `antialias` has it.
SUPPORTS = {"bilinear": 1, "bicubic": 2, "lanczos": 3}


def resampled(
    size: Size, number: Size, mode: str, align_corners: bool, scale: float | None, antialias: bool
) -> Pick:
    """What each of `number` outputs reads of `size` pixels; `scale` is the factor, where it takes effect."""
    if mode == "area":
        return averaged(size, number)
    if not isinstance(size, int) or not isinstance(number, int):
        return Pick(size, number, range)
    taps = [_taps(size, number, mode, align_corners, scale, antialias, at) for at in range(number)]
    scale_out = _ratio(size, number, align_corners, scale)
    return Pick(size, number, taps.__getitem__, scale=scale_out, corners=align_corners)


def _taps(
    size: int, number: int, mode: str, align_corners: bool, scale: float | None, antialias: bool, at: int
) -> tuple[int, ...]:
    if mode in ("nearest", "nearest-exact"):
        return (_nearest(size, number, scale, at, mode == "nearest-exact"),)
    top, bottom = _ratio(size, number, align_corners, scale)
    if antialias:
        return _smoothed(size, top, bottom, at, mode)
    above, below = (at * top, bottom) if align_corners else ((2 * at + 1) * top - bottom, 2 * bottom)
    if mode == "bicubic":
        first, apart = divmod(above, below)
        around = range(first - 1, first + 3) if apart else range(first, first + 1)
        return tuple(sorted({min(max(tap, 0), size - 1) for tap in around}))
    first, apart = divmod(max(above, 0), below)
    first = min(first, size - 1)
    return (first, first + 1) if apart and first + 1 < size else (first,)


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


def _ratio(size: int, number: int, align_corners: bool, scale: float | None) -> tuple[int, int]:
    """Input pixels for each output pixel, as a ratio of whole numbers."""
    if align_corners:
        return (size - 1, number - 1) if number > 1 else (0, 1)
    if not scale:
        return size, number
    for top in range(1, 257):
        bottom = round(scale * top)
        if bottom and bottom / top == scale:
            return top, bottom
    bottom, top = scale.as_integer_ratio()
    return top, bottom


def _smoothed(size: int, top: int, bottom: int, at: int, mode: str) -> tuple[int, ...]:
    """The taps of a filter that is stretched where the image shrinks; those at its zeros are left out.

    All is counted in units of `1/(2*bottom)` pixels.
    """
    stretch = max(top, bottom)
    centre, support = (2 * at + 1) * top, 2 * SUPPORTS[mode] * stretch
    first = max((centre - support + bottom) // (2 * bottom), 0)
    last = min((centre + support + bottom) // (2 * bottom), size)
    found = []
    for tap in range(first, last):
        away, apart = divmod(abs((2 * tap + 1) * bottom - centre), 2 * stretch)
        if away < SUPPORTS[mode] and (apart or not away or mode == "bilinear"):
            found.append(tap)
    return tuple(found)
