"""Pads of every mode, which crop where the padding is negative, and the functional `Pad`."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from ..binding import spelt
from ..layer import Needs, Shape
from ..problem import BAD_ARGUMENT, refusal
from ..sorts import Choice, Real
from ._padding import PaddingRule, Sides, SidesOnly

FillValue = Annotated[float, Real(samples=(0, 0.5, -1, float("-inf")))]
MaybeValue = Annotated["float | None", Real(optional=True, samples=(0, 0.0, 1.5))]
Mode = Annotated[str, Choice("constant", "reflect", "replicate", "circular")]


class _Pad(PaddingRule, abstract=True):
    padding: Sides

    def validate(self) -> None:
        """Refuse an odd number of sides."""
        assert self._pairs is not None


class _ConstantPad(_Pad, abstract=True):
    """Pads the last axes of an input of any rank."""

    padding: Sides
    value: FillValue


class _ReflectionPad(_Pad, abstract=True):
    """Padding must be narrower than the axis, as the border itself is not repeated."""

    mode = "reflect"


class _ReplicationPad(_Pad, abstract=True):
    """Padding of any width."""

    mode = "replicate"


class _CircularPad(_Pad, abstract=True):
    """Padding may be at most as wide as the axis."""

    mode = "circular"

    @cached_property
    def _ranks(self) -> range:
        """The rank must also be that of the kind's name, where `padding` has other pairs."""
        fitting = super()._ranks
        return range(max(fitting.start, self.rank + 1), min(fitting.stop, self.rank + 3))


class Pad(PaddingRule):
    """`torch.nn.functional.pad(input, pad, mode, value)` on any number of axes, the last axis first in `pad`.

    axis' = axis + before + after, where a negative side crops
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html).

    >>> Pad((1, 1, -2, 0)).shape(Needs(), (2, 16, 10, 474))
    (2, 16, 8, 476)
    """

    functional = True
    sides_argument = "pad"

    pad: SidesOnly
    mode: Mode = "constant"  # type: ignore[misc]
    value: MaybeValue = None

    def shape(self, need: Needs, x: Shape) -> Shape:
        if self.value and self.mode != "constant":
            raise refusal(
                BAD_ARGUMENT,
                f"mode='{self.mode}' takes no value, and value is {self.value}",
                argument="value",
                repairs=({"value": None},),
            )
        return super().shape(need, x)

    def expression(self, *inputs: str) -> str:
        mode = f", mode={self.mode!r}" if self.mode != "constant" else ""
        value = f", value={spelt(self.value)}" if self.value is not None else ""
        return f"torch.nn.functional.pad({inputs[0]}, {self.pad}{mode}{value})"


class ConstantPad1d(_ConstantPad):
    """`torch.nn.ConstantPad1d`: (N, C, L) with length padded by a value.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html).
    """

    rank = 1


class ConstantPad2d(_ConstantPad):
    """`torch.nn.ConstantPad2d`: (N, C, H, W) with both axes padded by a value.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html).
    """

    rank = 2


class ConstantPad3d(_ConstantPad):
    """`torch.nn.ConstantPad3d`: (N, C, D, H, W) with all three axes padded by a value.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html).
    """

    rank = 3


class ZeroPad1d(_Pad):
    """`torch.nn.ZeroPad1d`: (N, C, L) with length padded by zeros; as `ConstantPad1d`.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html).
    """

    rank = 1


class ZeroPad2d(_Pad):
    """`torch.nn.ZeroPad2d`: (N, C, H, W) with both axes padded by zeros; as `ConstantPad2d`.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html).
    """

    rank = 2


class ZeroPad3d(_Pad):
    """`torch.nn.ZeroPad3d`: (N, C, D, H, W) with all three axes padded by zeros; as `ConstantPad3d`.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html).
    """

    rank = 3


class ReflectionPad1d(_ReflectionPad):
    """`torch.nn.ReflectionPad1d`: (N, C, L) with length padded by its mirror image.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html).
    """

    rank = 1


class ReflectionPad2d(_ReflectionPad):
    """`torch.nn.ReflectionPad2d`: (N, C, H, W) with both axes padded by their mirror image.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html).
    """

    rank = 2


class ReflectionPad3d(_ReflectionPad):
    """`torch.nn.ReflectionPad3d`: (N, C, D, H, W) with all three axes padded by their mirror image.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html).
    """

    rank = 3


class ReplicationPad1d(_ReplicationPad):
    """`torch.nn.ReplicationPad1d`: (N, C, L) with length padded by its border.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html).
    """

    rank = 1


class ReplicationPad2d(_ReplicationPad):
    """`torch.nn.ReplicationPad2d`: (N, C, H, W) with both axes padded by their border.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html).
    """

    rank = 2


class ReplicationPad3d(_ReplicationPad):
    """`torch.nn.ReplicationPad3d`: (N, C, D, H, W) with all three axes padded by their border.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html).
    """

    rank = 3


class CircularPad1d(_CircularPad):
    """`torch.nn.CircularPad1d`: (N, C, L) with length wrapped around, at most once.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html).
    """

    rank = 1


class CircularPad2d(_CircularPad):
    """`torch.nn.CircularPad2d`: (N, C, H, W) with both axes wrapped around, at most once.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html).
    """

    rank = 2


class CircularPad3d(_CircularPad):
    """`torch.nn.CircularPad3d`: (N, C, D, H, W) with all three axes wrapped around, at most once.

    axis' = axis + before + after, negative sides crop; `padding` has the last axis first
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html).
    """

    rank = 3
