"""Sets of sizes against trying every size: `python tests/bench/bench_sizes.py`. Not a test."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial

import torch

import shapecalc as sc
from shapecalc.contract import contract

UP_TO = 4096
PAIR = "Conv2d(1, 1, 3, stride=2, padding=1)", "ConvTranspose2d(1, 1, 3, stride=2, padding=1)"


def seconds(action: Callable[[], object], times: int = 1) -> tuple[float, object]:
    """The fastest of a few runs, and what it gave."""
    best, given = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        given = action()
        best = min(best, time.perf_counter() - start)
    return best, given


def autoencoder(times: int) -> str:
    """So many strided convolutions and their mirrors."""
    return "".join(
        f"{section}:\n- repeat: {times}\n  layers: ['{layer}']\n"
        for section, layer in zip(("encoder", "decoder"), PAIR)
    )


def all_sizes() -> None:
    """Which of 1..4096 come back unchanged through ten layers: one set, integer traces, torch's meta device."""
    arch = sc.loads(autoencoder(5))
    module = torch.nn.Sequential(*[eval(repr(node.layer), vars(torch.nn)) for node in arch.nodes]).to("meta")

    def by_set() -> list[int]:
        return sc.sizes(arch, "1xHx33").axis("H").holds.upto(UP_TO)

    def by_integers() -> list[int]:
        traces = ((h, sc.trace(arch, (1, h, 33))) for h in range(1, UP_TO + 1))
        return [h for h, traced in traces if traced.ok and not contract(traced).problems]

    def by_torch() -> list[int]:
        with torch.no_grad():
            shapes = ((h, module(torch.empty(2, 1, h, 33, device="meta")).shape) for h in range(1, UP_TO + 1))
            return [h for h, shape in shapes if tuple(shape) == (2, 1, h, 33)]

    ours, found = seconds(by_set, 5)
    integers, tried = seconds(by_integers)
    meta, run = seconds(by_torch)
    assert found == tried == run
    print(f"1..{UP_TO} through ten layers, {len(found)} hold: the same by all three ways")  # type: ignore[arg-type]
    print(f"  the set                {ours * 1e3:10.2f} ms")
    print(f"  integer traces         {integers * 1e3:10.2f} ms   {integers / ours:8.0f} times")
    print(f"  torch's meta device    {meta * 1e3:10.2f} ms   {meta / ours:8.0f} times")


def against_export() -> None:
    """A symbolic trace of 100 layers against torch.export with dynamic height and width."""
    conv = "Conv2d(4, 4, 3, padding=1)"
    layers = [conv if number % 2 == 0 else "ReLU()" for number in range(96)] + ["MaxPool2d(2)", conv] * 2
    arch = sc.loads("layers:\n" + "".join(f"- {layer}\n" for layer in layers))
    ours, _ = seconds(lambda: sc.trace(arch, "4xHxW"), 5)
    module = torch.nn.Sequential(
        *[eval(layer, vars(torch.nn)) for layer in map(repr, (n.layer for n in arch.nodes))]
    )
    height, width = torch.export.Dim("H", min=8, max=4096), torch.export.Dim("W", min=8, max=4096)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, _ = seconds(
            lambda: torch.export.export(
                module, (torch.randn(2, 4, 64, 64),), dynamic_shapes={"input": {2: height, 3: width}}
            )
        )
    print(
        f"a symbolic trace of {len(layers)} layers: {ours * 1e3:.2f} ms; torch.export {theirs * 1e3:.0f} ms, "
        f"{theirs / ours:.0f} times"
    )


def adversarial() -> None:
    """Large periods, many poolings, large numbers: time, memory, and what is said."""
    strides = (7, 11, 13, 16)
    down = [f"Conv2d(1, 1, {s}, stride={s})" for s in strides]
    up = [f"ConvTranspose2d(1, 1, {s}, stride={s})" for s in reversed(strides)]
    up_rough = [f"ConvTranspose2d(1, 1, {s}, stride={s}, output_padding={s - 1})" for s in reversed(strides)]
    specs = {
        "strides 7·11·13·16 and back": (down, up),
        "the same, output_padding at its most": (down, up_rough),
        "twenty poolings and back": (["MaxPool2d(2)"] * 20, ["Upsample(scale_factor=2)"] * 20),
        "strides of primes 101·103·107·109": (
            [f"Conv2d(1, 1, {s}, stride={s})" for s in (101, 103, 107, 109)],
            [f"ConvTranspose2d(1, 1, {s}, stride={s})" for s in (109, 107, 103, 101)],
        ),
        "a sum of pools with strides 97 and 89": (
            ["AvgPool2d(97, 97)"],
            ["Upsample(scale_factor=97)", "AvgPool2d(89, 89)", "Upsample(scale_factor=89)"],
        ),
    }
    for name, (encoder, decoder) in specs.items():
        text = "".join(
            f"{section}:\n" + "".join(f"- {layer}\n" for layer in layers)
            for section, layers in (("encoder", encoder), ("decoder", decoder))
        )
        arch = sc.loads(text)
        tracemalloc.start()
        took, said = seconds(partial(_said, arch))
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{name}: {took * 1e3:.1f} ms, {memory / 1e6:.1f} MB: {said}")


def _said(arch: sc.Arch) -> str:
    found = sc.sizes(arch, "1xHxW")
    if found.limit:
        return found.limit.message
    return f"{found.axis('H').holds}; nearest to 10^12: {found.near(H=10**12, W=10**12)}"


if __name__ == "__main__":
    all_sizes()
    against_export()
    adversarial()
