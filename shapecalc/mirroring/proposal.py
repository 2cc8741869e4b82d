"""Decoder proposals: made in every style, traced, judged, and ranked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..arch import Arch, Node
from ..contract import contract
from ..input_sizes import Sizes, freed
from ..picturing import pictured
from ..problem import NO_MIRROR, UNKNOWN_NAME, ShapeError, SpecError
from ..registry import nearest
from ..shapes import N, Shape, spell
from ..size import Size, SizeLimit
from ..trace import Trace, trace
from .decoder import Entry, bridges, completed, entries, left_out, nodes, parts
from .rank import Merit, overlap, uneven
from .skips import joined
from .way import Way, way_through
from .whole import settled, whole

#: How a decoder enlarges: what each style makes of a strided convolution or a pool.
STYLES = {
    "transpose": "transposed convolutions with the encoder's own windows",
    "smooth": "transposed convolutions whose kernels are multiples of their strides",
    "resize": "a resize, then a convolution that keeps the size",
    "pixelshuffle": "a convolution to stride^2 times the channels, which become pixels",
    "unpool": "max pools undone with their own indices",
}


@pictured
class Proposal(NamedTuple):
    """A decoder with its encoder, traced.

    `arch` is both, `style` one of `STYLES`. `exact` says that the output is the input, for every size where that is a
    formula; `exact_for` for which input sizes it stays so. `output` is the sample that comes out, `parameters` what the
    decoder learns, `overlap` the verdict on checkerboards, and `note` why it ranks where it does and what is to be
    known of it. `undoes` has the encoder's node for each layer of the decoder (0: none; below 0: its channels alone).
    """

    arch: Arch
    style: str
    exact: bool
    note: str
    exact_for: str
    output: Shape
    parameters: int
    trace: Trace
    overlap: str
    undoes: tuple[int, ...] = ()

    @property
    def decoder(self) -> tuple[Node, ...]:
        """The decoder's nodes."""
        numbers = self.arch.sections["decoder"]
        return self.arch.nodes[numbers.start : numbers.stop]


class _Found(NamedTuple):
    proposal: Proposal
    merit: Merit


def proposals(
    arch: Arch, input: str | int | Sequence[Size] | None = None, style: str | None = None, skips: bool = False
) -> list[Proposal]:
    """Decoders for an encoder, best first; see `shapecalc.mirror`."""
    if style is not None and style not in STYLES:
        near = nearest(style, STYLES)
        listed = f"the styles are {', '.join(STYLES)}"
        raise SpecError(
            UNKNOWN_NAME, f"no style is called `{style}`", help=f"did you mean `{near}`?" if near else listed
        )
    way = way_through(arch, input)
    broken = contract(way.trace).problems if way.shape == arch.input else ()
    if broken:
        raise ShapeError(broken[0])
    try:
        return _ranked(way, style, skips)
    except SpecError:
        if not any(leg.branches for leg in way.legs):
            raise
        return _ranked(way_through(arch, input, blocks=False), style, skips)


def _ranked(way: Way, style: str | None, skips: bool) -> list[Proposal]:
    plain = parts(way, "transpose")
    made: dict[tuple[Node, ...], tuple[str, list[Entry]]] = {}
    for name in [style] if style else STYLES:
        back = plain if name == "transpose" else parts(way, name)
        if style in NEEDS and back == plain:
            raise _without_work(way, name)
        undoing = joined(way, back) if skips else entries(back)
        if not undoing:
            continue
        layers = completed(way, undoing)
        made.setdefault(tuple(nodes(way, layers)), (name, layers))
    if not made:
        raise SpecError(NO_MIRROR, f"the style `{style}` leaves nothing to do: the encoder keeps the size")
    found = [
        _judged(way, name, decoder, tuple([entry.undoes for entry in own]))
        for decoder, (name, own) in made.items()
    ]
    found.sort(key=lambda one: one.merit)
    return [_with_reason(place, found) for place in range(len(found))]


#: What a style needs, so that it differs from the plain one.
NEEDS = {
    "pixelshuffle": "no layer has one stride over 1 on both of two axes",
    "unpool": "no max pool can be undone by its indices at this size",
}


def _without_work(way: Way, style: str) -> SpecError:
    help = None
    if style == "unpool" and way.is_symbolic:
        help = (
            "with letters that is so for stride 1 only; give numbers, and `shapecalc emit --any-size` makes a"
            " module of it that restores every size"
        )
    return SpecError(NO_MIRROR, f"the style `{style}` has nothing to work on: {NEEDS[style]}", help=help)


def _judged(way: Way, style: str, decoder: tuple[Node, ...], undoes: tuple[int, ...]) -> _Found:
    arch = whole(way, decoder)
    traced = trace(arch, way.shape)
    if traced.problems or contract(traced).problems or traced.shape_out is None:
        problem = (*traced.problems, *contract(traced).problems)[0]
        raise SpecError(
            NO_MIRROR, f"the style `{style}` gives no exact decoder: {problem.path}: {problem.message}"
        )
    numbers = arch.sections["decoder"]
    own = arch.nodes[numbers.start : numbers.stop]
    parameters = sum(step.params for step in traced.steps[numbers.start :])
    exact_for, always, many = _exact_for(way, traced)
    exact = always or not way.is_symbolic
    merit = Merit(not exact, not many, bool(uneven(own)), parameters)
    output = traced.output or ()
    proposal = Proposal(
        arch, style, exact, _known(way, own), exact_for, output, parameters, traced, overlap(own), undoes
    )
    return _Found(proposal, merit)


def _exact_for(way: Way, traced: Trace) -> tuple[str, bool, bool]:
    """For which sizes the contract holds, as text; whether for all that the encoder takes; whether for many."""
    shape = way.shape if way.is_symbolic else freed(way.shape)
    if shape[0] != N:
        return spell(way.shape), False, False
    found = Sizes(settled(traced), shape)
    try:
        holding = found.holding
        many = not any(holding.axis(name).finite for name in found.symbols)
        always = str(holding) == str(Sizes(settled(way.trace), shape).running)
    except SizeLimit as limit:
        return f"{spell(way.shape)}; for other sizes it is not known: {limit}", False, False
    text = str(holding)
    return ("every size" if text == "always" else text), always, many


def _known(way: Way, decoder: tuple[Node, ...]) -> str:
    """What is to be known of a decoder, whatever its rank."""
    notes = []
    if any(node.layer.inputs[1:] == ("like",) for node in decoder if len(node.sources) > 1):
        notes.append("sizes are read off the encoder's own tensors")
    if all(leg.taken[2:] == leg.made[2:] and len(leg.taken) == len(leg.made) for leg in way.legs):
        notes.append("no layer of the encoder changes the size")
    if left := left_out(way):
        notes.append(f"left out: {', '.join(left)}")
    for leg in bridges(way):
        notes.append(f"`{leg.path}` has no mirror of its own: its channels and sizes are restored, no more")
    joins = [leg for leg in way.every_leg if len(way.arch.nodes[leg.node - 1].sources) > 1]
    if any(leg.branches for leg in joins):
        notes.append("residual blocks come back as residual blocks")
    if not all(leg.branches for leg in joins):
        other = "the encoder's other " if any(leg.branches for leg in joins) else "the encoder's "
        notes.append(f"{other}joins are followed along one branch")
    if way.arch.value_range and not decoder[-1].layer.echoed:
        low, high = way.arch.value_range
        notes.append(f"no activation fits the range [{low:g}, {high:g}]")
    return "; ".join(notes)


def _with_reason(place: int, found: list[_Found]) -> Proposal:
    """The proposal with the reason why it stands where it does."""
    proposal, merit = found[place]
    reason = ""
    if place + 1 < len(found):
        below = found[place + 1]
        reason = f"before `{below.proposal.style}` because {merit.over(below.merit)}"
    elif place:
        above = found[place - 1]
        reason = f"after `{above.proposal.style}`: {above.merit.over(merit)}"
    return proposal._replace(note="; ".join(filter(None, (reason, proposal.note))))
