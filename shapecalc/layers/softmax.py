"""Functions along one axis: the Softmax family, and GLU, which halves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..layer import Layer, Needs, Shape
from ..problem import AXIS, FEATURES, ShapeError, refusal
from ..reading import Chain, Link, Links, Regroup, kept, mixing
from ..saving import INPUT, Saved
from ..size import Size, divides
from ..sorts import Integer
from ..strides import plain
from ._axes import Dim, axis_at, axis_name
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

MaybeDim = Annotated["int | None", Integer(high=4, optional=True)]


class GLU(Layer):
    """`torch.nn.GLU`: halves the axis `dim`, one half gating the other.

    The axis must be even
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html; Dauphin et al. 2016).

    >>> GLU(1).shape(Needs(), (2, 64, 10))
    (2, 32, 10)
    """

    role = "activation"

    dim: Dim = -1

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.dim, len(x))
        if not x:
            raise refusal(AXIS, "there is no axis to halve: the input is one number")
        need(divides(2, x[axis]), lambda: self._odd(axis, x))
        return (*x[:axis], x[axis] // 2, *x[axis + 1 :])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """Both halves of the axis, side by side."""
        (x,) = inputs
        axis = axis_at(self.dim, len(x))
        halves = (*x[:axis], 2, *out[axis:])
        links = [kept(place, size) for place, size in enumerate(x[:axis])]
        links += [Link(), *(kept(place, size) for place, size in enumerate(out[axis:], axis))]
        return ((Regroup(x, halves), Links(tuple(links), halves, out)),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return INPUT

    def _odd(self, axis: int, x: Shape) -> ShapeError:
        forgotten = axis > 1 and isinstance(x[1], int) and x[1] % 2 == 0
        return refusal(
            FEATURES,
            f"{axis_name(axis, len(x))} {x[axis]} is odd, and GLU halves it",
            note=f"dim {self.dim} is axis {axis} of {len(x)}",
            argument="dim",
            repairs=({"dim": 1},) if forgotten else (),
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        (x,) = inputs
        axis = axis_at(self.dim, len(x))
        return (f"{axis_name(axis, len(x))} {x[axis]}//2 = {out[axis]}",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        sizes: list[Size] = [random.choice((1, 2, 3, 4, 6, 8)) for _ in range(random.randint(0, 4))]
        return ((2, *sizes),)


class _AlongAxis(Layer, abstract=True):
    echoed = True
    role = "activation"

    dim: MaybeDim = None

    def shape(self, need: Needs, x: Shape) -> Shape:
        if self.dim is not None:
            axis_at(self.dim, len(x))
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        axes = len(out)
        dim = self.dim if self.dim is not None else 0 if axes in (0, 1, 3) else 1
        return (mixing(inputs[0], [axis_at(dim, axes)]),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(output=True, strides=plain(out))


class Softmax(_AlongAxis):
    """`torch.nn.Softmax`: every shape, unchanged.

    With `dim=None` torch (with a warning) takes axis 0 of one or three axes, and else axis 1
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html).
    """


class Softmin(_AlongAxis):
    """`torch.nn.Softmin`: every shape, unchanged; `dim` as in `Softmax`."""


class LogSoftmax(_AlongAxis):
    """`torch.nn.LogSoftmax`: every shape, unchanged; `dim` as in `Softmax`."""


class Softmax2d(Layer):
    """`torch.nn.Softmax2d`: (N, C, H, W) or (C, H, W), unchanged, over the channels.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html)
    """

    echoed = True
    role = "activation"

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (3, 4):
            raise wrong_rank(self, x, "4 (batch, channels, height, width) or 3 (channels, height, width)")
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (mixing(inputs[0], [len(out) - 3]),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(output=True, strides=plain(out))

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 6) for _ in range(random.choice((1, 2, 3, 3, 3, 4))))),)
