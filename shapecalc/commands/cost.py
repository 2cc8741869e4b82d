"""`shapecalc cost`: what it is given, and what it prints."""

from __future__ import annotations

from ..algebra.staircase import SizeLimit
from ..cost import BYTES
from ..shapes import Shape
from ..show.costs import costs, costs_json, costs_lines
from .inputs import Settings, judged, shown
from .output import UsageError, charset, complain, width, write_json, write_lines


def print_cost(
    path: str, shape: Shape | None, settings: Settings, batch: int, dtype: str, as_json: bool
) -> int:
    """Print the costs, and return the exit status; raises `UsageError`."""
    if dtype not in BYTES:
        raise UsageError(f"--dtype is one of {', '.join(BYTES)}, not `{dtype}`")
    report = judged(path, shape, settings)
    if report.trace is None:
        return shown(report)
    try:
        found = costs(report.trace, batch, dtype)
        if as_json:
            write_json(costs_json(found))
        else:
            write_lines(costs_lines(found, width(), charset()))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    except SizeLimit as limit:
        raise UsageError(
            f"{path}: a formula grows too large: {limit}; give numbers for its letters"
        ) from None
    for problem in report.trace.problems:
        complain(f"{problem.path} cannot run, and nothing behind it is counted: {problem.message}")
    return 0 if report.trace.ok else 1
