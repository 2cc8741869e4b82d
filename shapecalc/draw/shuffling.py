"""Channels that become pixels and back, and channels that are dealt out: which is which, by what the layer reads."""

from __future__ import annotations

from typing import NamedTuple

from ..layer import Layer, Needs, Shape
from ..layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from ..masks import bits
from ..reading import Box, backward, forward
from .moving import MOST_COPIES
from .strips import Strip


class Grid(NamedTuple):
    """A channel with pixels in blocks of `factor` by `factor`; each pixel of a block is another channel elsewhere.

    The channel is one of the `fine` tensor ("input" or "output"), what its pixels are one of the `coarse` one, of which
    this channel has `factor` squared. `pixels` are the rows and columns of blocks: at most two each, where there are
    `more` these are the first.
    """

    layer: PixelShuffle | PixelUnshuffle
    factor: int
    pixels: tuple[int, int]
    more: tuple[bool, bool]
    formulas: tuple[str, ...]
    summary: str

    @property
    def fine(self) -> str:
        return "output" if isinstance(self.layer, PixelShuffle) else "input"

    @property
    def coarse(self) -> str:
        return "input" if isinstance(self.layer, PixelShuffle) else "output"

    def channel(self, row: int, column: int) -> int:
        """The channel of the coarse tensor in which the pixel is, of the fine one's channel 0."""
        rows, columns = self.pixels
        coarse, fine = (self.factor**2, rows, columns), (1, rows * self.factor, columns * self.factor)
        box: Box = (1, 1 << row, 1 << column)
        if isinstance(self.layer, PixelShuffle):
            found = backward(self.layer.reads(fine, coarse)[0], box)
        else:
            found = forward(self.layer.reads(coarse, fine)[0], box)
        return next(bits(found[0][0]))


def shuffling(layer: Layer, made: Shape, taken: tuple[Shape, ...]) -> list[Grid]:
    """The grid of a pixel shuffle, or of its inverse; [] for another layer."""
    if isinstance(layer, PixelShuffle):
        factor, sizes = layer.upscale_factor, taken[0][-3:]
        said, verb = "each pixel of {each} input channels becomes {block} pixels of one", "takes"
    elif isinstance(layer, PixelUnshuffle):
        factor, sizes = layer.downscale_factor, made[-3:]
        said, verb = "{block} pixels of each input channel become one pixel of {each}", "goes to"
    else:
        return []
    if factor == 1:
        return []
    each, fine = factor**2, "output" if isinstance(layer, PixelShuffle) else "input"
    summary = (
        said.format(each=each, block=f"{factor}x{factor}") + f": {fine} channel 0 {verb} 0 to {each - 1}"
    )
    last = sizes[0] // each - 1
    summary += f", channel {last} {verb} {sizes[0] - each} to {sizes[0] - 1}" if last else ""
    pixels = min(int(sizes[1]), 2), min(int(sizes[2]), 2)
    more = int(sizes[1]) > 2, int(sizes[2]) > 2
    return [Grid(layer, factor, pixels, more, layer.arithmetic(made, *taken), summary)]


def dealing(layer: Layer, made: Shape, taken: tuple[Shape, ...]) -> list[Strip]:
    """The strip of a channel shuffle; [] for another layer."""
    if not isinstance(layer, ChannelShuffle):
        return []
    channels, groups = int(taken[0][1]), layer.groups
    one = (1, channels, *(1,) * (len(made) - 2))
    chain = layer.reads(layer.shape(Needs(), one), one)[0]
    windows = []
    first = channels if channels <= MOST_COPIES else min(groups + 1, 8)
    for output in sorted({*range(first), channels - 1}):
        (box,) = backward(chain, (1, 1 << output, *one[2:]))
        windows.append((output, tuple(bits(box[1]))))
    summary = f"{groups} groups of {channels // groups}, dealt out in turn"
    return [
        Strip("channels", channels, 0, channels - 1, tuple(windows), channels, False, {}, (), (), "", summary)
    ]


def ends(factor: int, most: int) -> list[int | None]:
    """The places in a block that are shown: all, or the first ones, None for what is left out, and the last."""
    return [*range(factor)] if factor <= most else [*range(most - 2), None, factor - 1]
