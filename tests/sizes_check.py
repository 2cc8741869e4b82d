"""Sets of sizes against integer runs, size by size, and a sample of the points against real torch.

`python tests/sizes_check.py ARCHITECTURES SEED [POINTS]`
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from symbolic import random_chain
from torch_oracle import torch_shapes

from shapecalc.arch import Arch, Contract, Node
from shapecalc.contract import contract
from shapecalc.input_sizes import Sizes
from shapecalc.layer import KINDS, Layer
from shapecalc.shapes import N
from shapecalc.size import symbol
from shapecalc.trace import trace

H, W = symbol("H"), symbol("W")
UP_TO = 600


class Tally(NamedTuple):
    """What was compared: architectures, sizes, torch runs; how many hold; what the algebra declined; mismatches."""

    architectures: int
    sizes: int
    holding: int
    limits: int
    torch_runs: int
    mismatches: list[str]


def random_architecture(random: Random) -> tuple[Arch, int]:
    """A chain, an autoencoder, a U-Net of joins, or a classifier with a Flatten; and its channels."""
    arch, channels = random_chain(random, random.randint(1, 5))
    layers = [node.layer for node in arch.nodes]
    sort = random.choice(("chain", "mirror", "skips", "linear"))
    if sort == "mirror":
        return mirrored(layers, random), channels
    if sort == "skips":
        return with_skips(random, channels), channels
    if sort == "linear":
        return with_linear(layers, channels, random), channels
    return arch, channels


def mirrored(layers: list[Layer], random: Random) -> Arch:
    """The chain and a decoder of transposed convolutions, right or nearly so: the contract holds sometimes."""
    nodes = [Node(f"encoder.{number}", layer, (number,)) for number, layer in enumerate(layers)]
    start = len(nodes)
    for layer in reversed(layers):
        if layer.transposed_kind is None or layer.open:
            continue
        kind = KINDS[layer.transposed_kind]
        arguments = {name: getattr(layer, name) for name in layer.fields if name in kind.fields}
        arguments |= {"in_channels": layer.out_channels, "out_channels": layer.in_channels}  # type: ignore[attr-defined]
        strides = layer.per_axis("stride")
        arguments["output_padding"] = tuple(random.randint(0, max(stride - 1, 0)) for stride in strides)
        nodes.append(Node(f"decoder.{len(nodes) - start}", kind(**arguments), (len(nodes),)))
    sections = {"encoder": range(start), "decoder": range(start, len(nodes))}
    return Arch(nodes, sections=sections, contract=Contract(mirrors=len(nodes) > start))


def with_skips(random: Random, channels: int) -> Arch:
    """Poolings down, enlargements up, and a Cat at every level."""
    nodes: list[Node] = []
    skips = []
    depth = random.randint(1, 3)

    def add(layer: Layer, *sources: int) -> int:
        nodes.append(Node(str(len(nodes)), layer, sources or (len(nodes),)))
        return len(nodes)

    for _ in range(depth):
        padding = random.choice((1, 1, 1, 0))
        skips.append(add(KINDS["Conv2d"](channels, channels, 3, padding=padding)))
        ceil = random.random() < 0.3
        add(KINDS["MaxPool2d"](random.choice((2, 2, 3)), 2, ceil_mode=ceil))
    for skip in reversed(skips):
        last = (
            add(KINDS["ConvTranspose2d"](channels, channels, 2, stride=2))
            if random.random() < 0.6
            else add(KINDS["Upsample"](scale_factor=2))
        )
        add(KINDS["Cat"](), last, skip)
        add(KINDS["Conv2d"](2 * channels, channels, random.choice((1, 3)), padding=random.choice((0, 1))))
    return Arch(nodes)


def with_linear(layers: list[Layer], channels: int, random: Random) -> Arch:
    """The chain, a Flatten, and a Linear that fits one size that was drawn."""
    size = (N, channels, random.randint(10, 60), random.randint(10, 60))
    chain = Arch.chain([*layers, KINDS["Flatten"]()])
    out = trace(chain, size).output
    features = out[0] if out and len(out) == 1 and isinstance(out[0], int) else random.randint(1, 400)
    return Arch.chain([*layers, KINDS["Flatten"](), KINDS["Linear"](features, 3)])


def holds_by_integers(arch: Arch, channels: int, h: int, w: int) -> tuple[bool, bool]:
    """(runs, holds) of one size, by tracing integers."""
    traced = trace(arch, (N, channels, h, w))
    return traced.ok, traced.ok and not contract(traced).problems


def compare(arch: Arch, channels: int, random: Random, torch_points: int) -> Tally:
    """Both axes from 1 to `UP_TO`, the other axis drawn anew for each; and some points in torch."""
    found = Sizes(arch, (N, channels, H, W))
    if found.limit:
        return Tally(1, 0, 0, 1, 0, [])
    mismatches, holding, runs = [], 0, 0
    points = [(h, random.randint(1, 90)) for h in range(1, UP_TO + 1)]
    points += [(random.randint(1, 90), w) for w in range(1, UP_TO + 1)]
    fixed_h, fixed_w = random.randint(1, 90), random.randint(1, 90)
    by_h, by_w = found.holding.with_fixed("H", W=fixed_w), found.holding.with_fixed("W", H=fixed_h)
    points += [(h, fixed_w) for h in range(1, UP_TO + 1)] + [(fixed_h, w) for w in range(1, UP_TO + 1)]
    for h, w in points:
        real = holds_by_integers(arch, channels, h, w)
        holding += real[1]
        mine = (found.runs(H=h, W=w), found.holds(H=h, W=w))
        joint = (found.running.contains(H=h, W=w), found.holding.contains(H=h, W=w))
        in_sets = real[1] if w != fixed_w else h in by_h
        in_sets = in_sets if h != fixed_h else w in by_w
        if mine != real or joint != real or in_sets != real[1]:
            layers = [(node.layer, node.sources) for node in arch.nodes]
            mismatches.append(f"{channels}x{h}x{w}: {mine} {joint} {in_sets}, integers {real}: {layers}")
            break
    for h, w in random.sample(points, torch_points):
        if h * w > 20_000:
            continue
        runs += 1
        if runs_in_torch(arch, channels, h, w) != holds_by_integers(arch, channels, h, w)[0]:
            mismatches.append(f"torch differs at {channels}x{h}x{w}: {[node.layer for node in arch.nodes]}")
    return Tally(1, len(points), holding, 0, runs, mismatches)


def runs_in_torch(arch: Arch, channels: int, h: int, w: int) -> bool:
    traced = trace(arch, (N, channels, h, w))
    try:
        shapes = torch_shapes(arch, traced, (channels, h, w))
    except Exception:  # whatever torch raises is its refusal
        return False
    return not any(0 in shape for shape in shapes)


def run(architectures: int, seed: int, torch_points: int = 1) -> Tally:
    """Compare so many random architectures."""
    random = Random(seed)
    total = Tally(0, 0, 0, 0, 0, [])
    for _ in range(architectures):
        arch, channels = random_architecture(random)
        one = compare(arch, channels, random, torch_points)
        total = Tally(*(a + b for a, b in zip(total, one)))  # type: ignore[operator]
    return total


if __name__ == "__main__":
    import sys

    tally = run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    print("\n".join(tally.mismatches[:10]))
    print(
        f"{tally.architectures} architectures, {tally.sizes} sizes ({tally.holding} hold), {tally.limits} beyond the "
        f"algebra's limits, {tally.torch_runs} confirmed by torch, {len(tally.mismatches)} mismatches"
    )
