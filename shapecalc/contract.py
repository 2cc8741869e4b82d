"""The contract: a decoder returns its encoder's input, or what `output:` and `latent:` state.

Reads a `Trace` and nothing else. The problem points at the first decoder layer that does not give back
what its encoder partner took: the layer that went wrong, not the last one, which only notices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .layer import Need, Shape
from .pairing import extent, first_wrong
from .problem import LATENT, OUTPUT, RESHAPE, SIZE_LIMIT, UNMIRRORED, Label, Problem
from .shapes import N, letters, spell
from .size import Condition, Expr, same
from .trace import Step, Trace, folded_batch, trace_whole


class Verdict(NamedTuple):
    """What the contract says: problems, and conditions on symbols under which it holds."""

    problems: tuple[Problem, ...]
    needs: tuple[Need, ...]


def contract(trace: Trace) -> Verdict:
    """Judge a trace that ran to its end; one that did not has its own problem already."""
    judged = []
    code, latent = _code(trace), stated_latent(trace)
    if code is not None and latent is not None:
        judged.append(_judge(code, latent, lambda: _latent_problem(trace)))
    if trace.shape_out is not None and trace.arch.retrace is None:
        judged.append(_views(trace))
    if trace.shape_out is not None:
        folded = _folded_batch(trace)
        judged += [folded] if folded.problems else [folded, _end(trace, trace.shape_out)]
    return Verdict(
        tuple(problem for verdict in judged for problem in verdict.problems),
        tuple(need for verdict in judged for need in verdict.needs),
    )


def _views(trace: Trace) -> Verdict:
    """Whether every `View` is one: torch makes none of numbers that lie otherwise than one after another.

    A model's own forward is asked for this while it runs. How numbers lie may not be told of letters: where a view is
    refused at the file's own input, there is no formula for the sizes at which it is not.
    """
    if not any(type(step.layer).__name__ == "View" for step in trace.steps):
        return Verdict((), ())
    problem = _refused_view(trace)
    own = trace.arch.input
    if problem is None and own is not None and letters(trace.shape_in) and not letters(own):
        problem = _refused_view(trace_whole(trace.arch, own))
        if problem is not None:
            said = f"the sizes at which `{problem.path}` is a view are no formula: at {spell(own)} {problem.message}"
            problem = problem._replace(code=SIZE_LIMIT, message=said)
    return Verdict(() if problem is None else (problem,), ())


def _refused_view(trace: Trace) -> Problem | None:
    from .memory import at_batch, followed
    from .strides import Undecided, reshaped

    for number, (step, _, _, (source, *_), _) in enumerate(followed(at_batch(trace, 2))):
        if type(step.layer).__name__ != "View" or source.strides is None:
            continue
        try:
            lies = reshaped(source.shape, source.strides, step.shape_out)
        except Undecided:
            continue
        if lies is None:
            taken, made = trace.steps[number].shapes_in[0], trace.steps[number].shape_out
            message = (
                f"{spell(taken)} cannot be viewed as {spell(made)}: its numbers do not lie one after another"
            )
            note = "layers before it turned axes round or left gaps; a view moves no number, and `Reshape` copies"
            place = step.origin.place if step.origin else None
            return Problem(RESHAPE, message, note, path=step.path, place=place)
    return None


def _end(trace: Trace, found: Shape) -> Verdict:
    """What is promised of the output."""
    output = stated_output(trace)
    if output is not None:
        return _judge(found, output, lambda: _output_problem(trace, output))
    if trace.arch.contract.mirrors:
        return _judge(found, trace.shape_in, lambda: _unmirrored_problem(trace))
    return Verdict((), ())


def _judge(found: Shape, wanted: Shape, problem: Callable[[], Problem]) -> Verdict:
    verdicts = [_for_two_samples(same(a, b)) for a, b in zip(found, wanted)]
    if len(found) != len(wanted) or False in verdicts:
        return Verdict((problem(),), ())
    needs = tuple(Need(verdict, problem()) for verdict in verdicts if not isinstance(verdict, bool))
    return Verdict((), needs)


def _for_two_samples(verdict: bool | Condition) -> bool | Condition:
    """What the batch alone decides must hold for two samples."""
    if isinstance(verdict, bool) or verdict.symbols != {"N"} or verdict.at(N=2):
        return verdict
    return False


def stated_latent(trace: Trace) -> Shape | None:
    """What `latent:` asks of this trace, as `stated_output` does; None where nothing is asked."""
    return _asked(trace, trace.arch.contract.latent, _code)


def stated_output(trace: Trace) -> Shape | None:
    """What `output:` asks of this trace; None where nothing is asked.

    Its letters are the letters of the file's `input:`: with `input: 3xHxW` and `output: 2xHxW`, a trace of 3x64x96 must
    return 2x64x96. Its numbers are those of the file's own input: where they are right there, an axis that has
    another size at another input has it for that input's sake.
    """
    return _asked(trace, trace.arch.contract.output, lambda trace: trace.shape_out)


def _asked(trace: Trace, stated: Shape | None, find: Callable[[Trace], Shape | None]) -> Shape | None:
    if stated is None:
        return None
    own, asked, found = trace.arch.input, _with_sizes(trace, stated), find(trace)
    if own is None or own == trace.shape_in or found is None or len(found) != len(asked) or found == asked:
        return asked
    at_home = find(trace_whole(trace.arch, own)) or ()
    if len(at_home) != len(asked):
        return asked
    return tuple(b if isinstance(a, int) and a == home else a for a, b, home in zip(asked, found, at_home))


def _with_sizes(trace: Trace, stated: Shape) -> Shape:
    """What the file states, with the trace's sizes for its letters."""
    sizes = {
        size: given for size, given in zip(trace.arch.input or (), trace.shape_in) if type(size) is not int
    }
    return tuple(sizes.get(size, size) for size in stated)


def _code(trace: Trace) -> Shape | None:
    number = trace.arch.contract.latent_node
    return None if number is None or number >= len(trace.steps) else trace.steps[number].shape_out


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
    if _makes_rows(trace, number):
        return Verdict((), ())
    is_whole = same(mixed[0], N) if len(mixed) == 1 else False
    if isinstance(is_whole, bool) or is_whole.symbols == N.symbols:  # no size of the sample makes it so
        return Verdict((problem,), ())
    return Verdict((), (Need(is_whole, problem),))


def folded_by(trace: Trace) -> int | None:
    """The step that mixed the batch which the layer that failed is given; None where its batch is whole."""
    if trace.failed is None or not trace.failed_in or not _mixed(trace.failed_in[0]):
        return None
    number = trace.arch.nodes[trace.failed].sources[0] - 1
    while number >= 0 and _mixed(trace.steps[number].shapes_in[0]):
        number = trace.arch.nodes[number].sources[0] - 1
    return number if number >= 0 else None


def _makes_rows(trace: Trace, number: int) -> bool:
    """Whether each position becomes a row of its features (`logits.view(-1, classes)`), as losses take them.

    Nothing is mixed then; but the last axis must be one of features, not what is left of the input's width.
    """
    taken, made = trace.steps[number].shapes_in[0], trace.steps[number].shape_out
    if len(made) != 2 or len(taken) < 3 or taken[-1] != made[1]:
        return False
    source = trace.arch.nodes[number].sources[0]
    while source:
        step = trace.steps[source - 1]
        if step.shape_out[-1:] != step.shapes_in[0][-1:]:
            return not step.layer.rank
        source = trace.arch.nodes[source - 1].sources[0]
    return False


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
    found, wanted = spell(trace.shape_out or ()), spell(_with_sizes(trace, promise.output or ()))
    message = f"the network returns {found}, but `output:` states {wanted}"
    labels = (Label(promise.output_place, "stated here"),) if promise.output_place else ()
    problem = Problem(OUTPUT, message, labels=labels)
    if extent(stated) == extent(trace.shape_in) != extent(trace.shape_out or ()):
        return _at_cause(trace, problem)
    return _at_last(trace, len(trace.steps) - 1, problem)


def _latent_problem(trace: Trace) -> Problem:
    promise = trace.arch.contract
    number = promise.latent_node or 0
    found, wanted = spell(trace.steps[number].shape_out), spell(_with_sizes(trace, promise.latent or ()))
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
