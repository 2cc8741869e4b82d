"""A U-Net's decoder: at every resolution the encoder's tensor is joined, and the next weights take both."""

from __future__ import annotations

from ..arch import INPUT
from ..layer import KINDS, Shape
from ..problem import ShapeError
from ..trace import run
from .decoder import ABOVE, Entry, Part, entries
from .way import Way


def joined(way: Way, parts: list[Part]) -> list[Entry]:
    """The decoder's layers with a `Cat` behind every part that restores a size.

    The joined tensor is the one that the undone layer read, so that their sizes agree by construction. The network's
    input itself is not joined, nor what comes before any weights.
    """
    found: list[Entry] = []
    learned = {leg.node for leg in way.legs if leg.is_learned}
    skip: Shape = ()
    for number, part in enumerate(parts):
        own = entries([part])
        if skip:
            own = _taking_both(own, skip, part.leg.taken)
        leg, skip = part.leg, ()
        found += own
        has_weights_before = any(node <= leg.read for node in learned)
        is_joint = len(leg.taken) > 2 and leg.taken[2:] != leg.made[2:] and len(leg.taken) == len(leg.made)
        if leg.read != INPUT and has_weights_before and is_joint and number + 1 < len(parts):
            found.append(Entry(KINDS["Cat"](), (ABOVE, leg.read), 0, leg.node, True))
            skip = leg.taken
    return found


def _taking_both(own: list[Entry], shape: Shape, like: Shape) -> list[Entry]:
    """The entries for twice the channels: the first convolution is widened, or else a 1x1 one stands before all."""
    both: Shape = (shape[0], 2 * shape[1], *shape[2:])
    for place, entry in enumerate(own):
        if entry.layer.__dict__.get("in_channels") == shape[1]:
            widened = entry.layer.replace(in_channels=both[1])
            if _run([*own[:place], Entry(widened)], both, like) and not _branches(own):
                return [*own[:place], entry._replace(layer=widened), *own[place + 1 :]]
            break
    narrowing = KINDS[f"Conv{len(shape) - 2}d"](both[1], shape[1], 1)
    return [Entry(narrowing, undoes=-own[-1].home, home=own[-1].home, is_echo=True), *own]


def _branches(own: list[Entry]) -> bool:
    """Whether some entry reads another one than that above it."""
    return any(source < ABOVE for entry in own for source in entry.sources)


def _run(own: list[Entry], shape: Shape, like: Shape) -> bool:
    """Whether the layers run from a shape on; `like` is the tensor whose size some read."""
    try:
        for entry in own:
            shape = run(entry.layer, (shape, like)[: len(entry.sources)])[1]
    except ShapeError:
        return False
    return True
