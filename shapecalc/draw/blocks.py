"""What of a trace is drawn: a block for each tensor, with its layers, its sources and what is wrong with it."""

from __future__ import annotations

from typing import NamedTuple

from ..arch import INPUT
from ..contract import stated_latent, stated_output
from ..layer import Layer, Shape
from ..pairing import Pair, extent, first_wrong
from ..problem import LATENT, OUTPUT, UNMIRRORED, Problem
from ..shapes import sample, spell
from ..show.formula import spelt
from ..show.text import visible
from ..show.windows import window
from ..size import at
from ..trace import Trace

#: What a symbolic size is drawn as.
DRAWN_AS = 64

#: The states of a block; `wanted` is the other end of a mismatch, which the wrong one should have been like.
RAN, FAILED, WRONG, WANTED, UNREACHED = "ran", "failed", "wrong", "wanted", "unreached"


class Block(NamedTuple):
    """A tensor and the layers that made it: one that changes it, and those after it that keep its shape.

    `shape` is the sample, `scale` its channels and the geometric mean of its other axes, letters taken for 64
    (a vector has no others: 0). `sources` are numbers of blocks. `section` is the section of the spec, or `input`.
    `against` are the shapes that it was given and cannot take, or the one that it should have. `repeats` counts how
    often it stands there, folded with the blocks of the same number `fold`. `members` are the kinds that a named
    group stands for.
    """

    path: str
    kind: str
    window: str
    after: tuple[str, ...]
    shape: Shape
    scale: tuple[float, float]
    sources: tuple[int, ...]
    section: str
    state: str = RAN
    against: tuple[Shape, ...] = ()
    title: str = ""
    repeats: int = 1
    fold: int = 0
    members: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """The shape as text."""
        return spelt(self.shape) if self.state in (RAN, WRONG, WANTED) else ""

    def note(self, charset: str = "utf-8") -> str:
        """What is wrong with it, in a few words."""
        texts = [spelt(sample(shape), charset) for shape in self.against]
        return f"{'given' if self.state == FAILED else 'not'} {' and '.join(texts)}" if texts else ""

    @property
    def is_join(self) -> bool:
        return len(self.sources) > 1


def blocks(trace: Trace, problems: tuple[Problem, ...] = ()) -> list[Block]:
    """The blocks of a trace, the input first, what could not run and what was not reached last."""
    arch = trace.arch
    found = [_given("input", trace.input, "the input")]
    block_of = [0]  # of each source, its block
    others: dict[Shape, int] = {}  # of each shape that a module has beside its input, its block
    for number, step in enumerate(trace.steps):
        sources = arch.nodes[number].sources
        read = _read(trace, found, others, sources, step.shapes_in, block_of)
        is_next = sources == (len(block_of) - 1,) and read == (len(found) - 1,)
        if is_next and _keeps(step.layer, step.shapes_in[0], step.shape_out):
            last = found[-1]
            name = type(step.layer).__name__
            title = f"{last.title}\n{_title(step.path, step.layer)}"
            after = last.after if name == "Identity" else (*last.after, name)
            found[-1] = last._replace(after=after, title=title)
        else:
            found.append(_block(trace, number, step.out, read))
        block_of.append(len(found) - 1)
    if trace.failed is not None:
        sources = arch.nodes[trace.failed].sources
        sources = _read(trace, found, others, sources, trace.failed_in, block_of)
        if len(sources) > 1:
            for source in sources:
                _wanted(found, source)
        found += _failed(trace, sources)
    decoder, encoder = arch.sections.get("decoder"), arch.sections.get("encoder")
    if decoder and encoder and "bottleneck" not in arch.sections and decoder.start < len(block_of):
        code = block_of[decoder.start]
        found[code] = found[code]._replace(section="code")
    for problem in problems:
        _mark(found, trace, problem, block_of)
    return found


def _given(path: str, shape: Shape, title: str) -> Block:
    return Block(path, "", "", (), shape, _scale(shape), (), "input", title=title)


def _read(
    trace: Trace,
    found: list[Block],
    others: dict[Shape, int],
    sources: tuple[int, ...],
    shapes: tuple[Shape, ...],
    block_of: list[int],
) -> tuple[int, ...]:
    """The blocks that a layer reads; what is no output of a layer, and not of the input's shape, becomes one."""
    read = []
    for source, shape in zip(sources, shapes):
        if source == INPUT and shape != trace.shape_in:
            if shape not in others:
                others[shape] = len(found)
                found.append(
                    _given("another tensor", sample(shape), "another input, or a tensor of the module's own")
                )
            read.append(others[shape])
        else:
            read.append(block_of[source])
    return tuple(read)


def _block(trace: Trace, number: int, shape: Shape, sources: tuple[int, ...]) -> Block:
    node = trace.arch.nodes[number]
    layer = trace.steps[number].layer if number < len(trace.steps) else node.layer
    kind = repr(layer).partition("(")[0]
    section = trace.arch.section_of(number) or "layers"
    title = f"{_title(node.path, layer)} → {spell(shape)}"
    return Block(
        short(node.path), kind, window(layer), (), shape, _scale(shape), sources, section, title=title
    )


def _failed(trace: Trace, sources: tuple[int, ...]) -> list[Block]:
    """The layer that cannot run, drawn on the tensor that it is given, and how many stand behind it."""
    assert trace.failed is not None
    taken = sample(trace.failed_in[0]) if trace.failed_in else ()
    found = [_block(trace, trace.failed, taken, sources)._replace(state=FAILED, against=trace.failed_in)]
    behind = len(trace.arch.nodes) - trace.failed - 1
    if behind:
        text = f"{behind} layer{'s' * (behind > 1)}"
        section = trace.arch.section_of(len(trace.arch.nodes) - 1) or "layers"
        found.append(found[0]._replace(path=text, kind="not reached", window="", sources=(), section=section))
        found[-1] = found[-1]._replace(state=UNREACHED, against=(), title=f"{text} not reached")
    return found


def _mark(found: list[Block], trace: Trace, problem: Problem, block_of: list[int]) -> None:
    """The mismatch, at both of its ends: what is wrong and says so, and what it should be like."""
    if problem.severity != "error" or trace.failed is not None or not problem.code.id.startswith("SHP2"):
        return
    numbers = {step.path: number for number, step in enumerate(trace.steps)}
    number = numbers.get(problem.path or "", len(trace.steps) - 1)
    block, end = block_of[number + 1], block_of[-1]
    promise = trace.arch.contract
    if problem.code == LATENT:
        _wrong(found, block, stated_latent(trace))
        return
    cause = first_wrong(trace) if problem.code in (UNMIRRORED, OUTPUT) else None
    if cause is not None and cause[0].decoder == number and (promise.output is None or block != end):
        _wrong(found, block, cause[1])
        _wanted(found, block_of[_taken_at(trace, *cause)])
    else:
        _wrong(found, block, None)
    if promise.output is not None:
        _wrong(found, end, stated_output(trace))
    elif promise.mirrors:
        _wrong(found, end, trace.shape_in)
        _wanted(found, 0)


def _wrong(found: list[Block], number: int, wanted: Shape | None) -> None:
    against = (wanted,) if wanted else found[number].against
    found[number] = found[number]._replace(state=WRONG, against=against)


def _wanted(found: list[Block], number: int) -> None:
    if found[number].state == RAN:
        found[number] = found[number]._replace(state=WANTED)


def _taken_at(trace: Trace, pair: Pair, taken: Shape) -> int:
    """The source that the encoder's partner takes, or the pads before it: 0 is the input."""
    source = trace.arch.nodes[pair.encoder].sources[0]
    while source and extent(trace.steps[source - 1].shape_out) != taken:
        source = trace.arch.nodes[source - 1].sources[0]
    return source


def _keeps(layer: Layer, taken: Shape, made: Shape) -> bool:
    """Whether a layer is no tensor of its own in the drawing: it keeps the shape and looks at no neighbours."""
    if taken != made or layer.role == "weights" or layer.role == "pool" or layer.num_parameters:
        return taken == made and layer.role == "norm"
    return layer.role in ("norm", "activation", "dropout") or type(layer).__name__ == "Identity"


def short(path: str) -> str:
    """The path without the section that stands for all."""
    return visible(path.removeprefix("layers."))


def _title(path: str, layer: Layer) -> str:
    return visible(f"{path}: {layer!r}")


def _scale(shape: Shape) -> tuple[float, float]:
    """Channels, and the geometric mean of the other axes; 0 where there are none. Samples count for none."""
    sizes = [_number(size) for size in shape if isinstance(size, int) or "N" not in size.symbols]
    if len(sizes) < 2:
        return (float(sizes[0]) if sizes else 1.0, 0.0)
    mean = 1.0
    for size in sizes[1:]:
        mean *= size ** (1 / (len(sizes) - 1))
    return float(sizes[0]), round(mean, 6)


def _number(size: object) -> int:
    if isinstance(size, int):
        return max(size, 1)
    names = size.symbols  # type: ignore[attr-defined]
    return max(1, at(size, dict.fromkeys(names, DRAWN_AS)))  # type: ignore[arg-type]
