"""Where the tensors of a forward lie in memory: what each row returns, and what that goes through before it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .arch import INPUT, Node
from .cost import BYTES
from .layer import Layer
from .recording import RECORDED, Recording, Region, Through
from .saving import Saved, View
from .shapes import Shape
from .size import Size, product
from .strides import Undecided, dense, has_channels_last, is_plain, plain
from .trace import Step, Trace


class Memory(NamedTuple):
    """Where a tensor is: the node that made its memory, how many numbers that has, and how the tensor lies in it.

    Without `node` the tensor may be a view of another, without `strides` it may lie in any order. A `converted` one
    holds numbers of another type than the network's; `width` is how many bytes each has, if not as the network's.
    """

    node: int | None
    numbers: Size
    shape: Shape
    strides: Shape | None
    has_gradient: bool = False
    converted: bool = False
    width: int | None = None

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
    """A step, what it keeps (None where its kind does not say), its output's memory and its inputs'.

    Of the first step in a checkpoint, the checkpoint's arguments that are kept, too, None where that is not known.
    """

    step: Step
    saved: Saved | None
    made: Memory
    sources: list[Memory]
    arguments: list[Memory] | None


def followed(trace: Trace, dtype: str = "float32") -> Iterator[Followed]:
    """Every step with what it keeps, where its output is, and where its inputs are."""
    return made(trace.shape_in, trace.steps, trace.arch.nodes, Tensors(dtype))


def made(whole: Shape, steps: Sequence[Step], nodes: Sequence[Node], tensors: Tensors) -> Iterator[Followed]:
    """`followed` for the rows of a forward, whose `tensors` are then known."""
    tensors.memories.append(Memory(INPUT, product(whole), whole, plain(whole)))
    for number, (step, node) in enumerate(zip(steps, nodes), 1):
        recording = recording_of(step)
        through = [*recording.through, *[None] * len(node.sources)]
        sources = [tensors.at(source, way) for source, way in zip(node.sources, through)]
        saved = _saved(step, node.sources, recording, BYTES[tensors.dtype])
        if saved is not None and not all(sources[number].has_gradient for number in saved.graded):
            saved = saved.ungraded or saved
        if saved is not None and saved.spread is not None and not all(map(_is_dense_within, sources)):
            saved = saved.spread if all(source.strides is not None for source in sources) else None
        if any(source.converted for source in sources):
            saved = None
        tensors.memories.append(_made(number, step, saved, sources))
        yield Followed(step, saved, tensors.memories[-1], sources, tensors.arguments(recording.region))


class Tensors:
    """The tensors of a forward: what its rows make, and what these go through before they are read."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.memories = list[Memory]()
        self.known = dict[int, Memory]()
        self.begun = set[int]()

    def at(self, source: int, through: Through | None) -> Memory:
        """Where the tensor is that a reader of this source has."""
        if through is None:
            return self.memories[source]
        if through.key not in self.known:
            self.known[through.key] = self._changed(self.at(source, through.of), through)
        return self.known[through.key]

    def arguments(self, region: Region | None) -> list[Memory] | None:
        """What a checkpoint keeps, where it begins."""
        if region is None or region.key in self.begun:
            return []
        self.begun.add(region.key)
        before, found = self.arguments(region.outer), self.read_by(region)
        if region.reentrant and not any(one.has_gradient for one in found):
            return before
        return None if before is None or not region.known else before + found

    def read_by(self, region: Region) -> list[Memory]:
        """The arguments of a checkpoint."""
        return [self.at(*argument) for argument in region.arguments]

    def _changed(self, memory: Memory, through: Through) -> Memory:
        how = through.how
        if how in ("detach", "leaf"):
            return memory._replace(has_gradient=how == "leaf")
        if through.region is not None:
            graded = any(one.has_gradient for one in self.read_by(through.region))
            return memory._replace(has_gradient=graded)
        if how == "input":
            shape, strides = through.shape, plain(through.shape)
            return Memory(-through.key, product(shape), shape, strides, width=through.width)
        if how == self.dtype:
            return memory
        graded = memory.has_gradient and not through.paused
        if how in BYTES:
            return memory._replace(node=None, strides=None, has_gradient=graded, converted=True)
        numbers, width = product(memory.shape), through.width
        own = memory._replace(node=-through.key, numbers=numbers, has_gradient=graded, width=width)
        if how == "contiguous":
            return memory if memory.is_plain else _copied(memory, own, plain(memory.shape))
        if how == "clone" and memory.strides is not None:
            try:
                return own._replace(strides=dense(memory.shape, memory.strides))
            except Undecided:
                pass
        return own._replace(strides=None, node=own.node if how == "clone" else None)


def _copied(memory: Memory, copy: Memory, strides: Shape) -> Memory:
    """A tensor whose numbers do not lie in a row, or nobody knows whether they do, put into one."""
    certain = memory.strides is not None and is_plain(memory.shape, memory.strides) is False
    return copy._replace(strides=strides, node=copy.node if certain else None)


def _is_dense_within(memory: Memory) -> bool:
    """Whether the numbers of the last axis are known to lie one after another."""
    return memory.strides is not None and memory.strides[-1] == 1


def recording_of(step: Step) -> Recording:
    """How autograd meets a step."""
    return RECORDED if step.call is None else step.call.recording


def _saved(step: Step, sources: tuple[int, ...], recording: Recording, width: int) -> Saved | None:
    """What a step keeps, as it is called; None where its kind does not say."""
    layer: Layer = step.layer
    saying = layer.saved_in_evaluation if recording.evaluated else layer.saved
    saved = saying(step.shape_out, *_read(step, sources))
    if saved is None:
        return None
    saved = {2: saved.halved, 8: saved.doubled}.get(width) or saved
    if recording.overwrites and saved.shares is None:
        saved = _overwriting(saved, step)
    if recording.weights is not True and saved.frozen is not None:
        saved = saved.frozen if recording.weights is False else saved._replace(more=True)
    return saved._replace(more=saved.more or recording.more)


def _read(step: Step, sources: tuple[int, ...]) -> tuple[Shape, ...]:
    """The shapes that are read; of attention's query, key and value, what is one tensor once."""
    count = len(sources)
    while step.layer.inputs[:1] == ("query",) and count > 1 and sources[count - 1] == sources[count - 2]:
        count -= 1
    return step.shapes_in[:count]


def _overwriting(saved: Saved, step: Step) -> Saved:
    """The same in place: what was to be kept of the input is kept as a copy."""
    if saved.inputs and len(step.shapes_in) > 1:
        return saved._replace(more=True)
    copied = product(step.shape_out) if saved.inputs else 0
    return saved._replace(inputs=(), when=(), numbers=saved.numbers + copied, shares=0)


def _made(number: int, step: Step, saved: Saved | None, sources: list[Memory]) -> Memory:
    """Where the output of a step is."""
    recording, out = recording_of(step), step.shape_out
    learns = step.layer.learns if recording.learns is None else recording.learns
    has_gradient = recording.enabled and (learns or any(source.has_gradient for source in sources))
    if saved is None:
        converted = any(source.converted for source in sources)
        return Memory(None, 0, out, None, has_gradient, converted)
    has_gradient = has_gradient and not saved.detached
    if saved.shares is None:
        numbers = product(out) if saved.within is None else saved.within
        strides = _strides(saved, out, sources)
        return Memory(number, numbers, out, strides, has_gradient, width=saved.width)
    memory = sources[saved.shares]
    if saved.view is None:
        return memory._replace(shape=out, has_gradient=has_gradient or memory.has_gradient)
    try:
        strides = through_view(saved.view, memory)
    except Undecided:
        return Memory(None, 0, out, None, has_gradient)
    if strides is None:
        return Memory(number, product(out), out, plain(out), has_gradient)
    # a view has its tensor's gradient, in a pause, too
    return memory._replace(shape=out, strides=strides, has_gradient=has_gradient or memory.has_gradient)


def through_view(view: View, memory: Memory) -> Shape | None:
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
