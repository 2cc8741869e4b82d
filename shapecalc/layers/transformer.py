"""Transformers.

The multiply-accumulates are those of attention (see `MultiheadAttention`) and of the feed-forward part.
(Without dropout torch runs their attention in one fused kernel, in which its own counter counts nothing; as
plain products it counts what stands here.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..fields import Bool, Float, InFeatures, NoneOnly, Probability
from ..layer import Needs, Shape
from ..size import Size, product
from ..sorts import Choice, Integer
from ._attending import Attending, Heads, sample_pair

if TYPE_CHECKING:
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

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """Small ones: by default it has 44 million parameters."""
        arguments.setdefault("d_model", inputs[0][-1])
        for name in ("num_encoder_layers", "num_decoder_layers"):
            arguments.setdefault(name, random.randint(1, 2))
        return inputs
