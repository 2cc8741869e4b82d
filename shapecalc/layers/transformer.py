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
from ..strides import plain
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

    @property
    def _masks(self) -> int:
        """How many masks a dropout keeps."""
        return int(self.dropout > 0)

    def _norm_saved(self, x: Shape) -> Size:
        """A layer norm: its input, and mean and deviation of each row."""
        return product(x) + 2 * product(x[:-1])

    def _attention_saved(self, x: Shape, key: Shape, read: int, half: bool) -> tuple[Size, Size]:
        """Attention with its dropout."""
        numbers, wide = self.attended(x, key, read, self.nhead, self.dropout, False, half)
        return numbers + self._masks * product(x), wide

    def _feedforward_saved(self, x: Shape) -> Size:
        """The input; inside, what is activated where the result does not do, and the result with its dropout."""
        inner = product((*x[:-1], self.dim_feedforward))
        tensors = 1 + 2 * self._masks + (self.activation == "gelu" and not self._masks)
        return product(x) * (1 + self._masks) + tensors * inner

    def _encoder_saved(self, x: Shape, half: bool) -> tuple[Size, Size]:
        """Beside the input as rows or, with the norm first, as it is."""
        numbers, wide = self._attention_saved(x, x, 1, half)
        return numbers + 2 * self._norm_saved(x) + self._feedforward_saved(x), wide

    def _decoder_saved(self, x: Shape, memory: Shape, half: bool) -> tuple[Size, Size]:
        """Beside the target as rows or, with the norm first, as it is, and the memory as rows."""
        (own, wide), (cross, further) = (
            self._attention_saved(x, x, 1, half),
            self._attention_saved(x, memory, 2, half),
        )
        numbers = own + product(x) + cross + 3 * self._norm_saved(x) + self._feedforward_saved(x)
        return numbers, wide + further

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
        common = Saved(inputs=(0,))
        if not self.norm_first:
            common = Saved(inputs=(0,), kept_as=self.as_rows, strides=plain(out))
        full, half = (
            common._replace(numbers=numbers, wide=wide)
            for numbers, wide in (self._encoder_saved(out, False), self._encoder_saved(out, True))
        )
        return full._replace(halved=half)


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
        """With the norm first, target and memory are kept in two ways, which is said for neither."""
        if self.dropout >= 1 or self.norm_first:
            return None
        full, half = (
            Saved((0, 1), numbers=n, wide=wide, for_weights=True, kept_as=self.as_rows, strides=plain(out))
            for n, wide in (
                self._decoder_saved(out, inputs[1], False),
                self._decoder_saved(out, inputs[1], True),
            )
        )
        return full._replace(halved=half)


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
