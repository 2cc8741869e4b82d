"""Channels to pixels and back, and channels among themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import Count
from ..layer import AXES, Layer, Needs, Shape
from ..problem import CHANNELS, GROUPS, RESHAPE, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, Regroup, permuted
from ..saving import NOTHING, Saved
from ..size import divides
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random


class _PixelShuffling(Layer, abstract=True):
    """The two kinds that work on the last three axes, whatever stands before them."""

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((3, 4, 4, 4, 4, 5)) if random.random() < 0.95 else 2
        channels = random.choice((1, 4, 8, 9, 16, 25, 36, 36, 72, 144))
        height, width = (random.choice((1, 2, 4, 6, 6, 12, 12, 30)) for _ in range(2))
        return ((*(2, 3)[: axes - 3], channels, height, width)[-axes:],)

    def check_rank(self, x: Shape) -> None:
        if len(x) < 3:
            raise wrong_rank(self, x, "at least 3 (channels, height, width)")


class PixelShuffle(_PixelShuffling):
    """`torch.nn.PixelShuffle`: (*, C, H, W) to (*, C/r^2, H*r, W*r), r being upscale_factor.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html, Shape; Shi et al. 2016,
    "Real-time single image and video super-resolution using an efficient sub-pixel convolutional network")
    """

    upscale_factor: Count

    def shape(self, need: Needs, x: Shape) -> Shape:
        self.check_rank(x)
        *before, channels, height, width = x
        factor = self.upscale_factor
        if not before and not isinstance(channels, int) and factor > 1:
            raise refusal(WRONG_RANK, "input has 3 axes, so that its batch would be shuffled as channels")
        need(divides(factor * factor, channels), lambda: self._indivisible(x))
        return (*before, channels // (factor * factor), height * factor, width * factor)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        *before, _, height, width = x = inputs[0]
        factor, first = self.upscale_factor, len(before)
        apart = (*before, out[-3], factor, factor, height, width)
        moved = permuted(apart, (*range(first + 1), first + 3, first + 1, first + 4, first + 2))
        return ((Regroup(x, apart), moved, Regroup(moved.made, out)),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (PixelUnshuffle(self.upscale_factor),)

    def _indivisible(self, x: Shape) -> ShapeError:
        channels, factor = x[-3], self.upscale_factor
        note: str | None = None
        repairs: list[dict[str, object]] = []
        if isinstance(channels, int):
            note = f"{channels} % {factor * factor} = {channels % factor**2}"
            fitting = [less for less in range(factor - 1, 1, -1) if channels % less**2 == 0]
            repairs = [{"upscale_factor": less} for less in fitting[:1]]
        return refusal(
            CHANNELS,
            f"{channels} channels are not divisible by upscale_factor {factor} squared, {factor * factor}",
            note=note,
            argument="upscale_factor",
            repairs=tuple(repairs),
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        factor, (channels, height, width) = self.upscale_factor, inputs[0][-3:]
        return (
            f"channels {channels} // {factor}**2 = {out[-3]}",
            f"height {height} * {factor} = {out[-2]}",
            f"width {width} * {factor} = {out[-1]}",
        )


class PixelUnshuffle(_PixelShuffling):
    """`torch.nn.PixelUnshuffle`: (*, C, H, W) to (*, C*r^2, H/r, W/r), r being downscale_factor.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html, Shape)
    """

    downscale_factor: Count

    def shape(self, need: Needs, x: Shape) -> Shape:
        self.check_rank(x)
        factor = self.downscale_factor
        for axis in (0, 1):
            need(divides(factor, x[axis - 2]), lambda axis=axis: self._indivisible(axis, x))  # type: ignore[misc]
        return (*x[:-3], x[-3] * (factor * factor), x[-2] // factor, x[-1] // factor)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        *before, channels, _, _ = x = inputs[0]
        factor, first = self.downscale_factor, len(before)
        apart = (*before, channels, out[-2], factor, out[-1], factor)
        moved = permuted(apart, (*range(first + 1), first + 2, first + 4, first + 1, first + 3))
        return ((Regroup(x, apart), moved, Regroup(moved.made, out)),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (PixelShuffle(self.downscale_factor),)

    def _indivisible(self, axis: int, x: Shape) -> ShapeError:
        name, size, factor = AXES[2][axis], x[axis - 2], self.downscale_factor
        note: str | None = None
        repairs: list[dict[str, object]] = []
        if isinstance(size, int):
            note = f"{size} % {factor} = {size % factor}"
            both = [size for size in x[-2:] if isinstance(size, int)]
            fitting = [less for less in range(factor - 1, 1, -1) if not any(size % less for size in both)]
            repairs = [{"downscale_factor": less} for less in fitting[:1]]
        return refusal(
            RESHAPE,
            f"{name} {size} is not divisible by downscale_factor {factor}",
            note=note,
            argument="downscale_factor",
            repairs=tuple(repairs),
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        factor, (channels, height, width) = self.downscale_factor, inputs[0][-3:]
        return (
            f"channels {channels} * {factor}**2 = {out[-3]}",
            f"height {height} // {factor} = {out[-2]}",
            f"width {width} // {factor} = {out[-1]}",
        )


class ChannelShuffle(Layer):
    """`torch.nn.ChannelShuffle`: the shape is kept; axis 1 is dealt out in groups.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html)
    """

    groups: Count

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) < 3:
            raise wrong_rank(self, x, "at least 3 (batch, channels, and more)")
        need(divides(self.groups, x[1]), lambda: self._indivisible(x))
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        (x,) = inputs
        apart = (x[0], self.groups, x[1] // self.groups, *x[2:])
        moved = permuted(apart, (0, 2, 1, *range(3, len(apart))))
        return ((Regroup(x, apart), moved, Regroup(moved.made, out)),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING

    def _indivisible(self, x: Shape) -> ShapeError:
        channels = x[1]
        repairs: list[dict[str, object]] = []
        if isinstance(channels, int):
            less = next(less for less in range(self.groups, 0, -1) if channels % less == 0)
            repairs = [{"groups": less}]
        return refusal(
            GROUPS,
            f"{channels} channels are not divisible by groups {self.groups}",
            argument="groups",
            repairs=tuple(repairs),
        )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((3, 4, 5)) if random.random() < 0.95 else 2
        return ((2, random.choice((4, 6, 12)), 3, 2, 1)[:axes],)
