"""What is said of a run beside its rows: inputs that are missing, a batch that is frozen, sizes that decide."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...layer import KINDS, Layer
from ...problem import (
    CHANGES_ITSELF,
    DATA_DEPENDENT,
    FROZEN_BATCH,
    INPUT_COUNT,
    RAISED,
    ROUNDED,
    SIZE_LIMIT,
    Problem,
)
from ...shapes import N, spell
from ...size import Expr
from ...trace import Step, Trace
from . import frames
from .refusals import NeedsData

#: The number that stands for the batch where none is given: even, and seldom met as another size.
BATCH = 22

if TYPE_CHECKING:
    from .run import Capture, Model, Run


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
    if run.rec.real:
        return traced._replace(problems=(*traced.problems, _followed(capture, run)))
    return traced


def with_counted_batch(capture: Capture, traced: Trace, layers: Mapping[str, Layer]) -> Trace:
    """A forward that counts its samples in Python (`for i in range(len(x))`): its rows are those of one batch."""
    out = traced.shape_out
    if out is None or traced.problems or N not in traced.shape_in or capture.model.batch is not None:
        return traced
    if any(isinstance(size, Expr) and "N" in size.symbols for size in out):
        return traced
    again = capture.frozen_at(traced.shape_in, 2 * BATCH, layers)
    if again is None or again.shape_out == out:
        return traced
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


def with_rounding(capture: Capture, traced: Trace) -> Trace:
    """A network that returns nearly the size that it takes: on the way down and up a remainder was lost."""
    out, taken = traced.shape_out, traced.shape_in
    if out is None or traced.problems or traced.arch.contract.mirrors or not 2 < len(out) == len(taken):
        return traced
    if out[2:] == taken[2:] or any(not isinstance(size, int) for size in (*out[2:], *taken[2:])):
        return traced
    factors = []
    for axis in range(2, len(out)):
        sizes = [int(step.shape_out[axis]) for step in traced.steps if _has_sizes(step, len(out))]
        before, after = int(taken[axis]), int(out[axis])
        least = max(min(sizes, default=1), 1)
        factor = -(-before // least)
        if before != after and (abs(before - after) >= factor or not _goes_up(traced, axis)):
            return traced
        factors.append(factor)
    problem = Problem(
        ROUNDED,
        f"the output is {spell(out)} and the input {spell(taken)}: nearly the same size, and not the same",
        note="sizes are rounded on the way down, and the way up does not know it",
        help=_sizes_that_stay(capture, traced, factors),
        severity="warning",
        path=traced.arch.nodes[max((traced.arch.returns or (1,))[0] - 1, 0)].path,
    )
    number = max((traced.arch.returns or (1,))[0] - 1, 0)
    return traced._replace(problems=(capture.placed(problem, traced.arch.nodes[number]),))


def _goes_up(traced: Trace, axis: int) -> bool:
    """Whether some layer enlarges the axis."""
    return any(
        step.layer.concrete
        and not isinstance(step.layer, KINDS["Pad"])
        and len(step.shapes_in[0]) == len(step.shape_out) > axis
        and int(step.shape_out[axis]) > int(step.shapes_in[0][axis])
        for step in traced.steps
        if _has_sizes(step, len(traced.shape_in))
    )


def _has_sizes(step: Step, rank: int) -> bool:
    return len(step.shape_out) == rank and all(isinstance(size, int) for size in step.shape_out[2:])


def _sizes_that_stay(capture: Capture, traced: Trace, factors: list[int]) -> str | None:
    """The next smaller and larger size that comes back unchanged, tried."""
    sizes, found = traced.shape_in[2:], []
    powers = [1 << (factor - 1).bit_length() for factor in factors]
    for up in (0, 1):
        near = tuple((int(size) // power + up) * power for size, power in zip(sizes, powers))
        shape = (*traced.shape_in[:2], *near)
        if min(near) < 1 or near == sizes:
            continue
        other = capture.trace(shape)
        if other.shape_out is not None and other.shape_out[2:] == near:
            found.append("x".join(map(str, near)))
    return f"{' and '.join(found)} come back as they went in" if found else None


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


def _followed(capture: Capture, run: Run) -> Problem:
    """The forward decides on data: the rows are those of one way through it."""
    spot = run.rec.data_spots[0]
    place = capture.line_place(spot.file, spot.line) if spot.file and spot.line else None
    where = f" at {_at(spot.file, spot.line)}" if spot.file else ""
    return Problem(
        DATA_DEPENDENT,
        f"the forward decides on data{where}: `{run.rec.asked}`",
        note="the rows are those of random data; other data may take another way",
        severity="warning",
        path=f"{spot.module}.forward" if spot.module else "forward",
        place=place,
    )


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
