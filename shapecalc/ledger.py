"""The pixel ledger: which positions of each axis a layer reads, skips, pads and sums, counted exactly.

`of(step)` gives the `Ledger` of a step of a trace: one `Axis` record for each spatial axis, and the counts of
the whole layer. A layer without windows has an empty ledger.

>>> from shapecalc.layers.conv import Conv2d
>>> axis = of_layer(Conv2d(1, 8, 3, stride=4), (2, 8, 2, 118), (2, 1, 10, 474)).axes[1]
>>> axis.name, axis.remainder, axis.dropped, axis.never_read, axis.unread
('width', 3, 3, 120, (range(3, 472, 4), range(472, 473, 4), range(473, 474, 4)))
>>> axis.taps, axis.padding_taps, axis.histogram, axis.pattern, axis.is_uneven
(354, 0, {0: 120, 1: 354}, (1, 1, 1, 0), True)

Of a transposed layer the counts are of the output: `bias_only` positions that no tap reaches, `histogram`
the number of positions that sum so many taps, `pattern` the same inside the borders, one number for each
position modulo the stride (of adaptive pools and resizes, which have none, the different numbers).
`is_uneven` says that the pattern is not constant: the checkerboard of a transposed layer (Odena et al. 2016,
https://distill.pub/2016/deconv-checkerboard), and of the gradient to the input of any other. Each is the
other's transpose, and one function counts both.

Sizes that are symbols leave the counts None; `pattern`, `remainder` and the sizes are there. Adaptive
pools and resizes of more than `MOST_COUNTED` positions, which would be counted one by one, have neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from math import prod
from typing import NamedTuple

from .layer import AXES, Layer, Shape
from .size import Size
from .trace import Step
from .window import Pick, Slide

#: Of a longer axis, positions are not counted one by one.
MOST_COUNTED = 1_000_000
#: Positions, and how many taps are on each of them.
Run = tuple[range, int]


class Axis(NamedTuple):
    """One axis of one layer.

    `size` is the number of positions that the `windows` windows slide over: the input's positions, or the
    output's where the layer is `transposed`. `remainder` is what the floor leaves of the padded axis, negative
    where `ceil_mode` lets the last window reach over it. `taps` counts the taps of all windows, `padding_taps`
    those beyond the axis: on padding, or cropped away by a transposed layer's. `runs` are the positions with
    the number of taps on each, zeros included; where padding repeats positions of the axis, these taps count,
    too. `unread` are the input's positions that nothing reads.
    """

    name: str
    size: Size
    windows: Size
    transposed: bool
    padding_mode: str
    remainder: Size
    pattern: tuple[int, ...]
    taps: int | None = None
    padding_taps: int | None = None
    runs: tuple[Run, ...] | None = None
    unread: tuple[range, ...] = ()

    @property
    def size_in(self) -> Size:
        return self.windows if self.transposed else self.size

    @property
    def size_out(self) -> Size:
        return self.size if self.transposed else self.windows

    @property
    def histogram(self) -> dict[int, int] | None:
        """How many positions have so many taps on them: {taps: positions}."""
        if self.runs is None:
            return None
        counted: dict[int, int] = {}
        for positions, count in self.runs:
            counted[count] = counted.get(count, 0) + len(positions)
        return dict(sorted(counted.items()))

    @property
    def never_read(self) -> int | None:
        """How many of the input's positions nothing reads, the dropped ones included."""
        return None if self.runs is None else sum(map(len, self.unread))

    @property
    def dropped(self) -> int | None:
        """How many of the input's last positions nothing reads."""
        if self.never_read is None or not isinstance(self.size_in, int):
            return None
        if self.never_read == self.size_in:
            return self.size_in
        trailing, at_end = 0, self.size_in - 1
        while any(at_end in positions for positions in self.unread):
            trailing, at_end = trailing + 1, at_end - 1
        return trailing

    @property
    def unreached(self) -> tuple[range, ...]:
        """The output's positions that no tap reaches: they hold the bias alone."""
        return _of_count(self.runs or (), 0) if self.transposed else ()

    @property
    def bias_only(self) -> int | None:
        """How many of the output's positions no tap reaches."""
        return None if self.runs is None else sum(map(len, self.unreached))

    @property
    def is_uneven(self) -> bool:
        """Whether inside the borders some positions have more taps on them than others; one window never does."""
        return self.windows != 1 and len(set(self.pattern)) > 1


class Ledger(NamedTuple):
    """The axes of one layer; the counts of the whole layer are for one sample and channel."""

    axes: tuple[Axis, ...] = ()

    @property
    def taps(self) -> int | None:
        """The taps of all windows."""
        return _product([axis.taps for axis in self.axes]) if self.axes else 0

    @property
    def padding_taps(self) -> int | None:
        """The taps beyond the axis, along any axis."""
        inside = _product([_difference(axis.taps, axis.padding_taps) for axis in self.axes])
        return _difference(self.taps, inside) if self.axes else 0

    @property
    def padding_share(self) -> float | None:
        """Which part of the taps is beyond the input; 0 for a transposed layer, which reads none beyond."""
        if any(axis.transposed for axis in self.axes):
            return 0.0
        return (
            None if self.taps is None or self.padding_taps is None else self.padding_taps / (self.taps or 1)
        )

    @property
    def never_read(self) -> int | None:
        """How many of the input's pixels nothing reads."""
        read = [_difference(axis.size_in, axis.never_read) for axis in self.axes]
        return _difference(_product([axis.size_in for axis in self.axes]), _product(read)) if self.axes else 0

    @property
    def bias_only(self) -> int | None:
        """How many of the output's pixels no tap reaches."""
        reached = [_difference(axis.size_out, axis.bias_only) for axis in self.axes]
        return (
            _difference(_product([axis.size_out for axis in self.axes]), _product(reached))
            if self.axes
            else 0
        )

    @property
    def histogram(self) -> dict[int, int] | None:
        """How many pixels have so many taps on them, over all axes: {taps: pixels}."""
        total = {1: 1}
        for axis in self.axes:
            if (along := axis.histogram) is None:
                return None
            grown: dict[int, int] = {}
            for count, pixels in total.items():
                for other, positions in along.items():
                    grown[count * other] = grown.get(count * other, 0) + pixels * positions
            total = grown
        return dict(sorted(total.items())) if self.axes else {}

    @property
    def is_uneven(self) -> bool:
        """Whether the pattern of some axis is uneven."""
        return any(axis.is_uneven for axis in self.axes)


def of(step: Step) -> Ledger:
    """The ledger of a step of a trace."""
    return of_layer(step.layer, step.shape_out, *step.shapes_in)


def of_layer(layer: Layer, out: Shape, *inputs: Shape) -> Ledger:
    """The ledger of a layer for the shapes that it returns and takes."""
    slides = layer.slides(out, *inputs)
    names = AXES.get(len(slides), ())
    return Ledger(tuple(axis_of(name, slide) for name, slide in zip(names, slides)))


def axis_of(name: str, slide: Slide | Pick) -> Axis:
    """The record of one axis."""
    size, number = slide.size, slide.number
    record = Axis(name, size, number, slide.transposed, slide.padding_mode, remainder(slide), pattern(slide))
    if not isinstance(size, int) or not isinstance(number, int) or _is_too_long(slide):
        return record
    counted = runs(slide)
    taps, beyond = _taps(slide)
    unread = _of_count(counted, 0) if not slide.transposed else _unread_windows(slide)
    return record._replace(taps=taps, padding_taps=beyond, runs=counted, unread=unread)


def remainder(slide: Slide | Pick) -> Size:
    """What the floor leaves of the padded axis: `(size + 2*padding - reach) % stride`."""
    if isinstance(slide, Pick) or slide.transposed or slide.stride == 1:
        return 0
    reach = slide.dilation * (slide.kernel_size - 1) + 1
    return slide.size + 2 * slide.before - reach - (slide.number - 1) * slide.stride


def pattern(slide: Slide | Pick) -> tuple[int, ...]:
    """How many taps are on a position far from the borders, for each residue of the position by the stride.

    Of windows that follow no stride, the different numbers further inside than a window is long.
    """
    if isinstance(slide, Pick):
        known = isinstance(slide.size, int) and isinstance(slide.number, int) and not _is_too_long(slide)
        return _inside(slide) if known else ()
    counts = [0] * slide.stride
    for tap in slide.taps(0):
        counts[tap % slide.stride] += 1
    return tuple(counts)


def _is_too_long(slide: Slide | Pick) -> bool:
    """Whether positions would be counted one by one, and are more than `MOST_COUNTED`."""
    return isinstance(slide, Pick) and max(int(slide.size), int(slide.number)) > MOST_COUNTED


def _inside(pick: Pick) -> tuple[int, ...]:
    size, number = int(pick.size), int(pick.number)
    border = max(len(pick.taps(window)) for window in range(number))
    counts = _counted(pick, size, number)
    return tuple(sorted(set(counts[border : size - border])))


def runs(slide: Slide | Pick) -> tuple[Run, ...]:
    """The positions of the axis with the number of taps on each; sizes must be integers.

    Along the positions of one residue by the stride each tap visits `number` neighbours, so that their sum is a
    few steps up and down: O(taps + stride), whatever the size.

    >>> runs(Slide(10, 5, kernel_size=3, stride=2, before=1, transposed=True))
    ((range(0, 9, 2), 1), (range(1, 8, 2), 2), (range(9, 10, 2), 1))
    """
    size, number = int(slide.size), int(slide.number)
    if isinstance(slide, Pick):
        return _runs_of(_counted(slide, size, number))
    stride, found = slide.stride, list[Run]()
    firsts: dict[int, list[int]] = {}
    for tap in slide.taps(0):
        firsts.setdefault(tap % stride, []).append(tap // stride)
    for residue in range(min(stride, size)):
        last = (size - 1 - residue) // stride + 1
        steps = {0: 0, last: 0}
        for first in firsts.get(residue, ()):
            start, stop = max(first, 0), min(first + number, last)
            if start < stop:
                steps[start] = steps.get(start, 0) + 1
                steps[stop] = steps.get(stop, 0) - 1
        found += _levels(sorted(steps.items()), residue, stride)
    repeated = _repeated(slide) if slide.padding_mode not in ("zeros", "ignored") else {}
    return tuple(sorted((run for one in found for run in _raised(one, repeated)), key=_start))


def _repeated(slide: Slide) -> dict[int, int]:
    """How many taps beside the axis read a position of it, where padding repeats positions."""
    number, reach, counts = int(slide.number), slide.dilation * (slide.kernel_size - 1), dict[int, int]()
    before = range(min(number, -(-slide.before // slide.stride)))
    behind = range(max(len(before), -((reach - slide.before - int(slide.size)) // slide.stride)), number)
    for tap in (tap for window in chain(before, behind) for tap in slide.taps(window)):
        source = slide.source(tap)
        if source is not None and source != tap:
            counts[source] = counts.get(source, 0) + 1
    return counts


def _raised(run: Run, counts: dict[int, int]) -> Iterator[Run]:
    """A run of positions, cut where some of them are counted more often."""
    positions, count = run
    start = positions.start
    for position in sorted(position for position in counts if position in positions):
        if start < position:
            yield range(start, position, positions.step), count
        yield range(position, position + 1), count + counts[position]
        start = position + positions.step
    if start < positions.stop:
        yield range(start, positions.stop, positions.step), count


def _start(run: Run) -> int:
    return run[0].start


def _levels(steps: Sequence[tuple[int, int]], residue: int, stride: int) -> list[Run]:
    """The heights between steps up and down, as runs of positions."""
    found, height = list[Run](), 0
    for (start, step), (stop, _) in pairwise(steps):
        height += step
        first, last = residue + stride * start, residue + stride * (stop - 1)
        if step == 0 and found:
            found[-1] = (range(found[-1][0].start, last + 1, stride), height)
        else:
            found.append((range(first, last + 1, stride), height))
    return found


def _counted(pick: Pick, size: int, number: int) -> list[int]:
    """How many taps are on each position, counted one by one."""
    counts = [0] * size
    for window in range(number):
        for tap in pick.taps(window):
            counts[tap] += 1
    return counts


def _runs_of(counts: Sequence[int]) -> tuple[Run, ...]:
    found, start = list[Run](), 0
    for position in range(1, len(counts) + 1):
        if position == len(counts) or counts[position] != counts[start]:
            found.append((range(start, position), counts[start]))
            start = position
    return tuple(found)


def _of_count(counted: Sequence[Run], count: int) -> tuple[range, ...]:
    return tuple(positions for positions, taps in counted if taps == count)


def _taps(slide: Slide | Pick) -> tuple[int, int]:
    """All taps, and those beyond the axis."""
    number = int(slide.number)
    if isinstance(slide, Pick):
        return sum(len(slide.taps(window)) for window in range(number)), 0
    inside = sum(len(windows) for windows in _windows_inside(slide))
    taps = number * slide.kernel_size
    return taps, taps - inside


def _unread_windows(slide: Slide | Pick) -> tuple[range, ...]:
    """The input positions of a transposed layer that it crops away: all their taps are beyond the output."""
    if isinstance(slide, Pick):
        return ()
    found, start = list[range](), 0
    for windows in sorted(filter(None, _windows_inside(slide)), key=lambda windows: windows.start):
        if windows.start > start:
            found.append(range(start, windows.start))
        start = max(start, windows.stop)
    number = int(slide.number)
    return (*found, range(start, number)) if start < number else tuple(found)


def _windows_inside(slide: Slide) -> list[range]:
    """For each tap the windows whose tap is on the axis; there may be none."""
    size, number, stride = int(slide.size), int(slide.number), slide.stride
    return [
        range(max(0, -(tap // stride)), min(number, (size - 1 - tap) // stride + 1)) for tap in slide.taps(0)
    ]


def _product(numbers: Sequence[Size | None]) -> int | None:
    known = [number for number in numbers if isinstance(number, int)]
    return prod(known) if len(known) == len(numbers) else None


def _difference(a: Size | None, b: Size | None) -> int | None:
    return a - b if isinstance(a, int) and isinstance(b, int) else None
