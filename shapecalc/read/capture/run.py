"""The capture of a model: its forward run on tensors without data, as a Trace, at any shape that is asked for."""

from __future__ import annotations

import operator
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, NamedTuple

import torch
from torch import nn

from ...arch import INPUT, Arch, Call, Contract, Node, Origin
from ...collector import paused
from ...layer import Layer, Shape
from ...problem import NO_INPUT, RAISED, SIZE_LIMIT, Place, Problem, SpecError
from ...shapes import N
from ...size import Expr
from ...trace import Step, Trace
from . import frames, sections, verdicts
from .calls import intercepted
from .modules import kind_of
from .opaque import Unwritten
from .recorder import Recorder
from .refusals import NeedsData, Refusal
from .state import kept
from .value import has_shape, leaves
from .verdicts import BATCH

#: As many samples where a run needs real data.
REAL_BATCH = 2


class Source(NamedTuple):
    """The file that a model is written in."""

    path: str | None
    text: str | None


class Model(NamedTuple):
    """What is captured: the module, its inputs after the first, and what is known of its making."""

    module: nn.Module
    others: Mapping[str, Shape] | Sequence[Shape]
    dtypes: Sequence[Any]
    batch: int | None
    origins: Mapping[str, Origin]
    source: Source


class Run(NamedTuple):
    """One forward: the rows, how it ended, and what it asked of sizes and data."""

    rec: Recorder
    returned: Any
    failure: BaseException | None
    changed: tuple[str, ...]


def run_forward(rec: Recorder, model: Model, shape: Shape) -> Run:
    """Run the forward once. The model, the random numbers and torch are left as they were.

    What the forward prints goes to stderr: stdout may be a report's.
    """
    changed: list[str] = []
    returned: Any = None
    failure: Exception | None = None
    with kept(model.module, changed), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _without_hooks(model.module)
        marked = sections.marked(rec, model.module)
        arguments = _arguments(rec, model, shape)
        with intercepted(rec), rec, redirect_stdout(sys.stderr):
            try:
                if isinstance(arguments, dict):
                    returned = model.module(rec.first, **arguments)
                else:
                    returned = model.module(rec.first, *arguments)
            except Exception as error:
                failure = error
    changed = [name for name in changed if name not in marked]
    return Run(rec, returned, failure, tuple(changed))


def _without_hooks(model: nn.Module) -> None:
    """Hooks of torch that would make or change weights do nothing to shapes; they come back with `kept`."""
    for module in model.modules():
        if isinstance(module, nn.modules.lazy.LazyModuleMixin):
            module._forward_pre_hooks.clear()
            module._forward_pre_hooks_with_kwargs.clear()
        for key, hook in list(module._forward_pre_hooks.items()):
            if type(hook).__module__.startswith("torch.nn.utils") and kind_of(module):
                del module._forward_pre_hooks[key]


def _arguments(rec: Recorder, model: Model, shape: Shape) -> list[Any] | dict[str, Any]:
    """The first tensor, noted on the recorder, and the others."""
    dtypes = [*model.dtypes, *[None] * (1 + len(model.others) - len(model.dtypes))]
    rec.first = rec.tensor(shape, INPUT, dtypes[0])
    named = model.others.items() if isinstance(model.others, Mapping) else enumerate(model.others, 2)
    made = {}
    for (name, other), dtype in zip(named, dtypes[1:]):
        other = tuple(rec.batch if size == N else size for size in other)
        made[name] = rec.tensor(other, INPUT, dtype)
    return list(made.values()) if not isinstance(model.others, Mapping) else made  # type: ignore[return-value]


class Capture:
    """A model, ready to be run at any shape. The same run is not made twice."""

    def __init__(self, model: Model, base: Shape) -> None:
        self.model, self.base = model, base
        self.known: dict[Any, Trace] = {}
        #: how many parameters no layer has, by a forward that ran to its end
        self.unplaced: int | None = None

    def arch(self) -> Arch:
        """The architecture, as the forward runs at the shape that was given."""
        return self.trace(self.base).arch

    def retrace(self, arch: Arch, shape: Shape) -> Trace | None:
        """The forward run again for an architecture's nodes: those that were changed are run as they are now.

        None where the nodes are others than a forward of this model gives: they are run one by one.
        """
        same = [trace for trace in self.known.values() if _same_places(trace.arch.nodes, arch.nodes)]
        if not same:
            return self._refused(arch, shape)
        of = max(same, key=lambda trace: sum(map(operator.is_, trace.arch.nodes, arch.nodes)))
        changed = {
            now.path: now.layer for was, now in zip(of.arch.nodes, arch.nodes) if now.layer is not was.layer
        }
        if any(path.rpartition(".")[2].startswith("forward:") for path in changed):
            return self._refused(arch, shape)
        return self.trace(shape, changed)

    def _refused(self, arch: Arch, shape: Shape) -> Trace | None:
        """Rows put in or taken out of a forward that did not run to its end say nothing of what comes after."""
        if any(trace.failed is None and shape == trace.shape_in for trace in self.known.values()):
            return None
        problem = Problem(SIZE_LIMIT, "the forward did not run to its end, so that no other can be tried")
        return Trace(arch, shape, (), (problem,), 0, (shape,))

    def trace(self, shape: Shape, layers: Mapping[str, Layer] = {}) -> Trace:
        """The table of one run."""
        key = shape, tuple(sorted((path, repr(layer)) for path, layer in layers.items()))
        if key not in self.known:
            with paused():
                self.known[key] = self._traced(shape, layers)
        return self.known[key]

    def _traced(self, shape: Shape, layers: Mapping[str, Layer]) -> Trace:
        problem = verdicts.missing_inputs(self.model)
        if problem is not None:
            return self._unrun(shape, problem)
        for hints in self._hints(shape):
            run = self._run(shape, hints, layers)
            if run.failure is None:
                break
        traced = self._table(run, shape)
        traced = verdicts.with_frozen_batch(self, traced, run, layers)
        traced = verdicts.with_counted_batch(self, traced, layers)
        if self._free(shape):
            return verdicts.checked(self, traced, run)
        if shape != self.base or layers:
            return traced
        return verdicts.with_replaced_layers(verdicts.with_rounding(self, traced), run.changed)

    def frozen_at(self, shape: Shape, batch: int, layers: Mapping[str, Layer]) -> Trace | None:
        """The table of a run with so many samples; None where that is no other run."""
        hints = self._hints(shape)[0]
        if hints["N"] == batch:
            return None
        return self._table(self._run(shape, {**hints, "N": batch}, layers), shape)

    def nodes_of(self, step: Step) -> list[Node]:
        """The node of a row, with its place."""
        return [Node(step.path, step.layer, (), step.origin, step.call)]

    def _unrun(self, shape: Shape, problem: Problem) -> Trace:
        node = Node("forward", Unwritten("forward"), (0,))
        arch = self._arch((node,), shape, (), Contract(), None)
        return Trace(arch, shape, (), (problem,), 0, (shape,))

    def _run(self, shape: Shape, hints: Mapping[str, int], layers: Mapping[str, Layer]) -> Run:
        run = run_forward(self._recorder(hints, layers, False), self.model, shape)
        if isinstance(run.failure, NeedsData):
            hints = {**hints, "N": self.model.batch or REAL_BATCH}
            real = run_forward(self._recorder(hints, layers, True), self.model, shape)
            real.rec.data_spots.insert(0, run.failure.spot)
            real.rec.asked = run.failure.what
            failure = real.failure
            if failure is None or (isinstance(failure, Refusal) and failure.problem.code != RAISED):
                return real
        return run

    def _recorder(self, hints: Mapping[str, int], layers: Mapping[str, Layer], real: bool) -> Recorder:
        return Recorder(self.model.module, hints, layers, self.model.origins, real)

    def _free(self, shape: Shape) -> list[str]:
        return sorted({name for size in shape if isinstance(size, Expr) for name in size.symbols} - {"N"})

    def _hints(self, shape: Shape) -> list[dict[str, int]]:
        """Numbers for the symbols to try: those of the shape that the model was read at, or usual ones."""
        hints = {"N": self.model.batch or BATCH}
        free = self._free(shape)
        if not free:
            return [hints]
        known = {
            name: given
            for size, given in zip(shape, self.base)
            if isinstance(given, int) and isinstance(size, Expr)
            for name in size.symbols
        }
        tried = [hints | known] if len(self.base) == len(shape) and set(free) <= set(known) else []
        if tried:  # a size that fails may fail for its remainder
            tried.append(hints | {name: max(size // 32, 1) * 32 for name, size in known.items()})
        return tried + [
            hints | {name: usual + 32 * n for n, name in enumerate(free)} for usual in (64, 224, 256, 512, 28)
        ]

    def _table(self, run: Run, shape: Shape) -> Trace:
        """The rows, and the problem that ended them."""
        rec, failure = run.rec, run.failure
        returned = [
            value.source or INPUT
            for leaf in leaves(_plain(run.returned))
            if isinstance(leaf, torch.Tensor) and (value := rec.value(leaf)) is not None
        ]
        problems: list[Problem] = []
        failed, failed_in = None, ()
        nodes = list(rec.nodes)
        if failure is not None:
            node, failed_in, problem = self._failure(rec, failure, shape)
            nodes.append(node)
            failed, problems = len(nodes) - 1, [self.placed(problem, node)]
        elif not returned:
            problems = [verdicts.no_tensor(run.returned)]
            nodes.append(Node("forward", Unwritten("forward"), ()))
            failed = len(nodes) - 1
        split, mirrors = sections.split(rec, self.model.module, nodes)
        steps = tuple(rec.steps)
        if mirrors and failed is None:
            shapes = [steps[source - 1].shape_out if source else shape for source in returned]
            mirrors = any(len(out) == len(shape) and out[1:2] == shape[1:2] for out in shapes)
        decoder = (split or {}).get("decoder", range(0))
        if failed is None and not rec.layers:
            every = list(self.model.module.parameters())
            counted = sum(step.params for step in steps)
            self.unplaced = sum(one.numel() for one in every) - counted if all(map(has_shape, every)) else 0
        contract = Contract(mirrors=mirrors, latent_node=decoder.start - 1 if decoder.start else None)
        arch = self._arch(tuple(nodes), shape, tuple(returned), contract, split)
        return Trace(arch, shape, steps, tuple(problems), failed, tuple(failed_in))

    def _arch(
        self, nodes: tuple[Node, ...], shape: Shape, returned: tuple[int, ...], contract: Contract, split: Any
    ) -> Arch:
        source = self.model.source
        return Arch(
            nodes,
            name=type(self.model.module).__name__,
            input=shape,
            sections=split,
            contract=contract,
            text=source.text,
            path=source.path,
            retrace=self.retrace,
            returns=returned or None,
            unplaced=self.unplaced or 0,
        )

    def _failure(self, rec: Recorder, failure: BaseException, shape: Shape) -> tuple[Node, Any, Problem]:
        if isinstance(failure, Refusal):
            return failure.node, failure.ins, failure.problem
        found = frames.place_in(failure.__traceback__)
        module = frames.module_in(failure.__traceback__, rec.paths)
        path = f"{module}.forward" if module else "forward"
        file, line = found or (None, None)
        if isinstance(failure, NeedsData):
            file, line = failure.spot.file, failure.spot.line
        node = Node(path, Unwritten("forward"), (), None, Call(file, line, "UNKNOWN"))
        return node, (shape,), verdicts.raised(failure)

    def placed(self, problem: Problem, node: Node) -> Problem:
        """The problem with its layer's path and the place in the file: the constructor's, or the forward's line."""
        if problem.path is None:
            problem = problem._replace(path=node.path)
        if problem.place is None and node.origin is not None:
            problem = problem._replace(place=node.origin.argument(problem.argument))
        call = node.call
        if call is None or call.file is None or call.line is None:
            return problem
        if problem.place is None:
            problem = problem._replace(place=self.line_place(call.file, call.line))
            if problem.place is not None:
                return problem
        where = f"called at {frames.short(call.file)}:{call.line}"
        note = f"{problem.note}; {where}" if problem.note else where
        return problem._replace(note=note)

    def line_place(self, file: str, line: int) -> Place | None:
        """A line of the model's own file."""
        source = self.model.source
        if source.text is None or source.path is None or not _is_same_file(file, source.path):
            return None
        lines = source.text.splitlines()
        if not 0 < line <= len(lines):
            return None
        text = lines[line - 1]
        start = len(text) - len(text.lstrip()) + 1
        return Place(line, start, line, max(len(text.rstrip()), start) + 1)


def _same_places(was: Sequence[Node], now: Sequence[Node]) -> bool:
    """Whether the nodes are one forward's, with other layers at most."""
    return len(was) == len(now) and all(
        a is b or (a.path == b.path and a.sources == b.sources) for a, b in zip(was, now)
    )


def _plain(returned: Any) -> Any:
    """What a forward returns as tuples and dicts, where it is an object with fields."""
    if hasattr(returned, "__dataclass_fields__") and not isinstance(returned, dict):
        return {name: getattr(returned, name, None) for name in returned.__dataclass_fields__}
    return returned


def _is_same_file(a: str, b: str) -> bool:
    import os

    return os.path.realpath(a) == os.path.realpath(b)


def dtype_of(given: Any) -> torch.dtype | None:
    """A dtype by itself or by its name. Raises `SpecError`."""
    if given is None or isinstance(given, torch.dtype):
        return given
    found = getattr(torch, str(given).removeprefix("torch."), None)
    if not isinstance(found, torch.dtype):
        raise SpecError(NO_INPUT, f"torch has no dtype `{given}`")
    return found
