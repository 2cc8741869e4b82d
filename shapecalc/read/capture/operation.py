"""An operation of a forward that makes tensors: by the rule of its kind, or as torch does it without data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ...layer import Layer, Shape
from ...problem import RAISED, Problem, ShapeError
from ...size import SizeLimit
from . import functions, probing, products, slicing, unpooling
from .dims import Dim
from .opaque import Observed, Pointwise, Unwritten
from .refusals import NeedsData
from .value import Value, mapped, note

if TYPE_CHECKING:
    from .recorder import Recorder

#: Where torch's own shapes on tensors without data are not those of its kernels.
UNTRUSTED = ("conv_transpose",)
#: Kinds with several outputs, one of which each index is.
_PIECES = ("Chunk", "Split")


def integers(tree: Any) -> Any:
    """The arguments with plain integers."""
    return mapped(tree, lambda leaf: int(leaf) if type(leaf) is Dim else leaf)


#: `1 - x` and `x + 1` are one operation.
_OPERATORS = {
    "radd": "add", "iadd": "add", "rmul": "mul", "imul": "mul", "isub": "sub", "idiv": "div", "itruediv": "div",
    "truediv": "div", "rtruediv": "div", "rdiv": "div", "rpow": "pow", "ipow": "pow", "rmatmul": "matmul",
    "imatmul": "matmul", "floordiv": "floor_divide", "rfloordiv": "floor_divide", "invert": "bitwise_not",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "mod": "remainder",
}  # fmt: skip

#: Of a parameter, these compute nothing.
VIEWS = frozenset(
    ("expand", "getitem", "unsqueeze", "squeeze", "view", "reshape", "permute", "transpose", "flatten", "t")
)


class Operation:
    """A call that makes tensors."""

    def __init__(self, rec: Recorder, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> None:
        self.rec, self.func, self.name = rec, func, name
        stripped = name.strip("_")
        self.base = _OPERATORS.get(stripped, stripped) if name.startswith("__") else stripped
        standing_in = self._standing_in
        self.args: tuple[Any, ...] = mapped(args, standing_in)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("device", "pin_memory")}
        self.kwargs: dict[str, Any] = mapped(kwargs, standing_in)
        self.spot = rec.stack.spot()
        self.path = self.spot.path(self.base)
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

    def result(self) -> Any:
        """Run it and write its row; what comes of parameters alone is learned as they are."""
        made = self._result()
        learned = any(self._value(tensor).learned for tensor in self.tensors)
        computed = self.base not in VIEWS or any(
            self._value(tensor).made_of_parameters for tensor in self.tensors
        )
        for tensor in self.rec.tensors_in(made) if learned else ():
            value = self.rec.value(tensor)
            if value is not None and value.is_constant:
                value.learned, value.made_of_parameters = True, computed
        return made

    def _result(self) -> Any:
        rec = self.rec
        if self.base == "getitem":
            layers = slicing.layers_for(self.args[1], len(self.tensors[0].shape), rec.size_of)
            if layers is not None:
                return self._chain(layers)
        try:
            given = functions.bound(self.func, self.base, self.args, self.kwargs)
            tensors = self._inputs(given)
            shapes = [self._shape(tensor) for tensor in tensors]
            layer = functions.layer_for(self.base, given, shapes, rec.size_of)
        except functions.NoRule:
            return self._without_rule()
        except ShapeError as error:
            return self._refused_arguments(error)
        if type(layer).__name__ in _PIECES:
            return self._pieces(layer)
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

    # what a Layer stands for

    def _inputs(self, given: dict[str, Any]) -> list[torch.Tensor]:
        """The tensors that the Layer reads: all but weights and biases."""
        left_out = ("weight", "bias", "running_mean", "running_var", "in_proj_weight")
        read = {key: value for key, value in given.items() if key not in left_out}
        tensors = self.rec.tensors_in(read)
        kind = functions.kind_named(self.base)
        if kind is None or kind.inputs[0].startswith("*"):
            return tensors
        return tensors[: len(kind.inputs)]

    def _value(self, tensor: torch.Tensor) -> Value:
        value = self.rec.value(tensor)
        assert value is not None
        return value

    def _shape(self, tensor: torch.Tensor) -> Shape:
        return self._value(tensor).shape

    def _refusal(self, layer: Layer, tensors: list[torch.Tensor], problem: Problem) -> Exception:
        return self.rec.refuse(self.path, layer, [self._value(tensor) for tensor in tensors], problem)

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
        for tensor in made if isinstance(made, tuple) else (made,):
            note(tensor, value)  # a pool's indices have its shape, and are read with its source
            if made is not tensor and hasattr(layer, "return_indices"):
                value.pooled = layer, ins[0]
        return made

    def _row(
        self, layer: Layer, tensors: list[torch.Tensor], out: Shape, needs: Any, standing: str = "EXACT"
    ) -> int | None:
        """Write the row; what is computed from parameters alone is none, it stays a constant."""
        read = [self._value(tensor) for tensor in tensors]
        if all(value.source is None for value in read):
            return None
        computed = any(self._value(tensor).made_of_parameters for tensor in self.tensors)
        return self.rec.row(self.path, layer, read, out, self.spot, standing, needs, computed)

    def _run(self, layer: Layer | None, tensors: list[torch.Tensor], refused: ShapeError | None) -> Any:
        """What torch returns; raises a refusal with our reason where there is one, and torch's where not."""
        try:
            return self.func(*integers(self.args), **integers(self.kwargs))
        except (
            RuntimeError,
            ValueError,
            IndexError,
            TypeError,
            NotImplementedError,
            AssertionError,
        ) as error:
            if probing.is_about_data(error):
                raise NeedsData(self.base, self.spot) from None
            problem = refused.problem if refused else said_by_torch(self.base, error)
        raise self._refusal(layer or Unwritten(self.base), tensors, problem)

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

    # what none stands for

    def _without_rule(self) -> Any:
        rec = self.rec
        inplace = self.name.endswith("_") and not self.name.startswith("__")
        if (
            functions.is_pointwise(self.base)
            or inplace
            or self.base in ("setitem", "batch_norm", "instance_norm")
        ):
            read = self.tensors if not inplace and self.base not in KEEPING else self.tensors[:1]
            if self.base == "setitem":
                read = self.tensors[:1]
            layer: Layer = Pointwise(
                self.base, reversed=self.name in ("__rdiv__", "__rtruediv__", "__rpow__")
            )
            ins = [self._shape(tensor) for tensor in read]
            try:
                rec.run(layer, tuple(ins))
            except (ShapeError, SizeLimit, TypeError, ValueError):
                return self._observed(self._run(None, self.tensors, None))
            if self.base == "setitem":
                self._run(None, self.tensors, None)
                target = self.tensors[0]
                read = [tensor for tensor in self.tensors if self._value(tensor).source is not None] or read
                if len(read) > 1 or read[0] is not target:  # what is written makes zeros a row, too
                    layer = Observed("setitem", tuple(map(self._shape, read)), ins[0])
                note(target, Value(rec, ins[0], self._row(layer, read, ins[0], ())))
                return None
            return self._by_rule(layer, read, ins)
        return self._observed(self._run(None, self.tensors, None))

    def _observed(self, made: Any) -> Any:
        """Rows for what torch made, its formulas found by asking it for other sizes too."""
        rec = self.rec
        results = rec.tensors_in(made)
        tensors = list(self.tensors)
        ins = tuple(self._shape(tensor) for tensor in tensors if self._value(tensor).source is not None)
        shapes = probing.shapes(rec, self.func, self.args, self.kwargs, results)
        learns = any(self._value(tensor).learned for tensor in tensors)
        macs = products.macs(self.base, self.args, self.kwargs, [self._shape(tensor) for tensor in tensors])
        for tensor, shape in zip(results, shapes):
            layer = Observed(self.base, ins, shape, learns, macs)
            in_place = any(tensor is other for other in tensors)
            at_once = in_place or len(results) == 1
            note(tensor, Value(rec, shape, self._traced(layer, shape, at_once)))
        return made

    def _traced(self, layer: Layer, shape: Shape, at_once: bool) -> Any:
        read = [self._value(tensor) for tensor in self.tensors]
        if all(value.source is None for value in read):
            return None
        read = [value for value in read if value.source is not None]

        def row() -> int:
            return self.rec.row(self.path, layer, read, shape, self.spot, "TRACED")

        return row() if at_once else row


KEEPING = ("batch_norm", "instance_norm")


def said_by_torch(name: str, error: BaseException) -> Problem:
    """Torch's own words, the first line of them."""
    text = " ".join(str(error).split("\n")[0].split())
    return Problem(RAISED, f"`{name}` fails: {text[:300]}", note=f"torch raises {type(error).__name__}")
