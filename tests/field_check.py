"""Receptive fields against gradients: random networks with transposed and dilated layers, resizes, pads and skips.

Weights and inputs are positive, so that a gradient is zero only where nothing is read. Max pools are replaced by
sums over their windows, as a maximum has one gradient, and group norms by a number and the mean of its group. What an output reads is compared number by number,
channels included, and so is what a pixel reaches (by forward differentiation).
"""

from __future__ import annotations

import warnings
from math import prod
from random import Random
from typing import Any, NamedTuple

import torch
from torch.nn import functional
from torch_oracle import module_of

import shapecalc.layers
from shapecalc.arch import Arch, Node
from shapecalc.field import Field, reached, reads, receptive_field
from shapecalc.layer import KINDS, Layer, Shape
from shapecalc.problem import ShapeError
from shapecalc.trace import Trace, run, trace_whole

assert shapecalc.layers
#: of the largest gradient: below it is rounding, such as interpolation weights of 1e-17
ROUNDING = 1e-14
#: layers of windows that the table's formula is exact for
PLAIN = ("Conv1d", "Conv2d", "MaxPool", "AvgPool")
MOST_NUMBERS, LARGEST = 6000, 40

MAKES = (
    "conv", "conv", "conv", "depthwise", "transposed", "transposed", "max", "average", "adaptive", "resize", "resize",
    "pad", "crop", "shuffle", "unshuffle", "slice", "norm", "activation", "add", "add", "cat", "cat", "like", "swap",
    "gate", "chunk", "groupnorm", "flat",
)  # fmt: skip
#: where the table is asked whether it tells channels, and rounded positions, apart
SORTING = (
    "conv", "depthwise", "transposed", "max", "adaptive", "resize", "resize", "resize", "pad", "slice", "add", "cat",
    "cat", "cat", "chunk", "chunk", "select channels", "shuffle", "shuffle", "unshuffle", "unshuffle", "channel shuffle",
)  # fmt: skip
#: where numbers are put in another order, and into other shapes
MOVING = (
    "conv", "transposed", "max", "resize", "pad", "crop", "add", "cat", "chunk", "fold", "fold", "glu", "permute", "view",
    "view", "shuffle", "unshuffle", "channel shuffle", "flat",
)  # fmt: skip


class Network(NamedTuple):
    """An architecture and the shape that goes in."""

    arch: Arch
    shape: tuple[int, ...]

    def __str__(self) -> str:
        nodes = (
            f"{number}: {node.layer} of {node.sources}" for number, node in enumerate(self.arch.nodes, 1)
        )
        return f"{self.shape}\n  " + "\n  ".join(nodes)


def draw(random: Random, long: int = 0) -> Network:
    """A network of two to nine layers, on one or two axes, or on two of which the first is `long`, or on one."""
    rank = random.choice((1, 1, 2) if long else (1, 1, 1, 2, 2, 2, 2, 3))
    sizes = tuple(random.randint(5, (40, 22, 9)[rank - 1]) for _ in range(rank))
    sizes = (long, *(size // 2 * 2 for size in sizes[1:])) if long else sizes
    shape = (1, random.choice((1, 2, 3)), *sizes)
    most, largest = (20 * MOST_NUMBERS, 4 * long) if long else (MOST_NUMBERS, 2 * LARGEST)
    nodes, shapes = list[Node](), list[Shape]((shape,))
    wanted = random.randint(2, 9)
    makes = random.choice((("conv", "max", "average"), MAKES, MAKES, SORTING, MAKES if long else MOVING))
    for _ in range(12 * wanted):
        sources: tuple[int, ...] = (len(nodes),)
        layer, others = _drawn(random, shapes, makes)
        sources = (*sources, *others) if random.random() < 0.5 else (*others, *sources)
        if layer.inputs[-1] == "like" and others:
            sources = (len(nodes), *others)
        try:
            layer, out, _ = run(layer, tuple(shapes[source] for source in sources))
        except ShapeError:
            continue
        if isinstance(layer, KINDS["Unfold"]):
            nodes.append(Node(str(len(nodes)), layer, sources))
            shapes.append(out)
            how = {name: layer.__dict__[name] for name in ("kernel_size", "dilation", "padding", "stride")}
            sources, layer = (len(nodes),), _kind("Fold", output_size=shapes[-2][2:], **how)
            layer, out, _ = run(layer, (out,))
        if isinstance(layer, KINDS["Interpolate"]) and is_wrong_in_torch(layer, shapes[sources[0]], out):
            continue
        if prod(map(int, out)) > most or len(out) != len(shape) or max(map(int, out[2:])) > largest:
            continue
        nodes.append(Node(str(len(nodes)), layer, sources))
        shapes.append(out)
        if len(nodes) >= wanted:
            break
    return Network(Arch(nodes), shape)


def is_wrong_in_torch(layer: Layer, x: Shape, out: Shape) -> bool:
    """Whether torch 2.13 takes rows for columns, or another pixel backward than forward.

    The first with `antialias` to a width of 1. The second where a factor that is neither 1 nor 2 keeps or doubles an
    axis: of the passes, only one has a shortcut there.
    """
    if layer.__dict__["antialias"] and out[-1] == 1:
        return True
    factor = None if layer.__dict__["recompute_scale_factor"] else layer.__dict__["scale_factor"]
    if factor is None:
        return False
    factors = factor if isinstance(factor, tuple) else (factor,) * len(x[2:])
    axes = zip(x[2:], out[2:], factors)
    return any(new in (old, 2 * old) and new != old * factor for old, new, factor in axes)


def _drawn(random: Random, shapes: list[Shape], makes: tuple[str, ...]) -> tuple[Layer, tuple[int, ...]]:
    """A layer for the last shape, and the further nodes that it joins."""
    x = shapes[-1]
    rank, channels = len(x) - 2, int(x[1])

    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(random.randint(low, high) for _ in range(rank))

    def alike(axes: slice) -> list[int]:
        return [number for number, shape in enumerate(shapes[:-1]) if shape[axes] == x[axes]]

    make = random.choice(makes)
    kernel = each(1, 4)
    if make in ("conv", "depthwise"):
        groups = channels if make == "depthwise" else 1
        out = channels * random.choice((1, 2)) if make == "depthwise" else random.choice((1, 2, 3, 4))
        mode = random.choice(("zeros", "zeros", "zeros", "reflect", "replicate", "circular"))
        arguments: dict[str, Any] = {"stride": each(1, 3), "padding": each(0, 2), "dilation": each(1, 3)}
        if random.random() < 0.2:
            arguments.update(stride=1, padding="same")
        return _kind(f"Conv{rank}d", channels, out, kernel, groups=groups, padding_mode=mode, **arguments), ()
    if make == "transposed":
        arguments = {"padding": each(0, 2), "output_padding": each(0, 1), "dilation": each(1, 2)}
        groups = random.choice((1, channels))
        return _kind(
            f"ConvTranspose{rank}d", channels, groups * 2, kernel, each(1, 3), groups=groups, **arguments
        ), ()
    if make == "max":
        padding = tuple(random.randint(0, size // 2) for size in kernel)
        ceil = random.random() < 0.4
        return _kind(f"MaxPool{rank}d", kernel, each(1, 3), padding, each(1, 2), ceil_mode=ceil), ()
    if make == "average":
        return _kind(f"AvgPool{rank}d", kernel, each(1, 3), ceil_mode=random.random() < 0.4), ()
    if make == "adaptive":
        return _kind(f"AdaptiveAvgPool{rank}d", each(1, 14)), ()
    if make == "resize":
        return _resize(random, rank), ()
    if make in ("pad", "crop"):
        kind = random.choice(("ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"))
        sides = tuple(random.randint(-2 if make == "crop" else 0, 3) for _ in range(2 * rank))
        return _kind(f"{kind}{rank}d", sides, *((1.0,) if kind == "ConstantPad" else ())), ()
    if make == "fold" and rank == 2:
        how = {"dilation": each(1, 2), "padding": each(0, 2), "stride": each(1, 3)}
        return _kind("Unfold", kernel, **how), ()
    if make == "glu":
        return _kind("GLU", random.randint(1, rank + 1)), ()
    if make == "permute":
        return _kind("Permute", 0, *random.sample(range(1, rank + 2), rank + 1)), ()
    if make == "view":
        sizes = [int(size) for size in x[1:]]
        random.shuffle(sizes)
        return _kind("Reshape", 1, *_shared_out(random, sizes)), ()
    if make == "channel shuffle":
        return _kind("ChannelShuffle", 2), ()
    if make == "select channels":
        return _kind("Slice", 1, random.randint(0, 2), None, random.choice((1, 1, 2))), ()
    if make in ("shuffle", "unshuffle"):
        return _kind("PixelShuffle" if make == "shuffle" else "PixelUnshuffle", 2), ()
    if make == "slice":
        return _kind(
            "Slice", random.randint(1, rank + 1), random.randint(0, 2), None, random.choice((1, 1, 2))
        ), ()
    if make == "chunk":
        return _kind("Chunk", 2, 1, random.choice((0, 1))), ()
    if make == "flat" and random.random() < 0.4:
        return (_kind("Reshape", 1, channels, -1, 2) if rank == 2 else _kind("Linear", int(x[-1]), 6)), ()
    if make == "swap":
        return _kind("Transpose", 2, 3) if rank == 2 and shapes[0][2] < 100 else _kind("Identity"), ()
    if make == "norm":
        return _kind(f"BatchNorm{rank}d", channels), ()
    if make == "groupnorm":
        return _kind("GroupNorm", random.choice((1, channels)), channels), ()
    if make == "add" and (fitting := alike(slice(None))):
        return _kind("Add"), (random.choice(fitting),)
    if make == "cat" and (fitting := alike(slice(2, None))):
        return _kind("Cat"), (random.choice(fitting),)
    if make == "like" and len(shapes) > 1:
        mode = random.choice(("nearest", ("linear", "bilinear", "trilinear")[rank - 1]))
        chosen = random.randrange(len(shapes) - 1)
        return (_kind("Crop") if random.random() < 0.5 else _kind("Interpolate", mode=mode)), (chosen,)
    if make == "gate" and len(shapes) > 2 and random.random() < 0.3:
        return _kind("Mean", tuple(range(2, rank + 2)), keepdim=True), ()
    return _kind("LeakyReLU"), ()


def _shared_out(random: Random, sizes: list[int]) -> list[int]:
    """Sizes with the same product: a factor of one goes to another."""
    one, other = random.sample(range(len(sizes)), 2)
    factor = random.choice([factor for factor in (1, 2, 3, 4) if sizes[one] % factor == 0])
    sizes[one], sizes[other] = sizes[one] // factor, sizes[other] * factor
    return sizes


def _resize(random: Random, rank: int) -> Layer:
    """Of any mode that `rank` axes have, to a size or by a factor."""
    smooth = (("linear",), ("bilinear", "bicubic", "lanczos"), ("trilinear",))[rank - 1]
    mode = random.choice(("nearest", "nearest", "nearest-exact", "area", *smooth))
    how: dict[str, Any] = {"mode": mode}
    if mode in smooth:
        how["antialias"] = mode == "lanczos" or (rank == 2 and mode != "trilinear" and random.random() < 0.3)
        how["align_corners"] = None if mode == "lanczos" else random.choice((True, False, None))
    if random.random() < 0.5:
        return _kind("Interpolate", size=tuple(random.randint(2, 30) for _ in range(rank)), **how)
    factor = random.choice(
        (2, 3, 1.5, 0.5, 1.7, 2.7, 0.3, 1 / 3, 0.9, tuple(random.uniform(0.3, 3) for _ in range(rank)))
    )
    return _kind(
        "Interpolate", scale_factor=factor, recompute_scale_factor=random.choice((None, True)), **how
    )


def _kind(name: str, *args: Any, **kwargs: Any) -> Layer:
    try:
        return KINDS[name](*args, **kwargs)
    except ShapeError:
        return KINDS["Identity"]()


def summed(layer: Layer) -> Any:
    """The layer in torch, double and positive; nearest neighbours in floats, max pools as sums."""
    if type(layer).__name__.startswith("MaxPool"):
        return lambda x: _window_sum(layer, x)
    if isinstance(layer, KINDS["GLU"]):  # a sigmoid of large numbers has no gradient
        return lambda x: sum(x.chunk(2, layer.__dict__["dim"]))
    if isinstance(layer, KINDS["GroupNorm"]):
        return lambda x: x + _group_mean(x, layer.__dict__["num_groups"])
    module = module_of(layer)
    if isinstance(module, torch.nn.Module):
        module = module.double().eval()
        for parameter in module.parameters():
            torch.nn.init.uniform_(parameter, 0.2, 1)
    if getattr(layer, "mode", "") in ("bicubic", "lanczos"):  # weights of both signs may cancel
        return lambda x, *like: (y := module(x, *like)) * torch.linspace(1, 2, y.numel()).sqrt().view_as(y)
    if "nearest" in str(getattr(layer, "mode", "")):
        return lambda *inputs: module(*[x.float() for x in inputs]).double()
    return module


def _group_mean(x: torch.Tensor, groups: int) -> torch.Tensor:
    """What a group norm reads; its own gradient is zero by chance where values are two of a kind."""
    apart = x.reshape(x.shape[0], groups, -1)
    return apart.mean(-1, keepdim=True).expand_as(apart).reshape(x.shape)


def _window_sum(layer: Any, x: torch.Tensor) -> torch.Tensor:
    channels, sides = x.shape[1], list[int]()
    windows = layer._windows
    out = layer.shape(lambda *_: None, tuple(x.shape))
    for size, number, window in zip(x.shape[2:], out[2:], windows):
        reach = (number - 1) * window.stride + window.dilation * (window.kernel_size - 1) + 1
        sides = [window.padding, max(0, reach - size - window.padding), *sides]
    weight = torch.ones(channels, 1, *(window.kernel_size for window in windows), dtype=x.dtype)
    conv = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[layer.rank]
    strides, dilations = [window.stride for window in windows], [window.dilation for window in windows]
    padded = functional.pad(x, sides)
    found = conv(padded, weight, None, strides, 0, dilations, channels)
    for axis, number in enumerate(out[2:], 2):
        found = found.narrow(axis, 0, number)
    return found


def ran(network: Network, modules: list[Any], x: torch.Tensor) -> torch.Tensor:
    values = [x]
    for node, module in zip(network.arch.nodes, modules):
        values.append(module(*[values[source] for source in node.sources]))
    return values[-1]


def as_mask(field: Field) -> torch.Tensor:
    """The field as a tensor of flags."""
    flags = torch.zeros(field.sizes, dtype=torch.bool)
    for box in field.boxes:
        one = torch.ones((), dtype=torch.bool)
        for mask, size in zip(box, field.sizes):
            one = one.unsqueeze(-1) & torch.tensor([bool(mask >> at & 1) for at in range(size)])
        flags |= one
    return flags


def compare(network: Network, random: Random) -> str | None:
    """None where fields and gradients agree for some positions each way."""
    traced = trace_whole(network.arch, network.shape)
    assert traced.ok, traced.problems
    modules = [summed(layer.layer) for layer in traced.steps]
    x = torch.rand(network.shape, dtype=torch.float64) + 0.5
    if not modules:
        return None
    x.requires_grad_()
    out = ran(network, modules, x)
    assert tuple(out.shape) == traced.shape_out
    weights = torch.rand(out.shape, dtype=torch.float64) + 0.5
    for _ in range(3):
        position = tuple(random.randrange(size) for size in out.shape[2:])
        place: Any = (slice(None), slice(None), *position)
        (gradient,) = torch.autograd.grad(
            (out * weights)[place].sum(), x, retain_graph=True, allow_unused=True
        )
        mine = reads(traced, position=position, statistics=True)
        if text := _differ(as_mask(mine), gradient, x):
            return f"{network}\n  reads at {position}: {text}"
    position = tuple(random.randrange(size) for size in network.shape[2:])
    bump = torch.zeros_like(x)
    here: Any = (slice(None), slice(None), *position)
    bump[here] = torch.rand(x.shape[1], dtype=torch.float64) + 0.5
    _, change = _jvp(lambda y: ran(network, modules, y), x.detach(), bump)
    if text := _differ(as_mask(reached(traced, position, statistics=True)), change, out):
        return f"{network}\n  reached from {position}: {text}"
    return _table_differs(network, traced, random)


_jvp: Any = torch.autograd.functional.jvp


def _differ(mine: torch.Tensor, gradient: torch.Tensor | None, like: torch.Tensor) -> str | None:
    gradient = torch.zeros_like(like) if gradient is None else gradient
    real = gradient.abs() > ROUNDING * gradient.abs().max().clamp(min=1e-3)
    if bool((mine == real).all()):
        return None
    return f"ours {int(mine.sum())} numbers, torch {int(real.sum())}, {int((mine != real).sum())} differ"


def _table_differs(network: Network, traced: Trace, random: Random) -> str | None:
    """The table against the field of a position, where all layers are plain windows and pads are zeros.

    Inside the borders both are the same; at them, nothing beyond what the table says is read.
    """
    if not all(type(step.layer).__name__.startswith(PLAIN) for step in traced.steps):
        return None
    if any(getattr(step.layer, "padding_mode", "zeros") != "zeros" for step in traced.steps):
        return None
    cycles = receptive_field(traced)[-1].cycles
    position = tuple(random.randrange(int(size)) for size in traced.steps[-1].shape_out[2:])
    field = reads(traced, position=position)
    for cycle, at, interval, size in zip(cycles, position, field.intervals, network.shape[2:]):
        told = cycle and cycle.at(at)
        assert told is not None
        first, last = told
        inside = first >= 0 and last < size
        if interval is not None and (
            interval != (first, last) if inside else not first <= interval[0] <= interval[1] <= last
        ):
            return f"{network}\n  table: {told} at {at}, and it reads {interval}"
    return None


def cycles_differ(network: Network) -> tuple[int, str | None]:
    """How many positions in the middle of a long axis were compared, and where the table is not what is read."""
    traced, compared, long = trace_whole(network.arch, network.shape), 0, network.shape[2]
    across = (None,) * (len(network.shape) - 3)
    for number, row in enumerate(receptive_field(traced)):
        if type(traced.steps[number].layer).__name__ == "Crop":  # a border may come to the middle
            break
        size, cycle = int(traced.steps[number].shape_out[2]), row.cycles[0]
        turns = len(cycle.seen) if cycle else 1 if row.whole[0] else 0
        everything = reads(traced, number).intervals[0]
        if everything is None:  # an axis has shrunk to its padding
            break
        for at in range(size // 2, min(size // 2 + turns, 3 * size // 4)):
            told = cycle.at(at) if cycle else everything
            is_far = told is None or long // 4 <= told[0] <= told[1] < long - long // 4
            if cycle and not (is_far and size > LARGEST):  # borders may reach here
                continue
            compared += 1
            real = reads(traced, number, (at, *across)).intervals[0]
            if real is None and across:  # a border of the other axis, merged with this one
                continue
            if real != told and not (row.whole[0] and (real is None or _is_most(real, everything))):
                return compared, f"{network}\n  step {number + 1} at {at}: table {told}, and it reads {real}"
    return compared, None


def _is_most(part: tuple[int, int], whole: tuple[int, int]) -> bool:
    """Whether little is left out at the ends: what one of two that are joined leaves there."""
    (first, last), (low, high) = part, whole
    return low <= first <= last <= high and 2 * (last - first) > high - low


def run_cycles(cases: int, seed: int) -> tuple[int, list[str]]:
    """(positions compared, disagreements) over that many random networks on one long axis."""
    random, compared, found = Random(f"{seed} cycles"), 0, []
    for _ in range(cases):
        number, text = cycles_differ(draw(random, long=random.randint(300, 600)))
        compared += number
        found += [text] if text else []
    return compared, found


def run_all(cases: int, seed: int) -> tuple[int, list[str]]:
    """(layers in all, disagreements) over that many random networks."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    random, layers, found = Random(f"{seed} fields"), 0, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(cases):
            network = draw(random)
            layers += len(network.arch.nodes)
            if text := compare(network, random):
                found.append(text)
    return layers, found


if __name__ == "__main__":
    import sys

    layers, found = run_all(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(found[:5]))
    print(f"{sys.argv[1]} networks of {layers} layers: {len(found)} disagreements")
    positions, found = run_cycles(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(found[:5]))
    print(f"the table, at {positions} positions of as many networks: {len(found)} disagreements")
