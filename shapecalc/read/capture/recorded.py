"""A call of torch in a forward that makes tensors: what is known of those it is given, and the row that it gets."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch

from ...layer import Layer, Shape
from ...problem import RAISED, Problem, ShapeError
from . import costs, probing, products
from .dims import Dim
from .frames import Spot
from .names import base_of, is_overwriting
from .opaque import Observed, Pointwise, Unwritten
from .refusals import NeedsData
from .value import Value, mapped

if TYPE_CHECKING:
    from .recorder import Recorder


def integers(tree: Any) -> Any:
    """The arguments with plain integers."""
    return mapped(tree, lambda leaf: int(leaf) if type(leaf) is Dim else leaf)


class RecordedCall:
    """A call with its tensors; `base` is what it is called, whoever is asked for it, in place or not."""

    def __init__(self, rec: Recorder, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> None:
        self.rec, self.func, self.name = rec, func, name
        self.base = base_of(name)
        standing_in = self._standing_in
        self.args: tuple[Any, ...] = mapped(args, standing_in)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("device", "pin_memory")}
        self.kwargs: dict[str, Any] = mapped(kwargs, standing_in)
        self.spot = rec.spot()
        self.path = self.spot.path(self.base)
        #: whether it is told that nobody trains
        self.evaluated = False
        #: what torch multiplied when it ran the call, if no Layer says it
        self.counted = 0
        self.tensors = rec.tensors_in((self.args, self.kwargs))
        for tensor in self.tensors:
            value = rec.value(tensor)
            if value is not None and value.is_guess:
                self._adopt(value, tensor)

    def _adopt(self, value: Value, tensor: torch.Tensor) -> None:
        """A tensor that came from nowhere (`torch.FloatTensor(x.size())`) takes the formulas of one like it."""
        for other in self.tensors:
            known = self.rec.value(other)
            if known is not None and known.source is not None and other.shape == tensor.shape:
                value.shape, value.is_guess = known.shape, False
                return

    def _standing_in(self, leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor) and self.rec.value(leaf) is None:
            return self.rec.constant(leaf)
        return leaf

    def _value(self, tensor: torch.Tensor) -> Value:
        value = self.rec.value(tensor)
        assert value is not None
        return value

    def _shape(self, tensor: torch.Tensor) -> Shape:
        return self._value(tensor).shape

    def _unread(self, tensors: list[torch.Tensor]) -> list[Value]:
        """Weights and biases: the tensors that the Layer does not read."""
        return [self._value(tensor) for tensor in self.tensors if not any(tensor is one for one in tensors)]

    def _computed_weights(self, tensors: list[torch.Tensor]) -> list[Value]:
        """Weights that rows make, as a style does: the call reads them, though the Layer does not."""
        return [value for value in self._unread(tensors) if value.source is not None]

    def _run(self, layer: Layer | None, tensors: list[torch.Tensor], refused: ShapeError | None) -> Any:
        """What torch returns; raises a refusal with our reason where there is one, and torch's where not."""
        try:
            counter = products.Counter()
            with counter if layer is None or isinstance(layer, Pointwise) else nullcontext():
                made = self.func(*integers(self.args), **integers(self.kwargs))
            self.counted = counter.macs
            return made
        except (
            RuntimeError,
            ValueError,
            IndexError,
            TypeError,
            NotImplementedError,
            AssertionError,
        ) as error:
            if not self.rec.real and probing.is_about_data(error):
                raise NeedsData(self.base, self.spot) from None
            problem = refused.problem if refused else said_by_torch(self.base, error)
        raise self._refusal(layer or Unwritten(self.base), tensors, problem)

    def _refusal(self, layer: Layer, tensors: list[torch.Tensor], problem: Problem) -> Exception:
        return self.rec.refuse(self.path, layer, [self._value(tensor) for tensor in tensors], problem)

    def _row(self, layer: Layer, tensors: list[torch.Tensor], out: Shape, needs: Any) -> int | None:
        """Write the row; what is computed from parameters alone is none, it stays a constant."""
        read = [self._value(tensor) for tensor in tensors]
        weights = () if isinstance(layer, Pointwise) else self._computed_weights(tensors)
        if all(value.source is None for value in (*read, *weights)):
            return None
        if isinstance(layer, Pointwise) and self.counted:
            layer = Observed(self.base, tuple(value.shape for value in read), out, macs=costs.macs(self))
        if weights:
            shape = max((value.shape for value in self._unread(tensors)), key=len)
            macs = products.of_weight(self.base, self._shape(tensors[0]), shape, out)
            learns = any(self._value(tensor).learned for tensor in self.tensors)
            read = [value for value in (*read, *weights) if value.source is not None]
            layer = Observed(self.base, tuple(value.shape for value in read), out, learns, macs)
        return self.rec.row(self.path, layer, read, out, self._recorded(tensors), "EXACT", needs)

    def _traced(self, layer: Layer, shape: Shape, at_once: bool) -> Any:
        read = [self._value(tensor) for tensor in self.tensors]
        if all(value.source is None for value in read):
            return None
        read = [value for value in read if value.source is not None]

        def row() -> int:
            return self.rec.row(self.path, layer, read, shape, self.spot, "TRACED")

        return row() if at_once else row

    def _recorded(self, tensors: list[torch.Tensor]) -> Spot:
        """The spot, with what the weights are that the Layer does not read: made anew, computed by rows, frozen."""
        values = [self._value(tensor) for tensor in self.tensors]
        others, spot = self._unread(tensors), self.spot
        if any(value.made_of_parameters for value in values) or not all(one.is_constant for one in others):
            spot = spot.recorded(more=True)
        if others:
            trained = [value.learned for value in others]
            spot = spot.recorded(learns=any(trained), weights=trained[0])
        overwrites = is_overwriting(self.name) and not values[0].is_constant
        return spot.recorded(evaluated=self.evaluated, overwrites=overwrites)


def said_by_torch(name: str, error: BaseException) -> Problem:
    """Torch's own words, the first line of them."""
    text = " ".join(str(error).split("\n")[0].split())
    return Problem(RAISED, f"`{name}` fails: {text[:300]}", note=f"torch raises {type(error).__name__}")
