"""The JSON report, version 1. Scripts lean on it: names and meanings stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..problem import Place, Problem
from ..trace import Step, Trace
from ..version import __version__
from .document import plain, plains
from .formats import Judged

SizeModel = int | str
ShapeModel = list[SizeModel]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EditModel(_Model):
    """Replace the text from `line`:`column` up to `end_line`:`end_column` (exclusive) by `text`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class FixModel(_Model):
    """Edits that mend a problem."""

    safe: bool
    edits: list[EditModel]


class StepModel(_Model):
    """A layer that ran; sizes of one sample, symbolic ones as text."""

    path: str
    kind: str
    layer: str
    ins: list[ShapeModel] = Field(serialization_alias="in")
    out: ShapeModel
    params: int
    macs: SizeModel
    line: int | None
    column: int | None


class CalledStepModel(StepModel):
    """A row of a module's forward: where the forward calls it, and what its shape rests on."""

    standing: Literal["EXACT", "TRACED", "UNKNOWN"]
    file: str | None
    called_at: int | None


class ProblemModel(_Model):
    """A finding; lines and columns count from 1, the end is exclusive, null where there is no text."""

    code: str
    name: str
    severity: Literal["error", "warning", "note"]
    path: str | None
    message: str
    note: str | None
    help: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    fix: FixModel | None


class ReportModel(_Model):
    """The report on one file; `input` and `output` are samples, null where unknown."""

    version: Literal[1] = 1
    tool: str = f"shapecalc {__version__}"
    path: str | None
    name: str | None
    ok: bool
    input: ShapeModel | None
    output: ShapeModel | None
    steps: list[CalledStepModel | StepModel]
    problems: list[ProblemModel]


def report_model(path: str | None, trace: Trace | None, problems: Sequence[Problem], ok: bool) -> ReportModel:
    """The report as a model."""
    return ReportModel(
        path=path if path is None else _unicode(path),
        name=trace.arch.name if trace else None,
        ok=ok,
        input=plains(trace.input) if trace else None,
        output=plains(trace.output) if trace and trace.output is not None else None,
        steps=[_step(step) for step in trace.steps] if trace else [],
        problems=[_problem(problem) for problem in problems],
    )


def to_json(path: str | None, trace: Trace | None, problems: Sequence[Problem], ok: bool) -> str:
    """The report as JSON text."""
    return report_model(path, trace, problems, ok).model_dump_json(by_alias=True, indent=2)


def document(reports: Sequence[Judged], alone: bool, charset: str) -> str:
    """Reports as one document, an array unless one stands `alone`, in what the charset has."""
    texts = [to_json(report.path, report.trace, report.problems, report.ok) for report in reports]
    text = texts[0] if alone else f"[{', '.join(texts)}]"
    if not text.isascii() and charset.lower().replace("-", "") != "utf8":
        import json

        text = json.dumps(json.loads(text), indent=2)  # escapes all that is not ASCII
    return text + "\n"


def _step(step: Step) -> StepModel:
    place = step.origin.place if step.origin else None
    call = step.call
    made: Callable[..., StepModel] = StepModel
    if call is not None:
        standing, file, line = call.standing, call.file, call.line
        made = partial(CalledStepModel, standing=standing, file=file, called_at=line)  # type: ignore[arg-type]
    return made(
        path=step.path,
        kind=type(step.layer).__name__,
        layer=repr(step.layer),
        ins=[plains(shape) for shape in step.ins],
        out=plains(step.out),
        params=step.params,
        macs=plain(step.macs),
        line=place.line if place else None,
        column=place.column if place else None,
    )


def _problem(problem: Problem) -> ProblemModel:
    place: Place | tuple[None, ...] = problem.place or (None,) * 4
    line, column, end_line, end_column = place
    edits = (
        [EditModel(**edit.place._asdict(), text=edit.text) for edit in problem.fix.edits]
        if problem.fix
        else []
    )
    return ProblemModel(
        code=problem.code.id,
        name=problem.code.name,
        severity=problem.severity,  # type: ignore[arg-type]
        path=problem.path,
        message=problem.message,
        note=problem.note,
        help=problem.help,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        fix=FixModel(safe=problem.fix.safe, edits=edits) if problem.fix else None,
    )


def _unicode(path: str) -> str:
    """The path, with escapes for bytes that are no UTF-8: JSON cannot hold them."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
