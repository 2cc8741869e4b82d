"""Repairs for what the rules find: each is traced and linted again before it is offered."""

from __future__ import annotations

from collections import Counter

from ..contract import contract
from ..problem import Fix, Problem
from ..repair.changes import Changes, retraced
from ..repair.rewriting import edits
from ..repair.wording import in_words
from ..shapes import spell
from ..trace import Trace
from .rule import Finding
from .selection import Finder

#: Of more findings than this the rest get no repair: each costs a trace and a lint of the whole.
MOST = 20


class Mender:
    """Offers repairs for the findings of one trace.

    A repair is offered where the finding is gone with it, no rule finds more than before, and everything
    that ran still runs and keeps its contract. It is safe where it changes nothing that is learned and the
    output stays as it is.
    """

    def __init__(self, before: Trace, find: Finder, found: Counter[str]) -> None:
        self.before, self.find, self.found = before, find, found
        self.tried = 0

    def mended(self, problem: Problem, finding: Finding) -> Problem:
        """The problem with its repair as help and fix, if one was found that works."""
        for changes in finding.repairs:
            if self.tried >= MOST:
                break
            self.tried += 1
            after = retraced(self.before.arch, changes, self.before.shape_in)
            if after is not None and self._is_better(after, problem):
                return self._offered(problem, finding, changes, after)
        return problem

    def _is_better(self, after: Trace, problem: Problem) -> bool:
        if after.failed is not None or contract(after).problems:
            return False
        now = Counter(rule.code.id for rule, _ in self.find(after))
        return now[problem.code.id] < self.found[problem.code.id] and now <= self.found

    def _offered(self, problem: Problem, finding: Finding, changes: Changes, after: Trace) -> Problem:
        words = in_words(self.before.arch, changes, finding.number)
        keeps = after.shape_out == self.before.shape_out
        outcome = "" if keeps else f", and gives {spell(after.shape_out or ())} at the end"
        verb = "mends" if len(changes) == 1 else "mend"
        made = edits(self.before.arch, changes)
        fix = Fix(finding.keeps_meaning and keeps, made) if made else None
        return problem._replace(help=f"{words} {verb} it{outcome}", fix=fix)
