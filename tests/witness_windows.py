"""The numbers that the rules about windows print, measured in torch on random layers and networks.

    PYTHONPATH=. python tests/witness_windows.py 200 1

A function for each rule, by its name: it draws networks until the rule speaks, and compares every number of the
finding with what torch does (gradients for what is read, kernels of ones for what is summed, sizes of real
tensors). Where the rule is silent on the way, the measurement must be silent, too. Each returns how many networks it
checked and how many of them differ. All the repairs that come with a finding are made, and must end it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import torch
import witness_sizes
from witness_tools import (
    along,
    chain,
    depends,
    each,
    extent_of,
    findings,
    in_torch,
    lines,
    model,
    one_layer,
    ones,
    read,
    repairs_end,
    run,
    spatial,
    speaking,
    told,
    windows,
)

from shapecalc.layer import KINDS, Layer
from shapecalc.lint.rule import RULES, Finding
from shapecalc.repair.changes import retraced
from shapecalc.trace import Trace


def unread(traced: Trace) -> list[list[bool]]:
    """For each axis, which positions the layer does not read along it."""
    layer = traced.steps[0].layer
    return [(~along(layer, axis, size)).tolist() for axis, size in enumerate(spatial(traced))]


def is_all_told(traced: Trace) -> bool:
    """Whether each axis with unread positions is told by one of the two rules, and with their number."""
    found = findings("dropped-rows", traced, percent=0) + findings("never-read-input", traced)
    said = [told(finding.message, len(traced.input) - 1) for finding in found]
    counts = [[row.count(True)] if any(row) else [] for row in unread(traced)]
    return counts == [[axes[place] for axes in said if axes[place]] for place in range(len(traced.input) - 1)]


def dropped_rows(random: Random) -> tuple[int, int]:
    """Positions that nothing reads, at the end of the axis and nowhere else."""
    name = "dropped-rows"
    traced, finding, checked, wrong = speaking(name, random, one_layer, is_all_told, percent=0)
    agrees = is_all_told(traced)
    for row, count in zip(unread(traced), told(finding.message, len(traced.input) - 1)):
        agrees &= count is None or row == [False] * (len(row) - count) + [True] * count
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding, percent=0))


def never_read_input(random: Random) -> tuple[int, int]:
    """Positions along each axis, and pixels, that nothing reads."""
    name = "never-read-input"
    traced, finding, checked, wrong = speaking(name, random, one_layer, is_all_told)
    mask = read(traced.steps[0].layer, spatial(traced))
    pixels = re.search(r"([\d,]+) of ([\d,]+) positions", finding.note or "")
    agrees = is_all_told(traced)
    agrees &= pixels is not None and int(pixels[1].replace(",", "")) == int((~mask).sum())
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def bias_only_output(random: Random) -> tuple[int, int]:
    """Positions along each axis that hold a bias of 7 alone, for weights and inputs of ones."""

    def measured(traced: Trace) -> list[int | None]:
        layer, found = traced.steps[0].layer, list[int | None]()
        for axis, size in enumerate(spatial(traced)):
            names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
            module = in_torch(
                KINDS["ConvTranspose1d"](1, 1, **{name: layer.per_axis(name)[axis] for name in names})
            )
            torch.nn.init.constant_(module.bias, 7.0)
            out = module(torch.ones(1, 1, size, dtype=torch.float64))
            found.append(int((out == 7).sum()) or None)
        return found

    name = "bias-only-output"
    traced, finding, checked, wrong = speaking(
        name, random, lambda r: one_layer(r, transposed=True), lambda silent: not any(measured(silent))
    )
    agrees = told(finding.message, len(traced.input) - 1) == measured(traced)
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def _period(counts: torch.Tensor, strides: Sequence[int]) -> dict[int, int]:
    """The histogram of one period in the middle of an output or a gradient."""
    for axis, stride in enumerate(strides):
        counts = counts.narrow(axis, counts.shape[axis] // 2 - stride // 2, stride)
    return dict(Counter(round(count) for count in counts.flatten().tolist()))


def _overlap(name: str, random: Random, transposed: bool) -> tuple[int, int]:
    def draw(random: Random) -> Trace | None:
        rank = random.choice((1, 2))
        layer = windows(random, rank, pools=False, transposed=transposed)
        size = 16 if transposed else 60
        return None if layer is None else chain([layer], (1, *each(random, rank, size, size + 5)))

    def measured(traced: Trace) -> dict[int, int]:
        layer, x = traced.steps[0].layer, ones(traced)
        out = in_torch(layer)(x)
        counts = out if transposed else torch.autograd.grad(out.sum(), x)[0]
        return _period(counts[0, 0].detach(), layer.per_axis("stride"))

    def quiet(traced: Trace) -> bool:
        counts = measured(traced)
        return len(counts) == 1 or 0 in counts

    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    said = {
        int(taps): int(number) for number, taps in re.findall(r"(\d+) ha(?:s|ve) (\d+)", finding.note or "")
    }
    real = measured(traced)
    high, low = map(int, re.findall(r"(\d+) taps, others (?:by )?(\d+)", finding.message)[0])
    agrees = said == real and (low, high) == (min(real), max(real))
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def uneven_overlap(random: Random) -> tuple[int, int]:
    """The histogram of a kernel of ones on ones, in the middle."""
    return _overlap("uneven-overlap", random, True)


def uneven_gradient(random: Random) -> tuple[int, int]:
    """The histogram of the gradient of a kernel of ones, in the middle."""
    return _overlap("uneven-gradient", random, False)


def even_kernel_at_stride_one(random: Random) -> tuple[int, int]:
    """Sizes of real tensors or, with padding='same', the middle of what one output reads."""

    def draw(random: Random) -> Trace | None:
        kernel, dilation = random.randint(1, 6), random.randint(1, 3)
        padding = random.choice(("'same'", str(random.randint(0, 6))))
        layer = eval(f"KINDS['Conv1d'](1, 1, {kernel}, padding={padding}, dilation={dilation})")
        return chain([layer], (1, random.randint(30, 50)))

    def shift(traced: Trace) -> float:
        x = ones(traced)
        out = run(model(traced), x)[0, 0]
        middle = out.shape[0] // 2
        (gradient,) = torch.autograd.grad(out[middle], x)
        places = gradient[0, 0].nonzero().double()
        return float(places.mean()) - middle

    def is_whole(traced: Trace) -> bool:
        x = ones(traced)
        change = run(model(traced), x).shape[-1] - x.shape[-1]
        return change != 0 or shift(traced) == 0 if abs(change) != 1 else traced.steps[0].layer.padding == 0  # type: ignore[attr-defined]

    name = "even-kernel-at-stride-one"
    traced, finding, checked, wrong = speaking(name, random, draw, is_whole)
    if "half a pixel" in finding.message:
        agrees = abs(shift(traced)) == 0.5
    else:
        made, taken = map(int, re.findall(r"makes (\d+) out of (\d+)", finding.message)[0])
        agrees = run(model(traced), ones(traced)).shape[-1] == made and traced.input[-1] == taken
        agrees &= shift(traced) % 1 == 0.5
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def padding_dominated(random: Random) -> tuple[int, int]:
    """Taps inside, as the sum of a kernel of ones on ones; the rest of all taps reads padding."""

    def measured(traced: Trace) -> tuple[int, int]:
        out = run(model(traced), ones(traced))
        taps = out.numel() * torch.Size(traced.steps[0].layer.per_axis("kernel_size")).numel()
        return taps - round(float(out.detach().sum())), taps

    def draw(random: Random) -> Trace | None:
        rank = random.choice((1, 2))
        layer = windows(random, rank, pools=False, stride=random.randint(1, 2))
        return None if layer is None else chain([layer], (1, *each(random, rank, 1, 6)))

    def quiet(traced: Trace) -> bool:
        beyond, taps = measured(traced)
        return 2 * beyond <= taps

    name = "padding-dominated"
    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    beyond, taps = measured(traced)
    agrees = f"{beyond:,} of {taps:,}" in (finding.note or "")
    agrees &= finding.message.startswith(f"{round(100 * beyond / taps)} %")
    return checked + 1, wrong + (not agrees or not repairs_end(name, traced, finding))


def gridding(random: Random) -> tuple[int, int]:
    """Gradients of the middle of what a row of dilated convolutions returns, on an input larger than its field."""

    def draw(random: Random) -> Trace | None:
        rank = random.choice((1, 2))
        layers: list[Layer] = []
        for _ in range(random.randint(2, 3)):
            kernel, dilation = random.choice((2, 3)), random.choice((1, 2, 2, 3, 4))
            layers += [
                KINDS[f"Conv{rank}d"](1, 1, kernel, padding=dilation * (kernel // 2), dilation=dilation)
            ]
            layers += [KINDS["ReLU"]()] * (random.random() < 0.5)
        return chain(layers, (1, *((64,) * rank)))

    def measured(traced: Trace) -> tuple[tuple[int, ...], tuple[int, ...]]:
        mask = depends(traced, len(traced.steps))
        return tuple(sum(row) for row in lines(mask)), extent_of(mask)

    def quiet(traced: Trace) -> bool:
        """Full, or a single dilated layer."""
        read, extent = measured(traced)
        dilated = [step for step in traced.steps if vars(step.layer).get("dilation", 1) != 1]
        return read == extent or len(dilated) < 2

    name = "gridding"
    traced, finding, checked, wrong = speaking(name, random, draw, quiet)
    rank = len(traced.input) - 1
    said = [
        tuple(map(int, part.split("x"))) for part in re.findall(r"[\dx]+(?= positions|$)", finding.message)
    ]
    agrees = said == [*measured(traced)] and all(len(part) == rank for part in said)
    return checked + 1, wrong + (not agrees or not _some_repair_helps(name, traced, finding))


def _some_repair_helps(name: str, traced: Trace, finding: Finding) -> bool:
    traces = [retraced(traced.arch, changes, traced.shape_in) for changes in finding.repairs]
    return any(again is not None and again.ok and not findings(name, again) for again in traces)


#: The functions of both files, by the name of the rule.
WITNESSES: dict[str, Callable[[Random], tuple[int, int]]] = {
    rule.code.name: found
    for rule in RULES.values()
    if (found := {**vars(witness_sizes), **globals()}.get(rule.code.name.replace("-", "_")))
}


if __name__ == "__main__":
    import sys

    torch.set_num_threads(1)
    for name, witness in WITNESSES.items():
        results = [witness(Random(f"{sys.argv[2]} {name} {case}")) for case in range(int(sys.argv[1]))]
        checked, wrong = (sum(column) for column in zip(*results))
        print(f"{name}: {len(results)} findings, {checked - len(results)} silent, {wrong} differences")
