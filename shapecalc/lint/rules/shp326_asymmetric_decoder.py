"""A decoder's step does not give back the channels or the size that its partner in the encoder took.

A decoder that mirrors its encoder returns, step by step, what the encoder took: the same sizes and the same
channels, in the opposite order. It need not: what counts is what comes out, and a decoder that is smaller than its
encoder is a choice. Therefore this is off unless it is asked for. The witness is both
shapes.

Bad:
    input: 1x28x28
    encoder:
      - Conv2d(1, 16, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(16, 8, 4, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(8, 32, 4, stride=2, padding=1)  # SHP326
      - ReLU
      - ConvTranspose2d(32, 1, 4, stride=2, padding=1)

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 16, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(16, 8, 4, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(8, 16, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(16, 1, 4, stride=2, padding=1)

Source: Masci et al. 2011, "Stacked Convolutional Auto-Encoders"; Badrinarayanan et al. 2015, "SegNet", section 3
(each decoder has its encoder).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...pairing import pairs
from ...shapes import spell
from ...trace import Trace
from ..graph import is_autoencoder
from ..rule import Finding

LEVEL = "note"
PROFILES = ()


def findings(trace: Trace) -> Iterator[Finding]:
    if not is_autoencoder(trace):
        return
    for decoder, encoder in pairs(trace):
        step, partner = trace.steps[decoder], trace.steps[encoder]
        returned, taken = step.shape_out, partner.shapes_in[0]
        if returned != taken:
            yield Finding(
                decoder,
                f"it returns {spell(returned)}, and its partner `{partner.path}` took {spell(taken)}",
                argument="out_channels" if returned[2:] == taken[2:] else None,
                labels=((encoder, "its partner"),),
            )
