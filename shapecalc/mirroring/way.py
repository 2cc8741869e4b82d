"""The way through an encoder that a decoder goes back: one layer after another, from the input to the code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..arch import INPUT, Arch
from ..input_sizes import LETTERS
from ..layer import Layer, Shape
from ..problem import NO_INPUT, NO_MIRROR, ShapeError, SpecError
from ..shapes import N, spell
from ..size import Size, symbol
from ..trace import Trace, trace


class Leg(NamedTuple):
    """One layer on the way: its node, the node that it read (numbers as sources have them), and both shapes."""

    node: int
    read: int
    path: str
    layer: Layer
    taken: Shape
    made: Shape


class Way(NamedTuple):
    """An encoder that ran: its trace (with all that comes before the decoder), and the legs to go back."""

    trace: Trace
    legs: tuple[Leg, ...]

    @property
    def arch(self) -> Arch:
        return self.trace.arch

    @property
    def shape(self) -> Shape:
        """What the decoder has to return."""
        return self.trace.shape_in

    @property
    def is_symbolic(self) -> bool:
        """Whether some size other than the batch is a letter."""
        return any(not isinstance(size, int) and size != N for size in self.shape)


def way_through(arch: Arch, input: str | int | Sequence[Size] | None = None) -> Way:
    """The way through the encoder, or through plain `layers`.

    With no input known the spatial axes are letters. Raises `SpecError` where there is no encoder to mirror, and
    `ShapeError` where it does not run.
    """
    if "decoder" in arch.sections:
        raise SpecError(
            NO_MIRROR,
            f"`{arch.name}` has a decoder already",
            help="take the `decoder:` section out, or mend it: `shapecalc check --fix`",
        )
    is_guessed = input is None and arch.input is None
    traced = trace(arch, guessed_input(arch) if is_guessed else input)
    if traced.problems and is_guessed:
        raise SpecError(
            NO_INPUT,
            f"no input size is known for `{arch.name}`, and `{traced.problems[0].path}` cannot do without:"
            f" {traced.problems[0].message}",
            help="add `input: 1x10x474` to the file, or give `--input 1x10x474`",
        )
    if traced.problems:
        raise ShapeError(traced.problems[0])
    legs = tuple(_legs(traced))
    if all(leg.layer.mirror(leg.taken, leg.made) == () for leg in legs):
        raise SpecError(
            NO_MIRROR,
            f"there is nothing to mirror: every layer of `{arch.name}` keeps {spell(traced.shape_in)} as it is",
        )
    return Way(traced, legs)


def guessed_input(arch: Arch) -> Shape:
    """A shape with letters that the first layer with channels takes. Raises `SpecError` where there is none.

    >>> from shapecalc.read.spec import loads
    >>> guessed_input(loads("layers: ['MaxPool2d(2)', 'Conv2d(3, 8, 3)']"))
    (N, 3, H, W)
    """
    for node in arch.nodes:
        values = node.layer.__dict__
        channels = values.get("in_channels", values.get("num_features"))
        if node.layer.rank and isinstance(channels, int):
            return (N, channels, *map(symbol, LETTERS[node.layer.rank]))
        if isinstance(values.get("in_features"), int):
            return (N, values["in_features"])
    raise SpecError(
        NO_INPUT,
        f"no input size is known for `{arch.name}`, and no layer says how many channels it takes",
        help="add `input: 1x10x474` to the file, or give `--input 1x10x474`",
    )


def _legs(traced: Trace) -> list[Leg]:
    """From the input to the code; where a layer reads several, through the one with the most layers behind it."""
    arch = traced.arch
    kept = _kept_bottleneck(traced)
    depth = [0]
    for node in arch.nodes:
        depth.append(1 + max(depth[source] for source in node.sources))
    legs: list[Leg] = []
    number = kept.start if kept else len(arch.nodes)
    while number != INPUT:
        step, node = traced.steps[number - 1], arch.nodes[number - 1]
        read = max(node.sources, key=lambda source: depth[source])
        taken = step.shapes_in[node.sources.index(read)]
        legs.append(Leg(number, read, node.path, step.layer, taken, step.shape_out))
        number = read
    return legs[::-1]


def _kept_bottleneck(traced: Trace) -> range | None:
    """The bottleneck's nodes where it returns the shape that it takes: then the decoder mirrors the encoder alone."""
    nodes = traced.arch.sections.get("bottleneck")
    if not nodes or nodes.start == 0 or nodes.stop != len(traced.steps):
        return None
    return nodes if traced.steps[nodes.start - 1].shape_out == traced.shape_out else None


def refused(leg: Leg) -> SpecError:
    """Why a layer has no mirror."""
    kind = type(leg.layer).__name__
    message = f"`{leg.path}`, a {kind}, makes {spell(leg.made)} out of {spell(leg.taken)}, and has no mirror"
    if any(not isinstance(size, int) and size != N for size in leg.taken):
        help = "give the sizes as numbers: `--input 1x10x474`"
        return SpecError(NO_INPUT, message, note="its mirror has numbers that depend on letters", help=help)
    return SpecError(NO_MIRROR, message)
