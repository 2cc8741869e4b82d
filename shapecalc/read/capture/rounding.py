"""What is said of a network that returns nearly the size that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...layer import KINDS
from ...problem import ROUNDED, Problem
from ...shapes import spell
from ...trace import Step, Trace

if TYPE_CHECKING:
    from .capture import Capture


def with_rounding(capture: Capture, traced: Trace) -> Trace:
    """A network that returns nearly the size that it takes: on the way down and up a remainder was lost."""
    out, taken = traced.shape_out, traced.shape_in
    if out is None or traced.problems or traced.arch.contract.mirrors or not 2 < len(out) == len(taken):
        return traced
    if out[2:] == taken[2:] or any(not isinstance(size, int) for size in (*out[2:], *taken[2:])):
        return traced
    factors = []
    for axis in range(2, len(out)):
        sizes = [int(step.shape_out[axis]) for step in traced.steps if _has_sizes(step, len(out))]
        before, after = int(taken[axis]), int(out[axis])
        least = max(min(sizes, default=1), 1)
        factor = -(-before // least)
        if before != after and (abs(before - after) >= factor or not _goes_up(traced, axis)):
            return traced
        factors.append(factor)
    problem = Problem(
        ROUNDED,
        f"the output is {spell(out)} and the input {spell(taken)}: nearly the same size, and not the same",
        note="sizes are rounded on the way down, and the way up does not know it",
        help=_sizes_that_stay(capture, traced, factors),
        severity="warning",
        path=traced.arch.nodes[max((traced.arch.returns or (1,))[0] - 1, 0)].path,
    )
    number = max((traced.arch.returns or (1,))[0] - 1, 0)
    return traced._replace(problems=(capture.placed(problem, traced.arch.nodes[number]),))


def _goes_up(traced: Trace, axis: int) -> bool:
    """Whether some layer enlarges the axis."""
    return any(
        step.layer.concrete
        and not isinstance(step.layer, KINDS["Pad"])
        and len(step.shapes_in[0]) == len(step.shape_out) > axis
        and int(step.shape_out[axis]) > int(step.shapes_in[0][axis])
        for step in traced.steps
        if _has_sizes(step, len(traced.shape_in))
    )


def _has_sizes(step: Step, rank: int) -> bool:
    return len(step.shape_out) == rank and all(isinstance(size, int) for size in step.shape_out[2:])


def _sizes_that_stay(capture: Capture, traced: Trace, factors: list[int]) -> str | None:
    """The next smaller and larger size that comes back unchanged, tried."""
    sizes, found = traced.shape_in[2:], []
    powers = [1 << (factor - 1).bit_length() for factor in factors]
    for up in (0, 1):
        near = tuple((int(size) // power + up) * power for size, power in zip(sizes, powers))
        shape = (*traced.shape_in[:2], *near)
        if min(near) < 1 or near == sizes:
            continue
        other = capture.trace(shape)
        if other.shape_out is not None and other.shape_out[2:] == near:
            found.append("x".join(map(str, near)))
    return f"{' and '.join(found)} come back as they went in" if found else None
