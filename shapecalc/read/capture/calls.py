"""A module's call in a forward: computed by its Layer's rule, not by torch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from ...layer import KINDS, Layer, Shape
from ...layers.attention import MultiheadAttention
from ...problem import BAD_ARGUMENT, JOIN, RAISED, Problem, ShapeError
from ...shapes import N
from . import unpooling
from .dims import size_of
from .opaque import Observed
from .state import replaced
from .value import Value, is_parametrized, note

if TYPE_CHECKING:
    from .recorder import Recorder

#: Calls that run a layer themselves; each gets (recorder, module, forward, arguments).
Forward = Callable[..., Any]


def intercepted(rec: Recorder) -> AbstractContextManager[None]:
    """While it is open, the forward of every class of torch.nn that a kind stands for asks the recorder."""
    return replaced(_classes(), "forward", lambda _, forward: _asking(rec, forward))


@cache
def _classes() -> tuple[type[nn.Module], ...]:
    """The classes of torch.nn that write a forward of their own, and whose kinds (or subclasses') are known."""
    classes = {
        base
        for name in KINDS
        if isinstance(cls := getattr(nn, name, None), type) and issubclass(cls, nn.Module)
        for base in cls.__mro__
        if "forward" in base.__dict__ and base.__module__.startswith("torch.nn.modules")
    }
    return tuple(sorted(classes - {nn.Module}, key=lambda cls: cls.__name__))


def _asking(rec: Recorder, forward: Forward) -> Forward:
    def asked(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        import threading

        if rec.quiet or threading.get_ident() != rec.thread:
            return forward(module, *args, **kwargs)
        layer = rec.layer(module)
        if layer is None:
            return forward(module, *args, **kwargs)
        return ModuleCall(rec, module, layer, forward, args, kwargs).result()

    asked.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
    return asked


@cache
def _names(forward: Forward) -> tuple[str, ...]:
    return tuple(inspect.signature(forward).parameters)[1:]


class ModuleCall:
    """A leaf module, called."""

    def __init__(
        self, rec: Recorder, module: nn.Module, layer: Layer, forward: Forward, args: Any, kwargs: Any
    ) -> None:
        self.rec, self.module, self.layer, self.forward = rec, module, layer, forward
        self.args, self.kwargs = args, kwargs
        self.given = {**dict(zip(_names(forward), args)), **kwargs}
        self.spot = rec.spot()
        kind = type(layer).__name__
        path = rec.paths.get(id(module))
        self.path = self.spot.path(kind) if path is None else path or kind.lower()
        wanted = list(self.given.values())[: len(layer.inputs)]
        self.tensors = [
            tensor if rec.value(tensor) else rec.constant(tensor)
            for tensor in wanted
            if isinstance(tensor, torch.Tensor)
        ]
        self.read = [self._value(tensor) for tensor in self.tensors]
        self.ins: tuple[Shape, ...] = tuple([value.shape for value in self.read])

    def _value(self, tensor: torch.Tensor) -> Value:
        value = self.rec.value(tensor)
        assert value is not None
        return value

    def result(self) -> Any:
        """By the rule; the row is written, or the refusal raised."""
        rec = self.rec
        if not self.tensors:
            raise self._refusal(Problem(RAISED, f"it is given {self._given_text()} and no tensor"))
        try:
            self._read_extras()
            layer, out, needs = rec.run(self.layer, self._as_judged())
            if type(layer) is not type(self.layer):
                rec.settle(self.module, layer)
            self.layer = layer
            out = self.ins[0] if self._keeps_statistics() else out
            self._check_state(out)
            self._check_masks()
            unpooling.check(rec, layer, self.read, out)
        except ShapeError as error:
            raise self._refusal(error.problem) from None
        except Exception:  # whatever a rule stumbles over, the forward goes on
            return self._by_torch()
        if isinstance(layer, MultiheadAttention) and not self.given.get("need_weights", True):
            layer = layer.without_weights()
        self.spot = self.spot.recorded(evaluated=not self.module.training, more=self._keeps_more())
        source = rec.row(self.path, layer, self.read, out, self.spot, "EXACT", needs)
        return self._outputs(self._tensor(out, source), out, source)

    def _refusal(self, problem: Problem) -> Exception:
        return self.rec.refuse(self.path, self.layer, self.read, problem)

    def _given_text(self) -> str:
        return " and ".join(f"a {type(value).__name__}" for value in self.given.values()) or "nothing"

    def _by_torch(self) -> Any:
        """A rule that has no answer in formulas: torch's own forward, on tensors without data."""
        result = self._quietly()
        if not isinstance(result, torch.Tensor):
            return result
        shape: Shape = tuple(int(size) for size in result.shape)
        layer = Observed(type(self.layer).__name__, self.ins, shape)
        source = self.rec.row(self.path, layer, self.read, shape, self.spot, "TRACED")
        return note(result, Value(self.rec, shape, source))

    def _quietly(self) -> Any:
        self.rec.quiet += 1
        try:
            return self.forward(self.module, *self.args, **self.kwargs)
        finally:
            self.rec.quiet -= 1

    def _tensor(self, out: Shape, source: int) -> torch.Tensor:
        """The output; laid out in memory as torch would, where the input lies in no usual way."""
        rec, first = self.rec, self.tensors[0]
        if type(self.layer).__name__ in ("LSTM", "GRU", "RNN", "MultiheadAttention"):
            return self._batch_second(out, source)
        if not rec.real and not first.is_contiguous():
            try:
                result = self._quietly()
                if isinstance(result, torch.Tensor) and list(result.shape) == rec.at(out):
                    return note(result.detach(), Value(rec, out, source))
            except Exception:
                pass  # the layout is not worth a failure: the rule has said that this runs
        keeps = first.dtype.is_floating_point or not self.module._parameters
        return rec.tensor(out, source, first.dtype if keeps else None)

    def _batch_second(self, out: Shape, source: int) -> torch.Tensor:
        """What torch computes with the batch second: with `batch_first` a transposed view, which `.view` refuses."""
        rec, dtype, layer = self.rec, self.tensors[0].dtype, cast(Any, self.layer)
        if not layer.batch_first or len(out) != 3:
            return rec.tensor(out, source, dtype)
        made = rec.tensor((out[1], out[0], out[2]), source, dtype)
        with torch._C.DisableTorchFunction():
            return note(made.transpose(0, 1), Value(rec, out, source))

    # what a call has beside its inputs

    def _keeps_statistics(self) -> bool:
        """A batch norm that uses its running statistics: it takes a single value for each channel, too."""
        running = getattr(self.module, "running_mean", None)
        return (
            not self.module.training
            and running is not None
            and type(self.layer).__name__.endswith(("BatchNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d"))
        )

    def _as_judged(self) -> tuple[Shape, ...]:
        """The inputs; for a norm in evaluation, with a batch of any size."""
        if self._keeps_statistics() and self.ins[0][:1] == (1,):
            return ((N, *self.ins[0][1:]),)
        return self.ins

    def _read_extras(self) -> None:
        """`output_size`, which transposed convolutions and unpools take in their call."""
        wanted = self.given.get("output_size")
        if wanted is None:
            return
        sizes = tuple(int(size) for size in wanted)
        if "output_size" in self.layer.forward_fields:
            self.layer = self.layer.replace(output_size=sizes)  # checked as numbers, kept as formulas
            self.layer.__dict__["output_size"] = tuple(size_of(size) for size in wanted)[-self.layer.rank :]
        elif hasattr(self.module, "_output_padding"):
            rank, module = self.layer.rank, cast(Any, self.module)
            arguments = [list(self.layer.per_axis(name)) for name in ("stride", "padding", "kernel_size")]
            dilation = list(self.layer.per_axis("dilation"))
            try:
                found = module._output_padding(self.tensors[0], list(sizes), *arguments, rank, dilation)
            except ValueError as error:
                raise ShapeError(Problem(BAD_ARGUMENT, f"output_size: {error}")) from None
            self.layer = self.layer.replace(output_padding=tuple(int(one) for one in found))

    def _check_state(self, out: Shape) -> None:
        """A recurrent layer's first state, where it is given."""
        state = self.given.get("hx")
        if state is None or not hasattr(self.layer, "num_layers"):
            return
        for tensor in state if isinstance(state, (tuple, list)) else (state,):
            if isinstance(tensor, torch.Tensor):
                value = self.rec.value(tensor)
                found = value.shape if value else tuple(tensor.shape)
                wanted = self._state_shape(out)
                if len(found) != len(wanted) or self.rec.at(found) != self.rec.at(wanted):
                    text = f"the first state is {_text(found)}, and must be {_text(wanted)}"
                    raise ShapeError(Problem(JOIN, text, note="layers x batch x features"))

    def _check_masks(self) -> None:
        """An attention's masks, where they are given."""
        if not isinstance(self.layer, MultiheadAttention):
            return
        query, key = self.ins[0], self.ins[min(1, len(self.ins) - 1)]
        if self.layer.batch_first and len(query) == 3:
            query, key = (query[1], query[0], query[2]), (key[1], key[0], key[2])
        batch, pair = query[1:-1], (query[0], key[0])
        heads = tuple(size * self.layer.num_heads for size in batch) or (self.layer.num_heads,)
        for name, fitting in (("attn_mask", {2: pair, 3: (*heads, *pair)}), ("key_padding_mask", {})):
            mask = self.given.get(name)
            if isinstance(mask, torch.Tensor):
                value = self.rec.value(mask)
                found = value.shape if value else tuple(mask.shape)
                wanted = fitting.get(len(found), (*batch, key[0]) if not fitting else pair)
                if len(found) != len(wanted) or self.rec.at(found) != self.rec.at(wanted):
                    raise ShapeError(Problem(JOIN, f"{name} is {_text(found)}, and must be {_text(wanted)}"))

    def _keeps_more(self) -> bool:
        """Whether a mask is given, or a first state that is no tensor as large as torch's own zeros, or a row's."""
        if self.spot.recording.more or is_parametrized(self.module):
            return True
        if any(self.given.get(name) is not None for name in ("attn_mask", "key_padding_mask")):
            return True
        state = self.given.get("hx")
        if isinstance(state, torch.Tensor) and type(self.layer).__name__ != "LSTM":
            value = self.rec.value(state)
            return value is not None and value.source is not None
        return state is not None

    def _state_shape(self, out: Shape) -> Shape:
        layer: Any = self.layer
        rows = layer.num_layers * (1 + layer.bidirectional)
        batch = out[:-1][:: 1 if layer.batch_first else -1][:1] if len(out) == 3 else ()
        return (rows, *batch, layer.returned)

    # what a call returns beside its output

    def _outputs(self, tensor: torch.Tensor, out: Shape, source: int) -> Any:
        kind = type(self.layer).__name__
        if kind in ("LSTM", "GRU", "RNN"):
            state = self._further("state", self._state_shape(out), source)
            return tensor, (
                (state, self._further("cell", self._state_shape(out), source)) if kind == "LSTM" else state
            )
        if kind == "LSTMCell":
            return tensor, self._further("cell", out, source)
        if kind == "MultiheadAttention":
            return tensor, self._weights(out, source)
        if getattr(self.module, "return_indices", False):
            value = Value(self.rec, out, source)
            value.pooled = self.layer, self.ins[0]
            indices = self.rec.tensor(out, source, torch.int64)
            return tensor, note(indices, value)
        return tensor

    def _further(self, name: str, shape: Shape, source: int) -> torch.Tensor:
        """A further output, with a row of its own once it is read."""
        rec, spot = self.rec, self.spot
        own = Value(
            rec, self.rec.steps[source - 1].shape_out, source
        )  # it is of the layer, and not of its input
        layer, path = Observed(name, (own.shape,), shape), f"{self.path}.{name}"
        return rec.tensor(shape, lambda: rec.row(path, layer, [own], shape, spot, "EXACT"))

    def _weights(self, out: Shape, source: int) -> torch.Tensor | None:
        if not self.given.get("need_weights", True):
            return None
        query, key = self.ins[0], self.ins[1] if len(self.ins) > 1 else self.ins[0]
        first = getattr(self.layer, "batch_first", False)
        batch = () if len(query) == 2 else (query[0 if first else 1],)
        length, other = (shape[-2] if first or len(shape) == 2 else shape[0] for shape in (query, key))
        heads = () if self.given.get("average_attn_weights", True) else (self.module.num_heads,)
        return self._further("weights", (*batch, *heads, length, other), source)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))
