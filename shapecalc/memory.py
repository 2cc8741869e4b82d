"""What a network keeps in memory for its backward pass: every tensor that autograd saves, once.

>>> from shapecalc import loads, trace
>>> arch = loads("layers: ['Conv2d(1, 16, 3, padding=1)', BatchNorm2d(16), ReLU(inplace=True), MaxPool2d(2)]")
>>> kept(trace(arch, "1x28x28"), batch=32)
Kept(steps=(100352, 1605760, 1605632, 802816), total=4114560, exact=True)

Everything is trained, in torch on the CPU. Parameters and running statistics are not counted, the input is. A step
is charged for what no step before it keeps: the norm above for what the convolution returned, the pool for its
indices alone, as the activation keeps what it reads. Where a kind has no rule, or none for a tensor whose numbers do
not lie one after another, a step has None, and the total is a lower bound.
"""

from __future__ import annotations

from typing import NamedTuple

from .arch import INPUT
from .cost import BYTES
from .saving import Saved
from .shapes import N
from .size import Size, product
from .trace import Step, Trace, trace_whole

#: Bytes of the place of a maximum.
INDEX = 8


class Kept(NamedTuple):
    """Bytes by step, None where they are not known; and of all that is known, which is `exact` where all is."""

    steps: tuple[Size | None, ...]
    total: Size
    exact: bool


class _Memory(NamedTuple):
    """Where the numbers of a tensor are: the node that made them, and how many it made.

    Where it is not `known`, the tensor may be a view of another. `strided` ones skip numbers of that memory, and
    `reordered` ones may have them in another order.
    """

    node: int
    numbers: Size
    known: bool = True
    strided: bool = False
    reordered: bool = False
    has_gradient: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the numbers are known to lie one after another."""
        return self.known and not self.strided and not self.reordered


def at_batch(trace: Trace, batch: int) -> Trace:
    """The same network, traced for a batch of that size where the batch is a symbol."""
    if N not in trace.shape_in:
        return trace
    return trace_whole(trace.arch, tuple(batch if size == N else size for size in trace.shape_in))


def kept(trace: Trace, batch: int = 1, dtype: str = "float32") -> Kept:
    """What is kept after a forward pass of a batch, for all steps that run."""
    trace = at_batch(trace, batch)
    memories = [_Memory(INPUT, product(trace.shape_in))]
    seen, found = set[int](), list[Size | None]()
    for number, (step, node) in enumerate(zip(trace.steps, trace.arch.nodes), 1):
        sources = [memories[source] for source in node.sources]
        saved = step.layer.saved(step.shape_out, *step.shapes_in)
        memories.append(_made(number, step, saved, sources))
        found.append(_bytes(saved, memories[-1], sources, seen, BYTES[dtype]))
    total: Size = 0
    for size in found:
        total = total if size is None else total + size
    return Kept(tuple(found), total, None not in found)


def _made(number: int, step: Step, saved: Saved | None, sources: list[_Memory]) -> _Memory:
    """Where the output of a step is."""
    has_gradient = step.layer.num_parameters > 0 or any(source.has_gradient for source in sources)
    if saved is not None and saved.shares is not None:
        memory = sources[saved.shares]
        return memory._replace(
            has_gradient=has_gradient,
            known=memory.is_plain or (memory.known and (saved.strided or saved.reordered)),
            strided=memory.strided or saved.strided,
            reordered=memory.reordered or saved.reordered,
        )
    reordered = any(source.reordered or not source.known for source in sources)
    return _Memory(
        number, product(step.shape_out), saved is not None, reordered=reordered, has_gradient=has_gradient
    )


def _bytes(
    saved: Saved | None, made: _Memory, sources: list[_Memory], seen: set[int], width: int
) -> Size | None:
    """What a step keeps and no step before it does; what it keeps is then seen."""
    if not made.has_gradient:
        return 0
    if saved is None:
        return None
    tensors = _inputs(saved, sources)
    if tensors is None:
        return None
    bytes = saved.numbers * width + saved.indices * INDEX
    if (tensors or bytes != 0) and not all(source.is_plain for source in sources):
        return None
    if saved.output and not made.known:
        return None
    for memory in [*tensors, *([made] if saved.output else [])]:
        if memory.node not in seen:
            seen.add(memory.node)
            bytes = bytes + memory.numbers * width
    return bytes


def _inputs(saved: Saved, sources: list[_Memory]) -> list[_Memory] | None:
    """The inputs that are kept; of several, those without a gradient are left out by rules that differ by kind."""
    if not all(sources[number].has_gradient for number in saved.elsewhere):
        return None
    graded = [number for number, source in enumerate(sources) if source.has_gradient]
    if saved.crosswise:
        return [sources[number] for number in saved.inputs if any(other != number for other in graded)]
    if saved.for_own:
        return [sources[number] for number in saved.inputs if number in graded]
    if len(saved.inputs) > 1 and len(graded) < len(sources):
        return None
    return [sources[number] for number in saved.inputs]
