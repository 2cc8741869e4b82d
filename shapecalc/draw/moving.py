"""The strips of a layer that says what it reads and slides no windows: pads, crops, slices, unpools.

Where each output is a copy of one position, or of none, the outputs stand where they were: padding beside the axis,
with a line to the position that is repeated there.
"""

from __future__ import annotations

from itertools import pairwise

from .. import ledger
from ..layer import Layer, Shape
from ..layers._axes import axis_name
from ..reading import Links
from ..window import Pick, Slide
from .sliding import beside, formula_of, strip_of
from .strips import Strip

#: More copies than this are elided to those at the borders.
MOST_COPIES = 12
#: What is done beside the axis, in words for the line above it and for the legend.
FILLINGS = {
    "reflect": ("mirrored at the border", "mirrored"),
    "replicate": ("the border repeated", "repeated"),
    "circular": ("wrapped around", "wrapped around"),
}


def moving(layer: Layer, made: Shape, taken: tuple[Shape, ...]) -> list[Strip]:
    """A strip for each axis along which outputs read other positions than their own; [] where there is none."""
    chain, *others = layer.reads(made, *taken)
    if chain is None or any(others) or len(chain) != 1 or not isinstance(chain[0], Links):
        return []
    formulas, found = layer.arithmetic(made, *taken), list[Strip]()
    for axis, link in enumerate(chain[0].links):
        how = link.how
        if link.axis != axis or not isinstance(how, (Slide, Pick)):
            continue
        name = axis_name(axis, len(taken[0]))
        formula, start = formula_of(name, formulas), _start(how)
        if start is not None and (start or how.size != how.number):
            found.append(_copies(name, how, start, formula, _filling(layer, how)))
        elif start is None and isinstance(how, Slide):
            found.append(_windows(ledger.axis_of(name, how), how, formula))
    return found


def _start(how: Slide | Pick) -> int | None:
    """The position that the first output would stand on if the axis had no border; None where they are no copies."""
    if isinstance(how, Slide):
        return -how.before if how.kernel_size == how.stride == 1 and not how.transposed else None
    if how.repeat is None or (how.repeat.positions, how.repeat.outputs) != (1, 1):
        return None
    return how.repeat.inside(0).start if len(how.repeat.inside(0)) == 1 else None


def _filling(layer: Layer, how: Slide | Pick) -> tuple[str, str]:
    mode = "circular" if isinstance(how, Pick) else how.padding_mode
    value = vars(layer).get("value") or 0
    return FILLINGS.get(mode, (f"filled with {value:g}", f"filled with {value:g}"))


def _copies(name: str, how: Slide | Pick, start: int, formula: str, filling: tuple[str, str]) -> Strip:
    """An axis of which each output is one position, or filling."""
    size, number = int(how.size), int(how.number)
    first, last = min(start, 0), max(size, start + number) - 1
    sides = max(-start, 0), max(start + number - size, 0)
    crops = range(min(max(start, 0), size)), range(max(min(start + number, size), 0), size)
    sources = {}
    for position in beside(start, start + number - 1, size):
        source = how.source(how.taps(position - start)[0])
        if source is not None:
            sources[position] = source
    cut = " and ".join(_sides(tuple(map(len, crops))))
    said = [f"{size} to {number}"]
    said += [f"{filling[0]}: {', '.join(_sides(sides))}"] if any(sides) else []
    said += [f"cut off: {cut}"] if cut else []
    windows = []
    for output in _shown(number, *sides):
        position = start + output
        windows.append((output, tuple(sorted({position, sources.get(position, position)}))))
    return Strip(
        name, size, first, last, tuple(windows), number, False, sources,
        tuple(part for crop in crops for part in _without(crop, sources)), (),
        formula, "; ".join(said), filling[1],
    )  # fmt: skip


def _sides(sides: tuple[int, ...]) -> list[str]:
    return [f"{number} {where}" for number, where in zip(sides, ("before", "behind")) if number > 0]


def _without(crop: range, sources: dict[int, int]) -> list[range]:
    """What is cut off and repeated nowhere."""
    repeated = sorted({source for source in sources.values() if source in crop})
    ends = [crop.start - 1, *repeated, crop.stop]
    return [range(before + 1, stop) for before, stop in pairwise(ends) if before + 1 < stop]


def _shown(number: int, before: int, behind: int) -> list[int]:
    """Those at the ends of the axis and of what stands beside it, where there are many."""
    if number <= MOST_COPIES:
        return list(range(number))
    near = {0, 1, before - 1, before, number - behind - 1, number - behind, number - 2, number - 1}
    return sorted(output for output in near if 0 <= output < number)


def _windows(axis: ledger.Axis, how: Slide, formula: str) -> Strip:
    """Windows that choose: an unpool's, each of which puts its value on one of its positions."""
    strip = strip_of(axis, how, formula)
    if not how.transposed:
        return strip
    none = axis.bias_only or 0
    said = f"{axis.size_in} to {axis.size_out}; each input goes to one of its {how.kernel_size} positions"
    said += f"; {none} under no window" if none else ""
    return strip._replace(summary=said, beside="the pool's padding", counted="windows")
