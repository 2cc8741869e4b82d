"""Several tensors to one: `cat`, `stack`, arithmetic with broadcasting, `matmul`.

`Cat` and `Stack` run along dim 1, the channels, unless told otherwise: dim 0, torch's own default, is the
batch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..layer import Layer, Needs, Shape
from ..problem import FEATURES, INPUT_COUNT, JOIN, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, Link, Links, Regroup, kept, pointwise
from ..saving import NOTHING, Saved
from ..size import Size, product, same
from ..strides import plain, reshaped
from ..window import Slide
from ._axes import Dim, axis_at, axis_name, many, shape_text, with_size

if TYPE_CHECKING:
    from random import Random


class _Join(Layer, abstract=True):
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


class Cat(_Join):
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


class Stack(_Join):
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
        links[along] = Link()
        if isinstance(before, int):
            links[along] = Link(along, Slide(x[along], out[along], 1, 1, before, padding_mode="ignored"))
        chains.append((Links(tuple(links), x, out),))
        before += x[along]
    return tuple(chains)


def broadcast(need: Needs, join: _Join, a: Shape, b: Shape, behind: int = 0) -> Shape:
    """The common shape of two by torch's rule: aligned at the last axis, on each equal or 1.

    A symbolic batch against another axis of the other tensor is refused unless that is 1: they would agree
    for one batch size only. `behind` axes stand behind those given, and are not broadcast
    (https://docs.pytorch.org/docs/stable/notes/broadcasting.html).
    """
    if a == b:
        return a
    rank, out = max(len(a), len(b)), list[Size]()
    for axis in range(rank):
        at_a, at_b = axis - rank + len(a), axis - rank + len(b)
        here, there = a[at_a] if at_a >= 0 else 1, b[at_b] if at_b >= 0 else 1
        if here == there or there == 1:
            out.append(here)
            continue
        if here != 1:
            name = f"axis {axis}" if behind else axis_name(axis, rank)
            batch, other = (here, there) if at_a == 0 else (there, here)
            if at_a != at_b and 0 in (at_a, at_b) and not isinstance(batch, int):
                raise _batch_on_another_axis(join, name, batch, other)
            args = ("equal sizes or 1", name, here, there)
            need(same(here, there), lambda args=args: join.misfit(*args))  # type: ignore[misc]
        out.append(there)
    return tuple(out)


def _batch_on_another_axis(join: _Join, name: str, batch: Size, other: Size) -> ShapeError:
    against = f"against {with_size(name, other)} of the other"
    text = f"{type(join).__name__} would put the batch {batch} of one input {against}"
    return refusal(JOIN, text, note="shapes are aligned at their last axis")


class _Elementwise(_Join, abstract=True):
    """Two or more inputs, from left to right, each with torch's broadcasting."""

    fewest = 2
    sign = "+"

    def shape(self, need: Needs, *tensors: Shape) -> Shape:
        self.check_count(tensors)
        out = tensors[0]
        for other in tensors[1:]:
            out = broadcast(need, self, out, other)
        return out

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return tuple(pointwise(x, out) for x in inputs)

    def expression(self, *inputs: str) -> str:
        return f" {self.sign} ".join(inputs)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return tuple(_thinned(random, x) for x in super().sample_inputs(random))


class Add(_Elementwise):
    """`a + b + ...`, elementwise (https://docs.pytorch.org/docs/stable/notes/broadcasting.html)."""

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING._replace(elementwise=True)


class Sub(_Elementwise):
    """`a - b - ...`, elementwise, broadcast as in `Add`."""

    sign = "-"

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return NOTHING._replace(elementwise=True)


class Mul(_Elementwise):
    """`a * b * ...`, elementwise, broadcast as in `Add`."""

    sign = "*"

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0, 1), crosswise=True, elementwise=True) if len(inputs) == 2 else None


class Div(_Elementwise):
    """`a / b / ...`, elementwise, broadcast as in `Add`."""

    sign = "/"

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0, 1), elementwise=True) if len(inputs) == 2 else None


class MatMul(_Join):
    """`torch.matmul`: (*, n, m) and (*, m, p) to (*, n, p), the axes in front broadcast.

    One axis alone is a row on the left, a column on the right, and is gone afterwards
    (https://docs.pytorch.org/docs/stable/generated/torch.matmul.html).
    """

    inputs = ("input", "other")

    def shape(self, need: Needs, a: Shape, b: Shape) -> Shape:
        if not a or not b:
            raise refusal(WRONG_RANK, "MatMul takes inputs with axes, and one has none")
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            need(same(a[-1], inner), lambda: self._inner(a, b, inner))
        front = broadcast(need, self, a[:-2], b[:-2], behind=2)
        return (*front, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """A row of one input and a column of the other."""
        a, b = inputs
        places, rank = range(max(len(a), len(b)) - 2), len(out)
        row = kept(len(places), a[-2]) if len(a) > 1 else None
        column = kept(rank - 1, b[-1]) if len(b) > 1 else None
        front = []
        for x in (a, b):
            (shared,) = pointwise(x[:-2], out[: len(places)]) or ()
            front.append(shared.links if isinstance(shared, Links) else ())
        rows = [row, Link()] if row else [Link()]
        columns = [Link(), column] if column else [Link()]
        return (Links((*front[0], *rows), a, out),), (Links((*front[1], *columns), b, out),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Each input for the other one; those of many axes as a batch of matrices, which may be a copy."""
        a, b = inputs
        if len(a) <= 2 and len(b) <= 2:
            return Saved(inputs=(0, 1), crosswise=True, strides=plain(out))
        if a[:-2] != b[:-2]:
            return None
        return Saved(inputs=(0, 1), crosswise=True, kept_as=_as_batch, strides=plain(out))

    def _inner(self, a: Shape, b: Shape, inner: Size) -> ShapeError:
        text = f"MatMul cannot multiply {shape_text(a)} and {shape_text(b)}"
        return refusal(FEATURES, f"{text}: the first ends in {a[-1]}, and the second takes {inner}")

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Torch counts products of matrices, and not those with a vector, which it computes another way."""
        a, b = inputs
        if len(b) == 1 or (len(a) == 1 and len(b) > 2 and b[-2] == 1):
            return 0
        return product(out) * a[-1]

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"{shape_text(inputs[0])} @ {shape_text(inputs[1])} = {shape_text(out)}",)

    def expression(self, *inputs: str) -> str:
        return f"torch.matmul({inputs[0]}, {inputs[1]})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        n, m, p = (random.randint(1, 4) for _ in range(3))
        front = (2, *(random.randint(1, 3) for _ in range(random.randint(0, 2))))
        a, b = ((*_thinned(random, front), *matrix) for matrix in ((n, m), (m, p)))
        if random.random() < 0.15:
            b = b[:-1]
        return (a[random.choice((0, 0, 0, -2, -1)) :], b[random.choice((0, 0, 0, -2, -1)) :])


def _as_batch(x: Shape, strides: Shape) -> Shape | None:
    return reshaped(x, strides, (product(x[:-2]), *x[-2:]))


def _thinned(random: Random, x: Shape) -> Shape:
    """The shape with some axes 1, some missing in front, and seldom a wrong one."""
    sizes = [1 if random.random() < 0.2 else size for size in x]
    if random.random() < 0.25:
        sizes[random.randrange(len(sizes))] = random.randint(1, 5)
    return tuple(sizes[random.choice((0, 0, 1, 2)) :]) or (1,)
