"""Distances between two inputs, along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool, Float
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, JOIN, refusal
from ..reading import Chain, Link, Links, kept, pointwise
from ..saving import Saved
from ..size import Size, product, same
from ..sorts import Real
from ._axes import Dim, axis_at, shape_text
from .activation import Scalar

if TYPE_CHECKING:
    from random import Random

Epsilon = Annotated[float, Scalar(samples=(1e-8, 1e-8, 0, 0.1, -1.0))]
Power = Annotated[float, Real(samples=(0, 1.0, 2, 3.5, float("inf"), -1.0))]


class _Distance(Layer, abstract=True):
    inputs = ("x1", "x2")

    def broadcast(self, need: Needs, x1: Shape, x2: Shape) -> Shape:
        """The shape that both are stretched to: from the last axis on, sizes are equal or one is 1."""
        longer, shorter = (x1, x2) if len(x1) >= len(x2) else (x2, x1)
        ahead = len(longer) - len(shorter)
        out: list[Size] = list(longer[:ahead])
        for first, second in zip(longer[ahead:], shorter):
            if first != second and first != 1 and second != 1:
                need(
                    same(first, second),
                    lambda: refusal(
                        JOIN,
                        f"inputs {shape_text(x1)} and {shape_text(x2)} do not broadcast",
                        note="from the last axis on, sizes must be equal, or one of them 1",
                    ),
                )
            out.append(second if first == 1 else first)
        return tuple(out)

    def compared(self, inputs: tuple[Shape, ...], axis: int, out: Shape) -> tuple[Chain, ...]:
        """Each input broadcast, then its `axis` read whole."""
        both = self.broadcast(Needs(), *inputs)
        places = [*range(axis), -1, *range(axis, len(both))]
        links = tuple(
            Link() if place == axis else kept(places[place], size) for place, size in enumerate(both)
        )
        return tuple((*(pointwise(x, both) or ()), Links(links, both, out)) for x in inputs)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        one = (2, *(random.randint(1, 4) for _ in range(random.randint(0, 3))))
        other = tuple(1 if random.random() < 0.1 else size for size in one)
        if random.random() < 0.15:
            other = (*other[:-1], random.randint(1, 4))
        other = other[random.random() < 0.15 :] or (1,)
        return (one, other) if random.random() < 0.8 else (other, one)


class CosineSimilarity(_Distance):
    """`torch.nn.CosineSimilarity`: two inputs, broadcast, without the axis `dim`.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html, Shape)

    >>> CosineSimilarity(1).shape(Needs(), (2, 128, 7), (2, 128, 7))
    (2, 7)
    """

    dim: Dim = 1
    eps: Epsilon = 1e-8

    def validate(self) -> None:
        if not self.eps >= 0:
            raise refusal(
                BAD_ARGUMENT,
                f"eps must not be negative, and is {self.eps}",
                argument="eps",
                repairs=({"eps": 1e-8},),
            )

    def shape(self, need: Needs, x1: Shape, x2: Shape) -> Shape:
        both = self.broadcast(need, x1, x2)
        axis = axis_at(self.dim, len(both))
        return both[:axis] + both[axis + 1 :]

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        rank = max(map(len, inputs))
        return self.compared(inputs, axis_at(self.dim, rank), out)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The inputs, both divided by their lengths, and of each output four steps of these."""
        x1, x2 = inputs
        return (
            Saved(inputs=(0, 1), numbers=2 * product(x1) + 4 * product(out), graded=(0, 1))
            if x1 == x2
            else None
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"dim {self.dim} becomes one number, and goes",)


class PairwiseDistance(_Distance):
    """`torch.nn.PairwiseDistance`: two inputs, broadcast, without the last axis (of size 1 with `keepdim`).

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html, Shape)
    """

    p: Power = 2.0
    eps: Float = 1e-6
    keepdim: Bool = False

    def shape(self, need: Needs, x1: Shape, x2: Shape) -> Shape:
        both = self.broadcast(need, x1, x2)
        return (*both[:-1], 1) if self.keepdim else both[:-1]

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return self.compared(inputs, max(map(len, inputs)) - 1, out)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The difference, and its length."""
        return Saved(output=True, numbers=product(self.broadcast(Needs(), *inputs)))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"the last axis becomes one number{'' if self.keepdim else ', and goes'}",)
