"""The full report for people: the table, then each problem drawn on its text, then a closing line."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from ..input_sizes import Sizes
from ..problem import Problem
from ..shapes import N, spell
from ..trace import Trace
from .diagnostic import diagnostic, remark
from .formats import Judged
from .formula import signed, spelt
from .sizes import summary
from .table import Glyphs, table
from .text import encodes, visible, wrapped

#: The terminal's own colours by name, so that they suit a dark screen and a light one.
THEME = Theme(
    {
        "error": "bold red",
        "warning": "bold yellow",
        "note": "bold blue",
        "gutter": "bold blue",
        "label": "bold blue",
        "safe": "green",
    }
)


def printed(report: Judged, charset: str) -> str:
    """A report on the screen, whose charset rich knows."""
    return full(report.path, report.text, report.trace, report.problems)


def full(
    path: str | None,
    text: str | None,
    trace: Trace | None,
    problems: tuple[Problem, ...],
) -> str:
    """One report as text for stdout, in colour and as wide as suits it.

    Nothing is written: what goes wrong in writing concerns the caller.
    """
    return _drawn(Console(theme=THEME, highlight=False, force_jupyter=False), path, text, trace, problems)


def plain(
    path: str | None,
    text: str | None,
    trace: Trace | None,
    problems: tuple[Problem, ...],
    width: int = 100,
    charset: str = "utf-8",
) -> str:
    """The report as text without colour, whatever the environment says of terminals."""
    file = io.TextIOWrapper(io.BytesIO(), charset)
    screen = Console(
        theme=THEME,
        file=file,
        width=width,
        height=100,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        highlight=False,
    )
    return _drawn(screen, path, text, trace, problems)


def _drawn(
    screen: Console,
    path: str | None,
    text: str | None,
    trace: Trace | None,
    problems: tuple[Problem, ...],
) -> str:
    with screen.capture() as captured:
        _show(screen, path, text, trace, problems)
    return re.sub(r" +$", "", captured.get(), flags=re.MULTILINE)


def _show(
    screen: Console,
    path: str | None,
    text: str | None,
    trace: Trace | None,
    problems: tuple[Problem, ...],
) -> None:
    charset = screen.encoding
    arrow, cross = ("→", "✗") if encodes("→✗", charset) else ("->", "x")
    if trace is not None:
        outcome = "cannot run" if trace.output is None else spelt(trace.output, charset)
        name = visible(trace.arch.name, charset)
        _print(screen, Text.assemble((name, "bold"), f"  {spelt(trace.input, charset)} {arrow} {outcome}"))
        screen.print(table(trace, Glyphs(charset, arrow, cross), screen.width))
        for said in _conditions(trace):
            _print(screen, Text(visible(signed(said, charset), charset)))
        screen.print()
    remarks = [problem for problem in problems if problem.severity == "note"]
    for problem in problems:
        if problem.severity != "note":
            for line in diagnostic(problem, path, text, screen.width, charset):
                _print(screen, Text.assemble(*line))
            screen.print()
    for problem in remarks:
        for line in remark(problem, screen.width, charset):
            _print(screen, Text.assemble(*line))
    if remarks:
        screen.print()
    closing = _closing(trace, problems)
    for words in wrapped(closing.plain, screen.width):
        _print(screen, Text(words, style=closing.style))


def _print(screen: Console, line: Text) -> None:
    """A line as it is: rich neither breaks nor crops it."""
    screen.print(line, soft_wrap=True)


def _conditions(trace: Trace) -> list[str]:
    """For symbols: the sizes for which the network runs and its contract holds, and why."""
    if all(isinstance(size, int) or size == N for size in trace.shape_in):
        return []
    return summary(Sizes(trace.arch, trace.shape_in))


def _closing(trace: Trace | None, problems: tuple[Problem, ...]) -> Text:
    if any(problem.severity != "note" for problem in problems):
        return Text(counted(problems), style="bold red")
    notes = f", {counted(problems)}" if problems else ""
    if trace is not None and trace.arch.contract.mirrors and trace.shape_out == trace.shape_in:
        return Text(f"ok: {spell(trace.shape_in)} comes back unchanged{notes}", style="green")
    return Text(f"ok{notes}", style="green")


def counted(problems: tuple[Problem, ...]) -> str:
    """How many problems there are of each severity: `1 error, 2 warnings`."""
    numbers: dict[str, int] = {}
    for problem in problems:
        numbers[problem.severity] = numbers.get(problem.severity, 0) + 1
    return ", ".join(f"{number} {severity}{'s' * (number != 1)}" for severity, number in numbers.items())
