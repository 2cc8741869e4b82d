"""A position of the code sees less of the input than was asked for.

What an autoencoder's code can say of a place is what its encoder has seen around it: a pattern of 60 frames is not
coded by positions that each see 15. The extent is followed exactly, backwards through every layer, from the middle
of the code; a code of features (behind a `Flatten` and a `Linear`) sees everything. The option `least` is the number
of positions that the code must see along each axis, or all of an axis that is shorter; nothing is asked without it.

More strides, larger kernels or dilation make it longer. Where the file has `sample: {width: 0.0107 s}`, it is said in
seconds, too.

Bad (least=24):
    input: 1x64x64
    encoder:
      - Conv2d(1, 8, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(8, 2, 4, stride=2, padding=1)  # SHP312
    decoder:
      - ConvTranspose2d(2, 8, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(8, 1, 4, stride=2, padding=1)

Good (least=10):
    input: 1x64x64
    encoder:
      - Conv2d(1, 8, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(8, 2, 4, stride=2, padding=1)
    decoder:
      - ConvTranspose2d(2, 8, 4, stride=2, padding=1)
      - ReLU
      - ConvTranspose2d(8, 1, 4, stride=2, padding=1)

Source: Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layer import AXES
from ...trace import Trace
from ..graph import is_autoencoder
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace, *, least: int = 0) -> Iterator[Finding]:
    sizes = trace.shape_in[2:]
    known = all(isinstance(size, int) for size in trace.shape_in[1:])
    if least <= 0 or not is_autoencoder(trace) or len(sizes) not in AXES or not known:
        return
    from ...field import latent, reads

    code = latent(trace)
    if code is None:
        return
    shape = trace.steps[code].shape_out
    first = 2 if len(shape) > 2 else 1
    try:
        field = reads(trace, code, [size // 2 for size in shape[first:] if isinstance(size, int)])
    except ValueError:  # a reshape has mixed the samples
        return
    short = [
        f"{extent} of {size} along the {name}{_scaled(trace, name, extent)}"
        for name, extent, size in zip(AXES[len(sizes)], field.extent, sizes)
        if isinstance(size, int) and extent < min(least, size)
    ]
    if short:
        yield Finding(
            code,
            f"a position of the code sees {' and '.join(short)}",
            f"at least {least} are asked for" + ("" if field.exact else "; the extent is an upper bound"),
        )


def _scaled(trace: Trace, axis: str, extent: int) -> str:
    """The extent in the unit of the file's `sample:`."""
    scale = trace.arch.sample.get(axis)
    return f" ({scale.of(extent)})" if scale else ""
