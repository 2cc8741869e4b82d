"""Layers put in: a pad or a crop before a join whose inputs differ in size, or behind a decoder's last layer.

None is offered before it was traced again. A pad is zeros, half of them on either side and the odd one on the
far side, as U-Nets in torch do it; a crop is the centre, as the first U-Net did it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..layer import KINDS, Layer
from ..shapes import Shape
from ..trace import Trace
from .changes import Change, Changes, Inserted

#: The most that a stride of 4 drops of an axis; where more is missing, the other input is cropped.
WIDEST_PAD = 3


def before_join(before: Trace, failed: int) -> Iterator[Changes]:
    """One input of the join that failed made as large as the others are.

    The one from right above comes first, and a wide rim of zeros last.
    """
    node, shapes = before.arch.nodes[failed], before.failed_in
    if not node.layer.inputs[0].startswith("*"):
        return
    found = []
    for own in range(len(shapes)):
        others = [place for place in range(len(shapes)) if place != own]
        if not others or len({shapes[place][2:] for place in others}) > 1:
            continue
        growths = _growths(shapes[own], shapes[others[0]])
        if growths is None:
            continue
        new = Inserted(KINDS["Crop"](), (own, others[0]))
        if max(growths) > 0:
            new = Inserted(_padded(growths), (own,))
        found.append((max(growths) > WIDEST_PAD, node.sources[own] != failed, own, new))
    for *_, new in sorted(found, key=lambda each: each[:3]):
        yield {failed: Change(before=new)}


def behind_end(before: Trace) -> Iterator[Changes]:
    """What comes out made as large as the contract wants it."""
    found, wanted = before.shape_out, before.arch.contract.output or before.shape_in
    last = len(before.steps) - 1
    growths = _growths(found or (), wanted)
    if growths is None or last < 0:
        return
    sizes = tuple(size for size in wanted[2:] if isinstance(size, int))
    if max(growths) <= 0 and len(sizes) == len(growths):
        yield {last: Change(behind=KINDS["Crop"](sizes if len(sizes) > 1 else sizes[0]))}
    else:
        yield {last: Change(behind=_padded(growths))}


def lost_rows(before: Trace, failed: int) -> bool:
    """Whether a floor dropped something on the way to a join: then sizes are odd, and no number mistyped."""
    first = min(before.arch.nodes[failed].sources, default=0)
    return any(
        isinstance(rest, int) and rest > 0
        for step in before.steps[first:]
        for rest in step.layer.remainders(*step.shapes_in)
    )


def _growths(own: Shape, other: Shape) -> tuple[int, ...] | None:
    """What each spatial axis lacks; None where nothing does, or so much that a pad would only hide the mistake."""
    if len(own) != len(other) or not 3 <= len(own) <= 5 or own[2:] == other[2:]:
        return None
    growths = []
    for have, want in zip(own[2:], other[2:]):
        growth = want - have
        if not isinstance(growth, int) or not (abs(growth) <= 1 or _is_near(have, want)):
            return None
        growths.append(growth)
    return tuple(growths)


def _is_near(have: object, want: object) -> bool:
    """Whether neither is more than half as large again as the other; a lost upsampling makes it twice."""
    return isinstance(have, int) and isinstance(want, int) and 3 * min(have, want) >= 2 * max(have, want)


def _padded(growths: tuple[int, ...]) -> Layer:
    """Zeros on both sides of each axis; where an axis must shrink, its rim goes instead."""
    sides = [side for growth in reversed(growths) for side in (growth // 2, growth - growth // 2)]
    return KINDS[f"ZeroPad{len(growths)}d"](tuple(sides))
