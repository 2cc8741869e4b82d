"""An operation of a forward that makes tensors: by the rule of its kind, or as torch does it without data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ...layer import Layer, Shape
from ...layers.attention import MultiheadAttention
from ...problem import ShapeError
from ...size import SizeLimit
from . import costs, functions, probing, slicing, unpooling
from .adapted import NoRule
from .names import KEEPING, UNTRUSTED, VIEWS, is_in_place
from .opaque import Observed, Pointwise, Unwritten
from .recorded import RecordedCall
from .value import Value, note

if TYPE_CHECKING:
    pass

#: Kinds with several outputs, one of which each index is.
_PIECES = ("Chunk", "Split")


class Operation(RecordedCall):
    """A call, answered."""

    def result(self) -> Any:
        """Run it and write its row; what comes of parameters alone is learned as they are."""
        made = self._result()
        values = [self._value(tensor) for tensor in self.tensors]
        learned, own = any(one.learned for one in values), all(one.is_own for one in values)
        computed = self.base not in VIEWS or any(
            self._value(tensor).made_of_parameters for tensor in self.tensors
        )
        for tensor in self.rec.tensors_in(made) if learned or own else ():
            value = self.rec.value(tensor)
            if value is not None and value.is_constant:
                value.learned = learned
                value.made_of_parameters, value.is_own = computed and learned, own and not computed
        return made

    def _result(self) -> Any:
        rec = self.rec
        if self.base == "getitem":
            layers = slicing.layers_for(self.args[1], len(self.tensors[0].shape), rec.size_of)
            if layers is not None:
                return self._chain(layers)
        try:
            given = functions.bound(self.func, self.base, self.args, self.kwargs)
            otherwise = self.base != "batch_norm"  # the only one that takes nothing for evaluation
            self.evaluated = not given.get("training", given.get("train", otherwise))
            tensors = self._inputs(given)
            shapes = [self._shape(tensor) for tensor in tensors]
            layer = functions.layer_for(self.base, given, shapes, rec.size_of)
        except NoRule:
            return self._without_rule()
        except ShapeError as error:
            return self._refused_arguments(error)
        if type(layer).__name__ in _PIECES:
            return self._pieces(layer)
        if isinstance(layer, MultiheadAttention):
            return self._heads(layer, given, tensors, shapes)
        return self._by_rule(layer, tensors, shapes)

    def unknown(self) -> Any:
        """As torch does it, with no formula of it."""
        made = self._run(None, self.tensors, None)
        read = [self._value(tensor) for tensor in self.tensors]
        for tensor in self.rec.tensors_in(made):
            shape: Shape = tuple(int(size) for size in tensor.shape)
            layer = Observed(self.base, tuple(value.shape for value in read), shape)
            note(
                tensor,
                Value(self.rec, shape, self.rec.row(self.path, layer, read, shape, self.spot, "UNKNOWN")),
            )
        return made

    def _inputs(self, given: dict[str, Any]) -> list[torch.Tensor]:
        """The tensors that the Layer reads: all but weights and biases."""
        left_out = ("weight", "bias", "running_mean", "running_var", "in_proj_weight")
        read = {key: value for key, value in given.items() if key not in left_out}
        tensors = self.rec.tensors_in(read)
        kind = functions.kind_named(self.base)
        if kind is None or kind.inputs[0].startswith("*"):
            return tensors
        return tensors[: len(kind.inputs)]

    def _by_rule(self, layer: Layer, tensors: list[torch.Tensor], shapes: list[Shape]) -> Any:
        rec, ins = self.rec, tuple(shapes)
        refused: ShapeError | None = None
        out: Shape = ()
        needs: tuple[Any, ...] = ()
        try:
            layer, out, needs = rec.run(layer, ins)
            unpooling.check(rec, layer, [self._value(tensor) for tensor in tensors], out)
        except ShapeError as error:
            refused = error
        except (SizeLimit, TypeError, ValueError):
            return self._without_rule()
        if refused is not None and not layer.functional:
            raise self._refusal(layer, tensors, refused.problem)
        if refused is None and self.base.startswith(UNTRUSTED):
            return rec.tensor(out, self._row(layer, tensors, out, needs), tensors[0].dtype)
        made = self._run(layer, tensors, refused)
        result = made[0] if isinstance(made, tuple) and isinstance(made[0], torch.Tensor) else made
        if refused is not None or not isinstance(result, torch.Tensor) or list(result.shape) != rec.at(out):
            return self._observed(made)
        value = Value(rec, out, self._row(layer, tensors, out, needs))
        for tensor in rec.tensors_in(made):
            note(tensor, value)  # a pool's indices have its shape, and are read with its source
            if made is not tensor and hasattr(layer, "return_indices"):
                value.pooled = layer, ins[0]
        return made

    def _heads(
        self,
        layer: MultiheadAttention,
        given: dict[str, Any],
        tensors: list[torch.Tensor],
        shapes: list[Shape],
    ) -> Any:
        """Attention as a function, which returns its weights, too, unless it is told not to."""
        rec = self.rec
        if given.get("attn_mask") is not None or given.get("key_padding_mask") is not None:
            self.spot = self.spot.recorded(more=True)
        if not given.get("need_weights", True):
            return self._by_rule(layer.without_weights(), tensors, shapes)
        made = self._by_rule(layer, tensors, shapes)
        query, key, read = shapes[0], shapes[1], [self._value(made[0])]
        heads = () if given.get("average_attn_weights", True) else (layer.num_heads,)
        shape: Shape = (*query[1:-1], *heads, query[0], key[0] + layer.add_bias_kv + layer.add_zero_attn)
        weights = Observed("weights", (read[0].shape,), shape)
        note(made[1], Value(rec, shape, lambda: rec.row(self.path, weights, read, shape, self.spot, "EXACT")))
        return made

    def _refused_arguments(self, error: ShapeError) -> Any:
        """The kind's constructor refuses the arguments; a function may take them nevertheless."""
        if functions.kind_named(self.base) is not None and self.base.startswith(UNTRUSTED):
            raise self._refusal(Unwritten(self.base), self.tensors[:1], error.problem)
        return self._observed(self._run(None, self.tensors, error))

    def _chain(self, layers: list[Layer]) -> Any:
        """Several layers one after another, for one call: `x[:, 0, 1:]`."""
        rec, tensor = self.rec, self.tensors[0]
        made = self._run(None, self.tensors, None)
        rows, shape = list[tuple[Layer, Shape, Any]](), self._shape(tensor)
        try:
            for layer in layers:
                _, out, needs = rec.run(layer, (shape,))
                rows.append((layer, out, needs))
                shape = out
        except (ShapeError, SizeLimit, TypeError, ValueError):
            return self._observed(made)
        if list(made.shape) != rec.at(shape):
            return self._observed(made)
        value = self._value(tensor)
        for layer, out, needs in rows:
            constant = value.source is None
            source = None if constant else rec.row(self.path, layer, [value], out, self.spot, "EXACT", needs)
            value = Value(rec, out, source)
        return note(made, value)

    def _pieces(self, layer: Layer) -> Any:
        """chunk and split: a row for each piece that is used."""
        rec, tensors = self.rec, self.tensors[:1]
        made = self._run(layer, tensors, None)
        ins = (self._shape(tensors[0]),)
        noted = []
        for number, piece in enumerate(made):
            own = layer.replace(index=number)
            try:
                own, out, needs = rec.run(own, ins)
            except (ShapeError, SizeLimit, TypeError, ValueError):
                return self._observed(made)
            if list(piece.shape) != rec.at(out):
                return self._observed(made)
            noted.append((own, out, needs))
        for piece, (own, out, needs) in zip(made, noted):
            note(piece, Value(rec, out, self._lazily(own, tensors, out, needs)))
        return made

    def _lazily(self, layer: Layer, tensors: list[torch.Tensor], out: Shape, needs: Any) -> Any:
        return lambda: self._row(layer, tensors, out, needs)

    def _without_rule(self) -> Any:
        """What keeps the shape of its inputs, or of the first; else whatever torch makes of them."""
        if self.base == "setitem":
            return self._written_into()
        keeps_first = is_in_place(self.name) or self.base in KEEPING
        if not keeps_first and not functions.is_pointwise(self.base):
            return self._observed(self._run(None, self.tensors, None))
        layer = Pointwise(self.base, reversed=self.name in ("__rdiv__", "__rtruediv__", "__rpow__"))
        read = self.tensors[:1] if keeps_first else self.tensors
        shapes = [self._shape(tensor) for tensor in read]
        try:
            self.rec.run(layer, tuple(shapes))
        except (ShapeError, SizeLimit, TypeError, ValueError):
            return self._observed(self._run(None, self.tensors, None))
        return self._by_rule(layer, read, shapes)

    def _written_into(self) -> None:
        """`x[i] = y`: the tensor goes on with what is written; that makes a row of zeros, too."""
        self._run(None, self.tensors, None)
        target = self.tensors[0]
        shape = self._shape(target)
        read = [tensor for tensor in self.tensors if self._value(tensor).source is not None] or [target]
        layer: Layer = Pointwise(self.base)
        if len(read) > 1 or read[0] is not target:
            layer = Observed(self.base, tuple(map(self._shape, read)), shape)
        note(target, Value(self.rec, shape, self._row(layer, read, shape, ())))

    def _observed(self, made: Any) -> Any:
        """Rows for what torch made, its formulas found by asking it for other sizes too."""
        rec = self.rec
        results = rec.tensors_in(made)
        tensors = list(self.tensors)
        ins = tuple(self._shape(tensor) for tensor in tensors if self._value(tensor).source is not None)
        shapes = probing.shapes(rec, self.func, self.args, self.kwargs, results)
        learns = any(self._value(tensor).learned for tensor in tensors)
        kept = costs.kept(self, shapes)
        for place, (tensor, shape) in enumerate(zip(results, shapes)):
            layer = Observed(self.base, ins, shape, learns, 0 if place else costs.macs(self), kept[place])
            in_place = any(tensor is other for other in tensors)
            at_once = in_place or len(results) == 1
            note(tensor, Value(rec, shape, self._traced(layer, shape, at_once)))
        return made
