"""Receptive fields, as a table or as JSON: of every layer by formula, of the code and of positions exactly."""

from __future__ import annotations

from typing import NamedTuple

from .. import field
from ..extents import Extent, axis_names
from ..shapes import spell
from ..size import Size
from ..trace import Trace
from .text import cells, visible

#: More stretches than this of one axis are counted, not listed.
MOST_LISTED = 4


class Seen(NamedTuple):
    """A set of positions of the tensor called `of`, and in words what sees it or is reached."""

    words: str
    of: str
    field: field.Field


class Fields(NamedTuple):
    """The table of a trace, and what was asked about the code and about positions."""

    trace: Trace
    rows: tuple[field.Row, ...]
    code: Seen | None
    position: Seen | None
    reached: Seen | None

    @property
    def axes(self) -> tuple[str, ...]:
        return axis_names(self.trace)


def fields(
    trace: Trace, position: tuple[int, ...] = (), reached: tuple[int, ...] = (), number: int | None = None
) -> Fields:
    """Fields of a trace; positions are of the layer `number`, the last one unless told otherwise.

    Raises `ValueError` for a position outside, where sizes are symbols, and for an axis in `sample:` that is none.
    """
    names = axis_names(trace)
    for axis in trace.arch.sample:
        if axis not in names:
            raise ValueError(f"`sample:` names {axis}, and the axes are {', '.join(names) or 'none'}")
    if (position or reached) and not trace.steps:
        raise ValueError("there is no layer that runs")
    number = len(trace.steps) - 1 if number is None else number
    code = field.latent(trace)
    is_known = all(isinstance(size, int) for size in trace.input)
    of_code, sees, is_reached = None, None, None
    if code is not None and is_known:
        words = f"the middle of the code, {trace.steps[code].path},"
        of_code = Seen(words, "input", field.central(trace, code))
    if position:
        words = f"position {_point(position)} of {trace.steps[number].path}"
        sees = Seen(words, "input", field.reads(trace, number, _placed(trace, number, position)))
    if reached:
        path = trace.steps[number].path
        words = f"position {_point(reached)} of the input"
        is_reached = Seen(words, path, field.reached(trace, _placed(trace, -1, reached), number))
    return Fields(trace, field.receptive_field(trace), of_code, sees, is_reached)


def _point(position: tuple[int, ...]) -> str:
    return ",".join(map(str, position))


def _placed(trace: Trace, number: int, position: tuple[int, ...]) -> tuple[int, ...]:
    """The position, if it has a number for each spatial axis (of a list of features: for the feature)."""
    shape = trace.shape_in if number < 0 else trace.steps[number].shape_out
    wanted = max(len(shape) - 2, 1)
    if len(position) != wanted:
        of = f"`{trace.steps[number].path}`" if number >= 0 else "the input"
        raise ValueError(f"a position of {of}, {spell(shape)}, is {wanted} numbers, not {len(position)}")
    return position


def fields_lines(found: Fields, charset: str = "utf-8") -> list[str]:
    """The fields for a screen."""
    trace = found.trace
    shown = [f"{trace.arch.name} at {spell(trace.shape_in)}"]
    if found.axes:
        shown += _table(found)
    else:
        shown.append("the input has no spatial axes")
    for seen, verb in ((found.code, "sees"), (found.position, "sees"), (found.reached, "reaches")):
        if seen is not None:
            shown += ["", *_sentence(seen, found, verb)]
    return [visible(line, charset) for line in shown]


def _table(found: Fields) -> list[str]:
    """Size, jump and start by axis; `all` where a step sees all of it or has no formula."""
    rows = [("", *(part for name in found.axes for part in (name, "", "")))]
    rows.append(("layer", *("field", "jump", "start") * len(found.axes)))
    for row in found.rows:
        parts = [part for extent in row.axes for part in _parts(extent)]
        rows.append((row.path, *parts))
    widths = [max(cells(row[column]) for row in rows[1:]) for column in range(len(rows[1]))]
    for axis, name in enumerate(found.axes):
        widths[3 * axis + 1] = max(widths[3 * axis + 1], cells(name))
    return [_joined(row, widths) for row in rows]


def _parts(extent: Extent | None) -> tuple[str, str, str]:
    return ("all", "", "") if extent is None else (str(extent.size), str(extent.jump), str(extent.start))


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = (text + " " * (width - cells(text)) for text, width in zip(row, widths))
    groups = ["  ".join(rest[at : at + 3]) for at in range(0, len(rest), 3)]
    return "    ".join([first, *groups]).rstrip()


def _sentence(seen: Seen, found: Fields, verb: str = "sees") -> list[str]:
    """What sees or reaches what, and a line for each axis."""
    of = "the input" if seen.of == "input" else seen.of
    if seen.field.is_empty:
        return [f"{seen.words} {verb} nothing of {of}"]
    axes = list(range(2, len(seen.field.sizes))) or [1]
    names = [_name(seen, axis, found) for axis in axes]
    most = "" if seen.field.exact and not seen.field.untraced else "at most "
    shown = [f"{seen.words} {verb} of {of}"]
    for axis, name in zip(axes, names):
        room = " " * (max(map(cells, names)) - cells(name))
        shown.append(f"  {name}{room}  {most}{_stretch(seen.field, axis)}{_scaled(seen, axis, found)}")
    return shown


def _name(seen: Seen, axis: int, found: Fields) -> str:
    """What an axis is called, of the input or of a tensor with as many axes."""
    if len(seen.field.sizes) == 2:
        return "features"
    return found.axes[axis - 2] if len(found.axes) == len(seen.field.sizes) - 2 else f"axis {axis}"


def _scaled(seen: Seen, axis: int, found: Fields) -> str:
    scale = found.trace.arch.sample.get(_name(seen, axis, found)) if seen.of == "input" else None
    return "" if scale is None else f" = {_amount(seen.field, axis, scale.step):.3g} {scale.unit}".rstrip()


def _stretch(seen: field.Field, axis: int) -> str:
    """`31 of 474, 390 to 420`."""
    ranges, size = seen.positions(axis), seen.sizes[axis]
    count = sum(map(len, ranges))
    if count == size:
        return f"all {size}"
    if len(ranges) > MOST_LISTED:
        listed = f"{ranges[0].start} to {ranges[-1].stop - 1} with gaps"
    else:
        listed = " and ".join(
            f"{one.start}" if len(one) == 1 else f"{one.start} to {one.stop - 1}" for one in ranges
        )
    return f"{listed}, {count} of {size}"


def _amount(seen: field.Field, axis: int, step: float) -> float:
    """How far the positions stretch, in the reader's unit."""
    interval = seen.interval(axis)
    return 0.0 if interval is None else (interval[1] - interval[0] + 1) * step


def fields_json(found: Fields) -> dict[str, object]:
    """The document of `field --format json`; fractions are texts, an axis that is seen whole is null."""
    trace = found.trace
    return {
        "version": 1,
        "path": trace.arch.path,
        "name": trace.arch.name,
        "ok": trace.ok,
        "input": [_plain(size) for size in trace.input],
        "axes": list(found.axes),
        "sample": {axis: {"step": one.step, "unit": one.unit} for axis, one in trace.arch.sample.items()},
        "steps": [
            {"path": row.path, "axes": {name: _extent(one) for name, one in zip(found.axes, row.axes)}}
            for row in found.rows
        ],
        "code": _seen(found.code, found),
        "position": _seen(found.position, found),
        "reached": _seen(found.reached, found),
    }


def _extent(extent: Extent | None) -> dict[str, object] | None:
    if extent is None:
        return None
    parts = {"size": extent.size, "jump": extent.jump, "start": extent.start, "overlap": extent.overlap}
    return {name: number if isinstance(number, int) else str(number) for name, number in parts.items()}


def _seen(seen: Seen | None, found: Fields) -> dict[str, object] | None:
    if seen is None:
        return None
    of = seen.field
    axes = list[dict[str, object]]()
    for axis in list(range(2, len(of.sizes))) or [1]:
        name = _name(seen, axis, found)
        ranges = of.positions(axis)
        one: dict[str, object] = {
            "axis": name,
            "ranges": [[stretch.start, stretch.stop - 1] for stretch in ranges],
            "count": sum(map(len, ranges)),
            "size": of.sizes[axis],
        }
        scale = found.trace.arch.sample.get(name) if seen.of == "input" else None
        if scale is not None:
            one.update(amount=_amount(of, axis, scale.step), unit=scale.unit)
        axes.append(one)
    return {"what": seen.words, "of": seen.of, "exact": of.exact and not of.untraced, "axes": axes}


def _plain(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)
