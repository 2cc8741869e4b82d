"""Embeddings: integers to vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool, Count, Float, MaybeFloat, NoneOnly
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, INPUT_COUNT, MODE, ShapeError, refusal
from ..reading import Chain, Links, kept
from ..saving import Saved
from ..size import product
from ..sorts import Choice, Integer
from ..strides import plain, reshaped
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

PaddingIndex = Annotated["int | None", Integer(optional=True)]
BagMode = Annotated[str, Choice("mean", "sum", "max")]


class _Table(Layer, abstract=True):
    """A table of vectors."""

    integer_inputs = ("input", "offsets")

    num_embeddings: Count
    embedding_dim: Count
    padding_idx: PaddingIndex

    def validate(self) -> None:
        index, most = self.padding_idx, self.num_embeddings
        if index is not None and not -most <= index < most:
            raise refusal(
                BAD_ARGUMENT,
                f"padding_idx {index} must be within num_embeddings {most}",
                note=f"it may be from {-most} to {most - 1}",
                argument="padding_idx",
                repairs=({"num_embeddings": index + 1},) if index > 0 else (),
            )

    @property
    def num_parameters(self) -> int:
        return self.num_embeddings * self.embedding_dim


class Embedding(_Table):
    """`torch.nn.Embedding`: integers (N, ...) to vectors (N, ..., embedding_dim).

    The input must hold integers (`LongTensor`) under `num_embeddings`
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html, Shape).

    >>> Embedding(1000, 64).shape(Needs(), (2, 30))
    (2, 30, 64)
    """

    num_embeddings: Count
    embedding_dim: Count
    padding_idx: PaddingIndex = None
    max_norm: MaybeFloat = None
    norm_type: Float = 2.0
    scale_grad_by_freq: Bool = False
    sparse: Bool = False
    _weight: NoneOnly = None
    _freeze: Bool = False

    def shape(self, need: Needs, x: Shape) -> Shape:
        return (*x, self.embedding_dim)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        x = inputs[0]
        return ((Links(tuple(kept(axis, size) for axis, size in enumerate(x)), x, out),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), strides=plain(out))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"every integer becomes embedding_dim = {self.embedding_dim} numbers",)


class EmbeddingBag(_Table):
    """`torch.nn.EmbeddingBag`: bags of integers (N, length) to (N, embedding_dim).

    Or a row of all bags' integers and a row of where each bag begins (`offsets`), with
    `include_last_offset` one more than there are bags
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html, Shape).
    """

    inputs = ("input", "offsets")
    optional_inputs = 1

    num_embeddings: Count
    embedding_dim: Count
    max_norm: MaybeFloat = None
    norm_type: Float = 2.0
    scale_grad_by_freq: Bool = False
    mode: BagMode = "mean"
    sparse: Bool = False
    _weight: NoneOnly = None
    include_last_offset: Bool = False
    padding_idx: PaddingIndex = None

    def validate(self) -> None:
        super().validate()
        for name in ("scale_grad_by_freq", "sparse"):
            if self.mode == "max" and getattr(self, name):
                raise refusal(
                    MODE, f"mode='max' does not support {name}", argument=name, repairs=({name: False},)
                )

    def shape(self, need: Needs, x: Shape, offsets: Shape | None = None) -> Shape:
        if len(x) not in (1, 2):
            raise wrong_rank(self, x, "2 (batch, length), or 1 with `offsets`")
        if len(x) == 1 and offsets is None:
            raise refusal(INPUT_COUNT, "an input of 1 axis needs `offsets`, the places where the bags begin")
        if len(x) == 2 and offsets is not None:
            raise refusal(INPUT_COUNT, "an input of 2 axes takes no `offsets`: every row is a bag")
        if offsets is None:
            return (x[0], self.embedding_dim)
        if len(offsets) != 1:
            raise wrong_rank(self, offsets, "1", name="offsets")
        bags = offsets[0] - self.include_last_offset
        need(bags >= 1, lambda: self._no_bag())
        return (bags, self.embedding_dim)

    def _no_bag(self) -> ShapeError:
        return refusal(
            BAD_ARGUMENT,
            "offsets of 1 entry hold no bag with include_last_offset=True",
            argument="include_last_offset",
            repairs=({"include_last_offset": False},),
        )

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The integers and where bags begin; of each bag its size, and its largest or where they are from.

        Torch also keeps the bag of each integer, unless it only has to sum them, and not in 64 bits.
        """
        x, bags, of_several = inputs[0], out[0], len(inputs) > 1
        begins = inputs[1][0] if of_several else bags
        indices = (0 if of_several else bags) + begins + (product(out) if self.mode == "max" else bags)
        each = Saved(
            tuple(range(len(inputs))),
            indices=indices + product(x) + 1,
            kept_as=lambda x, strides: reshaped(x, strides, (product(x),)),
            strides=plain(out),
        )
        sums = self.mode == "sum" and self.padding_idx is None
        return each._replace(indices=indices, doubled=each) if sums else each

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"every bag becomes embedding_dim = {self.embedding_dim} numbers",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        """Never one lone offset: with `include_last_offset` that is no bag, and torch 2.13 may crash."""
        length = random.randint(1, 6)
        if random.random() < 0.4:
            offsets = (random.randint(2, 6),) if random.random() < 0.9 else (2, 2)
            return ((length,), offsets) if random.random() < 0.85 else ((2, length), offsets)
        return ((2, length, 3)[: random.choice((1, 2, 2, 2, 2, 2, 3))],)
