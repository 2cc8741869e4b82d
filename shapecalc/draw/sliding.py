"""The strips of a layer that slides windows, and the first window of one that cannot run."""

from __future__ import annotations

from itertools import chain

from .. import ledger
from ..layer import AXES, Layer, Shape
from ..window import Pick, Slide
from .strips import NothingToDraw, Strip, plural

#: More windows than this are elided to the first two and the last.
MOST_WINDOWS = 5
#: Further than this from both ends nothing is shown, however wide the drawing is.
SHOWN = 4096


def sliding(layer: Layer, made: Shape, taken: tuple[Shape, ...]) -> list[Strip]:
    """A strip for each axis that windows slide over, and a second one where the layer is a transposed convolution."""
    formulas, found = layer.arithmetic(made, *taken), list[Strip]()
    slides = layer.slides(made, *taken)
    for axis, slide in zip(ledger.of_layer(layer, made, *taken).axes, slides):
        found.append(strip_of(axis, slide, formula_of(axis.name, formulas)))
        if isinstance(slide, Slide) and slide.transposed and layer.role == "weights":
            found.append(_stretched(axis, slide))
    return found


def formula_of(name: str, formulas: tuple[str, ...]) -> str:
    """The formula of an axis, which begins with its name."""
    return next((formula for formula in formulas if formula.startswith(f"{name} ")), "")


def strip_of(axis: ledger.Axis, slide: Slide | Pick, formula: str) -> Strip:
    """An axis with the first windows and the last."""
    number, size = int(slide.number), int(slide.size)
    taps = [(window, slide.taps(window)) for window in _shown(number)]
    ends = [end for _, window in taps if window for end in (window[0], window[-1])]
    before = slide.before if isinstance(slide, Slide) else 0
    first, last = min([-before, 0, *ends]), max([size - 1 + max(before, 0), *ends])
    copies = slide.padding_mode not in ("zeros", "ignored")
    read = {position: slide.source(position) for position in beside(first, last, size)} if copies else {}
    return Strip(
        axis.name, size, first, last, tuple(taps), number, slide.transposed,
        {position: source for position, source in read.items() if source is not None},
        axis.unread if not slide.transposed else (), axis.runs or () if slide.transposed else (),
        formula, _summary(axis), "cropped away" if slide.transposed else "padding",
    )  # fmt: skip


def beside(first: int, last: int, size: int) -> list[int]:
    """The positions beside the axis that may be shown."""
    near = range(max(first, last + 1 - SHOWN, size), last + 1)
    return list(chain(range(first, min(first + SHOWN, 0, last + 1)), near))


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


def _shown(number: int) -> list[int]:
    return list(range(number)) if number <= MOST_WINDOWS else [0, 1, number - 1]


def _summary(axis: ledger.Axis) -> str:
    said = f"{axis.size_in} to {axis.size_out}"
    if axis.taps is None:  # too long an axis to count
        return said
    if axis.transposed:
        counts = list(axis.histogram or {})
        span = f"{counts[0]}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
        said += f"; each output sums {span} tap{'s' * (span != '1')}"
        return said + (f"; {axis.bias_only} reached by none" if axis.bias_only else "")
    said += f"; {plural(axis.taps, 'tap')}"
    said += f", {axis.padding_taps} of them on padding" if axis.padding_taps else ""
    if not axis.never_read:
        return f"{said}; every position is read"
    dropped = f", {axis.dropped} of them at the end" if axis.dropped else ""
    dropped = ", at the end" if axis.dropped == axis.never_read else dropped
    are = "is" if axis.never_read == 1 else "are"
    return f"{said}; {plural(axis.never_read, 'position')} {are} never read{dropped}"


def broken(layer: Layer, taken: tuple[Shape, ...], path: str, error: str) -> list[Strip]:
    """The first window over the input of a layer that cannot run."""
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
        summary = (
            f"the window takes {plural(width, 'position')}, and there {'is' if there == 1 else 'are'} {there}"
        )
        found.append(
            Strip(name, size, -before, max(end, taps[-1]), ((0, taps),), 1, False, {}, (), (),
                  "", summary, is_broken=is_broken)
        )  # fmt: skip
    if not found:
        raise NothingToDraw(f"`{path}` cannot run, and has no windows to draw: {error}")
    return found
