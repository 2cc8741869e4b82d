"""What attention and transformers share: checks of ranks, features, batches and lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..layer import Layer, Needs, Shape
from ..problem import FEATURES, GROUPS, JOIN, refusal
from ..size import Size, product, same
from ..sorts import Integer
from ..strides import plain, reshaped
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

Heads = Annotated[int, Integer(low=1, high=4)]


class Attending(Layer, abstract=True):
    """Checks that all kinds with attention make."""

    @property
    def batch_leads(self) -> bool:
        """The field `batch_first`, which each kind declares at torch's place for it."""
        return bool(self.__dict__["batch_first"])

    def check_heads(self, width_name: str, heads_name: str) -> None:
        width, heads = getattr(self, width_name), getattr(self, heads_name)
        if width % heads:
            fitting = next(number for number in range(heads, 0, -1) if width % number == 0)
            raise refusal(
                GROUPS,
                f"{width_name} {width} is not divisible by {heads_name} {heads}",
                note=f"{width} % {heads} = {width % heads}",
                argument=heads_name,
                repairs=({heads_name: fitting},),
            )

    def check_rank(self, x: Shape, name: str, axes: int | None = None) -> None:
        """Two or three axes, and as many as the first input has."""
        order = "batch, length" if self.batch_leads else "length, batch"
        takes = {3: f"3 ({order}, features)", 2: "2 (length, features)"}
        if axes is None and len(x) not in takes:
            raise wrong_rank(self, x, f"{takes[3]} or {takes[2]}", name=name)
        if axes is not None and len(x) != axes:
            raise wrong_rank(self, x, f"{takes[axes]} where the first input has {axes}", name=name)

    def check_features(self, need: Needs, x: Shape, name: str, argument: str, wanted: int) -> None:
        found = x[-1]
        if found != wanted:
            need(
                same(found, wanted),
                lambda: refusal(
                    FEATURES,
                    f"{name} has {found} features, but {argument} is {wanted}",
                    note=f"{argument}=None stands for embed_dim"
                    if self.__dict__[argument] is None
                    else "the features are the last axis",
                    argument=argument,
                    repairs=({argument: found},) if isinstance(found, int) else (),
                ),
            )

    def check_same(self, need: Needs, axis: int, first: tuple[str, Shape], second: tuple[str, Shape]) -> None:
        """The two inputs must agree on an axis, the batch or the length."""
        (name, x), (other, y) = first, second
        if x[axis] is y[axis] or x[axis] == y[axis]:
            return
        batched = axis == self.batch_axis(x)
        what = "batch" if batched else "length"
        need(
            same(x[axis], y[axis]),
            lambda: refusal(
                JOIN,
                f"{other} has {what} {y[axis]}, but {name} has {what} {x[axis]}",
                note=f"batch_first={self.batch_leads} makes axis {axis} the batch" if batched else None,
                argument="batch_first" if batched else None,
                repairs=({"batch_first": not self.batch_leads},) if batched else (),
            ),
        )

    def batch_axis(self, x: Shape) -> int | None:
        """The axis of the batch, if the input has one."""
        if len(x) == 2:
            return None
        return 0 if self.batch_leads else 1

    def attended(
        self, query: Shape, key: Shape, read: int, heads: int, dropout: float, weighs: bool, half: bool
    ) -> tuple[Size, Size]:
        """What attention keeps beside its inputs, of which it has `read`: numbers, and wide ones.

        Asked for its weights too, torch computes it step by step; else in one kernel, and with dropout in other
        steps, with wide numbers where it is given `half` of their bits. Queries, keys and values of one input are one
        tensor, keys and values of one are one, too, unless a batch is missing and each gets its own.
        """
        own, other = product(query), product((*key[:-1], query[-1]))
        read = 3 if len(query) == 2 else read
        rows = heads * (query[0 if self.batch_leads else 1] if len(query) == 3 else 1) * self.length(query)
        weights = rows * self.length(key) * (3 if dropout > 0 else 1)
        if weighs:
            return (3 if read == 1 else 2) * own + 2 * other + weights, 0
        if dropout == 0:
            return 2 * own + 2 * other, rows
        if half:
            return own, own + 2 * other + weights
        values = {1: 3 * own, 2: 2 * other}.get(read, other)
        return 2 * own + other + values + weights, 0

    def as_rows(self, x: Shape, strides: Shape) -> Shape | None:
        """The strides of all vectors as rows, length first: what the linear maps are given; None for a copy."""
        if self.batch_axis(x) == 0:
            x, strides = (x[1], x[0], x[2]), (strides[1], strides[0], strides[2])
        return reshaped(x, strides, (product(x[:-1]), x[-1]))

    def laid(self, out: Shape) -> Shape:
        """The strides of an output that was made length first."""
        if self.batch_axis(out) != 0:
            return plain(out)
        length, batch, width = plain((out[1], out[0], out[2]))
        return batch, length, width

    def length(self, x: Shape) -> Size:
        """How many vectors are attended to."""
        return x[0] if len(x) == 2 or not self.batch_leads else x[1]


def sample_pair(random: Random) -> tuple[Shape, Shape]:
    """Two sequences, mostly of the same features and batch."""
    width = random.choice((4, 6, 12, 24, 24))
    long = random.randint(1, 4)
    short = random.choice((long, random.randint(1, 4)))
    batch = 2 if random.random() < 0.9 else 3
    front = random.random() < 0.3
    pair: list[Shape] = [(long, 2, width), (short, batch, width)]
    if front:
        pair = [(2, long, width), (batch, short, width)]
    if random.random() < 0.15:  # without a batch, or with too many axes
        pair = [random.choice((x[1:], x[1:], x[2:], (2, *x))) for x in pair]
        pair = [pair[0], pair[1] if random.random() < 0.2 else pair[0]]
    return pair[0], pair[1] if random.random() < 0.95 else (*pair[1][:-1], 5)
