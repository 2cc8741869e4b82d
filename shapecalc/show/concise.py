"""One line a problem, for pipes: `path:line:column: error[SHP105] encoder.2: height 2 …`."""

from __future__ import annotations

from collections.abc import Iterator

from ..problem import Problem
from .formats import Judged
from .text import visible


def printed(report: Judged, charset: str) -> str:
    """A report's lines."""
    return "".join(f"{line}\n" for line in concise(report.path, report.problems, charset))


def concise(path: str | None, problems: tuple[Problem, ...], charset: str = "utf-8") -> Iterator[str]:
    """A line for each problem; those without a place stand at the file's beginning."""
    for problem in problems:
        line, column = problem.place[:2] if problem.place else (1, 1)
        layer = f"{problem.path}: " if problem.path else ""
        help = f" (help: {problem.help})" if problem.help else ""
        said = " ".join(f"{layer}{problem.message}{help}".split())
        yield visible(
            f"{path or '<text>'}:{line}:{column}: {problem.severity}[{problem.code.id}] {said}", charset
        )
