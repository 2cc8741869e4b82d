"""A name in a join can be taken for another thing: a layer is called `x` or `input`, or like another but for its case.

In a join `x` is what the layer above returns, and `input` is what the network was given, unless a layer is called
so. Behind `- x: Conv2d(...)` a `Cat(x, skip)` joins that convolution, wherever it stands, and a reader of the spec
takes it for the layer above. The witness is the number of layers that read it further down; where only the next
layer reads it, nothing is said.

Two names in one block that differ in case alone are told, too: a join that has the wrong one runs. All other names
are safe: the same name in two blocks means the nearer one, a name that could be two is refused, and
so is a layer with the name of a var.

Bad:
    input: 8x28x28
    layers:
      - x: Conv2d(8, 8, 3, padding=1)  # SHP324
      - ReLU
      - Conv2d(8, 8, 3, padding=1)  # SHP325
      - Add(x, input)

Bad (two names but for their case):
    input: 8x28x28
    layers:
      - skip: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - Skip: Conv2d(8, 8, 3, padding=1)  # SHP324
      - Add(x, skip)

Good:
    input: 8x28x28
    layers:
      - first: Conv2d(8, 8, 3, padding=1)
      - ReLU
      - Conv2d(8, 8, 3, padding=1)
      - Add(x, input)

Source: Fowler 1999, "Refactoring", chapter 3 (a name that says something else than what it stands for); the reader's
own rule for the names of joins.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..graph import readers
from ..rule import Finding

LEVEL = "warning"

MEANINGS = {"x": "what the layer above returns", "input": "what the network was given"}


def findings(trace: Trace) -> Iterator[Finding]:
    ends: dict[str, int] = {}  # by the path of a name: the node whose output the name is
    for number, node in enumerate(trace.arch.nodes):
        parts = node.path.split(".")
        for place in range(1, len(parts)):
            ends[".".join(parts[: place + 1])] = number
    lower: dict[str, str] = {}
    for path, number in ends.items():
        name = path.rpartition(".")[2]
        other = lower.setdefault(path.lower(), path)
        if other != path:
            twin = other.rpartition(".")[2]
            yield Finding(
                number, f"`{name}` and `{twin}` differ in case alone", labels=((ends[other], f"is `{twin}`"),)
            )
        if name in MEANINGS:
            yield from _shadowing(trace, name, number)


def _shadowing(trace: Trace, name: str, number: int) -> Iterator[Finding]:
    by = [reader for reader in readers(trace.arch)[number] if reader > number + 1]
    if by:
        yield Finding(
            number,
            f"in a join, `{name}` is this layer from here on, and elsewhere {MEANINGS[name]}",
            f"{len(by)} layer{'s read' if len(by) > 1 else ' reads'} it further down",
            labels=tuple((reader, "reads it") for reader in by[:3]),
        )
