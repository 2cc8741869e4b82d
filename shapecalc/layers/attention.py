"""Attention and transformers.

The multiply-accumulates are those of the projections, of the two products of every head (queries with
keys, weights with values), and of the feed-forward part. (Without dropout torch runs attention inside a
transformer in one fused kernel, in which its own counter counts nothing; as plain products it counts
what stands here.)
"""

from __future__ import annotations

from random import Random
from typing import Annotated

from ..fields import Bool, Choice, Count, Float, InFeatures, Integer, NoneOnly, Real
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, FEATURES, GROUPS, JOIN, refusal
from ..size import Size, product, same
from ._ranks import wrong_rank

KeyFeatures = Annotated["int | None", Integer(low=1, axis=-1, source=1, optional=True)]
ValueFeatures = Annotated["int | None", Integer(low=1, axis=-1, source=2, optional=True)]
Dropout_ = Annotated[float, Real(samples=(0.0, 0.1, 0.5, 1.0, 1.5))]
Probability = Annotated[float, Real(low=0, high=1, samples=(0.0, 0.1, 0.1, 0.5, 1.0, 1.5))]
Width = Annotated[int, Integer(low=0, high=16)]
Depth = Annotated[int, Integer(low=1, high=3)]
Nonlinearity = Annotated[str, Choice("relu", "gelu")]


class _Attending(Layer, abstract=True):
    """Checks that all kinds with attention make."""

    batch_first: Bool

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
        order = "batch, length" if self.batch_first else "length, batch"
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
                    note="the features are the last axis",
                    argument=argument,
                    repairs=({argument: found},) if isinstance(found, int) else (),
                ),
            )

    def check_same(self, need: Needs, axis: int, first: tuple[str, Shape], second: tuple[str, Shape]) -> None:
        """The two inputs must agree on an axis, the batch or the length."""
        (name, x), (other, y) = first, second
        if x[axis] == y[axis]:
            return
        what = "batch" if axis == self.batch_axis(x) else "length"
        flag = f"batch_first={self.batch_first} makes axis {axis} the {what}"
        need(
            same(x[axis], y[axis]),
            lambda: refusal(
                JOIN,
                f"{other} has {what} {y[axis]}, but {name} has {what} {x[axis]}",
                note=flag if len(x) == 3 else None,
                argument="batch_first" if len(x) == 3 else None,
                repairs=({"batch_first": not self.batch_first},) if len(x) == 3 else (),
            ),
        )

    def batch_axis(self, x: Shape) -> int | None:
        if len(x) == 2:
            return None
        return 0 if self.batch_first else 1

    def length(self, x: Shape) -> Size:
        return x[0] if len(x) == 2 or not self.batch_first else x[1]


class MultiheadAttention(_Attending):
    """`torch.nn.MultiheadAttention`: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) to (L, N, embed_dim).

    (N, L, ...) with `batch_first`; inputs of two axes have no batch. One input alone attends to itself, two
    are query and key with the key as value; torch wants all three spelt out. Only the attended values
    count, not the attention weights
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html; Vaswani et al. 2017).

    >>> MultiheadAttention(64, 8).shape(Needs(), (10, 2, 64), (20, 2, 64), (20, 2, 64))
    (10, 2, 64)
    """

    inputs = ("query", "key", "value")
    optional_inputs = 2

    embed_dim: InFeatures
    num_heads: Count
    dropout: Dropout_ = 0.0
    bias: Bool = True
    add_bias_kv: Bool = False
    add_zero_attn: Bool = False
    kdim: KeyFeatures = None
    vdim: ValueFeatures = None
    batch_first: Bool = False

    def validate(self) -> None:
        self.check_heads("embed_dim", "num_heads")
        if self.dropout > 1:  # torch takes a negative one for none
            raise refusal(BAD_ARGUMENT, f"dropout must be from 0 to 1, and is {self.dropout}", argument="dropout")

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
        projections = 2 * width * width * rows + width * ((self.kdim or width) + (self.vdim or width)) * key_rows
        attended = self.length(key) + self.add_bias_kv + self.add_zero_attn
        return projections + 2 * width * rows * attended

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        """Query, key and value; mostly of the same features, and with a batch of two on axis 1 or 0."""
        query, key = _sample_pair(random)
        key = (*key[:-1], random.randint(1, 6)) if random.random() < 0.3 else key
        value = key if random.random() < 0.7 else (*key[:-1], random.randint(1, 6))
        return query, key, value if random.random() < 0.93 else query


def _sample_pair(random: Random) -> tuple[Shape, Shape]:
    """Two sequences, mostly of the same features and batch."""
    width = random.choice((1, 4, 6, 12, 12))
    long = random.randint(1, 4)
    short = random.choice((long, random.randint(1, 4)))
    batch = 2 if random.random() < 0.9 else 3
    front = random.random() < 0.4
    pair = [(2, long, width), (batch, short, width)] if front else [(long, 2, width), (short, batch, width)]
    if random.random() < 0.15:  # without a batch, or with too many axes
        pair = [random.choice((x[1:], x[1:], x[2:], (2, *x))) for x in pair]
        pair = [pair[0], pair[1] if random.random() < 0.2 else pair[0]]
    return pair[0], pair[1] if random.random() < 0.95 else (*pair[1][:-1], 5)


class _Transformer(_Attending, abstract=True):
    d_model: InFeatures
    nhead: Count
    dim_feedforward: Width = 2048
    dropout: Probability = 0.1
    activation: Nonlinearity = "relu"
    layer_norm_eps: Float = 1e-5
    batch_first: Bool = False
    norm_first: Bool = False
    bias: Bool = True

    def validate(self) -> None:
        self.check_heads("d_model", "nhead")

    def check_sequences(self, need: Needs, *named: tuple[str, Shape]) -> None:
        """All of one rank and batch, with `d_model` features."""
        first = named[0]
        for name, x in named:
            self.check_rank(x, name, None if x is first[1] else len(first[1]))
            self.check_features(need, x, name, "d_model", self.d_model)
            if (batch := self.batch_axis(x)) is not None:
                self.check_same(need, batch, first, (name, x))

    @property
    def _attention_parameters(self) -> int:
        return 4 * self.d_model * (self.d_model + self.bias)

    @property
    def _feedforward_parameters(self) -> int:
        width, inner = self.d_model, self.dim_feedforward
        return 2 * width * inner + (width + inner) * self.bias

    @property
    def _norm_parameters(self) -> int:
        return self.d_model * (1 + self.bias)

    @property
    def _encoder_parameters(self) -> int:
        return self._attention_parameters + self._feedforward_parameters + 2 * self._norm_parameters

    @property
    def _decoder_parameters(self) -> int:
        return 2 * self._attention_parameters + self._feedforward_parameters + 3 * self._norm_parameters

    def _attention_macs(self, x: Shape, memory: Shape) -> Size:
        rows = product(x[:-1])
        projections = 2 * self.d_model * self.d_model * (rows + product(memory[:-1]))
        return projections + 2 * self.d_model * rows * self.length(memory)

    def _feedforward_macs(self, x: Shape) -> Size:
        return 2 * self.d_model * self.dim_feedforward * product(x[:-1])

    def _encoder_macs(self, x: Shape) -> Size:
        return self._attention_macs(x, x) + self._feedforward_macs(x)

    def _decoder_macs(self, x: Shape, memory: Shape) -> Size:
        return self._attention_macs(x, x) + self._attention_macs(x, memory) + self._feedforward_macs(x)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return _sample_pair(random)[: len(cls.inputs)]


class TransformerEncoderLayer(_Transformer):
    """`torch.nn.TransformerEncoderLayer`: (L, N, d_model), unchanged; (N, L, ...) with `batch_first`.

    Self-attention and two linear maps, each with a sum and a layer norm; two axes are (L, d_model)
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html; Vaswani et al. 2017).
    """

    inputs = ("src",)

    def shape(self, need: Needs, src: Shape) -> Shape:
        self.check_sequences(need, ("src", src))
        return src

    @property
    def num_parameters(self) -> int:
        return self._encoder_parameters

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        return self._encoder_macs(out)


class TransformerDecoderLayer(_Transformer):
    """`torch.nn.TransformerDecoderLayer`: tgt (L, N, d_model) and memory (S, N, d_model) to the shape of tgt.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html)
    """

    inputs = ("tgt", "memory")

    def shape(self, need: Needs, tgt: Shape, memory: Shape) -> Shape:
        self.check_sequences(need, ("tgt", tgt), ("memory", memory))
        return tgt

    @property
    def num_parameters(self) -> int:
        return self._decoder_parameters

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        return self._decoder_macs(out, inputs[1])


class Transformer(_Transformer):
    """`torch.nn.Transformer`: src (S, N, d_model) and tgt (L, N, d_model) to the shape of tgt.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html)
    """

    inputs = ("src", "tgt")

    d_model: InFeatures = 512
    nhead: Count = 8
    num_encoder_layers: Depth = 6
    num_decoder_layers: Depth = 6
    dim_feedforward: Width = 2048
    dropout: Probability = 0.1
    activation: Nonlinearity = "relu"
    custom_encoder: NoneOnly = None
    custom_decoder: NoneOnly = None
    layer_norm_eps: Float = 1e-5
    batch_first: Bool = False
    norm_first: Bool = False
    bias: Bool = True

    def shape(self, need: Needs, src: Shape, tgt: Shape) -> Shape:
        self.check_sequences(need, ("src", src), ("tgt", tgt))
        return tgt

    @property
    def num_parameters(self) -> int:
        encoder = self.num_encoder_layers * self._encoder_parameters + self._norm_parameters
        return encoder + self.num_decoder_layers * self._decoder_parameters + self._norm_parameters

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        encoder = self.num_encoder_layers * self._encoder_macs(inputs[0])
        return encoder + self.num_decoder_layers * self._decoder_macs(out, inputs[0])
