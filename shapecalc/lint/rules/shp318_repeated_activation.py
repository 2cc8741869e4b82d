"""An activation gets what another returned, with nothing learned between.

What the first returns lies in its image, and the second sees nothing else. Behind `ReLU` a second `ReLU` changes
no number. Behind `ReLU` a `Sigmoid` returns 0.5 and more, so that no target below 0.5 can be met; behind `Sigmoid`
a `Sigmoid` returns 0.5 to 0.731; behind `Sigmoid` a `Softmax` over 10 classes gives no class more than
e/(e + 9) = 0.232. Mostly one of the two was meant to go when the other came. The witness is the interval that is
left of the second's.

The rule is quiet where the second's image stays what it is (`GELU` and then `ReLU`), and where the second is a gate
that multiplies another branch. Where the narrow image is meant (`ReLU` and then `Tanh` for 0 to 1), say
`# shapecalc: ignore[SHP318] 0 to 1`.

Bad (changes nothing):
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - ReLU  # SHP318

Bad (below 0.5 nothing comes out):
    input: 64
    layers:
      - Linear(64, 10)
      - ReLU
      - Sigmoid  # SHP318

Bad (no class gets more than 0.232):
    input: 64
    layers:
      - Linear(64, 10)
      - Sigmoid
      - Softmax(1)  # SHP318

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3)
      - ReLU
      - Conv2d(16, 16, 3)
      - Sigmoid

Good (Mish, written out: the second is a gate):
    input: 16x32x32
    layers:
      - given: Conv2d(16, 16, 3)
      - Softplus
      - gate: Tanh
      - Mul(given, gate)

Source: the formulas of the activations, https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, inf
from typing import Any

from ...repair.changes import Change
from ...trace import Trace
from .._spans import spans
from ..graph import readers
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    for first, second in spans(trace):
        if trace.steps[first].layer.role == trace.steps[second].layer.role == "activation":
            found = _finding(trace, first, second)
            if found is not None:
                yield found


def _finding(trace: Trace, first: int, second: int) -> Finding | None:
    from .._images import image, kept

    one, two = trace.steps[first], trace.steps[second]
    given = image(one.layer)
    if given is None:
        return None
    labels = ((first, f"returns {given}"),)
    same = kept(two.layer)
    without_first, without_second = {first: Change(removed=True)}, {second: Change(removed=True)}
    if same is not None and same.holds(given):
        message = f"it changes nothing: `{one.path}` returns {given} already"
        return Finding(second, message, None, None, labels, (without_second,), keeps_meaning=two.params == 0)
    if _is_gate(trace, second):
        return None
    slopes = [getattr(step.layer, "negative_slope", -1.0) for step in (one, two)]
    if min(slopes) >= 0:
        both = slopes[0] * slopes[1]
        return Finding(
            second,
            f"together with `{one.path}` it is one `LeakyReLU({both:.3g})`",
            labels=((first, "is the same"),),
        )
    if type(two.layer).__name__ == "Softmax":
        found = _flat(second, one.path, given, _classes(two), labels)
        return found and found._replace(repairs=(without_first,))
    alone, left = image(two.layer), image(two.layer, given)
    if alone is None or left is None or not _is_narrower(left, alone):
        return None
    message = (
        f"behind `{one.path}` it returns {left} only, where `{type(two.layer).__name__}` returns {alone}"
    )
    return Finding(
        second, message, f"`{one.path}` returns {given}", None, labels, (without_first, without_second)
    )


def _is_narrower(left: Any, alone: Any) -> bool:
    """Whether a part of the image is gone that a float would notice."""
    return bool(left.low > alone.low + 1e-6 or left.high < alone.high - 1e-6)


def _is_gate(trace: Trace, number: int) -> bool:
    return any(type(trace.steps[reader].layer).__name__ == "Mul" for reader in readers(trace.arch)[number])


def _classes(step: Any) -> Any:
    """The size of the axis that a softmax runs over; None where torch chooses."""
    return None if step.layer.dim is None else step.shape_out[step.layer.dim]


def _flat(
    second: int, path: str, given: Any, classes: Any, labels: tuple[tuple[int, str], ...]
) -> Finding | None:
    """A softmax of bounded scores: how large its largest number can be."""
    if not isinstance(classes, int) or classes < 2 or given.high - given.low in (inf,):
        return None
    most = 1 / (1 + (classes - 1) * exp(given.low - given.high))
    return Finding(
        second,
        f"none of its {classes} numbers can be more than {most:.3g}: `{path}` returns {given}",
        f"1/(1 + {classes - 1}*exp({given.low:g} - {given.high:g})) = {most:.3g}",
        labels=labels,
    )
