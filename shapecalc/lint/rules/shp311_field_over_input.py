"""Layers go on convolving after one position sees the whole input already.

Once the receptive field of a layer's input covers the picture, a larger kernel adds no context: what one more
layer can still do is nonlinearity and depth. Richter et al. found that such layers of a classifier hardly add to what
a probe can read off, and that they can go, or the input should be larger. The witness is exact: the positions of the
input that the middle of the layer's own input depends on, all of them.

Most good classifiers do it in their last stage (ResNet-18 on 224 pixels), so the rule is off unless it is asked for.
Decoders are not judged: it stops at the first layer that enlarges.

Bad:
    input: 1x9x9
    layers:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - Conv2d(8, 8, 5, padding=2)
      - ReLU
      - Conv2d(8, 8, 5, padding=2)
      - ReLU
      - Conv2d(8, 8, 3, padding=1)  # SHP311
      - ReLU

Good:
    input: 1x24x24
    layers:
      - Conv2d(1, 8, 3, padding=1)
      - ReLU
      - Conv2d(8, 8, 5, padding=2)
      - ReLU
      - Conv2d(8, 8, 3, padding=1)
      - ReLU

Source: Richter, Byttner, Krumnack, Schallner & Shenk 2021, "(Input) Size Matters for CNN Classifiers".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from ...arch import INPUT
from ...pairing import scales
from ...trace import Trace
from ..rule import Finding
from ..windows import Windowed, by, windowed

LEVEL = "note"
PROFILES = ()


def findings(trace: Trace) -> Iterator[Finding]:
    if not all(isinstance(size, int) for size in trace.shape_in[1:]):
        return
    wide = [found for found in _encoding(trace) if max(slide.kernel_size for slide in found.slides) > 1]
    place = bisect_left(wide, True, key=lambda found: _sees_all(trace, found))
    if place == len(wide):
        return
    found, number = wide[place], len(wide) - place
    yield Finding(
        found.number,
        f"convolves though the middle of its input sees all {by(trace.shape_in[2:])} positions",
        f"{number} {'layer convolves' if number == 1 else 'layers convolve'} from here on",
        argument="kernel_size",
    )


def _encoding(trace: Trace) -> Iterator[Windowed]:
    """The convolutions before the decoder, and before the first layer that enlarges."""
    decoder = trace.arch.sections.get("decoder", range(len(trace.steps), len(trace.steps)))
    growing = (number for number, step in enumerate(trace.steps) if scales(step, grows=True))
    end = min(decoder.start, next(growing, len(trace.steps)))
    for found in windowed(trace):
        is_conv = found.step.layer.role == "weights" and not found.is_transposed
        if found.number < end and found.is_known and is_conv:
            yield found


def _sees_all(trace: Trace, found: Windowed) -> bool:
    """Whether the middle position of what the layer takes depends on the whole input."""
    from ...field import reads

    source = trace.arch.nodes[found.number].sources[0]
    if source == INPUT:
        return False
    middle = [int(slide.size) // 2 for slide in found.slides]
    try:
        return reads(trace, source - 1, middle).extent == trace.shape_in[2:]
    except ValueError:  # a reshape has mixed the samples
        return False
