"""What is said of a run beside its rows: inputs that are missing, how it ended, what decided its way."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...problem import CHANGES_ITSELF, DATA_DEPENDENT, INPUT_COUNT, RAISED, SIZE_LIMIT, Problem
from ...shapes import spell
from ...size import Expr
from ...trace import Trace
from . import frames
from .refusals import NeedsData

if TYPE_CHECKING:
    from .capture import Capture
    from .run import Model, Run


def missing_inputs(model: Model) -> Problem | None:
    """A forward that takes more, or fewer, tensors than are given."""
    try:
        signature = inspect.signature(model.module.forward)
    except (TypeError, ValueError):
        return None
    named = model.others if isinstance(model.others, Mapping) else {}
    given = 1 + len(model.others) - len(named)
    try:
        signature.bind(*[None] * given, **dict.fromkeys(named))
    except TypeError as error:
        required = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.default is parameter.empty and parameter.kind in (0, 1, 3)
        ]
        takes = ", ".join(f"`{name}`" for name in required) or "no input"
        inputs = "one input is given" if given == 1 else f"{given + len(named)} inputs are given"
        return Problem(
            INPUT_COUNT,
            f"forward takes {takes}, and {inputs}",
            note=f"{type(model.module).__name__}.forward{signature}: {error}",
            help='give one shape for each, as in input=["3x32x32", "10"] or --input "3x32x32; 10"',
            path="forward",
        )
    return None


def raised(failure: BaseException) -> Problem:
    """A forward that raises by itself."""
    if isinstance(failure, NeedsData):
        return Problem(
            DATA_DEPENDENT,
            f"the forward needs the values of a tensor: `{failure.what}`",
            note="sizes are computed without data, and with random data the forward fails: the rows end here",
            severity="warning",
        )
    text = " ".join(str(failure).split())[:300]
    kind = type(failure).__name__
    if isinstance(failure, RecursionError):
        text = "the forward calls itself without end"
    return Problem(RAISED, f"forward raises {kind}: {text}" if text else f"forward raises {kind}")


def no_tensor(returned: Any) -> Problem:
    """A forward without a result."""
    return Problem(
        RAISED,
        f"forward returns a {type(returned).__name__} in which there is no tensor",
        note="is a `return` missing?" if returned is None else None,
        path="forward",
    )


def with_decisions(capture: Capture, traced: Trace, run: Run) -> Trace:
    """A forward that decides on data: the rows are those of one way through it."""
    if not run.rec.real:
        return traced
    spot = run.rec.data_spots[0]
    place = capture.line_place(spot.file, spot.line) if spot.file and spot.line else None
    where = f" at {_at(spot.file, spot.line)}" if spot.file else ""
    problem = Problem(
        DATA_DEPENDENT,
        f"the forward decides on data{where}: `{run.rec.asked}`",
        note="the rows are those of random data; other data may take another way",
        severity="warning",
        path=f"{spot.module}.forward" if spot.module else "forward",
        place=place,
    )
    return traced._replace(problems=(*traced.problems, problem))


def with_replaced_layers(traced: Trace, changed: Sequence[str]) -> Trace:
    """A forward that puts other layers into its module: the rows are those of its first call."""
    owners = sorted({name.rpartition(".")[0] for name in changed if name.rpartition(".")[2] == "_modules"})
    if not owners:
        return traced
    where = ", ".join(f"`{owner}`" if owner else "the model" for owner in owners)
    problem = Problem(
        CHANGES_ITSELF,
        f"the forward replaces layers of {where}",
        note="the rows are those of the first call; an optimizer would keep the old layers' weights",
        help="build every layer in `__init__`",
        severity="warning",
        path="forward",
    )
    return traced._replace(problems=(*traced.problems, problem))


def _at(file: str, line: int | None) -> str:
    return f"{frames.short(file)}:{line}"


def checked(capture: Capture, traced: Trace, run: Run) -> Trace:
    """A trace in symbols, if the forward does the same at other sizes; else it is cut where it does not."""
    why = _other_way(run)
    if why is None and traced.failed is None:
        why = _disagreement(capture, traced, run)
    if why is None:
        return traced
    row = len(traced.steps) - 1 if traced.failed is None else traced.failed
    row = max(row, 0)
    problem = Problem(SIZE_LIMIT, why, path=traced.arch.nodes[row].path if traced.arch.nodes else "forward")
    return Trace(traced.arch, traced.shape_in, traced.steps[:row], (problem,), row, ())


def _other_way(run: Run) -> str | None:
    """A comparison of sizes that decides what the forward does."""
    for condition, spot in run.rec.guards:
        if condition.symbols - {"N"}:
            where = _at(spot.file or "", spot.line)
            return f"the forward takes another way at other sizes: it asks for {condition} at {where}"
    return None


def _disagreement(capture: Capture, traced: Trace, run: Run) -> str | None:
    """A size at which the forward itself gives another shape than the formula: Python has lost the formula."""
    hints = run.rec.hints
    names = [name for name in hints if name != "N"]
    tries = 0
    for number in range(1, 40):
        values = {name: hints[name] + number * (3 + 2 * place) for place, name in enumerate(names)}
        if tries == 3:
            return None
        if not all(
            need.condition.at(**{**values, "N": hints["N"]}) for step in traced.steps for need in step.needs
        ):
            continue
        tries += 1
        shape = tuple(size.given(**values) if isinstance(size, Expr) else size for size in traced.shape_in)
        other = capture.trace(shape)
        formula = tuple(
            size.given(**values) if isinstance(size, Expr) else size for size in traced.shape_out or ()
        )
        if other.shape_out != formula:
            found = spell(other.shape_out or ())
            return f"a formula is lost in the forward: {spell(shape)} gives {found}, not {spell(formula)}"
    return None
