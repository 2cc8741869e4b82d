"""A bias is learned that the norm behind it takes away again.

A norm that subtracts the mean of every channel subtracts with it any constant that was added to the channel: the
bias of the layer before has no effect on what comes out, gets no gradient, and costs its parameters and a pass
over the tensor. The norm's own `bias` does its work. The witness is the number of those parameters. An architecture
is told once, at the first such layer, and for all of them.

This holds of `BatchNorm` and `InstanceNorm`, with `affine` and without, and of a `GroupNorm` of one channel a
group, also where a pool stands between: the largest of x + b is the largest of x, plus b. With `track_running_stats`
it holds in evaluation, too: the running mean holds the bias, and takes it away. It does not hold of a `GroupNorm` of
larger groups or a `LayerNorm`, whose mean is that of several channels. Weights that were trained with the bias need it,
or a running mean that is moved by it; then say `# shapecalc: ignore[SHP316] trained so`.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # SHP316
      - BatchNorm2d(16)
      - ReLU

Bad (each channel is a group):
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # SHP316
      - GroupNorm(16, 16)
      - ReLU

Bad (a pool between changes nothing of it):
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1)  # SHP316
      - MaxPool2d(2)
      - BatchNorm2d(16)
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, padding=1, bias=False)
      - BatchNorm2d(16)
      - ReLU

Good (the norm is not the only reader):
    input: 3x32x32
    layers:
      - conv: Conv2d(3, 16, 3, padding=1)
      - BatchNorm2d(16)
      - Add(x, conv)

Good (the bias is one number for each feature, and the norm's channels are another axis):
    input: 20x64
    layers:
      - Linear(64, 32)
      - BatchNorm1d(20)
      - ReLU

Source: Ioffe & Szegedy 2015, "Batch Normalization", section 3.2; Ulyanov et al. 2016, "Instance Normalization".
"""

from __future__ import annotations

from collections.abc import Iterator

from ...layer import Layer
from ...repair.changes import Change
from ...trace import Step, Trace
from .._spans import spans
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    """One finding for all of them: who writes one such pair mostly writes all of them so."""
    pairs = spans(trace, _keeps_constants)
    found = [pair for pair in pairs if _is_idle(trace.steps[pair[0]], trace.steps[pair[1]])]
    if not found:
        return
    number, reader = found[0]
    parameters = sum(int(trace.steps[first].shape_out[1]) for first, _ in found)
    others = (
        f", with those of {len(found) - 1} more layers"
        if len(found) > 2
        else ", with those of one more layer"
    )
    yield Finding(
        number,
        f"its bias has no effect: `{trace.steps[reader].path}` subtracts each channel's mean",
        f"{parameters:,} parameters get no gradient{others if len(found) > 1 else ''}",
        argument="bias",
        labels=tuple((norm, "subtracts what the bias adds") for _, norm in found[:3]),
        repairs=({first: Change({"bias": False}) for first, _ in found},),
    )


def _is_idle(step: Step, norm: Step) -> bool:
    """Whether the layer learns a bias that the norm subtracts."""
    if norm.layer.role != "norm" or step.layer.role != "weights" or not vars(step.layer)["bias"]:
        return False
    return _centers_each_channel(norm.layer) and _has_channels_at_1(step)


def _keeps_constants(layer: Layer) -> bool:
    """Whether a number that is added to a whole channel is added to what comes out."""
    kind, arguments = type(layer).__name__, vars(layer)
    if kind.startswith("AvgPool"):  # padding is averaged with
        return max(layer.per_axis("padding")) == 0 and not arguments.get("divisor_override")
    return kind == "Identity" or kind.startswith(("MaxPool", "Adaptive"))


def _centers_each_channel(norm: Layer) -> bool:
    kind, arguments = type(norm).__name__, vars(norm)
    if kind == "GroupNorm":
        return bool(arguments["num_groups"] == arguments["num_channels"])
    return "BatchNorm" in kind or "InstanceNorm" in kind


def _has_channels_at_1(step: Step) -> bool:
    """Whether the bias is one number for each index of axis 1, where the norm has its channels."""
    rank = step.layer.rank
    return len(step.shape_out) == (rank + 2 if rank else 2)
