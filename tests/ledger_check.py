"""The ledger against torch: random layers, every count measured with ones.

Never-read pixels are those without gradient, contributions come from kernels of ones on inputs of ones (the
gradient, for a layer that is not transposed), padding taps from what a kernel of ones misses. In double
precision, so that every sum of ones is exact.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import torch

import shapecalc.layers
from shapecalc import ledger
from shapecalc.layer import KINDS, Layer, Needs
from shapecalc.problem import ShapeError

assert shapecalc.layers
CONVS = ("Conv1d", "Conv2d", "Conv3d")
TRANSPOSED = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
POOLS = ("AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d", "LPPool1d", "LPPool2d")
ADAPTIVE = ("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d")
BLOCKS = ("Unfold", "Fold")
KINDS_DRAWN = (*CONVS, *TRANSPOSED, *POOLS, *ADAPTIVE, *BLOCKS)


def draw(kind: str, random: Random) -> tuple[Layer, tuple[int, ...], tuple[int, ...]]:
    """A layer that runs, the shape that it takes and the one that it returns; one channel, one sample."""
    while True:
        rank = KINDS[kind].rank
        x = (1, 1, *(random.randint(1, (40, 24, 9)[rank - 1]) for _ in range(rank)))
        try:
            layer = KINDS[kind](**_arguments(kind, rank, random))
            if kind == "Fold":
                counts = layer._slides(layer.per_axis("output_size"))  # type: ignore[attr-defined]
                x = (1, layer._taps, int(counts[0].number) * int(counts[1].number))  # type: ignore[attr-defined]
            out = layer.shape(Needs(), x)
        except ShapeError:
            continue
        return layer, x, tuple(int(size) for size in out)


def _arguments(kind: str, rank: int, random: Random) -> dict[str, Any]:
    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(random.randint(low, high) for _ in range(rank))

    if kind in ADAPTIVE:
        return {"output_size": each(1, 12)}
    kernel: Any = each(1, 5)
    arguments: dict[str, Any] = {"kernel_size": kernel, "stride": each(1, 5)}
    if kind in CONVS or kind in TRANSPOSED:
        arguments |= {
            "in_channels": 1,
            "out_channels": 1,
            "padding": each(0, 4),
            "dilation": each(1, 3),
            "bias": False,
        }
        if kind in TRANSPOSED:
            arguments["output_padding"] = each(0, 3)
        else:
            arguments["padding_mode"] = random.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
            if random.random() < 0.2:
                arguments.update(padding="same", stride=1)
    elif kind in BLOCKS:
        arguments |= {"padding": each(0, 3), "dilation": each(1, 3)}
        if kind == "Fold":
            arguments["output_size"] = each(1, 14)
    else:
        arguments["ceil_mode"] = random.random() < 0.4
        if kind.startswith("LP"):
            arguments["norm_type"] = 1
            if kind == "LPPool1d":
                arguments.update(kernel_size=kernel[0], stride=arguments["stride"][0])
        else:
            arguments["padding"] = tuple(random.randint(0, size // 2) for size in kernel)
        if kind.startswith("Max"):
            arguments["dilation"] = each(1, 3)
    return arguments


def measured(layer: Layer, x: tuple[int, ...], out: tuple[int, ...]) -> dict[str, Any]:
    """What torch says: contributions to the positions, pixels never read, taps inside."""
    kind, input = type(layer).__name__, torch.ones(x, dtype=torch.float64, requires_grad=True)
    module = _summing(layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch tells that padding='same' of an even kernel copies its input
        result = module(input)
    (gradient,) = torch.autograd.grad(result.sum(), input)
    scattered = kind in TRANSPOSED or kind == "Fold"
    counts = result.detach() if scattered else gradient
    if kind == "Fold":  # its input positions are (tap, window): a window is read if one of its taps is
        gradient = gradient.reshape(layer._taps, -1).sum(0)  # type: ignore[attr-defined]
    return {
        "histogram": dict(sorted(Counter(round(count) for count in counts.flatten().tolist()).items())),
        "bias_only": int((result == 0).sum()) if scattered else 0,
        "never_read": int((gradient == 0).sum()),
        "inside": round(result.sum().item()) if kind not in ADAPTIVE else None,
    }


def _summing(layer: Layer) -> Any:
    """The layer in torch as a sum over its taps: kernels of ones, and pools that add up."""
    kind = type(layer).__name__
    module = eval(repr(layer), vars(torch.nn))
    if "Conv" in kind:
        torch.nn.init.ones_(module.weight)
        return module.double()
    return module if kind in BLOCKS else _adding(module)


def _adding(module: Any) -> Any:
    """The sum of all pixels that a pool sees: an image with one bright pixel for each tells which it sees."""

    def forward(input: torch.Tensor) -> torch.Tensor:
        pixels = input.numel()
        one_bright = torch.eye(pixels, dtype=torch.float64).reshape(pixels, *input.shape[1:])
        seen = module(one_bright).reshape(pixels, -1) > 0
        return torch.matmul(input.reshape(1, -1), seen.double())

    return forward


def compare(kind: str, random: Random) -> str | None:
    """None where ledger and torch agree on one random layer, else what differs."""
    layer, x, out = draw(kind, random)
    book = ledger.of_layer(layer, out, x)
    real = measured(layer, x, out)
    taps, beyond = book.taps or 0, book.padding_taps or 0
    zeros = getattr(layer, "padding_mode", "zeros") == "zeros"
    mine = {
        "histogram": book.histogram,
        "bias_only": book.bias_only,
        "never_read": book.never_read,
        "inside": None if kind in ADAPTIVE else taps - beyond if zeros else taps,
    }
    different = [
        f"{name}: ours {mine[name]}, torch {real[name]}" for name in mine if mine[name] != real[name]
    ]
    return f"{layer} on {x}: " + "; ".join(different) if different else None


def run(cases: int, seed: int, kinds: Sequence[str] = KINDS_DRAWN) -> dict[str, list[str]]:
    """The disagreements of each kind over `cases` random layers of it."""
    torch.set_num_threads(1)
    found: dict[str, list[str]] = {}
    for kind in kinds:
        random = Random(f"{seed} {kind}")
        found[kind] = [text for _ in range(cases) if (text := compare(kind, random))]
    return found


if __name__ == "__main__":
    import sys

    found = run(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(text for texts in found.values() for text in texts[:3]))
    print(f"{len(found)} kinds, {sys.argv[1]} layers each: {sum(map(len, found.values()))} disagreements")
