"""Which layer of one network stands for which of another.

The pairs keep the order of both networks, and of all such sets of pairs have most in common: the alignment of
Needleman and Wunsch (J. Mol. Biol. 48, 1970, 443-453), without a price for gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .layer import Layer, Shape
from .shapes import spell
from .trace import Step, Trace


class Part(NamedTuple):
    """A layer of a network: its section, its row in the trace (None where it did not run), whether it failed."""

    path: str
    layer: Layer
    section: str | None
    step: Step | None
    failed: bool = False

    @property
    def shape_out(self) -> Shape | None:
        """What it returns, batch first; None where it did not run."""
        return None if self.step is None else self.step.shape_out

    @property
    def kind(self) -> str:
        """The name of its class in `torch.nn`, also where the constructor refuses it."""
        return repr(self.layer).partition("(")[0]


class Row(NamedTuple):
    """A layer of the one and its partner in the other; None where there is none."""

    a: Part | None
    b: Part | None

    @property
    def same_shape(self) -> bool:
        """Whether both return the same, or neither runs, or the one that is there alone keeps its input's shape."""
        if self.a is None or self.b is None:
            alone = self.a or self.b
            step = None if alone is None else alone.step
            return step is not None and step.shapes_in == (step.shape_out,)
        return (self.a.shape_out, self.a.failed) == (self.b.shape_out, self.b.failed)

    @property
    def alike(self) -> bool:
        """Whether layer and shapes are equal, whatever the paths."""
        if self.a is None or self.b is None:
            return False
        return self.same_shape and _layer(self.a) == _layer(self.b)

    @property
    def same(self) -> bool:
        """Whether path, layer and shapes are equal."""
        return self.alike and self.a is not None and self.b is not None and self.a.path == self.b.path


def parts(trace: Trace) -> tuple[Part, ...]:
    """Every layer, also those that did not run because one before them failed."""
    arch, ran = trace.arch, len(trace.steps)
    return tuple(
        Part(
            node.path,
            node.layer,
            arch.section_of(number),
            trace.steps[number] if number < ran else None,
            number == trace.failed,
        )
        for number, node in enumerate(arch.nodes)
    )


def aligned(a: Sequence[Part], b: Sequence[Part]) -> list[Row]:
    """The layers of two networks in pairs; one that was put in or taken out stands alone."""
    start = 0
    while start < min(len(a), len(b)) and _is_unchanged(a[start], b[start]):
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and _is_unchanged(a[-1 - end], b[-1 - end]):
        end += 1
    before = [Row(*both) for both in zip(a[:start], b[:start])]
    after = [Row(*both) for both in zip(a[len(a) - end :], b[len(b) - end :])]
    return before + _best(a[start : len(a) - end], b[start : len(b) - end]) + after


def _best(a: Sequence[Part], b: Sequence[Part]) -> list[Row]:
    """The rows with most in common: `most[i][j]` is what the first `i` and the first `j` can have."""
    ours, theirs = [_traits(part) for part in a], [_traits(part) for part in b]
    most = [[0] * (len(b) + 1)]
    for trait in ours:
        above, row = most[-1], [0]
        for j, other in enumerate(theirs):
            common = _in_common(trait, other)
            row.append(max(above[j + 1], row[j], above[j] + common if common else 0))
        most.append(row)
    rows, i, j = list[Row](), len(a), len(b)
    while i and j:
        common = _in_common(ours[i - 1], theirs[j - 1])
        if common and most[i][j] == most[i - 1][j - 1] + common:
            i, j = i - 1, j - 1
            rows.append(Row(a[i], b[j]))
        elif most[i][j] == most[i][j - 1]:
            j -= 1
            rows.append(Row(None, b[j]))
        else:
            i -= 1
            rows.append(Row(a[i], None))
    rows += [Row(None, part) for part in reversed(b[:j])] + [Row(part, None) for part in reversed(a[:i])]
    return rows[::-1]


class _Traits(NamedTuple):
    """What is compared of a layer, as words: `name` is its path where a person has given it."""

    section: str | None
    kind: str
    family: str
    name: str | None
    path: str
    layer: str
    shape: str | None


def _traits(part: Part) -> _Traits:
    name = None if part.path.rpartition(".")[2].isdigit() else part.path
    family = type(part.layer).__module__.rpartition(".")[2].partition("_")[0]
    shape = None if part.shape_out is None else spell(part.shape_out)
    return _Traits(part.section, part.kind, family, name, part.path, repr(part.layer), shape)


def _in_common(a: _Traits, b: _Traits) -> int:
    """How much two layers have in common; 0 for a pair that is none.

    A number in a path moves with every insertion, so that of two kinds that are not akin it says something only where
    the shape is the same, too.
    """
    if a.section != b.section and "layers" not in (a.section, b.section):
        return 0
    akin = 4 if a.kind == b.kind else 2 if a.family == b.family else 0
    named = 4 if a.name == b.name is not None else 0
    same_path, same_shape = a.path == b.path, a.shape == b.shape is not None
    if not (akin or named or (same_path and same_shape)):
        return 0
    return akin + named + same_path + 2 * same_shape + 2 * (a.layer == b.layer)


def _is_unchanged(a: Part, b: Part) -> bool:
    return a.path == b.path and _layer(a) == _layer(b)


def _layer(part: Part) -> tuple[Layer, str]:
    """The layer as it compares: those that a constructor refuses are told apart by their text alone."""
    return part.layer, repr(part.layer)
