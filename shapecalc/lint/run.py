"""Lint: every rule that is on, run on a trace; its findings placed, merged and put in order."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from ..problem import Label, Problem
from ..trace import Trace
from .rule import Finding, Rule
from .selection import Finder, Selection

if TYPE_CHECKING:
    from .mend import Mender


class Lint:
    """What the rules find in a trace that ran to its end: `problems`, in the order of the layers.

    A layer that is written once and repeated is found once, with the other paths in the note. A trace that
    did not run to its end has its error; what else may be wrong is only known once that is mended.
    """

    def __init__(self, trace: Trace, selection: Selection = Selection()) -> None:
        self._trace, self._selection = trace, selection
        found = [] if trace.failed is not None else list(self._find(trace))
        found.sort(key=lambda pair: (pair[1].number or 0, pair[0].code.id))
        self._counts = Counter(rule.code.id for rule, _ in found)
        placed = _merged([(_placed(trace, rule, finding), finding) for rule, finding in found])
        self._findings = {_key(problem): finding for problem, finding in placed}
        self.problems = [problem for problem, _ in placed]

    def finding(self, problem: Problem) -> Finding | None:
        """What a rule said, if it was a rule that found the problem."""
        return self._findings.get(_key(problem))

    @cached_property
    def _find(self) -> Finder:
        """Reads the rules' files, which a trace that did not run to its end does without."""
        return self._selection.finder(self._trace)

    @cached_property
    def mender(self) -> Mender:
        """What offers repairs: each costs a trace and a lint, so only those that will be shown are asked for."""
        from .mend import Mender

        return Mender(self._trace, self._find, self._counts)


def _key(problem: Problem) -> object:
    return problem.code, problem.place or (problem.path, problem.message)


def _placed(trace: Trace, rule: Rule, finding: Finding) -> Problem:
    node = None if finding.number is None else trace.arch.nodes[finding.number]
    labels = tuple(
        Label(origin.place, text)
        for number, text in finding.labels
        if (origin := trace.arch.nodes[number].origin)
    )
    return Problem(
        rule.code,
        finding.message,
        finding.note,
        severity=finding.level or rule.level,
        path=node.path if node else None,
        place=node.origin.argument(finding.argument) if node and node.origin else None,
        labels=labels,
        argument=finding.argument,
    )


def _merged(problems: list[tuple[Problem, Finding]]) -> list[tuple[Problem, Finding]]:
    """One problem for each code and place: a repeated layer is written once."""
    kept: dict[object, tuple[Problem, Finding]] = {}
    others: dict[object, dict[str, None]] = {}
    for problem, finding in problems:
        key = _key(problem)
        first = kept.setdefault(key, (problem, finding))[0].path
        if problem.path and problem.path != first:  # a module that is called again has its path again
            others.setdefault(key, {})[f"`{problem.path}`"] = None
    for key, paths in ((key, list(found)) for key, found in others.items()):
        problem, finding = kept[key]
        shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        kept[key] = (
            problem._replace(note=f"{problem.note}; " * bool(problem.note) + f"also in {shown}"),
            finding,
        )
    return list(kept.values())
