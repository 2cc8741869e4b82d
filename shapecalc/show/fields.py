"""Receptive fields, as a table or as JSON: of every layer by formula, of the code and of positions exactly."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from .. import field
from ..extents import NO_FORMULA, Extent, axis_names
from ..shapes import spell
from ..trace import Trace
from .document import header
from .text import cells, visible

#: More stretches than this of one axis are counted, not listed.
MOST_LISTED = 4
HEADS = ("field", "jump", "start", "overlap")

#: The cells of an axis, a tuple for each step.
Column = tuple[tuple[str, ...], ...]


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
        with suppress(ValueError):  # an axis too long: its formula is shown
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


def fields_lines(found: Fields, charset: str = "utf-8", width: int = 80) -> list[str]:
    """The fields for a screen."""
    trace = found.trace
    shown = [f"{trace.arch.name} at {spell(trace.shape_in)}"]
    if found.axes:
        shown += _table(found, width)
        shown += _notes(found)
    else:
        shown.append("the input has no spatial axes")
    shown += _code_by_formula(found) if found.code is None else []
    for seen, verb in ((found.code, "sees"), (found.position, "sees"), (found.reached, "reaches")):
        if seen is not None:
            shown += ["", *_sentence(seen, found, verb)]
    return [visible(line, charset) for line in shown]


def _table(found: Fields, width: int) -> list[str]:
    """Field, jump, start and overlap by axis, for axes that are alike once; below each other where too wide."""
    columns: dict[Column, list[str]] = {}
    for axis, name in enumerate(found.axes):
        column = tuple(_parts(row, axis) for row in found.rows)
        columns.setdefault(column, []).append(name)
    paths = [row.path for row in found.rows]
    beside = _joined(paths, columns)
    if len(columns) == 1 or max(map(cells, beside)) <= width:
        return beside
    tables = [_joined(paths, {column: names}) for column, names in columns.items()]
    return [line for table in tables for line in ("", *table)][1:]


def _parts(row: field.Row, axis: int) -> tuple[str, ...]:
    """The cells of a step along an axis."""
    span, extent = row.spans[axis], row.axes[axis]
    return (
        span,
        *(("", "", "") if extent is None else map(str, (extent.jump, extent.start, extent.overlap))),
    )


def _joined(paths: list[str], columns: dict[Column, list[str]]) -> list[str]:
    """The lines of a table with these columns, each under the axes that it holds for."""
    blocks = [_block(["", "layer", *paths])]
    for column, names in columns.items():
        under = _block(list(map("  ".join, zip(*(_block(list(cells)) for cells in zip(HEADS, *column))))))
        blocks.append(_block([listed(names), *under]))
    return ["    ".join(parts).rstrip() for parts in zip(*blocks)]


def _block(texts: list[str]) -> list[str]:
    """The texts below each other, all as wide as the widest."""
    widest = max(map(cells, texts))
    return [text + " " * (widest - cells(text)) for text in texts]


def listed(words: list[str]) -> str:
    """`depth, height and width`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _notes(found: Fields) -> list[str]:
    """What the table cannot say by itself."""
    extents = [extent for row in found.rows for extent in row.axes if extent is not None]
    notes = []
    turning = next((extent.span for extent in extents if extent.least != extent.size), None)
    if turning is not None:
        notes.append(f"{turning}: positions take turns in how many they see")
    if any(NO_FORMULA in row.spans for row in found.rows):
        notes.append(f"{NO_FORMULA}: no formula; --layer tells what a position sees")
    return ["", *notes] if notes else []


def _code_by_formula(found: Fields) -> list[str]:
    """What a position of the code sees where sizes are symbols."""
    code = field.latent(found.trace)
    if code is None or not found.axes:
        return []
    row, shown = (
        found.rows[code],
        ["", f"a position of the code, {found.trace.steps[code].path}, sees of the input"],
    )
    widest = max(map(cells, found.axes))
    for name, extent, span, size in zip(found.axes, row.axes, row.spans, found.trace.shape_in[2:]):
        if extent is None:
            seen = f"{span} {size}" if span == "all" else span
        elif isinstance(size, int) and extent.size >= size:
            seen, extent = f"up to all {size}", extent._replace(size=size)
        else:
            seen = f"{span} of {size}"
        scale = found.trace.arch.sample.get(name)
        amount = "" if scale is None or extent is None else f" = {scale.of(extent.size)}"
        shown.append(f"  {name}{' ' * (widest - cells(name))}  {seen}{amount}")
    return shown


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
    return "" if scale is None else f" = {scale.of(_stretched(seen.field, axis))}"


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


def _stretched(seen: field.Field, axis: int) -> int:
    """How far the positions stretch, gaps included."""
    interval = seen.interval(axis)
    return 0 if interval is None else interval[1] - interval[0] + 1


def fields_json(found: Fields) -> dict[str, object]:
    """The document of `field --format json`; fractions are texts."""
    trace = found.trace
    return {
        **header(trace),
        "axes": list(found.axes),
        "sample": {axis: {"step": one.step, "unit": one.unit} for axis, one in trace.arch.sample.items()},
        "steps": [
            {"path": row.path, "axes": {name: _extent(row, axis) for axis, name in enumerate(found.axes)}}
            for row in found.rows
        ],
        "code": _seen(found.code, found),
        "position": _seen(found.position, found),
        "reached": _seen(found.reached, found),
    }


def _extent(row: field.Row, axis: int) -> dict[str, object] | None:
    """The extent of a step along an axis: null where it sees all of it, nulls where it has no formula."""
    if row.whole[axis]:
        return None
    extent = row.axes[axis]
    if extent is None:
        return dict.fromkeys(Extent._fields)
    return {
        name: number if isinstance(number, int) else str(number) for name, number in extent._asdict().items()
    }


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
            one.update(amount=_stretched(of, axis) * scale.step, unit=scale.unit)
        axes.append(one)
    return {"what": seen.words, "of": seen.of, "exact": of.exact and not of.untraced, "axes": axes}
