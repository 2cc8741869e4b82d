"""What a network keeps in memory for its backward pass: every tensor that autograd saves, once.

>>> from shapecalc import loads, trace
>>> arch = loads("layers: ['Conv2d(1, 16, 3, padding=1)', BatchNorm2d(16), ReLU(inplace=True), MaxPool2d(2)]")
>>> kept(trace(arch, "1x28x28"), batch=32)
Kept(steps=(100352, 1605760, 1605632, 802816), total=4114560, exact=True)

Everything is trained, in torch on the CPU. Parameters and running statistics are not counted, the input is. A step
is charged for what no step before it keeps: the norm above for what the convolution returned, the pool for its
indices alone, as the activation keeps what it reads. Where a kind has no rule, or torch may or may not copy a tensor
whose numbers do not lie one after another, a step has None, and the total is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .arch import INPUT
from .cost import BYTES
from .saving import Saved, View
from .shapes import N, Shape
from .size import Size, product
from .strides import Undecided, dense, has_channels_last, is_plain, plain
from .trace import Step, Trace, trace_whole

#: Bytes of the place of a maximum.
INDEX = 8
#: Bytes of a number that is kept in 32 bits where the network has 16.
WIDE = 4


class Kept(NamedTuple):
    """Bytes by step, None where they are not known; and of all that is known, which is `exact` where all is."""

    steps: tuple[Size | None, ...]
    total: Size
    exact: bool


class Memory(NamedTuple):
    """Where a tensor is: the node that made its memory, how many numbers that has, and how the tensor lies in it.

    Without `node` the tensor may be a view of another, without `strides` it may lie in any order.
    """

    node: int | None
    numbers: Size
    shape: Shape
    strides: Shape | None
    has_gradient: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the numbers are known to lie one after another."""
        return self.strides is not None and is_plain(self.shape, self.strides) is True

    @property
    def has_channels_last(self) -> bool | None:
        """Whether its channels are the innermost axis; None where that is not known."""
        if len(self.shape) not in (3, 4, 5):
            return False
        return None if self.strides is None else has_channels_last(self.shape, self.strides)


class Followed(NamedTuple):
    """A step, what it keeps (None where its kind does not say), its output's memory and its inputs'."""

    step: Step
    saved: Saved | None
    made: Memory
    sources: list[Memory]


def at_batch(trace: Trace, batch: int) -> Trace:
    """The same network, traced for a batch of that size where the batch is a symbol."""
    if N not in trace.shape_in:
        return trace
    return trace_whole(trace.arch, tuple(batch if size == N else size for size in trace.shape_in))


def kept(trace: Trace, batch: int = 1, dtype: str = "float32") -> Kept:
    """What is kept after a forward pass of a batch, for all steps that run."""
    seen, found = dict[int, bool](), list[Size | None]()
    for step, saved, made, sources in followed(at_batch(trace, batch), dtype):
        has_integers = "input" in step.layer.integer_inputs
        found.append(_bytes(saved, made, sources, seen, BYTES[dtype], has_integers))
    total: Size = 0
    for size in found:
        total = total if size is None else total + size
    return Kept(tuple(found), total, None not in found)


def followed(trace: Trace, dtype: str = "float32") -> Iterator[Followed]:
    """Every step with what it keeps, where its output is, and where its inputs are."""
    whole = trace.shape_in
    memories = [Memory(INPUT, product(whole), whole, plain(whole))]
    for number, (step, node) in enumerate(zip(trace.steps, trace.arch.nodes), 1):
        sources = [memories[source] for source in node.sources]
        saved = step.layer.saved(step.shape_out, *_read(step, node.sources))
        if saved is not None and BYTES[dtype] == 2:
            saved = saved.halved or saved
        if saved is not None and step.call is not None and step.call.keeps_more:
            saved = saved._replace(more=True)
        memories.append(_made(number, step, saved, sources))
        yield Followed(step, saved, memories[-1], sources)


def _read(step: Step, sources: tuple[int, ...]) -> tuple[Shape, ...]:
    """The shapes that are read; of attention's query, key and value, what is one tensor once."""
    count = len(sources)
    while step.layer.inputs[:1] == ("query",) and count > 1 and sources[count - 1] == sources[count - 2]:
        count -= 1
    return step.shapes_in[:count]


def _made(number: int, step: Step, saved: Saved | None, sources: list[Memory]) -> Memory:
    """Where the output of a step is."""
    has_gradient = step.layer.learns or any(source.has_gradient for source in sources)
    out = step.shape_out
    if saved is None:
        return Memory(None, 0, out, None, has_gradient)
    has_gradient = has_gradient and not saved.detached
    if saved.shares is None:
        return Memory(number, product(out), out, _strides(saved, out, sources), has_gradient)
    memory = sources[saved.shares]
    if saved.view is None:
        return memory._replace(shape=out, has_gradient=has_gradient)
    try:
        strides = _through(saved.view, memory)
    except Undecided:
        return Memory(None, 0, out, None, has_gradient)
    if strides is None:
        return Memory(number, product(out), out, plain(out), has_gradient)
    return memory._replace(shape=out, strides=strides, has_gradient=has_gradient)


def _through(view: View, memory: Memory) -> Shape | None:
    """The strides of a view of a tensor; None where torch makes a copy of it. Raises `Undecided`."""
    if memory.strides is None:
        raise Undecided
    return view(memory.shape, memory.strides)


def _strides(saved: Saved, out: Shape, sources: list[Memory]) -> Shape | None:
    """How an output with a memory of its own lies in it; None where that is not known."""
    if saved.strides is not None:
        return saved.strides
    formats = [source.has_channels_last for source in sources]
    if all(source.is_plain for source in sources) and True not in formats:
        return plain(out)
    if saved.formatted and all(has is False for has in formats):
        return plain(out)
    first = sources[0]
    if not saved.elementwise or first.shape != out or first.strides is None:
        return None
    try:
        return dense(out, first.strides)
    except Undecided:
        return None


def _bytes(
    saved: Saved | None,
    made: Memory,
    sources: list[Memory],
    seen: dict[int, bool],
    width: int,
    has_integers: bool,
) -> Size | None:
    """What a step keeps and no step before it does; what it keeps is then seen.

    A tensor that is kept as a view or as a copy, depending on the symbols, is as large in either case; whether it is
    seen then (False) nobody knows.
    """
    if not made.has_gradient:
        return 0
    if saved is None or saved.more:
        return None
    tensors = _inputs(saved, sources)
    if tensors is None or (saved.in_a_row and not all(source.is_plain for source in sources)):
        return None
    bytes = saved.numbers * width + saved.indices * INDEX + saved.wide * max(width, WIDE)
    for memory in [*tensors, *[made] * saved.output]:
        certain = True
        if saved.kept_as is not None and memory is not made:
            try:
                if _through(saved.kept_as, memory) is None:
                    bytes = bytes + product(memory.shape) * saved.copies * width
                    continue
            except Undecided:
                certain = False
        if memory.node is None or seen.get(memory.node, certain) != certain:
            return None
        if not certain and (
            memory.node in seen or saved.copies > 1 or memory.numbers != product(memory.shape)
        ):
            return None
        if memory.node not in seen:
            seen[memory.node] = certain
            bytes = bytes + memory.numbers * (INDEX if has_integers else width)
    return bytes


def _inputs(saved: Saved, sources: list[Memory]) -> list[Memory] | None:
    """The inputs that are kept; of several, those without a gradient are left out by rules that differ by kind."""
    if not all(sources[number].has_gradient for number in saved.graded):
        return None
    graded = [number for number, source in enumerate(sources) if source.has_gradient]
    if saved.crosswise:
        return [sources[number] for number in saved.inputs if any(other != number for other in graded)]
    if saved.for_own:
        return [sources[number] for number in saved.inputs if number in graded]
    if len(saved.inputs) > 1 and not saved.for_weights and len(graded) < len(sources):
        return None
    return [sources[number] for number in saved.inputs]
