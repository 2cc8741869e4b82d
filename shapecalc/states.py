"""How positions of a tensor go back to the input's, channel by channel: in cycles along its axes, by formula.

A tensor has a few states, each for some of its channels, as channels may see different positions: behind a `Cat`, or
a `PixelUnshuffle`. Through what a layer reads, a state becomes others; a reshape may make several of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from .cycle import MOST_TURNS, Cycle, hull
from .layer import Shape
from .masks import full
from .reading import Box, Chain, Links, Regroup, groups, is_identity, readers_of, regroup, union
from .size import Size, SizeLimit
from .window import Pick, Repeat, Slide

#: The mask of all positions of an axis, however many these are.
ALL = -1
#: Where more groups of channels than this see different positions, or more channels are put in another order, there is
#: no formula.
MOST_STATES, MOST_CHANNELS = 1024, 1 << 20


class State(NamedTuple):
    """How positions of a tensor go back to the input's: those in a box, as channels differ in what they see.

    For each axis the `cycle`, if it has one, and the input's axes that run `along` it. Of the positions as a whole the
    input's axes that every one sees `whole`, and those that shrank to one position, `fixed`, and went. The `box` has a
    bit mask for each axis, ALL where there is a cycle. A tensor's states are what all its positions see, together.
    """

    cycles: tuple[Cycle | None, ...]
    along: tuple[frozenset[int], ...]
    whole: frozenset[int] = frozenset()
    fixed: tuple[Cycle, ...] = ()
    box: Box = ()


#: What becomes of axes that are regrouped: for each its cycle and its mask.
Way = list[tuple[Cycle | None, int]]


def through(state: State, chain: Chain) -> list[State]:
    """What becomes of a state through what a layer reads of it; nothing may read it."""
    found = [state]
    for relation in chain or ():
        if isinstance(relation, Regroup):
            found = [made for state in found for made in _regrouped(state, relation)]
        else:
            found = [made for state in found for made in _linked(state, relation)]
        if len(found) > MOST_STATES:
            found = [_unknown(found)]
    return found


def _linked(state: State, relation: Links) -> list[State]:
    """What reads the state's positions; nothing may."""
    rank = len(relation.made)
    cycles: list[Cycle | None] = [None] * rank
    along, box = [frozenset[int]()] * rank, [ALL] * rank
    whole, fixed = state.whole, list(state.fixed)
    for axis, link in enumerate(relation.links):
        cycle, axes, mask = state.cycles[axis], state.along[axis], state.box[axis]
        if link.axis is not None:
            along[link.axis] |= axes
            cycles[link.axis] = None if link.beside or not cycle else _stepped(cycle, link.how)
            box[link.axis] &= ALL if cycle else _readers(link.how, mask)
        elif relation.taken[axis] == 1:
            fixed += [cycle] if cycle else []
        elif link.how is None:
            whole |= axes
        elif isinstance(link.how, int) and not link.how & mask:
            return []
    return [State(tuple(cycles), tuple(along), whole, tuple(fixed), tuple(box))] if all(box) else []


def _stepped(cycle: Cycle, how: Slide | Pick | int | None) -> Cycle | None:
    """What the outputs of windows see; None where these do not repeat inside the borders."""
    if isinstance(how, Pick):
        return cycle.through(turns) if (turns := how.turns) else None
    assert isinstance(how, Slide)
    if is_identity(how):
        return cycle
    return cycle.through(
        Repeat(1, how.stride, how.windows) if how.transposed else Repeat(how.stride, 1, how.taps)
    )


def _readers(how: Slide | Pick | int | None, mask: int) -> int:
    """Which positions of an axis without a cycle read one of those in the mask."""
    assert isinstance(how, (Slide, Pick))
    size, number = how.size, how.number
    if is_identity(how) or not isinstance(size, int) or not isinstance(number, int):
        return mask
    if mask == ALL and isinstance(how, Pick):
        return ALL
    return ALL if size + number > MOST_CHANNELS else _mask(readers_of(how, mask & full(size)), number)


def _mask(mask: int, size: Size) -> int:
    return ALL if mask == full(size) else mask


def _regrouped(state: State, relation: Regroup) -> list[State]:
    taken, made = relation
    parts = [State((), (), state.whole, state.fixed)]
    for before, after in _groups(taken, made):
        long = [axis for axis in before if taken[axis] != 1] or list(before)[:1]
        wide = [axis for axis in after if made[axis] != 1] or list(after)[:1]
        gone = list(before) if not wide else [axis for axis in before if axis not in long]
        fixed = tuple(cycle for axis in gone if (cycle := state.cycles[axis]))
        axes = frozenset[int]().union(*(state.along[axis] for axis in long))
        known = [(state.cycles[axis], state.box[axis]) for axis in long]
        ways = _ways(known, [taken[axis] for axis in long], [made[axis] for axis in wide])
        parts = [_further(part, after, wide, way, axes, fixed) for part in parts for way in ways]
    return parts


def _further(
    part: State, after: range, wide: list[int], way: Way, axes: frozenset[int], fixed: tuple[Cycle, ...]
) -> State:
    """The state with the axes `after`, of which the `wide` go their way, the first along the input's `axes`."""
    of_axis = dict(zip(wide, way))
    ways = [of_axis.get(axis, (None, ALL)) for axis in after]
    is_known = len(wide) == 1 or any(cycle for cycle, _ in way)
    along = [axes if is_known and axis in wide[:1] else frozenset[int]() for axis in after]
    return State(
        (*part.cycles, *(cycle for cycle, _ in ways)),
        (*part.along, *along),
        part.whole,
        (*part.fixed, *fixed),
        (*part.box, *(mask for _, mask in ways)),
    )


def _ways(known: Way, taken: list[Size], made: list[Size]) -> list[Way]:
    """What becomes of neighbouring axes that are regrouped; without a formula, of their masks alone."""
    ways = _turning(known, taken, made)
    if ways is not None:
        return ways
    masks = [mask for _, mask in known]
    if masks == [ALL] * len(masks) or not all(isinstance(size, int) for size in (*taken, *made)):
        return [[(None, ALL)] * len(made)]
    boxes = regroup(tuple(mask & full(size) for mask, size in zip(masks, taken)), tuple(taken), tuple(made))
    return [[(None, _mask(mask, size)) for mask, size in zip(box, made)] for box in boxes]


def _turning(known: Way, taken: list[Size], made: list[Size]) -> list[Way] | None:
    """What becomes of an axis with a cycle, and of channels behind it.

    The last part of an axis that is cut is like channels, each with a cycle of its own; channels that are merged with
    an axis before them make its positions take turns.
    """
    if not known or not made or not known[0][0] or any(cycle for cycle, _ in known[1:]):
        return None
    if len(taken) == len(made) == 1:
        return [known] if taken == made else None
    behind, apart = prod(taken[1:]), prod(made[1:])
    if not (isinstance(behind, int) and isinstance(apart, int) and behind * apart <= MOST_TURNS):
        return None
    if taken[0] * behind != made[0] * apart:
        return None
    rest = tuple(mask & full(size) for (_, mask), size in zip(known[1:], taken[1:]))
    (inner,) = regroup(rest, tuple(taken[1:]), (behind,))[0]
    merged = known[0][0].through(
        Repeat(1, behind, lambda at: range(at // behind, at // behind + (inner >> at % behind & 1)))
    )
    ways = list[Way]()
    for place in range(apart):
        part = merged and merged.through(Repeat(apart, 1, Slide(0, 0, 1, apart, -place).taps))
        if part is None:
            return None
        if any(part.seen):
            (box,) = regroup((1 << place,), (apart,), tuple(made[1:]))
            ways.append([(part, ALL), *((None, _mask(mask, size)) for mask, size in zip(box, made[1:]))])
    return ways


def _groups(taken: Shape, made: Shape) -> list[tuple[range, range]]:
    """As `groups` has it; of symbols, as far as products are equal whatever these stand for, and the rest as one."""
    if all(isinstance(size, int) for size in (*taken, *made)):
        return groups(taken, made)
    found, i, j = list[tuple[range, range]](), 0, 0
    while ends := _equal_products(taken, made, i, j):
        found.append((range(i, ends[0]), range(j, ends[1])))
        i, j = ends
    return [*found, (range(i, len(taken)), range(j, len(made)))]


def _equal_products(taken: Shape, made: Shape, i: int, j: int) -> tuple[int, int] | None:
    """The ends of the first axes from `i` and from `j` on with the same product."""
    try:
        return next(
            (stop, end)
            for stop in range(i + 1, len(taken) + 1)
            for end in range(j + 1, len(made) + 1)
            if prod(taken[i:stop]) == prod(made[j:end])
        )
    except (StopIteration, SizeLimit):
        return None


def fewest(states: Sequence[State]) -> list[State]:
    """The same with fewer states: those of one box joined, and those that are alike in one box."""
    of_box = dict[Box, list[State]]()
    for state in states:
        of_box.setdefault(state.box, []).append(state)
    alike = dict[State, list[Box]]()
    for box, inside in of_box.items():
        alike.setdefault(joined(inside)._replace(box=()), []).append(box)
    found = list[State]()
    for state, boxes in alike.items():
        boxes, is_exact = union(boxes)
        if not is_exact:
            return [_unknown(states)]
        found += [state._replace(box=box) for box in boxes]
    return found if len(found) <= MOST_STATES else [_unknown(states)]


def _unknown(states: Sequence[State]) -> State:
    """Of more states than are followed: no formula."""
    together = joined(states)
    return together._replace(cycles=(None,) * len(together.cycles), fixed=())


def joined(states: Sequence[State]) -> State:
    """What any of several sees, all their positions; nothing is known along an axis where they do not step alike."""
    if len(states) == 1:
        return states[0]
    rank = max(len(state.cycles) for state in states)
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
    return State(cycles, along, whole, fixed, (ALL,) * rank)
