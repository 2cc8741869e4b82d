"""`shapecalc field`: what it is given, and what it prints."""

from __future__ import annotations

from ..shapes import Shape
from ..show.fields import fields, fields_json, fields_lines
from .inputs import Settings, judged, layer_number, shown
from .output import UsageError, charset, complain, width, write_json, write_lines


def print_field(
    path: str,
    shape: Shape | None,
    settings: Settings,
    position: str | None,
    reached: str | None,
    layer: str | None,
    as_json: bool,
) -> int:
    """Print the fields, and return the exit status; raises `UsageError`."""
    report = judged(path, shape, settings)
    if report.trace is None:
        return shown(report)
    trace = report.trace
    number = None if layer is None else layer_number(trace, layer)
    if number is not None and number >= len(trace.steps):
        raise UsageError(f"{trace.arch.nodes[number].path} does not run: {trace.problems[0].message}")
    at = _numbers("--position", position)
    try:
        if number is not None and position is None and reached is None:
            at = _middle(trace.steps[number].shape_out)
        found = fields(trace, at, _numbers("--reached", reached), number)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if as_json:
        write_json(fields_json(found))
    else:
        write_lines(fields_lines(found, charset(), width()))
    for problem in trace.problems:
        complain(f"{problem.path} cannot run, and nothing behind it is shown: {problem.message}")
    return 0 if trace.ok else 1


def _middle(shape: Shape) -> tuple[int, ...]:
    """The position in the middle of a layer's output. Raises `ValueError` where a size is a symbol."""
    sizes = shape[2:] or shape[-1:]
    numbers = tuple(size // 2 for size in sizes if isinstance(size, int))
    if len(numbers) < len(sizes):
        raise ValueError("positions need sizes that are numbers; give an --input without letters")
    return numbers


def _numbers(option: str, text: str | None) -> tuple[int, ...]:
    """`3,120` as numbers. Raises `UsageError`."""
    try:
        return () if text is None else tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} takes numbers like 3,120, not `{text}`") from None
