"""The contract: a decoder returns its encoder's input, or what `output:` and `latent:` state.

Reads a `Trace` and nothing else. The problem points at the first decoder layer that does not give back
what its encoder partner took: the layer that went wrong, not the last one, which only notices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .layer import Need, Shape
from .pairing import extent, first_wrong
from .problem import LATENT, OUTPUT, UNMIRRORED, Label, Problem
from .shapes import N, spell
from .size import Expr, same
from .trace import Step, Trace, folded_batch


class Verdict(NamedTuple):
    """What the contract says: problems, and conditions on symbols under which it holds."""

    problems: tuple[Problem, ...]
    needs: tuple[Need, ...]


def contract(trace: Trace) -> Verdict:
    """Judge a trace that ran to its end; one that did not has its own problem already."""
    promise = trace.arch.contract
    number = promise.latent_node
    judged = []
    if promise.latent is not None and number is not None and number < len(trace.steps):
        found = trace.steps[number].shape_out
        wanted = stated(trace, promise.latent, found)
        judged.append(_judge(found, wanted, lambda: _latent_problem(trace, number, wanted)))
    if trace.shape_out is not None:
        folded = _folded_batch(trace)
        judged += [folded] if folded.problems else [folded, _end(trace, trace.shape_out)]
    return Verdict(
        tuple(problem for verdict in judged for problem in verdict.problems),
        tuple(need for verdict in judged for need in verdict.needs),
    )


def _end(trace: Trace, found: Shape) -> Verdict:
    """What is promised of the output."""
    promise = trace.arch.contract
    if promise.output is not None:
        output = stated(trace, promise.output, found)
        return _judge(found, output, lambda: _output_problem(trace, output))
    if promise.mirrors:
        return _judge(found, trace.shape_in, lambda: _unmirrored_problem(trace))
    return Verdict((), ())


def _judge(found: Shape, wanted: Shape, problem: Callable[[], Problem]) -> Verdict:
    verdicts = [same(a, b) for a, b in zip(found, wanted)]
    if len(found) != len(wanted) or False in verdicts:
        return Verdict((problem(),), ())
    needs = tuple(Need(verdict, problem()) for verdict in verdicts if not isinstance(verdict, bool))
    return Verdict((), needs)


def stated(trace: Trace, shape: Shape, found: Shape) -> Shape:
    """A stated shape for this trace's input: its letters are the letters of the file's `input:`.

    With `input: 3xHxW` and `output: 2xHxW`, a trace of 3x64x96 must return 2x64x96. A stated number
    belongs to the file's own input: it says nothing of an axis that depends on symbols.
    """
    letters = {
        size: given for size, given in zip(trace.arch.input or (), trace.shape_in) if type(size) is not int
    }
    stated = tuple(letters.get(size, size) for size in shape)
    if len(stated) != len(found):
        return stated
    return tuple(b if isinstance(a, int) and not isinstance(b, int) else a for a, b in zip(stated, found))


def _folded_batch(trace: Trace) -> Verdict:
    """Whether a reshape mixed samples into other axes, and none after it took them apart again.

    `View(-1, 32)` keeps the batch whole at the sizes that give 32 numbers a sample: a condition on the others.
    """
    mixed = _mixed(trace.shape_out or ())
    if not mixed:
        return Verdict((), ())
    number = len(trace.steps) - 1
    while number > 0 and _mixed(trace.steps[number - 1].shape_out):
        number -= 1
    step = trace.steps[number]
    note = "N samples go in, and every loss and label expects N to come out"
    place = step.origin.place if step.origin else None
    problem = folded_batch(step.shapes_in[0], step.shape_out, note)._replace(path=step.path, place=place)
    is_whole = same(mixed[0], N) if len(mixed) == 1 else False
    if isinstance(is_whole, bool) or is_whole.symbols == N.symbols:  # no size of the sample makes it so
        return Verdict((problem,), ())
    return Verdict((), (Need(is_whole, problem),))


def _mixed(shape: Shape) -> list[Expr]:
    """The axes that samples take part in, where no axis is the batch."""
    if N in shape:
        return []
    return [size for size in shape if not isinstance(size, int) and "N" in size.symbols]


def _unmirrored_problem(trace: Trace) -> Problem:
    message = f"decoder returns {spell(trace.shape_out or ())}, but the input is {spell(trace.shape_in)}"
    return _at_cause(trace, Problem(UNMIRRORED, message))


def _at_cause(trace: Trace, problem: Problem) -> Problem:
    """The problem at the first decoder layer that does not give back what its partner took; else at the last."""
    found = first_wrong(trace)
    if found is None:
        return _at_last(trace, len(trace.steps) - 1, problem)
    pair, taken = found
    step, partner = trace.steps[pair.decoder], trace.steps[pair.encoder]
    labels = [Label(partner.origin.place, _made(partner))] if partner.origin else []
    place = None
    if step.origin:
        place = step.origin.argument("output_padding")
        labels.append(Label(place, f"makes {_sizes(step.shape_out)} out of {_sizes(step.shapes_in[0])}"))
    note = _note(step, partner, taken) + "; the decoder has no layer that enlarges" * (not _enlarges(trace))
    return problem._replace(note=note, path=step.path, place=place, labels=(*labels, *problem.labels))


def _enlarges(trace: Trace) -> bool:
    """Whether some layer of the decoder returns, or could return, a longer axis than it takes."""
    for number in trace.arch.sections.get("decoder", ()):
        taken, made = extent(trace.steps[number].shapes_in[0]), extent(trace.steps[number].shape_out)
        if len(taken) != len(made) or any((b <= a) is not True for a, b in zip(taken, made)):
            return True
    return False


def _note(step: Step, partner: Step, taken: Shape) -> str:
    """The arithmetic of the first axis that went wrong, and what the partner took there."""
    returned = extent(step.shape_out)
    arithmetic = step.layer.arithmetic(step.shape_out, *step.shapes_in)
    if len(returned) != len(taken) or len(arithmetic) != len(returned):
        took = "x".join(map(str, taken))
        return f"`{step.path}` returns {_sizes(step.shape_out)}, where `{partner.path}` took {took}"
    axis = next(axis for axis, sizes in enumerate(zip(returned, taken)) if sizes[0] != sizes[1])
    return f"{arithmetic[axis]}, where `{partner.path}` took {taken[axis]}"


def _made(step: Step) -> str:
    text = f"made {_sizes(step.shape_out)} out of {_sizes(step.shapes_in[0])}"
    remainders = step.layer.remainders(*step.shapes_in)
    return text + (f", remainder {' and '.join(map(str, remainders))}" if remainders else "")


def _output_problem(trace: Trace, stated: Shape) -> Problem:
    promise = trace.arch.contract
    found, wanted = spell(trace.shape_out or ()), spell(stated)
    message = f"the network returns {found}, but `output:` states {wanted}"
    labels = (Label(promise.output_place, "stated here"),) if promise.output_place else ()
    problem = Problem(OUTPUT, message, labels=labels)
    if extent(stated) == extent(trace.shape_in) != extent(trace.shape_out or ()):
        return _at_cause(trace, problem)
    return _at_last(trace, len(trace.steps) - 1, problem)


def _latent_problem(trace: Trace, number: int, stated: Shape) -> Problem:
    promise = trace.arch.contract
    found, wanted = spell(trace.steps[number].shape_out), spell(stated)
    message = f"the code is {found}, but `latent:` states {wanted}"
    labels = (Label(promise.latent_place, "stated here"),) if promise.latent_place else ()
    return _at_last(trace, number, Problem(LATENT, message, labels=labels))


def _at_last(trace: Trace, number: int, problem: Problem) -> Problem:
    """The problem at the layer that last made the shape, up to step `number`."""
    number = last_change(trace, number)
    if number < 0:
        return problem._replace(place=trace.arch.input_place)
    step = trace.steps[number]
    blamed = next((name for name in ("out_channels", "out_features") if name in step.layer.fields), None)
    note = "; ".join(step.layer.arithmetic(step.shape_out, *step.shapes_in)) or None
    place = step.origin.argument(blamed) if step.origin else None
    return problem._replace(path=step.path, note=note, place=place)


def last_change(trace: Trace, number: int) -> int:
    """The last step, up to `number`, that returns another shape than it takes; -1 where none does."""
    while number >= 0 and trace.steps[number].shapes_in[0] == trace.steps[number].shape_out:
        number -= 1
    return number


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, extent(shape)))
