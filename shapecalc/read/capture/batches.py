"""What is said of a batch that a forward does not leave open: frozen to a number, or counted in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...layer import Layer
from ...problem import FROZEN_BATCH, SIZE_LIMIT, Problem
from ...shapes import N, spell
from ...size import Expr
from ...trace import Step, Trace
from .refitted import refitted

if TYPE_CHECKING:
    from .capture import Capture
    from .run import Run

#: The number that stands for the batch where none is given: even, and seldom met as another size.
BATCH = 22


def with_frozen_batch(capture: Capture, traced: Trace, run: Run, layers: Mapping[str, Layer]) -> Trace:
    """A batch written as a number: the run is made again with that batch, and the place is a finding."""
    step = _freezing(traced)
    if step is not None and capture.model.batch is None and traced.failed is not None:
        number = step.shape_out[0]
        assert isinstance(number, int)
        again = capture.frozen_at(traced.shape_in, number, layers)
        if again is not None and (again.failed is None or again.failed > traced.failed):
            return again._replace(problems=(_frozen(capture, step, number), *again.problems))
    if traced.failed is None and not run.rec.real:
        found = next((step for step in traced.steps if _holds_for_one_batch(step, run.rec.hints["N"])), None)
        if found is not None and capture.model.batch is not None:
            blamed = _freezing(traced) or found
            problem = _frozen(capture, blamed, capture.model.batch)._replace(severity="warning")
            return traced._replace(problems=(*traced.problems, problem))
    return traced


def with_counted_batch(capture: Capture, traced: Trace, layers: Mapping[str, Layer]) -> Trace:
    """A forward that counts its samples in Python (`for i in range(len(x))`): its rows are those of one batch."""
    out = traced.shape_out
    if N not in traced.shape_in or capture.model.batch is not None:
        return traced
    if out is None:
        return traced if _freezing(traced) is None else _in_formulas(capture, traced, layers) or traced
    if traced.problems or any(isinstance(size, Expr) and "N" in size.symbols for size in out):
        return traced
    again = capture.frozen_at(traced.shape_in, 2 * BATCH, layers)
    if again is None or again.shape_out == out:
        return traced
    found = _in_formulas(capture, traced, layers)
    if found is not None:
        return found
    text = f"the forward counts the samples in Python: with {BATCH} it returns {spell(out)}"
    more = f"with {2 * BATCH} it {f'returns {spell(again.shape_out)}' if again.shape_out else 'fails'}"
    problem = Problem(
        SIZE_LIMIT,
        f"{text}, {more}",
        note=f"the rows are those of {BATCH} samples; give the batch that is meant",
        severity="warning",
        path="forward",
    )
    return traced._replace(problems=(problem,))


def _in_formulas(capture: Capture, traced: Trace, layers: Mapping[str, Layer]) -> Trace | None:
    """The rows with the batch that Python lost, where three runs agree on it."""
    runs = {BATCH: traced}
    for batch in (2 * BATCH, 3 * BATCH):
        other = capture.frozen_at(traced.shape_in, batch, layers)
        if other is None:
            return None
        runs[batch] = other
    return refitted(runs)


def _freezing(traced: Trace) -> Step | None:
    """The first row that returns a number for the batch that it took."""
    return next(
        (
            step
            for step in traced.steps
            if step.shapes_in
            and step.shapes_in[0][:1] == (N,)
            and N not in step.shape_out
            and step.shape_out
            and type(step.shape_out[0]) is int
            and any(isinstance(size, Expr) and "N" in size.symbols for size in step.shape_out)
        ),
        None,
    )


def _holds_for_one_batch(step: Step, batch: int) -> bool:
    return any(
        need.condition.symbols == {"N"}
        and not need.condition.at(N=batch + 1)
        and not need.condition.at(N=2 * batch)
        for need in step.needs
    )


def _frozen(capture: Capture, step: Step, number: int) -> Problem:
    problem = Problem(
        FROZEN_BATCH,
        f"the batch is frozen to {number}: {spell(step.shapes_in[0])} becomes {_whole(step)}",
        note="every other batch, the last of an epoch among them, fails or is mixed up",
        help="`x.size(0)` in place of the number keeps every batch",
        path=step.path,
    )
    node = next(node for node in capture.nodes_of(step) if node.path == step.path)
    return capture.placed(problem, node)


def _whole(step: Step) -> str:
    return "x".join(f"({size})" if " " in str(size) else str(size) for size in step.shape_out)
