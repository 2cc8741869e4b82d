"""Numbers that a file leaves open (`_`, or a Lazy kind) and that follow the input's size, as formulas.

A trace of symbols stops at `Linear(_, 10)` behind a Flatten: no layer has the formula `8*H*W` as an argument. At any
one size there is a number, and a page that answers for all of them needs its formula.
"""

from __future__ import annotations

from ...arch import Arch
from ...layer import Layer, Shape
from ...problem import ShapeError
from ...size import Expr, Size, SizeLimit
from ...sorts import INFER
from ...trace import Trace, trace_whole


def with_formulas(arch: Arch, shape: Shape) -> Arch:
    """The architecture with formulas in the place of open numbers, as far as they stop its trace of symbols."""
    while (more := filled_in(arch, trace_whole(arch, shape))) is not None:
        arch = more
    return arch


def filled_in(arch: Arch, traced: Trace) -> Arch | None:
    """The architecture with formulas for the open numbers at which its trace stops; None where it stops at no such."""
    if traced.failed is None or not arch.nodes[traced.failed].layer.open:
        return None
    layer = _with_formulas(arch.nodes[traced.failed].layer, traced.failed_in)
    if layer is None:
        return None
    nodes = list(arch.nodes)
    nodes[traced.failed] = nodes[traced.failed]._replace(layer=layer)
    return arch.with_nodes(nodes)


def following(trace: Trace) -> dict[int, list[str]]:
    """The arguments that follow the input, of each step that has some."""
    found = {number: _formulas(step.layer) for number, step in enumerate(trace.steps)}
    return {number: names for number, names in found.items() if names}


def _with_formulas(layer: Layer, taken: tuple[Shape, ...]) -> Layer | None:
    """The layer with its open numbers read off symbolic shapes; None where it must know them as integers."""
    kind = layer.eager or type(layer)
    values = {name: layer.__dict__.get(name, INFER) for name in kind.fields}
    for name in [name for name, value in values.items() if value is INFER]:
        size = _read_off(layer, kind, name, taken)
        if size is None or (isinstance(size, Expr) and "N" in size.symbols):
            return None
        values[name] = size
    made: Layer = object.__new__(kind)
    made.__dict__.update(values, open=False)
    try:
        made.validate()
        _ = made.num_parameters
    except (ShapeError, SizeLimit, TypeError):
        return None
    return made


def _read_off(layer: Layer, kind: type[Layer], name: str, taken: tuple[Shape, ...]) -> Size | None:
    sort = kind.fields[name].sort
    shape = taken[sort.source] if sort.source < len(taken) else ()
    axis = layer.inferred_axis(kind.fields[name], shape)
    return shape[axis] if axis is not None and -len(shape) <= axis < len(shape) else None


def _formulas(layer: Layer) -> list[str]:
    return [name for name in layer.fields if isinstance(layer.__dict__.get(name), Expr)]
