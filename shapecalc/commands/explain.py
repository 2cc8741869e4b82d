"""`shapecalc explain`: the layer that is asked for, and what is printed."""

from __future__ import annotations

import shutil

from ..shapes import Shape
from ..show.explanation import explanation, find
from ..show.text import cells, visible, wrapped
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
    width = shutil.get_terminal_size().columns
    for line in explanation(report.trace, report.problems, number):
        write("".join(f"{part}\n" for part in _folded(visible(line, charset()), width)))
    return 0 if number < len(report.trace.steps) else 1


def _folded(line: str, width: int) -> list[str]:
    """The line, and below it, further in, what the terminal has no room for."""
    if cells(line) <= width:
        return [line]
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    first, *rest = wrapped(text, max(width - len(indent) - 4, 20))
    return [indent + first, *(f"{indent}    {part}" for part in rest)]
