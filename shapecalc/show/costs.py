"""What a network costs, as a table or as JSON: parameters, multiply-accumulates, memory forward and kept."""

from __future__ import annotations

from typing import NamedTuple

from .. import cost, memory
from ..shapes import spell
from ..size import Size, product
from ..trace import Trace
from .document import header, plain, plains
from .formula import counted, signed, spelt, spelt_size
from .text import cells, visible, wrapped

TITLES = ("layer", "kind", "returns", "parameters", "MACs", "forward", "kept")
#: Of the titles, the one that is left out first, and the first of those that are numbers.
KIND, COUNTS = 1, 3
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


class Line(NamedTuple):
    """A step: parameters, multiply-accumulates of a sample, and bytes of a batch; `kept` None where not known."""

    path: str
    kind: str
    out: str
    params: int
    macs: Size
    forward: Size
    kept: Size | None


class Costs(NamedTuple):
    """All that is said of a network at a batch and a type; `exact` is False where something kept is not known.

    Of a model's parameters `unplaced` are no layer's; below 0, layers share so many.
    """

    trace: Trace
    lines: tuple[Line, ...]
    total: Line
    exact: bool
    batch: int
    dtype: str
    unplaced: int = 0

    @property
    def has_symbols(self) -> bool:
        """Whether anything is a formula."""
        return not all(
            isinstance(size, int) for size in (self.total.macs, self.total.forward, self.total.kept)
        )


def costs(trace: Trace, batch: int = 32, dtype: str = "float32") -> Costs:
    """The costs of all steps that run. Raises `ValueError` where the batch itself cannot run."""
    whole = memory.at_batch(trace, batch)
    if len(whole.steps) < len(trace.steps):
        raise ValueError(f"a batch of {batch} cannot run: {whole.problems[0].message}")
    kept = memory.kept(whole, batch, dtype)
    width, lines = cost.BYTES[dtype], list[Line]()
    forward: Size = 0
    for step, batched, keeps in zip(trace.steps, whole.steps, kept.steps):
        bytes = product(batched.shape_out) * width
        forward = forward + bytes
        kind = type(step.layer).__name__
        lines.append(Line(step.path, kind, spell(step.shape_out), step.params, step.macs, bytes, keeps))
    all = cost.total(trace)
    total = Line("total", "", "", all.params, all.macs, forward, kept.total)
    return Costs(trace, tuple(lines), total, kept.exact, batch, dtype, cost.unplaced(trace))


def costs_lines(found: Costs, width: int = 80, charset: str = "utf-8") -> list[str]:
    """The costs for a screen: a table, or where sizes are symbols a paragraph for each layer that costs something."""
    total = found.total
    assert total.kept is not None
    title = f"{found.trace.arch.name} at {spell(found.trace.shape_in)}"
    if found.has_symbols:
        memory = f"memory is for a batch of {found.batch} in {found.dtype}"
        formulas = [line for text in _formulas(found, charset) for line in _folded(text, width)]
        closing = _folded(f"two FLOPs for each MAC of one sample; {memory}", width)
        shown = [title, *formulas, "", *closing]
    else:
        shown = [
            title,
            *_table(found, charset, width),
            "",
            f"{counted(2 * total.macs, charset)} FLOPs for one sample, two for each MAC",
            f"memory for a batch of {found.batch} in {found.dtype}:",
            f"  {_memory(_parameters(found), charset)} of parameters",
            f"  {_memory(total.forward, charset)} of outputs",
            f"  {'' if found.exact else 'at least '}{_memory(total.kept, charset)} kept for the backward pass",
        ]
    if not found.exact:
        unknown = [line.path for line in found.lines if line.kept is None]
        shown += _folded(f"  not known of {_listed(unknown)}", width)
    return [visible(line, charset) for line in shown]


def _folded(text: str, width: int) -> list[str]:
    """The line, at blanks in as many as the screen has room for; the further ones stand in.

    >>> _folded("  MACs 144·H·W + 4608·⌊H/2⌋·⌊W/2⌋", 24)
    ['  MACs 144·H·W +', '    4608·⌊H/2⌋·⌊W/2⌋']
    """
    indent = len(text) - len(text.lstrip())
    first, *others = wrapped(text[indent:], width - indent)
    if not others:
        return [text]
    rest = wrapped(" ".join(others), width - indent - 2)
    return [" " * indent + first, *(" " * (indent + 2) + line for line in rest)]


def _parameters(found: Costs) -> int:
    return found.total.params * cost.BYTES[found.dtype]


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")


def _table(found: Costs, charset: str, screen: int) -> list[str]:
    """A row for each layer; its kind is left out where the screen has no room for it."""
    rows = [TITLES, *(_cells(line, charset) for line in found.lines)]
    if found.unplaced:
        rows.append((_unplaced(found), "", "", counted(found.unplaced, charset), "", "", ""))
    rows.append(_cells(found.total, charset))
    if not found.exact:
        rows[-1] = (*rows[-1][:-1], f"{signed('≥', charset)} {rows[-1][-1]}")
    widths = [max(cells(row[column]) for row in rows) for column in range(len(TITLES))]
    columns = [
        column
        for column in range(len(TITLES))
        if column != KIND or sum(widths) + 2 * len(widths) - 2 <= screen
    ]
    shown = []
    for row in rows:
        rooms = [" " * (widths[column] - cells(row[column])) for column in columns]
        padded = [
            row[column] + room if column < COUNTS else room + row[column]
            for column, room in zip(columns, rooms)
        ]
        shown.append("  ".join(padded).rstrip())
    return shown


def _unplaced(found: Costs) -> str:
    return "no layer's" if found.unplaced > 0 else "shared"


def _cells(line: Line, charset: str) -> tuple[str, ...]:
    counts = [counted(count, charset) if count != 0 else "" for count in (line.params, line.macs)]
    kept = "?" if line.kept is None else _memory(line.kept, charset) if line.kept != 0 else ""
    return (line.path, line.kind, line.out, *counts, _memory(line.forward, charset), kept)


def _formulas(found: Costs, charset: str) -> list[str]:
    shown = list[str]()
    for line, step in zip((*found.lines, found.total), (*found.trace.steps, None)):
        if step is None and found.unplaced:
            shown += [_unplaced(found), f"  {TITLES[COUNTS]} {counted(found.unplaced, charset)}"]
        out = f" {line.kind} {spelt(step.out, charset)}" if step else ""
        shown.append(f"{line.path}{out}")
        for title, value in zip(TITLES[3:], (line.params, line.macs, line.forward, line.kept)):
            if value is None:
                shown.append(f"  {title} ?")
            elif value != 0:
                bytes = title in TITLES[5:]
                title += " at least" if title == "kept" and step is None and not found.exact else ""
                shown.append(f"  {title} {_memory(value, charset) if bytes else counted(value, charset)}")
    return shown


def _memory(bytes: Size, charset: str = "utf-8") -> str:
    """Bytes in a unit of which there are 1 to 1023; a formula in bytes.

    >>> _memory(4853760), _memory(0), _memory(1000)
    ('4.63 MiB', '0 B', '1000 B')
    """
    if not isinstance(bytes, int):
        return f"{spelt_size(bytes, charset)} B"
    unit, number = 0, float(bytes)
    while number >= 1023.5 and unit < len(UNITS) - 1:
        unit, number = unit + 1, number / 1024
    return f"{number:.3g} {UNITS[unit]}" if number < 999.5 else f"{number:.0f} {UNITS[unit]}"


def costs_json(found: Costs) -> dict[str, object]:
    """The document of `cost --format json`; formulas are texts, what is not known is null."""
    trace, total = found.trace, found.total
    return {
        **header(trace),
        "batch": found.batch,
        "dtype": found.dtype,
        "steps": [
            {
                "path": line.path,
                "kind": line.kind,
                "out": plains(step.out),
                **_numbers(line),
            }
            for line, step in zip(found.lines, trace.steps)
        ],
        "total": {**_numbers(total), "kept_exact": found.exact, "parameter_bytes": _parameters(found)},
        "unplaced_params": found.unplaced,
    }


def _numbers(line: Line) -> dict[str, object]:
    return {
        "params": line.params,
        "macs": plain(line.macs),
        "flops": plain(2 * line.macs),
        "forward_bytes": plain(line.forward),
        "kept_bytes": None if line.kept is None else plain(line.kept),
    }
