"""Two linear maps follow each other with nothing nonlinear between them.

A linear map of a linear map is one linear map: `W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)`. The two have
the parameters and the cost of two layers and can say what one can: `Linear(784, 400)` and `Linear(400, 400)` say
what one `Linear(784, 400)` says, and two 3x3 convolutions what one of 5x5 says (inside the borders). Mostly an
activation was forgotten. Dropout between them changes nothing of this in evaluation. The witness is the one layer
that they make together.

It is meant, and the rule is quiet, where one of them has groups (depthwise and pointwise), where their kernels lie
along different axes (1xk and kx1), where the channels between are fewer than before and behind (low rank), where a
transposed layer resizes each of its channels, where a `Linear` is laid out as a map for a convolution, at the code,
where an encoder's last map meets the decoder's first or a 1x1 convolution mixes the code's channels, and where a
norm or a sum stands between. A deep linear network that
is meant is told by `# shapecalc: ignore[SHP317] linear on purpose`.

Bad:
    input: 784
    layers:
      - Linear(784, 400)
      - Linear(400, 400)  # SHP317
      - ReLU
      - Linear(400, 10)

Bad (dropout is linear, too):
    input: 784
    layers:
      - Linear(784, 512)
      - Dropout(0.5)
      - Linear(512, 256)  # SHP317

Bad (three maps are one, and are told once):
    input: 1x28x28
    layers:
      - Conv2d(1, 32, 3)
      - Conv2d(32, 64, 3)  # SHP317
      - Conv2d(64, 128, 3)

Good (depthwise and pointwise):
    input: 32x28x28
    layers:
      - Conv2d(32, 32, 3, padding=1, groups=32)
      - Conv2d(32, 64, 1)
      - ReLU

Good (a kernel of 7x7 as 1x7 and 7x1):
    input: 32x28x28
    layers:
      - Conv2d(32, 64, (1, 7), padding=(0, 3))
      - Conv2d(64, 64, (7, 1), padding=(3, 0))
      - ReLU

Good (into the code and out of it):
    input: 64
    encoder:
      - Linear(64, 32)
      - ReLU
      - Linear(32, 8)
    decoder:
      - Linear(8, 32)
      - ReLU
      - Linear(32, 64)

Good (1x1 convolutions next to the code, as in latent diffusion):
    input: 3x32x32
    encoder:
      - Conv2d(3, 32, 4, stride=2, padding=1)
      - ReLU
      - Conv2d(32, 8, 3, padding=1)
      - Conv2d(8, 8, 1)
    decoder:
      - Chunk(2, dim=1, index=0)
      - Conv2d(4, 4, 1)
      - Conv2d(4, 32, 3, padding=1)
      - ReLU
      - ConvTranspose2d(32, 3, 4, stride=2, padding=1)

Good (low rank):
    input: 1024
    layers:
      - Linear(1024, 16)
      - Linear(16, 512)
      - ReLU

Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 6.1; Rigamonti et al. 2013, "Learning
Separable Filters" (the exemption).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...layer import KINDS
from ...repair.changes import Change, Changes, Inserted
from ...shapes import spell
from ...trace import Step, Trace
from .._spans import scales, spans
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    runs: dict[int, list[int]] = {}  # by its last layer: layers that are one linear map
    for first, second in spans(trace, scales):
        if _is_stacked(trace, first, second):
            run = runs.pop(first, [first])
            run.append(second)
            runs[second] = run
    for run in runs.values():
        yield _finding(trace, run)


def _finding(trace: Trace, run: list[int]) -> Finding:
    steps = [trace.steps[number] for number in run]
    with_relu: Changes = {number: Change(before=Inserted(KINDS["ReLU"]())) for number in run[1:]}
    message = f"nothing nonlinear stands between it and `{steps[0].path}`"
    if len(run) > 2:
        between = f"from `{steps[0].path}` to `{steps[-1].path}`"
        message = f"{len(run)} layers, {between}, have nothing nonlinear between them"
    return Finding(
        run[1],
        message,
        f"they have {sum(step.params for step in steps):,} parameters, and are one linear map: {_composed(steps)}",
        labels=((run[0], "is linear"), *((number, "is linear, too") for number in run[2:])),
        repairs=(with_relu,),
    )


def _is_stacked(trace: Trace, first: int, second: int) -> bool:
    """Whether both are linear maps, and no known reason stands for having two."""
    one, two = trace.steps[first], trace.steps[second]
    if one.layer.role != "weights" or two.layer.role != "weights":
        return False
    if getattr(one.layer, "groups", 1) > 1 or getattr(two.layer, "groups", 1) > 1:
        return False
    before, between, behind = one.shapes_in[0], one.shape_out, two.shape_out
    code = _features(one, between)
    if (_features(one, before) > code) is True and (_features(two, behind) > code) is True:
        return False
    if two.layer.rank and not one.layer.rank:  # features are projected, and laid out as a map
        return False
    return not (
        _are_along_axes(one, two) or _resizes(one) or _resizes(two) or _is_at_code(trace, first, second)
    )


def _features(step: Step, shape: Any) -> Any:
    """How many numbers a layer of this kind mixes: channels, or features."""
    return shape[-1 - step.layer.rank]


def _are_along_axes(one: Step, two: Step) -> bool:
    """Whether the kernels share no axis, as 1xk and kx1."""
    rank = one.layer.rank
    if rank < 2 or two.layer.rank != rank:
        return False
    kernels = list(zip(one.layer.per_axis("kernel_size"), two.layer.per_axis("kernel_size")))
    both = all(any(size > 1 for size in kernel) for kernel in zip(*kernels))
    return both and all(1 in sizes for sizes in kernels)


def _resizes(step: Step) -> bool:
    """Whether it is a transposed layer that enlarges each of its channels, as a learned interpolation."""
    layer: Any = step.layer
    if "output_padding" not in layer.fields:
        return False
    return bool(layer.in_channels == layer.out_channels and max(layer.per_axis("stride")) > 1)


def _is_at_code(trace: Trace, first: int, second: int) -> bool:
    """Whether the code lies between them, or a 1x1 convolution that is nearest to it mixes its channels."""
    code = trace.arch.contract.latent_node
    if code is None or "decoder" not in trace.arch.sections:
        return False
    if first <= code < second:
        return True
    nearest = range(second + 1, code + 1) if second <= code else range(code + 1, first)
    number = second if second <= code else first
    alone = not any(trace.steps[other].layer.role == "weights" for other in nearest)
    return alone and _is_pointwise(trace.steps[number])


def _is_pointwise(step: Step) -> bool:
    layer = step.layer
    return bool(layer.rank) and {*layer.per_axis("kernel_size"), *layer.per_axis("stride")} == {1}


def _composed(steps: list[Step]) -> str:
    """The one layer that says the same, where it has a name; else the sizes that it maps."""
    kinds = {type(step.layer).__name__ for step in steps}
    layers: list[Any] = [step.layer for step in steps]
    if kinds == {"Linear"}:
        count = (layers[0].in_features + 1) * layers[-1].out_features
        return f"`Linear({layers[0].in_features}, {layers[-1].out_features})` with {count:,} parameters"
    transposed = all("output_padding" in layer.fields for layer in layers)
    plain = not any("output_padding" in layer.fields for layer in layers)
    if len(kinds) > 1 or not (transposed or plain) or any(_is_dilated(layer) for layer in layers):
        taken, made = spell(steps[0].shapes_in[0]), spell(steps[-1].shape_out)
        return f"{taken} to {made}"
    kernel = "x".join(map(str, _kernel(layers[::-1] if transposed else layers)))
    return f"a `{kinds.pop()}` with a kernel of {kernel}"


def _is_dilated(layer: Any) -> bool:
    return any(size > 1 for size in layer.per_axis("dilation"))


def _kernel(layers: list[Any]) -> list[int]:
    """How far the windows of windows reach: k + (k' - 1)*s, and so on."""
    reach = [1] * layers[0].rank
    steps = [1] * layers[0].rank
    for layer in layers:
        for axis, (kernel, stride) in enumerate(zip(layer.per_axis("kernel_size"), layer.per_axis("stride"))):
            reach[axis] += (kernel - 1) * steps[axis]
            steps[axis] *= stride
    return reach
