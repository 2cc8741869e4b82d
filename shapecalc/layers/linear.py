"""Linear maps of the last axis, and Identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..arguments import Bool, Count, InFeatures
from ..layer import Layer, Needs, Shape
from ..problem import FEATURES, JOIN, ShapeError, refusal
from ..reading import Chain, Link, Links, kept, pointwise
from ..saving import SAME, WEIGHTS, Saved
from ..size import Size, product, same
from ..sorts import Integer
from ..strides import plain, reshaped
from ._axes import shape_text, written_out
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

In2Features = Annotated[int, Integer(low=1, axis=-1, source=1)]


class Identity(Layer):
    """`torch.nn.Identity`: every shape, unchanged; like torch's it takes and forgets any arguments.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def shape(self, need: Needs, x: Shape) -> Shape:
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (pointwise(*inputs),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return SAME


def _of_features(x: Shape, out: Shape) -> Chain:
    """All features of the same place."""
    links = (*(kept(axis, size) for axis, size in enumerate(x[:-1])), Link())
    return (Links(links, x, out),)


class Linear(Layer):
    """`torch.nn.Linear`: (N, ..., in_features) to (N, ..., out_features).

    Every axis but the last passes unchanged
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html, Shape).

    >>> layer = Linear(256, 10)
    >>> layer.shape(Needs(), (2, 256)), layer.num_parameters, layer.macs((2, 10), (2, 256))
    ((2, 10), 2570, 5120)
    """

    role = "weights"

    in_features: InFeatures
    out_features: Count
    bias: Bool = True

    def shape(self, need: Needs, x: Shape) -> Shape:
        if x[-1] != self.in_features:
            if len(x) == 1 and not isinstance(x[0], int):  # the batch would be read as features
                raise wrong_rank(self, x, "at least 2 (batch, ..., features)")
            need(same(x[-1], self.in_features), lambda: self._wrong_features(x))
        return (*x[:-1], self.out_features)

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (Linear(self.out_features, self.in_features, self.bias),)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (_of_features(inputs[0], out),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input; of more than two axes, as rows, which may be a copy."""
        x = inputs[0]
        if len(x) <= 2:
            return Saved(inputs=(0,), when=((WEIGHTS,),), strides=plain(out))
        rows = product(x[:-1]), x[-1]
        return Saved(
            inputs=(0,),
            when=((WEIGHTS,),),
            kept_as=lambda x, strides: reshaped(x, strides, rows),
            strides=plain(out),
        )

    def _wrong_features(self, x: Shape) -> ShapeError:
        found, note = x[-1], f"`Linear` maps the last axis of {shape_text(x)}" if len(x) > 2 else None
        forgotten = len(x) > 2 and product(x[1:]) == self.in_features
        if forgotten:
            note = f"{note}; flattened it has {written_out(x[1:])} features, so `Flatten(1)` is missing"
        return refusal(
            FEATURES,
            f"input has {found} features, but in_features is {self.in_features}",
            note,
            argument="in_features",
            repairs=({"in_features": found},) if isinstance(found, int) and not forgotten else (),
        )

    @property
    def num_parameters(self) -> int:
        return (self.in_features + self.bias) * self.out_features

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Every number that comes out takes `in_features` of them."""
        return self.in_features * product(out)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return (f"features {inputs[0][-1]} become out_features = {self.out_features}",)


class LazyLinear(Linear, lazy=True):
    """`torch.nn.LazyLinear`: a `Linear` that takes `in_features` from its input."""


class Bilinear(Layer):
    """`torch.nn.Bilinear`: (N, ..., in1_features) and (N, ..., in2_features) to (N, ..., out_features).

    All axes but the last must agree, without broadcasting. `macs` counts every weight once for each row;
    torch's own counter does not see this kernel and says 0
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html, Shape).
    """

    inputs = ("input1", "input2")

    in1_features: InFeatures
    in2_features: In2Features
    out_features: Count
    bias: Bool = True

    def shape(self, need: Needs, x1: Shape, x2: Shape) -> Shape:
        if len(x1) != len(x2):
            raise wrong_rank(self, x2, f"as many as in `input1`, {len(x1)}", name="input2")
        for name, x, size in (
            ("in1_features", x1, self.in1_features),
            ("in2_features", x2, self.in2_features),
        ):
            if len(x) == 1 and not isinstance(x[0], int):
                raise wrong_rank(self, x, "at least 2 (batch, ..., features)")
            need(same(x[-1], size), lambda name=name, x=x: self._wrong_features(name, x[-1]))  # type: ignore[misc]
        for first, second in zip(x1[:-1], x2[:-1]):
            need(same(first, second), lambda: self._unlike(x1, x2))
        return (*x1[:-1], self.out_features)

    def _wrong_features(self, argument: str, found: Size) -> ShapeError:
        return refusal(
            FEATURES,
            f"input{argument[2]} has {found} features, but {argument} is {getattr(self, argument)}",
            argument=argument,
            repairs=({argument: found},) if isinstance(found, int) else (),
        )

    def _unlike(self, x1: Shape, x2: Shape) -> ShapeError:
        return refusal(
            JOIN,
            f"inputs {shape_text(x1)} and {shape_text(x2)} differ before their last axis",
            note="`Bilinear` does not broadcast",
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return tuple(_of_features(x, out) for x in inputs)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0, 1), when=((0, 1, WEIGHTS),) * 2, in_a_row=True)

    @property
    def num_parameters(self) -> int:
        return (self.in1_features * self.in2_features + self.bias) * self.out_features

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        return self.in1_features * self.in2_features * product(out)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        x1, x2 = inputs
        return (f"features {x1[-1]} and {x2[-1]} become out_features = {self.out_features}",)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        rows = tuple([2, *(random.randint(1, 5) for _ in range(3))][: random.choice((0, 1, 1, 2, 3))])
        others = (
            rows
            if random.random() < 0.9
            else tuple(random.randint(1, 3) for _ in range(random.randint(0, 3)))
        )
        return ((*rows, random.randint(1, 8)), (*others, random.randint(1, 8)))
