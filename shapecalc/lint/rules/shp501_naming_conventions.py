"""A layer's name is not in lower case.

The names of a spec become the attributes of the module and the keys of its `state_dict`. Python's convention for
both is lower case with underscores; `Conv1` reads like a class. Off unless it is asked for: a name that a checkpoint
has stays as it is.

Bad:
    input: 1x28x28
    layers:
      - Conv1: Conv2d(1, 8, 3)  # SHP501
      - ReLU

Good:
    input: 1x28x28
    layers:
      - conv1: Conv2d(1, 8, 3)
      - ReLU

Source: PEP 8, "Naming Conventions", https://peps.python.org/pep-0008/#naming-conventions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...trace import Trace
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    seen = set()
    for number, node in enumerate(trace.arch.nodes):
        parts = node.path.split(".")
        for place, part in enumerate(parts):
            path = tuple(parts[: place + 1])
            if path not in seen and part != part.lower():
                yield Finding(number, f"`{part}` is not in lower case")
            seen.add(path)
