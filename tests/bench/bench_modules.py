"""Reading modules: a 1,000-layer Sequential and a ResNet-50-like net, against torch.fx's ShapeProp.

    python tests/bench/bench_modules.py

Each figure is the best of three; torchinfo is measured too where it is installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.fx import symbolic_trace
from torch.fx.passes.shape_prop import ShapeProp

import shapecalc as sc


def deep() -> nn.Sequential:
    """1,000 layers."""
    layers: list[nn.Module] = [nn.Conv2d(3, 8, 3, padding=1)]
    for _ in range(333):
        layers += [nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()]
    return nn.Sequential(*layers)


class Bottleneck(nn.Module):
    """As in ResNet-50."""

    def __init__(self, wide: int, narrow: int, stride: int) -> None:
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(wide, narrow, 1, bias=False), nn.BatchNorm2d(narrow)
        self.c2, self.n2 = nn.Conv2d(narrow, narrow, 3, stride, 1, bias=False), nn.BatchNorm2d(narrow)
        self.c3, self.n3 = nn.Conv2d(narrow, narrow * 4, 1, bias=False), nn.BatchNorm2d(narrow * 4)
        self.relu, self.down = nn.ReLU(inplace=True), None
        if stride != 1 or wide != narrow * 4:
            self.down = nn.Sequential(
                nn.Conv2d(wide, narrow * 4, 1, stride, bias=False), nn.BatchNorm2d(narrow * 4)
            )

    def forward(self, x: Any) -> Any:
        y = self.relu(self.n1(self.c1(x)))
        y = self.relu(self.n2(self.c2(y)))
        y = self.n3(self.c3(y))
        return self.relu(y + (x if self.down is None else self.down(x)))


class ResNet50(nn.Module):
    """Its layers and widths."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        blocks, wide = [], 64
        for narrow, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for number in range(count):
                blocks.append(Bottleneck(wide, narrow, stride if number == 0 else 1))
                wide = narrow * 4
        self.blocks, self.pool, self.fc = (
            nn.Sequential(*blocks),
            nn.AdaptiveAvgPool2d(1),
            nn.Linear(2048, 1000),
        )

    def forward(self, x: Any) -> Any:
        return self.fc(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


def best(run: Callable[[], Any]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def row(name: str, model: nn.Module, meta: nn.Module, sample: tuple[int, ...]) -> str:
    """The figures of one model; `meta` is the same without weights."""
    fake, data = torch.empty(1, *sample, device="meta"), torch.randn(1, *sample)
    ours = best(lambda: sc.from_module(model, sample))
    on_meta = best(lambda: ShapeProp(symbolic_trace(meta)).propagate(fake))
    real = best(lambda: ShapeProp(symbolic_trace(model)).propagate(data))
    info = "not installed"
    try:
        from torchinfo import summary
    except ImportError:
        pass
    else:
        info = f"{best(lambda: summary(model, (1, *sample), verbose=0)):.0f} ms"
    return f"| {name} | {ours:.0f} ms | {on_meta:.0f} ms | {real:.0f} ms | {info} |"


def main() -> None:
    torch.set_num_threads(1)
    print("| model | from_module | fx + ShapeProp, meta | fx + ShapeProp, real, batch 1 | torchinfo |")
    print("|---|---|---|---|---|")
    for name, make, sample in (("1,000 layers", deep, (3, 32, 32)), ("ResNet-50", ResNet50, (3, 224, 224))):
        print(row(name, make().eval(), make().to("meta").eval(), sample))


if __name__ == "__main__":
    main()
