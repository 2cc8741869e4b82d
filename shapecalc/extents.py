"""The receptive field by formula: size, jump, start and overlap of every step, as papers have them.

Position `i` of a step's output sees `size` positions of the network's input around `start + i*jump`. The recurrence
is that of Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks"
(https://distill.pub/2019/computing-receptive-fields), carried on through transposed layers and resizes, where
positions take turns in what they see (`cycle`). Borders are not cut off; sizes may be symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .arch import INPUT
from .cycle import Cycle, hull
from .cycle import Extent as Extent
from .layer import AXES, Shape
from .reading import Chain, Links, Regroup, groups
from .size import Expr, Size, quotient
from .trace import Trace
from .window import Pick, Repeat, Slide

#: What stands for a field without a formula.
NO_FORMULA = "-"


class Row(NamedTuple):
    """What a step sees of each spatial axis of the input: in a cycle, or of the axes in `whole` all.

    An axis with neither has no formula.
    """

    path: str
    cycles: tuple[Cycle | None, ...]
    whole: tuple[bool, ...]

    @property
    def axes(self) -> tuple[Extent | None, ...]:
        """The extent along each axis; None without a cycle."""
        return tuple(cycle and cycle.extent for cycle in self.cycles)

    @property
    def spans(self) -> tuple[str, ...]:
        """The size along each axis in words: `15`, `15-23` where positions take turns, `all`, `-` without a formula."""
        return tuple(
            "all" if whole else extent.span if extent else NO_FORMULA
            for extent, whole in zip(self.axes, self.whole)
        )


class State(NamedTuple):
    """How the axes of a tensor go back to the input's.

    For each the `cycle`, if it has one, and the input's axes that run `along` it. Of the tensor as a whole the
    input's axes that every position sees `whole`, and those that shrank to one position, `fixed`, and went.
    """

    cycles: tuple[Cycle | None, ...]
    along: tuple[frozenset[int], ...]
    whole: frozenset[int] = frozenset()
    fixed: tuple[Cycle, ...] = ()


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
    layers.0 Extent(size=3, jump=2, start=0, least=3, overlap=1)
    layers.1 Extent(size=5, jump=4, start=1, least=5, overlap=1)
    """
    rank = len(trace.shape_in)
    spatial = range(2, rank)
    cycles = tuple(Cycle(axis) if axis in spatial else None for axis in range(rank))
    along = tuple(frozenset({axis} if axis in spatial else ()) for axis in range(rank))
    states, rows = {INPUT: State(cycles, along)}, list[Row]()
    for node, (step, sources) in enumerate(zip(trace.steps, (node.sources for node in trace.arch.nodes)), 1):
        out, inputs = _one(step.shape_out), [_one(shape) for shape in step.shapes_in]
        chains = step.layer.without_statistics(step.layer.reads(out, *inputs))
        found = [
            _through(states[source], chain)
            for source, chain, shape in zip(sources, chains, step.shapes_in)
            if chain is not None and source in states and is_followed(trace, source, shape)
        ]
        if found:
            states[node] = _joined(found, len(out))
        rows.append(_row(step.path, states.get(node), spatial))
    return tuple(rows)


def _row(path: str, state: State | None, axes: range) -> Row:
    """The row of a step; without a state it sees nothing."""
    if state is None:
        return Row(path, tuple(Cycle(axis, 1, (None,)) for axis in axes), (False,) * len(axes))
    known = {cycle.axis: cycle for cycle in (*state.fixed, *state.cycles) if cycle is not None}
    cycles = tuple(None if axis in state.whole else known.get(axis) for axis in axes)
    return Row(path, cycles, tuple(axis in state.whole for axis in axes))


def is_followed(trace: Trace, source: int, shape: Shape) -> bool:
    """Whether a step reads there what comes from the input; of a module's further inputs the shape tells."""
    return source != INPUT or shape == trace.shape_in


def _one(shape: Shape) -> Shape:
    """The shape for one sample; other symbols stay."""
    return tuple(size.at(N=1) if isinstance(size, Expr) and size.symbols == {"N"} else size for size in shape)


def _through(state: State, chain: Chain) -> State:
    for relation in chain or ():
        state = _regrouped(state, relation) if isinstance(relation, Regroup) else _linked(state, relation)
    return state


def _linked(state: State, relation: Links) -> State:
    cycles: list[Cycle | None] = [None] * len(relation.made)
    along = [frozenset[int]()] * len(relation.made)
    whole, fixed = state.whole, list(state.fixed)
    for link, cycle, axes, size in zip(relation.links, state.cycles, state.along, relation.taken):
        if link.axis is not None:
            along[link.axis] |= axes
            repeat = _repeat(link.how)
            cycles[link.axis] = cycle.through(repeat) if cycle and repeat else None
        elif size == 1:
            fixed += [cycle] if cycle else []
        elif link.how is None:
            whole |= axes
    return State(tuple(cycles), tuple(along), whole, tuple(fixed))


def _repeat(how: Slide | Pick | int | None) -> Repeat | None:
    """How windows repeat inside the borders."""
    if isinstance(how, Slide):
        return Repeat(1, how.stride, how.windows) if how.transposed else Repeat(how.stride, 1, how.taps)
    return how.repeat if isinstance(how, Pick) else None


def _regrouped(state: State, relation: Regroup) -> State:
    """Axes that stay keep their cycle; so does one that is cut, or merged with finer ones behind it."""
    taken, made = relation
    cycles: list[Cycle | None] = [None] * len(made)
    along = [frozenset[int]()] * len(made)
    fixed = list(state.fixed)
    for before, after in _groups(taken, made):
        long = [axis for axis in before if taken[axis] != 1] or list(before)[:1]
        wide = [axis for axis in after if made[axis] != 1] or list(after)[:1]
        gone = list(before) if not wide else [axis for axis in before if axis not in long]
        fixed += [cycle for axis in gone if (cycle := state.cycles[axis])]
        known = [state.cycles[axis] for axis in long]
        if wide and known and known[0] is not None and not any(known[1:]):
            sizes = [taken[axis] for axis in long], [made[axis] for axis in wide]
            cycles[wide[0]] = _cut_or_merged(known[0], *sizes)
        if len(wide) == 1 or (wide and cycles[wide[0]]):
            along[wide[0]] = frozenset[int]().union(*(state.along[axis] for axis in long))
    return State(tuple(cycles), tuple(along), state.whole, tuple(fixed))


def _groups(taken: Shape, made: Shape) -> list[tuple[range, range]]:
    """As `groups` has it; of symbols, the axes that stay, and all behind them as one."""
    if all(isinstance(size, int) for size in (*taken, *made)):
        return groups(taken, made)
    alike = 0
    while alike < min(len(taken), len(made)) and taken[alike] == made[alike]:
        alike += 1
    kept = [(range(axis, axis + 1), range(axis, axis + 1)) for axis in range(alike)]
    return [*kept, (range(alike, len(taken)), range(alike, len(made)))]


def _cut_or_merged(cycle: Cycle, taken: Sequence[Size], made: Sequence[Size]) -> Cycle | None:
    """What the first of the axes `made` sees, if the first of the axes `taken` has the cycle."""
    if len(taken) == len(made) == 1:
        return cycle if taken == made else None
    larger, smaller = quotient(made[0], taken[0]), quotient(taken[0], made[0])
    if len(made) == 1 and isinstance(larger, int):
        return cycle.through(Repeat(1, larger, Slide(0, 0, larger, larger, transposed=True).windows))
    if len(taken) == 1 and isinstance(smaller, int):
        return cycle.through(Repeat(smaller, 1, Slide(0, 0, smaller, smaller).taps))
    return None


def _joined(states: Sequence[State], rank: int) -> State:
    """What any of several inputs sees; nothing is known along an axis where they do not step alike."""
    columns = [[state for state in states if axis < len(state.cycles)] for axis in range(rank)]
    cycles = tuple(hull([state.cycles[axis] for state in column]) for axis, column in enumerate(columns))
    along = tuple(
        frozenset[int]().union(*(state.along[axis] for state in column))
        for axis, column in enumerate(columns)
    )
    whole = frozenset[int]().union(*(state.whole for state in states))
    known = {cycle.axis for cycle in cycles if cycle}
    fixed = tuple(
        cycle
        for cycle in dict.fromkeys(cycle for state in states for cycle in state.fixed)
        if cycle.axis not in known and all(cycle in state.fixed for state in states)
    )
    return State(cycles, along, whole, fixed)
