"""Reductions over axes: `mean`, `sum`, `amax`, `amin`."""

from __future__ import annotations

from ..fields import Bool
from ..layer import Layer, Needs, Shape
from ._axes import Dims, axes_at


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

    def expression(self, *inputs: str) -> str:
        name = type(self).__name__
        return f"{inputs[0]}.{name.lower()}{repr(self)[len(name) :]}"


class Mean(_Reduction):
    """`Tensor.mean` over the axes in dim: `Mean((2, 3))` is global average pooling.

    (https://docs.pytorch.org/docs/stable/generated/torch.mean.html)

    >>> Mean((2, 3)).shape(Needs(), (2, 512, 7, 7))
    (2, 512)
    """


class Sum(_Reduction):
    """`Tensor.sum` over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.sum.html)
    """


class Amax(_Reduction):
    """`Tensor.amax`: the largest over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.amax.html)
    """


class Amin(_Reduction):
    """`Tensor.amin`: the smallest over the axes in dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.amin.html)
    """
