"""Symbol against integer through the same rules: random chains of layers, traced once with symbols.

At every point (values of H, W) the integer trace must agree: where it runs, the symbolic shapes give its
shapes and every recorded condition holds; where it is refused, some condition fails. Nothing else agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from differential import draw

import shapecalc.layers
from shapecalc.arch import Arch
from shapecalc.layer import KINDS, Layer, Shape
from shapecalc.problem import SIZE_LIMIT, ShapeError
from shapecalc.shapes import N
from shapecalc.size import at, symbol
from shapecalc.sorts import INFER
from shapecalc.trace import Trace, trace

assert shapecalc.layers
H, W = symbol("H"), symbol("W")
SPATIAL = sorted(name for name, cls in KINDS.items() if cls.rank == 2 and len(cls.inputs) == 1)
#: kinds without a rank in their name that keep or change two spatial axes
ANY_RANK = [
    "Upsample",
    "Interpolate",
    "PixelShuffle",
    "PixelUnshuffle",
    "Pad",
    "Slice",
    "Crop",
    "Unfold",
    "ReLU",
    "Flatten",
]


class Tally(NamedTuple):
    """How many points were compared, of how many chains; how many chains were beyond the algebra's limits."""

    points: int
    accepted: int
    chains: int
    limits: int
    mismatches: list[str]


def random_chain(random: Random, length: int) -> tuple[Arch, int]:
    """Layers that run on one size at least, drawn from their own fields, and the channels that go in."""
    layers: list[Layer] = []
    channels = random.choice((2, 4, 6, 8))
    shape: Shape = (N, channels, random.randint(20, 70), random.randint(20, 70))
    for _ in range(length * 20):
        cls = KINDS[random.choice(SPATIAL + ANY_RANK)]
        arguments = draw(cls, random).arguments
        arguments |= {name: INFER for name, field in cls.fields.items() if field.sort.axis is not None}
        try:
            layer = cls(**arguments)
            traced = trace(Arch.chain([layer]), shape)
        except ShapeError:
            continue
        out = traced.shape_out
        if out is None or any(isinstance(size, int) and size > 400 for size in out[1:]):
            continue
        layers.append(layer)
        shape = out
        if len(layers) == length or len(out) != 4:
            break
    return Arch.chain(layers), channels


def points(random: Random, count: int) -> Iterator[dict[str, int]]:
    """Sizes to compare at: small ones, where conditions fail, and larger ones."""
    for _ in range(count):
        most = random.choice((5, 12, 30, 300, 5000))
        yield {"H": random.randint(1, most), "W": random.randint(1, most), "N": 2}


def compare(arch: Arch, channels: int, random: Random, count: int) -> tuple[int, int, str | None]:
    """(points, accepted, mismatch) of one chain; no points where the algebra says that it stops."""
    symbolic = trace(arch, (N, channels, H, W))
    if symbolic.problems and symbolic.problems[0].code == SIZE_LIMIT:
        return 0, 0, None
    accepted = 0
    for point in points(random, count):
        integers = trace(arch, (N, channels, point["H"], point["W"]))
        accepted += integers.ok
        found = _difference(symbolic, integers, point)
        if found:
            layers = ", ".join(map(repr, (node.layer for node in arch.nodes)))
            return count, accepted, f"{channels} channels at {point}: {found}\n  {layers}"
    return count, accepted, None


def _difference(symbolic: Trace, integers: Trace, point: dict[str, int]) -> str | None:
    holds = all(need.condition.at(**point) for step in symbolic.steps for need in step.needs)
    if integers.ok:
        if not symbolic.ok:
            return f"symbols are refused ({symbolic.problems[0].message}), integers run"
        if not holds:
            failing = [
                str(n.condition) for s in symbolic.steps for n in s.needs if not n.condition.at(**point)
            ]
            return f"a condition fails ({failing}), integers run"
        for mine, real in zip(symbolic.steps, integers.steps):
            if tuple(at(size, point) for size in mine.shape_out) != tuple(
                at(size, point) for size in real.shape_out
            ):
                return f"{mine.path}: {mine.shape_out} against {real.shape_out}"
    elif symbolic.ok and holds:
        return f"every condition holds, integers are refused ({integers.problems[0].message})"
    return None


def run(chains: int, count: int, seed: int) -> Tally:
    """Compare `count` points of each of so many random chains."""
    random = Random(seed)
    total = accepted = limits = 0
    mismatches = []
    for _ in range(chains):
        arch, channels = random_chain(random, random.randint(1, 9))
        compared, ran, mismatch = compare(arch, channels, random, count)
        total, accepted, limits = total + compared, accepted + ran, limits + (compared == 0)
        if mismatch:
            mismatches.append(mismatch)
    return Tally(total, accepted, chains, limits, mismatches)


if __name__ == "__main__":
    import sys

    tally = run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print("\n".join(tally.mismatches[:10]))
    print(
        f"{tally.chains} chains, {tally.points} points, {tally.accepted} of them run, "
        f"{tally.limits} chains beyond the limits, {len(tally.mismatches)} mismatches"
    )
