"""Repairs made: fix after fix, each judged anew, until nothing is left that may be mended."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .lint.selection import Selection
from .problem import Problem
from .repair.edit import edited
from .report import Report, check_text
from .size import Size

#: A spec that needs more repairs than this is not being repaired but rewritten.
MOST_FIXES = 50


class Fixed(NamedTuple):
    """A spec's text after its repairs; the problems that they mended, and the report on what is left."""

    text: str
    applied: tuple[Problem, ...]
    report: Report

    @property
    def left(self) -> tuple[Problem, ...]:
        """The problems that are still there."""
        return self.report.problems


def fixed(
    text: str,
    path: str | None = None,
    input: str | int | Sequence[Size] | None = None,
    unsafe: bool = False,
    set: Mapping[str, int | float] | None = None,
    selection: Selection = Selection(),
) -> Fixed:
    """Make the safe repairs (with `unsafe`, all) that the text's problems offer, one after another.

    A repair counts only if the problem that it mends is gone. What a note says is mended by safe repairs only,
    unless its code is selected. Raises `SpecError` as `check` does.
    """
    report = check_text(text, path, input, set, selection)
    applied: list[Problem] = []
    while len(applied) < MOST_FIXES:
        step = _next(text, report, input, unsafe, set, selection)
        if step is None:
            break
        problem, text, report = step
        applied.append(problem)
    return Fixed(text, tuple(applied), report)


def _next(
    text: str,
    report: Report,
    input: str | int | Sequence[Size] | None,
    unsafe: bool,
    set: Mapping[str, int | float] | None,
    selection: Selection,
) -> tuple[Problem, str, Report] | None:
    """The first problem that a repair removes, the text without it and the report on that."""
    for problem in report.problems:
        if problem.fix is None or not (problem.fix.safe or (unsafe and _is_wanted(problem, selection))):
            continue
        mended = edited(text, problem.fix.edits)
        after = check_text(mended, report.path, input, set, selection)
        if _progressed(report, after):
            return problem, mended, after
    return None


def _is_wanted(problem: Problem, selection: Selection) -> bool:
    """Whether a repair that changes what is learned is wanted: for a note only where its code was asked for."""
    return problem.severity != "note" or selection.asks_for(problem.code)


def _progressed(before: Report, after: Report) -> bool:
    """Whether less of the network is left that cannot run, or as much with fewer errors, or with fewer problems."""
    return _missing(after) < _missing(before)


def _missing(report: Report) -> tuple[float, int, int]:
    """What a report lacks: layers that did not run, errors, problems of any severity."""
    trace = report.trace
    layers = float("inf") if trace is None else len(trace.arch.nodes) - len(trace.steps)
    errors = sum(problem.severity == "error" for problem in report.problems)
    return layers, errors, len(report.problems)


def diff(before: str, after: str, path: str) -> str:
    """The change as a unified diff, "" where there is none."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path, path
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
