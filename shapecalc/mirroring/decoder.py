"""The way back: each leg undone, last first, with norms and activations where the encoder has them."""

from __future__ import annotations

from typing import NamedTuple

from ..arch import Node
from ..layer import KINDS, Layer, Shape
from ..layers._mirrors import bridged
from ..problem import ShapeError
from ..trace import run
from .way import Leg, Way, refused

#: The activation whose values fill a range, by the range.
ACTIVATIONS = {(0.0, 1.0): "Sigmoid", (-1.0, 1.0): "Tanh"}


class Part(NamedTuple):
    """What undoes one leg, and the norms and activations that follow it there."""

    leg: Leg
    back: tuple[Layer, ...]
    echoes: tuple[Layer, ...] = ()


class _Stage(NamedTuple):
    """A leg that is undone, how, and the echoed layers that stand directly before it in the encoder."""

    leg: Leg
    back: tuple[Layer, ...]
    echoes: tuple[Layer, ...]


def parts(way: Way, style: str) -> list[Part]:
    """The decoder of a style, from the code on. Raises `SpecError` where a layer has no mirror.

    A convolution's mirror is followed by the norms and activations that stand in the encoder between the layer with
    weights before it and itself: what it returns has their shape again. Where a layer without weights stands
    between, they come before its mirror if they fit there (a norm of the channels does), and else behind it. The
    last layer with weights carries none.
    """
    stages, found = _stages(way, style), list[Part]()
    learned = [number for number, stage in enumerate(stages) if stage.leg.layer.num_parameters]
    waiting: dict[int, tuple[Layer, ...]] = {}
    for number, stage in reversed(list(enumerate(stages))):
        echoes = waiting.pop(number, ())
        if number in learned[1:]:
            before = learned[learned.index(number) - 1]
            for between in range(before + 1, number + 1):
                if between == number or _fit(stages[between].echoes, stage.leg.taken):
                    echoes += stages[between].echoes
                else:
                    waiting[between] = stages[between].echoes
        found.append(Part(stage.leg, stage.back, echoes))
    return found


def _stages(way: Way, style: str) -> list[_Stage]:
    """The legs that must be undone, in the encoder's order."""
    stages, echoes = list[_Stage](), list[Layer]()
    for leg in way.legs:
        if leg.layer.echoed:
            echoes.append(leg.layer)
            continue
        back = leg.layer.mirror(leg.taken, leg.made, style)
        if back is None:
            back = bridged(leg.taken, leg.made)
        if back is None:
            raise refused(leg)
        if back:
            stages.append(_Stage(leg, back, tuple(echoes)))
            echoes.clear()
    return stages


def _fit(echoes: tuple[Layer, ...], shape: Shape) -> bool:
    """Whether norms and activations run on a shape, whatever its symbols."""
    try:
        return all(run(layer, (shape,))[1:] == (shape, ()) for layer in echoes)
    except ShapeError:
        return False


class Entry(NamedTuple):
    """A layer of the decoder, and the source that it reads beside the layer above, if any."""

    layer: Layer
    second: int | None = None


def entries(found: list[Part]) -> list[Entry]:
    """The layers of the parts, one after another."""
    return [
        Entry(layer, second)
        for part in found
        for layer, second in (
            *((layer, _second(layer, part.leg)) for layer in part.back),
            *((layer, None) for layer in part.echoes),
        )
    ]


def _second(layer: Layer, leg: Leg) -> int | None:
    """An unpool reads its pool; what is to be as large as another tensor, the one that it restores."""
    if "indices" in layer.inputs:
        return leg.node
    values = layer.__dict__
    takes_like = "like" in layer.inputs and values["size"] is None and values.get("scale_factor") is None
    return leg.read if takes_like else None


def nodes(way: Way, found: list[Entry]) -> list[Node]:
    """The decoder's nodes, which follow the encoder's; the last activation is the one that fits the data's range."""
    name = ACTIVATIONS.get(way.arch.value_range or (0.0, 0.0))
    whole = [*found, *([Entry(KINDS[name]())] if name else [])]
    above = len(way.arch.nodes)
    return [
        Node(str(place), layer, (above + place,) if second is None else (above + place, second))
        for place, (layer, second) in enumerate(whole)
    ]


def left_out(way: Way) -> list[str]:
    """The kinds on the way that a decoder leaves out, since they keep every shape: dropout, shuffles."""
    kinds = [
        type(leg.layer).__name__
        for leg in way.legs
        if not leg.layer.echoed
        and leg.layer.mirror(leg.taken, leg.made) == ()
        and leg.layer.inputs == ("input",)
    ]
    return sorted(set(kinds) - {"Identity"})


def bridges(way: Way) -> list[Leg]:
    """The legs whose kind has no mirror of its own, so that a resize or a 1x1 convolution stands in."""
    return [leg for leg in way.legs if leg.layer.mirror(leg.taken, leg.made) is None]
