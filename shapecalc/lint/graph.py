"""What rules ask of an architecture's graph: who reads a node, and what stands next to it."""

from __future__ import annotations

from collections.abc import Iterator

from ..arch import Arch
from ..pairing import before
from ..trace import Trace


def readings(arch: Arch) -> dict[int, list[int]]:
    """By source (0 is the input, node `i` is source `i + 1`), the numbers of the nodes that read it."""
    found: dict[int, list[int]] = {}
    for number, node in enumerate(arch.nodes):
        for source in dict.fromkeys(node.sources):
            found.setdefault(source, []).append(number)
    return found


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
