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
from .cycle import Cycle
from .cycle import Extent as Extent
from .layer import AXES, Shape
from .reading import Chain, Links, everything
from .size import Expr
from .states import ALL, State, fewest, joined, through
from .trace import Trace
from .window import Slide

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
    states, rows = {INPUT: [State(cycles, along, box=(ALL,) * rank)]}, list[Row]()
    for node, (step, sources) in enumerate(zip(trace.steps, (node.sources for node in trace.arch.nodes)), 1):
        out, inputs = _one(step.shape_out), [_one(shape) for shape in step.shapes_in]
        chains = step.layer.without_statistics(chains_of(trace, node, out, inputs))
        found = [
            made
            for source, chain, shape in zip(sources, chains, step.shapes_in)
            if chain is not None and is_followed(trace, source, shape)
            for state in states[source]
            for made in through(state, chain)
        ]
        states[node] = fewest(found)
        rows.append(_row(step.path, states[node], spatial))
    return tuple(rows)


def _row(path: str, states: Sequence[State], axes: range) -> Row:
    """The row of a step, all its channels together; without a state it sees nothing."""
    if not states:
        return Row(path, tuple(Cycle(axis, 1, (None,)) for axis in axes), (False,) * len(axes))
    state = joined(states)
    known = {cycle.axis: cycle for cycle in (*state.fixed, *state.cycles) if cycle is not None}
    cycles = tuple(None if axis in state.whole else known.get(axis) for axis in axes)
    return Row(path, cycles, tuple(axis in state.whole for axis in axes))


def chains_of(trace: Trace, node: int, out: Shape, inputs: Sequence[Shape]) -> tuple[Chain, ...]:
    """What a node reads of its inputs, for these shapes; of an unpool that `misplaces`, everything."""
    layer = trace.steps[node - 1].layer
    return (everything(inputs[0], out), None) if misplaces(trace, node) else layer.reads(out, *inputs)


def misplaces(trace: Trace, node: int) -> bool:
    """Whether an unpool takes the indices of a pool with other windows, or over axes of other sizes.

    Indices count in what the pool took; torch takes them for places in what the unpool returns all the same.
    """
    step, sources = trace.steps[node - 1], trace.arch.nodes[node - 1].sources
    if step.layer.inputs != ("input", "indices") or any(
        isinstance(size, Expr) for size in step.shape_out[2:]
    ):
        return False
    pool = None if sources[1:] in ((), (INPUT,)) else trace.steps[sources[1] - 1]
    given = pool.layer.slides(pool.shape_out, *pool.shapes_in) if pool else ()
    windows = (step.layer.reads(step.shape_out, *step.shapes_in)[0] or ())[0]
    own = [link.how for link in windows.links[-len(given) :]] if isinstance(windows, Links) else []
    return not given or [how[:6] for how in given] != [how[:6] for how in own if isinstance(how, Slide)]


def is_followed(trace: Trace, source: int, shape: Shape) -> bool:
    """Whether a step reads there what comes from the input; of a module's further inputs the shape tells."""
    return source != INPUT or shape == trace.shape_in


def _one(shape: Shape) -> Shape:
    """The shape for one sample; other symbols stay."""
    return tuple(size.at(N=1) if isinstance(size, Expr) and size.symbols == {"N"} else size for size in shape)
