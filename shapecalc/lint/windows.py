"""What rules about windows share: the layers whose windows slide, words for positions, and kernels that keep a size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..layer import AXES, KINDS
from ..pairing import before, sides_of
from ..repair.changes import Change, Changes, Inserted
from ..shapes import Shape
from ..trace import Step, Trace
from ..window import Slide, window_output
from .graph import worked_out_once

#: What the positions along an axis are called, one and many.
WORDS = {
    "length": ("position", "positions"),
    "depth": ("slice", "slices"),
    "height": ("row", "rows"),
    "width": ("column", "columns"),
}


def left_over(slide: Slide) -> int:
    """How many positions of the padded axis are behind the last window; sizes must be numbers.

    >>> left_over(Slide(474, 118, kernel_size=3, stride=4))
    3
    """
    reach = slide.dilation * (slide.kernel_size - 1) + 1
    return int(slide.size) + 2 * slide.before - reach - (int(slide.number) - 1) * slide.stride


def is_cut_by_floor(slide: Slide) -> bool:
    """Whether windows without gaps between them stop before the axis does: the floor's doing."""
    return slide.stride > 1 and not has_gaps(slide) and left_over(slide) > slide.before


class Windowed(NamedTuple):
    """A step whose windows slide along its spatial axes."""

    number: int
    step: Step
    slides: tuple[Slide, ...]

    @property
    def is_transposed(self) -> bool:
        return self.slides[0].transposed

    @property
    def is_known(self) -> bool:
        """Whether the sizes are numbers."""
        return all(isinstance(slide.size, int) and isinstance(slide.number, int) for slide in self.slides)


@worked_out_once
def windowed(trace: Trace) -> Sequence[Windowed]:
    """The steps whose windows slide."""
    found = []
    for number, step in enumerate(trace.steps):
        slides = step.layer.slides(step.shape_out, *step.shapes_in)
        sliding = tuple(slide for slide in slides if isinstance(slide, Slide))
        if sliding and len(sliding) == len(slides):
            found.append(Windowed(number, step, sliding))
    return found


def has_gaps(slide: Slide) -> bool:
    """Whether far from the borders some positions have no tap: kernel under stride, or dilation gaps.

    >>> has_gaps(Slide(10, 4, kernel_size=2, stride=3)), has_gaps(Slide(10, 3, 3, stride=2, dilation=2))
    (True, True)
    """
    return len({slide.dilation * tap % slide.stride for tap in range(slide.kernel_size)}) < slide.stride


def alike(trace: Trace, one: Windowed, readings: dict[int, list[int]]) -> list[int] | None:
    """All readers of what the step reads, where each reads the same positions of it; None where some reads others.

    What leaves the network is read whole.
    """
    source = trace.arch.nodes[one.number].sources[0]
    if source == len(trace.steps):
        return None
    for number in readings[source]:
        step = trace.steps[number]
        slides = step.layer.slides(step.shape_out, *step.shapes_in)
        if [slide[:-1] for slide in slides] != [slide[:-1] for slide in one.slides]:
            return None
    return readings[source]


def padded_behind(trace: Trace, number: int, axis: int) -> int:
    """How many positions a pad layer right before the step has put behind the axis, counted from the last (-1)."""
    previous = before(trace.arch, number)
    sides = None if previous is None else sides_of(trace.steps[previous])
    place = 2 * (-axis - 1) + 1
    return max(sides[place], 0) if sides and place < len(sides) else 0


def is_brought_back(trace: Trace, readers: Sequence[int], taken: Shape) -> bool:
    """Whether one layer alone reads what was resized, and returns the size that was taken."""
    return len(readers) == 1 and trace.steps[readers[0]].shape_out[2:] == taken


def brought_back(trace: Trace, number: int, taken: Shape) -> Iterator[Changes]:
    """Repairs of a resize that returns other sizes than were taken: a pad or crop behind it, or `size` itself."""
    made = trace.steps[number].shape_out[2:]
    readers = [reader for reader, node in enumerate(trace.arch.nodes) if number + 1 in node.sources]
    missing = [a - b for a, b in zip(taken, made) if isinstance(a, int) and isinstance(b, int)]
    if len(missing) == len(made) == len(taken) and len(missing) in AXES:
        kind = "ReplicationPad" if min(missing) >= 0 else "ZeroPad"
        pad = KINDS[f"{kind}{len(missing)}d"](tuple(side for size in reversed(missing) for side in (0, size)))
        if len(readers) == 1 and trace.arch.nodes[readers[0]].sources == (number + 1,):
            yield {readers[0]: Change(before=Inserted(pad))}
        elif not readers:
            yield {number: Change(behind=pad)}
    if vars(trace.steps[number].layer).get("scale_factor") is not None:
        yield {number: Change({"scale_factor": None, "size": taken})}


def counted(parts: Sequence[tuple[str, int, object]]) -> str:
    """Parts of axes in words.

    >>> counted([("height", 2, 10), ("width", 158, 474)])
    '2 of 10 rows and 158 of 474 columns'
    """
    return " and ".join(f"{part} of {whole} {words(name, 2)}" for name, part, whole in parts)


def words(axis: str, number: int) -> str:
    """The word for so many positions along an axis.

    >>> words("height", 1), words("length", 3)
    ('row', 'positions')
    """
    return WORDS[axis][number != 1]


def by(numbers: Sequence[object]) -> str:
    """
    >>> by((3, 5))
    '3x5'
    """
    return "x".join(map(str, numbers))


def one(values: Sequence[int]) -> int | tuple[int, ...]:
    """The values as an argument: one integer where all agree."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def with_kernel(
    found: Windowed, kernel: Sequence[int], dilation: Sequence[int] | None = None
) -> Change | None:
    """The step's layer with another kernel (and dilation), and the padding under which it makes the same size.

    None where there is no such padding. Raises nothing: what torch refuses is refused when it is traced.
    """
    layer = found.step.layer
    if layer.role not in ("weights", "pool"):
        return None
    spread = tuple(slide.dilation for slide in found.slides) if dilation is None else tuple(dilation)
    if found.is_transposed:
        return _transposed_with(found, kernel, spread)
    padding = []
    for slide, size, gap in zip(found.slides, kernel, spread):
        most = size // 2 if layer.role == "pool" else size * gap
        fits = [
            number
            for number in range(most + 1)
            if window_output(slide.size, size, slide.stride, number, gap) == slide.number
        ]
        if not fits:
            return None
        padding.append(min(fits, key=lambda number: abs(2 * number - gap * (size - 1))))
    return _changed(found, {"kernel_size": kernel, "padding": padding, "dilation": spread})


def _transposed_with(found: Windowed, kernel: Sequence[int], dilation: Sequence[int]) -> Change | None:
    """Padding and output_padding from the size that must stay: reach - 2*padding + output_padding."""
    layer = found.step.layer
    paddings, spares = [], []
    for axis, (slide, size, gap) in enumerate(zip(found.slides, kernel, dilation)):
        reach = slide.dilation * (slide.kernel_size - 1)
        kept = reach - 2 * slide.before + layer.per_axis("output_padding")[axis]
        surplus = gap * (size - 1) - kept
        if surplus < 0:
            return None
        paddings.append(-(-surplus // 2))
        spares.append(surplus % 2)
    wanted = {"kernel_size": kernel, "padding": paddings, "output_padding": spares, "dilation": dilation}
    return _changed(found, wanted)


def _changed(found: Windowed, wanted: Mapping[str, Sequence[int]]) -> Change | None:
    """The arguments that are not so already; None where the layer lacks one, or nothing changes."""
    arguments: dict[str, object] = {}
    for name, new in wanted.items():
        if name not in found.step.layer.fields:
            old = tuple([slide.before if name == "padding" else slide.dilation for slide in found.slides])
            if tuple(new) != old:
                return None
        elif isinstance(vars(found.step.layer)[name], str):
            continue
        elif tuple(new) != found.step.layer.per_axis(name):
            arguments[name] = one(new)
    return Change(arguments) if arguments else None
