"""One line a problem, for pipes: `path:line:column: SHP105 encoder.2: height 2 is smaller than kernel 5`."""

from __future__ import annotations

from collections.abc import Iterator

from ..problem import Problem


def concise(path: str | None, problems: tuple[Problem, ...]) -> Iterator[str]:
    """A line for each problem; those without a place stand at the file."""
    for problem in problems:
        where = [path or "<text>"]
        if problem.place:
            where += [str(problem.place.line), str(problem.place.column)]
        layer = f"{problem.path}: " if problem.path else ""
        help = f" (help: {problem.help})" if problem.help else ""
        line = f"{':'.join(where)}: {problem.severity}[{problem.code.id}] {layer}{problem.message}{help}"
        yield " ".join(line.split())
