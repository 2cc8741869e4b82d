"""Transformers.

The multiply-accumulates are those of attention (see `MultiheadAttention`) and of the feed-forward part.
(Without dropout torch runs their attention in one fused kernel, in which its own counter counts nothing; as
plain products it counts what stands here.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..arguments import Bool, Float, InFeatures, NoneOnly, Probability
from ..layer import Needs, Shape
from ..saving import Saved
from ..size import Size, product
from ..sorts import Choice, Integer
from ..strides import Undecided, plain
from ._attending import Attending, Heads, sample_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Width = Annotated[int, Integer(low=0, high=16)]
Depth = Annotated[int, Integer(low=1, high=3)]
Nonlinearity = Annotated[str, Choice("relu", "gelu")]


class _Transformer(Attending, abstract=True):
    d_model: InFeatures
    nhead: Heads
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

    @property
    def _masks(self) -> int:
        """How many masks a dropout keeps."""
        return int(self.dropout > 0)

    def _norm_saved(self, x: Shape) -> Size:
        """A layer norm: its input, and mean and deviation of each row."""
        return product(x) + 2 * product(x[:-1])

    def _attention_saved(
        self, x: Shape, key: Shape, read: int, half: bool, frozen: bool
    ) -> tuple[Size, Size]:
        """Attention with its dropout; what its last linear map reads is kept for the weights or by one kernel."""
        numbers, wide = self.attended(x, key, read, self.nhead, self.dropout, False, half)
        return numbers + self._masks * product(x) - (frozen and self._masks) * product(x), wide

    def _feedforward_saved(self, x: Shape, frozen: bool) -> Size:
        """The input; inside, what is activated where the result does not do, and the result with its dropout."""
        inner = product((*x[:-1], self.dim_feedforward))
        if frozen:
            return product(x) * self._masks + (1 + self._masks) * inner
        tensors = 1 + 2 * self._masks + (self.activation == "gelu" and not self._masks)
        return product(x) * (1 + self._masks) + tensors * inner

    def _encoder_saved(self, x: Shape, half: bool, frozen: bool = False) -> tuple[Size, Size]:
        """Beside the input as rows or, with the norm first, as it is."""
        numbers, wide = self._attention_saved(x, x, 1, half, frozen)
        first = product(x) if frozen and self.norm_first else 0  # what attention reads, for its weights
        return numbers + 2 * self._norm_saved(x) + self._feedforward_saved(x, frozen) - first, wide

    def _decoder_saved(self, x: Shape, memory: Shape, half: bool, frozen: bool = False) -> tuple[Size, Size]:
        """Beside the target as rows or, with the norm first, as it is, and the memory as rows."""
        (own, wide), (cross, further) = (
            self._attention_saved(x, x, 1, half, frozen),
            self._attention_saved(x, memory, 2, half, frozen),
        )
        read = product(x) * (
            0 if not frozen else 1 + self.norm_first
        )  # by both attentions, but for the target
        feedforward = self._feedforward_saved(x, frozen)
        return own + product(x) + cross + 3 * self._norm_saved(x) + feedforward - read, wide + further

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        return self.replace(dropout=0.0).saved(out, *inputs)

    def _normed(self, out: Shape) -> Shape | None:
        """The strides of what a layer returns: of a norm its own; of a sum, with the norm first, its inputs'."""
        return None if self.norm_first else plain(out)

    def _all_saved(
        self, common: Saved, numbers: Callable[[bool, bool], tuple[Size, Size]], by_norm: Saved
    ) -> Saved:
        """What is kept beside `common`: of numbers of 32 and of 16 bits, trained and frozen (then `by_norm`)."""

        def both(half: bool) -> Saved:
            (n, wide), (frozen, frozen_wide) = numbers(half, False), numbers(half, True)
            frozen_saved = by_norm._replace(numbers=frozen, wide=frozen_wide)
            return common._replace(numbers=n, wide=wide, frozen=frozen_saved)

        return both(False)._replace(halved=both(True))

    def _encoder_macs(self, x: Shape) -> Size:
        return self._attention_macs(x, x) + self._feedforward_macs(x)

    def _decoder_macs(self, x: Shape, memory: Shape) -> Size:
        return self._attention_macs(x, x) + self._attention_macs(x, memory) + self._feedforward_macs(x)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return sample_pair(random)[: len(cls.inputs)]


class TransformerEncoderLayer(_Transformer):
    """`torch.nn.TransformerEncoderLayer`: (L, N, d_model), unchanged; (N, L, ...) with `batch_first`.

    Self-attention and two linear maps, each with a sum and a layer norm; two axes are (L, d_model)
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html,
    Vaswani et al. 2017).
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

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        if self.dropout >= 1:
            return None
        strides = self._normed(out)
        frozen = Saved(inputs=(0,) if self.norm_first else (), strides=strides)
        common = Saved(inputs=(0,), strides=strides)
        if not self.norm_first:
            common = common._replace(kept_as=self.as_rows)
        return self._all_saved(common, lambda *how: self._encoder_saved(out, *how), frozen)


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

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """With the norm first the target is kept as it is, and the memory as rows."""
        if self.dropout >= 1:
            return None
        as_it_is = (0,) if self.norm_first else ()
        frozen = Saved(inputs=as_it_is, graded=(0, 1), strides=self._normed(out))
        common = frozen._replace(inputs=(0, 1), kept_as=self.as_rows, as_they_are=as_it_is, graded=())
        return self._all_saved(common, lambda *how: self._decoder_saved(out, inputs[1], *how), frozen)


class Transformer(_Transformer):
    """`torch.nn.Transformer`: src (S, N, d_model) and tgt (L, N, d_model) to the shape of tgt.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html)
    """

    inputs = ("src", "tgt")

    d_model: InFeatures = 512
    nhead: Heads = 8
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

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Of every layer what it keeps, and what it reads; of source and target, the first layer's."""
        src, tgt = inputs
        if self.dropout >= 1:
            return None
        try:  # the layers of the decoder read the encoder's result as rows, each a copy where there is no such view
            is_copied = self.as_rows(src, plain(src)) is None
        except Undecided:
            return None
        between = (self.num_encoder_layers - 1) * product(src) + (self.num_decoder_layers - 1) * product(tgt)
        memory = product(src) * (self.num_decoder_layers if is_copied else 1)
        norms = self._norm_saved(src) + self._norm_saved(tgt)

        def numbers(half: bool, frozen: bool) -> tuple[Size, Size]:
            (encoder, wide), (decoder, further) = (
                self._encoder_saved(src, half, frozen),
                self._decoder_saved(tgt, src, half, frozen),
            )
            layers = self.num_encoder_layers * encoder + self.num_decoder_layers * decoder
            read = (between if self.norm_first else 0) if frozen else between + memory
            return layers + read + norms, self.num_encoder_layers * wide + self.num_decoder_layers * further

        as_they_are = (0, 1) if self.norm_first else ()
        frozen = Saved(inputs=as_they_are, graded=(0, 1), strides=plain(out))
        common = Saved((0, 1), kept_as=self.as_rows, as_they_are=as_they_are, strides=plain(out))
        return self._all_saved(common, numbers, frozen)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """Small ones: by default it has 44 million parameters."""
        arguments.setdefault("d_model", inputs[0][-1])
        for name in ("num_encoder_layers", "num_decoder_layers"):
            arguments.setdefault(name, random.randint(1, 2))
        return inputs
