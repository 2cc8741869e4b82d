"""What measuring the rules about windows needs: random layers and networks, and what torch makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch

import shapecalc.layers
from shapecalc import loads
from shapecalc.arch import Arch
from shapecalc.layer import KINDS, Layer
from shapecalc.lint.rule import RULES, Finding
from shapecalc.problem import ShapeError
from shapecalc.repair.changes import retraced
from shapecalc.trace import Trace, trace

assert shapecalc.layers
WORDS = {
    1: (("position", "positions"),),
    2: (("row", "rows"), ("column", "columns")),
}
NAMES = {1: ("length",), 2: ("height", "width")}


def findings(name: str, traced: Trace, **options: int) -> list[Finding]:
    """What one rule says of a trace."""
    (rule,) = RULES.find(name)
    return list(rule.findings(traced, **options))


def speaking(
    name: str,
    random: Random,
    draw: Callable[[Random], Trace | None],
    silent: Callable[[Trace], bool],
    **options: int,
) -> tuple[Trace, Finding, int, int]:
    """The first network that the rule speaks of, its first finding, and how many before it were silent and wrong."""
    checked = wrong = 0
    while True:
        traced = draw(random)
        if traced is None or not traced.ok:
            continue
        found = findings(name, traced, **options)
        if found:
            return traced, found[0], checked, wrong
        if random.random() < 0.1:
            checked, wrong = checked + 1, wrong + (not silent(traced))


def repairs_end(name: str, traced: Trace, finding: Finding, **options: int) -> bool:
    """Whether every repair under which the network runs ends the finding at its layer."""
    traces = [retraced(traced.arch, changes, traced.shape_in) for changes in finding.repairs]
    return not any(
        other.number == finding.number
        for again in traces
        if again is not None and again.ok
        for other in findings(name, again, **options)
    )


def in_torch(layer: Layer, fill: float | None = 1.0) -> Any:
    """The layer as torch's module in double precision, its weights all `fill` and its bias 0."""
    module = eval(repr(layer), vars(torch.nn))
    for parameter in module.parameters():
        with torch.no_grad():
            parameter.copy_(parameter.double())
    module = module.double()
    if fill is not None:
        for name, parameter in module.named_parameters():
            torch.nn.init.constant_(parameter, fill if "weight" in name else 0.0)
    return module


def spatial(traced: Trace) -> tuple[int, ...]:
    """The size of the input behind its channels."""
    return tuple(int(size) for size in traced.input[1:] if isinstance(size, int))


def chain(layers: Sequence[Layer], x: tuple[int, ...]) -> Trace:
    return trace(Arch.chain(layers), x)


def model(traced: Trace, stop: int | None = None) -> list[Any]:
    return [in_torch(step.layer) for step in traced.steps[:stop]]


def run(modules: Sequence[Any], x: torch.Tensor) -> torch.Tensor:
    for module in modules:
        x = module(x)
    return x


def ones(traced: Trace, batch: int = 1) -> torch.Tensor:
    return torch.ones((batch, 1, *spatial(traced)), dtype=torch.float64, requires_grad=True)


def each(random: Random, rank: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(random.randint(low, high) for _ in range(rank))


def windows(
    random: Random, rank: int, pools: bool = True, transposed: bool = False, **fixed: object
) -> Layer | None:
    """A random layer with windows on one channel."""
    kernel = each(random, rank, 1, 5)
    common: dict[str, Any] = {"kernel_size": kernel, "stride": each(random, rank, 1, 5)} | fixed
    kind = random.choice(("Conv", "Conv", "MaxPool", "AvgPool")) if pools else "Conv"
    channels = {"in_channels": 1, "out_channels": 1}
    try:
        if transposed:
            more: dict[str, Any] = {
                "padding": each(random, rank, 0, 3),
                "output_padding": each(random, rank, 0, 3),
            }
            more |= {"dilation": each(random, rank, 1, 3), "bias": random.random() < 0.7}
            return KINDS[f"ConvTranspose{rank}d"](**{**channels, **more, **common})
        if kind == "Conv":
            more = {"padding": each(random, rank, 0, 3), "dilation": each(random, rank, 1, 3)}
            return KINDS[f"Conv{rank}d"](**{**channels, **more, **common})
        padding = tuple(random.randint(0, size // 2) for size in kernel)
        return KINDS[f"{kind}{rank}d"](**{"padding": padding, "ceil_mode": random.random() < 0.2} | common)
    except ShapeError:
        return None


def one_layer(random: Random, **how: Any) -> Trace | None:
    rank = random.choice((1, 2))
    layer = windows(random, rank, **how)
    return None if layer is None else chain([layer], (1, *each(random, rank, 1, (40, 14)[rank - 1])))


def read(layer: Layer, x: tuple[int, ...]) -> torch.Tensor:
    """Which pixels of one channel the layer reads: one-hot inputs that some output can tell from zeros."""
    pixels = torch.Size(x).numel()
    one_hot = torch.eye(pixels, dtype=torch.float64).reshape(pixels, 1, *x)
    seen: torch.Tensor = in_torch(layer)(one_hot).reshape(pixels, -1)
    return (seen > 0).any(1).reshape(x)


def lines(mask: torch.Tensor) -> list[list[bool]]:
    """For each axis, whether anything is set on each of its lines."""
    return [mask.movedim(axis, 0).reshape(mask.shape[axis], -1).any(1).tolist() for axis in range(mask.dim())]


def told(message: str, rank: int) -> list[int | None]:
    """`2 of 10 rows and 158 of 474 columns`: the first number for each axis."""
    return [
        int(match[1]) if (match := re.search(rf"(\d+) of \d+ (?:{'|'.join(words)})\b", message)) else None
        for words in WORDS[rank]
    ]


def along(layer: Layer, axis: int, size: int) -> torch.Tensor:
    """What the layer's windows read along one axis of `size`."""
    values = {
        name: layer.per_axis(name)[axis]
        for name in ("kernel_size", "stride", "padding", "dilation")
        if name in layer.fields
    }
    kind = type(layer).__name__.replace("2d", "1d")
    more = {"in_channels": 1, "out_channels": 1} if kind.startswith("Conv") else {}
    more |= {"ceil_mode": vars(layer)["ceil_mode"]} if "ceil_mode" in layer.fields else {}
    return read(KINDS[kind](**more, **values), (size,))


def autoencoder(
    random: Random, encoder: Sequence[str], decoder: Sequence[str], x: Sequence[int]
) -> Trace | None:
    """An autoencoder of layers in words."""
    text = "input: " + "x".join(map(str, x)) + "\nencoder:\n"
    text += "".join(f"  - {layer}\n" for layer in encoder) + "decoder:\n"
    text += "".join(f"  - {layer}\n" for layer in decoder)
    return trace(loads(text))


def sizes(text: str) -> list[tuple[int, ...]]:
    """All that looks like 7x7."""
    return [tuple(map(int, found.split("x"))) for found in re.findall(r"\b\d+(?:x\d+)+\b", text)]


def sizes_in_torch(traced: Trace) -> list[tuple[int, ...]]:
    """The spatial sizes behind every step, from real tensors; what went in first."""
    x, found = ones(traced), [spatial(traced)]
    for module in model(traced):
        x = module(x)
        found.append(tuple(x.shape[2:]))
    return found


def convolutions(random: Random, ranks: tuple[int, ...] = (1, 2), high: int = 14) -> Trace | None:
    """A stack of padded convolutions and pools."""
    rank = random.choice(ranks)
    layers: list[Layer] = []
    for _ in range(random.randint(2, 6)):
        kernel, dilation = random.choice((1, 3, 3, 5)), random.choice((1, 1, 2))
        padding = dilation * (kernel - 1) // 2
        if random.random() < 0.2:
            layers.append(KINDS[f"MaxPool{rank}d"](2))
        else:
            stride = random.choice((1, 1, 2))
            layers.append(
                KINDS[f"Conv{rank}d"](1, 1, kernel, stride=stride, padding=padding, dilation=dilation)
            )
    return chain(layers, (1, *each(random, rank, 4, high)))


def depends(traced: Trace, stop: int) -> torch.Tensor:
    """The pixels that the middle of what step `stop` takes depends on: gradients, pools as means."""
    modules = []
    for step in traced.steps[:stop]:
        rank = step.layer.rank
        pool = "MaxPool" in type(step.layer).__name__
        modules.append(in_torch(KINDS[f"AvgPool{rank}d"](2) if pool else step.layer))
    x = ones(traced)
    out = run(modules, x)[0, 0]
    (gradient,) = torch.autograd.grad(out[tuple(size // 2 for size in out.shape)], x)
    return gradient[0, 0] != 0


def extent_of(mask: torch.Tensor) -> tuple[int, ...]:
    places = mask.nonzero()
    return tuple((places.max(0).values - places.min(0).values + 1).tolist())
