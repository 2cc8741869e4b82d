"""Recorder: stands between a running forward and torch, and writes a row for every operation.

Tensors have a shape and no data (torch's meta device), and carry their shape in formulas beside it. A module or a
function that a Layer stands for is computed by that Layer's rule; anything else by torch itself on such tensors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...arch import INPUT, Node, Origin
from ...layer import Layer, Needs, Shape
from ...problem import INPUT_COUNT, RESHAPE, Problem, ShapeError
from ...shapes import N
from ...size import Condition, Size
from ...trace import Step, folded_batch
from . import gradients, operations
from .dims import Dim, dim, size_of
from .frames import Spot, Stack
from .opaque import Partial
from .refusals import NeedsData, Refusal
from .value import Value, has_shape, leaves, mapped, note, value_of


class Recorder(TorchFunctionMode):
    """One run. `hints` give every symbol the number that stands for it; `layers` replace modules', by path."""

    def __init__(
        self,
        model: nn.Module,
        hints: Mapping[str, int],
        layers: Mapping[str, Layer],
        origins: Mapping[str, Origin],
        real: bool = False,
    ) -> None:
        super().__init__()
        self.hints, self.layers, self.origins, self.real = hints, layers, origins, real
        self.paths: dict[int, str] = {}
        for path, module in model.named_modules():
            self.paths.setdefault(id(module), path)
        self.model = model
        self.names = {id(tensor): name for name, tensor in model.named_parameters(remove_duplicate=False)}
        self.names |= {id(tensor): name for name, tensor in model.named_buffers(remove_duplicate=False)}
        for path, module in model.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, torch.Tensor):
                    self.names.setdefault(id(value), f"{path}.{name}" if path else name)
        self.stack = Stack(self.paths)
        self.gradients = gradients.Gradients(self)
        #: tensors made in the forward with sizes that are numbers
        self.literal: list[torch.Tensor] = []
        self.steps: list[Step] = []
        self.nodes: list[Node] = []
        self.guards: list[tuple[Condition, Spot]] = []
        #: where the forward asked for values, and for what it asked first
        self.data_spots: list[Spot] = []
        self.asked = ""
        #: the modules that were called, by path
        self.called: set[str] = set()
        self.modules = {path: module for path, module in model.named_modules() if path}
        #: the parameters of these modules, by id
        self.counted: set[int] = set()
        #: the row with which a half of an autoencoder begins, by the name of its method
        self.begins: dict[str, int] = {}
        self.first: torch.Tensor
        self.shape_in: Shape = ()
        self.thread = threading.get_ident()
        self.quiet = 0
        self._layers: dict[int, Layer | None] = {}
        self._constants: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    # tensors

    def at(self, shape: Shape) -> list[int]:
        """The numbers of a shape."""
        return [size if isinstance(size, int) else size.at(**self.hints) for size in shape]

    def tensor(
        self, shape: Shape, source: int | Callable[[], int | None] | None, dtype: Any = None
    ) -> torch.Tensor:
        """A fresh tensor without data (or with random data, where the run is real)."""
        with torch._C.DisableTorchFunction():
            if not self.real:
                made = torch.empty(self.at(shape), dtype=dtype, device="meta")
            elif dtype is None or dtype.is_floating_point:
                made = torch.rand(self.at(shape), dtype=dtype)
            else:
                made = torch.zeros(self.at(shape), dtype=dtype)
        return note(made, Value(self, shape, source))

    def value(self, tensor: torch.Tensor) -> Value | None:
        return value_of(tensor, self)

    def constant(self, tensor: torch.Tensor) -> torch.Tensor:
        """A parameter, a buffer or a tensor made in the forward, as one without data."""
        known = self._constants.get(id(tensor))
        if known is not None and known[0] is tensor:
            return known[1]
        name = self.names.get(id(tensor), "constant")
        shape = tuple(int(size) for size in tensor.shape)
        if isinstance(tensor, (nn.UninitializedParameter, nn.UninitializedBuffer)):
            raise NeedsData(f"`{name}` has no shape yet", self.stack.spot())
        with torch._C.DisableTorchFunction():
            if not self.real:
                stand_in = torch.empty_strided(shape, tensor.stride(), dtype=tensor.dtype, device="meta")
            elif tensor.device.type == "meta":
                stand_in = torch.rand(shape).to(tensor.dtype)
            else:
                stand_in = tensor.detach().clone()
        value = Value(self, shape, None)
        value.learned, value.is_own = tensor.requires_grad, id(tensor) in self.names
        if id(tensor) not in self.names and all(tensor is not known for known in self.literal):
            value.is_guess = True
            if len(shape) > 1 and shape[0] == self.hints["N"]:
                value.shape = (N, *shape[1:])
        note(stand_in, value)
        self._constants[id(tensor)] = (tensor, stand_in)
        return stand_in

    # rows

    def row(
        self,
        path: str,
        layer: Layer,
        read: Sequence[Value],
        out: Shape,
        spot: Spot,
        standing: str,
        needs: tuple[Any, ...] = (),
    ) -> int:
        """Write a row; returns the source that it is."""
        layer, sources, ins = self.reading(layer, read)
        origin = self.origins.get(path)
        again = path in self.called
        module = self.modules.get(path)
        through = tuple(value.through for value in read if value.source is not None)
        spot = spot.recorded(through=through if any(through) else ())
        if module is not None:
            spot = spot.recorded(**gradients.trained(module))
        seen = spot.call(standing)._replace(
            again=again, tied=0 if again or module is None else self._tied(module)
        )
        self.called.add(path if "forward:" not in path else "")
        self.nodes.append(Node(path, layer, sources, origin, seen))
        self.steps.append(Step(path, layer, ins, out, needs, origin, seen))
        return len(self.nodes)

    def spot(self) -> Spot:
        """Where the forward stands, and how autograd meets what runs there."""
        return self.stack.spot()._replace(recording=self.gradients.recording())

    def _tied(self, module: nn.Module) -> int:
        """How many parameters of the module that is called now are those of one that was called before."""
        own = {id(one): one.numel() for one in module.parameters() if has_shape(one)}
        tied = sum(number for key, number in own.items() if key in self.counted)
        self.counted.update(own)
        return tied

    def reading(
        self, layer: Layer, read: Sequence[Value]
    ) -> tuple[Layer, tuple[int, ...], tuple[Shape, ...]]:
        """The layer with its sources and their shapes; what no row makes becomes a part of the layer.

        What reads parameters alone stands as if it read the input.
        """
        constants = {place: value.shape for place, value in enumerate(read) if value.source is None}
        if not constants:
            return layer, tuple(value.source or 0 for value in read), tuple(value.shape for value in read)
        if len(constants) == len(read):
            return layer, (INPUT,), tuple(value.shape for value in read)[:1]
        rows = [value for value in read if value.source is not None]
        return (
            Partial(layer, constants, any(value.learned for value in read), self._are_own(read)),
            tuple(value.source or 0 for value in rows),
            tuple(value.shape for value in rows),
        )

    def _are_own(self, read: Sequence[Value]) -> bool:
        """Whether what no row makes is the model's own, and all or none of it is trained."""
        constants = [value for value in read if value.source is None]
        return all(one.is_own and one.learned == constants[0].learned for one in constants)

    def refuse(self, path: str, layer: Layer, read: Sequence[Value], problem: Problem) -> Refusal:
        """The refusal of a row that cannot run."""
        call = self.stack.spot().call()
        _, sources, _ = self.reading(layer, read)
        node = Node(path, layer, sources, self.origins.get(path), call)
        return Refusal(node, tuple(value.shape for value in read), problem)

    def run(self, layer: Layer, ins: tuple[Shape, ...]) -> tuple[Layer, Shape, tuple[Any, ...]]:
        """A Layer's rule on shapes in formulas, what depends on them decided for the numbers of this run.

        Raises `ShapeError` where torch would refuse these numbers.
        """
        names = layer.inputs
        if not names[0].startswith("*") and not len(names) - layer.optional_inputs <= len(ins) <= len(names):
            raise ShapeError(
                Problem(INPUT_COUNT, f"{type(layer).__name__} takes {len(names)} inputs, and gets {len(ins)}")
            )
        need = Needs()
        if layer.open:
            layer = layer.resolved(*ins)
        out = layer.shape(need, *ins)
        if self.hints.get("N") == 1:
            layer.shape(Needs(), *[tuple(self.at(shape)) for shape in ins])
        for condition, problem in need:
            if condition.at(**{name: self.hints[name] for name in condition.symbols}):
                continue
            if condition.symbols == {"N"} and N not in out and problem.code == RESHAPE:
                folded = folded_batch(ins[0], out, problem.message)
                problem = folded._replace(argument=problem.argument, repairs=problem.repairs)
            raise ShapeError(problem)
        return layer, out, tuple(need)

    # modules

    def layer(self, module: nn.Module) -> Layer | None:
        """The module's Layer, read once."""
        key = id(module)
        if key not in self._layers:
            from .modules import layer_of

            path = self.paths.get(key)
            changed = self.layers.get(path) if path is not None else None
            self._layers[key] = changed or layer_of(module)
        return self._layers[key]

    def settle(self, module: nn.Module, layer: Layer) -> None:
        """A Lazy module's layer, once its numbers are known."""
        self._layers[id(module)] = layer

    # torch's calls

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if threading.get_ident() != self.thread:
            return func(*args, **kwargs)
        return operations.call(self, func, args, kwargs)

    def size_of(self, value: Any) -> Any:
        """An argument with its formulas, for a Layer."""
        if isinstance(value, (tuple, list)):
            return tuple(self.size_of(item) for item in value)
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return size_of(value)

    def dim(self, value: int, size: Size) -> int:
        return dim(value, size, self._guard)

    def _guard(self, condition: Condition, came_out: bool) -> None:
        spot = self.stack.spot()
        if spot.file is not None and all(known != condition for known, _ in self.guards):
            self.guards.append((condition, spot))

    def tensors_in(self, tree: Any) -> list[torch.Tensor]:
        return [leaf for leaf in leaves(tree) if isinstance(leaf, torch.Tensor)]

    def plain(self, tree: Any) -> Any:
        """Arguments as torch itself is to see them: tensors of this run, and plain integers."""

        def change(leaf: Any) -> Any:
            if isinstance(leaf, torch.Tensor) and self.value(leaf) is None:
                return self.constant(leaf)
            return int(leaf) if type(leaf) is Dim else leaf

        return mapped(tree, change)
