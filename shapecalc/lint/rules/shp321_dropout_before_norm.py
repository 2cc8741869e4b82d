"""Dropout right before a batch norm: the norm learns a variance that it never meets in evaluation.

Dropout sets numbers to 0 with probability p and multiplies the others by 1/(1-p). That keeps the mean and raises the
variance: `Var' = Var/(1-p) + p/(1-p) * mean^2`, at least 1/(1-p) times the variance without it. `BatchNorm` keeps a
running mean of that variance, and in evaluation, where dropout does nothing, divides by its root all the same. The
network that is tested is not the one that was trained. The witness is 1/(1-p).

Networks are published that have it (wide ResNets drop between their convolutions) and were found to gain where it
goes; therefore a note. Dropout behind the last batch norm has no such effect. Where it is meant, say
`# shapecalc: ignore[SHP321] as published`. `AlphaDropout` keeps the variance, and norms without running statistics
have none to be wrong.

Bad:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, bias=False)
      - Dropout(0.5)  # SHP321
      - BatchNorm2d(16)
      - ReLU

Good:
    input: 3x32x32
    layers:
      - Conv2d(3, 16, 3, bias=False)
      - BatchNorm2d(16)
      - ReLU
      - Dropout(0.5)

Source: Li, Chen, Hu & Yang 2018, "Understanding the Disharmony between Dropout and Batch Normalization by Variance
Shift", sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...repair.changes import Change, Inserted
from ...trace import Trace
from .._spans import spans
from ..graph import readers
from ..rule import Finding

LEVEL = "note"


def findings(trace: Trace) -> Iterator[Finding]:
    for first, second in spans(trace):
        layer: Any = trace.steps[first].layer
        norm: Any = trace.steps[second].layer
        if layer.role != "dropout" or norm.role != "norm" or not getattr(norm, "track_running_stats", False):
            continue
        if "Alpha" in type(layer).__name__ or not 0 < layer.p < 1:
            continue
        behind = readers(trace.arch)[second]
        moved = (
            {first: Change(removed=True), behind[0]: Change(before=Inserted(layer))}
            if len(behind) == 1
            else {}
        )
        yield Finding(
            first,
            f"`{trace.steps[second].path}` learns a variance at least {1 / (1 - layer.p):.3g} times that of evaluation",
            f"1/(1 - {layer.p:g}) = {1 / (1 - layer.p):.3g}",
            argument="p",
            labels=((second, "divides by it"),),
            repairs=(moved,) if moved else (),
        )
