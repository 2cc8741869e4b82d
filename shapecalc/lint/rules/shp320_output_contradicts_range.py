"""The last layer cannot return what `range:` says of the data, or returns what is no data.

An autoencoder and a generator are to return data. `ReLU` returns nothing below 0: of the range [-1, 1] it misses
the half. `Sigmoid` returns 0 to 1: of [0, 255] it misses nearly all. `Tanh` returns -1 to 1: for [0, 1] half of
what it returns is no data, and black lies in its middle, not at its end. The loss then has a floor that no training
passes. The witness is the part of the range that is never returned, or the part of the image that is outside.

A norm at the end does it, too, whatever the range: every batch (`BatchNorm`) or every sample (the others) comes out
with the same mean and spread, which real data has not.

No activation at the end is right for every range, and the rule is quiet. It needs `range:` in the spec for
activations, and looks at autoencoders and generators only. For data that does not fill its range, say
`# shapecalc: ignore[SHP320] only positive`.

Bad (half of the range is missed):
    input: 64
    range: [-1, 1]
    encoder:
      - Linear(64, 8)
    decoder:
      - Linear(8, 64)
      - ReLU  # SHP320

Bad (half of what comes out is no data):
    input: 64
    range: [0, 1]
    encoder:
      - Linear(64, 8)
    decoder:
      - Linear(8, 64)
      - Tanh  # SHP320

Bad (the same mean for every batch):
    input: 1x8x8
    encoder:
      - Conv2d(1, 4, 4, stride=4)
    decoder:
      - ConvTranspose2d(4, 1, 4, stride=4, bias=False)
      - BatchNorm2d(1)  # SHP320

Good:
    input: 64
    range: [0, 1]
    encoder:
      - Linear(64, 8)
    decoder:
      - Linear(8, 64)
      - Sigmoid

Good (no activation):
    input: 64
    range: [-1, 1]
    encoder:
      - Linear(64, 8)
    decoder:
      - Linear(8, 64)

Source: Radford et al. 2015, "Unsupervised Representation Learning with DCGANs", section 3 (Tanh for images scaled to
[-1, 1], no batch norm at the generator's output).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...arch import INPUT
from ...repair.changes import Change, Changes
from ...trace import Trace
from .._spans import scales
from ..graph import is_autoencoder
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    number = _last(trace)
    if (
        number is None
        or trace.steps[number].layer.role not in ("activation", "norm")
        or not _returns_data(trace)
    ):
        return
    if trace.steps[number].layer.role == "norm":
        yield from _norm(trace, number)
    elif trace.arch.value_range is not None:
        yield from _activation(trace, number, trace.arch.value_range)


def _norm(trace: Trace, number: int) -> Iterator[Finding]:
    kind = type(trace.steps[number].layer).__name__
    if kind in ("LocalResponseNorm", "CrossMapLRN2d"):
        return
    each = "batch" if "BatchNorm" in kind else "sample"
    spread = "spread" if kind == "RMSNorm" else "mean and spread"
    yield Finding(
        number,
        f"the output of every {each} has the same {spread}, and the data's differ",
        "a norm at the end takes away what tells them apart",
        repairs=({number: Change(removed=True)},),
    )


def _activation(trace: Trace, number: int, stated: tuple[float, float]) -> Iterator[Finding]:
    from .._images import LINE, Image, image

    layer, wanted = trace.steps[number].layer, Image(*stated)
    above = trace.arch.nodes[number].sources[0]
    given = (
        image(trace.steps[above - 1].layer) if above != INPUT and _is_activation(trace, above - 1) else LINE
    )
    found = image(layer, given or LINE)
    if found is None:
        return
    said = f"[{wanted.low:g}, {wanted.high:g}]"
    repairs = _repairs(number, type(layer).__name__, stated)
    missed = 1 - _share(wanted, found)
    if missed > 0:
        message = f"{type(layer).__name__} returns {found}, and never {missed:.0%} of the range {said}"
        yield Finding(number, message, "`range:` says what values the data takes", repairs=repairs)
    elif found.is_bounded and (outside := 1 - _share(found, wanted)) > 0:
        message = (
            f"{type(layer).__name__} returns {found}, and {outside:.0%} of that is outside the range {said}"
        )
        yield Finding(number, message, "`range:` says what values the data takes", repairs=repairs)


def _share(whole: Any, part: Any) -> float:
    """Which part of an interval lies in another one."""
    inside = min(whole.high, part.high) - max(whole.low, part.low)
    return float(max(inside, 0.0) / (whole.high - whole.low))


def _repairs(number: int, kind: str, stated: tuple[float, float]) -> tuple[Changes, ...]:
    """The activation of that range, and none at all."""
    fitting = {(0.0, 1.0): "Sigmoid", (-1.0, 1.0): "Tanh"}.get(stated)
    none: Changes = {number: Change(removed=True)}
    return ({number: Change({}, fitting)}, none) if fitting and fitting != kind else (none,)


def _last(trace: Trace) -> int | None:
    """The last step that does more than reshape."""
    number = len(trace.steps) - 1
    while number >= 0 and scales(trace.steps[number].layer):
        number = trace.arch.nodes[number].sources[0] - 1
    return number if number >= 0 else None


def _is_activation(trace: Trace, number: int) -> bool:
    return trace.steps[number].layer.role == "activation"


def _returns_data(trace: Trace) -> bool:
    """Whether it is an autoencoder, or a generator: a GAN's network that enlarges."""
    if is_autoencoder(trace):
        return True
    from ..profile import profile_of

    first, last = trace.shape_in, trace.shape_out or ()
    enlarges = len(last) > 2 and (len(first) < len(last) or first[2:] != last[2:])
    return enlarges and profile_of(trace) == "gan" and _is_larger(first[2:], last[2:])


def _is_larger(first: Any, last: Any) -> bool:
    return all(isinstance(a, int) and isinstance(b, int) and a <= b for a, b in zip(first, last))
