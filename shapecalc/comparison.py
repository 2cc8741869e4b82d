"""Two networks, or one at two inputs, side by side: shapes, parameters, multiply-accumulates, field, findings."""

from __future__ import annotations

import os
from typing import NamedTuple

from . import cost, field
from .alignment import Part, Row, aligned, parts
from .extents import NO_FORMULA
from .layer import Shape
from .problem import Problem
from .report import Report
from .show.document import plain, plains
from .show.formula import counted, signed, spelt
from .show.side_by_side import Pair, side_by_side
from .show.text import encodes, visible, wrapped
from .show.windows import WINDOW, window
from .size import Size
from .trace import Trace

#: The end of a spec's file name, which tells no two apart.
SUFFIX = ".arch.yaml"


class Side(NamedTuple):
    """What is compared of each as a whole; `fields` are sizes of the receptive field, by what sees."""

    input: Shape
    output: Shape | None
    params: int
    macs: Size
    activations: Size
    fields: dict[str, str]


class Findings(NamedTuple):
    """Those of the first alone, those of the second alone, and pairs of the same code at the same layer."""

    a: list[Problem]
    b: list[Problem]
    both: list[tuple[Problem, Problem]]


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
    def findings(self) -> Findings:
        """Whose the problems are. A layer is the same whatever it is called."""
        number = {part.path: at for at, row in enumerate(self.rows) for part in row[:1] if part}
        partner = {part.path: at for at, row in enumerate(self.rows) for part in row[1:] if part}
        found = Findings([], list(self.reports[1].problems), [])
        for problem in self.reports[0].problems:
            key = problem.code.id, number.get(problem.path or "")
            same = [other for other in found.b if (other.code.id, partner.get(other.path or "")) == key]
            if same:
                found.b.remove(same[0])
                found.both.append((problem, same[0]))
            else:
                found.a.append(problem)
        return found

    def to_json(self) -> str:
        """The comparison as JSON (docs/compare.md)."""
        import json

        return json.dumps(_document(self), indent=2)

    def __str__(self) -> str:
        return "\n".join(lines(self))


def compared(a: Report, b: Report) -> Comparison:
    """Two reports whose specs could be read, paired."""
    assert a.trace is not None
    assert b.trace is not None
    return Comparison((a, b), tuple(aligned(parts(a.trace), parts(b.trace))))


def side(trace: Trace) -> Side:
    """The whole of one network. Raises `SizeLimit` where a formula grows too large."""
    total = cost.total(trace)
    return Side(trace.input, trace.output, total.params, total.macs, total.activations, _fields(trace))


def _fields(trace: Trace) -> dict[str, str]:
    """What a position of the code and of the output sees, by the formula."""
    if len(trace.shape_in) < 3 or not trace.steps:
        return {}
    rows = field.receptive_field(trace)
    named = {"code": field.latent(trace), "output": len(rows) - 1 if trace.output is not None else None}
    found = {}
    for name, number in named.items():
        if number is not None:
            sizes = rows[number].spans
            found[name] = sizes[0] if {*sizes} in ({"all"}, {NO_FORMULA}) else "x".join(sizes)
    return found


def lines(found: Comparison, width: int = 80, charset: str = "utf-8") -> list[str]:
    """The comparison for a screen: the whole, the layers that differ, the findings."""
    names = _names(found, charset)
    shown = side_by_side("", names, _whole(found, charset), width)
    for name, trace in zip(names, found.traces):
        if trace.failed is not None:
            path = visible(trace.arch.nodes[trace.failed].path, charset)
            shown += wrapped(f"counted of {name}: the layers before {path}", width)
    differing = [row for row in found.rows if not row.alike]
    if differing:
        shown += ["", *side_by_side("layer", names, [_pair(row, charset) for row in differing], width)]
    shown += ["", *wrapped(_alike(found), width)] if found.rows else []
    findings = found.findings
    for name, problems in zip(names, (findings.a, findings.b)):
        shown += _listed(f"only {name}", [_said(problem) for problem in problems], width, charset)
    shown += _listed("both", [_said(a, b) for a, b in findings.both], width, charset)
    return shown


def _names(found: Comparison, charset: str) -> tuple[str, str]:
    """What tells the two apart: file, path, name, or input."""
    a, b = found.reports
    files = [_title(report) for report in (a, b)]
    inputs = [spelt(trace.input, charset) for trace in found.traces]
    for pair in (files, (a.path, b.path), (a.name, b.name), inputs):
        if pair[0] and pair[1] and pair[0] != pair[1]:
            return visible(pair[0], charset), visible(pair[1], charset)
    return "first", "second"


def _title(report: Report) -> str:
    """The file without its suffix; of a class in a file its name."""
    file = os.path.basename(report.path or "")
    return (file.endswith(".py") and report.name) or file.removesuffix(SUFFIX)


def _whole(found: Comparison, charset: str) -> list[Pair]:
    a, b = (_facts(one, report, charset) for one, report in zip(found.sides, found.reports))
    pairs = [(name, a.get(name, "-"), b.get(name, "-")) for name in {**a, **b}]
    return [Pair(*pair, pair[1] != pair[2]) for pair in sorted(pairs, key=lambda pair: pair[0] == "findings")]


def _facts(one: Side, report: Report, charset: str) -> dict[str, str]:
    """What is said of a network as a whole."""
    return {
        "input": spelt(one.input, charset),
        "output": "cannot run" if one.output is None else spelt(one.output, charset),
        "parameters": counted(one.params, charset),
        "MACs": counted(one.macs, charset),
        "activations": counted(one.activations, charset),
        **{f"field of the {name}": sizes for name, sizes in one.fields.items()},
        "findings": _counted(report.problems),
    }


def _counted(problems: tuple[Problem, ...]) -> str:
    severities = [problem.severity for problem in problems]
    counted = [
        f"{severities.count(one)} {one}{'s' * (severities.count(one) != 1)}"
        for one in ("error", "warning", "note")
        if one in severities
    ]
    return ", ".join(counted) or "none"


def _pair(row: Row, charset: str) -> Pair:
    """The row's layers, with the arguments in which they differ where window and shape are the same."""
    a, b = row
    said = [_part(part, charset) for part in row]
    if a is not None and b is not None and said[0] == said[1]:
        said = [_part(one, charset, _different(one, other)) for one, other in ((a, b), (b, a))]
    paths = " / ".join(dict.fromkeys(part.path for part in row if part is not None))
    return Pair(visible(paths, charset), said[0], said[1], True)


def _part(part: Part | None, charset: str, arguments: str = "") -> str:
    if part is None:
        return "-"
    if part.step is not None:
        returned = spelt(part.step.out, charset)
    else:
        returned = ("✗" if encodes("✗", charset) else "cannot run") if part.failed else "unreached"
    return visible(" ".join(filter(None, (part.kind, window(part.layer), arguments, returned))), charset)


def _different(part: Part, other: Part) -> str:
    """The arguments that the other layer has not, or has with another value."""
    values, others = vars(part.layer), vars(other.layer)
    names = [name for name in part.layer.fields if name not in WINDOW and values[name] != others.get(name)]
    return " ".join(f"{name}={values[name]!r}" for name in names)


def _alike(found: Comparison) -> str:
    count, of = sum(row.alike for row in found.rows), len(found.rows)
    how_many = f"all {count}" if count == of > 1 else str(count or "no")
    moved = count - sum(row.same for row in found.rows)
    return f"{how_many} layer{'s' * (count > 1)} alike" + (f", {moved} under another path" if moved else "")


def _said(problem: Problem, other: Problem | None = None) -> str:
    """A finding in a line; with another of its code at its layer, what that one says differently."""
    paths = dict.fromkeys(one.path for one in (problem, other) if one is not None and one.path is not None)
    messages = dict.fromkeys(one.message for one in (problem, other) if one is not None)
    return f"{problem.severity}[{problem.code.id}] {' / '.join(paths)}: {' / '.join(messages)}"


def _listed(title: str, said: list[str], width: int, charset: str) -> list[str]:
    shown = ["", title] if said else []
    for text in said:
        first, *rest = wrapped(visible(signed(text, charset), charset), max(width - 4, 20))
        shown += [f"  {first}", *(f"    {line}" for line in rest)]
    return shown


def _document(found: Comparison) -> dict[str, object]:
    findings = found.findings
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
            "a": [_finding(problem) for problem in findings.a],
            "b": [_finding(problem) for problem in findings.b],
            "both": [_finding(problem) for problem, _ in findings.both],
        },
    }


def _finding(problem: Problem) -> dict[str, object]:
    return {"code": problem.code.id, "path": problem.path, "message": problem.message}


def _side_document(report: Report, one: Side) -> dict[str, object]:
    return {
        "path": report.path,
        "name": report.name,
        "ok": report.ok,
        "input": plains(one.input),
        "output": None if one.output is None else plains(one.output),
        "params": one.params,
        "macs": plain(one.macs),
        "activations": plain(one.activations),
        "field": one.fields,
    }


def _step(part: Part | None) -> dict[str, object] | None:
    """A layer; `out`, `params` and `macs` are null where it did not run."""
    if part is None:
        return None
    step = part.step
    return {
        "path": part.path,
        "layer": repr(part.layer),
        "out": None if step is None else plains(step.out),
        "params": None if step is None else step.params,
        "macs": None if step is None else plain(step.macs),
    }
