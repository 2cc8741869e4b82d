"""Which layer of a decoder must return which layer's size, and whether that restores every size.

A transposed convolution is given its partner's size as `output_size`, which torch turns into the one
output_padding that fits; an upsampling is given it as its `size`, an unpooling as its `output_size`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..arch import Arch
from ..input_sizes import freed
from ..layer import Layer
from ..pairing import pairs
from ..problem import UNMIRRORED, Problem, ShapeError
from ..shapes import N, Shape, spell
from ..trace import Trace, run, trace

#: How many sizes larger than the given one are tried before a module is said to restore them.
TRIED = 13


def targets(traced: Trace) -> dict[int, int]:
    """Each layer that can be told a size, and the earlier one whose input's size it should return.

    Partners are those that change sizes, counted from the middle: as formulas, or as the numbers of this
    input (an `Upsample(size=...)` is a change to a formula, if to nothing else); and last, those whose
    numbers are equal. The first way that restores every size that is tried is taken. Raises `ShapeError`
    where none does.
    """
    symbolic = trace(traced.arch, freed(traced.shape_in))
    ways = [dict(_partners(symbolic))] if symbolic.ok else []
    ways += [dict(_partners(traced)), _equals(traced)]
    refusal: ShapeError | None = None
    for way in ways:
        found = {up: down for up, down in way.items() if _fits(traced, up, down)}
        try:
            checked(traced, found)
        except ShapeError as error:
            refusal = refusal or error
        else:
            return found
    assert refusal is not None
    raise refusal


def _fits(traced: Trace, up: int, down: int) -> bool:
    return takes_size(traced.steps[up].layer, traced.arch, up) and (
        len(_spatial(traced, up)) == len(_spatial(traced, down)) > 0
    )


def _equals(traced: Trace) -> dict[int, int]:
    """The decoder's layers, each with the last layer of the encoder that was given what it returns."""
    steps, decoder = traced.steps, traced.arch.sections.get("decoder", range(0))
    given = {step.shapes_in[0][2:]: number for number, step in enumerate(steps[: decoder.start])}
    return {up: given[size] for up in decoder if (size := steps[up].shape_out[2:]) in given}


def _spatial(traced: Trace, number: int) -> Shape:
    return traced.steps[number].shapes_in[0][2:]


def takes_size(layer: Layer, arch: Arch, number: int) -> bool:
    """Whether torch lets a call of this layer choose among sizes to return."""
    if "output_padding" in layer.fields:
        return max(layer.per_axis("stride")) > 1
    if "output_size" in layer.forward_fields:
        return True
    return "scale_factor" in layer.fields and len(arch.nodes[number].sources) == 1


def _partners(traced: Trace) -> Iterator[tuple[int, int]]:
    """Pairs of an enlarging layer and the layer that it undoes, innermost first."""
    if "decoder" in traced.arch.sections:
        yield from pairs(traced)
        return
    down: list[int] = []
    for number, step in enumerate(traced.steps):
        taken, returned = step.shapes_in[0][2:], step.shape_out[2:]
        if taken == returned or (len(step.shapes_in) > 1 and step.layer.functional):
            continue
        if takes_size(step.layer, traced.arch, number):
            if down:
                yield number, down.pop()
        elif _is_strided(step.layer):
            down.append(number)


def _is_strided(layer: Layer) -> bool:
    if "stride" not in layer.fields:
        return False
    return max(layer.per_axis("kernel_size" if layer.stride is None else "stride")) > 1  # type: ignore[attr-defined]


def told(arch: Arch, shape: Shape, partners: Mapping[int, int]) -> Trace:
    """The trace of the module in which each layer of `partners` is told its size."""
    shapes: list[Shape] = [shape]
    nodes = list(arch.nodes)
    for number, node in enumerate(nodes):
        ins = tuple(shapes[source] for source in node.sources)
        layer = node.layer
        try:
            if number in partners:
                given = shapes[arch.nodes[partners[number]].sources[0]]
                layer = _told(layer, ins, given[2:])
            layer, out, _ = run(layer, ins)
        except ShapeError as error:
            path, place = node.path, node.origin.place if node.origin else None
            problem = error.problem._replace(path=path, place=place)
            return trace(arch.with_nodes(nodes), shape)._replace(
                problems=(problem,), failed=number, failed_in=ins
            )
        nodes[number] = node._replace(layer=layer)
        shapes.append(out)
    return trace(arch.with_nodes(nodes), shape)


def _told(layer: Layer, ins: tuple[Shape, ...], size: Shape) -> Layer:
    if layer.open:
        layer = layer.resolved(*ins)
    if "output_size" in layer.forward_fields:
        return layer.replace(output_size=size)
    if "scale_factor" in layer.fields:
        return layer.replace(scale_factor=None, size=size)
    _, least, _ = run(layer.replace(output_padding=0), ins)
    missing = [int(wanted - found) for wanted, found in zip(size, least[2:])]
    strides = layer.per_axis("stride")
    for wanted, found, more, stride in zip(size, least[2:], missing, strides):
        if not 0 <= more < stride:
            message = f"size {wanted} is asked for, and only {found} to {found + stride - 1} can be returned"
            raise ShapeError(Problem(UNMIRRORED, message))
    return layer.replace(output_padding=tuple(missing))


def checked(traced: Trace, partners: Mapping[int, int]) -> list[Shape]:
    """The inputs that were tried and came back, the given one first; raises `ShapeError` where one runs and does not.

    The given size must come back. Larger ones are tried up to `TRIED` more on each axis; where the encoder
    itself (or a head that needs one size) cannot run, nothing is asked.
    """
    arch, restored = traced.arch, []
    for shape in _near(traced.shape_in):
        found = told(arch, shape, partners)
        is_given = shape == traced.shape_in
        is_before = found.failed is not None and found.failed < min(partners, default=found.failed + 1)
        if is_before and not is_given:
            continue
        if found.shape_out is None:
            raise ShapeError(_refused(found.problems[0], traced, shape))
        if arch.contract.mirrors and found.shape_out != shape:
            text = f"told every size, the decoder returns {spell(found.shape_out)} for {spell(shape)}"
            raise ShapeError(_refused(Problem(UNMIRRORED, text), traced, shape))
        restored.append(shape)
    return restored


def _refused(problem: Problem, traced: Trace, shape: Shape) -> Problem:
    note = problem.note or f"with --any-size every layer is told its partner's size, here for {spell(shape)}"
    help = "`shapecalc mirror` proposes decoders that can"
    return problem._replace(note=note, help=problem.help or help)


def _near(shape: Shape) -> Iterator[Shape]:
    """The shape, and some with larger axes."""
    yield shape
    if len(shape) < 3 or not all(isinstance(size, int) or size == N for size in shape):
        return
    for more in range(1, TRIED + 1):
        yield (*shape[:2], *(size + more for size in shape[2:]))
        yield (*shape[:2], *(size + more * (axis + 1) % TRIED for axis, size in enumerate(shape[2:])))
