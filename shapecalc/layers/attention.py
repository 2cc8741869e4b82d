"""Multi-head attention.

The multiply-accumulates are those of the projections and of the two products of every head: queries with
keys, weights with values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ..arguments import Bool, InFeatures
from ..layer import Needs, Shape
from ..problem import BAD_ARGUMENT, refusal
from ..saving import Saved
from ..size import Size, product
from ..sorts import Integer, Real
from ._attending import Attending, Heads, sample_pair

if TYPE_CHECKING:
    from random import Random

KeyFeatures = Annotated["int | None", Integer(low=1, axis=-1, source=1, optional=True)]
ValueFeatures = Annotated["int | None", Integer(low=1, axis=-1, source=2, optional=True)]
Dropout = Annotated[float, Real(samples=(-0.1, 0.0, 0.1, 0.5, 1.0, 1.5))]


class MultiheadAttention(Attending):
    """`torch.nn.MultiheadAttention`: query (L, N, embed_dim), key (S, N, kdim) and value (S, N, vdim).

    It returns the query's shape, not the attention weights. With `batch_first` inputs are (N, L, ...);
    inputs of two axes have no batch. One input alone attends to itself, and of two the second is key and
    value; torch wants all three spelt out
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html; Vaswani et al. 2017).

    >>> MultiheadAttention(64, 8).shape(Needs(), (10, 2, 64), (20, 2, 64), (20, 2, 64))
    (10, 2, 64)
    """

    inputs = ("query", "key", "value")
    optional_inputs = 2

    embed_dim: InFeatures
    num_heads: Heads
    dropout: Dropout = 0.0
    bias: Bool = True
    add_bias_kv: Bool = False
    add_zero_attn: Bool = False
    kdim: KeyFeatures = None
    vdim: ValueFeatures = None
    batch_first: Bool = False

    #: whether the weights are asked for, too, as torch's default is
    weighs: ClassVar[bool] = True

    def without_weights(self) -> MultiheadAttention:
        """The layer where it is called with `need_weights=False`."""
        return self.replace()._asked(False)

    def _asked(self, weighs: bool) -> MultiheadAttention:
        self.__dict__["weighs"] = weighs
        return self

    def validate(self) -> None:
        self.check_heads("embed_dim", "num_heads")
        if self.dropout > 1:  # torch takes a negative one for none
            raise refusal(
                BAD_ARGUMENT, f"dropout must be from 0 to 1, and is {self.dropout}", argument="dropout"
            )

    def shape(self, need: Needs, query: Shape, key: Shape | None = None, value: Shape | None = None) -> Shape:
        key = query if key is None else key
        value = key if value is None else value
        self.check_rank(query, "query")
        self.check_features(need, query, "query", "embed_dim", self.embed_dim)
        for name, argument, x in (("key", "kdim", key), ("value", "vdim", value)):
            self.check_rank(x, name, len(query))
            self.check_features(need, x, name, argument, getattr(self, argument) or self.embed_dim)
        batch = self.batch_axis(query)
        if batch is not None:
            self.check_same(need, batch, ("query", query), ("key", key))
        for axis in range(len(key) - 1):
            self.check_same(need, axis, ("key", key), ("value", value))
        return query

    @property
    def num_parameters(self) -> int:
        width = self.embed_dim
        matrices = width * (2 * width + (self.kdim or width) + (self.vdim or width))
        return matrices + 4 * width * self.bias + 2 * width * self.add_bias_kv

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        query, key = inputs[0], inputs[min(1, len(inputs) - 1)]
        width, rows, key_rows = self.embed_dim, product(query[:-1]), product(key[:-1])
        projections = (
            2 * width * width * rows + width * ((self.kdim or width) + (self.vdim or width)) * key_rows
        )
        attended = self.length(key) + self.add_bias_kv + self.add_zero_attn
        return projections + 2 * width * rows * attended

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The inputs as rows, and what attention makes of them."""
        if self.add_bias_kv or self.add_zero_attn or self.dropout >= 1:
            return Saved(more=True, strides=self.laid(out))
        key, read = inputs[min(1, len(inputs) - 1)], tuple(range(len(inputs)))
        at = out, key, len(inputs), self.num_heads, self.dropout, self.weighs
        frozen_output = (
            0 if self.is_fused else product(out)
        )  # what the last linear map reads, for its weights
        full, half = (
            Saved(
                read,
                numbers=n,
                wide=wide,
                kept_as=self.as_rows,
                strides=self.laid(out),
                frozen=Saved(numbers=n - frozen_output, wide=wide, graded=read, strides=self.laid(out)),
            )
            for n, wide in (self.attended(*at, False), self.attended(*at, True))
        )
        return full._replace(halved=half)

    @property
    def is_fused(self) -> bool:
        """Whether torch computes it in one kernel."""
        return not self.weighs and self.dropout <= 0

    def replace(self, **changes: Any) -> MultiheadAttention:
        layer = super().replace(**changes)
        return layer if self.weighs else layer._asked(False)

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        return self.replace(dropout=0.0).saved(out, *inputs)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        """Query, key and value; mostly of the same features, and with a batch of two on axis 1 or 0."""
        query, key = sample_pair(random)
        key = (*key[:-1], random.randint(1, 6)) if random.random() < 0.2 else key
        value = key if random.random() < 0.8 else (*key[:-1], random.randint(1, 6))
        return query, key, value if random.random() < 0.93 else query
