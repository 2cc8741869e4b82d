"""Report: a trace, judged. What `shapecalc check` shows and what `sc.check` returns."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .arch import Arch
from .contract import contract
from .layer import Need
from .lint.run import Lint
from .lint.selection import Selection
from .picturing import pictured
from .problem import LATENT, Problem, SpecError
from .size import Size
from .trace import Trace, trace


@pictured
class Report(NamedTuple):
    """A judged architecture: its trace (None where the spec could not be read) and its problems.

    `needs` are the conditions on symbols under which the contract holds; `text` is what was read.
    """

    path: str | None
    trace: Trace | None
    problems: tuple[Problem, ...]
    needs: tuple[Need, ...] = ()
    text: str | None = None

    @property
    def ok(self) -> bool:
        is_whole = self.trace is not None and self.trace.failed is None
        return is_whole and not any(problem.severity == "error" for problem in self.problems)

    @property
    def fails(self) -> bool:
        """Whether a check fails: on an error or a warning, not on a note."""
        return any(problem.severity != "note" for problem in self.problems)

    @property
    def name(self) -> str | None:
        return self.trace.arch.name if self.trace else None

    def to_json(self) -> str:
        """The report as JSON, version 1 (docs/json.md)."""
        from .show.json import to_json

        return to_json(self.path, self.trace, self.problems, self.ok)

    def __str__(self) -> str:
        from .show.full import plain

        return plain(self.path, self.text, self.trace, self.problems)

    def __repr__(self) -> str:
        return f"<Report {self.name or self.path}: {len(self.problems)} problems>"


def check(
    target: str | os.PathLike[str] | Arch,
    input: str | int | Sequence[Size] | None = None,
    set: Mapping[str, int | float] | None = None,
    selection: Selection = Selection(),
) -> Report:
    """Trace an architecture (or a spec file) and judge its contract; see `shapecalc.check`."""
    if isinstance(target, Arch):
        return judge(target, input, selection)
    from .read import tree

    path = os.fspath(target)
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = tree.decode(data)
    except SpecError as error:
        return Report(path, None, (error.problem,))
    return check_text(text, path, input, set, selection)


def check_text(
    text: str,
    path: str | None,
    input: str | int | Sequence[Size] | None = None,
    set: Mapping[str, int | float] | None = None,
    selection: Selection = Selection(),
) -> Report:
    """`check` for a spec's text, which `path` is only the name of."""
    from .read.spec import loads

    try:
        arch = loads(text, path, set)
    except SpecError as error:
        if error.problem.place is None:  # what was asked of the text is wrong, not the text
            raise
        return Report(path, None, (error.problem,), text=text)
    return judge(arch, input, selection)


def judge(
    arch: Arch,
    input: str | int | Sequence[Size] | None = None,
    selection: Selection = Selection(),
) -> Report:
    """The report on an architecture: what torch refuses, what the contract asks, what the linter finds."""
    traced = trace(arch, input)
    verdict = contract(traced)
    linted = Lint(traced, selection)
    found = (*traced.problems, *verdict.problems)
    problems = [*(problem for problem in found if not selection.ignores(problem.code)), *linted.problems]
    if arch.text is not None and "shapecalc:" in arch.text:
        from .lint.suppress import suppressed

        problems = list(suppressed(traced, problems, selection))
    shown = tuple(_helped(traced, linted, problem) for problem in _without_remarks(problems, selection))
    return Report(arch.path, traced, shown, verdict.needs, arch.text)


def _without_remarks(problems: list[Problem], selection: Selection) -> list[Problem]:
    """Where something is wrong, no notes but those asked for: mending it will change what they are about."""
    if any(problem.severity == "error" for problem in problems):
        return [
            problem for problem in problems if problem.severity != "note" or selection.asks_for(problem.code)
        ]
    return problems


def _helped(traced: Trace, linted: Lint, problem: Problem) -> Problem:
    """The problem with a repair; where there is none, with the sizes near by that need none.

    A clean check, the most frequent, does not pay for these imports.
    """
    if finding := linted.finding(problem):
        return linted.mender.mended(problem, finding) if finding.repairs else problem
    if problem.severity != "error":
        return problem
    from .repair.offer import repaired

    problem = repaired(traced, problem)
    if problem.help is not None or problem.code == LATENT:  # the code is wrong, not what is given to it
        return problem
    from .input_sizes import sizes_that_work

    return problem._replace(help=sizes_that_work(traced))
