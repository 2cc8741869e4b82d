"""`shapecalc emit`: what it reads, and where it writes the module."""

from __future__ import annotations

import sys

from ..arch import Arch
from ..problem import ShapeError, SpecError
from ..report import Report, judge
from ..shapes import Shape
from .inputs import Settings, architecture, is_unusable
from .output import USAGE, UsageError, save


def emitted(path: str, shape: Shape | None, settings: Settings, **wishes: bool) -> str:
    """The module's text. Exits where there is none, once it is said why; raises `UsageError`."""
    from ..write.torch import module_text

    arch = architecture(path, settings)
    if isinstance(arch, Report):
        raise SystemExit(USAGE if is_unusable(arch) else _shown(arch))
    try:
        return module_text(arch, shape, **wishes)
    except SpecError as error:
        problem = error.problem
        help = f"; {problem.help}" if problem.help else ""
        raise UsageError(f"{path}: {problem.message}{help}") from None
    except ShapeError as error:
        raise SystemExit(_shown(_refusal(arch, shape, error))) from None


def _refusal(arch: Arch, shape: Shape | None, error: ShapeError) -> Report:
    """The report on an architecture that cannot run; of one that does, with the reason why it is no module."""
    report = judge(arch, shape)
    if report.trace is not None and report.trace.shape_out is None:
        return report
    return report._replace(problems=(error.problem,))


def _shown(report: Report) -> int:
    """Say the report on stderr, since stdout is for the module."""
    print(report, file=sys.stderr)
    return 1


def save_module(text: str, output: str | None, force: bool, spec: str) -> None:
    """Print a module, or write it to a file, and say how it is run. Raises `UsageError`."""
    save(text, output, force, spec, f"; `python {output}` checks its shapes")
