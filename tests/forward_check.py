"""Random forwards with detached and copied tensors, pauses, checkpoints, frozen and evaluated layers, against torch.

A forward is a list of instructions on tensors of one shape, so that any of them may follow any other.
"""

# mypy: ignore-errors
from __future__ import annotations

import copy
import warnings
from random import Random

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.utils.checkpoint import checkpoint

import shapecalc as sc
from shapecalc import memory
from shapecalc.size import at

SHAPE = (4, 6, 6)

MODULES = {
    "conv": lambda: nn.Conv2d(4, 4, 3, padding=1),
    "depthwise": lambda: nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False),
    "up": lambda: nn.ConvTranspose2d(4, 4, 3, padding=1),
    "linear": lambda: nn.Linear(6, 6),
    "batch": lambda: nn.BatchNorm2d(4),
    "instance": lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
    "group": lambda: nn.GroupNorm(2, 4),
    "layer": lambda: nn.LayerNorm(6),
    "rms": lambda: nn.RMSNorm(6),
    "prelu": nn.PReLU,
    "relu": lambda: nn.ReLU(inplace=True),
    "silu": nn.SiLU,
    "drop": lambda: nn.Dropout(0.3),
    "drop2d": lambda: nn.Dropout2d(0.3),
    "rrelu": nn.RReLU,
    "gelu": nn.GELU,
    "identity": nn.Identity,
    "pool": lambda: nn.MaxPool2d(3, 1, 1),
    "lrn": lambda: nn.CrossMapLRN2d(3),
}
#: of one tensor
ONE = {
    "sigmoid": torch.sigmoid,
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: F.relu(x, inplace=False),
    "softmax": lambda x: x.softmax(1),
    "exp": lambda x: (-x * x).exp(),
    "square": lambda x: x**2,
    "times": lambda x: 0.5 * x + 1,
    "inverse": lambda x: 1 / (1 + x * x),
    "mean": lambda x: x - x.mean(1, keepdim=True),
    "gate": lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(),
    "turned": lambda x: x.transpose(2, 3),
    "turned and copied": lambda x: x.transpose(2, 3).contiguous(),
    "halves": lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
    "glu": lambda x: torch.cat([x.chunk(2, 1)[0] * x.chunk(2, 1)[1].sigmoid()] * 2, 1),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "float": lambda x: x.float(),
    "straight through": lambda x: x + (x.round() - x).detach(),
    "noise": lambda x: x + 0.1 * torch.randn_like(x),
    "mask": lambda x: x * (x > 0.2).float(),
    "where": lambda x: torch.where(x > 0.2, x, 0.1 * x),
    "dropout": lambda x: F.dropout(x, 0.2, training=False),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "square matrix": lambda x: x @ x.transpose(2, 3),
    "rows": lambda x: x.flatten(1, 2).view(-1, 4, 6, 6),
    "added in place": lambda x: x.clone().add_(1),
    "sine in place": lambda x: (x * 1).sin_(),
    "normalize": lambda x: F.normalize(x, dim=1),
    "unit": lambda x: x / x.norm(dim=1, keepdim=True).clamp_min(0.1),
}
#: of two
TWO = {
    "add": torch.add,
    "sub": lambda x, y: x - y,
    "mul": torch.mul,
    "div": lambda x, y: x / (1.5 + y * y),
    "matmul": torch.matmul,
    "maximum": torch.maximum,
    "lerp": lambda x, y: torch.lerp(x, y, 0.3),
    "cross attention": lambda x, y: F.scaled_dot_product_attention(x, y, y),
    "cat": lambda x, y: torch.cat([x[:, :2], y[:, 2:]], 1),
}


class Forward(nn.Module):
    """A random forward."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.program = _block(random, random.randint(4, 12), 2)
        self.layers = nn.ModuleDict()
        self.scale = nn.Parameter(torch.rand(4, 1, 1), requires_grad=random.random() < 0.7)
        self.register_buffer("mean", torch.rand(4, 6, 6))
        for name in _modules(self.program):
            module = MODULES[name.rstrip("0123456789")]()
            self.layers[name] = module
            for parameter in module.parameters():
                parameter.requires_grad = random.random() < 0.85
            own = [one.requires_grad for one in module.parameters()]
            if random.random() < 0.6 and own:  # mostly all or none
                for parameter in module.parameters():
                    parameter.requires_grad = own[0]
        self.evaluated = [name for name in self.layers if random.random() < 0.2]
        self.train()

    def train(self, mode: bool = True) -> nn.Module:
        super().train(mode)
        for name in self.evaluated:
            self.layers[name].eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.run(self.program, x)

    def run(self, program: list[tuple], x: torch.Tensor) -> torch.Tensor:
        tensors = [x]
        for what, name, source, other in program:
            x, y = tensors[source % len(tensors)], tensors[other % len(tensors)]
            tensors.append(self.step(what, name, x, y))
        return tensors[-1]

    def step(self, what: str, name, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if what == "module":
            return self.layers[name](x.clone() if name.startswith("relu") else x)
        if what == "one":
            return ONE[name](x)
        if what == "two":
            return TWO[name](x, y)
        if what == "scale":
            return (x * self.scale if name else self.mean - x) / (1 + self.scale)
        if what == "paused":
            with torch.no_grad():
                return self.run(name, x)
        if what == "resumed":
            with torch.no_grad(), torch.enable_grad():
                return self.run(name, x)
        if not torch.is_grad_enabled() and what == "reentrant":
            return self.run(name, x)
        return checkpoint(lambda x, y: self.run(name, x) + y, x, y, use_reentrant=what == "reentrant")


def _block(random: Random, length: int, depth: int) -> list[tuple]:
    program = []
    for place in range(length):
        source, other = (place if random.random() < 0.7 else random.randint(0, place) for _ in range(2))
        what = random.choice(["module"] * 6 + ["one"] * 7 + ["two"] * 3 + ["scale"])
        if depth and random.random() < 0.2:
            what = random.choice(("paused", "resumed", "reentrant", "recomputed", "recomputed"))
        names = {"module": MODULES, "one": ONE, "two": TWO, "scale": (True, False)}.get(what)
        name = random.choice(list(names)) if names else _block(random, random.randint(1, 4), depth - 1)
        if what == "module":
            name += str(random.randint(0, 3 if random.random() < 0.1 else 10**6))
        program.append((what, name, source, other))
    return program


def _modules(program: list[tuple]) -> list[str]:
    found = []
    for what, name, *_ in program:
        found += [name] if what == "module" else _modules(name) if isinstance(name, list) else []
    return list(dict.fromkeys(found))


def kept_by(model: nn.Module, x: torch.Tensor) -> int:
    """The bytes of all storages that autograd is handed, but those of parameters and buffers."""
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    every = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        every.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        out = model(x)
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in every}
    del out
    return sum(size for pointer, size in storages.items() if pointer not in own)


def run_all(count: int, seed: int) -> tuple[int, int, list[str]]:
    """So many forwards: how many were compared, of how many all was known, and what differs."""
    torch.set_num_threads(1)
    compared, exact, differences = 0, 0, []
    for number in range(count):
        random = Random(f"{seed} forwards {number}")
        torch.manual_seed(number)
        model, batch = Forward(random).train(random.random() < 0.7), random.randint(1, 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                real = kept_by(copy.deepcopy(model), torch.rand(batch, *SHAPE))
            except RuntimeError:  # a step in place that autograd refuses
                continue
            kept = memory.kept(sc.trace(sc.from_module(model, input=SHAPE)), batch)
        ours = at(kept.total, {})
        compared, exact = compared + 1, exact + kept.exact
        if ours > real or (kept.exact and ours != real):
            differences.append(f"{seed} {number}: ours {ours}, torch {real}: {model.program}")
    return compared, exact, differences


if __name__ == "__main__":
    import sys

    total, known, wrong = run_all(int(sys.argv[1]), int(sys.argv[2]))
    print(f"{total} forwards compared, {known} with all known, {len(wrong)} differ")
    print("\n".join(sorted(wrong, key=len)[:5]))
