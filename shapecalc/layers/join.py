"""Tensors side by side: `cat` and `stack`.

They run along dim 1, the channels, unless told otherwise: dim 0, torch's own default, is the batch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..layer import Layer, Needs, Shape
from ..problem import INPUT_COUNT, JOIN, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, Link, Links, Regroup, kept
from ..saving import NOTHING, Saved
from ..size import Size, same
from ..window import Pick, Slide, unknown
from ._axes import Dim, axis_at, axis_name, many, shape_text

if TYPE_CHECKING:
    from random import Random


class Join(Layer, abstract=True):
    """Any number of tensors, at least `fewest`."""

    inputs: ClassVar[tuple[str, ...]] = ("*tensors",)
    functional = True
    fewest = 1

    def check_count(self, tensors: tuple[Shape, ...]) -> None:
        if len(tensors) < self.fewest:
            given = many(len(tensors), "is given", "are given")
            text = f"{type(self).__name__} takes at least {many(self.fewest, 'input', 'inputs')}, and {given}"
            raise refusal(INPUT_COUNT, text)

    def check_ranks(self, tensors: tuple[Shape, ...]) -> None:
        for shape in tensors:
            if len(shape) != len(tensors[0]):
                both = f"{len(tensors[0])} ({shape_text(tensors[0])}) and {len(shape)} ({shape_text(shape)})"
                raise refusal(
                    JOIN, f"{type(self).__name__} needs as many axes in every input, but they have {both}"
                )

    def misfit(self, rule: str, name: str, *sizes: Size) -> ShapeError:
        return refusal(JOIN, f"{type(self).__name__} needs {rule}, but {name} is {sizes[0]} and {sizes[1]}")

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        one = (2, *(random.randint(1, 4) for _ in range(random.randint(0, 4))))
        return (one,) * random.randint(cls.fewest, 3)


class Cat(Join):
    """`torch.cat`: one after the other along dim, which is 1 (the channels) unless told otherwise (torch: 0).

    All other axes must agree (https://docs.pytorch.org/docs/stable/generated/torch.cat.html).

    >>> Cat().shape(Needs(), (2, 64, 10, 10), (2, 128, 10, 10))
    (2, 192, 10, 10)
    """

    dim: Dim = 1

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        self.check_count(tensors)
        self.check_ranks(tensors)
        first, *others = tensors
        along = axis_at(self.dim, len(first))
        if not first:
            raise refusal(WRONG_RANK, "Cat takes inputs with axes, and these have none; Stack takes them")
        for other in others:
            for axis, (here, there) in enumerate(zip(first, other)):
                if here != there and axis != along:
                    name = axis_name(axis, len(first))
                    rule = f"equal sizes outside dim {self.dim}"
                    need(same(here, there), lambda args=(rule, name, here, there): self.misfit(*args))  # type: ignore[misc]
        total = first[along]
        for other in others:
            total += other[along]
        return (*first[:along], total, *first[along + 1 :])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return _side_by_side(inputs, out, axis_at(self.dim, len(out)))

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(formatted=len(out) > 2)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        along = axis_at(self.dim, len(out))
        return (f"{axis_name(along, len(out))} {' + '.join(str(x[along]) for x in inputs)} = {out[along]}",)

    def expression(self, *inputs: str) -> str:
        return f"torch.cat([{', '.join(inputs)}], dim={self.dim})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        inputs = super().sample_inputs(random)
        axis = random.choice((1, 1, 1, 0, 2)) if random.random() < 0.6 else -1
        mended = [
            tuple(random.randint(1, 4) if place == axis else size for place, size in enumerate(x))
            for x in inputs
        ]
        if random.random() < 0.05:
            mended[0] = (*mended[0], 3)
        return tuple(mended)


class Stack(Join):
    """`torch.stack`: equal shapes along a new axis at dim, which is 1 unless told otherwise (torch: 0).

    (https://docs.pytorch.org/docs/stable/generated/torch.stack.html)
    """

    dim: Dim = 1

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        self.check_count(tensors)
        self.check_ranks(tensors)
        first, *others = tensors
        along = axis_at(self.dim, len(first) + 1, of="output")
        for other in others:
            for axis, (here, there) in enumerate(zip(first, other)):
                if here != there:
                    name = axis_name(axis, len(first))
                    args = ("equal shapes", name, here, there)
                    need(same(here, there), lambda args=args: self.misfit(*args))  # type: ignore[misc]
        return (*first[:along], len(tensors), *first[along:])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        along = axis_at(self.dim, len(out))
        slices = [(*x[:along], 1, *x[along:]) for x in inputs]
        joined = _side_by_side(tuple(slices), out, along)
        return tuple((Regroup(x, one), *(chain or ())) for x, one, chain in zip(inputs, slices, joined))

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING

    def expression(self, *inputs: str) -> str:
        return f"torch.stack([{', '.join(inputs)}], dim={self.dim})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        inputs = super().sample_inputs(random)
        return inputs if random.random() < 0.8 else Cat.sample_inputs(random)


def _side_by_side(inputs: tuple[Shape, ...], out: Shape, along: int) -> tuple[Chain, ...]:
    """Each input behind those before it, along one axis."""
    chains = list[Chain]()
    before: Size = 0
    for x in inputs:
        links = [kept(axis, size) for axis, size in enumerate(x)]
        place: Slide | Pick = unknown(x[along], out[along])
        if isinstance(before, int):
            place = Slide(x[along], out[along], 1, 1, before, padding_mode="ignored")
        links[along] = Link(along, place, beside=True)
        chains.append((Links(tuple(links), x, out),))
        before += x[along]
    return tuple(chains)
