"""Which input sizes work: where a network runs, and where its contract holds, exactly, for all integers.

A symbolic trace records each condition on the symbols with the layer that asks for it. One for one axis is
solved to a `SizeSet`; where axes meet (a Flatten before a Linear), to a union of boxes. Nothing is sampled.
How, and why it is exact: docs/sizes.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .algebra.sets import SizeSet
from .algebra.solve import Solution, solve
from .arch import Arch
from .contract import contract
from .layer import AXES, Need, Shape
from .problem import NO_INPUT, SIZE_LIMIT, Problem, SpecError
from .shapes import N, whole_shape
from .size import Condition, Size, symbol
from .trace import Trace, trace

#: The letters that stand for the spatial axes when none are given, by their number.
LETTERS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


class Reason(NamedTuple):
    """A condition, and who asks for it: a layer's path, or None for the contract."""

    path: str | None
    need: Need


class Axis(NamedTuple):
    """One symbol's sizes; where axes meet, those for which sizes of the others exist."""

    symbol: str
    runs: SizeSet
    holds: SizeSet


class Sizes:
    """The sizes for which a network runs, and for which its contract holds too.

    `why` lists every condition with the layer that asks for it. `problem` is what no size mends, and
    `limit` what could not be said with symbols: then only `runs()` and `holds()`, which trace integers, are
    exact answers, and the sets are None.
    """

    def __init__(self, symbolic: Trace, batch: int = 2) -> None:
        self.trace = symbolic
        verdict = contract(symbolic)
        self.symbols = tuple(sorted({name for size in symbolic.shape_in for name in _symbols(size)} - {"N"}))
        self.needs_to_run = tuple(Reason(step.path, need) for step in symbolic.steps for need in step.needs)
        self.needs_to_hold = tuple(Reason(None, need) for need in verdict.needs)
        problems = (*symbolic.problems, *verdict.problems)
        limits = [problem for problem in problems if problem.code == SIZE_LIMIT]
        self.limit: Problem | None = limits[0] if limits else None
        self.problem: Problem | None = None if limits or not problems else problems[0]
        self._runs = self._solved(self.needs_to_run, never=symbolic.failed is not None)
        self._holds = self._solved((*self.needs_to_run, *self.needs_to_hold), never=bool(problems))
