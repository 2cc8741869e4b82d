"""The way back: each leg undone, last first, with norms and activations where the encoder has them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from ..arch import Node
from ..layer import KINDS, Layer, Shape
from ..layers._mirrors import bridged
from ..problem import ShapeError
from ..trace import run
from .naming import paths
from .way import Leg, Way, refused

#: The activation whose values fill a range, by the range.
ACTIVATIONS = {(0.0, 1.0): "Sigmoid", (-1.0, 1.0): "Tanh"}


#: The source that stands for the entry above; -2 is the one above that.
ABOVE = -1


class Entry(NamedTuple):
    """A layer of the decoder.

    A source is a node of the encoder or, below 0, an earlier entry. `undoes` is the encoder's node whose arguments it
    has (0: none; below 0: only the channels that the node makes), and `home` the one whose mirror it belongs to;
    `is_echo` says that it follows that mirror.
    """

    layer: Layer
    sources: tuple[int, ...] = (ABOVE,)
    undoes: int = 0
    home: int = 0
    is_echo: bool = False


class Part(NamedTuple):
    """What undoes one leg, and the norms and activations that follow it there."""

    leg: Leg
    back: tuple[Entry, ...]
    echoes: tuple[Leg, ...] = ()


def parts(way: Way, style: str) -> list[Part]:
    """The decoder of a style, from the code on. Raises `SpecError` where a layer has no mirror.

    A convolution's mirror is followed by the norms and activations that stand in the encoder between the layer with
    weights before it and itself: what it returns has their shape again. Where a layer without weights stands
    between, they come before its mirror if they fit there (a norm of the channels does), and else behind it. The
    last layer with weights carries none.
    """
    return _parts(way.legs, style)


def _parts(legs: Sequence[Leg], style: str, is_inner: bool = False) -> list[Part]:
    """`is_inner` says that a layer with weights stands before the legs, too."""
    stages, found = _stages(legs, style, is_inner), list[Part]()
    learned = [number for number, stage in enumerate(stages) if stage.leg.is_learned]
    waiting: dict[int, tuple[Leg, ...]] = {}
    for number, stage in reversed(list(enumerate(stages))):
        echoes = waiting.pop(number, ())
        if number in learned and (is_inner or number != learned[0]):
            before = max((other for other in learned if other < number), default=-1)
            for between in range(before + 1, number + 1):
                if between == number or _fit(stages[between].echoes, stage.leg.taken):
                    echoes += stages[between].echoes
                else:
                    waiting[between] = stages[between].echoes
        found.append(Part(stage.leg, stage.back, echoes))
    return found


def _stages(legs: Sequence[Leg], style: str, is_inner: bool) -> list[Part]:
    """The legs that must be undone, in the encoder's order, each with the echoed legs directly before it there."""
    stages, echoes = list[Part](), list[Leg]()
    for leg in legs:
        if leg.layer.echoed:
            echoes.append(leg)
            continue
        is_inner = is_inner or any(stage.leg.is_learned for stage in stages[-1:])
        back = _block(leg, style, is_inner) if leg.branches else _back(leg, style)
        if back:
            stages.append(Part(leg, back, tuple(echoes)))
            echoes = _last_echoes(max(leg.branches, key=len)) if leg.branches else []
    return stages


def _back(leg: Leg, style: str) -> tuple[Entry, ...]:
    layers = leg.layer.mirror(leg.taken, leg.made, style)
    if layers is None:
        layers = bridged(leg.taken, leg.made)
    if layers is None:
        raise refused(leg)
    return tuple([Entry(layer, (ABOVE, *_second(layer, leg)), leg.node, leg.node) for layer in layers])


def _second(layer: Layer, leg: Leg) -> tuple[int, ...]:
    """An unpool reads its pool; what is to be as large as another tensor, the one that it restores."""
    if "indices" in layer.inputs:
        return (leg.node,)
    values = layer.__dict__
    takes_like = "like" in layer.inputs and values["size"] is None and values.get("scale_factor") is None
    return (leg.read,) if takes_like else ()


def _block(leg: Leg, style: str, is_inner: bool) -> tuple[Entry, ...]:
    """The mirror of a residual block: every branch is undone from the block's end on, and what they return is added."""
    found, ends = list[Entry](), list[int]()
    for branch in leg.branches:
        own = entries(_parts(branch, style, is_inner))
        for place, entry in enumerate(own):
            distance = len(found)
            sources = [
                source - distance if source < 0 and place + source < 0 else source for source in entry.sources
            ]
            own[place] = entry._replace(sources=tuple(sources))
        found += own
        ends.append(len(found) if own else 0)
    if not found:
        return ()
    sum_of = tuple([end - len(found) - 1 for end in ends])
    return (*found, Entry(leg.layer, sum_of, 0, leg.node))


def _last_echoes(legs: Sequence[Leg]) -> list[Leg]:
    """The norms and activations with which a branch ends."""
    return list(takewhile(lambda leg: leg.layer.echoed, reversed(legs)))[::-1]


def _fit(echoes: tuple[Leg, ...], shape: Shape) -> bool:
    """Whether norms and activations run on a shape, whatever its symbols."""
    try:
        return all(run(leg.layer, (shape,))[1:] == (shape, ()) for leg in echoes)
    except ShapeError:
        return False


def entries(found: Sequence[Part]) -> list[Entry]:
    """The layers of the parts, one after another."""
    return [
        entry
        for part in found
        for entry in (
            *part.back,
            *(Entry(leg.layer, (ABOVE,), leg.node, part.leg.node, True) for leg in part.echoes),
        )
    ]


def completed(way: Way, found: Sequence[Entry]) -> list[Entry]:
    """The entries, and the activation that fits the data's range."""
    name = ACTIVATIONS.get(way.arch.value_range or (0.0, 0.0))
    return [*found, *([Entry(KINDS[name]())] if name else [])]


def nodes(way: Way, found: Sequence[Entry]) -> list[Node]:
    """The decoder's nodes, which follow the encoder's, at their paths below `decoder`."""
    above = len(way.arch.nodes)
    return [
        Node(path, entry.layer, tuple([above + place + 1 + s if s < 0 else s for s in entry.sources]))
        for place, (path, entry) in enumerate(zip(paths(way.arch, found), found))
    ]


def left_out(way: Way) -> list[str]:
    """The kinds on the way that a decoder leaves out, since they keep every shape: dropout, shuffles."""
    kinds = [
        type(leg.layer).__name__
        for leg in way.every_leg
        if not leg.layer.echoed
        and leg.layer.mirror(leg.taken, leg.made) == ()
        and leg.layer.inputs == ("input",)
    ]
    return sorted(set(kinds) - {"Identity"})


def bridges(way: Way) -> list[Leg]:
    """The legs whose kind has no mirror of its own, so that a resize or a 1x1 convolution stands in."""
    return [
        leg for leg in way.every_leg if not leg.branches and leg.layer.mirror(leg.taken, leg.made) is None
    ]
