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
    """One axis, or several that are alike: positions `first` to `last`, and the `taps` of each window.

    The positions 0 to `size` - 1 are the axis's own; with a `spread`, one in so many of them, and all others are
    inserted zeros. `sources` says what the padding beside the axis repeats. `unread` are input positions that nothing
    reads, `runs` how many taps are on each position of a transposed layer's output.
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
    spread: int = 0

    def name_of(self, position: int) -> str:
        """The index of a position of the axis; nothing for padding and inserted zeros."""
        index, zeros = divmod(position, self.spread or 1)
        return str(index) if 0 <= position < self.size and not zeros else ""

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
        error = trace.problems[0].message
        strips = _broken_strips(node.layer, trace.failed_in, node.path, error)
        return Figure(node.path, repr(node.layer), change, error, _merged(strips))
    if number >= len(trace.steps):
        raise NothingToDraw(f"`{node.path}` is not reached: a layer before it cannot run")
    step = trace.steps[number]
    change = f"{' and '.join(map(spell, step.shapes_in))} → {spell(step.shape_out)}"
    strips = _strips(step.layer, step.shape_out, step.shapes_in, step.path)
    return Figure(step.path, repr(step.layer), change, "", _merged(strips))


def _merged(strips: list[Strip]) -> list[Strip]:
    """Axes that are alike in all but their names, as one strip."""
    alike: list[tuple[Strip, list[str]]] = []
    for strip in strips:
        nameless = strip._replace(name="", formula=strip.formula.removeprefix(strip.name))
        names = next((names for other, names in alike if other == nameless), None)
        if names is None:
            alike.append((nameless, [strip.name]))
        else:
            names.append(strip.name)
    merged = []
    for strip, names in alike:
        name = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        merged.append(strip._replace(name=name, formula=strip.formula and name + strip.formula))
    return merged


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
        if isinstance(slide, Slide) and slide.transposed and layer.role == "weights":
            found.append(_stretched(axis, slide))
    return found


def _stretched(axis: ledger.Axis, slide: Slide) -> Strip:
    """A transposed layer as the convolution that it is: of stride 1, over its input with zeros put in.

    Dumoulin & Visin 2016, relationship 14: `stride - 1` zeros between two inputs, before the first
    `dilation*(kernel_size - 1) - padding`, behind the last `output_padding` more than that.
    """
    number, made, stride = int(slide.number), int(slide.size), slide.stride
    size = (number - 1) * stride + 1
    reach = slide.dilation * (slide.kernel_size - 1)
    before = reach - slide.before
    behind = made - before - size + reach
    same = Slide(size, made, slide.kernel_size, 1, before, slide.dilation)
    taps = tuple((window, same.taps(window)) for window in _shown(made))
    unread = tuple(range(run.start * stride, run.stop * stride, run.step * stride) for run in axis.unread)
    first, last = min(-before, 0), size - 1 + max(behind, 0)
    return Strip(
        axis.name, size, first, last, taps, made, False, {}, unread, (),
        f"{axis.name} as a convolution of stride 1, kernel flipped", _put_in(stride - 1, before, behind), spread=stride
    )  # fmt: skip


def _put_in(between: int, before: int, behind: int) -> str:
    """The zeros that make a transposed layer's input that of a convolution; negative ones cut positions off."""
    sides = (between, "between neighbours"), (before, "before"), (behind, "behind")
    zeros = ", ".join(f"{number} {where}" for number, where in sides if number > 0)
    cut = ", ".join(f"{-number} {where}" for number, where in sides if number < 0)
    said = f"the input with zeros: {zeros}" if zeros else "the input"
    return f"{said}; cut off: {cut}" if cut else said


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"


def _shown(number: int) -> list[int]:
    return list(range(number)) if number <= MOST_WINDOWS else [0, 1, number - 1]


def _summary(axis: ledger.Axis) -> str:
    if axis.transposed:
        counts = list(axis.histogram or {})
        span = f"{counts[0]}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
        said = f"{axis.size_in} to {axis.size_out}; each output sums {span} tap{'s' * (span != '1')}"
        return said + (f"; {axis.bias_only} reached by none" if axis.bias_only else "")
    said = f"{axis.size_in} to {axis.size_out}; {_counted(axis.taps or 0, 'tap')}"
    said += f", {axis.padding_taps} of them on padding" if axis.padding_taps else ""
    if not axis.never_read:
        return f"{said}; every position is read"
    dropped = f", {axis.dropped} of them at the end" if axis.dropped else ""
    dropped = ", at the end" if axis.dropped == axis.never_read else dropped
    are = "is" if axis.never_read == 1 else "are"
    return f"{said}; {_counted(axis.never_read, 'position')} {are} never read{dropped}"


def _broken_strips(layer: Layer, taken: tuple[Shape, ...], path: str, error: str) -> list[Strip]:
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
        width, there = taps[-1] - taps[0] + 1, size + 2 * before
        summary = f"the window takes {_counted(width, 'position')}, and there {'is' if there == 1 else 'are'} {there}"
        found.append(
            Strip(name, size, -before, max(end, taps[-1]), ((0, taps),), 1, False, {}, (), (),
                  "", summary, is_broken)
        )  # fmt: skip
    if not found:
        raise NothingToDraw(f"`{path}` cannot run, and has no windows to draw: {error}")
    return found


def _refuse_letters(path: str, *shapes: Shape) -> None:
    if any(not isinstance(size, int) and size != N for shape in shapes for size in shape):
        raise NothingToDraw(f"the sizes at `{path}` are letters; give numbers, like --input 1x10x474")


def role_of(strip: Strip, position: int) -> str:
    """What a position is: `pad`, `gap` (a zero put in), `read`, `unread`, or an output that is `made`."""
    if strip.spread and not strip.name_of(position):
        return "gap"
    if not 0 <= position < strip.size:
        is_beyond = strip.is_broken and position >= strip.size - strip.first
        return "unread" if is_beyond else "pad"
    if strip.transposed:
        return "made" if strip.count(position) else "unread"
    return "unread" if any(position in positions for positions in strip.unread) else "read"
