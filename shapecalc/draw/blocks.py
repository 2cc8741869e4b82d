"""What of a trace is drawn: a block for each tensor, with its layers, its sources and what is wrong with it."""

from __future__ import annotations

from typing import NamedTuple

from ..layer import Layer, Shape
from ..pairing import first_wrong_pair
from ..problem import Problem
from ..shapes import N, sample, spell
from ..show.formula import spelt
from ..show.text import visible
from ..show.windows import window
from ..size import at
from ..trace import Trace

#: What a symbolic size is drawn as.
DRAWN_AS = 64

#: The states of a block.
RAN, FAILED, WRONG, UNREACHED = "ran", "failed", "wrong", "unreached"


class Block(NamedTuple):
    """A tensor and the layers that made it: one that changes it, and those after it that keep its shape.

    `shape` is the sample, `scale` its channels and the geometric mean of its other axes, letters taken for 64
    (a vector has no others: 0). `sources` are numbers of blocks. `section` is the section of the spec, or `input`.
    `note` is what is wrong with it, in a few words. `repeats` counts how
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
    note: str = ""
    title: str = ""
    repeats: int = 1
    fold: int = 0
    members: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """The shape as text."""
        return spelt(self.shape) if self.state in (RAN, WRONG) else ""

    @property
    def is_join(self) -> bool:
        return len(self.sources) > 1


def blocks(trace: Trace, problems: tuple[Problem, ...] = ()) -> list[Block]:
    """The blocks of a trace, the input first, what could not run and what was not reached last."""
    arch = trace.arch
    found = [Block("input", "", "", (), trace.input, _scale(trace.input), (), "input", title="the input")]
    block_of = [0]  # of each source, its block
    for number, step in enumerate(trace.steps):
        sources = arch.nodes[number].sources
        if sources == (len(block_of) - 1,) and _keeps(step.layer, step.shapes_in[0], step.shape_out):
            last = found[-1]
            name = type(step.layer).__name__
            title = f"{last.title}\n{_title(step.path, step.layer)}"
            after = last.after if name == "Identity" else (*last.after, name)
            found[-1] = last._replace(after=after, title=title)
        else:
            found.append(_block(trace, number, step.out, tuple(block_of[source] for source in sources)))
        block_of.append(len(found) - 1)
    if trace.failed is not None:
        found += _failed(trace, tuple(block_of[source] for source in arch.nodes[trace.failed].sources))
    decoder, encoder = arch.sections.get("decoder"), arch.sections.get("encoder")
    if decoder and encoder and "bottleneck" not in arch.sections and decoder.start < len(block_of):
        code = block_of[decoder.start]
        found[code] = found[code]._replace(section="code")
    for problem in problems:
        _mark(found, trace, problem, block_of)
    return found


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
    note = "given " + " and ".join(spelt(sample(shape)) for shape in trace.failed_in)
    found = [_block(trace, trace.failed, taken, sources)._replace(state=FAILED, note=note)]
    behind = len(trace.arch.nodes) - trace.failed - 1
    if behind:
        text = f"{behind} layer{'s' * (behind > 1)}"
        section = trace.arch.section_of(len(trace.arch.nodes) - 1) or "layers"
        found.append(found[0]._replace(path=text, kind="not reached", window="", sources=(), section=section))
        found[-1] = found[-1]._replace(state=UNREACHED, note="", title=f"{text} not reached")
    return found


def _mark(found: list[Block], trace: Trace, problem: Problem, block_of: list[int]) -> None:
    """The mismatch at the block that it is about, and at the one that the contract wanted otherwise."""
    if problem.severity != "error" or trace.failed is not None or not problem.code.id.startswith("SHP2"):
        return
    numbers = {step.path: number for number, step in enumerate(trace.steps)}
    number = numbers.get(problem.path or "", len(trace.steps) - 1)
    block = block_of[number + 1]
    pair = first_wrong_pair(trace) if problem.code.name == "unmirrored-output" else None
    found[block] = found[block]._replace(state=WRONG)
    if pair is not None:
        wanted = trace.steps[pair.encoder].shapes_in[0]
        found[block] = found[block]._replace(note=f"not {'x'.join(map(str, wanted[2:] or wanted[1:]))}")
    promise, end = trace.arch.contract, block_of[-1]
    wanted_output = promise.output or (trace.shape_in if promise.mirrors else None)
    latent = problem.code.name == "latent-mismatch"
    if latent and promise.latent is not None:
        found[block] = found[block]._replace(note=f"not {spell(promise.latent)}")
    elif wanted_output is not None and end != block:
        found[end] = found[end]._replace(state=WRONG, note=f"not {spell(wanted_output)}")
    elif wanted_output is not None:
        found[block] = found[block]._replace(note=f"not {spell(wanted_output)}")


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
    """Channels, and the geometric mean of the other axes; 0 where there are none."""
    sizes = [_number(size) for size in shape if size != N]
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
