"""What there is to draw of one layer."""

from __future__ import annotations

from typing import NamedTuple

from ..input_sizes import Sizes
from ..layer import Layer, Shape
from ..reading import pointwise
from ..shapes import letters, spell
from ..size import SizeLimit, at
from ..trace import Step, Trace, trace
from .blocks import DRAWN_AS
from .moving import moving
from .shuffling import Grid, dealing, shuffling
from .sliding import broken, sliding
from .strips import NothingToDraw, Strip

#: Batches that can be divided.
SAMPLES = (5040, 720720)


class Figure(NamedTuple):
    """A layer with its strips and grids: its path, its spelling, what it makes of what, and why it cannot run.

    `letters` says at which numbers letters are drawn.
    """

    path: str
    layer: str
    change: str
    error: str
    strips: list[Strip]
    grids: list[Grid]
    letters: str = ""


def figure(traced: Trace, number: int) -> Figure:
    """What is to be drawn of layer `number` of a trace; raises `NothingToDraw` with the reason."""
    node = traced.arch.nodes[number]
    traced, letters = _in_numbers(traced, number)
    if number == traced.failed:
        change = f"{' and '.join(map(spell, traced.failed_in))} → cannot run"
        error = traced.problems[0].message
        strips = broken(node.layer, _whole(*traced.failed_in), node.path, error)
        return Figure(node.path, repr(node.layer), change, error, _merged(strips), [], letters)
    if number >= len(traced.steps):
        raise NothingToDraw(f"`{node.path}` is not reached: a layer before it cannot run")
    step = traced.steps[number]
    change = f"{' and '.join(map(spell, step.shapes_in))} → {spell(step.shape_out)}"
    made, *taken = _whole(step.shape_out, *step.shapes_in)
    strips, grids = drawn(step.layer, made, tuple(taken))
    if not strips and not grids:
        raise NothingToDraw(_reason(traced, number))
    return Figure(step.path, repr(step.layer), change, "", _merged(strips), grids, letters)


def drawn(layer: Layer, made: Shape, taken: tuple[Shape, ...]) -> tuple[list[Strip], list[Grid]]:
    """The strips and grids of a layer that runs; none where it slides no windows and moves nothing."""
    if layer.slides(made, *taken):
        return sliding(layer, made, taken), []
    if layer.role in ("norm", "activation", "dropout"):
        return [], []
    return moving(layer, made, taken) or dealing(layer, made, taken), shuffling(layer, made, taken)


def _reason(traced: Trace, number: int) -> str:
    """Why there is no figure, and what to ask for."""
    step = traced.steps[number]
    made, *taken = _whole(step.shape_out, *step.shapes_in)
    said = "slides no windows over its input"
    if step.layer.role == "pool":
        said = "draws the places of its windows at random"
    elif all(len(x) <= len(made) for x in taken) and step.layer.reads(made, *taken) == tuple(
        pointwise(x, made) for x in taken
    ):
        said = "takes every position by itself"
    others = [*dict.fromkeys(f"`{other.path}`" for other in traced.steps if _has_figure(other))][:3]
    kind = repr(step.layer).partition("(")[0]
    reason = f"`{step.path}` is {kind}, which {said}: there is nothing to draw"
    elsewhere = f", and there are figures of {', '.join(others)}" if others else ""
    return f"{reason}; `shapecalc explain` says what it does{elsewhere}"


def _has_figure(step: Step) -> bool:
    made, *taken = _whole(step.shape_out, *step.shapes_in)
    return any(drawn(step.layer, made, tuple(taken)))


def _in_numbers(traced: Trace, number: int) -> tuple[Trace, str]:
    """The trace with a number for each letter, and which: 64, or the nearest for which the layer is reached."""
    shape = traced.shape_in
    names = sorted(set(map(str, letters(shape))))
    if not names:
        return traced, ""
    values, found = dict.fromkeys(names, DRAWN_AS), traced
    for _ in range(2):
        found = trace(traced.arch, tuple([values.get(str(size), size) for size in shape]))
        if number < len(found.steps) or number == traced.failed:
            break
        nearest = _nearest(traced, values)
        if nearest is None:
            break
        values = nearest
    return found, "drawn at " + ", ".join(f"{name} = {size}" for name, size in values.items())


def _nearest(traced: Trace, values: dict[str, int]) -> dict[str, int] | None:
    """The sizes that run, nearest to these; None where there are none, or no formula says which."""
    try:
        return Sizes(traced.arch, traced.shape_in).running.nearest(**values)
    except SizeLimit:
        return None


def _whole(*shapes: Shape) -> tuple[Shape, ...]:
    """The shapes in numbers, of one sample if these are whole; raises `NothingToDraw` where a letter is left."""
    letters = {
        name for shape in shapes for size in shape if not isinstance(size, int) for name in size.symbols
    }
    if letters - {"N"}:
        named = ", ".join(sorted(letters - {"N"}))
        raise NothingToDraw(f"{named} has no number here; give all of them, like --input 1x10x474")
    for samples in (1, *SAMPLES):
        try:
            return tuple(tuple([at(size, {"N": samples}) for size in shape]) for shape in shapes)
        except ValueError:  # a batch that is divided
            continue
    raise NothingToDraw("the batch is divided")


def _merged(strips: list[Strip]) -> list[Strip]:
    """Axes that are alike in all but their names, as one strip."""
    alike: list[tuple[Strip, list[str]]] = []
    for strip in strips:
        nameless = strip._replace(name="", formula=strip.formula.removeprefix(strip.name))
        names = next((names for other, names in alike if other == nameless), None)
        if names is None:
            alike.append((nameless, [strip.name]))
        else:
            names.append(strip.name)
    merged = []
    for strip, names in alike:
        name = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        merged.append(strip._replace(name=name, formula=strip.formula and name + strip.formula))
    return merged
