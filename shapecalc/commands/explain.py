"""`shapecalc explain`: the layer that is asked for, and what is printed."""

from __future__ import annotations

from ..shapes import Shape
from ..show.explanation import explanation, find
from ..show.text import visible
from .inputs import Settings, judged, shown
from .output import UsageError, charset, write


def explain_layer(path: str, layer: str, shape: Shape | None, settings: Settings) -> int:
    """Print the arithmetic of one layer, and return the exit status; raises `UsageError`."""
    report = judged(path, shape, settings)
    if report.trace is None:
        return shown(report)
    try:
        number = find(report.trace.arch.nodes, layer)
    except LookupError as error:
        raise UsageError(str(error)) from None
    lines = explanation(report.trace, report.problems, number)
    write("".join(f"{visible(line, charset())}\n" for line in lines))
    return 0 if number < len(report.trace.steps) else 1
