"""The taps of a transposed convolution overlap unevenly: a checkerboard is built in.

A position of the output sums the taps that reach it: those with `position % stride == dilation*tap % stride`. With
a kernel that is no multiple of the stride some residues are reached more often than others, and over two axes the
counts multiply: 3x3 with stride 2 sums 1, 2 or 4 taps. Learning can even it out, and often does not quite: a faint
checkerboard stays, plainest where colours are flat. The witness is the histogram over one period, away from the
borders.

A kernel that is a multiple of the stride (4 at 2, 2 at 2, 6 at 3) overlaps evenly, and so does upsampling before
an ordinary convolution. Even kernels are right here: `even-kernel-at-stride-one` speaks of stride 1 only. In the
middle of a deep decoder a 3x3 kernel does little harm: `# shapecalc: ignore[SHP304] reason`.

Bad:
    input: 8x7x7
    layers:
      - ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)  # SHP304
      - ReLU

Good:
    input: 8x7x7
    layers:
      - ConvTranspose2d(8, 4, 4, stride=2, padding=1)
      - ReLU

Good (one input, and nothing overlaps):
    input: 64x1x1
    layers:
      - ConvTranspose2d(64, 32, 7, stride=2)
      - ReLU

Source: Odena, Dumoulin & Olah 2016, "Deconvolution and Checkerboard Artifacts", https://distill.pub/2016/deconv-checkerboard.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..overlap import even_kernels, period, said
from ..rule import Finding
from ..windows import windowed

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    for found in windowed(trace):
        if not found.is_transposed or found.step.layer.role != "weights" or (uneven := period(found)) is None:
            continue
        low, high = min(uneven.histogram), max(uneven.histogram)
        yield Finding(
            found.number,
            f"uneven overlap: some outputs sum {high} taps, others {low}",
            said(found, uneven, "outputs"),
            argument="kernel_size",
            repairs=tuple(even_kernels(found)),
        )
