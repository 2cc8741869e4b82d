"""Candidates for a join whose inputs do not fit together: numbers of the layers that only some of them come from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from ..arch import INPUT, Arch
from ..layer import Layer
from ..shapes import Shape
from ..trace import Step, Trace
from .changes import Change, Changes, retraced

#: So many layers of the branches are looked at, the nearest to the join.
MOST_LAYERS = 24


def join_candidates(before: Trace, failed: int) -> Iterator[Changes]:
    """What gives one input of the join the size of another, the least change first."""
    axes = differing(before, failed)
    if axes == {1} or (axes and max(axes) == 1):
        yield from _channels(before, failed)
        return
    yield from _output_paddings(before, failed)
    nodes = before.arch.nodes
    for number in branches(before.arch, failed):
        padding = half_padding(nodes[number].layer)
        if padding is not None:
            yield {number: Change({"padding": padding})}
    yield from _factors(before, failed)


def differing(before: Trace, failed: int) -> set[int]:
    """The axes after the batch in which the inputs differ, but for the one along which they are joined."""
    shapes = [shape_at(before, source) for source in before.arch.nodes[failed].sources]
    if len({len(shape) for shape in shapes}) != 1:
        return set()
    along = getattr(before.arch.nodes[failed].layer, "dim", None)
    spread = {1} if along is None else set()  # what has one channel, or one pixel, is broadcast
    return {
        axis
        for axis, sizes in enumerate(zip(*shapes))
        if axis and len(set(sizes) - spread) > 1 and along not in (axis, axis - len(shapes[0]))
    }


def shape_at(before: Trace, source: int) -> Shape:
    """What a source returns."""
    return before.shape_in if source == INPUT else before.steps[source - 1].shape_out


def branches(arch: Arch, failed: int) -> list[int]:
    """The layers that some inputs of the join come from, and not all of them; the nearest first."""
    sources = arch.nodes[failed].sources
    above = [_above(arch, source) for source in sources]
    shared = set.intersection(*above) if len(above) > 1 else set()
    return sorted(set().union(*above) - shared, reverse=True)[:MOST_LAYERS]


def _above(arch: Arch, source: int) -> set[int]:
    """The numbers of all layers that a source depends on, its own among them."""
    found, left = set[int](), [source]
    while left:
        source = left.pop()
        if source != INPUT and source - 1 not in found:
            found.add(source - 1)
            left += arch.nodes[source - 1].sources
    return found


def half_padding(layer: Layer) -> int | tuple[int, ...] | None:
    """The padding with which a window divides its input's size by its stride; None where it has it, or cannot."""
    if not {"padding", "kernel_size", "dilation"} <= set(layer.fields) or "output_padding" in layer.fields:
        return None
    if isinstance(getattr(layer, "padding"), str) or getattr(layer, "stride", None) is None:  # noqa: B009
        return None
    windows = list(zip(*map(layer.per_axis, ("kernel_size", "stride", "dilation", "padding"))))
    wanted = tuple(d * (k - 1) // 2 for k, _, d, _ in windows)
    is_even = any(s == 1 and d * (k - 1) % 2 for k, s, d, _ in windows)
    if is_even or wanted == tuple(p for *_, p in windows):
        return None
    return wanted[0] if len(set(wanted)) == 1 else wanted


def _factors(before: Trace, failed: int) -> Iterator[Changes]:
    """The factor of a resize, or the stride of a transposed layer, that makes one input as large as another."""
    shapes = dict.fromkeys(shape_at(before, source) for source in before.arch.nodes[failed].sources)
    for number in branches(before.arch, failed):
        layer = before.arch.nodes[number].layer
        name = "stride" if "output_padding" in layer.fields else "scale_factor"
        value = getattr(layer, name, None)
        if not isinstance(value, (int, float)):
            continue
        for own, other in permutations(shapes, 2):
            ratios = {_ratio(b, a) for a, b in zip(own[2:], other[2:])}
            scale = value * (ratios.pop() or 0) if len(ratios) == 1 else 0
            if 1 < scale == int(scale):
                yield {number: Change({name: int(scale)})}


def _ratio(a: object, b: object) -> float | None:
    return a / b if isinstance(a, int) and isinstance(b, int) and b else None


def _channels(before: Trace, failed: int) -> Iterator[Changes]:
    """The channels of the layer that makes one input's, with the norms behind it, made another's."""
    arch, sources = before.arch, before.arch.nodes[failed].sources
    for source in sorted(set(sources), reverse=True):
        for other in sources:
            have, want = shape_at(before, source), shape_at(before, other)
            if have[1:2] != want[1:2] and isinstance(want[1], int) and source != INPUT:
                changes = _with_channels(before, arch, source - 1, have[1], want[1])
                if changes:
                    yield changes


def _with_channels(before: Trace, arch: Arch, number: int, have: object, want: int) -> Changes:
    """Changes from a layer upwards to the one that sets how many channels there are; none where none does."""
    changes: Changes = {}
    while number >= 0:
        layer, step = arch.nodes[number].layer, before.steps[number]
        made = next((name for name in ("out_channels", "out_features") if name in layer.fields), None)
        if made is not None:
            return {number: Change({made: want}), **changes} if getattr(layer, made) == have else {}
        for name in ("num_features", "num_channels"):
            if name in layer.fields:
                changes[number] = Change({name: want})
        if len(step.shapes_in) != 1 or step.shapes_in[0][1:2] != step.shape_out[1:2]:
            return {}
        number = arch.nodes[number].sources[0] - 1
    return {}


def _output_paddings(before: Trace, failed: int) -> Iterator[Changes]:
    """The output_padding of a transposed layer before a join that gives it the other input's size."""
    sources = before.arch.nodes[failed].sources
    for source, other in zip((*sources, *reversed(sources)), (*reversed(sources), *sources)):
        number = source - 1
        while number >= 0 and "output_padding" not in before.steps[number].layer.fields:
            step = before.steps[number]
            if len(step.shapes_in) != 1 or step.shapes_in[0][2:] != step.shape_out[2:]:
                break
            number = before.arch.nodes[number].sources[0] - 1
        if number >= 0 and other > 0 and "output_padding" in before.steps[number].layer.fields:
            value = fitting_output_padding(before.steps[number], before.steps[other - 1].shape_out)
            if value is not None:
                yield from _and_at_later_joins(before, failed, {number: Change({"output_padding": value})})


def _and_at_later_joins(before: Trace, failed: int, changes: Changes) -> Iterator[Changes]:
    """The changes, and with them those that the joins further down want in turn."""
    yield changes
    after = retraced(before.arch, changes, before.shape_in)
    if after is not None and after.failed is not None and after.failed > failed:
        for more in _output_paddings(after, after.failed):
            yield {**changes, **more}


def fitting_output_padding(step: Step, wanted: Shape) -> int | tuple[int, ...] | None:
    """The output_padding with which a transposed layer returns the wanted spatial sizes, if one could."""
    if len(wanted) != len(step.shape_out):
        return None
    own = zip(step.layer.per_axis("output_padding"), wanted[2:], step.shape_out[2:])
    solved = tuple([now + want - got for now, want, got in own])
    if any(not isinstance(size, int) or size < 0 for size in solved):
        return None
    return solved[0] if len(set(solved)) == 1 else solved  # type: ignore[return-value]
