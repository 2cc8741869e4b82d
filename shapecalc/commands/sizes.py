"""`shapecalc sizes`: which sizes are asked for, and what is printed."""

from __future__ import annotations

from ..input_sizes import sizes
from ..problem import SpecError
from ..report import Report
from ..show.sizes import sizes_json, sizes_lines
from .inputs import Settings, architecture, point, shape, shown
from .output import UsageError, charset, write_json, write_lines


def print_sizes(
    path: str,
    input: str | None,
    settings: Settings,
    near: str | None = None,
    upto: int | None = None,
    as_json: bool = False,
) -> int:
    """Print the sizes that hold, and return the exit status; raises `UsageError`."""
    arch = architecture(path, settings)
    if isinstance(arch, Report):
        return shown(arch)
    try:
        found = sizes(arch, shape(input) if arch.retrace is None else None)
    except SpecError as error:
        raise UsageError(f"{path}: {error.problem.message}") from None
    asked = point(near, found.symbols, found.trace.shape_in)
    if as_json:
        write_json(sizes_json(found, asked, upto, arch.path))
    else:
        write_lines(sizes_lines(found, asked, upto, charset()))
    holds = found.holds(**asked) if asked else bool(found.limit or found.holding)
    return 0 if holds else 1
