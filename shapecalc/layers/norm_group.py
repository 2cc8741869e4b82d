"""Normalization over groups of channels, over the last axes, and across neighbouring channels."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from ..arguments import Bool, Count, Float, InChannels, MaybeFloat
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, FEATURES, GROUPS, ONE_VALUE, ShapeError, refusal
from ..reading import Chain, Link, Links, grouped, kept, mixing
from ..saving import Saved
from ..size import Size, divides, product, same
from ..sorts import Integer, Numbers
from ..strides import plain
from ..window import Pick, Slide
from ._axes import shape_text
from ._refusals import wrong_channels, wrong_rank

if TYPE_CHECKING:
    from random import Random

NormalizedShape = Annotated["int | tuple[int, ...]", Numbers(low=1, axis=-1, high=3)]
Groups = Annotated[int, Integer(low=1, high=4)]


class GroupNorm(Layer):
    """`torch.nn.GroupNorm`: (N, C, ...), unchanged; `num_groups` must divide C.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html; Wu & He 2018)
    """

    echoed = True
    role = "norm"

    num_groups: Groups
    num_channels: InChannels
    eps: Float = 1e-5
    affine: Bool = True
    bias: Bool = True

    def validate(self) -> None:
        if self.num_channels % self.num_groups:
            raise self._indivisible("num_channels", self.num_channels)

    def _indivisible(self, name: str, channels: Size) -> ShapeError:
        fitting = isinstance(channels, int) and next(
            groups for groups in range(self.num_groups, 0, -1) if channels % groups == 0
        )
        return refusal(
            GROUPS,
            f"{name} {channels} is not divisible by num_groups {self.num_groups}",
            note=f"{channels} % {self.num_groups} = {channels % self.num_groups}",
            argument="num_groups",
            repairs=({"num_groups": fitting},) if fitting else (),
        )

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) < 2:
            raise wrong_rank(self, x, "at least 2 (batch, channels, ...)")
        channels = x[1]
        if channels != self.num_channels:
            if self.affine:
                need(
                    same(channels, self.num_channels), lambda: wrong_channels(self, "num_channels", channels)
                )
            else:  # without weights only the groups matter
                need(divides(self.num_groups, channels), lambda: self._indivisible("channels", channels))
        if isinstance(x[0], int) and x[0] == 1:  # a symbolic batch stands for two samples or more
            need(channels // self.num_groups * product(x[2:]) > 1, lambda: self._one_value(x))
        return x

    def _one_value(self, x: Shape) -> ShapeError:
        return refusal(
            ONE_VALUE,
            "GroupNorm has one value per group to normalize",
            note=f"{shape_text(x)} in {self.num_groups} groups, and a variance needs 2 values",
            argument="num_groups",
            repairs=({"num_groups": 1},),
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        x, groups = inputs[0], self.num_groups
        links = (kept(0, x[0]), grouped(1, x[1], x[1], groups), *[Link()] * (len(x) - 2))
        return ((Links(links, x, out),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, and mean and deviation of each group."""
        return Saved(
            inputs=(0,), numbers=2 * self.num_groups * inputs[0][0], in_a_row=True, strides=plain(out)
        )

    @property
    def num_parameters(self) -> int:
        return self.num_channels * (1 + self.bias) if self.affine else 0

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        single = random.random() < 0.1
        sizes = [1 if single else random.randint(1, 6) for _ in range(3)]
        axes = 1 if random.random() < 0.05 else random.randint(2, 5)
        return ((1 if single else 2, random.choice((1, 2, 4, 6, 12, 12)), *sizes)[:axes],)


class _LastAxesNorm(Layer, abstract=True):
    """Normalizes over the last axes, whose sizes it knows."""

    echoed = True
    role = "norm"

    normalized_shape: NormalizedShape
    elementwise_affine: Bool

    @cached_property
    def _sizes(self) -> tuple[int, ...]:
        return self.normalized_shape if isinstance(self.normalized_shape, tuple) else (self.normalized_shape,)

    def validate(self) -> None:
        if not self._sizes:
            raise refusal(BAD_ARGUMENT, "normalized_shape is empty", argument="normalized_shape")

    def shape(self, need: Needs, x: Shape) -> Shape:
        sizes = self._sizes
        if len(x) <= len(sizes) and (len(x) < len(sizes) or not isinstance(x[0], int)):
            raise wrong_rank(
                self, x, f"at least {len(sizes) + 1} (batch, ..., and those of normalized_shape)"
            )
        for found, size in zip(x[-len(sizes) :], sizes):
            if found != size:
                need(same(found, size), lambda: self._wrong_features(x))
        return x

    def _wrong_features(self, x: Shape) -> ShapeError:
        sizes, found = self._sizes, x[-len(self._sizes) :]
        if len(sizes) == 1:
            message = f"input has {found[0]} features, but normalized_shape is {self.normalized_shape}"
        else:
            message = f"input ends in {shape_text(found)}, but normalized_shape is {self.normalized_shape}"
        channels = len(x) > 2 and len(sizes) == 1 and x[1] == sizes[0]
        known = all(isinstance(size, int) for size in found) and (len(x) == 3 or not channels)
        return refusal(
            FEATURES,
            message,
            note=f"it normalizes the last axis, and the channels are axis 1: there is `GroupNorm(1, {sizes[0]})`"
            if channels
            else None,
            argument="normalized_shape",
            repairs=({"normalized_shape": found[0] if len(found) == 1 else found},) if known else (),
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (mixing(inputs[0], range(len(out) - len(self._sizes), len(out))),)

    @property
    def num_parameters(self) -> int:
        return int(product(self._sizes)) if self.elementwise_affine else 0

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 5) for _ in range(random.randint(0, 4)))),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """Sometimes a `normalized_shape` of as many axes as the input has, or fewer."""
        (x,) = inputs
        if random.random() < 0.4:
            arguments["normalized_shape"] = x[random.randint(0, len(x) - 1) :]
        return inputs


class LayerNorm(_LastAxesNorm):
    """`torch.nn.LayerNorm`: (N, ..., *normalized_shape), unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html; Ba, Kiros & Hinton 2016)

    >>> LayerNorm((3, 4)).num_parameters
    24
    """

    normalized_shape: NormalizedShape
    eps: Float = 1e-5
    elementwise_affine: Bool = True
    bias: Bool = True

    @property
    def num_parameters(self) -> int:
        return super().num_parameters * (1 + self.bias)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, and mean and deviation of each row."""
        return Saved(inputs=(0,), numbers=2 * product(inputs[0][: -len(self._sizes)]), strides=plain(out))


class RMSNorm(_LastAxesNorm):
    """`torch.nn.RMSNorm`: (N, ..., *normalized_shape), unchanged; it has weights and no bias.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html; Zhang & Sennrich 2019)
    """

    normalized_shape: NormalizedShape
    eps: MaybeFloat = None
    elementwise_affine: Bool = True

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, the deviation of each row, and what the weights scale; that alone if they alone learn."""
        strides = plain(out)
        rows, scaled = product(inputs[0][: -len(self._sizes)]), product(out) * self.elementwise_affine
        common = Saved(graded=(0,), ungraded=Saved(wide=scaled, strides=strides), strides=strides)
        single = common._replace(inputs=(0,), numbers=rows + scaled)
        half = common._replace(wide=product(out) + rows + scaled)
        return single._replace(
            frozen=single._replace(numbers=rows),
            halved=half._replace(frozen=half._replace(wide=product(out) + rows)),
        )


class _NeighbourNorm(Layer, abstract=True):
    echoed = True
    role = "norm"

    size: Count
    alpha: Float = 1e-4
    beta: Float = 0.75
    k: Float = 1.0

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        x = inputs[0]
        neighbours = Link(1, Slide(x[1], x[1], self.size, before=self.size // 2))
        links = [kept(axis, size) for axis, size in enumerate(x)]
        return ((Links((links[0], neighbours, *links[2:]), x, out),),)


class LocalResponseNorm(_NeighbourNorm):
    """`torch.nn.LocalResponseNorm`: (N, C, ...) of at least three axes, unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html; Krizhevsky et al. 2012)
    """

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) < 3:
            raise wrong_rank(self, x, "at least 3 (batch, channels, ...)")
        return x

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, its squares with padded channels, and what it is divided by, before and behind the power."""
        x = inputs[0]
        padded = product((x[0], x[1] + self.size - 1, *x[2:]))
        return Saved(inputs=(0,), numbers=2 * product(x) + padded)


class CrossMapLRN2d(_NeighbourNorm):
    """`torch.nn.CrossMapLRN2d`: (N, C, H, W), unchanged: the older form of `LocalResponseNorm`."""

    size: Count
    alpha: Float = 1e-4
    beta: Float = 0.75
    k: Float = 1

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), output=True)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """Torch never subtracts channel 0 from its running sum (`CrossMapLRN2d.forward`, torch 2.13)."""
        x, ahead = inputs[0], (self.size + 1) // 2
        channels = int(x[1])

        def taps(channel: int) -> tuple[int, ...]:
            near = range(max(channel - ahead + 1, 1), min(channel + ahead, channels))
            return (0, *near)

        links = [kept(axis, size) for axis, size in enumerate(x)]
        return ((Links((links[0], Link(1, Pick(channels, channels, taps)), *links[2:]), x, out),),)

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) != 4:
            raise wrong_rank(self, x, "4 (batch, channels, height, width)")
        return x

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 6) for _ in range(random.choice((2, 3, 3, 3, 4))))),)
