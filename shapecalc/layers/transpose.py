"""Axes moved, dropped, added or repeated: `permute`, `transpose`, `squeeze`, `unsqueeze`, `expand`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..layer import Layer, Needs, Shape
from ..problem import EMPTY_OUTPUT, JOIN, SIZE_LIMIT, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, permuted, pointwise
from ..saving import Saved, expanded, ordered
from ..size import Size, same
from ..sorts import BATCH, Numbers
from ._axes import Dim, OptionalDims, axes_at, axis_at, axis_name, many, sized_axis, with_size
from .reshape import Regrouping, Sizes

if TYPE_CHECKING:
    from random import Random

AllDims = Annotated["tuple[int, ...]", Numbers(scalar=False)]


class _Method(Layer, abstract=True):
    """A kind that is a method of the tensor, with the same arguments."""

    functional = True

    def expression(self, *inputs: str) -> str:
        name = type(self).__name__
        return f"{inputs[0]}.{name.lower()}{repr(self)[len(name) :]}"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.choice((1, 1, 2, 3, 4)) for _ in range(random.randint(0, 4)))),)


class Permute(_Method):
    """`Tensor.permute`: the axes in the order given; `Permute(0, 2, 3, 1)` puts channels last.

    (https://docs.pytorch.org/docs/stable/generated/torch.permute.html)

    >>> Permute(0, 2, 3, 1).shape(Needs(), (2, 3, 10, 474))
    (2, 10, 474, 3)
    """

    variadic = "dims"

    dims: AllDims

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(self.dims) != len(x) or not self.dims:
            text = f"Permute orders {many(len(self.dims), 'axis', 'axes')}, and the input has {len(x)}"
            raise refusal(WRONG_RANK, text, argument="dims")
        return tuple([x[axis] for axis in axes_at(self.dims, len(x), "dims")])

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        axes = axes_at(self.dims, len(taken), "dims")
        return (Permute(tuple(axes.index(axis) for axis in range(len(axes)))),)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return ((permuted(inputs[0], axes_at(self.dims, len(out), "dims")),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return ordered(axes_at(self.dims, len(out), "dims"))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axes = axes_at(self.dims, len(out), "dims")
        return tuple(
            f"axis {place} from axis {axis}: {out[place]}" for place, axis in enumerate(axes) if place != axis
        )

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        if random.random() < 0.6:
            rank = len(inputs[0])
            order = random.sample(range(rank), rank)
            arguments["dims"] = tuple(axis - rank if random.random() < 0.2 else axis for axis in order)
        return inputs


class Transpose(_Method):
    """`Tensor.transpose`: two axes swapped.

    (https://docs.pytorch.org/docs/stable/generated/torch.transpose.html)
    """

    dim0: Dim
    dim1: Dim

    def shape(self, need: Needs, x: Shape) -> Shape:
        first, second = axis_at(self.dim0, len(x), "dim0"), axis_at(self.dim1, len(x), "dim1")
        swapped = list(x)
        if x:
            swapped[first], swapped[second] = x[second], x[first]
        return tuple(swapped)

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (self,)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return ((permuted(inputs[0], self._order(len(out))),),)

    def _order(self, rank: int) -> list[int]:
        order = [*range(rank)]
        if order:
            first, second = axis_at(self.dim0, rank, "dim0"), axis_at(self.dim1, rank, "dim1")
            order[first], order[second] = second, first
        return order

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return ordered(self._order(len(out)))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axes = axis_at(self.dim0, len(out), "dim0"), axis_at(self.dim1, len(out), "dim1")
        return tuple(
            f"axis {axis} from axis {sum(axes) - axis}: {out[axis]}" for axis in axes if axes[0] != axes[1]
        )


class Squeeze(_Method, Regrouping):
    """`Tensor.squeeze`: the axes of size 1 dropped, all of them or those in dim; other sizes in dim stay.

    A symbolic size is taken to be more than 1, under that condition. With dim=None a batch of one sample
    loses its first axis, too
    (https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html).
    """

    dim: OptionalDims = None

    def shape(self, need: Needs, x: Shape) -> Shape:
        axes = range(len(x)) if self.dim is None else axes_at(self.dim, len(x))
        for axis in axes:
            if x and not isinstance(x[axis], int):
                need(x[axis] >= 2, lambda axis=axis: self._undecided(axis, x))  # type: ignore[misc]
        return tuple([size for axis, size in enumerate(x) if size != 1 or axis not in axes])

    def _undecided(self, axis: int, x: Shape) -> ShapeError:
        return refusal(
            SIZE_LIMIT,
            f"{sized_axis(axis, x)} may be 1, and would then be squeezed",
            note="a formula for the size has as many axes for every input",
            argument="dim",
        )

    def expression(self, *inputs: str) -> str:
        return f"{inputs[0]}.squeeze({'' if self.dim is None else repr(self.dim)})"


class Unsqueeze(_Method, Regrouping):
    """`Tensor.unsqueeze`: an axis of size 1 put in at dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html)
    """

    dim: Dim

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.dim, len(x) + 1, of="output")
        return (*x[:axis], 1, *x[axis:])

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (Squeeze(axis_at(self.dim, len(made))),)


class Expand(Layer):
    """`Tensor.expand`: axes of size 1 repeated to the given sizes; -1 keeps an axis; new axes stand in front.

    (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html)
    """

    functional = True
    variadic = "size"

    size: Sizes

    def shape(self, need: Needs, x: Shape) -> Shape:
        new = len(self.size) - len(x)
        if new < 0 or not self.size or (BATCH in self.size and not x):
            given, axes = many(len(self.size), "size", "sizes"), many(len(x), "axis", "axes")
            raise refusal(WRONG_RANK, f"Expand gives {given}, and the input has {axes}", argument="size")
        sizes: list[Size] = [x[0] if size is BATCH else size for size in self.size]
        for axis, size in enumerate(sizes):
            if size == -1 and axis >= new:
                sizes[axis] = x[axis - new]
            elif isinstance(size, int) and size < 1:
                raise refusal(EMPTY_OUTPUT, f"axis {axis} cannot be expanded to {size}", argument="size")
            elif axis >= new and x[axis - new] != 1:
                found = x[axis - new]
                need(same(found, size), lambda axis=axis, found=found: self._misfit(axis, found))  # type: ignore[misc]
        return tuple(sizes)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (pointwise(inputs[0], out),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return expanded(out)

    def _misfit(self, axis: int, size: Size) -> ShapeError:
        name = axis_name(axis, len(self.size))
        return refusal(
            JOIN,
            f"{with_size(name, size)} cannot be expanded to {self.size[axis]}",
            note="only an axis of size 1 can be expanded",
            argument="size",
            repairs=({"size": (*self.size[:axis], -1, *self.size[axis + 1 :])},),
        )

    def expression(self, *inputs: str) -> str:
        sizes = [f"{inputs[0]}.size(0)" if size is BATCH else str(size) for size in self.size]
        return f"{inputs[0]}.expand({', '.join(sizes)})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.choice((1, 1, 2, 3)) for _ in range(random.randint(0, 3)))),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        if random.random() < 0.6:
            kept = [random.choice((-1, size if size > 1 else random.randint(1, 3))) for size in inputs[0]]
            arguments["size"] = (random.randint(1, 3),) * random.randint(0, 2) + tuple(kept)
        return inputs
