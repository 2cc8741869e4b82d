"""A layer returns something that nobody reads, and it is not the output.

What the last layer returns is the network's output. Another layer whose output is read by none is computed in vain;
its parameters, and those of the layers that stand before it for its sake alone, get no gradient (in torch their
`.grad` stays `None`, and `DistributedDataParallel` stops with "Expected to have finished reduction"). Mostly a join
has forgotten it. The witness is the number of parameters.

The rule is quiet at the code of an encoder, at a second head beside a layer of its kind before the decoder (the
log-variance of a VAE, which the loss reads), and in the last turn of a repeat whose other turns are read. A further
output that a loss reads is told by `# shapecalc: ignore[SHP325] auxiliary output`.

Bad:
    input: 3x32x32
    layers:
      - given: Conv2d(3, 8, 3, padding=1)
      - skip: Conv2d(8, 8, 1)  # SHP325
      - Conv2d(8, 8, 3, padding=1, input=given)
      - ReLU

Good:
    input: 3x32x32
    layers:
      - given: Conv2d(3, 8, 3, padding=1)
      - skip: Conv2d(8, 8, 1)
      - Conv2d(8, 8, 3, padding=1, input=given)
      - Add(x, skip)
      - ReLU

Good (the log-variance of a VAE: the loss reads it):
    input: 64
    encoder:
      - Linear(64, 32)
      - hidden: ReLU
      - logvar: Linear(32, 8)
      - mean: Linear(32, 8, input=hidden)
    decoder:
      - Linear(8, 32)
      - ReLU
      - Linear(32, 64)

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html
(`find_unused_parameters`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...arch import INPUT, Arch
from ...trace import Trace
from ..graph import readers
from ..rule import Finding

LEVEL = "warning"


def findings(trace: Trace) -> Iterator[Finding]:
    arch, by = trace.arch, readers(trace.arch)
    last = len(arch.nodes) - 1
    ends = [number for number in range(last) if not by[number]]
    if not ends:
        return
    alive = _alive(arch)
    for end in ends:
        if (
            end in alive
            or not arch.nodes[end].layer.concrete
            or end == arch.contract.latent_node
            or _is_second_head(arch, end, by)
            or _is_last_turn(arch, end, alive)
        ):
            continue
        lost = _only_for(arch, end, by)
        parameters = sum(trace.steps[number].params for number in lost)
        if arch.nodes[end].call is not None and not parameters:
            continue  # what a forward computes and drops costs nothing that is learned
        more = f" of {len(lost)} layers" if len(lost) > 1 else ""
        yield Finding(
            end,
            "nobody reads what it returns",
            f"{parameters:,} parameters{more} get no gradient" if parameters else None,
            labels=tuple((number, "is read by it alone") for number in lost[1:4]),
        )


def _alive(arch: Arch) -> set[int]:
    """The nodes that the output depends on."""
    ends = [source - 1 for source in arch.returns if source] if arch.returns else [len(arch.nodes) - 1]
    alive, left = set[int](), ends
    while left:
        number = left.pop()
        if number not in alive:
            alive.add(number)
            left += [source - 1 for source in arch.nodes[number].sources if source != INPUT]
    return alive


def _only_for(arch: Arch, end: int, by: list[list[int]]) -> list[int]:
    """The node and those whose every reader leads to it."""
    lost = {end: None}
    for number in range(end - 1, -1, -1):
        if by[number] and all(reader in lost for reader in by[number]):
            lost[number] = None
    return list(lost)


def _is_second_head(arch: Arch, end: int, by: list[list[int]]) -> bool:
    """Whether, before the decoder, a layer of its kind that reads the same is read."""
    decoder = arch.sections.get("decoder")
    if decoder is None or end >= decoder.start:
        return False
    node = arch.nodes[end]
    heads = range(len(arch.nodes)) if node.sources[0] == INPUT else by[node.sources[0] - 1]
    return any(
        other != end
        and (by[other] or other == arch.contract.latent_node)
        and type(arch.nodes[other].layer) is type(node.layer)
        and arch.nodes[other].sources == node.sources
        for other in heads
    )


def _is_last_turn(arch: Arch, end: int, alive: set[int]) -> bool:
    """Whether the same line of the spec, in another turn of its repeat, is read."""
    origin = arch.nodes[end].origin
    return origin is not None and any(arch.nodes[number].origin is origin for number in alive)
