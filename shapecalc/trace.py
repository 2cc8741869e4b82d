"""The verb: `trace(arch, input)` runs shapes through an architecture, row by row.

Everything that people see (tables, JSON, the contract, repairs) is read from the `Trace`, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .arch import INPUT, Arch, Call, Origin
from .collector import paused
from .layer import Layer, Need, Needs, Shape
from .picturing import pictured
from .problem import (
    FOLDED_BATCH,
    INPUT_COUNT,
    NO_INPUT,
    RESHAPE,
    SIZE_LIMIT,
    Label,
    Problem,
    ShapeError,
    SpecError,
    refusal,
)
from .shapes import N, sample, spell, whole_shape
from .size import Size, SizeLimit, quotient

_ONE = ("input",)


class Step(NamedTuple):
    """One row: a layer that ran. Shapes carry the batch; `.ins` and `.out` are the samples."""

    path: str
    layer: Layer
    shapes_in: tuple[Shape, ...]
    shape_out: Shape
    needs: tuple[Need, ...]
    origin: Origin | None
    call: Call | None = None

    @property
    def ins(self) -> tuple[Shape, ...]:
        return tuple(sample(shape) for shape in self.shapes_in)

    @property
    def out(self) -> Shape:
        return sample(self.shape_out)

    @property
    def params(self) -> int:
        """Learned numbers that no step before it has."""
        if self.call is None:
            return self.layer.num_parameters
        return 0 if self.call.again else self.layer.num_parameters - self.call.tied

    @property
    def macs(self) -> Size:
        """Multiply-accumulates for one sample (of a batch of one, where the batch does not divide them)."""
        macs = self.layer.macs(self.shape_out, *self.shapes_in)
        if isinstance(macs, int):
            return macs
        one_sample = quotient(macs, N)
        return macs.given(N=1) if one_sample is None else one_sample


@pictured
class Trace(NamedTuple):
    """The rows up to the end, or up to the first layer that cannot run; then `problems` says why.

    `failed` is the number of the node that could not run, and `failed_in` the shapes that it was given.
    """

    arch: Arch
    shape_in: Shape
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    failed: int | None = None
    failed_in: tuple[Shape, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def input(self) -> Shape:
        """The sample that went in."""
        return sample(self.shape_in)

    @property
    def shape_out(self) -> Shape | None:
        """What comes out, batch first; None when some layer cannot run."""
        if self.failed is not None:
            return None
        if self.arch.returns:
            return self._returned(self.arch.returns)
        return self.steps[-1].shape_out if self.steps else self.shape_in

    def _returned(self, sources: tuple[int, ...]) -> Shape:
        """The first tensor that a forward returns; of an autoencoder's, the one that is most like its input.

        The input itself, which variational ones return for their loss, is not what they made of it.
        """
        made = [self.steps[source - 1].shape_out for source in sources if source != INPUT]
        taken = self.shape_in
        shapes = made or [taken]
        if not self.arch.contract.mirrors:
            return self.steps[sources[0] - 1].shape_out if sources[0] else taken
        return max(shapes, key=lambda out: (out == taken, out[1:2] == taken[1:2] and len(out) == len(taken)))

    @property
    def output(self) -> Shape | None:
        """The sample that comes out; None when some layer cannot run."""
        return None if self.shape_out is None else sample(self.shape_out)


def trace(arch: Arch, input: str | int | Sequence[Size] | None = None) -> Trace:
    """Run a shape through the architecture; it never raises on shapes.

    `input` is a sample like `"1x10x474"` or `(1, 10, 474)`; None takes the one that the file states.
    Raises `SpecError` where `input` is no shape, or none is known.
    """
    shape = arch.input if input is None else whole_shape(input)
    if shape is None:
        raise SpecError(
            NO_INPUT,
            f"no input size is known for `{arch.name}`",
            help="add `input: 1x10x474` to the file, or give `--input 1x10x474`",
        )
    return trace_whole(arch, shape)


def trace_whole(arch: Arch, shape: Shape) -> Trace:
    """`trace` for a shape that has its batch already, as a symbol or as a number."""
    with paused():
        again = arch.retrace(arch, shape) if arch.retrace is not None else None
        if again is not None and arch.sample:
            again = again._replace(arch=again.arch.with_nodes(again.arch.nodes, sample=arch.sample))
        return again or _rows(arch, shape)


def _rows(arch: Arch, shape: Shape) -> Trace:
    shapes: list[Shape] = [shape]
    steps: list[Step] = []
    for number, node in enumerate(arch.nodes):
        path, layer, sources, origin, call = node
        ins = tuple([shapes[source] for source in sources])
        try:
            layer, out, needs = run(layer, ins)
        except ShapeError as error:
            problem = _placed(error.problem, arch, number, steps)
            return Trace(arch, shape, tuple(steps), (problem,), number, ins)
        shapes.append(out)
        steps.append(Step(path, layer, ins, out, needs, origin, call))
    return Trace(arch, shape, tuple(steps), ())


def run(layer: Layer, ins: tuple[Shape, ...]) -> tuple[Layer, Shape, tuple[Need, ...]]:
    """One layer on its inputs: the layer with its numbers known, the shape out, the conditions on symbols.

    Raises `ShapeError` with bare facts where torch would refuse a batch of two.
    """
    need = Needs()
    try:
        if len(ins) != 1 or layer.inputs != _ONE:
            _check_input_count(layer, len(ins))
        if layer.open:
            layer = layer.resolved(*ins)
        out = layer.shape(need, *ins)
        if not need:
            return layer, out, ()
        for condition, problem in need:
            if condition.symbols == {"N"} and not condition.at(N=2):
                folds = problem.code == RESHAPE and N not in out
                raise ShapeError(_as_folded(problem, ins[0], out) if folds else problem)
    except SizeLimit as limit:
        raise refusal(
            SIZE_LIMIT, f"the size formula of {type(layer).__name__} grows too large: {limit}"
        ) from None
    return layer, out, tuple(need)


def folded_batch(taken: Shape, returned: Shape, note: str) -> Problem:
    """A reshape that mixed samples into other axes."""
    before, after = ("x".join(map(str, shape)) for shape in (taken, returned))
    return Problem(FOLDED_BATCH, f"the batch is no longer N: {before} becomes {after}", note)


def _as_folded(problem: Problem, taken: Shape, returned: Shape) -> Problem:
    """A reshape's refusal for two samples, told by its cause: the batch takes part in it."""
    folded = folded_batch(taken, returned, problem.message)
    return folded._replace(argument=problem.argument, repairs=problem.repairs)


def _check_input_count(layer: Layer, given: int) -> None:
    names = layer.inputs
    if names[0].startswith("*"):
        return
    fewest = len(names) - layer.optional_inputs
    if not fewest <= given <= len(names):
        wanted = f"{fewest}" if fewest == len(names) else f"{fewest} to {len(names)}"
        listed = ", ".join(f"`{name}`" for name in names)
        raise refusal(
            INPUT_COUNT, f"{type(layer).__name__} takes {wanted} inputs ({listed}), and {given} are given"
        )


def _placed(problem: Problem, arch: Arch, number: int, steps: list[Step]) -> Problem:
    """The layer's bare problem with its path, its place, and the places that its inputs come from."""
    node = arch.nodes[number]
    place = node.origin.argument(problem.argument) if node.origin else None
    labels = tuple(
        Label(step.origin.place, f"made {spell(step.shape_out)} out of {_spell_all(step.shapes_in)}")
        for step in (steps[_reshaping(arch, source, steps) - 1] for source in node.sources if source != INPUT)
        if step.origin
    )
    return problem._replace(path=node.path, place=place, labels=tuple(dict.fromkeys(labels)))


def _reshaping(arch: Arch, source: int, steps: list[Step]) -> int:
    """The source itself or, past layers that keep their input's shape, the one that made the shape."""
    while source != INPUT:
        step, sources = steps[source - 1], arch.nodes[source - 1].sources
        if len(sources) != 1 or sources[0] == INPUT or step.shapes_in[0] != step.shape_out:
            break
        source = sources[0]
    return source


def _spell_all(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(spell(shape) for shape in shapes)
