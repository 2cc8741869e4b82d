"""The numbers that rules about the graph print, measured in real torch on random layers.

    PYTHONPATH=. python tests/witness_graph.py 200 1

A function for each rule draws one architecture, lints it, and measures what the finding says, and where it can, that
a silent rule is right to be silent. It returns how many numbers it has compared and how many differed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import torch
from torch_oracle import module_of

from shapecalc.arch import INPUT
from shapecalc.lint.rule import RULES, Finding
from shapecalc.read.spec import loads
from shapecalc.trace import Trace, trace

Counted = tuple[int, int]


def traced(sample: str, *layers: str, head: str = "") -> Trace:
    """The trace of a list of layers, or of the sections in `head`."""
    text = head or "layers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    found = trace(loads(f"input: {sample}\n{text}"))
    assert found.ok, found.problems
    return found


def found(code: str, of: Trace, **options: int) -> list[Finding]:
    """What one rule says."""
    return list(RULES[code].findings(of, **options))


def numbers(text: str | None) -> list[float]:
    """The numbers in a text, in their order."""
    return [float(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?", text or "")]


def run(of: Trace, x: torch.Tensor, modules: list[Any] | None = None) -> list[torch.Tensor]:
    """What every node returns in torch, in the precision of `x`."""
    modules = modules_of(of, x.dtype) if modules is None else modules
    values = [x]
    for node, module in zip(of.arch.nodes, modules):
        out = module(*[values[source] for source in node.sources])
        values.append(out[0] if isinstance(out, tuple) else out)
    return values[1:]


def modules_of(of: Trace, dtype: torch.dtype = torch.float64) -> list[Any]:
    """The layers in torch, with random biases, too."""
    modules = [module_of(step.layer) for step in of.steps]
    for module in modules:
        if isinstance(module, torch.nn.Module):
            module.to(dtype)
    return modules


def parameters_of(modules: list[Any]) -> list[torch.Tensor]:
    return [p for module in modules if isinstance(module, torch.nn.Module) for p in module.parameters()]


def backward(loss: Any) -> None:
    """The gradients of a loss (torch's own method has no types)."""
    loss.backward()


def batch(sizes: tuple[Any, ...], samples: int = 3) -> torch.Tensor:
    return torch.randn(samples, *map(int, sizes), dtype=torch.float64)


def bias_before_norm(random: Random) -> Counted:
    """The gradient to a bias, against the gradient to the weights; 0 exactly where the rule speaks."""
    channels, rank = random.choice((2, 4, 6)), random.choice((1, 2))
    map_ = "x".join("7" * rank)
    groups = random.choice([number for number in (1, 2, channels) if channels % number == 0])
    weights, norm, sample = random.choice(
        (
            (f"Conv{rank}d(3, {channels}, 3, padding=1)", f"BatchNorm{rank}d({channels})", f"3x{map_}"),
            (f"Conv{rank}d(3, {channels}, 3)", f"InstanceNorm{rank}d({channels})", f"3x{map_}"),
            (
                f"ConvTranspose{rank}d(3, {channels}, 2, stride=2)",
                f"BatchNorm{rank}d({channels})",
                f"3x{map_}",
            ),
            (f"Conv{rank}d(3, {channels}, 3)", f"GroupNorm({groups}, {channels})", f"3x{map_}"),
            (f"Linear(5, {channels})", f"BatchNorm1d({channels}, affine=False)", "5"),
            (f"Linear(5, {channels})", "BatchNorm1d(4)", "4x5"),
            (f"Linear(5, {channels})", f"LayerNorm({channels})", "4x5"),
        )
    )
    pools = (
        "MaxPool{0}d(2)",
        "AvgPool{0}d(2)",
        "AvgPool{0}d(3, padding=1)",
        "AdaptiveAvgPool{0}d(2)",
        "LPPool{0}d(2, 2)",
    )
    pool = [random.choice(pools).format(rank)] if "x7" in sample and random.random() < 0.4 else []
    of = traced(sample, weights, *pool, norm)
    findings = found("SHP316", of)
    modules = modules_of(of)
    out = run(of, batch(of.input), modules)[-1]
    backward((out * torch.randn_like(out)).sum())
    idle = bool(modules[0].bias.grad.abs().max() < 1e-9 * modules[0].weight.grad.abs().max())
    said = numbers(findings[0].note)[0] if findings else 0
    right = said == modules[0].bias.numel() if idle else said == 0
    return 1, int(not right)


def stacked_linear_maps(random: Random) -> Counted:
    """f(x + y) - f(x) - f(y) + f(0) = 0, and how far one output reaches, or one input."""
    kind = random.choice(("Linear", "Conv2d", "ConvTranspose2d", "Conv1d"))
    count = random.choice((2, 2, 3))
    sizes = sorted(random.sample(range(2, 9), count + 1))
    layers = []
    for taken, made in pairwise(sizes):
        window = "" if kind == "Linear" else f", {random.randint(1, 4)}, stride={random.choice((1, 1, 2))}"
        layers.append(f"{kind}({taken}, {made}{window})")
        layers += ["Dropout(0.5)"] if random.random() < 0.2 else []
    nonlinear = random.random() < 0.2
    if nonlinear:
        layers.insert(1, "ReLU")
    extent = {"Linear": "", "Conv1d": "x60", "Conv2d": "x60x60", "ConvTranspose2d": "x3x3"}[kind]
    of = traced(f"{sizes[0]}{extent}", *layers)
    findings = found("SHP317", of)
    if nonlinear and count == 2:
        return 1, int(bool(findings))
    if nonlinear:
        return 0, 0
    modules = [module.eval() for module in modules_of(of)]
    x, y = batch(of.input, 1), batch(of.input, 1)
    f = [run(of, one, modules)[-1] for one in (x + y, x, y, x * 0)]
    wrong = int(len(findings) != 1 or bool((f[0] - f[1] - f[2] + f[3]).abs().max() > 1e-9))
    note = findings[0].note or ""
    if kind == "Linear":
        bias = run(of, x * 0, modules)[-1]
        rows = torch.eye(sizes[0], dtype=torch.float64)
        one = torch.nn.functional.linear(x, (run(of, rows, modules)[-1] - bias).T, bias[0])
        wrong += int(not torch.allclose(one, f[1]))
        return 3, wrong + int(numbers(note)[-1] != (sizes[0] + 1) * sizes[-1])
    for parameter in parameters_of(modules):
        parameter.data.abs_().add_(0.1)
    kernel = [int(size) for size in note.rpartition("kernel of ")[2].split("x")]
    return 2, wrong + int(_reach(of, modules, kind) != kernel)


def _reach(of: Trace, modules: list[Any], kind: str) -> list[int]:
    """How far one output's inputs lie apart, or one input's outputs of a transposed layer."""
    x = batch(of.input, 1).abs().requires_grad_()
    out = run(of, x, modules)[-1]
    rank = x.dim() - 2
    if "Transpose" in kind:
        other = x.detach().clone()
        other[(0, 0, *(1,) * rank)] += 1
        touched = (run(of, other, modules)[-1] - out).abs() > 1e-12
    else:
        backward(out[(0, 0, *(size // 2 for size in out.shape[2:]))])
        assert x.grad is not None
        touched = x.grad.abs() > 0
    places = touched.nonzero()[:, 2:]
    return [int(size) for size in places.max(0).values - places.min(0).values + 1]


POINTS = torch.cat([torch.linspace(-12, 12, 40001), torch.tensor([-1e6, -300.0, 0.0, 300.0, 1e6])]).double()

#: Of these no bounds are known to the rules.
FALLING = ("LeakyReLU(-0.3)", "ELU(-0.5)")

ACTIVATIONS = (
    "ReLU", "ReLU6", "Hardtanh(-0.5, 2)", "LeakyReLU(0.2)", "ELU(0.7)", "CELU(1.5)", "SELU", "Sigmoid", "Tanh",
    "Hardsigmoid", "LogSigmoid", "Softplus", "Softplus(2.0)", "Softsign", *FALLING, "GELU", "SiLU", "Mish", "Hardswish",
)  # fmt: skip


def repeated_activation(random: Random) -> Counted:
    """Both images, on many points and at the ends; or that nothing changes."""
    first, second = random.choice(ACTIVATIONS), random.choice(ACTIVATIONS)
    if random.random() < 0.2:
        return _flat_softmax(random)
    of = traced("40006", first, second)
    findings = found("SHP318", of)
    one, two = (module.double() for module in modules_of(of))
    given, alone = one(POINTS), two(POINTS)
    both = two(given)
    changes = not torch.equal(both, given)
    message = findings[0].message if findings else ""
    if "changes nothing" in message:
        return 1, int(changes)
    if "is one `LeakyReLU" in message:
        slope = numbers(message)[-1]
        return 1, int(not torch.allclose(torch.nn.functional.leaky_relu(POINTS, slope), both))
    seen, whole_image = both.clamp(-1e3, 1e3), alone.clamp(-1e3, 1e3)  # beyond, there is no bound
    narrower = bool(seen.min() > whole_image.min() + 1e-4 or seen.max() < whole_image.max() - 1e-4)
    if not findings:  # its bounds may be unknown, but it must not miss what the points show of monotone ones
        known = not {first, second} & {"GELU", "SiLU", "Mish", "Hardswish", *FALLING}
        return (1, int((narrower and known) or not changes)) if known else (0, 0)
    left, whole = (part.rpartition("returns ")[2] for part in (message.split(" only, ")[0], message))
    wrong = sum(not _bounds_agree(text, values) for text, values in ((left, both), (whole, alone)))
    return 2, wrong


def _bounds_agree(text: str, values: torch.Tensor) -> bool:
    low, high = text.split(" to ")
    for said, seen in ((low, float(values.min())), (high, float(values.max()))):
        if "infinity" in said:
            if abs(seen) < 1e3:
                return False
        elif abs(float(said) - seen) > 6e-3 * max(1, abs(seen)):
            return False
    return True


def _flat_softmax(random: Random) -> Counted:
    classes = random.randint(2, 50)
    kind = random.choice(("Sigmoid", "Tanh", "ReLU6", "Hardtanh(-0.5, 2)"))
    of = traced(str(classes), kind, "Softmax(1)")
    (finding,) = found("SHP318", of)
    scores = torch.full((1, classes), -1e6, dtype=torch.float64)
    scores[0, 0] = 1e6
    largest = float(run(of, scores)[-1].max())
    (most,) = numbers(finding.message)[1:2]
    spread = float(run(of, 50 * batch((classes,), 200))[-1].max())
    return 2, int(abs(most - largest) > 6e-3 * largest) + int(spread > largest + 1e-9)


def softmax_inside(random: Random) -> Counted:
    """The sum and the mean of what the softmax returns."""
    size = random.randint(2, 40)
    kind = random.choice(("Softmax(1)", "Softmax(-1)", "Softmin(1)", "LogSoftmax(1)"))
    of = traced(
        "6", f"Linear(6, {size})", kind, *["Dropout(0.1)"] * random.randint(0, 1), f"Linear({size}, 3)"
    )
    (finding,) = found("SHP319", of)
    out = run(of, batch((6,)))[1].detach()
    out = out.exp() if kind.startswith("Log") else out
    wrong = int(not torch.allclose(out.sum(1), torch.ones(3, dtype=torch.float64)))
    if kind.startswith("Log"):
        return 1, wrong
    return 2, wrong + int(abs(numbers(finding.note)[1] - float(out.mean())) > 5e-3 * float(out.mean()))


def output_contradicts_range(random: Random) -> Counted:
    """The part of the range that is missed, or the part of the image outside, from the image that is seen."""
    low, high = random.choice(((0, 1), (-1, 1), (0, 255), (-0.5, 0.5), (-3, 1)))
    kind = random.choice(ACTIVATIONS)
    head = f"range: [{low}, {high}]\nencoder: ['Linear(8, 2)']\ndecoder: ['Linear(2, 8)', '{kind}']\n"
    of = traced("8", head=head)
    findings = found("SHP320", of)
    image = modules_of(of)[-1](POINTS)
    bounds = float(image.min()), float(image.max())
    inside = max(min(bounds[1], high) - max(bounds[0], low), 0.0)
    missed, outside = 1 - inside / (high - low), 1 - inside / (bounds[1] - bounds[0])
    if abs(bounds[0]) > 100 or abs(bounds[1]) > 100:
        outside = 0.0  # no bound: what is learned decides
    expected = missed if missed > 1e-3 else outside
    if not findings:
        return (0, 0) if kind in FALLING else (1, int(expected > 1e-3))
    (percent,) = re.findall(r"(\d+)%", findings[0].message)
    return 1, int(abs(int(percent) / 100 - expected) > 0.011)


def dropout_before_norm(random: Random) -> Counted:
    """The running variance that a batch norm learns behind dropout, against that of evaluation."""
    p = random.choice((0.1, 0.2, 0.3, 0.5, 0.7, 0.8))
    of = traced("2x300", f"Dropout({p})", "BatchNorm1d(2, momentum=1.0)")
    (finding,) = found("SHP321", of)
    x = batch((2, 300), 400) + random.choice((0.0, 0.0, 0.5, 2.0))
    dropout, norm = modules_of(of)
    dropped = dropout(x)
    norm(dropped)
    variance = x.var(dim=(0, 2))
    (said,) = numbers(finding.message)[-1:]
    squares = (dropped - dropped.mean(dim=(0, 2), keepdim=True)) ** 2
    noise = 5 * squares.std(dim=(0, 2)) / (400 * 300) ** 0.5 / variance  # five standard errors of a mean
    ratio = norm.running_var / variance
    centered = bool(x.mean().abs() < 0.1)
    noise += 0.005 * said  # it is printed with three digits
    wrong = bool((ratio < said - noise).any()) or (centered and bool((ratio > said + noise).any()))
    return 1, int(wrong)


def latent_not_smaller(random: Random) -> Counted:
    """The numbers of the code and of the input, counted in torch."""
    channels, stride, size = (
        random.choice((2, 4, 8, 16, 32)),
        random.choice((1, 2, 4)),
        random.choice((8, 16)),
    )
    taken = random.choice((1, 3))
    down = f"Conv2d({taken}, {channels}, {stride}, stride={stride})"
    up = f"ConvTranspose2d({channels}, {taken}, {stride}, stride={stride})"
    of = traced(f"{taken}x{size}x{size}", head=f"encoder: ['{down}']\ndecoder: ['{up}']\n")
    findings = found("SHP322", of)
    code, given = run(of, batch(of.input, 1))[0].numel(), taken * size * size
    if code < given:
        return 1, int(bool(findings))
    said = numbers(findings[0].note) if findings else [0, 0]
    ratio = said[2] if len(said) > 2 else 1.0
    return 2, int(said[:2] != [code, given]) + int(abs(ratio - code / given) > 6e-3 * ratio)


def unpool_without_output_size(random: Random) -> Counted:
    """The largest index of a pool, and whether the unpool refuses it; values in rising order are its worst case."""
    kernel = random.randint(2, 4)
    stride, padding = random.randint(1, kernel), random.randint(0, kernel // 2)
    sizes = [random.randint(max(kernel, 5), 13) for _ in range(2)]
    ceil_mode = random.random() < 0.3
    window = f"{kernel}, stride={stride}, padding={padding}"
    of = traced(
        f"1x{sizes[0]}x{sizes[1]}",
        f"pool: MaxPool2d({window}, ceil_mode={ceil_mode}, return_indices=True)",
        f"MaxUnpool2d({window}, indices=pool)",
    )
    findings = found("SHP323", of)
    x = torch.arange(float(sizes[0] * sizes[1])).reshape(1, 1, *sizes)
    values, indices = module_of(of.steps[0].layer.replace(return_indices=True))(x)
    try:
        returned = tuple(module_of(of.steps[1].layer)(values, indices).shape[2:])
        refused = False
    except RuntimeError:
        returned, refused = (), True
    if not findings:
        return 1, int(returned != tuple(sizes))
    last, *_ = numbers(findings[0].note)
    says_so = "refuses" in (findings[0].note or "")
    repaired: Any = of.steps[1].layer.replace(**findings[0].repairs[0][1].arguments)
    whole = module_of(repaired)(values, indices, output_size=repaired.output_size)
    wrong = (
        int(last != int(indices.max()))
        + int(says_so != refused)
        + int(tuple(whole.shape[2:]) != tuple(sizes))
    )
    return 3, wrong


def unused_node(random: Random) -> Counted:
    """The parameters without a gradient."""
    layers, names = ["n0: Conv1d(4, 4, 1)"], ["n0"]
    for number in range(1, random.randint(3, 9)):
        one, other = random.choice(names), random.choice(names)
        kind = random.choice(
            ("Conv1d(4, 4, 1, input={0})", "Conv1d(4, 4, 3, padding=1, input={0})", "Add({0}, {1})")
        )
        names.append(f"n{number}")
        layers.append(f"n{number}: {kind.format(one, other)}")
    of = traced("4x8", *layers)
    findings = found("SHP325", of)
    modules = modules_of(of)
    backward(run(of, batch(of.input), modules)[-1].sum())
    lost = sum(p.numel() for p in parameters_of(modules) if p.grad is None)
    shared = sum(numbers(finding.note)[0] for finding in findings if finding.note)
    ends = {source for node in of.arch.nodes for source in node.sources if source != INPUT}
    unread = sum(number + 1 not in ends for number in range(len(of.arch.nodes) - 1))
    # What stands before two dead ends is for neither alone, and is not counted twice.
    exact = shared == lost if unread <= 1 else shared <= lost
    return 2, int(not exact) + int(len(findings) != unread)


def ambiguous_batch(random: Random) -> Counted:
    """Whether one sample's output moves when another sample changes; after the repair it does not."""
    sample, layer = random.choice(
        (
            ("6x5", "LSTM(5, 4)"),
            ("6x5", "GRU(5, 4, batch_first=True)"),
            ("6x5", "RNN(5, 4, bidirectional=True)"),
            ("5", "GRU(5, 4)"),
            ("6x8", "TransformerEncoderLayer(8, 2, 16, dropout=0.0)"),
            ("6x8", "TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)"),
            ("6x8", "MultiheadAttention(8, 2)"),
            ("6x5", "Softmax(0)"),
            ("6x5", "Softmax(2)"),
            ("5", "LogSoftmax(1)"),
            ("5", "Softmin(0)"),
            ("6x5", "Softmax2d"),
            ("4x6x5", "Softmax2d"),
        )
    )
    of = traced(sample, layer)
    findings = found("SHP327", of)
    wrong = int(_mixes(of) != bool(findings))
    if findings and findings[0].repairs:
        ((_, change),) = findings[0].repairs[0].items()
        node = of.arch.nodes[0]
        mended = trace(
            of.arch.with_nodes([node._replace(layer=node.layer.replace(**change.arguments))]), sample
        )
        return 3, wrong + int(_mixes(mended)) + int(bool(found("SHP327", mended)))
    return 1, wrong


def _mixes(of: Trace) -> bool:
    """Whether the last sample's output has a gradient to the others, that a sequence reads before it."""
    (step,) = of.steps
    module = module_of(step.layer).double()
    x = batch(of.input, 4).requires_grad_()
    attends = step.layer.inputs[:1] == ("query",)
    out = module(x, x, x) if attends else module(x)
    out = out[0] if isinstance(out, tuple) else out
    backward((out[-1] * torch.randn_like(out[-1])).sum())
    assert x.grad is not None
    return bool(x.grad[:-1].abs().max() > 1e-12)


def dropped_samples(random: Random) -> Counted:
    """Dropouts that take samples for channels drop whole samples."""
    sample, layer = random.choice((("50", "Dropout1d"), ("8x50", "Dropout1d"), ("2x5x5", "Dropout3d")))
    of = traced(sample, layer)
    out = modules_of(of)[0](torch.ones_like(batch(of.input, 40))).flatten(1)
    whole = bool(((out == 0).all(1) | (out != 0).all(1)).all())
    return 1, int(whole != bool(found("SHP327", of)))


def dominant_linear(random: Random) -> Counted:
    """All parameters, and those of the layer behind a global pool."""
    channels, size, features = random.choice((4, 8, 16)), random.choice((4, 8)), random.choice((16, 32, 64))
    flat = channels * size * size
    layers = [
        f"Conv2d(3, {channels}, 3, padding=1)",
        "ReLU",
        "Flatten",
        f"Linear({flat}, {features})",
        f"Linear({features}, 10)",
    ]
    of = traced(f"3x{size}x{size}", *layers)
    findings = found("SHP401", of, least=100)
    counts = [sum(p.numel() for p in parameters_of([module])) for module in modules_of(of)]
    if not findings:
        return 1, int(2 * counts[3] > sum(counts))
    held, total = numbers(findings[0].message)[:2]
    pooled = sum(p.numel() for p in torch.nn.Linear(channels, features).parameters())
    return 3, int(held != counts[3]) + int(total != sum(counts)) + int(
        numbers(findings[0].note)[-1] != pooled
    )


WITNESSES: tuple[Callable[[Random], Counted], ...] = (
    bias_before_norm,
    stacked_linear_maps,
    repeated_activation,
    softmax_inside,
    output_contradicts_range,
    dropout_before_norm,
    latent_not_smaller,
    unpool_without_output_size,
    unused_node,
    ambiguous_batch,
    dropped_samples,
    dominant_linear,
)


def compare(witness: Callable[[Random], Counted], cases: int, seed: int) -> Counted:
    """All comparisons and differences of so many random cases."""
    checked = differing = 0
    for case in range(cases):
        torch.manual_seed(seed * 100_003 + case)
        one, wrong = witness(Random(f"{seed} {case}"))
        checked, differing = checked + one, differing + wrong
        if wrong:
            print(f"  {witness.__name__}: case {case} of seed {seed} differs")
    return checked, differing


if __name__ == "__main__":
    torch.set_num_threads(1)
    cases, seed = int(sys.argv[1]), int(sys.argv[2])
    for witness in WITNESSES:
        checked, differing = compare(witness, cases, seed)
        print(f"{witness.__name__:30} {cases} cases, {checked} numbers, {differing} differ")
