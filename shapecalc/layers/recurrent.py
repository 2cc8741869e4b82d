"""Recurrent layers and their cells.

`num_layers` layers in one or two directions, each with an input and a recurrent matrix for every gate;
every weight is used once for each time step and sample, so the multiply-accumulates are the weights times
the rows. (On the CPU torch runs most LSTMs in one fused kernel, in which its own counter counts nothing;
with oneDNN switched off it counts what stands here.)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..arguments import Bool, Count, InFeatures, Probability
from ..layer import KINDS, Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, FEATURES, ShapeError, refusal
from ..reading import Chain, Link, Links, kept
from ..saving import Saved
from ..size import Size, product, same
from ..sorts import Choice, Integer
from ..strides import in_a_row, plain, reshaped
from ..window import Pick
from ._onednn import lstm_workspace
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

Layers = Annotated[int, Integer(low=1, high=3)]
Nonlinearity = Annotated[str, Choice("tanh", "relu")]
Projection = Annotated[int, Integer(low=0, high=4)]


class _Gated(Layer, abstract=True):
    """What whole layers and cells share: the number of gates, and the check of the features."""

    gates: ClassVar[int]

    input_size: InFeatures
    hidden_size: Count
    bias: Bool

    def check_features(self, need: Needs, x: Shape) -> None:
        if x[-1] != self.input_size:
            need(same(x[-1], self.input_size), lambda: self._wrong_features(x[-1]))

    def _wrong_features(self, found: Size) -> ShapeError:
        return refusal(
            FEATURES,
            f"input has {found} features, but input_size is {self.input_size}",
            note="the features are the last axis",
            argument="input_size",
            repairs=({"input_size": found},) if isinstance(found, int) else (),
        )

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """A linear map of the features back; nothing recurrent."""
        if taken[:-1] != made[:-1] or not isinstance(made[-1], int):
            return super().mirror(taken, made, style)
        return (KINDS["Linear"](made[-1], self.input_size),)

    @property
    def weights(self) -> int:
        """The entries of all matrices."""
        raise NotImplementedError

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        return self.weights * product(inputs[0][:-1])


class _Recurrent(_Gated, abstract=True):
    input_size: InFeatures
    hidden_size: Count
    num_layers: Layers = 1
    bias: Bool = True
    batch_first: Bool = False
    dropout: Probability = 0.0
    bidirectional: Bool = False

    @property
    def returned(self) -> int:
        """What one direction returns for each time step."""
        return self.hidden_size

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (2, 3):
            axes = "batch, length" if self.batch_first else "length, batch"
            raise wrong_rank(self, x, f"3 ({axes}, features) or 2 (length, features)")
        self.check_features(need, x)
        return (*x[:-1], self.returned * (1 + self.bidirectional))

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """One direction reads what came before, two read everything."""
        x = inputs[0]
        time = 1 if self.batch_first and len(x) == 3 else 0
        links = [*(kept(axis, size) for axis, size in enumerate(x[:-1])), Link()]
        before = Pick(x[time], x[time], lambda at: range(at + 1))
        links[time] = Link() if self.bidirectional else Link(time, before)
        return ((Links(tuple(links), x, out),), *(None,) * (len(inputs) - 1))

    @cached_property
    def weights(self) -> int:
        directions = 1 + self.bidirectional
        entries, features = 0, self.input_size
        for _ in range(self.num_layers):
            entries += directions * self.gates * self.hidden_size * (features + self.returned)
            features = directions * self.returned
        return entries

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input with the time in front, which may be a copy; of each layer what it keeps of every step."""
        x, ahead = inputs[0], self.batch_first and len(inputs[0]) == 3
        length, batch = (x[1], x[0]) if ahead else (x[0], x[1] if len(x) == 3 else 1)
        strides = plain((length, batch, out[-1]))
        laid = (strides[1], strides[0], strides[2]) if ahead else strides if len(out) == 3 else plain(out)
        if self.dropout >= 1:
            return Saved(more=True, strides=laid)

        def kept_as(x: Shape, strides: Shape) -> Shape | None:
            if ahead:
                x, strides = (x[1], x[0], x[2]), (strides[1], strides[0], strides[2])
            return reshaped(x, strides, (length * batch, x[-1]))

        directions = 1 + self.bidirectional
        steps, frozen_steps = self.kept_of_steps(length)
        masks = (self.num_layers - 1) * directions * self.returned * length * int(self.dropout > 0)
        between = (self.num_layers - 1) * directions * self.returned * length
        numbers = batch * (directions * self.num_layers * steps + between + masks)
        frozen = batch * (directions * self.num_layers * frozen_steps + masks)
        return Saved(
            inputs=(0,),
            numbers=numbers,
            kept_as=kept_as,
            copies=directions,
            strides=laid,
            frozen=Saved(numbers=frozen, strides=laid),
        )

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        return self.replace(dropout=0.0).saved(out, *inputs)

    def kept_of_steps(self, length: Size) -> tuple[Size, Size]:
        """Numbers that one layer in one direction keeps of one sequence, and how many with frozen weights."""
        raise NotImplementedError

    @property
    def num_parameters(self) -> int:
        biases = 2 * self.gates * self.hidden_size * self.num_layers * (1 + self.bidirectional)
        return self.weights + (biases if self.bias else 0)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        name = "hidden_size" if self.returned == self.hidden_size else "proj_size"
        both = f"2*{self.returned} = " if self.bidirectional else ""
        return (f"features {inputs[0][-1]} become {'2*' if both else ''}{name} = {both}{out[-1]}",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        sizes = [random.randint(1, 5), 2, 3] if random.random() < 0.5 else [2, random.randint(1, 5), 3]
        return ((*sizes[: random.choice((0, 1, 1, 2, 2, 2, 2, 2, 2, 3))], random.randint(1, 6)),)


class RNN(_Recurrent):
    """`torch.nn.RNN`: (L, N, input_size) to (L, N, hidden_size), or (N, L, ...) with `batch_first`.

    Twice `hidden_size` when bidirectional; an input of two axes is (L, input_size)
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html, Elman 1990).
    """

    gates = 1

    nonlinearity: Nonlinearity = "tanh"
    bias: Bool = True
    batch_first: Bool = False
    dropout: Probability = 0.0
    bidirectional: Bool = False

    def kept_of_steps(self, length: Size) -> tuple[Size, Size]:
        """The first state, and what every step returns."""
        return self.hidden_size * (length + 1), self.hidden_size * length


class LSTM(_Recurrent):
    """`torch.nn.LSTM`: shapes as in `RNN`; with `proj_size` it returns that many features for each direction.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html; Hochreiter & Schmidhuber 1997)

    >>> LSTM(80, 256, batch_first=True, bidirectional=True).shape(Needs(), (2, 100, 80))
    (2, 100, 512)
    """

    gates = 4

    proj_size: Projection = 0

    def validate(self) -> None:
        if self.proj_size >= self.hidden_size:
            raise refusal(
                BAD_ARGUMENT,
                f"proj_size {self.proj_size} must be smaller than hidden_size {self.hidden_size}",
                argument="proj_size",
                repairs=({"proj_size": 0}, {"hidden_size": self.proj_size + 1}),
            )

    @property
    def returned(self) -> int:
        return self.proj_size or self.hidden_size

    @cached_property
    def weights(self) -> int:
        projections = self.num_layers * (1 + self.bidirectional) * self.proj_size * self.hidden_size
        return super().weights + projections

    def kept_of_steps(self, length: Size) -> tuple[Size, Size]:
        """Four gates, the cell before and behind its tanh, the state before, and what it is projected from."""
        return length * (7 * self.hidden_size + self.proj_size), length * 6 * self.hidden_size

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Without a projection torch runs a kernel of oneDNN in 32 bits; in 16 its workspace is not known."""
        native = super().saved(out, *inputs)
        if self.proj_size or native is None or native.more:
            return native
        x, ahead = inputs[0], self.batch_first and len(inputs[0]) == 3
        length, batch = (x[1], x[0]) if ahead else (x[0], x[1] if len(x) == 3 else 1)
        hidden, directions, features = self.hidden_size, 1 + self.bidirectional, self.input_size
        if not isinstance(
            features, int
        ):  # `_`, of an axis that is a letter: the workspace's rows are no formula
            return Saved(more=True, strides=native.strides)
        numbers: Size = 0
        bytes: Size = 0
        for _ in range(self.num_layers):
            weights = 0 if self.bias else 4 * hidden * (features + hidden)  # zeros of that size, for a bias
            numbers = numbers + directions * (batch * hidden * (length + 4) + weights)
            bytes = bytes + directions * lstm_workspace(length, batch, features, hidden)
            features = directions * hidden
        # between layers: what is dropped, with its mask; or what both directions return, together
        copies = 2 if self.dropout > 0 else self.bidirectional
        numbers = numbers + (self.num_layers - 1) * copies * directions * hidden * length * batch

        def kept_as(x: Shape, strides: Shape) -> Shape | None:
            if ahead:
                x, strides = (x[1], x[0], x[2]), (strides[1], strides[0], strides[2])
            return in_a_row(x, strides)

        return Saved(
            inputs=(0,),
            numbers=numbers,
            bytes=bytes,
            kept_as=kept_as,
            strides=native.strides,
            halved=Saved(more=True, strides=native.strides),
            doubled=native,
        )


class GRU(_Recurrent):
    """`torch.nn.GRU`: shapes as in `RNN`.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html; Cho et al. 2014)
    """

    gates = 3

    def kept_of_steps(self, length: Size) -> tuple[Size, Size]:
        """The state before each step, the three gates, and three numbers more for each that is returned."""
        return 7 * self.hidden_size * length, 6 * self.hidden_size * length


class _Cell(_Gated, abstract=True):
    #: numbers kept for each that is returned, beside the output itself; and how many with frozen weights
    kept_for_each: ClassVar[int]
    kept_frozen: ClassVar[int]
    keeps_output: ClassVar[bool] = False

    input_size: InFeatures
    hidden_size: Count
    bias: Bool = True

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (1, 2) or (len(x) == 1 and not isinstance(x[0], int)):
            raise wrong_rank(self, x, "2 (batch, features) or 1 (features)")
        self.check_features(need, x)
        return (*x[:-1], self.hidden_size)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, and for each number that is returned some more, the first state among them."""
        saved = Saved(output=self.keeps_output, strides=plain(out))
        numbers, frozen = self.kept_for_each * product(out), self.kept_frozen * product(out)
        return saved._replace(inputs=(0,), numbers=numbers, frozen=saved._replace(numbers=frozen))

    @property
    def weights(self) -> int:
        return self.gates * self.hidden_size * (self.input_size + self.hidden_size)

    @property
    def num_parameters(self) -> int:
        return self.weights + (2 * self.gates * self.hidden_size if self.bias else 0)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"features {inputs[0][-1]} become hidden_size = {self.hidden_size}",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        rows = (2, 3)[: random.choice((0, 1, 1, 1, 1, 1, 2))]
        return ((*rows, random.randint(1, 8)),)


class RNNCell(_Cell):
    """`torch.nn.RNNCell`: (N, input_size) or (input_size,) to (N, hidden_size) or (hidden_size,).

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html)
    """

    gates = 1
    kept_for_each = 1
    kept_frozen = 0
    keeps_output = True

    nonlinearity: Nonlinearity = "tanh"


class LSTMCell(_Cell):
    """`torch.nn.LSTMCell`: shapes as in `RNNCell`; the hidden state counts, not the cell state.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html)
    """

    gates = 4
    kept_for_each = kept_frozen = 6


class GRUCell(_Cell):
    """`torch.nn.GRUCell`: shapes as in `RNNCell`.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html)
    """

    gates = 3
    kept_for_each = 7
    kept_frozen = 6
