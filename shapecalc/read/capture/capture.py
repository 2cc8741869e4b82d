"""The capture of a model: the runs of its forward as Traces, at any shape that is asked for."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...arch import INPUT, Arch, Call, Contract, Node
from ...collector import paused
from ...layer import Layer, Shape
from ...problem import RAISED, SIZE_LIMIT, Place, Problem
from ...size import Expr
from ...trace import Step, Trace
from . import batches, frames, rounding, sections, verdicts
from .opaque import Unwritten
from .recorder import Recorder
from .refusals import NeedsData, Refusal
from .run import Model, Run, run_forward
from .value import has_shape, leaves

#: As many samples where a run needs real data.
REAL_BATCH = 2


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
        traced = batches.with_frozen_batch(self, traced, run, layers)
        traced = verdicts.with_decisions(self, traced, run)
        traced = batches.with_counted_batch(self, traced, layers)
        if self._free(shape):
            return verdicts.checked(self, traced, run)
        if shape != self.base or layers:
            return traced
        return verdicts.with_replaced_layers(rounding.with_rounding(self, traced), run.changed)

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
            if failure is None or (isinstance(failure, Refusal) and not _may_be_chance(failure.problem)):
                return real
        return run

    def _recorder(self, hints: Mapping[str, int], layers: Mapping[str, Layer], real: bool) -> Recorder:
        return Recorder(self.model.module, hints, layers, self.model.origins, real)

    def _free(self, shape: Shape) -> list[str]:
        return sorted({name for size in shape if isinstance(size, Expr) for name in size.symbols} - {"N"})

    def _hints(self, shape: Shape) -> list[dict[str, int]]:
        """Numbers for the symbols to try: those of the shape that the model was read at, or usual ones."""
        hints = {"N": self.model.batch or batches.BATCH}
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
        code = sections.code(self.model.module, nodes, steps, split)
        if mirrors and failed is None:
            made = [steps[source - 1].shape_out for source in returned if source != INPUT]
            mirrors = any(len(out) == len(shape) and out[1:2] == shape[1:2] for out in made)
        if failed is None and not rec.layers:
            every = list(self.model.module.parameters())
            counted = sum(step.params for step in steps)
            self.unplaced = sum(one.numel() for one in every) - counted if all(map(has_shape, every)) else 0
        contract = Contract(mirrors=mirrors, latent_node=code)
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


def _may_be_chance(problem: Problem) -> bool:
    """Whether other data might not have failed: torch's own words, unless they are that it cannot do this at all."""
    return problem.code == RAISED and "NotImplementedError" not in (problem.note or "")


def _plain(returned: Any) -> Any:
    """What a forward returns as tuples and dicts, where it is an object with fields."""
    if hasattr(returned, "__dataclass_fields__") and not isinstance(returned, dict):
        return {name: getattr(returned, name, None) for name in returned.__dataclass_fields__}
    return returned


def _is_same_file(a: str, b: str) -> bool:
    return os.path.realpath(a) == os.path.realpath(b)
