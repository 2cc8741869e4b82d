"""One layer on its own, from the text of torch's constructor call."""

from __future__ import annotations

from .. import layers
from ..fields import BATCH, INFER
from ..layer import KINDS, Layer, nearest
from ..problem import UNKNOWN_KIND, Place, ShapeError, SpecError
from .call import evaluate, one_line, parse_call

assert layers  # importing the package fills KINDS


def parse_layer(text: str) -> Layer:
    """The layer that the text spells; `ShapeError` where torch's constructor would refuse it.

    >>> parse_layer("nn.Conv2d(1, 8, kernel_size=3)")
    Conv2d(1, 8, 3)
    """
    call = parse_call(text, 0, len(text), one_line)
    kind = kind_called(call.kind, one_line(*call.kind_span))
    places = dict(zip(kind.fields, (one_line(*arg.value_span) for arg in call.args if arg.name is None)))
    places |= {arg.name: one_line(*arg.value_span) for arg in call.args if arg.name is not None}
    args = [evaluate(arg.value, {"N": BATCH}, one_line, INFER) for arg in call.args if arg.name is None]
    kwargs = {arg.name: evaluate(arg.value, {}, one_line, INFER) for arg in call.args if arg.name is not None}
    try:
        return kind(*args, **kwargs)
    except ShapeError as error:
        place = places.get(error.problem.argument or "", one_line(*call.span))
        error.problem = error.problem._replace(place=place)
        raise


def kind_called(name: str, place: Place) -> type[Layer]:
    """The kind of that name; `SpecError` with the nearest one where there is none."""
    kind = KINDS.get(name)
    if kind is None:
        near = nearest(name, KINDS)
        help = f"did you mean `{near}`?" if near else None
        raise SpecError(UNKNOWN_KIND, f"unknown layer `{name[:60]}`", place, help=help)
    return kind
