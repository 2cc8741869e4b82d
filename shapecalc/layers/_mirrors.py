"""What undoes a window: the layers, by style, that give an axis of `made` windows its size back.

For a window of kernel k, stride s, padding p and dilation d over size L there are M = (L + 2p - d(k-1) - 1)//s + 1
places, and the transposed window returns (M-1)s - 2p + d(k-1) + 1. What is missing to L is the remainder that the
floor dropped, (L + 2p - d(k-1) - 1) mod s: less than the stride, so it is always a legal `output_padding`
(Dumoulin & Visin 2016, relationship 14). Where the size is a symbol there is no such number for all sizes at once:
then the layer returns a little too much, and `Crop` takes the size from what the encoder's layer read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..layer import Layer, Shape
from ..registry import KINDS
from ..size import Size
from ..window import transposed_output

#: kernel_size, stride, padding, dilation
Window = tuple[int, int, int, int]


class Windowed(NamedTuple):
    """A layer with windows, seen from its far side: what a mirror of it takes and returns.

    `learned` is whether the layer has weights: a convolution's mirror keeps its kernel; a pool's need not.
    """

    takes: int
    returns: int
    windows: tuple[Window, ...]
    groups: int = 1
    bias: bool = True
    learned: bool = True

    def kind(self, name: str) -> type[Layer]:
        """The kind of that name with as many axes as this has."""
        return KINDS[f"{name}{len(self.windows)}d"]


class _Transposed(NamedTuple):
    """An axis of a transposed convolution, and what it returns too much (None: that depends on the size)."""

    kernel_size: int
    stride: int
    padding: int
    output_padding: int
    dilation: int
    surplus: int | None = 0


def undone(style: str, w: Windowed, taken: Shape, made: Shape) -> tuple[Layer, ...]:
    """The layers that take `made` back to `taken` in a style; as transposed where the style has no way."""
    sizes, places = taken[2:], made[2:]
    if style == "resize":
        return (*resized(sizes, places), *_same_size(w))
    if style == "pixelshuffle":
        return _shuffled(w, sizes, places) or _transposed(w, sizes, places, _as_it_was)
    return _transposed(w, sizes, places, _even if style == "smooth" else _as_it_was)


def _transposed(
    w: Windowed, sizes: Shape, places: Shape, axis: Callable[[Windowed, Size, Size, Window], _Transposed]
) -> tuple[Layer, ...]:
    axes = [axis(w, size, number, window) for size, number, window in zip(sizes, places, w.windows)]
    kernel_size, stride, padding, output_padding, dilation, surplus = zip(*axes)
    layer = w.kind("ConvTranspose")(
        w.takes,
        w.returns,
        one(kernel_size),
        stride=one(stride),
        padding=one(padding),
        output_padding=one(output_padding),
        groups=w.groups,
        bias=w.bias,
        dilation=one(dilation),
    )
    return (layer, *_cropped(surplus))


def _as_it_was(w: Windowed, size: Size, number: Size, window: Window) -> _Transposed:
    """The same window, and the remainder as output_padding.

    There is too little to give back where a pool's last window reached over the edge (then the transposed
    kernel is as much shorter), and where an even kernel's padding='same' put one more on the far side.
    """
    k, s, p, d = window
    missing = size - transposed_output(number, k, s, p, 0, d)
    if not isinstance(missing, int):
        return _Transposed(k, s, p, s - 1, d, None)
    if missing >= 0:
        return _Transposed(k, s, p, missing, d)
    if w.learned:
        return _Transposed(k, s, p, 0, d, -missing)
    if missing % d == 0:
        return _Transposed(k + missing // d, s, p, 0, d)
    return _Transposed(d * (k - 1) + 1 + missing, s, p, 0, 1)


def _even(w: Windowed, size: Size, number: Size, window: Window) -> _Transposed:
    """A kernel that is a multiple of the stride, so that each position is reached equally often.

    2*padding - output_padding = (M-1)*stride + kernel_size - size leaves one choice of the two that is legal.
    """
    k, s, p, d = window
    if s == 1 or d > 1:
        return _as_it_was(w, size, number, window)
    least = -(-k // s) * s
    for kernel_size in (least, least + s):
        too_much = (number - 1) * s + kernel_size - size
        if not isinstance(too_much, int):
            return _Transposed(kernel_size, s, p + (kernel_size - k) // 2, s - 1, 1, None)
        padding = max(-(-too_much // 2), 0)
        output_padding = 2 * padding - too_much
        if output_padding < s:
            return _Transposed(kernel_size, s, padding, output_padding, 1)
    return _as_it_was(w, size, number, window)


def resized(sizes: Shape, places: Shape) -> tuple[Layer, ...]:
    """A resize of the spatial axes: by a whole factor where there is one, so that other sizes fit as well.

    Where a size is a symbol it is read off the tensor that is to be restored.
    """
    if sizes == places:
        return ()
    if not all(isinstance(size, int) for size in (*sizes, *places)):
        return (KINDS["Interpolate"](),)
    both = [(int(size), int(number)) for size, number in zip(sizes, places)]
    if all(size % number == 0 for size, number in both):
        return (KINDS["Upsample"](scale_factor=one([size // number for size, number in both])),)
    return (KINDS["Upsample"](size=sizes),)


def _same_size(w: Windowed) -> tuple[Layer, ...]:
    """A convolution with the same kernel that keeps the size."""
    if not w.learned:
        return ()
    kernel_size, _, _, dilation = zip(*w.windows)
    reaches = [d * (k - 1) for k, d in zip(kernel_size, dilation)]
    padding = "same" if any(reach % 2 for reach in reaches) else one([reach // 2 for reach in reaches])
    return (_conv(w, w.returns, one(kernel_size), padding, one(dilation)),)


def _shuffled(w: Windowed, sizes: Shape, places: Shape) -> tuple[Layer, ...]:
    """A convolution to stride^2 times the channels, which become pixels, and a crop; () where there is no such way.

    Its padding is wide enough that nothing has to be padded afterwards.
    """
    strides = {window[1] for window in w.windows}
    if len(w.windows) != 2 or len(strides) != 1 or strides == {1}:
        return ()
    (s,) = strides
    kernels = [k if w.learned else 3 for k, _, _, _ in w.windows]
    padding, surplus = [], list[int | None]()
    for size, number, (k, _, p, d), kernel_size in zip(sizes, places, w.windows, kernels):
        if isinstance(size, int) and isinstance(number, int):
            wider: int = -(-size // s) - number
        else:  # the largest size that makes so many places
            wider = -(-(d * (k - 1) + s - 2 * p) // s) - 1
        padding.append(max(-(-(kernel_size - 1 + wider) // 2), 0))
        left = (number + 2 * padding[-1] - kernel_size + 1) * s - size
        surplus.append(left if isinstance(left, int) else None)
    conv = _conv(w, w.returns * s * s, one(kernels), one(padding), 1)
    return (conv, KINDS["PixelShuffle"](s), *_cropped(surplus))


def _conv(w: Windowed, channels: int, kernel_size: object, padding: object, dilation: object) -> Layer:
    return w.kind("Conv")(
        w.takes, channels, kernel_size, padding=padding, dilation=dilation, groups=w.groups, bias=w.bias
    )


def _cropped(surplus: Sequence[int | None]) -> tuple[Layer, ...]:
    """The far side of each axis cropped by its surplus; by what the encoder read where that is not known."""
    if None in surplus:
        return (KINDS["Crop"](),)
    return padded([(0, -(number or 0)) for number in surplus])


def padded(pairs: Sequence[tuple[int, int]]) -> tuple[Layer, ...]:
    """Zeros before and after each spatial axis, or crops where negative; () where there are none.

    >>> padded([(0, -1), (0, 0)])
    (ZeroPad2d((0, 0, 0, -1)),)
    """
    if not any(map(any, pairs)):
        return ()
    sides = tuple(side for pair in reversed(pairs) for side in pair)
    return (KINDS[f"ZeroPad{len(pairs)}d"](sides),)


def bridged(taken: Shape, made: Shape) -> tuple[Layer, ...] | None:
    """Layers between any two shapes of the same number of axes: a resize, and weights for the channels.

    For what has no mirror of its own (a gated unit, a join). None where the batch is not the first of both, or
    where sizes that weights depend on are symbols.
    """
    if len(taken) != len(made) or len(taken) < 2 or taken[0] != made[0]:
        return None
    rank, channels = len(taken) - 2, (made[1], taken[1])
    if rank > 3:
        return None
    layers = resized(taken[2:], made[2:]) if rank else ()
    if channels[0] == channels[1]:
        return layers
    if not all(isinstance(size, int) for size in channels):
        return None
    return (*layers, KINDS[f"Conv{rank}d"](*channels, 1) if rank else KINDS["Linear"](*channels))


def one(values: Sequence[int]) -> int | tuple[int, ...]:
    """The values, or the one number where all agree.

    >>> one([2, 2]), one([2, 1])
    (2, (2, 1))
    """
    return values[0] if len(set(values)) == 1 else tuple(values)
