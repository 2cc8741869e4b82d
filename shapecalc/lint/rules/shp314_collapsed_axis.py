"""One axis has come down to 1 while the layers go on along the other.

Strides that halve both axes of a long, low input (10 mel bands, 474 frames) are through with the short one first.
From there on every kernel larger than 1 along that axis has one tap on data and the rest on padding: the weights of
the others get no gradient. The witness is how many layers still do that, and how many of their taps along the axis
meet nothing.

Told at the layer that made the 1, where a later layer with a kernel over 1 along the axis still comes before the
axis grows again. An axis that ends as 1 on purpose (OCR, global pooling, 1x1 codes) has only 1-wide kernels behind
it, and is quiet. A stride for each axis, `stride=(1, 2)`, keeps the short one longer.

Bad:
    input: 1x8x474
    layers:
      - Conv2d(1, 16, 3, stride=2, padding=1)
      - ReLU
      - Conv2d(16, 16, 3, stride=2, padding=1)
      - ReLU
      - Conv2d(16, 16, 3, stride=2, padding=1)  # SHP314
      - ReLU
      - Conv2d(16, 16, 3, stride=2, padding=1)  # SHP310
      - ReLU

Good:
    input: 1x8x474
    layers:
      - Conv2d(1, 16, 3, stride=2, padding=1)
      - ReLU
      - Conv2d(16, 16, 3, stride=(1, 2), padding=1)
      - ReLU
      - Conv2d(16, 16, 3, stride=(1, 2), padding=1)
      - ReLU
      - Conv2d(16, 16, 3, stride=2, padding=1)
      - ReLU

Source: Choi et al. 2016, "Automatic tagging using deep convolutional neural networks", section 3 (pools by axis).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layer import AXES
from ...repair.changes import Change, Changes
from ...trace import Trace
from ..graph import readings
from ..rule import Finding
from ..windows import Windowed, one, windowed

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    known = {found.number: found for found in windowed(trace)}
    reading: dict[int, list[int]] | None = None
    for found in known.values():
        rank = len(found.slides)
        for axis in range(rank):
            if rank == 1 or not _collapses(found, axis):
                continue
            reading = readings(trace.arch) if reading is None else reading
            later = _later(trace, found.number, axis - rank, known, reading)
            if not later:
                continue
            name = AXES[rank][axis]
            yield Finding(
                found.number,
                f"{name} is 1 from here on, and {len(later)} more {_layers(len(later))} along it",
                _witness(trace, later, axis - rank, name),
                argument="stride" if found.slides[axis].stride > 1 else "kernel_size",
                labels=(
                    (
                        later[0].number,
                        f"reads {name} 1 with a kernel of {later[0].slides[axis - rank].kernel_size}",
                    ),
                ),
                repairs=tuple(_repairs(found, axis)),
            )


def _collapses(found: Windowed, axis: int) -> bool:
    """Whether the axis becomes 1 here, and another does not."""
    sizes_in = found.step.shapes_in[0][-len(found.slides) :]
    sizes_out = found.step.shape_out[-len(found.slides) :]
    return bool(sizes_out[axis] == 1 and sizes_in[axis] != 1 and any(size != 1 for size in sizes_out))


def _later(
    trace: Trace, number: int, axis: int, known: dict[int, Windowed], reading: dict[int, list[int]]
) -> list[Windowed]:
    """The layers downstream that slide over the 1 with larger kernels, as long as the axis stays 1."""
    found, seen, at = list[Windowed](), {number}, [number]
    rank = len(trace.steps[number].shape_out)
    while at:
        for reader in reading.get(at.pop() + 1, ()):
            if reader in seen:
                continue
            seen.add(reader)
            shape = trace.steps[reader].shape_out
            windows = known.get(reader)
            if windows and _slides_along(windows, axis):
                found.append(windows)
            if len(shape) == rank and shape[axis] == 1 and set(shape[2:]) != {1}:
                at.append(reader)
    return sorted(found, key=lambda windows: windows.number)


def _slides_along(windows: Windowed, axis: int) -> bool:
    slides = windows.slides
    return not windows.is_transposed and len(slides) >= -axis and slides[axis].kernel_size > 1


def _layers(number: int) -> str:
    return "layer slides" if number == 1 else "layers slide"


def _witness(trace: Trace, later: list[Windowed], axis: int, name: str) -> str:
    """Of the taps along the axis, those beyond it."""
    from ...ledger import of

    axes = [of(found.step).axes[axis] for found in later]
    taps = sum(record.taps or 0 for record in axes)
    beyond = sum(record.padding_taps or 0 for record in axes)
    return f"{beyond} of {taps} taps along the {name} are on padding"


def _repairs(found: Windowed, axis: int) -> Iterator[Changes]:
    """No stride along the axis."""
    if "stride" in found.step.layer.fields and found.slides[axis].stride > 1:
        strides = [1 if place == axis else slide.stride for place, slide in enumerate(found.slides)]
        yield {found.number: Change({"stride": one(strides)})}
