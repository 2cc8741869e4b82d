"""Reductions over axes: `mean`, `sum`, `amax`, `amin`."""

from __future__ import annotations

from ..arguments import Bool
from ..layer import KINDS, Layer, Needs, Shape
from ..reading import Chain, Link, Links, kept
from ..saving import NOTHING, Saved
from ._axes import Dims, axes_at
from ._mirrors import resized


class _Reduction(Layer, abstract=True):
    """The axes in dim are dropped, or kept with size 1; an empty dim means all of them, as in torch."""

    functional = True

    dim: Dims
    keepdim: Bool = False

    def shape(self, need: Needs, x: Shape) -> Shape:
        axes = range(len(x)) if self.dim == () else axes_at(self.dim, len(x))
        if self.keepdim:
            return tuple([1 if axis in axes else size for axis, size in enumerate(x)])
        return tuple([size for axis, size in enumerate(x) if axis not in axes])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        (x,) = inputs
        axes = range(len(x)) if self.dim == () else axes_at(self.dim, len(x))
        links, place = list[Link](), 0
        for axis, size in enumerate(x):
            links.append(Link() if axis in axes else kept(place, size))
            place += self.keepdim or axis not in axes
        return ((Links(tuple(links), x, out),),)

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """The axes put back with size 1, then spread; the batch and the channels cannot be."""
        axes = [] if self.dim == () else sorted(axes_at(self.dim, len(taken)))
        if not axes or axes[0] < 2 or len(taken) > 5:
            return None
        back = () if self.keepdim else tuple(KINDS["Unsqueeze"](axis) for axis in axes)
        ones: Shape = tuple([1 if axis in axes else size for axis, size in enumerate(taken)])
        return (*back, *resized(taken[2:], ones[2:]))

    def expression(self, *inputs: str) -> str:
        name = type(self).__name__
        return f"{inputs[0]}.{name.lower()}{repr(self)[len(name) :]}"


class Mean(_Reduction):
    """`Tensor.mean` over the axes in dim: `Mean((2, 3))` is global average pooling.

    (https://docs.pytorch.org/docs/stable/generated/torch.mean.html)

    >>> Mean((2, 3)).shape(Needs(), (2, 512, 7, 7))
    (2, 512)
    """

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING


class Sum(_Reduction):
    """`Tensor.sum` over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.sum.html)
    """

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING


class Amax(_Reduction):
    """`Tensor.amax`: the largest over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.amax.html)
    """

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), output=True)


class Amin(_Reduction):
    """`Tensor.amin`: the smallest over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.amin.html)
    """

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), output=True)
