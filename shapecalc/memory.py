"""What a network keeps in memory for its backward pass: every tensor that autograd saves, once.

>>> from shapecalc import loads, trace
>>> arch = loads("layers: ['Conv2d(1, 16, 3, padding=1)', BatchNorm2d(16), ReLU(inplace=True), MaxPool2d(2)]")
>>> kept(trace(arch, "1x28x28"), batch=32)
Kept(steps=(100352, 1605760, 1605632, 802816), total=4114560, exact=True)

What torch keeps on the CPU: of a spec, where everything is trained; of a model, as its parameters, its modes and its
forward have it. Parameters and running statistics are not counted, the input is. A step is charged for what no step
before it keeps: the norm above for what the convolution returned, the pool for its indices alone, as the activation
keeps what it reads. Where a kind has no rule, or torch may or may not copy a tensor whose numbers do not lie one after
another, a step has None, and the total is a lower bound.
"""

from __future__ import annotations

from typing import NamedTuple

from .cost import BYTES
from .recording import Recording
from .saving import WEIGHTS, Saved, View
from .shapes import N
from .size import Size, product
from .strides import Undecided
from .tensors import Followed, Memory, recording_of, through_view
from .tensors import followed as followed
from .trace import Trace, trace_whole

#: Bytes of the place of a maximum.
INDEX = 8
#: Bytes of a number that is kept in 32 bits where the network has 16.
WIDE = 4


class Kept(NamedTuple):
    """Bytes by step, None where they are not known; and of all that is known, which is `exact` where all is."""

    steps: tuple[Size | None, ...]
    total: Size
    exact: bool


def at_batch(trace: Trace, batch: int) -> Trace:
    """The same network, traced for a batch of that size where the batch is a symbol."""
    if N not in trace.shape_in:
        return trace
    return trace_whole(trace.arch, tuple(batch if size == N else size for size in trace.shape_in))


def kept(trace: Trace, batch: int = 1, dtype: str = "float32") -> Kept:
    """What is kept after a forward pass of a batch, for all steps that run."""
    seen, found = dict[int, bool](), list[Size | None]()
    for one in followed(at_batch(trace, batch), dtype):
        has_integers = "input" in one.step.layer.integer_inputs
        before = _together(one.arguments, seen, BYTES[dtype])
        own = _bytes(one, seen, BYTES[dtype], has_integers)
        found.append(None if before is None or own is None else before + own)
    total: Size = 0
    for size in found:
        total = total if size is None else total + size
    return Kept(tuple(found), total, None not in found)


def _bytes(one: Followed, seen: dict[int, bool], width: int, has_integers: bool) -> Size | None:
    """What a step keeps and no step before it does; what it keeps is then seen.

    A tensor that is kept as a view or as a copy, depending on the symbols, is as large in either case; whether it is
    seen then (False) nobody knows.
    """
    step, saved, made, sources, _ = one
    recording = recording_of(step)
    is_recomputed = recording.region is not None and not recording.region.reentrant
    if not made.has_gradient or not recording.enabled or is_recomputed:
        return 0
    if saved is None or saved.more:
        return None
    tensors = _inputs(saved, sources, recording)
    if tensors is None or (saved.in_a_row and not all(source.is_plain for source in sources)):
        return None
    bytes = saved.numbers * width + saved.indices * INDEX + saved.wide * max(width, WIDE) + saved.bytes
    for view, memory in [*tensors, *[(None, made)] * saved.output]:
        certain = True
        if view is not None:
            try:
                if through_view(view, memory) is None:
                    bytes = bytes + product(memory.shape) * saved.copies * width
                    continue
            except Undecided:
                certain = False
        if not certain and (
            memory.node in seen or saved.copies > 1 or memory.numbers != product(memory.shape)
        ):
            return None
        size = _once(memory, seen, INDEX if has_integers else width, certain)
        if size is None:
            return None
        bytes = bytes + size
    return bytes


def _together(tensors: list[Memory] | None, seen: dict[int, bool], width: int) -> Size | None:
    """The bytes of tensors that are kept as they are; None where they are not known."""
    bytes: Size = 0
    for memory in tensors or ():
        size = None if memory.converted else _once(memory, seen, width)
        if size is None:
            return None
        bytes = bytes + size
    return None if tensors is None else bytes


def _once(memory: Memory, seen: dict[int, bool], width: int, certain: bool = True) -> Size | None:
    """The bytes of a tensor that is kept, 0 where it is seen already; None where that is not known."""
    if memory.node is None or seen.get(memory.node, certain) != certain:
        return None
    if memory.node in seen:
        return 0
    seen[memory.node] = certain
    return memory.numbers * (memory.width or width)


def _inputs(
    saved: Saved, sources: list[Memory], recording: Recording
) -> list[tuple[View | None, Memory]] | None:
    """The inputs that are kept, and as what: some only for the gradient of another, or of the weights."""
    if not all(sources[number].has_gradient for number in saved.graded):
        return None
    graded = {number for number, source in enumerate(sources) if source.has_gradient}
    if recording.weights is None and any(WEIGHTS in when for when in saved.when):
        return None
    if recording.weights:
        graded.add(WEIGHTS)
    return [
        (None if number in saved.as_they_are else saved.kept_as, sources[number])
        for place, number in enumerate(saved.inputs)
        if not saved.when or graded.intersection(saved.when[place])
    ]
