"""Lint: every rule that is on, run on a trace; its findings placed, merged and put in order."""

from __future__ import annotations

from collections import Counter

from ..problem import Label, Problem
from ..trace import Trace
from .rule import Finding, Rule
from .selection import Selection


def lint(trace: Trace, selection: Selection = Selection()) -> list[Problem]:
    """What the rules find in a trace that ran to its end, in the order of the layers.

    A layer that is written once and repeated is found once, with the other paths in the note. A trace that
    did not run to its end has its error; what else may be wrong is only known once that is mended.
    """
    if trace.failed is not None:
        return []
    found = sorted(selection.findings(trace), key=lambda pair: (pair[1].number or 0, pair[0].code.id))
    problems = _merged([(_placed(trace, rule, finding), finding) for rule, finding in found])
    if any(finding.repairs for _, finding in problems):
        from .mend import Mender

        mender = Mender(trace, selection, Counter(rule.code.id for rule, _ in found))
        return [mender.mended(problem, finding) for problem, finding in problems]
    return [problem for problem, _ in problems]


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
    others: dict[object, list[str]] = {}
    for problem, finding in problems:
        key: object = (problem.code, problem.place or (problem.path, problem.message))
        if kept.setdefault(key, (problem, finding))[1] is not finding and problem.path:
            others.setdefault(key, []).append(f"`{problem.path}`")
    for key, paths in others.items():
        problem, finding = kept[key]
        shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        kept[key] = (
            problem._replace(note=f"{problem.note}; " * bool(problem.note) + f"also in {shown}"),
            finding,
        )
    return list(kept.values())
