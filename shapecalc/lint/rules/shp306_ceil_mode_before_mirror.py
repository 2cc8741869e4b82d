"""A pool with `ceil_mode` rounds up in an encoder, and the decoder does not give back what it took.

With `ceil_mode` the last window may reach over the edge: `ceil((L + 2*padding - reach)/stride) + 1` windows, so
that a 2x2 pool makes 4 out of 7. A decoder that doubles makes 8 of that. The rule speaks where a window does reach
over the edge at this size, the decoder's partner returns another size than the pool took, *and* the input does not
come back; an even size, or a partner that is told the size (`output_size`, `size`, a fitting padding), is quiet.

The broken contract is told by its own code, at the decoder; this is where it began. `ceil_mode=False` does not
mend it alone: 7 becomes 3, and 6. Give the partner the size, or the encoder one that divides.

Bad:
    input: 1x28x28
    encoder:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - MaxPool2d(2)
      - MaxPool2d(2)
      - MaxPool2d(2, ceil_mode=True)  # SHP306
    decoder:
      - Upsample(scale_factor=2)  # SHP201, SHP308
      - Upsample(scale_factor=2)
      - ConvTranspose2d(8, 1, 2, stride=2)

Good:
    input: 1x28x28
    encoder:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - MaxPool2d(2)
      - MaxPool2d(2)
      - MaxPool2d(2, ceil_mode=True)
    decoder:
      - ConvTranspose2d(8, 8, 4, stride=2, padding=2, output_padding=1)
      - Upsample(scale_factor=2)
      - ConvTranspose2d(8, 1, 2, stride=2)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html, Shape; ATen's Pool.h.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...contract import contract
from ...pairing import scale_pairs
from ...trace import Trace
from ..graph import readings
from ..rule import Finding
from ..windows import brought_back, by, is_brought_back

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    rounding = [pair for pair in scale_pairs(trace) if vars(trace.steps[pair.encoder].layer).get("ceil_mode")]
    if not rounding or not contract(trace).problems:
        return
    reading = readings(trace.arch)
    for pair in rounding:
        pool, partner = trace.steps[pair.encoder], trace.steps[pair.decoder]
        taken, made = pool.shapes_in[0][2:], pool.shape_out[2:]
        returned = partner.shape_out[2:]
        reaching = _reaching(trace, pair.encoder)
        wrong = [axis for axis in reaching if returned[axis : axis + 1] != taken[axis : axis + 1]]
        if not wrong or is_brought_back(trace, reading.get(pair.decoder + 1, []), taken):
            continue
        yield Finding(
            pair.encoder,
            f"`ceil_mode` makes {by(made)} out of {by(taken)}, and `{partner.path}` returns {by(returned)}",
            "the last window reaches over the edge along "
            + " and ".join(f"{name} by {beyond}" for name, beyond in reaching.values()),
            argument="ceil_mode",
            labels=((pair.decoder, f"makes {by(returned)} out of {by(partner.shapes_in[0][2:])}"),),
            repairs=tuple(brought_back(trace, pair.decoder, taken)),
        )


def _reaching(trace: Trace, number: int) -> dict[int, tuple[str, int]]:
    """The axes whose last window reaches over the padded edge, with their names and how far."""
    from ...ledger import of

    return {
        place: (axis.name, -axis.remainder)
        for place, axis in enumerate(of(trace.steps[number]).axes)
        if isinstance(axis.remainder, int) and axis.remainder < 0
    }
