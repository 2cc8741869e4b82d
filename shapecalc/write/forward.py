"""`forward`, and `encode` and `decode` of an autoencoder: a line for each unit, with its output's shape."""

from __future__ import annotations

from typing import Any

from ..shapes import Shape, spell
from ..trace import Trace
from .layout import lines_of
from .module import attribute
from .plan import Kept, Plan, Unit, returns_tuple
from .spelling import quoted

_MODES = {"UpsamplingNearest2d": {}, "UpsamplingBilinear2d": {"mode": "bilinear", "align_corners": True}}


class Body:
    """Writes the lines that run units."""

    def __init__(self, trace: Trace, plan: Plan) -> None:
        self.plan, self.steps, self.arch = plan, trace.steps, trace.arch
        self.shape_in: Shape = trace.shape_in

    def lines(self, start: int, stop: int) -> list[str]:
        """What runs the layers from `start` up to `stop`; `x` is what they take and what they return."""
        lines = self._kept_input() if start == 0 else []
        for unit in self.plan.units():
            if start <= unit.first < stop:
                lines += self._unit(unit)
        return lines

    def _kept_input(self) -> list[str]:
        kept = self.plan.outputs.get(0)
        return [f"        {kept.name} = x"] if kept else []

    def _unit(self, unit: Unit) -> list[str]:
        number = unit.first
        sources = self.arch.nodes[number].sources
        inputs = [self._read(source, number) for source in sources]
        lines = []
        if number in self.plan.sizes:
            lines.append(f"        {self.plan.sizes[number].name} = {inputs[0]}.shape[2:]")
        target = "x"
        if number in self.plan.indices:
            target = f"x, {self.plan.indices[number].name}"
        elif unit.path and returns_tuple(self.steps[number].layer):
            target = "x, _"
        code = self._call(unit.path, number, inputs) if unit.path else self._expression(number, inputs)
        lines += lines_of(8, f"{target} = {code}", spell(self.steps[unit.last].shape_out))
        kept = self.plan.outputs.get(unit.last + 1)
        return [*lines, f"        {kept.name} = x"] if kept else lines

    def _read(self, source: int, reader: int) -> str:
        return (
            "x" if source == reader else self.plan.outputs[source].name if source in self.plan.outputs else ""
        )

    def _call(self, path: tuple[str, ...], number: int, inputs: list[str]) -> str:
        layer = self.steps[number].layer
        if type(layer).__name__ == "MultiheadAttention":  # torch wants query, key and value
            inputs = [*inputs, *[inputs[-1]] * (3 - len(inputs))]
        if number in self.plan.index_readers:
            inputs[1] = self.plan.indices[self.plan.index_readers[number]].name
        if number in self.plan.targets:
            inputs.append(f"output_size={self._size(number)}")
        else:
            inputs += [
                f"{name}={quoted(value)}"
                for name in layer.forward_fields
                if (value := getattr(layer, name)) != layer.fields[name].default
            ]
        return f"{attribute(path)}({', '.join(inputs)})"

    def _size(self, number: int) -> str:
        return self.plan.sizes[self.plan.targets[number]].name

    def _expression(self, number: int, inputs: list[str]) -> str:
        """The call of a function; a tuple where torch's annotations want a list becomes one."""
        layer: Any = self.steps[number].layer
        kind = type(layer).__name__
        if self.plan.is_resized(number):
            arguments = _MODES.get(kind) or {
                name: getattr(layer, name)
                for name, field in layer.fields.items()
                if name not in ("size", "scale_factor", "recompute_scale_factor")
                and getattr(layer, name) != field.default
            }
            texts = [inputs[0], f"size=list({self._size(number)})"]
            texts += [f"{name}={quoted(value)}" for name, value in arguments.items()]
            return f"F.interpolate({', '.join(texts)})"
        if kind == "Crop":
            rank = len(self.steps[number].shapes_in[0]) - 2
            sizes = layer.size if isinstance(layer.size, tuple) else (layer.size,) * rank
            return f"crop({inputs[0]}, {f'{inputs[1]}.shape[2:]' if len(inputs) > 1 else quoted(sizes)})"
        if kind == "Split" and isinstance(layer.split_size, tuple):
            sections = list(layer.split_size)
            return f"torch.split({inputs[0]}, {sections}, dim={layer.dim})[{layer.index}]"
        if kind == "Interpolate":
            return _interpolate(layer, inputs)
        text: str = layer.expression(*inputs)
        return text.replace("torch.nn.functional.", "F.").replace("'", '"')


def _interpolate(layer: Any, inputs: list[str]) -> str:
    """`F.interpolate` as torch's annotations have it: lists, and a size of numbers."""
    texts = [inputs[0], *([f"size=list({inputs[1]}.shape[2:])"] if len(inputs) > 1 else [])]
    for name, field in layer.fields.items():
        value = getattr(layer, name)
        if value != field.default:
            texts.append(f"{name}={list(value) if isinstance(value, tuple) else quoted(value)}")
    return f"F.interpolate({', '.join(texts)})"


def passed(plan: Plan, boundary: int) -> list[Kept]:
    """The values besides the code that the decoder, from node `boundary` on, needs of the encoder."""
    return [
        kept
        for kept in plan.kept()
        if kept.known < boundary and kept.name != "x" and any(reader >= boundary for reader in kept.readers)
    ]


#: What `Crop` is: written where it is used.
CROP = '''
def crop(x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """The centre of the axes after the channels; the far side loses the odd one."""
    for axis, size in enumerate(sizes, 2):
        x = x.narrow(axis, (x.size(axis) - size) // 2, size)
    return x
'''
