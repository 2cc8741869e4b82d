"""An autoencoder's code has as many numbers as its input, or more.

A code that is no smaller than the input can hold the input itself: the network can learn to copy, and a small loss
then says nothing of what it has learned. Convolutions that add channels faster than they take away rows do this
unnoticed: 1x28x28 are 784 numbers, and 128x16x16 are 32,768. The witness is the ratio.

It is meant where something else than the size holds the code back: noise on the input (a denoising autoencoder),
sparsity, a code book (a VQ-VAE's code is a few bits for each position). Then say
`# shapecalc: ignore[SHP322] denoising`. A U-Net has skips round its code, and the rule is quiet. With letters in
the input, it speaks where this holds for every size.

Bad:
    input: 1x28x28
    encoder:
      - Conv2d(1, 32, 3, stride=2, padding=1)
      - ReLU
      - Conv2d(32, 64, 3, stride=2, padding=1)  # SHP322
    decoder:
      - ConvTranspose2d(64, 32, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(32, 1, 4, stride=2, padding=1)

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 32, 3, stride=2, padding=1)
      - ReLU
      - Conv2d(32, 8, 3, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(8, 32, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(32, 1, 4, stride=2, padding=1)

Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", sections 14.1 and 14.2 (undercomplete and overcomplete
autoencoders).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...contract import last_change
from ...shapes import spell
from ...size import product
from ...trace import Trace
from ..graph import is_autoencoder
from ..rule import Finding

LEVEL = "note"
PROFILES = ("ae", "vae")


def findings(trace: Trace) -> Iterator[Finding]:
    code = trace.arch.contract.latent_node
    if code is None or not is_autoencoder(trace):
        return
    code = _before_repeats(trace, code)
    taken, made = trace.input, trace.steps[code].out
    numbers_in, numbers = product(taken), product(made)
    if numbers_in == 0 or (numbers >= numbers_in) is not True:
        return
    note = None
    if isinstance(numbers, int) and isinstance(numbers_in, int):
        ratio = f"{numbers / numbers_in:.3g} times as many" if numbers > numbers_in else "as many"
        note = f"{numbers:,} numbers for {numbers_in:,}, {ratio}"
    yield Finding(
        max(last_change(trace, code), 0),
        f"the code is not smaller than the input: {spell(trace.steps[code].shape_out)} for {spell(trace.shape_in)}",
        note,
        argument="out_channels",
    )


def _before_repeats(trace: Trace, code: int) -> int:
    """The code itself, where a decoder is given it once for each step of a sequence."""
    while code > 0 and _kind(trace, code) in ("repeat", "repeat_interleave", "Expand", "Unsqueeze"):
        code = trace.arch.nodes[code].sources[0] - 1
    return max(code, 0)


def _kind(trace: Trace, number: int) -> str:
    layer = trace.steps[number].layer
    return str(getattr(layer, "operation", None) or type(layer).__name__)
