"""Lint: every rule that is on, run on a trace; its findings placed, merged and put in order."""

from __future__ import annotations

from collections.abc import Iterator

from ..problem import Label, Problem
from ..trace import Trace
from .profile import profile_of
from .rule import Finding, Rule
from .selection import Selection


def lint(trace: Trace, selection: Selection = Selection()) -> list[Problem]:
    """What the rules find in a trace that ran to its end, in the order of the layers.

    A layer that is written once and repeated is found once, with the other paths in the note. A trace that
    did not run to its end has its error; what else may be wrong is only known once that is mended.
    """
    if trace.failed is not None:
        return []
    found = sorted(findings(trace, selection), key=lambda pair: (pair[1].number or 0, pair[0].code.id))
    return _merged([_placed(trace, rule, finding) for rule, finding in found])


def findings(trace: Trace, selection: Selection) -> Iterator[tuple[Rule, Finding]]:
    """The bare findings of every rule that is on."""
    profile = selection.profile or profile_of(trace)
    for rule in selection.rules(profile):
        options = selection.options.get(rule.code.name, {})
        for finding in rule.findings(trace, **options):
            yield rule, finding


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
        severity=rule.level,
        path=node.path if node else None,
        place=node.origin.argument(finding.argument) if node and node.origin else None,
        labels=labels,
        argument=finding.argument,
    )


def _merged(problems: list[Problem]) -> list[Problem]:
    """One problem for each code and place: a repeated layer is written once."""
    kept: dict[object, Problem] = {}
    others: dict[object, list[str]] = {}
    for problem in problems:
        key: object = (
            (problem.code, problem.place) if problem.place else (problem.code, problem.path, problem.message)
        )
        if kept.setdefault(key, problem) is not problem and problem.path:
            others.setdefault(key, []).append(f"`{problem.path}`")
    for key, paths in others.items():
        problem = kept[key]
        shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        kept[key] = problem._replace(note=f"{problem.note}; " * bool(problem.note) + f"also in {shown}")
    return list(kept.values())
