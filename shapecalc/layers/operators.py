"""The operators `+ - * /`, each with torch's broadcasting, and `@`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layer import Needs, Shape
from ..problem import FEATURES, JOIN, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, Link, Links, kept, pointwise
from ..saving import CROSSWISE, NOTHING, Saved, View
from ..size import Size, product, same
from ..strides import as_batch, plain, reshaped
from ._axes import axis_name, shape_text, with_size
from .join import Join

if TYPE_CHECKING:
    from random import Random


def broadcast(need: Needs, join: Join, a: Shape, b: Shape, behind: int = 0) -> Shape:
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


def _batch_on_another_axis(join: Join, name: str, batch: Size, other: Size) -> ShapeError:
    against = f"against {with_size(name, other)} of the other"
    text = f"{type(join).__name__} would put the batch {batch} of one input {against}"
    return refusal(JOIN, text, note="shapes are aligned at their last axis")


class _Elementwise(Join, abstract=True):
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
        return Saved(inputs=(0, 1), when=CROSSWISE, elementwise=True) if len(inputs) == 2 else None


class Div(_Elementwise):
    """`a / b / ...`, elementwise, broadcast as in `Add`."""

    sign = "/"

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0, 1), when=((1,), (0, 1)), elementwise=True) if len(inputs) == 2 else None


class MatMul(Join):
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
        view: View = as_batch
        if len(a) <= 2 or len(b) <= 2:  # as one product of matrices, where the smaller one has a gradient
            view = _as_rows if len(a) >= len(b) else _as_columns
        elif a[:-2] != b[:-2]:
            return None
        return Saved(inputs=(0, 1), when=CROSSWISE, kept_as=view, strides=plain(out))

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


def _as_rows(x: Shape, strides: Shape) -> Shape | None:
    return strides if len(x) <= 2 else reshaped(x, strides, (product(x[:-1]), x[-1]))


def _as_columns(x: Shape, strides: Shape) -> Shape | None:
    """Of the second of two, which is multiplied from the left: its transpose as rows."""
    if len(x) <= 2:
        return strides
    return _as_rows((*x[:-2], x[-1], x[-2]), (*strides[:-2], strides[-1], strides[-2]))


def _thinned(random: Random, x: Shape) -> Shape:
    """The shape with some axes 1, some missing in front, and seldom a wrong one."""
    sizes = [1 if random.random() < 0.2 else size for size in x]
    if random.random() < 0.25:
        sizes[random.randrange(len(sizes))] = random.randint(1, 5)
    return tuple(sizes[random.choice((0, 0, 1, 2)) :]) or (1,)
