"""What a convolution and its transpose share: channels, groups, bias, and inputs without a batch."""

from __future__ import annotations

from ..arguments import Bool, Count, InChannels, Kernel
from ..layer import AXES, Field, Layer, Needs, Shape
from ..problem import CHANNELS, GROUPS, WRONG_RANK, ShapeError, refusal
from ..size import Size, product, same


class ChannelMixing(Layer, abstract=True):
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
            raise self._wrong_rank(x)
        if x[1] != self.in_channels:
            need(same(x[1], self.in_channels), lambda: self._wrong_channels(x[1]))

    def _wrong_rank(self, x: Shape) -> ShapeError:
        axes = ", ".join(("batch", "channels", *AXES[self.rank]))
        return refusal(
            WRONG_RANK, f"input has {len(x)} axes, and {type(self).__name__} takes {self.rank + 2} ({axes})"
        )

    def _wrong_channels(self, found: Size) -> ShapeError:
        return refusal(
            CHANNELS,
            f"input has {found} channels, but in_channels is {self.in_channels}",
            argument="in_channels",
            repairs=({"in_channels": found},) if isinstance(found, int) else (),
        )

    def is_unbatched(self, x: Shape) -> bool:
        """Whether torch reads the first axis as channels; with a symbolic batch nobody means that."""
        return len(x) == self.rank + 1 and isinstance(x[0], int)

    @property
    def num_parameters(self) -> int:
        taps = product(self.per_axis("kernel_size"))
        weights = self.in_channels * self.out_channels // self.groups * taps
        return int(weights) + (self.out_channels if self.bias else 0)


def with_axis(values: list[int], axis: int, value: int) -> int | tuple[int, ...]:
    """The values with one axis changed, as a single integer where all agree."""
    values[axis] = value
    return values[0] if len(set(values)) == 1 else tuple(values)


def _shared_divisor(groups: int, *channels: int) -> int:
    """The largest number of groups, at most `groups`, that divides all the channel counts."""
    return next(number for number in range(groups, 0, -1) if not any(count % number for count in channels))
