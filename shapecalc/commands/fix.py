"""`check --fix` and `--diff`: what the repairs make of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..files import write_whole
from ..fixing import diff, fixed
from ..lint.selection import Selection
from ..read.decode import decode, encode_like
from ..report import Report
from ..shapes import Shape
from .inputs import Settings, is_unusable
from .output import USAGE, complain, write


class Plan(NamedTuple):
    """What `--fix` is to do: with the unsafe repairs too, or only showing the change; by which rules."""

    unsafe: bool
    only_diff: bool
    select: Callable[[str], Selection] = lambda path: Selection()


def mended(
    reports: Iterator[Report], plan: Plan, shape: Shape | None, settings: Settings
) -> Iterator[tuple[Report, str]]:
    """Each report as it is after the repairs, and the change as a diff.

    Files are written, whole or not at all, unless the plan only shows; a summary of each goes to stderr. Models in
    Python files are left as they are.
    Raises `OSError` where a file cannot be written.
    """
    for report in reports:
        if report.text is None or not report.problems or (report.path or "").endswith(".py"):
            yield report, ""
            continue
        path = report.path or "<stdin>"
        result = fixed(report.text, report.path, shape, plan.unsafe, settings, plan.select(path))
        if result.applied and not plan.only_diff:
            _replace(path, report.text, result.text)
        _say(path, len(result.applied), result.report, plan)
        yield result.report, diff(report.text, result.text, path)


def _replace(path: str, before: str, after: str) -> None:
    """Write the file anew in its own encoding, unless somebody changed it in the meantime."""
    with open(path, "rb") as file:
        original = file.read()
    if decode(original) != before:
        raise OSError(f"`{path}` was changed by another program")
    write_whole(path, encode_like(original, after), force=True)


def _say(path: str, applied: int, left: Report, plan: Plan) -> None:
    verb = "would be mended" if plan.only_diff else "mended"
    failing = [problem for problem in left.problems if problem.severity != "note"]
    hidden = sum(problem.fix is not None and not problem.fix.safe for problem in failing)
    parts = [f"{applied} problem{'s' * (applied != 1)} {verb}", f"{len(failing)} left"]
    if hidden and not plan.unsafe:
        parts.append(f"{hidden} of them with an unsafe fix (--unsafe-fixes)")
    complain(f"{path}: {', '.join(parts)}")


def diffs(after: Iterator[tuple[Report, str]]) -> int:
    """Print the changes; the exit status."""
    status = 0
    for report, change in after:
        write("".join(f"{visible}\n" for visible in change.splitlines()))
        status = max(status, USAGE if is_unusable(report) else int(bool(change) or report.fails))
    return status
