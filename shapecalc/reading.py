"""What a layer reads: which positions of its input a position of its output depends on.

A set of positions is a box, or several: one bit mask for each axis, its bit `i` standing for position `i`. A
layer says what it reads as a chain of two primitives, from input to output. `Links` follows each axis by
itself, `Regroup` is the same numbers in another shape; both are exact, forwards and backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from .masks import bits, covered, full, mask_of, touching
from .size import Size
from .window import Pick, Slide

#: One bit mask for each axis: the positions whose coordinates are all in them.
Box = tuple[int, ...]
Sizes = tuple[Size, ...]

#: More boxes than this become the one around them.
MOST_BOXES = 256


class Link(NamedTuple):
    """How positions of an input axis depend on the output's.

    On its axis `axis` through a window; with `axis` None not at all: all of them are read, or the bit mask `how`. What
    stands `beside` other inputs along an axis leaves the rest of it to them.
    """

    axis: int | None = None
    how: Slide | Pick | int | None = None
    beside: bool = False


class Links(NamedTuple):
    """A link for every axis of the input; an output axis without one, as that of `Stack`, chooses nothing."""

    links: tuple[Link, ...]
    taken: Sizes
    made: Sizes


class Regroup(NamedTuple):
    """The same numbers in another shape, as `view` has it."""

    taken: Sizes
    made: Sizes


Relation = Links | Regroup
#: From the input to the output; None where an input only gives its shape, or indices.
Chain = tuple[Relation, ...] | None


def kept(axis: int, size: Size) -> Link:
    """Position `i` of the output's axis reads position `i`."""
    return Link(axis, Slide(size, size, 1))


def pointwise(x: Sizes, out: Sizes | None = None) -> Chain:
    """Every position reads its own; a broadcast axis of size 1 is read by all.

    >>> chain = pointwise((1, 3, 1), (2, 1, 3, 5))
    >>> list(backward(chain, (0b01, 1, 0b100, 0b10000)))
    [(1, 4, 1)]
    """
    out = x if out is None else out
    missing = len(out) - len(x)
    links = [
        Link() if size == 1 and out[axis] != 1 else kept(axis, size) for axis, size in enumerate(x, missing)
    ]
    return (Links(tuple(links), x, out),)


def everything(x: Sizes, out: Sizes) -> Chain:
    """Every position reads all positions."""
    return (Links((Link(),) * len(x), x, out),)


def mixing(x: Sizes, axes: Sequence[int]) -> Chain:
    """Along the axes given all positions are read, along the others each its own."""
    links = tuple(Link() if axis in axes else kept(axis, size) for axis, size in enumerate(x))
    return (Links(links, x, x),)


def positionwise(chain: Chain) -> tuple[Chain, ...]:
    """The chain with its axes that are read whole read position by position."""
    found: list[Relation] = []
    for relation in chain or ():
        assert isinstance(relation, Links)
        sizes = zip(relation.links, relation.taken)
        links = [kept(axis, size) if link == Link() else link for axis, (link, size) in enumerate(sizes)]
        found.append(relation._replace(links=tuple(links)))
    return (tuple(found),)


def permuted(x: Sizes, order: Sequence[int]) -> Links:
    """Axis `a` of the output is axis `order[a]` of the input."""
    places = {axis: place for place, axis in enumerate(order)}
    links = tuple(kept(places[axis], size) for axis, size in enumerate(x))
    return Links(links, x, tuple(x[axis] for axis in order))


def windowed(
    x: Sizes, out: Sizes, windows: Sequence[Slide | Pick | None], channels: Link | None = None
) -> Chain:
    """Windows on the last axes, None for one that is read whole; the axis before follows `channels`, or is kept."""
    first = len(x) - len(windows)
    links = [kept(axis, size) for axis, size in enumerate(x[:first])]
    if channels is not None:
        links[-1] = channels
    links += [Link() if window is None else Link(axis, window) for axis, window in enumerate(windows, first)]
    return (Links(tuple(links), x, out),)


def grouped(axis: int, taken: Size, made: Size, groups: int) -> Link:
    """Channels in groups: each output reads the inputs of its own group."""
    if groups == 1 or not isinstance(taken, int) or not isinstance(made, int):
        return Link()
    each, of_each = taken // groups, made // groups
    if each == of_each == 1:
        return kept(axis, taken)

    def taps(channel: int) -> range:
        group = channel // of_each
        return range(group * each, (group + 1) * each)

    return Link(axis, Pick(taken, made, taps))


def backward(chain: Chain, box: Box) -> list[Box]:
    """What the positions of an output box read."""
    boxes = [box] if chain is not None else []
    for relation in reversed(chain or ()):
        boxes = [found for box in boxes for found in _backward(relation, box)]
    return boxes


def forward(chain: Chain, box: Box) -> list[Box]:
    """The positions of the output that read something of an input box."""
    boxes = [box] if chain is not None else []
    for relation in chain or ():
        boxes = [found for box in boxes for found in _forward(relation, box)]
    return boxes


def union(boxes: Sequence[Box]) -> tuple[list[Box], bool]:
    """Fewer boxes with the same positions, and whether it is exact: boxes that differ along one axis are one.

    >>> union([(1, 0b11), (1, 0b100), (1, 0b10)])
    ([(1, 7)], True)
    """
    kept_apart = list[Box]()
    waiting = list(dict.fromkeys(boxes))
    while waiting:
        box = waiting.pop()
        for other in kept_apart:
            different = [axis for axis, pair in enumerate(zip(box, other)) if pair[0] != pair[1]]
            if all(box[axis] | other[axis] == other[axis] for axis in different):
                break
            holds = all(box[axis] | other[axis] == box[axis] for axis in different)
            if holds or len(different) == 1:
                kept_apart.remove(other)
                waiting.append(tuple(here | there for here, there in zip(box, other)))
                break
        else:
            kept_apart.append(box)
    if len(kept_apart) <= MOST_BOXES:
        return kept_apart, True
    around = kept_apart[0]
    for box in kept_apart:
        around = tuple(here | there for here, there in zip(around, box))
    return [around], False


def _backward(relation: Relation, box: Box) -> list[Box]:
    if isinstance(relation, Regroup):
        return regroup(box, relation.made, relation.taken)
    read = []
    for link, size in zip(relation.links, relation.taken):
        if link.axis is None:
            read.append(full(size) if link.how is None else link.how)
        else:
            read.append(_read_by(link.how, box[link.axis]))
    return [tuple(read)] if all(read) else []  # type: ignore[arg-type]


def _forward(relation: Relation, box: Box) -> list[Box]:
    if isinstance(relation, Regroup):
        return regroup(box, relation.taken, relation.made)
    reached = [full(size) for size in relation.made]
    for link, mask in zip(relation.links, box):
        if link.axis is not None:
            reached[link.axis] &= readers_of(link.how, mask)
        elif isinstance(link.how, int) and not link.how & mask:
            return []
    return [tuple(reached)] if all(reached) else []


def _read_by(how: Slide | Pick | int | None, positions: int) -> int:
    """The input's positions that an output's positions read along one axis."""
    assert isinstance(how, (Slide, Pick))
    if is_identity(how):
        return positions
    if isinstance(how, Slide) and how.padding_mode in ("zeros", "ignored"):
        return touching(how, positions) if how.transposed else covered(how, positions)
    return mask_of({source for output in bits(positions) for source in _sources(how, output)}, int(how.size))


def readers_of(how: Slide | Pick | int | None, positions: int) -> int:
    """The output's positions that read one of an input's positions along one axis, whose sizes are integers."""
    assert isinstance(how, (Slide, Pick))
    if is_identity(how):
        return positions
    if isinstance(how, Slide) and how.padding_mode in ("zeros", "ignored"):
        return covered(how, positions) if how.transposed else touching(how, positions)
    wanted, number = set(bits(positions)), int(how.number)
    return mask_of(
        (output for output in range(number) if not wanted.isdisjoint(_sources(how, output))), number
    )


def is_identity(how: Slide | Pick) -> bool:
    """Whether every position reads its own."""
    return how.size == how.number and isinstance(how, Slide) and how[2:5] == (1, 1, 0)


def _sources(how: Slide | Pick, output: int) -> Iterator[int]:
    """The positions that an output reads."""
    return (source for tap in how.taps(output) if (source := how.source(tap)) is not None)


def regroup(box: Box, taken: Sizes, made: Sizes) -> list[Box]:
    """The boxes in the shape `made` that hold the numbers of a box in the shape `taken`.

    >>> regroup((1, 0b110), (2, 3), (6,)), regroup((0b110,), (6,), (2, 3)), regroup((0b1100,), (6,), (2, 3))
    ([(6,)], [(1, 6)], [(1, 4), (2, 1)])
    """
    found: list[Box] = [()]
    for before, after in groups(taken, made):
        masks = box[before.start : before.stop]
        sizes = [int(size) for size in made[after.start : after.stop]]
        if len(before) == len(after) == 1:
            parts: list[Box] = [masks]
        elif all(mask == full(size) for mask, size in zip(masks, taken[before.start : before.stop])):
            parts = [tuple(full(size) for size in sizes)]
        else:
            flat = _merged(masks, [int(size) for size in taken[before.start : before.stop]])
            parts = _split(flat, sizes)
        found = [(*box, *part) for box in found for part in parts]
    return found


def groups(taken: Sizes, made: Sizes) -> list[tuple[range, range]]:
    """Neighbouring axes of one shape and of the other with the same product, as few as possible each.

    >>> groups((2, 3, 4, 5), (2, 12, 5))
    [(range(0, 1), range(0, 1)), (range(1, 3), range(1, 2)), (range(3, 4), range(2, 3))]
    """
    found, i, j = [], 0, 0
    while i < len(taken) or j < len(made):
        stop, end = min(i + 1, len(taken)), min(j + 1, len(made))
        left, right = prod(taken[i:stop]), prod(made[j:end])
        while left != right and (stop < len(taken) or end < len(made)):
            if end == len(made) or (stop < len(taken) and left < right):
                left, stop = left * taken[stop], stop + 1
            else:
                right, end = right * made[end], end + 1
        found.append((range(i, stop), range(j, end)))
        i, j = stop, end
    return found


def _merged(masks: Sequence[int], sizes: Sequence[int]) -> int:
    """The mask along one axis that stands for these axes in a row."""
    flat = 1
    for mask, size in zip(reversed(masks), _behind(sizes)):
        flat = sum(flat << position * size for position in bits(mask))
    return flat


def _behind(sizes: Sequence[int]) -> list[int]:
    """How far apart neighbours of each axis are, the last axis first."""
    strides = [1]
    for size in reversed(sizes[1:]):
        strides.append(strides[-1] * size)
    return strides


def _split(flat: int, sizes: Sequence[int]) -> list[Box]:
    """The boxes over several axes that hold the positions of one mask along them all; equal rows share one."""
    if not flat:
        return []
    if not sizes:
        return [()]
    if len(sizes) == 1:
        return [(flat,)]
    behind = prod(sizes[1:])
    everywhere, rows = full(behind), dict[int, int]()
    for position in range(sizes[0]):
        inner = flat >> position * behind & everywhere
        if inner:
            rows[inner] = rows.get(inner, 0) | 1 << position
    return [(outer, *rest) for inner, outer in rows.items() for rest in _split(inner, sizes[1:])]
