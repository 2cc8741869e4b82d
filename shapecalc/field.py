"""Which positions of the input an output depends on, and which outputs a position of the input reaches.

`reads` and `reached` follow the sets of positions themselves, backwards and forwards through every layer: exact
through strides, dilations, transposed layers, resizes, pads, crops, reshapes, groups of channels and joins.
What depends is structural: a gradient that is not zero for positive weights. `receptive_field` gives the table
that papers give, the size, jump and start of each step by formula.

>>> from shapecalc import loads, trace
>>> traced = trace(loads("input: 1x10x474\\nlayers: ['Conv2d(1, 8, 3, stride=2, padding=1)', MaxPool2d(2)]"))
>>> reads(traced, position=(0, 100)).intervals
((0, 3), (399, 403))
>>> reached(traced, (9, 473)).intervals
(None, None)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .arch import INPUT
from .extents import Extent as Extent
from .extents import Row as Row
from .extents import chains_of, is_followed, misplaces
from .extents import receptive_field as receptive_field
from .layer import Shape
from .masks import bits, full
from .reading import Box, Chain, backward, forward, union
from .size import Expr
from .trace import Trace


class Field(NamedTuple):
    """A set of positions of a tensor of these `sizes`, batch first: all that are in one of the boxes.

    `untraced` are the paths of steps that were taken to read everything, as what they read has no rule here.
    """

    sizes: tuple[int, ...]
    boxes: tuple[Box, ...]
    exact: bool = True
    untraced: tuple[str, ...] = ()

    def along(self, axis: int) -> int:
        """The positions along one axis, as a bit mask."""
        mask = 0
        for box in self.boxes:
            mask |= box[axis]
        return mask

    def positions(self, axis: int) -> tuple[range, ...]:
        """The positions along one axis, as neighbours that belong together."""
        found = list[range]()
        for position in bits(self.along(axis)):
            if found and found[-1].stop == position:
                found[-1] = range(found[-1].start, position + 1)
            else:
                found.append(range(position, position + 1))
        return tuple(found)

    def interval(self, axis: int) -> tuple[int, int] | None:
        """The first and the last position along one axis; None where there is none."""
        mask = self.along(axis)
        return ((mask & -mask).bit_length() - 1, mask.bit_length() - 1) if mask else None

    @property
    def intervals(self) -> tuple[tuple[int, int] | None, ...]:
        """The interval of each spatial axis: those behind batch and channels."""
        return tuple(self.interval(axis) for axis in range(2, len(self.sizes)))

    @property
    def extent(self) -> tuple[int, ...]:
        """How far the positions stretch along each spatial axis."""
        spans = (interval or (0, -1) for interval in self.intervals)
        return tuple(last - first + 1 for first, last in spans)

    @property
    def is_empty(self) -> bool:
        """Whether there is no position at all: the output is constant, or the input goes nowhere."""
        return not self.boxes

    def has(self, position: Sequence[int]) -> bool:
        """Whether the position, one number for each axis, is among them."""
        return any(all(mask >> at & 1 for mask, at in zip(box, position)) for box in self.boxes)


def reads(
    trace: Trace, number: int = -1, position: Sequence[int | None] = (), statistics: bool = False
) -> Field:
    """The positions of the network's input that a position of the output of step `number` depends on.

    `position` are places on the last axes, None for all of one; on the axes before them all count. With
    `statistics` the mean and variance of instance, group and layer norms count, too; without, as in the
    literature, they do not. Raises `ValueError` for a position outside, or where sizes are symbols.
    """
    steps = trace.steps
    start = number % len(steps) + 1 if steps else INPUT
    sizes = _integers(steps[start - 1].shape_out if steps else trace.shape_in)
    wanted: dict[int, list[Box]] = {start: [_box(sizes, position)]}
    exact, untraced = True, list[str]()
    for node in range(start, INPUT, -1):
        boxes = wanted.pop(node, [])
        if not boxes:
            continue
        boxes, whole = union(boxes)
        exact &= whole
        for source, chain in _followed(trace, node, statistics, untraced):
            wanted.setdefault(source, []).extend(found for box in boxes for found in backward(chain, box))
    boxes, whole = union(wanted.get(INPUT, []))
    return Field(_integers(trace.shape_in), tuple(boxes), exact and whole, tuple(untraced))


def reached(
    trace: Trace, position: Sequence[int | None] = (), number: int = -1, statistics: bool = False
) -> Field:
    """The positions of the output of step `number` that depend on a position of the network's input.

    The arguments are as in `reads`.
    """
    steps = trace.steps
    end = number % len(steps) + 1 if steps else INPUT
    reached: dict[int, list[Box]] = {INPUT: [_box(_integers(trace.shape_in), position)]}
    exact, untraced = True, list[str]()
    for node in range(1, end + 1):
        found = list[Box]()
        for source, chain in _followed(trace, node, statistics, untraced):
            found += [other for box in reached[source] for other in forward(chain, box)]
        reached[node], whole = union(found)
        exact &= whole
    sizes = _integers(steps[end - 1].shape_out if steps else trace.shape_in)
    return Field(sizes, tuple(reached[end]), exact, tuple(untraced))


def latent(trace: Trace) -> int | None:
    """The number of the step that makes the code: that before a decoder, or of which `latent:` is stated."""
    promise = trace.arch.contract
    has_code = promise.latent is not None or "decoder" in trace.arch.sections
    number = promise.latent_node if has_code else None
    return number if number is not None and 0 <= number < len(trace.steps) else None


def central(trace: Trace, number: int = -1, statistics: bool = False) -> Field:
    """What the position in the middle of the output of step `number` depends on; the arguments as in `reads`.

    >>> from shapecalc import loads, trace
    >>> central(trace(loads("input: 1x10x474\\nlayers: ['Conv2d(1, 8, 3)', 'Conv2d(8, 8, 3, stride=2)']"))).extent
    (5, 5)
    """
    out = trace.steps[number].shape_out if trace.steps else trace.shape_in
    return reads(trace, number, [_integer(size) // 2 for size in out[2:]], statistics)


def _followed(trace: Trace, node: int, statistics: bool, untraced: list[str]) -> Iterator[tuple[int, Chain]]:
    """The sources of a node, and what it reads of each, for one sample."""
    step = trace.steps[node - 1]
    out, inputs = _integers(step.shape_out), [_integers(shape) for shape in step.shapes_in]
    chains = chains_of(trace, node, out, inputs)
    if not step.layer.has_rule_of_reading or misplaces(trace, node):
        untraced.append(step.path)
    chains = chains if statistics else step.layer.without_statistics(chains)
    for source, chain, shape in zip(trace.arch.nodes[node - 1].sources, chains, step.shapes_in):
        if is_followed(trace, source, shape):
            yield source, chain


def _integers(shape: Shape) -> tuple[int, ...]:
    """The shape for one sample."""
    return tuple(_integer(size) for size in shape)


def _integer(size: int | Expr) -> int:
    if isinstance(size, int):
        return size
    if size.symbols != {"N"}:
        raise ValueError(f"positions need sizes that are numbers, and one is {size}")
    return size.at(N=1)


def _box(sizes: tuple[int, ...], position: Sequence[int | None]) -> Box:
    """The box of one position."""
    if len(position) > len(sizes):
        raise ValueError(f"a position of {len(position)} axes in a tensor of {len(sizes)}")
    first = len(sizes) - len(position)
    masks = [full(size) for size in sizes]
    for axis, (at, size) in enumerate(zip(position, sizes[first:]), first):
        if at is None:
            continue
        if not -size <= at < size:
            raise ValueError(f"position {at} is outside of an axis of {size}")
        masks[axis] = 1 << at % size
    return tuple(masks)
