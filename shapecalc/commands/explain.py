"""`shapecalc explain`: the layer that is asked for, and what is printed."""

from __future__ import annotations

from ..shapes import Shape
from ..show.explanation import explanation
from ..show.text import cells, visible, wrapped
from .inputs import Settings, judged, layer_number, shown
from .output import charset, width, write_lines


def explain_layer(path: str, layer: str, shape: Shape | None, settings: Settings) -> int:
    """Print the arithmetic of one layer, and return the exit status; raises `UsageError`."""
    report = judged(path, shape, settings)
    if report.trace is None:
        return shown(report)
    number = layer_number(report.trace, layer)
    for line in explanation(report.trace, report.problems, number):
        write_lines(_folded(visible(line, charset()), width()))
    return 0 if number < len(report.trace.steps) else 1


def _folded(line: str, width: int) -> list[str]:
    """The line, and below it, further in, what the terminal has no room for."""
    if cells(line) <= width:
        return [line]
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    first, *rest = wrapped(text, max(width - len(indent) - 4, 20))
    return [indent + first, *(f"{indent}    {part}" for part in rest)]
