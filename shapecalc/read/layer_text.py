"""One layer on its own, from the text of torch's constructor call."""

from __future__ import annotations

from ..layer import Layer, Refused
from ..problem import WRONG_TYPE, ShapeError, SpecError
from ..sorts import BATCH
from .nodes import Source
from .quote import code
from .written import of_text


def parse_layer(text: str) -> Layer:
    """The layer that the text spells; `ShapeError` where torch's constructor would refuse it.

    >>> parse_layer("nn.Conv2d(1, 8, kernel_size=3)")
    Conv2d(1, 8, 3)
    """
    _, layer, sources, origin = of_text(text, 0, len(text), Source(text).place, {"N": BATCH})
    if sources:
        place = origin.place_of(*sources[0].span)
        raise SpecError(
            WRONG_TYPE, f"a layer on its own reads no other, as {code(sources[0].word or '')}", place
        )
    if isinstance(layer, Refused):
        problem = layer.__dict__["problem"]
        raise ShapeError(problem._replace(place=origin.argument(problem.argument)))
    return layer
