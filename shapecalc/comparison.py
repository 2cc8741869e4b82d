"""Two networks, or one at two inputs, side by side: shapes, parameters, multiply-accumulates, field, findings.

Layers are paired by their paths, and what is left between two pairs in its order, so that a layer that was put in
or taken out stands alone.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from typing import NamedTuple

from . import cost, field
from .layer import Shape
from .problem import Problem
from .report import Report
from .shapes import spell
from .show.text import cells, visible, wrapped
from .show.windows import window
from .size import Size
from .trace import Step, Trace


class Row(NamedTuple):
    """A layer of the one and its partner of the other; None where there is none."""

    a: Step | None
    b: Step | None

    @property
    def same_shape(self) -> bool:
        """Whether both return the same, or the one that is there alone keeps its input's shape."""
        if self.a is None or self.b is None:
            alone = self.a or self.b
            return alone is not None and alone.shapes_in == (alone.shape_out,)
        return self.a.shape_out == self.b.shape_out

    @property
    def same(self) -> bool:
        """Whether path, layer and shapes are equal."""
        a, b = self.a, self.b
        return (
            a is not None
            and b is not None
            and (a.path, a.layer, a.shape_out) == (b.path, b.layer, b.shape_out)
        )


class Side(NamedTuple):
    """What is compared of each as a whole; `fields` are sizes of the receptive field, by what sees."""

    input: Shape
    output: Shape | None
    params: int
    macs: Size
    activations: Size
    fields: dict[str, str]


class Comparison(NamedTuple):
    """Two reports, with their layers paired."""

    reports: tuple[Report, Report]
    rows: tuple[Row, ...]

    @property
    def traces(self) -> tuple[Trace, Trace]:
        a, b = (report.trace for report in self.reports)
        assert a is not None
        assert b is not None
        return a, b

    @property
    def sides(self) -> tuple[Side, Side]:
        return side(self.traces[0]), side(self.traces[1])

    @property
    def same_shapes(self) -> bool:
        """Whether input, output and every layer have the same shapes in both, or fail on the same."""
        a, b = self.traces
        whole = a.shape_in == b.shape_in and a.shape_out == b.shape_out and a.failed_in == b.failed_in
        return whole and all(row.same_shape for row in self.rows)

    @property
    def findings(self) -> tuple[list[Problem], list[Problem], list[Problem]]:
        """Those of the first alone, of the second alone, and of both (the same code at the same layer)."""
        a, b = (report.problems for report in self.reports)
        in_a, in_b = {_key(problem) for problem in a}, {_key(problem) for problem in b}
        only_a = [problem for problem in a if _key(problem) not in in_b]
        only_b = [problem for problem in b if _key(problem) not in in_a]
        return only_a, only_b, [problem for problem in a if _key(problem) in in_b]

    def to_json(self) -> str:
        """The comparison as JSON (docs/draw.md)."""
        import json

        return json.dumps(_document(self), indent=2)

    def __str__(self) -> str:
        return "\n".join(lines(self))


def _key(problem: Problem) -> tuple[str, str | None]:
    return problem.code.id, problem.path


def compared(a: Report, b: Report) -> Comparison:
    """Two reports whose specs could be read, paired."""
    assert a.trace is not None
    assert b.trace is not None
    return Comparison((a, b), tuple(_paired(a.trace.steps, b.trace.steps)))


def _paired(a: tuple[Step, ...], b: tuple[Step, ...]) -> list[Row]:
    from difflib import SequenceMatcher

    kinds = [[(step.path.partition(".")[0], type(step.layer)) for step in steps] for steps in (a, b)]
    paths = [[step.path for step in steps] for steps in (a, b)]
    has_common_paths = len(a) == len(b) and bool(set(paths[0]) & set(paths[1]))
    first, second = paths if has_common_paths else kinds
    matcher: SequenceMatcher[Hashable] = SequenceMatcher(None, [*first], [*second], autojunk=False)
    rows: list[Row] = []
    for _, i, j, k, m in matcher.get_opcodes():
        count = max(j - i, m - k)
        for at in range(count):
            rows.append(Row(a[i + at] if i + at < j else None, b[k + at] if k + at < m else None))
    return rows


def side(trace: Trace) -> Side:
    """The whole of one network."""
    total = cost.total(trace)
    return Side(trace.input, trace.output, total.params, total.macs, total.activations, _fields(trace))


def _fields(trace: Trace) -> dict[str, str]:
    """What a position of the code and of the output sees, by the formula, and the jump between two."""
    if len(trace.shape_in) < 3 or not trace.steps:
        return {}
    rows = field.receptive_field(trace)
    code = field.latent(trace)
    named = {"code": code, "output": len(rows) - 1 if trace.output is not None else None}
    found = {}
    for name, number in named.items():
        if number is not None:
            sizes = ["all" if extent is None else str(extent.size) for extent in rows[number].axes]
            found[name] = "x".join(sizes)
    return found


def lines(found: Comparison, width: int = 80) -> list[str]:
    """The comparison for a screen: the whole, the layers that differ, the findings that one has alone."""
    names = _names(found)
    table = [("", *names), *_whole(found)]
    differing = [row for row in found.rows if not row.same]
    shown = _columns(table)
    if differing:
        shown += ["", *_columns([("layer", *names), *(_cells(row) for row in differing)])]
    alike = len(found.rows) - len(differing)
    if alike:
        shown += ["", f"{alike} layer{'s' * (alike != 1)} {'alike' if differing else 'alike, all of them'}"]
    only_a, only_b, _ = found.findings
    for name, problems in zip(names, (only_a, only_b)):
        if problems:
            shown += ["", f"only {name}"]
            for problem in problems:
                said = f"{problem.severity}[{problem.code.id}] {problem.path or ''}: {problem.message}"
                first, *rest = wrapped(visible(said), max(width - 4, 20))
                shown += [f"  {first}", *(f"    {line}" for line in rest)]
    return shown


def _names(found: Comparison) -> tuple[str, str]:
    """What tells the two apart: file, name, or input."""
    a, b = found.reports
    files = [os.path.basename(report.path or "") for report in (a, b)]
    for pair in (files, (a.path, b.path), (a.name, b.name)):
        if pair[0] and pair[1] and pair[0] != pair[1]:
            return visible(pair[0]), visible(pair[1])
    inputs = spell(found.traces[0].shape_in), spell(found.traces[1].shape_in)
    return inputs if inputs[0] != inputs[1] else ("first", "second")


def _whole(found: Comparison) -> list[tuple[str, str, str]]:
    a, b = found.sides
    rows = [
        ("input", spell(a.input), spell(b.input)),
        ("output", _output(a), _output(b)),
        ("parameters", _count(a.params), _count(b.params)),
        ("MACs", _count(a.macs), _count(b.macs)),
        ("activations", _count(a.activations), _count(b.activations)),
    ]
    for name in dict.fromkeys((*a.fields, *b.fields)):
        rows.append((f"field of the {name}", a.fields.get(name, "-"), b.fields.get(name, "-")))
    counts = [_findings(report.problems) for report in found.reports]
    return [*rows, ("findings", counts[0], counts[1])]


def _output(one: Side) -> str:
    return "cannot run" if one.output is None else spell(one.output)


def _count(number: Size) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)


def _findings(problems: tuple[Problem, ...]) -> str:
    severities = [problem.severity for problem in problems]
    counted = [
        f"{severities.count(one)} {one}{'s' * (severities.count(one) != 1)}"
        for one in ("error", "warning", "note")
        if one in severities
    ]
    return ", ".join(counted) or "none"


def _cells(row: Row) -> tuple[str, str, str]:
    a, b = row.a, row.b
    paths = list(dict.fromkeys(step.path for step in (a, b) if step is not None))
    said = [_said(step) if step is not None else "-" for step in (a, b)]
    return (visible(" / ".join(paths)), said[0], said[1])


def _said(step: Step) -> str:
    return " ".join(filter(None, (type(step.layer).__name__, window(step.layer), spell(step.shape_out))))


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    """The rows under each other, with a mark where the second differs."""
    widths = [max(cells(row[column]) for row in rows) for column in range(2)]
    shown = []
    for number, row in enumerate(rows):
        mark = "*" if number and row[1] != row[2] else " "
        padded = [text + " " * (width - cells(text)) for text, width in zip(row, widths)]
        shown.append(f"{padded[0]}  {padded[1]}  {mark} {row[2]}".rstrip())
    return shown


def _document(found: Comparison) -> dict[str, object]:
    only_a, only_b, both = found.findings
    return {
        "version": 1,
        "same_shapes": found.same_shapes,
        "a": _side_document(found.reports[0], found.sides[0]),
        "b": _side_document(found.reports[1], found.sides[1]),
        "steps": [
            {"a": _step(row.a), "b": _step(row.b), "same_shape": row.same_shape, "same": row.same}
            for row in found.rows
        ],
        "findings": {
            name: [
                {"code": problem.code.id, "path": problem.path, "message": problem.message} for problem in of
            ]
            for name, of in (("a", only_a), ("b", only_b), ("both", both))
        },
    }


def _side_document(report: Report, one: Side) -> dict[str, object]:
    return {
        "path": report.path,
        "name": report.name,
        "ok": report.ok,
        "input": _sizes(one.input),
        "output": None if one.output is None else _sizes(one.output),
        "params": one.params,
        "macs": _size(one.macs),
        "activations": _size(one.activations),
        "field": one.fields,
    }


def _step(step: Step | None) -> dict[str, object] | None:
    if step is None:
        return None
    return {
        "path": step.path,
        "layer": repr(step.layer),
        "out": _sizes(step.out),
        "params": step.params,
        "macs": _size(step.macs),
    }


def _sizes(shape: Shape) -> list[int | str]:
    return [_size(size) for size in shape]


def _size(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)
