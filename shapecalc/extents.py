"""The receptive field by formula: size, jump and start of every step, as papers have them.

Position `i` of a step's output sees `size` positions of the network's input around `start + i*jump`. The recurrence
is that of Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks"
(https://distill.pub/2019/computing-receptive-fields), continued through transposed layers and resizes, where the
jump shrinks: there positions take turns in how much they see, and `size` is nominal; `field.reads` is exact.
Borders are not cut off; sizes may be symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .arch import INPUT
from .layer import AXES, Shape
from .reading import Chain, Links, Regroup, groups
from .shapes import N
from .trace import Trace
from .window import Pick, Slide

if TYPE_CHECKING:
    from fractions import Fraction

    Number = int | Fraction


class Extent(NamedTuple):
    """What a position sees of one axis of the input; `start` is the centre of what the first one sees."""

    size: Number = 1
    jump: Number = 1
    start: Number = 0

    @property
    def overlap(self) -> Number:
        """How many positions two neighbours both see; negative where some between them are skipped."""
        return self.size - self.jump

    @property
    def ends(self) -> tuple[Number, Number]:
        """The first and last position that the first one sees, before the borders cut it off."""
        half = _over(self.size - 1, 2)
        return _plain(self.start - half), _plain(self.start + half)


class Row(NamedTuple):
    """A step's extent along each spatial axis of the input; None where it sees all of it, or has no formula."""

    path: str
    axes: tuple[Extent | None, ...]


#: For each axis of a tensor, the axis of the input that it runs along, and its extent.
State = tuple["tuple[int, Extent] | None", ...]


def axis_names(trace: Trace) -> tuple[str, ...]:
    """What the spatial axes of the input are called."""
    rank = len(trace.shape_in) - 2
    return AXES.get(rank, tuple(f"axis {axis + 2}" for axis in range(rank)))


def receptive_field(trace: Trace) -> tuple[Row, ...]:
    """The extents of every step of a trace.

    >>> from shapecalc import loads, trace
    >>> layers = "input: 1xHxW\\nlayers: ['Conv2d(1, 8, 3, stride=2, padding=1)', MaxPool2d(2)]"
    >>> for row in receptive_field(trace(loads(layers))):
    ...     print(row.path, row.axes[0])
    layers.0 Extent(size=3, jump=2, start=0)
    layers.1 Extent(size=5, jump=4, start=1)
    """
    spatial = range(2, len(trace.shape_in))
    first: State = tuple((axis, Extent()) if axis in spatial else None for axis in range(len(trace.shape_in)))
    states, rows = {INPUT: first}, list[Row]()
    for node, (step, sources) in enumerate(zip(trace.steps, (node.sources for node in trace.arch.nodes)), 1):
        out, inputs = _one(step.shape_out), [_one(shape) for shape in step.shapes_in]
        chains = step.layer.without_statistics(step.layer.reads(out, *inputs))
        found = [
            _through(states[source], chain) for source, chain in zip(sources, chains) if chain is not None
        ]
        states[node] = _joined(found, len(out))
        known = dict(pair for pair in states[node] if pair is not None)
        rows.append(Row(step.path, tuple(known.get(axis) for axis in spatial)))
    return tuple(rows)


def _one(shape: Shape) -> Shape:
    """The shape for one sample, where the batch alone is a symbol."""
    return tuple(1 if size == N else size for size in shape)


def _through(state: State, chain: Chain) -> State:
    for relation in chain or ():
        state = _regrouped(state, relation) if isinstance(relation, Regroup) else _linked(state, relation)
    return state


def _linked(state: State, relation: Links) -> State:
    found: list[tuple[int, Extent] | None] = [None] * len(relation.made)
    for link, known in zip(relation.links, state):
        if link.axis is not None and known is not None and not isinstance(link.how, int) and link.how:
            extent = _seen(known[1], link.how)
            found[link.axis] = (known[0], extent) if extent else None
    return tuple(found)


def _regrouped(state: State, relation: Regroup) -> State:
    """Axes that stay keep their extent; so does one that is cut, or merged with finer ones behind it."""
    if not all(isinstance(size, int) for size in (*relation.taken, *relation.made)):
        return tuple(
            state[axis] if relation.taken[: axis + 1] == relation.made[: axis + 1] else None
            for axis in range(min(len(state), len(relation.made)))
        ) + (None,) * (len(relation.made) - len(state))
    found: list[tuple[int, Extent] | None] = [None] * len(relation.made)
    for before, after in groups(relation.taken, relation.made):
        long = [axis for axis in before if relation.taken[axis] != 1] or list(before)[:1]
        wide = [axis for axis in after if relation.made[axis] != 1] or list(after)[:1]
        known = [state[axis] for axis in long]
        if not known or not wide or known[0] is None or any(known[1:]):
            continue
        axis, extent = known[0]
        if len(long) > 1 and len(wide) == 1:
            extent = _finer(extent, _count(relation.made[wide[0]], relation.taken[long[0]]))
        elif len(wide) > 1 and len(long) == 1:
            extent = _coarser(extent, _count(relation.taken[long[0]], relation.made[wide[0]]))
        elif len(wide) != 1:
            continue
        found[wide[0]] = (axis, extent)
    return tuple(found)


def _count(whole: object, part: object) -> int:
    assert isinstance(whole, int)
    assert isinstance(part, int)
    return whole // part


def _finer(extent: Extent, parts: int) -> Extent:
    """Every position becomes several, which see the same."""
    jump = _over(extent.jump, parts)
    return _extent(extent.size, jump, extent.start - _over(jump * (parts - 1), 2))


def _coarser(extent: Extent, parts: int) -> Extent:
    """Several neighbours become one."""
    wider = extent.jump * (parts - 1)
    return _extent(extent.size + wider, extent.jump * parts, extent.start + _over(wider, 2))


def _seen(extent: Extent, how: Slide | Pick) -> Extent | None:
    """What a position of the output of a window sees of the input."""
    size, jump, start = extent
    if isinstance(how, Pick):
        return _resized(extent, how)
    reach = how.dilation * (how.kernel_size - 1)
    if not how.transposed:
        shift = _over(jump * (reach - 2 * how.before), 2)
        return _extent(size + reach * jump, jump * how.stride, start + shift)
    shift = _over(jump * (2 * how.before - reach), 2 * how.stride)
    return _extent(size + _windows_across(how) * jump, _over(jump, how.stride), start + shift)


def _windows_across(slide: Slide) -> int:
    """How far apart the windows over one position can be."""
    taps = slide.taps(0)
    if slide.dilation == 1:
        return (slide.kernel_size - 1) // slide.stride
    widest = 0
    for residue in {tap % slide.stride for tap in taps}:
        there = [tap for tap in taps if tap % slide.stride == residue]
        widest = max(widest, (there[-1] - there[0]) // slide.stride)
    return widest


def _resized(extent: Extent, pick: Pick) -> Extent | None:
    if pick.scale is None or not isinstance(pick.number, int) or pick.number == 1:
        return None
    top, bottom = pick.scale
    taps = [pick.taps(at) for at in range(pick.number)]
    reach = max(read[-1] - read[0] for read in taps)
    shift = 0 if pick.corners else _over(extent.jump * (top - bottom), 2 * bottom)
    size, jump = extent.size + reach * extent.jump, _over(extent.jump * top, bottom)
    return _extent(size, jump, extent.start + shift)


def _joined(states: Sequence[State], rank: int) -> State:
    """What any of several inputs sees; None along an axis where they do not step alike."""
    if not states:
        return (None,) * rank
    return tuple(
        _hull([state[axis] if axis < len(state) else None for state in states]) for axis in range(rank)
    )


def _hull(known: Sequence[tuple[int, Extent] | None]) -> tuple[int, Extent] | None:
    axis, jump, first, last = -1, None, 0, 0
    for pair in known:
        if pair is None or (jump is not None and (axis, jump) != (pair[0], pair[1].jump)):
            return None
        low, high = pair[1].ends
        first, last = (low, high) if jump is None else (min(first, low), max(last, high))  # type: ignore[assignment]
        axis, jump = pair[0], pair[1].jump
    if jump is None:
        return None
    return axis, _extent(last - first + 1, jump, _over(first + last, 2))


def _over(number: Number, divisor: int) -> Number:
    """The exact quotient; whole numbers need no fractions, which cost milliseconds to load."""
    if isinstance(number, int) and number % divisor == 0:
        return number // divisor
    from fractions import Fraction

    return Fraction(number) / divisor


def _plain(number: Number) -> Number:
    return number if isinstance(number, int) else number.numerator if number.denominator == 1 else number


def _extent(size: Number, jump: Number, start: Number) -> Extent:
    return Extent(_plain(size), _plain(jump), _plain(start))
