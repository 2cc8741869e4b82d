"""Pairs of layers with nothing but layers that pass numbers on between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..layer import Layer
from ..pairing import before
from ..trace import Trace
from .graph import readers

#: Kinds that return the numbers that they take, in another shape at most.
RESHAPING = frozenset(("Identity", "Flatten", "Unflatten", "View", "Reshape", "Squeeze", "Unsqueeze"))


def reshapes(layer: Layer) -> bool:
    """Whether what comes out are the numbers that went in."""
    return type(layer).__name__ in RESHAPING


def scales(layer: Layer) -> bool:
    """Whether, in evaluation, what comes out are the numbers that went in: dropout does so, too."""
    return reshapes(layer) or layer.role == "dropout"


def spans(trace: Trace, passes: Callable[[Layer], bool] = reshapes) -> Iterator[tuple[int, int]]:
    """Pairs (first, second) where the second gets what the first returns, through layers that `passes` lets by.

    Nobody else reads what goes from one to the other, and neither of them is such a layer itself.
    """
    arch, by = trace.arch, readers(trace.arch)
    last = len(arch.nodes) - 1
    begun: dict[int, int] = {}  # by a layer that passes: whose numbers it returns
    for number, step in enumerate(trace.steps):
        previous = before(arch, number)
        if previous is None or by[previous] != [number] or previous == last:
            continue
        first = begun.get(previous) if passes(trace.steps[previous].layer) else previous
        if first is None:
            continue
        if passes(step.layer):
            begun[number] = first
        else:
            yield first, number
