"""The way through an encoder that a decoder goes back: one layer after another, from the input to the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import NamedTuple

from ..arch import INPUT, Arch
from ..input_sizes import LETTERS
from ..layer import Layer, Shape
from ..problem import NO_INPUT, NO_MIRROR, ShapeError, SpecError
from ..shapes import N, letters, spell
from ..size import Size, symbol
from ..trace import Trace, trace


class Leg(NamedTuple):
    """One layer on the way: its node, the node that it read (numbers as sources have them), and both shapes.

    A residual block is one leg: `layer` is its `Add`, `read` the node where its `branches` part.
    """

    node: int
    read: int
    path: str
    layer: Layer
    taken: Shape
    made: Shape
    branches: tuple[tuple[Leg, ...], ...] = ()

    @property
    def is_learned(self) -> bool:
        """Whether it has weights."""
        return self.layer.num_parameters > 0 or any(leg.is_learned for leg in chain(*self.branches))


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
    def every_leg(self) -> list[Leg]:
        """The legs, and those of all branches."""
        return list(_with_branches(self.legs))

    @property
    def is_symbolic(self) -> bool:
        """Whether some size other than the batch is a letter."""
        return bool(letters(self.shape))


def way_through(arch: Arch, input: str | int | Sequence[Size] | None = None, blocks: bool = True) -> Way:
    """The way through the encoder, or through plain `layers`.

    Residual blocks are one leg each if `blocks` is true; all other joins are followed along one branch. With no
    input known the spatial axes are letters. Raises `SpecError` where there is no encoder to mirror, and `ShapeError`
    where it does not run.
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
    kept = _kept_bottleneck(traced)
    legs = _Walk(traced, blocks).legs(kept.start if kept else len(arch.nodes))
    way = Way(traced, legs)
    if all(leg.layer.mirror(leg.taken, leg.made) == () for leg in way.every_leg):
        raise SpecError(
            NO_MIRROR,
            f"there is nothing to mirror: every layer of `{arch.name}` keeps {spell(traced.shape_in)} as it is",
        )
    return way


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


def _with_branches(legs: Sequence[Leg]) -> Iterator[Leg]:
    for leg in legs:
        yield leg
        for branch in leg.branches:
            yield from _with_branches(branch)


class _Walk:
    """Walks back from a node to an earlier one that all ways lead through."""

    def __init__(self, traced: Trace, blocks: bool) -> None:
        self.trace, self.nodes, self.blocks = traced, traced.arch.nodes, blocks
        self.depth = [0]
        self.passed = [INPUT]  # by source: the last one before it that every way from the input leads through
        for node in self.nodes:
            self.depth.append(1 + max(self.depth[source] for source in node.sources))
            self.passed.append(reduce(self._common, node.sources))

    def _common(self, one: int, other: int) -> int:
        while one != other:
            one, other = sorted((one, other))
            other = self.passed[other]
        return one

    def legs(self, number: int, stop: int = INPUT) -> tuple[Leg, ...]:
        """From `stop` to node `number`; where a layer reads several, through the one with the most layers behind it."""
        found = []
        while number != stop:
            leg = self._block(number) or self._leg(number)
            found.append(leg)
            number = leg.read
        return tuple(found[::-1])

    def _leg(self, number: int) -> Leg:
        step, node = self.trace.steps[number - 1], self.nodes[number - 1]
        read = max(node.sources, key=lambda source: self.depth[source])
        taken = step.shapes_in[node.sources.index(read)]
        return Leg(number, read, node.path, step.layer, taken, step.shape_out)

    def _block(self, number: int) -> Leg | None:
        """A residual block: branches that part at one node, share no layer, and are added with equal shapes."""
        step, node = self.trace.steps[number - 1], self.nodes[number - 1]
        is_sum = type(step.layer).__name__ == "Add" and len(node.sources) > 1
        if not self.blocks or not is_sum or any(shape != step.shape_out for shape in step.shapes_in):
            return None
        start = self.passed[number]
        between = [self._between(start, source) for source in node.sources]
        if len(set().union(*between)) != sum(map(len, between)) or not any(between):
            return None
        branches = tuple([self.legs(source, start) for source in node.sources])
        taken = self.trace.steps[start - 1].shape_out if start != INPUT else self.trace.shape_in
        return Leg(number, start, node.path, step.layer, taken, step.shape_out, branches)

    def _between(self, start: int, end: int) -> set[int]:
        """All nodes on the ways from `start` to `end`, without `start`."""
        found, left = set[int](), [end]
        while left:
            number = left.pop()
            if number != start and number not in found:
                found.add(number)
                left += self.nodes[number - 1].sources
        return found


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
    factors = letters(leg.taken)
    if not factors:
        return SpecError(NO_MIRROR, message)
    help = "give the sizes as numbers: `--input 1x10x474`"
    note = "its mirror has numbers that depend on letters"
    if len(factors) > 1 and len(leg.made) < len(leg.taken):
        note = f"of {', '.join(map(str, factors))} it leaves the product alone, from which no layer can tell them"
    return SpecError(NO_INPUT, message, note=note, help=help)
