"""The rules about sizes along a network: what their findings say, measured in torch. See `witness_windows.py`."""

from __future__ import annotations

import re
from random import Random

import torch
from witness_tools import (
    NAMES,
    autoencoder,
    chain,
    convolutions,
    depends,
    each,
    extent_of,
    findings,
    in_torch,
    model,
    repairs_end,
    run,
    sizes,
    sizes_in_torch,
    spatial,
    speaking,
)

from shapecalc.layer import KINDS, Layer
from shapecalc.lint.rule import Finding
from shapecalc.repair.changes import retraced
from shapecalc.trace import Trace


def _pools(random: Random) -> Trace | None:
    """Some pools and as many doublings."""
    depth = random.randint(1, 3)
    x = (1, *each(random, 2, 4, 40))
    pools = [
        f"MaxPool2d({random.choice((2, 2, 3))}, stride=2, ceil_mode={random.random() < 0.5})"
        for _ in range(depth)
    ]
    ups = [
        random.choice(("Upsample(scale_factor=2)", "ConvTranspose2d(1, 1, 2, stride=2)"))
        for _ in range(depth)
    ]
    return autoencoder(random, pools, ups, x)


def ceil_mode_before_mirror(random: Random) -> tuple[int, int]:
    """The sizes of real tensors; a pad of so many behind makes the same without `ceil_mode`."""
    name = "ceil-mode-before-mirror"
    traced, finding, checked, wrong = speaking(name, random, _pools, lambda silent: True)
    real, number = sizes_in_torch(traced), finding.number or 0
    partner = finding.labels[0][0]
    made, taken, returned = sizes(finding.message)
    agrees = (real[number + 1], real[number], real[partner + 1]) == (
        made,
        taken,
        returned,
    ) and returned != taken
    beyond = {axis: int(count) for axis, count in re.findall(r"(\w+) by (\d+)", finding.note or "")}
    pads = [beyond.get(axis, 0) for axis in NAMES[2]]
    floored = in_torch(traced.steps[number].layer.replace(ceil_mode=False))
    wide = torch.ones(1, 1, taken[0] + pads[0], taken[1] + pads[1], dtype=torch.float64)
    agrees &= tuple(floored(wide).shape[2:]) == made
    for axis, pad in enumerate(pads):
        less = wide.narrow(2 + axis, 0, wide.shape[2 + axis] - 1)
        agrees &= not pad or made[axis] == 1 or floored(less).shape[2 + axis] < made[axis]
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def scale_factor_on_odd_size(random: Random) -> tuple[int, int]:
    """The sizes of real tensors, and that twice a half is another size."""
    name = "scale-factor-on-odd-size"
    traced, finding, checked, wrong = speaking(name, random, _pools, lambda silent: True)
    real, partner = sizes_in_torch(traced), finding.labels[0][0]
    returned, taken = sizes(finding.message)
    agrees = real[(finding.number or 0) + 1] == returned and real[partner] == taken
    agrees &= any(a != b and b % 2 for a, b in zip(returned, taken))
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def pinned_size(random: Random) -> tuple[int, int]:
    """The network runs on its own size, and fails on the other one, or returns what the finding says."""

    def draw(random: Random) -> Trace | None:
        size = 4 * random.randint(2, 6)
        down, up = "Conv2d(1, 1, 4, stride=2, padding=1)", "ConvTranspose2d(1, 1, 4, stride=2, padding=1)"
        half = size // 2
        middles: tuple[tuple[list[str], list[str]], ...] = (
            ([f"AdaptiveAvgPool2d({half})"], []),
            (
                ["Flatten()", f"Linear({half * half}, 3)"],
                [f"Linear(3, {half * half})", f"Unflatten(1, (1, {half}, {half}))"],
            ),
            ([], [f"Upsample(size={half})"]),
            (["AvgPool2d(2)"], ["Upsample(scale_factor=2)"]),
        )
        into, back = random.choice(middles)
        return autoencoder(random, [down, *into], [*back, up], (1, size, size))

    def returns(traced: Trace, x: tuple[int, ...]) -> tuple[int, ...] | None:
        try:
            return tuple(run(model(traced), torch.ones(1, *x, dtype=torch.float64)).shape[1:])
        except RuntimeError:
            return None

    def quiet(traced: Trace) -> bool:
        x = (1, *(4 * size for size in spatial(traced)))
        return returns(traced, x) == x

    name = "pinned-size"
    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    given, *back = sizes(finding.note or "")
    agrees = returns(traced, (1, *spatial(traced))) == traced.input
    real = returns(traced, given)
    agrees &= real is None if "comes back" not in (finding.note or "") else real == back[0] != given
    agrees &= sizes(finding.message) == [spatial(traced)]
    return checked + 1, wrong + (not agrees)


def field_over_input(random: Random) -> tuple[int, int]:
    """Gradients of the middle reach from edge to edge at the layer, and at no earlier one that convolves."""

    def covers(traced: Trace, number: int) -> bool:
        return number > 0 and extent_of(depends(traced, number)) == spatial(traced)

    def wide(traced: Trace) -> list[int]:
        return [
            number
            for number, step in enumerate(traced.steps)
            if "Conv" in type(step.layer).__name__ and max(step.layer.per_axis("kernel_size")) > 1
        ]

    def quiet(traced: Trace) -> bool:
        return not any(covers(traced, number) for number in wide(traced))

    traced, finding, checked, wrong = speaking("field-over-input", random, convolutions, quiet)
    over = [number for number in wide(traced) if covers(traced, number)]
    said = int(re.findall(r"^\d+", finding.note or "")[0])
    return checked + 1, wrong + (
        over[:1] != [finding.number] or said != len([n for n in wide(traced) if n >= over[0]])
    )


def short_latent_field(random: Random) -> tuple[int, int]:
    """Gradients of the middle of the code."""

    def draw(random: Random) -> Trace | None:
        depth = random.randint(1, 4)
        rank = random.choice((1, 2))
        x = (1, *each(random, rank, 20, 40))
        layers = [
            f"Conv{rank}d(1, 1, {k}, stride={random.randint(1, 2)}, padding={k // 2}, dilation={random.randint(1, 2)})"
            for k in random.choices((1, 3, 5), k=depth)
        ]
        return autoencoder(random, layers, [f"ConvTranspose{rank}d(1, 1, 2, stride=2)"], x)

    def measured(traced: Trace) -> tuple[int, ...]:
        return extent_of(depends(traced, len(traced.steps) - 1))

    least = random.randint(2, 30)

    def quiet(traced: Trace) -> bool:
        return all(a >= min(least, b) for a, b in zip(measured(traced), spatial(traced)))

    traced, finding, checked, wrong = speaking("short-latent-field", random, draw, quiet, least=least)
    real, names = measured(traced), NAMES[len(traced.input) - 1]
    said = {axis: int(part) for part, axis in re.findall(r"(\d+) of \d+ along the (\w+)", finding.message)}
    agrees = said == {
        axis: part for axis, part, size in zip(names, real, spatial(traced)) if part < min(least, size)
    }
    return checked + 1, wrong + (not agrees)


def collapsed_axis(random: Random) -> tuple[int, int]:
    """The size is 1 in real tensors, and of each later window along the axis one tap meets it."""

    def draw(random: Random) -> Trace | None:
        layers: list[Layer] = []
        for _ in range(random.randint(2, 5)):
            kernel = (random.choice((1, 3)), random.choice((1, 3)))
            stride = (random.choice((1, 2)), random.choice((1, 2)))
            layers.append(
                KINDS["Conv2d"](1, 1, kernel, stride=stride, padding=(kernel[0] // 2, kernel[1] // 2))
            )
        return chain(layers, (1, *random.sample((random.randint(2, 6), random.randint(20, 60)), 2)))

    def later(traced: Trace, number: int, axis: int) -> list[Layer]:
        return [
            step.layer for step in traced.steps[number + 1 :] if step.layer.per_axis("kernel_size")[axis] > 1
        ]

    def quiet(traced: Trace) -> bool:
        real = sizes_in_torch(traced)
        return not any(
            real[number][axis] > 1 and real[number + 1][axis] == 1 and later(traced, number, axis)
            for number in range(len(traced.steps))
            for axis in (0, 1)
        )

    name = "collapsed-axis"
    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    real, number = sizes_in_torch(traced), finding.number or 0
    axis = NAMES[2].index(finding.message.split()[0])
    agrees = real[number + 1][axis] == 1 < real[number][axis]
    layers = later(traced, number, axis)
    taps = [layer.per_axis("kernel_size")[axis] for layer in layers]
    inside = [taps_inside(layer, axis, 1) for layer in layers]
    agrees &= f"{sum(taps) - sum(inside)} of {sum(taps)} taps" in (finding.note or "")
    agrees &= f"{len(layers)} more layer" in finding.message
    return checked + 1, wrong + (not agrees or not repairs_end_axis(name, traced, finding))


def taps_inside(layer: Layer, axis: int, size: int) -> int:
    """The taps on data of the layer's windows along one axis of `size` ones."""
    names = ("kernel_size", "stride", "padding", "dilation")
    values = {name: layer.per_axis(name)[axis] for name in names}
    flat = in_torch(KINDS["Conv1d"](1, 1, **values))
    return round(float(flat(torch.ones(1, 1, size, dtype=torch.float64)).detach().sum()))


def repairs_end_axis(name: str, traced: Trace, finding: Finding) -> bool:
    """As `repairs_end`, for findings that may come back for the other axis of the layer."""
    axis = finding.message.split()[0]
    for changes in finding.repairs:
        again = retraced(traced.arch, changes, traced.shape_in)
        if again is None or any(
            other.number == finding.number and other.message.startswith(axis)
            for other in findings(name, again)
        ):
            return False
    return True


def stride_in_first_layer(random: Random) -> tuple[int, int]:
    """What is left of real tensors behind the second layer."""

    def draw(random: Random) -> Trace | None:
        traced = convolutions(random, ranks=(2,), high=64)
        return traced

    def quiet(traced: Trace) -> bool:
        real = sizes_in_torch(traced)
        first = traced.steps[0].layer
        small = any(b > 1 and 4 * b <= a + 3 and a <= 64 for a, b in zip(real[0], real[2]))
        return not small or max(first.per_axis("stride" if vars(first)["stride"] else "kernel_size")) == 1

    name = "stride-in-first-layer"
    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    real = sizes_in_torch(traced)
    return checked + 1, wrong + (sizes(finding.message) != [real[2], real[0]])


def activation_over_budget(random: Random) -> tuple[int, int]:
    """The bytes of real tensors in float32."""
    batch = random.randint(1, 4)

    def draw(random: Random) -> Trace | None:
        channels = random.randint(1, 40)
        layers = [KINDS["Conv2d"](1, channels, 3), KINDS["ReLU"](), KINDS["MaxPool2d"](random.randint(1, 3))]
        return chain(layers, (1, *each(random, 2, 20, 150)))

    def tensors(traced: Trace) -> list[int]:
        x, found = torch.ones(batch, 1, *spatial(traced)), []
        with torch.no_grad():
            for step in traced.steps:
                x = eval(repr(step.layer), vars(torch.nn))(x)
                found.append(x.numel() * x.element_size())
        return found

    def quiet(traced: Trace) -> bool:
        return max(tensors(traced)) <= 2**20

    options = {"budget": 1, "batch": batch}
    traced, finding, checked, wrong = speaking("activation-over-budget", random, draw, quiet, **options)
    real = tensors(traced)
    agrees = (
        f"= {real[finding.number or 0]:,} bytes" in (finding.note or "") and real[finding.number or 0] > 2**20
    )
    return checked + 1, wrong + (not agrees)
