"""Which input sizes work: where a network runs, and where its contract holds, exactly, for all integers.

A symbolic trace records each condition on the symbols with the layer that asks for it. Those of one symbol
are solved to a `SizeSet`, those where axes meet (a Flatten before a Linear) to a union of boxes. Nothing is
sampled. How, and why it is exact: docs/sizes.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .algebra.sets import SizeSet
from .algebra.solve import Solution, solve
from .arch import Arch
from .contract import contract
from .layer import Shape
from .problem import NO_INPUT, SIZE_LIMIT, Problem, SpecError
from .shapes import N, letters, whole_shape
from .size import Condition, Size, SizeLimit, symbol
from .trace import Trace, trace, trace_whole

#: The letters that stand for the axes after the channels where none are given, by the number of those axes.
LETTERS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}

#: The batch for conditions in which it takes part: two samples, as everywhere.
SAMPLES = 2


class Reason(NamedTuple):
    """A condition, and the path of the layer that asks for it first (None: the contract asks)."""

    path: str | None
    condition: Condition
    problem: Problem


class Axis(NamedTuple):
    """One symbol's sizes; where axes meet, those for which fitting sizes of the others exist."""

    symbol: str
    runs: SizeSet
    holds: SizeSet


class Sizes:
    """The sizes for which a network runs, and those for which its contract holds as well.

    `reasons` are all conditions, each once, with who asks for it first. `problem` is a refusal that no size
    mends. `limit` is what could not be said in symbols: then `runs()` and `holds()` still answer exactly, by
    tracing integers, but asking for a set raises `SizeLimit`.
    """

    def __init__(self, arch: Arch, shape: Shape) -> None:
        self.trace = trace(arch, shape)
        self.symbols = tuple(dict.fromkeys(name for size in shape for name in _names(size) if name != "N"))
        verdict = contract(self.trace)
        problems = (*self.trace.problems, *verdict.problems)
        limits = [need.problem for step in self.trace.steps for need in step.needs if _is_limit(need.problem)]
        # what is refused beyond a limit is refused for the sizes within it alone
        found = (*problems, *limits) if problems else ()
        self.limit = next((problem for problem in found if _is_limit(problem)), None)
        needs = [(_for_samples(need.condition), need.problem) for need in verdict.needs]
        problems += tuple(problem for condition, problem in needs if condition is False)
        self.problem = None if self.limit else next(iter(problems), None)
        own = _reasons(self.trace)
        if any("N" in reason.condition.symbols for reason in own):
            own = _reasons(trace_whole(arch, _with_samples(shape)))
        self._own = _each_once(own)
        self.reasons = _each_once(
            [
                *own,
                *(
                    Reason(None, condition, problem)
                    for condition, problem in needs
                    if not isinstance(condition, bool)
                ),
            ]
        )
        self._solutions: dict[bool, Solution] = {}

    def runs(self, **sizes: int) -> bool:
        """Whether every layer runs at these sizes, given by symbol. Raises `KeyError` for a missing one."""
        if self.limit or self._is_beyond(sizes):
            return self._traced(sizes).shape_out is not None
        return self.trace.failed is None and _all_hold(self._own, self._values(sizes))

    def holds(self, **sizes: int) -> bool:
        """Whether every layer runs and the contract holds. Raises `KeyError` for a missing size."""
        if self.limit or self._is_beyond(sizes):
            traced = self._traced(sizes)
            return traced.ok and not contract(traced).problems
        return self.problem is None and _all_hold(self.reasons, self._values(sizes))

    def axis(self, symbol: str) -> Axis:
        """The sets of one symbol. Raises `KeyError` for an unknown one, `SizeLimit` where there are none."""
        if symbol not in self.symbols:
            raise KeyError(
                f"no axis is called `{symbol}`: the symbols are {', '.join(self.symbols) or 'none'}"
            )
        return Axis(symbol, self.running.axis(symbol), self.holding.axis(symbol))

    def near(self, **sizes: int) -> dict[str, int] | None:
        """The sizes that hold nearest to these, by the least sum of changes; None where none hold."""
        return self.holding.nearest(**self._values(sizes))

    @property
    def binding(self) -> tuple[Reason, ...]:
        """The reasons that no single other one implies: what the sizes really hang on."""
        sets = [_solved_alone(reason.condition) for reason in self.reasons]
        return tuple(
            reason
            for reason, own in zip(self.reasons, sets)
            if own is None
            or not any(other is not None and other.symbol == own.symbol and other < own for other in sets)
        )

    @property
    def running(self) -> Solution:
        """Where every layer runs, jointly over all symbols."""
        return self._solution(holding=False)

    @property
    def holding(self) -> Solution:
        """Where the contract holds too, jointly over all symbols."""
        return self._solution(holding=True)

    def _solution(self, holding: bool) -> Solution:
        if holding not in self._solutions:
            if self.limit:
                raise SizeLimit(self.limit.message)
            never = self.problem is not None if holding else self.trace.failed is not None
            conditions = [reason.condition for reason in (self.reasons if holding else self._own)]
            self._solutions[holding] = solve(conditions, self.symbols, never=never)
        return self._solutions[holding]

    def _values(self, sizes: dict[str, int]) -> dict[str, int]:
        missing = [name for name in self.symbols if name not in sizes]
        if missing:
            raise KeyError(f"a size is missing for {', '.join(missing)}")
        return {name: sizes[name] for name in self.symbols}

    def _is_beyond(self, sizes: dict[str, int]) -> bool:
        """Whether a formula says nothing of these sizes."""
        limits = [reason for reason in self._own if _is_limit(reason.problem)]
        return bool(limits) and not _all_hold(limits, self._values(sizes))

    def _traced(self, sizes: dict[str, int]) -> Trace:
        values = self._values(sizes)
        shape = tuple(
            size if isinstance(size, int) else values.get(str(size), N) for size in self.trace.shape_in
        )
        return trace(self.trace.arch, shape)

    def __repr__(self) -> str:
        return f"<Sizes of {self.trace.arch.name}: {', '.join(self.symbols)}>"


def sizes(arch: Arch, input: str | int | Sequence[Size] | None = None) -> Sizes:
    """The sizes that work. `input` says with letters which axes are free: `"1xHxW"`, `"1x10xW"`, `"3xHxH"`.

    None frees the axes after the channels of the file's own input. Raises `SpecError` where there is none,
    or where no axis is free.
    """
    shape = whole_shape(input) if input is not None else arch.input
    if shape is None:
        raise SpecError(
            NO_INPUT,
            f"no input size is known for `{arch.name}`",
            help="add `input: 1x10x474` to the file, or give `--input 1xHxW`",
        )
    if input is None and all(isinstance(size, int) or size == N for size in shape):
        shape = freed(shape)
    return Sizes(arch, shape)


def sizes_that_work(traced: Trace) -> str | None:
    """For sizes that fail: which ones near them hold, "W = 96 and 100 work; 98 does not"; None if none do."""
    if letters(traced.shape_in) or _are_turned(traced):
        return None
    shape = freed(traced.shape_in)
    found = Sizes(traced.arch, shape)
    asked = {str(name): size for name, size in zip(shape, traced.shape_in) if isinstance(size, int)}
    values = {name: asked[name] for name in found.symbols}
    if found.limit or found.problem or found.holds(**values):
        return None
    try:
        sets = {name: found.holding.axis(name) for name in found.symbols}
    except SizeLimit:
        return None
    wrong = {name: members for name, members in sets.items() if members and values[name] not in members}
    if not wrong:  # each axis fits some other, but not the others as they are
        wrong = {name: found.holding.with_fixed(name, **values) for name in found.symbols}
        wrong = {name: members for name, members in wrong.items() if members}
    if not wrong or not found.holding:
        return None
    work = ", ".join(f"{name} = {_around(members, values[name])}" for name, members in wrong.items())
    verb = "work" if "," in work or " and " in work else "works"
    return f"{work} {verb}; {'x'.join(str(values[name]) for name in wrong)} does not"


def _are_turned(traced: Trace) -> bool:
    """Whether channels stand against sizes: another input would only fit by chance, an axis is out of its place."""
    shapes = [shape for shape in traced.failed_in if len(shape) > 3]
    channels = {shape[1] for shape in shapes} - {1}
    norm = getattr(traced.arch.nodes[traced.failed or 0].layer, "normalized_shape", None)
    asked = {norm} if isinstance(norm, int) else set(norm or ())
    is_join = len(shapes) > 1 and len(channels) > 1 and len({shape[2:] for shape in shapes}) > 1
    return is_join or bool(channels & asked)


def _around(members: SizeSet, size: int) -> str:
    below, above = members.below(size), members.above(size)
    return " and ".join(str(near) for near in (below, above) if near is not None)


def freed(shape: Shape) -> Shape:
    """The shape with letters for the axes after batch and channels.

    >>> freed(whole_shape("1x10x474"))
    (N, 1, H, W)
    """
    kept = 2 if len(shape) > 2 else 1
    letters = LETTERS.get(len(shape) - kept) or tuple(f"S{number}" for number in range(len(shape) - kept))
    return (*shape[:kept], *map(symbol, letters))


def _names(size: Size) -> Iterable[str]:
    return () if isinstance(size, int) else sorted(size.symbols)


def _with_samples(shape: Shape) -> Shape:
    return tuple(SAMPLES if size == N else size for size in shape)


def _for_samples(condition: Condition) -> bool | Condition:
    """A condition that the batch takes part in, for a batch of a few."""
    return condition.given(N=SAMPLES) if "N" in condition.symbols else condition


def _reasons(traced: Trace) -> list[Reason]:
    return [Reason(step.path, *need) for step in traced.steps for need in step.needs]


def _each_once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Every condition where it is asked for first."""
    first: dict[str, Reason] = {}
    for reason in reasons:
        first.setdefault(str(reason.condition), reason)
    return tuple(first.values())


def _solved_alone(condition: Condition) -> SizeSet | None:
    """The set of a condition on one symbol; None for one on several, and where there is no set."""
    if len(condition.symbols) != 1:
        return None
    try:
        return SizeSet.from_condition(condition)
    except SizeLimit:
        return None


def _is_limit(problem: Problem) -> bool:
    return problem.code == SIZE_LIMIT


def _all_hold(reasons: Iterable[Reason], values: dict[str, int]) -> bool:
    return all(reason.condition.at(**values) for reason in reasons)
