"""The engine's speed as ratios, each pair measured in one run: `python tests/bench/bench.py`.

Needs torch and torchinfo. Nothing here is a test: the figures depend on the machine, the ratios hardly.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import shapecalc as sc

ROOT = Path(__file__).parent.parent.parent
LAYERS = 1000


def best(action: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of a few runs: the one least disturbed."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def a_trace(arch: sc.Arch, times: int = 5) -> float:
    """Seconds of one trace."""
    return best(lambda: sc.trace(arch, "16x64x64"), times)


def engine() -> None:
    """Tracing a conv stack against the same stack's forward on torch's meta device, and torchinfo's summary."""
    import torch
    import torchinfo

    from shapecalc.layers.conv import Conv2d

    def stack(layers: int) -> sc.Arch:
        return sc.Arch.chain([Conv2d(16, 16, 3, padding=1) for _ in range(layers)])

    arch = stack(LAYERS)
    ours = a_trace(arch, 20) / LAYERS
    with torch.device("meta"):
        module = torch.nn.Sequential(*[torch.nn.Conv2d(16, 16, 3, padding=1) for _ in range(LAYERS)])
        x = torch.empty(2, 16, 64, 64)
    with torch.no_grad():
        meta = best(lambda: module(x)) / LAYERS
    real = torch.nn.Sequential(*[torch.nn.Conv2d(16, 16, 3, padding=1) for _ in range(LAYERS)])
    summary = best(lambda: torchinfo.summary(real, (2, 16, 8, 8), verbose=0), 3) / LAYERS
    print(f"trace of {LAYERS} convolutions     {ours * 1e6:8.2f} µs a layer")
    print(f"forward on the meta device     {meta * 1e6:8.2f} µs a layer   {meta / ours:6.1f} times ours")
    print(
        f"torchinfo.summary              {summary * 1e6:8.2f} µs a layer   {summary / ours:6.1f} times ours"
    )
    print("cost against length:")
    for length in (100, 1000, 10_000, 100_000):
        print(f"  {length:>7,} layers              {a_trace(stack(length)) / length * 1e6:8.2f} µs a layer")


def start_up() -> None:
    """Whole processes, each in turn with what it is compared with; medians.

    The package is compiled first, as pip compiles what it installs.
    """
    compileall.compile_dir(ROOT / "shapecalc", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(
            "import typer\napp = typer.Typer(add_completion=False)\n"
            "@app.command()\ndef main(path: str) -> None:\n    print(path)\napp()\n"
        )
        check = "import shapecalc; shapecalc.check('examples/mel_cae.arch.yaml', '1x10x474')"
        command = str(Path(sys.executable).parent / "shapecalc")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import shapecalc; check": [sys.executable, "-c", check],
            "an empty typer command": [sys.executable, str(empty), "x"],
            "shapecalc check": [command, "check", "examples/mel_cae.arch.yaml", "--input", "1x10x474"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(22):
            for name, words in commands.items():
                start = time.perf_counter()
                subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
                if turn > 1:
                    seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name:<28} {median * 1e3:8.1f} ms")
    print(
        f"check in Python is {medians['import shapecalc; check'] / medians['python -c pass']:.2f} times `python -c pass`"
    )
    print(
        f"the command is {medians['shapecalc check'] / medians['an empty typer command']:.2f} times an empty typer command"
    )


if __name__ == "__main__":
    engine()
    start_up()
