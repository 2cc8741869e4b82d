"""Which layer of a decoder should undo which layer of its encoder.

Reads a `Trace` and nothing else; the contract, the repairs and the rules all ask here.
"""

from __future__ import annotations

from typing import NamedTuple

from .arch import INPUT, Arch
from .layer import Shape
from .trace import Step, Trace
from .window import Slide


class Pair(NamedTuple):
    """A decoder step and the encoder step whose change of size it should undo (numbers of steps)."""

    decoder: int
    encoder: int


def pairs(trace: Trace) -> list[Pair]:
    """The decoder's steps that change the extent, each with its partner counted from the encoder's end."""
    extents = [(extent(step.shapes_in[0]), extent(step.shape_out)) for step in trace.steps]
    changing = [number for number, (before, after) in enumerate(extents) if before != after]
    decoder = trace.arch.sections.get("decoder", range(0))
    down = [number for number in changing if number < decoder.start]
    up = [number for number in changing if number in decoder]
    return [Pair(*both) for both in zip(up, reversed(down))]


def scale_pairs(trace: Trace) -> list[Pair]:
    """The decoder's enlarging steps, each with its partner: the encoder's shrinking ones, counted from the end."""
    decoder = trace.arch.sections.get("decoder", range(0))
    steps = list(enumerate(trace.steps))
    up = [number for number, step in steps[decoder.start : decoder.stop] if scales(step, grows=True)]
    down = [number for number, step in steps[: decoder.start] if scales(step, grows=False)] if up else []
    return [Pair(*both) for both in zip(up, reversed(down))]


def scales(step: Step, grows: bool) -> bool:
    """Whether the step enlarges (or shrinks) on purpose: a stride over 1, a resize, half as much or more of an axis."""
    slides = step.layer.slides(step.shape_out, *step.shapes_in)
    if slides and isinstance(slides[0], Slide):
        return slides[0].transposed == grows and any(getattr(slide, "stride", 1) > 1 for slide in slides)
    taken, made = step.shapes_in[0][2:], step.shape_out[2:]
    known = [(a, b) for a, b in zip(taken, made) if isinstance(a, int) and isinstance(b, int)]
    if len(taken) != len(made) or not known:
        return False
    if "scale_factor" in step.layer.fields:
        return grows == all(a <= b for a, b in known)
    return any(2 * b >= 3 * a if grows else 2 * a >= 3 * b for a, b in known)


def first_wrong_pair(trace: Trace) -> Pair | None:
    """The first pair whose decoder step does not return what its encoder step took."""
    found = first_wrong(trace)
    return found[0] if found else None


def first_wrong(trace: Trace) -> tuple[Pair, Shape] | None:
    """The first wrong pair, and the extent that its encoder step took.

    Steps that scale are paired first, with the pads before and the crops behind them; where they say nothing,
    all steps that change the extent.
    """
    scaling = scale_pairs(trace)
    ends = [pair.decoder for pair in scaling[1:]] + [len(trace.steps)]
    for pair, end in zip(scaling, ends):
        taken = extent(taken_before_pads(trace, pair.encoder))
        if all(extent(step.shape_out) != taken for step in trace.steps[pair.decoder : end]):
            return pair, taken
    for pair in pairs(trace):
        taken = extent(trace.steps[pair.encoder].shapes_in[0])
        if extent(trace.steps[pair.decoder].shape_out) != taken:
            return pair, taken
    return None


def extent(shape: Shape) -> Shape:
    """The axes that a mirror must restore: the spatial ones, or the features where there are none."""
    return shape[2:] if len(shape) > 2 else shape[1:]


def taken_before_pads(trace: Trace, number: int) -> Shape:
    """What the step takes or, where pad layers stand before it, what the first of them takes."""
    shape = trace.steps[number].shapes_in[0]
    previous = before(trace.arch, number)
    while previous is not None and sides_of(trace.steps[previous]) is not None:
        shape = trace.steps[previous].shapes_in[0]
        previous = before(trace.arch, previous)
    return shape


def sides_of(step: Step) -> tuple[int, ...] | None:
    """The sides of a pad layer, the last axis first; None for any other."""
    name = getattr(step.layer, "sides_argument", None)
    if name is None:
        return None
    sides = vars(step.layer)[name]
    return sides if isinstance(sides, tuple) else (sides,) * (2 * step.layer.rank)


def before(arch: Arch, number: int) -> int | None:
    """The one node that this one reads; None where it reads the input, or several."""
    sources = arch.nodes[number].sources
    return sources[0] - 1 if len(sources) == 1 and sources[0] != INPUT else None
