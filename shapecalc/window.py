"""The window formulas: how many windows fit (convolution, pooling), and the transpose.

Sources: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", relationships
6, 13 and 14 with dilation; the shape sections of `torch.nn.Conv2d` and `torch.nn.ConvTranspose2d`.
The text works on integers and on symbolic sizes alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd
from typing import NamedTuple

from .size import Size, ceil_div, smallest

#: Of so many outputs it is found out one by one what floats have rounded.
MOST_ROUNDED = 1_000_000


class Slide(NamedTuple):
    """Windows that slide along an axis: number `o` puts its tap `t` on `o*stride - before + t*dilation`.

    `number` windows slide over `size` positions. Of a convolution or pool the windows are the output and the
    positions the input; of a `transposed` layer the windows are the input and the positions the output.
    `padding_mode` says what taps beyond the axis find there: "zeros", positions of the axis ("reflect",
    "replicate", "circular"), or nothing ("ignored", as in a max pool).
    """

    size: Size
    number: Size
    kernel_size: int
    stride: int = 1
    before: int = 0
    dilation: int = 1
    transposed: bool = False
    padding_mode: str = "zeros"

    def taps(self, window: int) -> range:
        """Where the taps of a window are, those beyond the axis included.

        >>> list(Slide(10, 5, kernel_size=3, stride=2, before=1).taps(0))
        [-1, 0, 1]
        """
        first = window * self.stride - self.before
        return range(first, first + self.kernel_size * self.dilation, self.dilation)

    def windows(self, position: int) -> range:
        """The windows with a tap on a position, the last first, those beyond the first and the last included.

        >>> list(Slide(10, 5, kernel_size=3, stride=2, before=1).windows(3))
        [2, 1]
        """
        shared = gcd(self.stride, self.dilation)
        every = self.stride // shared
        for tap in range(min(every, self.kernel_size)):
            window, apart = divmod(position + self.before - tap * self.dilation, self.stride)
            if not apart:
                step = self.dilation // shared
                return range(window, window - len(range(tap, self.kernel_size, every)) * step, -step)
        return range(0)

    def source(self, position: int) -> int | None:
        """The position of the axis that a tap there reads; None where it reads none.

        >>> Slide(10, 5, 3, 2, before=1, padding_mode="reflect").source(-1)
        1
        """
        size = int(self.size)
        if 0 <= position < size:
            return position
        if self.padding_mode == "reflect":
            return -position if position < 0 else 2 * (size - 1) - position
        if self.padding_mode == "replicate":
            return 0 if position < 0 else size - 1
        return position % size if self.padding_mode == "circular" else None


class Repeat(NamedTuple):
    """Windows as if the axis had no borders: output `o` reads the positions `inside(o)`.

    Output `o + outputs` reads the same `positions` further on.
    """

    positions: int
    outputs: int
    inside: Callable[[int], range]

    @property
    def shortest(self) -> Repeat:
        """The same, for as few outputs as it takes."""
        shared = gcd(self.positions, self.outputs)
        return self._replace(positions=self.positions // shared, outputs=self.outputs // shared)


class Pick(NamedTuple):
    """Windows that follow no stride: output `o` reads the positions `taps(o)` (resizing, adaptive pools).

    Where the windows repeat far from the borders, `repeat` says how; floats may have `rounded` some away.
    """

    size: Size
    number: Size
    taps: Callable[[int], Sequence[int]]
    transposed: bool = False
    padding_mode: str = "ignored"
    repeat: Repeat | None = None
    rounded: bool = False

    def source(self, position: int) -> int | None:
        """The position itself: none lies beyond the axis."""
        return position

    @property
    def turns(self) -> Repeat | None:
        """How the windows repeat, exactly: where floats have rounded some, the whole axis is one turn.

        None, too, for an axis of more outputs than `MOST_ROUNDED`, each of which would be looked at.
        """
        if self.repeat is None or not self.rounded:
            return self.repeat
        regular, number = self.repeat, int(self.number)
        if number > MOST_ROUNDED:
            return None
        odd = {at: read for at in range(number) if (read := self.taps(at)[0]) != regular.inside(at).start}
        positions, outputs = (-(-number // regular.outputs) * part for part in regular[:2])

        def inside(at: int) -> range:
            turn, place = divmod(at, outputs)
            first = turn * positions + odd.get(place, regular.inside(place).start)
            return range(first, first + 1)

        return Repeat(positions, outputs, inside) if odd else regular


def unknown(size: Size, number: Size) -> Pick:
    """Windows of which a symbol decides what they read: there is nothing to ask before it is a number."""
    return Pick(size, number, range)


def window_output(size: Size, kernel_size: int, stride: int, padding: int, dilation: int) -> Size:
    """How many windows fit along an axis; `padding` is on each side.

    >>> window_output(10, kernel_size=3, stride=2, padding=1, dilation=1)
    5
    """
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def pool_output(
    size: Size, kernel_size: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> Size:
    """How many windows a pooling layer takes along an axis.

    With `ceil_mode` a last window may reach over the right edge, but must start inside the input or its left
    padding: no more windows than starts there (the loop `if (out - 1)*stride >= size + padding: out -= 1` in
    torch's `pooling_output_shape`, written as a minimum).

    >>> pool_output(6, 3, 2, 0, 1, ceil_mode=False), pool_output(6, 3, 2, 0, 1, ceil_mode=True)
    (2, 3)
    >>> pool_output(4, 2, 3, 1, 1, ceil_mode=True)
    2
    """
    if not ceil_mode:
        return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
    reaching = ceil_div(size + 2 * padding - dilation * (kernel_size - 1) - 1, stride) + 1
    return smallest(reaching, ceil_div(size + padding, stride))


def transposed_output(
    size: Size, kernel_size: int, stride: int, padding: int, output_padding: int, dilation: int
) -> Size:
    """The size that a transposed convolution returns along an axis.

    >>> transposed_output(5, kernel_size=3, stride=2, padding=1, output_padding=1, dilation=1)
    10
    """
    return (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1


def window_formula(size: Size, kernel_size: int, stride: int, padding: int, dilation: int) -> str:
    """`window_output`, filled in."""
    return f"({size} + 2*{padding} - {dilation}*({kernel_size}-1) - 1)//{stride} + 1"


def pool_formula(
    size: Size, kernel_size: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> str:
    """`pool_output`, filled in."""
    if not ceil_mode:
        return window_formula(size, kernel_size, stride, padding, dilation)
    reaching = f"ceil(({size} + 2*{padding} - {dilation}*({kernel_size}-1) - 1)/{stride}) + 1"
    return f"min({reaching}, ceil(({size} + {padding})/{stride}))"


def transposed_formula(
    size: Size, kernel_size: int, stride: int, padding: int, output_padding: int, dilation: int
) -> str:
    """`transposed_output`, filled in."""
    return f"({size}-1)*{stride} - 2*{padding} + {dilation}*({kernel_size}-1) + {output_padding} + 1"
