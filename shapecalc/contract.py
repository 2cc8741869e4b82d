"""The contract: a decoder returns its encoder's input, or what `output:` and `latent:` state.

Reads a `Trace` and nothing else. The problem points at the first decoder layer that does not give back
what its encoder partner took: the layer that went wrong, not the last one, which only notices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .layer import Need, Shape
from .problem import LATENT, OUTPUT, UNMIRRORED, Label, Problem
from .shapes import spell
from .size import same
from .trace import Step, Trace


class Pair(NamedTuple):
    """A decoder step and the encoder step whose change of size it should undo (numbers of steps)."""

    decoder: int
    encoder: int


class Verdict(NamedTuple):
    """What the contract says: problems, and conditions on symbols under which it holds."""

    problems: tuple[Problem, ...]
    needs: tuple[Need, ...]


def contract(trace: Trace) -> Verdict:
    """Judge a trace that ran to its end; one that did not has its own problem already."""
    problems: list[Problem] = []
    needs: list[Need] = []
    promise = trace.arch.contract
    latent_node = promise.latent_node
    if promise.latent is not None and latent_node is not None and latent_node < len(trace.steps):
        found = trace.steps[latent_node].shape_out
        _judge(found, promise.latent, lambda: _latent_problem(trace, latent_node), problems, needs)
    if trace.shape_out is None:
        return Verdict(tuple(problems), tuple(needs))
    if promise.output is not None:
        _judge(trace.shape_out, promise.output, lambda: _output_problem(trace), problems, needs)
    elif promise.mirrors:
        _judge(trace.shape_out, trace.shape_in, lambda: _unmirrored_problem(trace), problems, needs)
    return Verdict(tuple(problems), tuple(needs))


def _judge(
    found: Shape, wanted: Shape, problem: Callable[[], Problem], problems: list[Problem], needs: list[Need]
) -> None:
    verdicts = [same(a, b) for a, b in zip(found, wanted)]
    if len(found) != len(wanted) or False in verdicts:
        problems.append(problem())
        return
    needs += [Need(verdict, problem()) for verdict in verdicts if not isinstance(verdict, bool)]


def pairs(trace: Trace) -> list[Pair]:
    """The decoder's steps that change the extent, each with its partner counted from the encoder's end."""
    changing = [number for number, step in enumerate(trace.steps) if _extent(step.shapes_in[0]) != _extent(step.shape_out)]
    decoder = trace.arch.sections.get("decoder", range(0))
    down = [number for number in changing if number < decoder.start]
    up = [number for number in changing if number in decoder]
    return [Pair(*both) for both in zip(up, reversed(down))]


def first_wrong_pair(trace: Trace) -> Pair | None:
    """The first pair whose decoder step does not return what its encoder step took."""
    for pair in pairs(trace):
        if _extent(trace.steps[pair.decoder].shape_out) != _extent(trace.steps[pair.encoder].shapes_in[0]):
            return pair
    return None


def _extent(shape: Shape) -> Shape:
    """The axes that a mirror must restore: the spatial ones, or the features where there are none."""
    return shape[2:] if len(shape) > 2 else shape[1:]


def _unmirrored_problem(trace: Trace) -> Problem:
    message = f"decoder returns {spell(trace.shape_out or ())}, but the input is {spell(trace.shape_in)}"
    pair = first_wrong_pair(trace)
    if pair is None:
        return _at_last(trace, len(trace.steps) - 1, Problem(UNMIRRORED, message))
    step, partner = trace.steps[pair.decoder], trace.steps[pair.encoder]
    labels = [Label(partner.origin.place, _made(partner))] if partner.origin else []
    place = None
    if step.origin:
        place = step.origin.argument("output_padding")
        labels.append(Label(place, f"makes {_sizes(step.shape_out)} out of {_sizes(step.shapes_in[0])}"))
    return Problem(UNMIRRORED, message, _note(step, partner), path=step.path, place=place, labels=tuple(labels))


def _note(step: Step, partner: Step) -> str:
    """The arithmetic of the first axis that went wrong, and what the partner took there."""
    returned, taken = _extent(step.shape_out), _extent(partner.shapes_in[0])
    arithmetic = step.layer.arithmetic(step.shape_out, *step.shapes_in)
    if len(returned) != len(taken) or len(arithmetic) != len(returned):
        return f"`{step.path}` returns {_sizes(step.shape_out)}, where `{partner.path}` took {_sizes(partner.shapes_in[0])}"
    axis = next(axis for axis, sizes in enumerate(zip(returned, taken)) if sizes[0] != sizes[1])
    return f"{arithmetic[axis]}, where `{partner.path}` took {taken[axis]}"


def _made(step: Step) -> str:
    text = f"made {_sizes(step.shape_out)} out of {_sizes(step.shapes_in[0])}"
    remainders = step.layer.remainders(*step.shapes_in)
    return text + (f", remainder {' and '.join(map(str, remainders))}" if remainders else "")


def _output_problem(trace: Trace) -> Problem:
    promise = trace.arch.contract
    found, wanted = spell(trace.shape_out or ()), spell(promise.output or ())
    message = f"the network returns {found}, but `output:` states {wanted}"
    labels = (Label(promise.output_place, "stated here"),) if promise.output_place else ()
    return _at_last(trace, len(trace.steps) - 1, Problem(OUTPUT, message, labels=labels))


def _latent_problem(trace: Trace, number: int) -> Problem:
    promise = trace.arch.contract
    found, wanted = spell(trace.steps[number].shape_out), spell(promise.latent or ())
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
    return problem._replace(path=step.path, note=note, place=step.origin.argument(blamed) if step.origin else None)


def last_change(trace: Trace, number: int) -> int:
    """The last step, up to `number`, that returns another shape than it takes; -1 where none does."""
    while number >= 0 and trace.steps[number].shapes_in[0] == trace.steps[number].shape_out:
        number -= 1
    return number


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, _extent(shape)))
