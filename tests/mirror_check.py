"""Random encoders mirrored in every style, and each decoder run by real torch.

`PYTHONPATH=. python tests/mirror_check.py 2000 1` draws 2,000 encoders from seed 1 and prints what was counted.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from random import Random
from typing import Any

import torch
from torch_oracle import torch_shapes

import shapecalc as sc
from shapecalc.arch import Arch, Node
from shapecalc.input_sizes import freed
from shapecalc.layer import KINDS, Layer, Shape
from shapecalc.mirroring.proposal import STYLES
from shapecalc.shapes import sample as sample_shape
from shapecalc.shapes import whole_shape
from shapecalc.trace import run

#: What an encoder starts with: the input's channels and the sizes of its axes.
MOST = {1: 60, 2: 26, 3: 11}


def drawn(random: Random) -> tuple[Arch, Shape]:
    """An encoder that runs, and its input."""
    rank = random.choice((1, 2, 2, 2, 3))
    shape: Shape = (2, random.choice((1, 2, 3, 4)), *(random.randint(3, MOST[rank]) for _ in range(rank)))
    first, nodes = shape, list[Node]()
    for _ in range(random.randint(1, 6)):
        block = _block(random, rank, shape)
        start, before = shape, len(nodes)
        try:
            for layer in block:
                shape = _added(nodes, layer, shape)
        except sc.ShapeError:
            continue
        if random.random() < 0.15 and len(nodes) > before:
            _shortcut(nodes, before, start, shape)
    if random.random() < 0.3:
        for layer in _head(random, rank, shape):
            shape = _added(nodes, layer, shape)
    ranges = random.choice((None, (0.0, 1.0), (-1.0, 1.0)))
    return Arch(nodes, value_range=ranges), first[1:]


def _added(nodes: list[Node], layer: Layer, shape: Shape, *sources: int) -> Shape:
    """What a layer returns, once it stands below the others."""
    out = run(layer, (shape,) * max(1, len(sources)))[1]
    nodes.append(Node(f"layers.{len(nodes)}", layer, sources or (len(nodes),)))
    return out


def _shortcut(nodes: list[Node], start: int, taken: Shape, made: Shape) -> None:
    """Make what stands below `start` a residual block: a 1x1 convolution past it where shapes differ, and a sum."""
    rank, end = len(taken) - 2, len(nodes)
    if taken == made:
        _added(nodes, KINDS["Add"](), made, end, start)
        return
    strides = [-(-int(size) // int(number)) for size, number in zip(taken[2:], made[2:])]
    conv = KINDS[f"Conv{rank}d"](taken[1], made[1], 1, stride=tuple(strides))
    if run(conv, (taken,))[1] == made:
        _added(nodes, conv, taken, start)
        _added(nodes, KINDS["Add"](), made, end, end + 1)


def _per_axis(random: Random, rank: int, low: int, high: int) -> Any:
    """A number, or one for each axis."""
    if random.random() < 0.7:
        return random.randint(low, high)
    return tuple(random.randint(low, high) for _ in range(rank))


def _block(random: Random, rank: int, shape: Shape) -> list[Layer]:
    """Some layers that may fit the shape; a refused one is left out with all that follow it."""
    chance, channels = random.random(), int(shape[1])
    try:
        if chance < 0.55:
            return _conv_block(random, rank, channels)
        if chance < 0.8:
            return [_pool(random, rank)]
        if chance < 0.87:
            return [_pad(random, rank)]
        if chance < 0.9 and rank == 2:
            return [KINDS["PixelUnshuffle"](random.choice((2, 3)))]
        if chance < 0.92:
            return [KINDS[f"AdaptiveAvgPool{rank}d"](_per_axis(random, rank, 1, 6))]
        if chance < 0.94:
            return [KINDS["Upsample"](scale_factor=2)]
        if chance < 0.96:
            kind = KINDS[f"ConvTranspose{rank}d"]
            return [kind(channels, channels, 3, stride=2, dilation=random.choice((1, 3)), output_padding=1)]
        if chance < 0.97:
            return [KINDS["GLU"](1)]
        return [KINDS[f"Dropout{rank}d"](0.1) if random.random() < 0.5 else KINDS["Dropout"](0.2)]
    except sc.ShapeError:
        return []


def _conv_block(random: Random, rank: int, channels: int) -> list[Layer]:
    groups = random.choice((1, 1, 1, channels))
    out = random.choice((1, 2, 4)) * groups
    same = random.random() < 0.15
    conv = KINDS[f"Conv{rank}d"](
        channels,
        out,
        _per_axis(random, rank, 1, 5),
        stride=1 if same else _per_axis(random, rank, 1, 4),
        padding="same" if same else "valid" if random.random() < 0.1 else _per_axis(random, rank, 0, 3),
        dilation=random.choice((1, 1, 1, _per_axis(random, rank, 1, 3))),
        groups=groups,
        bias=random.random() < 0.7,
        padding_mode=random.choice(("zeros", "zeros", "zeros", "reflect", "replicate", "circular")),
    )
    norms: list[list[Layer]] = [
        [],
        [KINDS[f"BatchNorm{rank}d"](out)],
        [KINDS["GroupNorm"](1, out)],
    ]
    activations = [[], [KINDS["ReLU"]()], [KINDS["LeakyReLU"](0.2)], [KINDS["PReLU"](out)]]
    before = random.random() < 0.1
    around = [*random.choice(norms), *random.choice(activations)]
    if before:
        return [KINDS["ReLU"](), conv, *around]
    return [conv, *around]


def _pool(random: Random, rank: int) -> Layer:
    kernel = _per_axis(random, rank, 1, 4)
    least = min(kernel) if isinstance(kernel, tuple) else kernel
    arguments: dict[str, Any] = {
        "stride": random.choice((None, _per_axis(random, rank, 1, 5))),
        "padding": random.randint(0, least // 2),
        "ceil_mode": random.random() < 0.5,
    }
    if random.random() < 0.6:
        dilation = random.choice((1, 1, _per_axis(random, rank, 1, 3)))
        return KINDS[f"MaxPool{rank}d"](kernel, dilation=dilation, **arguments)
    if random.random() < 0.7:
        return KINDS[f"AvgPool{rank}d"](kernel, **arguments)
    arguments.pop("padding")
    return KINDS[f"LPPool{rank}d"](2, least if rank == 1 else kernel, **arguments)


def _pad(random: Random, rank: int) -> Layer:
    sides = tuple(random.randint(-1, 3) for _ in range(2 * rank))
    name = random.choice(("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"))
    return KINDS[f"{name}{rank}d"](sides)


def _head(random: Random, rank: int, shape: Shape) -> list[Layer]:
    features = 1
    for size in shape[1:]:
        features *= int(size)
    code = random.choice((2, 5, 16))
    if random.random() < 0.3:
        dims = tuple(range(2, rank + 2))
        return [KINDS["Mean"](dims), KINDS["Linear"](int(shape[1]), code)]
    return [
        KINDS["Flatten"](),
        KINDS["Linear"](features, code * 2),
        KINDS["ReLU"](),
        KINDS["Linear"](code * 2, code),
    ]


def checked(arch: Arch, sample: Shape, random: Random) -> tuple[str, Counter[str]]:
    """Mirror an encoder in every style and run each decoder in torch; what came of it, and of which styles.

    Raises `AssertionError` where a decoder returns another size than it says, or another than the input.
    """
    styles: Counter[str] = Counter()
    try:
        found = sc.mirror(arch, sample, skips=random.random() < 0.3)
    except sc.SpecError as error:
        return error.problem.message, styles
    for proposal in found:
        assert proposal.exact
        assert proposal.output == sample
        shapes = torch_shapes(proposal.arch, proposal.trace, sample)
        assert shapes[-1] == (2, *sample), (proposal.style, shapes[-1], sample)
        assert shapes == [
            tuple(2 if not isinstance(size, int) else size for size in step.shape_out)
            for step in proposal.trace.steps
        ]
        styles[proposal.style] += 1
    return "exact", styles


def checked_for_every_size(arch: Arch, sample: Shape) -> int:
    """The decoders for letters, each run at the sample's sizes; how many there are."""
    try:
        found = sc.mirror(arch, sample_shape(freed(whole_shape(sample))))
    except sc.ShapeError:
        return 0
    for proposal in found:
        traced = sc.trace(proposal.arch, sample)
        assert traced.output == sample
        assert torch_shapes(proposal.arch, traced, sample)[-1] == (2, *sample)
    return len(found)


def main(count: int, seed: int) -> None:
    """Print what came of `count` encoders."""
    random, ends, styles, start = Random(seed), Counter[str](), Counter[str](), time.perf_counter()
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    wrong = for_every_size = 0
    for number in range(count):
        arch, sample = drawn(random)
        try:
            end, own = checked(arch, sample, random)
            for_every_size += checked_for_every_size(arch, sample)
        except Exception as error:
            wrong += 1
            if wrong <= 8:
                print(
                    f"{number}: {type(error).__name__}: {str(error)[:300]}\n  {sample} {[node.layer for node in arch.nodes]}"
                )
            continue
        ends["exact" if end == "exact" else end.split(":")[0]] += 1
        styles += own
    print(f"{count} encoders, seed {seed}: {wrong} wrong, {time.perf_counter() - start:.0f} s")
    for name, number in ends.most_common():
        print(f"  {number:6,} {name}")
    for name in STYLES:
        print(f"  {styles[name]:6,} decoders in the style {name}")
    print(f"  {for_every_size:6,} decoders for every size, run at this one")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
