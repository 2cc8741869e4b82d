"""The figures of docs/comparison.md: multiply-accumulates, and what the meta device lets through.

    python tests/bench/comparison.py

Prints the tables as Markdown; `tests/test_comparison_page.py` holds the page to them. The truth is a forward pass on the CPU: `torch.utils.flop_counter` counts what it does.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
import torchinfo  # of the extra `test`
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import shapecalc as sc
from shapecalc.cost import total

ROOT = Path(__file__).parents[2]
NETWORKS = (
    "mel_cae",
    "digits_cae",
    "unet",
    "zoo/dcgan_generator",
    "zoo/beta_vae",
    "zoo/unet_padded",
    "zoo/vgg11",
)
#: A layer as text, the sample, and whether the kernels run it.
LAYERS = (
    ("ConvTranspose2d(4, 8, 3, stride=2, output_padding=1)", (4, 8, 8)),
    ("ConvTranspose2d(4, 8, 3, stride=1, output_padding=1)", (4, 8, 8)),
    ("ConvTranspose2d(4, 8, 3, stride=2, output_padding=2)", (4, 8, 8)),
    ("ConvTranspose2d(4, 8, 3, stride=2)", (3, 8, 8)),
    ("Conv2d(4, 8, 3)", (3, 8, 8)),
    ("Conv2d(4, 8, 5)", (4, 2, 8)),
)


def main() -> None:
    """Both tables."""
    torch.set_num_threads(1)
    print(f"{time.strftime('%Y-%m-%d')}, torch {torch.__version__}, torchinfo {torchinfo.__version__}\n")
    print("| network | input | shapecalc | flop counter / 2 | torchinfo | torchinfo over the truth |")
    print("| - | - | -: | -: | -: | -: |")
    for name in NETWORKS:
        print(macs_row(name))
    print("\n| layer | input | CPU | meta device | shapecalc |\n| - | - | - | - | - |")
    for text, sample in LAYERS:
        print(refusal_row(text, sample))


def macs_row(name: str) -> str:
    """One network: three counts of the multiply-accumulates of a sample."""
    arch = sc.load(ROOT / f"examples/{name}.arch.yaml")
    assert arch.input is not None
    traced = sc.trace(arch)
    module, sample = built(arch), tuple(size for size in traced.input if isinstance(size, int))
    data = torch.rand(1, *sample)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(data)
    truth = counter.get_total_flops() // 2
    other = torchinfo.summary(module, input_data=data, verbose=0).total_mult_adds
    cells = (
        arch.name,
        "x".join(map(str, sample)),
        *(f"{count:,}" for count in (total(traced).macs, truth, other)),
    )
    return f"| {' | '.join(cells)} | {other / truth:.2f} |"


def built(arch: sc.Arch) -> nn.Module:
    """The network in torch, from the code that `emit` writes."""
    found: dict[str, Any] = {"__name__": "emitted"}
    exec(sc.emit(arch), found)
    (made,) = (thing for thing in found.values() if isinstance(thing, type) and issubclass(thing, nn.Module))
    module: nn.Module = made()
    return module.eval()


def refusal_row(text: str, sample: tuple[int, ...]) -> str:
    """One layer on real tensors, on the meta device, and here."""
    cells = [outcome(text, sample, device) for device in ("cpu", "meta")]
    try:
        ours = "x".join(map(str, sc.output_shape(text, sample)))
    except sc.ShapeError as error:
        ours = f"{error.problem.code.id}: {error.problem.message}"
    return f"| `{text}` | {'x'.join(map(str, sample))} | {' | '.join(cells)} | {ours} |"


def outcome(text: str, sample: tuple[int, ...], device: str) -> str:
    """The shape that torch returns there, or that it refuses."""
    try:
        layer = eval(f"nn.{text}", {"nn": nn}).to(device)
        return "x".join(map(str, layer(torch.rand(2, *sample, device=device)).shape[1:]))
    except (RuntimeError, ValueError):
        return "refused"


if __name__ == "__main__":
    main()
