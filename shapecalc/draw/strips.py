"""One layer's windows along each axis, as numbers: what both drawings of a layer show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import ledger
from ..layer import AXES, Layer, Shape
from ..shapes import N, spell
from ..trace import Trace
from ..window import Slide

#: More windows than this are elided to the first two and the last.
MOST_WINDOWS = 5


class NothingToDraw(Exception):
    """The layer has no windows, or its sizes are letters."""


class Strip(NamedTuple):
    """One axis: positions `first` to `last`, of which 0 to `size` - 1 are the axis's own; `taps` of each window.

    `sources` says what the padding beside the axis repeats. `unread` are input positions that nothing reads, `runs`
    how many taps are on each position of a transposed layer's output.
    """

    name: str
    size: int
    first: int
    last: int
    windows: tuple[tuple[int, Sequence[int]], ...]
    number: int
    transposed: bool
    sources: dict[int, int]
    unread: tuple[range, ...]
    runs: tuple[ledger.Run, ...]
    formula: str
    summary: str
    is_broken: bool = False

    @property
    def name_columns(self) -> int:
        """How many columns the name of a row takes, with a blank behind it."""
        return max(11, len(f"output {self.windows[-1][0]}" if self.windows else "")) + 1

    def count(self, position: int) -> int:
        """How many taps are on a position of a transposed layer's output."""
        return next((count for positions, count in self.runs if position in positions), 0)


class Columns:
    """Where the positions of a strip stand in `most` columns: all, or the first and last with a gap between."""

    def __init__(self, strip: Strip, most: int) -> None:
        self.first, self.last = strip.first, strip.last
        total, most = strip.last - strip.first + 1, max(most, 5)
        self.is_elided = total > most
        self.head = most // 2 if self.is_elided else total
        self.tail = most - 1 - self.head if self.is_elided else 0

    def positions(self) -> list[int]:
        """The positions that are shown."""
        head = list(range(self.first, self.first + self.head))
        return head + list(range(self.last - self.tail + 1, self.last + 1))

    def has(self, position: int) -> bool:
        """Whether the position is shown."""
        return position < self.first + self.head or position > self.last - self.tail

    def column(self, position: int) -> int:
        """Its column; of a hidden one, the gap's."""
        if position < self.first + self.head:
            return position - self.first
        if position > self.last - self.tail:
            return self.head + position - (self.last - self.tail)
        return self.head


class Figure(NamedTuple):
    """A layer with its strips: its path, its spelling, what it makes of what, and why it cannot run."""

    path: str
    layer: str
    change: str
    error: str
    strips: list[Strip]


def figure(trace: Trace, number: int) -> Figure:
    """What is to be drawn of layer `number` of a trace; raises `NothingToDraw` with the reason."""
    node = trace.arch.nodes[number]
    if number == trace.failed:
        change = f"{' and '.join(map(spell, trace.failed_in))} → cannot run"
        strips = _broken_strips(node.layer, trace.failed_in, node.path)
        return Figure(node.path, repr(node.layer), change, trace.problems[0].message, strips)
    if number >= len(trace.steps):
        raise NothingToDraw(f"`{node.path}` is not reached: a layer before it cannot run")
    step = trace.steps[number]
    change = f"{' and '.join(map(spell, step.shapes_in))} → {spell(step.shape_out)}"
    strips = _strips(step.layer, step.shape_out, step.shapes_in, step.path)
    return Figure(step.path, repr(step.layer), change, "", strips)


def _strips(layer: Layer, made: Shape, taken: tuple[Shape, ...], path: str) -> list[Strip]:
    _refuse_letters(path, *taken)
    slides = layer.slides(made, *taken)
    if not slides:
        raise NothingToDraw(f"`{path}` is {type(layer).__name__}, which slides no windows over its input")
    formulas = layer.arithmetic(made, *taken)
    found = []
    for index, (axis, slide) in enumerate(zip(ledger.of_layer(layer, made, *taken).axes, slides)):
        number, size = int(slide.number), int(slide.size)
        taps = [(window, slide.taps(window)) for window in _shown(number)]
        reach = [tap for _, window in taps for tap in window]
        before = slide.before if isinstance(slide, Slide) else 0
        first, last = min([-before, 0, *reach]), max([size - 1 + before, *reach])
        mode = slide.padding_mode
        beside = [position for position in range(first, last + 1) if not 0 <= position < size]
        read = {position: slide.source(position) for position in beside if mode not in ("zeros", "ignored")}
        sources = {position: source for position, source in read.items() if source is not None}
        runs = axis.runs or () if slide.transposed else ()
        formula = formulas[index] if len(formulas) == len(slides) else ""
        found.append(
            Strip(axis.name, size, first, last, tuple(taps), number, slide.transposed, sources,
                  axis.unread if not slide.transposed else (), runs, formula, _summary(axis))
        )  # fmt: skip
    return found


def _shown(number: int) -> list[int]:
    return list(range(number)) if number <= MOST_WINDOWS else [0, 1, number - 1]


def _summary(axis: ledger.Axis) -> str:
    if axis.transposed:
        counts = list(axis.histogram or {})
        span = f"{counts[0]}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
        said = f"{axis.size_in} to {axis.size_out}; each output sums {span} tap{'s' * (span != '1')}"
        return said + (f"; {axis.bias_only} are reached by none" if axis.bias_only else "")
    said = f"{axis.size_in} to {axis.size_out}; {axis.taps} taps, {axis.padding_taps} of them on padding"
    if not axis.never_read:
        return f"{said}; every position is read"
    dropped = f", {axis.dropped} of them at the end" if axis.dropped else ""
    return f"{said}; {axis.never_read} positions are never read{dropped}"


def _broken_strips(layer: Layer, taken: tuple[Shape, ...], path: str) -> list[Strip]:
    """The first window over the input of a layer that cannot run."""
    _refuse_letters(path, *taken)
    try:
        slides = layer.slides((1,) * len(taken[0]), *taken)
    except (IndexError, AttributeError, TypeError, ValueError):
        slides = ()
    found = []
    for name, slide in zip(AXES.get(len(slides), ()), slides):
        if not isinstance(slide, Slide) or slide.transposed:
            break
        size, before = int(slide.size), slide.before
        taps, end = slide.taps(0), size - 1 + before
        is_broken = taps[-1] > end
        summary = f"the window takes {taps[-1] - taps[0] + 1} positions, and there are {size + 2 * before}"
        found.append(
            Strip(name, size, -before, max(end, taps[-1]), ((0, taps),), 1, False, {}, (), (),
                  "", summary, is_broken)
        )  # fmt: skip
    if not found:
        raise NothingToDraw(f"`{path}` cannot run, and has no windows to draw")
    return found


def _refuse_letters(path: str, *shapes: Shape) -> None:
    if any(not isinstance(size, int) and size != N for shape in shapes for size in shape):
        raise NothingToDraw(f"the sizes at `{path}` are letters; give numbers, like --input 1x10x474")


def role_of(strip: Strip, position: int) -> str:
    """What a position is: `pad`, `read`, `unread`, or an output that is `made`."""
    if not 0 <= position < strip.size:
        is_beyond = strip.is_broken and position >= strip.size - strip.first
        return "unread" if is_beyond else "pad"
    if strip.transposed:
        return "made" if strip.count(position) else "unread"
    return "unread" if any(position in positions for positions in strip.unread) else "read"
