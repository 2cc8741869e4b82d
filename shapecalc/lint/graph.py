"""What rules ask of an architecture's graph: who reads a node, and what stands next to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TypeVar

from ..arch import Arch
from ..pairing import before
from ..trace import Trace

_Of = TypeVar("_Of")
_Value = TypeVar("_Value")


def worked_out_once(ask: Callable[[_Of], _Value]) -> Callable[[_Of], _Value]:
    """The last answer is kept: some thirty rules, one after another, ask the same of one trace."""
    last: tuple[_Of, _Value] | None = None

    @wraps(ask)
    def answer(of: _Of) -> _Value:
        nonlocal last
        known = last
        if known is None or known[0] is not of:
            last = known = of, ask(of)
        return known[1]

    return answer


@worked_out_once
def readings(arch: Arch) -> dict[int, list[int]]:
    """By source (0 is the input, node `i` is source `i + 1`), the numbers of the nodes that read it."""
    found: dict[int, list[int]] = {}
    for number, node in enumerate(arch.nodes):
        for source in dict.fromkeys(node.sources):
            found.setdefault(source, []).append(number)
    return found


@worked_out_once
def readers(arch: Arch) -> list[list[int]]:
    """For every node, the numbers of the nodes that read it, in order."""
    found = readings(arch)
    return [found.get(number + 1, []) for number in range(len(arch.nodes))]


def links(trace: Trace) -> Iterator[tuple[int, int]]:
    """Pairs of nodes where the second is the only reader of the first, and reads nothing else."""
    arch = trace.arch
    by = readers(arch)
    last = len(arch.nodes) - 1
    for number in range(len(trace.steps)):
        previous = before(arch, number)
        if previous is not None and by[previous] == [number] and previous != last:
            yield previous, number


def is_autoencoder(trace: Trace) -> bool:
    """Whether what comes out is to be what goes in."""
    return trace.arch.contract.mirrors
