"""Numbers left to infer (`_`) as expressions over vars: the channels or features of a layer above, named there.

An expression is followed from the layer that names it to those that read it, axis by axis: as long as the axis
stays as large as it was, through a Cat, which adds, and through a Flatten, which multiplies. The spec is then
read with other vars, and what comes out otherwise than its expression says is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..arch import INPUT, Arch
from ..layer import Layer
from ..problem import Place, ShapeError
from ..read.call import parse_value
from ..read.spec import loads
from ..read.value import evaluate
from ..shapes import Shape
from ..sorts import INFER
from ..trace import Trace, trace


class Expression(NamedTuple):
    """Arithmetic as Python text, and the vars that it names."""

    text: str
    names: list[str]


#: The axes of an output whose sizes are expressions over vars.
Axes = dict[int, Expression]

#: Where a layer's own number of channels or features ends up.
_MADE = {"out_channels": 1, "out_features": -1}


class Following(NamedTuple):
    """By layer and argument, what was left to infer as an expression; what each layer returns.

    `unfollowed` are the paths of layers whose inferred number is another one with other vars, and no expression.
    """

    arguments: dict[tuple[int, str], Expression]
    outputs: dict[int, Axes]
    unfollowed: list[str]


def following(traced: Trace, written: list[dict[str, Expression]]) -> Following:
    """`written` has each layer's arguments that name vars."""
    arguments: dict[tuple[int, str], Expression] = {}
    outputs: dict[int, Axes] = {}
    inferred = [
        (number, name, axis)
        for number in range(len(traced.steps))
        for name, axis in _inferred(traced, number)
    ]
    for number, (node, step) in enumerate(zip(traced.arch.nodes, traced.steps)):
        above = [outputs.get(source - 1, {}) for source in node.sources]
        for own, name, axis in inferred:
            if own == number and axis in above[0]:
                arguments[number, name] = above[0][axis]
        outputs[number] = _returned(step.layer, written[number], above, step.shapes_in, step.shape_out)
    varied = list(_varied(traced)) if any(written) else []
    for vars, other in varied:
        for (number, name), expression in list(arguments.items()):
            if _value(expression, vars) != getattr(other.steps[number].layer, name):
                del arguments[number, name]
        for number, axes in outputs.items():
            shape = other.steps[number].shape_out
            outputs[number] = {axis: own for axis, own in axes.items() if _value(own, vars) == shape[axis]}
    unfollowed = [
        traced.arch.nodes[number].path
        for number, name, _ in inferred
        if (number, name) not in arguments
        and any(getattr(other.steps[number].layer, name) != getattr(traced.steps[number].layer, name)
                for _, other in varied)
    ]  # fmt: skip
    return Following(arguments, outputs, unfollowed)


def _inferred(traced: Trace, number: int) -> Iterator[tuple[str, int]]:
    """The arguments that were read off the first input, and off which of its axes."""
    node, step = traced.arch.nodes[number], traced.steps[number]
    for name, field in step.layer.fields.items():
        if field.sort.axis is None or field.sort.source or getattr(node.layer, name) is not INFER:
            continue
        axis = step.layer.inferred_axis(field, step.shapes_in[0])
        if axis is not None and node.sources[0] != INPUT:
            yield name, axis % len(step.shapes_in[0])


def _returned(
    layer: Layer,
    written: Mapping[str, Expression],
    above: list[Axes],
    taken: tuple[Shape, ...],
    out: Shape,
) -> Axes:
    """Which axes of what a layer returns are expressions over vars."""
    if not above:
        return {}
    kind, own = type(layer).__name__, {}
    if kind == "Flatten":
        return _flattened(layer, above[0], taken[0])
    if len(out) == len(taken[0]):
        own = {axis: each for axis, each in above[0].items() if out[axis] == taken[0][axis]}
    if kind == "Cat":
        along = layer.__dict__["dim"] % len(out)
        own.pop(along, None)
        if all(along in axes for axes in above):
            own[along] = _combined(" + ", [axes[along] for axes in above])
    for name, axis in _MADE.items():
        if name in layer.fields:
            own.pop(axis % len(out), None)
            if name in written:
                own[axis % len(out)] = written[name]
    return own


def _flattened(layer: Layer, above: Axes, taken: Shape) -> Axes:
    first, last = (layer.__dict__[name] % len(taken) for name in ("start_dim", "end_dim"))
    own = {axis if axis < first else axis - last + first: each for axis, each in above.items()}
    sizes = {axis: above.get(axis) or Expression(str(taken[axis]), []) for axis in range(first, last + 1)}
    own.pop(first, None)
    if sizes.keys() & above.keys() and all(axis in above or type(taken[axis]) is int for axis in sizes):
        own[first] = _combined(" * ", [each for each in sizes.values() if each.text != "1"])
    return {axis: each for axis, each in own.items() if axis >= 0}


def _combined(operator: str, parts: list[Expression]) -> Expression:
    """The sum or the product of the parts."""
    names = dict.fromkeys(name for part in parts for name in part.names)
    is_product = "*" in operator
    texts = [f"({part.text})" if is_product and set("+-/") & set(part.text) else part.text for part in parts]
    return Expression(operator.join(texts), list(names))


def _varied(traced: Trace) -> Iterator[tuple[Mapping[str, int | float], Trace]]:
    """The same spec with other vars: each alone one larger and twice as large, and all twice."""
    vars = traced.arch.variables
    whole = {name: value for name, value in vars.items() if type(value) is int}
    changes = [{name: value + 1} for name, value in whole.items()]
    changes += [{name: 2 * value} for name, value in whole.items()]
    changes += [{name: 2 * value for name, value in whole.items()}]
    for change in changes:
        again = _traced_with(traced.arch, {**vars, **change}, traced.shape_in)
        if again is not None:
            yield {**vars, **change}, again


def _traced_with(arch: Arch, vars: Mapping[str, int | float], shape: Shape) -> Trace | None:
    """The trace with these vars, where that runs and has the same layers."""
    try:
        again = trace(loads(arch.text or "", arch.path, vars), shape)
    except ShapeError:
        return None
    same = [node.sources for node in again.arch.nodes] == [node.sources for node in arch.nodes]
    return again if same and again.failed is None else None


def _value(expression: Expression, vars: Mapping[str, int | float]) -> object:
    try:
        return evaluate(parse_value(expression.text, 0, len(expression.text), nowhere), vars, nowhere, INFER)
    except ShapeError:
        return None


def nowhere(start: int, end: int) -> Place:
    """The place of an expression that is not read for its errors."""
    return Place(1, 1, 1, 1)
