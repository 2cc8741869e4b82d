"""An even kernel at stride 1 shifts by half a pixel, or changes the size by one.

The middle of a kernel of even reach `dilation*(kernel_size-1) + 1` lies between two pixels. At stride 1 no padding
on both sides keeps the size: `L + 2*padding - (reach-1)` is `L` only for an odd reach. So `padding=kernel_size//2`
makes one row too many, and `padding='same'` pads one side more than the other and moves everything by half a pixel:
torch copies the input for it, too. Six such layers move features three pixels from where a skip or a mask has them.

Quiet are kernels without padding, kernels that cover the whole axis (4x4 on 4x4), kernels behind a pad layer
(causal stacks), a pair of a convolution and its transpose that undo each other's shift, and all strides above 1,
where even kernels are right (`uneven-overlap` asks for them). A discriminator may not care for half a pixel:
`# shapecalc: ignore[SHP307] reason`.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 8, 4, padding=2)  # SHP307
      - ReLU
      - Conv2d(8, 8, 2, padding='same')  # SHP307
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 8, 5, padding=2)
      - ReLU
      - Conv2d(8, 8, 4, stride=2, padding=1)
      - ReLU

Good (dilated to an odd reach):
    input: 3x32x32
    layers:
      - Conv2d(3, 8, 2, padding=1, dilation=2)
      - ReLU

Good (undone by the decoder):
    input: 3x32x32
    encoder:
      - Conv2d(3, 8, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(8, 4, 4, padding=1)
    decoder:
      - ConvTranspose2d(4, 8, 4, padding=1)
      - ReLU
      - ConvTranspose2d(8, 3, 4, stride=2, padding=1)

Source: Wu et al. 2019, "Convolution with even-sized kernels and symmetric padding".
"""

from __future__ import annotations

from collections.abc import Iterator

from ...pairing import before
from ...repair.changes import Change, Changes
from ...trace import Trace
from ...window import Slide
from ..rule import Finding
from ..windows import Windowed, by, one, windowed

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    undone: frozenset[int] | None = None
    for found in windowed(trace):
        layer = found.step.layer
        if layer.role != "weights" or not any(_is_between(slide) for slide in found.slides):
            continue
        undone = _undone(trace) if undone is None else undone
        if found.number in undone or _is_behind_pad(trace, found.number):
            continue
        yield _finding(found, vars(layer)["padding"] == "same")


def _is_between(slide: Slide) -> bool:
    """Whether the kernel's middle is between two pixels, and the size is kept but for one."""
    reach = slide.dilation * (slide.kernel_size - 1) + 1
    if slide.stride != 1 or reach % 2 or slide.number == 1:
        return False
    return slide.before > 0 and slide.number - slide.size in (-1, 1) if slide.number != slide.size else True


def _is_behind_pad(trace: Trace, number: int) -> bool:
    """Whether the layer reads a pad layer: its author has chosen the sides."""
    source = before(trace.arch, number)
    return source is not None and "Pad" in type(trace.steps[source].layer).__name__


def _undone(trace: Trace) -> frozenset[int]:
    """The layers of encoder and decoder whose shifts undo each other, and whose sizes come back."""
    if "decoder" not in trace.arch.sections:
        return frozenset()
    from ...pairing import pairs

    steps = trace.steps
    return frozenset(
        number
        for pair in pairs(trace)
        if _is_shifting(trace, pair.encoder) and _is_shifting(trace, pair.decoder)
        if steps[pair.encoder].shapes_in[0][2:] == steps[pair.decoder].shape_out[2:]
        for number in pair
    )


def _is_shifting(trace: Trace, number: int) -> bool:
    step = trace.steps[number]
    slides = step.layer.slides(step.shape_out, *step.shapes_in)
    return any(isinstance(slide, Slide) and _is_between(slide) for slide in slides)


def _finding(found: Windowed, is_same: bool) -> Finding:
    kernel = by([slide.kernel_size for slide in found.slides])
    sizes = found.step.shapes_in[0][-len(found.slides) :], found.step.shape_out[-len(found.slides) :]
    between = [slide for slide in found.slides if _is_between(slide)]
    reach = between[0].dilation * (between[0].kernel_size - 1) + 1
    if is_same:
        first = between[0].before
        message = f"kernel {kernel} with padding='same' moves its output by half a pixel"
        note = f"it pads {first} before and {reach - 1 - first} behind, for a reach of {reach}"
    else:
        message = f"kernel {kernel} at stride 1 makes {by(sizes[1])} out of {by(sizes[0])}"
        note = f"2*{between[0].before} is padded, and an even reach of {reach} takes {reach - 1}"
    return Finding(found.number, message, note, argument="kernel_size", repairs=tuple(_repairs(found)))


def _repairs(found: Windowed) -> Iterator[Changes]:
    """The next larger kernel, and the next smaller, with the padding that keeps the input's size."""
    is_same = vars(found.step.layer)["padding"] == "same"
    for more in (1, -1):
        kernel = [slide.kernel_size + more * _is_between(slide) for slide in found.slides]
        paddings = [
            slide.dilation * (size - 1) // 2 if _is_between(slide) else slide.before
            for slide, size in zip(found.slides, kernel)
        ]
        arguments: dict[str, object] = {"kernel_size": one(kernel)}
        if not is_same:
            arguments["padding"] = one(paddings)
        yield {found.number: Change(arguments)}
