"""Kinds that work on the spatial axes, and what a convolution and its transpose share."""

from __future__ import annotations

from ..arguments import Bool, Count, InChannels, Kernel
from ..layer import AXES, KINDS, Field, Layer, Needs, Shape
from ..problem import EMPTY_OUTPUT, GROUPS, ShapeError, refusal
from ..size import Size, product, same
from ._mirrors import one
from ._refusals import wrong_channels, wrong_rank


class Spatial(Layer, abstract=True):
    """A kind that works on the last `rank` axes, and takes its input with or without the batch."""

    @property
    def axes(self) -> tuple[str, ...]:
        return AXES[self.rank]

    def with_channels(self, shape: Shape) -> Shape:
        """The shape as a batch with channels: without them the batch is read as such, and gets one of its own."""
        return (*shape[:1], 1, *shape[1:]) if len(shape) == self.rank + 1 else shape

    def between_channels(self, shape: Shape, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        """The layers, made for `with_channels(shape)`, for the shape itself."""
        if len(shape) != self.rank + 1 or not layers:
            return layers
        return (KINDS["Unsqueeze"](1), *layers, KINDS["Squeeze"](1))

    def check_rank(self, x: Shape) -> None:
        """Channels and the spatial axes must be there, and at most a batch before them."""
        if not 1 <= len(x) - self.rank <= 2:
            raise self.wrong_rank(x)

    def wrong_rank(self, x: Shape) -> ShapeError:
        return wrong_rank(self, x, f"{self.rank + 2} ({', '.join(('batch', 'channels', *self.axes))})")

    def cropped_away(self, axis: int, size: Size, padding: int, formula: str, returned: Size) -> ShapeError:
        """The refusal of an axis of which padding leaves nothing, with the formula of what it returns."""
        name, most = self.axes[axis], (returned + 2 * padding - 1) // 2
        value = f" = {returned}" if isinstance(size, int) else ""
        return refusal(
            EMPTY_OUTPUT,
            f"padding {padding} crops all of {name} {size} away",
            note=f"{name} {formula}{value}, and must be at least 1",
            argument="padding",
            repairs=(self.with_axis("padding", axis, most),) if isinstance(most, int) else (),
        )

    def with_axis(self, name: str, axis: int, value: int) -> dict[str, object]:
        """A repair: the field `name` with another value for one axis, as one integer where all agree."""
        values = list(self.per_axis(name))
        values[axis] = value
        return {name: one(values)}


class ChannelMixing(Spatial, abstract=True):
    """What a convolution and its transpose share: channels, groups, bias, rank."""

    role = "weights"

    in_channels: InChannels
    out_channels: Count
    kernel_size: Kernel
    groups: Count
    bias: Bool

    def validate(self) -> None:
        for name in ("in_channels", "out_channels"):
            channels = getattr(self, name)
            if channels % self.groups:
                raise refusal(
                    GROUPS,
                    f"{name} {channels} is not divisible by groups {self.groups}",
                    note=f"{channels} % {self.groups} = {channels % self.groups}",
                    argument="groups",
                    repairs=({"groups": _shared_divisor(self.groups, self.in_channels, self.out_channels)},),
                )

    def inferred_axis(self, field: Field, shape: Shape) -> int | None:
        return 0 if self.is_unbatched(shape) else 1

    def check_input(self, need: Needs, x: Shape) -> None:
        """Rank and channels of a batched input."""
        if len(x) != self.rank + 2:
            raise self.wrong_rank(x)
        if x[1] != self.in_channels:
            need(same(x[1], self.in_channels), lambda: wrong_channels(self, "in_channels", x[1]))

    def is_unbatched(self, x: Shape) -> bool:
        """Whether torch reads the first axis as channels; with a symbolic batch nobody means that."""
        return len(x) == self.rank + 1 and isinstance(x[0], int)

    @property
    def num_parameters(self) -> int:
        taps = product(self.per_axis("kernel_size"))
        weights = self.in_channels * self.out_channels // self.groups * taps
        return int(weights) + (self.out_channels if self.bias else 0)


def _shared_divisor(groups: int, *channels: int) -> int:
    """The largest number of groups, at most `groups`, that divides all the channel counts."""
    return next(number for number in range(groups, 0, -1) if not any(count % number for count in channels))
