"""What rules ask of an architecture's graph: who reads a node, and what stands next to it."""

from __future__ import annotations

from collections.abc import Iterator

from ..arch import INPUT, Arch
from ..trace import Step, Trace


def readers(arch: Arch) -> list[list[int]]:
    """For every node, the numbers of the nodes that read it, in order."""
    found: list[list[int]] = [[] for _ in arch.nodes]
    for number, node in enumerate(arch.nodes):
        for source in dict.fromkeys(node.sources):
            if source != INPUT:
                found[source - 1].append(number)
    return found


def before(arch: Arch, number: int) -> int | None:
    """The one node that this one reads; None where it reads the input, or several."""
    sources = arch.nodes[number].sources
    return sources[0] - 1 if len(sources) == 1 and sources[0] != INPUT else None


def links(trace: Trace) -> Iterator[tuple[int, int]]:
    """Pairs of nodes where the second is the only reader of the first, and reads nothing else."""
    arch = trace.arch
    by = readers(arch)
    last = len(arch.nodes) - 1
    for number in range(len(trace.steps)):
        previous = before(arch, number)
        if previous is not None and by[previous] == [number] and previous != last:
            yield previous, number


def role(step: Step) -> str:
    """What the step's layer is for: "weights", "norm", "activation", "dropout", "pool" or ""."""
    return step.layer.role


def is_autoencoder(trace: Trace) -> bool:
    """Whether what comes out is to be what goes in."""
    return trace.arch.contract.mirrors
