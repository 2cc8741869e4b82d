"""An `Upsample` by a factor in a decoder, where its encoder partner took a size that the factor does not divide.

`floor(L * scale_factor)` knows nothing of the size that was halved: a pool makes 3 out of 7, and twice 3 is 6. The
decoder is exact for multiples of the factor at that layer, for every other size a row is missing or too many. What
counts is what the *partner* took, not the size that the resize itself is given. Where a later layer brings the size
back (a pad, a crop, a resize by `size`), or the whole network does, the rule is quiet.

`Upsample(size=...)` is exact for one size; `Interpolate(like=...)`, or a transposed convolution with the
output_padding that the remainder asks for, follows the encoder.

Bad:
    input: 1x14x14
    encoder:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - MaxPool2d(2)
      - MaxPool2d(2)  # SHP301
    decoder:
      - Upsample(scale_factor=2)  # SHP201, SHP308
      - Upsample(scale_factor=2)
      - Conv2d(8, 1, 3, padding=1)

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - MaxPool2d(2)
      - MaxPool2d(2)
    decoder:
      - Upsample(scale_factor=2)
      - Upsample(scale_factor=2)
      - Conv2d(8, 1, 3, padding=1)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html, Shape.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...contract import contract
from ...pairing import scale_pairs, taken_before_pads
from ...trace import Trace
from ..graph import readings
from ..rule import Finding
from ..windows import brought_back, by, is_brought_back

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    decoder = trace.arch.sections.get("decoder", range(0))
    if not any(_factors(trace, number) for number in decoder) or not contract(trace).problems:
        return
    reading = readings(trace.arch)
    for pair in scale_pairs(trace):
        step, partner = trace.steps[pair.decoder], trace.steps[pair.encoder]
        factors = _factors(trace, pair.decoder)
        taken, made = taken_before_pads(trace, pair.encoder)[2:], partner.shape_out[2:]
        returned = step.shape_out[2:]
        if len(factors) != len(taken) or is_brought_back(trace, reading.get(pair.decoder + 1, []), taken):
            continue
        odd = [
            (size, factor)
            for size, factor, back in zip(taken, factors, returned)
            if isinstance(size, int) and isinstance(back, int) and size != back and size % factor
        ]
        if not odd:
            continue
        yield Finding(
            pair.decoder,
            f"returns {by(returned)}, where `{partner.path}` took {by(taken)}",
            f"`{partner.path}` made {by(made)}, and {_exact(odd)}",
            argument="scale_factor",
            labels=((pair.encoder, f"made {by(made)} out of {by(taken)}"),),
            repairs=tuple(brought_back(trace, pair.decoder, taken)),
        )


def _exact(odd: list[tuple[int, float]]) -> str:
    sizes = " or ".join(dict.fromkeys(str(size) for size, _ in odd))
    factor = odd[0][1]
    return f"a factor of {factor:g} gives back multiples of {factor:g} alone, not {sizes}"


def _factors(trace: Trace, number: int) -> tuple[float, ...]:
    """The factor of each spatial axis; () where the step is no enlarging resize by a factor."""
    if number >= len(trace.steps):
        return ()
    layer = trace.steps[number].layer
    factor = vars(layer).get("scale_factor")
    if factor is None or len(trace.steps[number].shapes_in) > 1:
        return ()
    rank = len(trace.steps[number].shape_out) - 2
    factors = factor if isinstance(factor, tuple) else (factor,) * rank
    return factors if any(one > 1 for one in factors) else ()
