"""The full report for people: the table, then each problem drawn on its text, then a closing line."""

from __future__ import annotations

import io
from typing import IO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from ..layer import Need
from ..problem import Problem
from ..shapes import spell
from ..trace import Trace
from .diagnostic import diagnostic
from .table import table

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


def console(file: IO[str] | None = None, width: int | None = None) -> Console:
    """A console that honours NO_COLOR, and whose lines are never wrapped by force in a file."""
    return Console(file=file, theme=THEME, highlight=False, width=width, soft_wrap=False, emoji=False, markup=False)


def show(
    screen: Console,
    path: str | None,
    text: str | None,
    trace: Trace | None,
    problems: tuple[Problem, ...],
    needs: tuple[Need, ...] = (),
) -> None:
    """Print one report."""
    arrow, cross = ("→", "✗") if _can_print(screen, "→✗") else ("->", "x")
    if trace is not None:
        outcome = "cannot run" if trace.shape_out is None else spell(trace.shape_out)
        screen.print(Text.assemble((trace.arch.name, "bold"), f"  {spell(trace.shape_in)} {arrow} {outcome}"))
        screen.print(table(trace, arrow, cross, screen.width))
        for said in _conditions(trace, needs):
            screen.print(Text(said), soft_wrap=True)
        screen.print()
    for problem in problems:
        screen.print(_drawn(problem, path, text, screen.width), soft_wrap=True)
        screen.print()
    screen.print(_closing(trace, problems), soft_wrap=True)


def plain(path: str | None, text: str | None, trace: Trace | None, problems: tuple[Problem, ...]) -> str:
    """The report as text without colour, 100 columns wide."""
    file = io.StringIO()
    show(Console(file=file, theme=THEME, width=100, color_system=None, highlight=False), path, text, trace, problems)
    return file.getvalue()


def _drawn(problem: Problem, path: str | None, text: str | None, width: int) -> Text:
    """The diagnostic, in colour: stretches are painted with rich's own escape codes."""
    theme = Console(theme=THEME, color_system="standard", force_terminal=True, file=io.StringIO())

    def paint(stretch: str, style: str) -> str:
        return theme.get_style(style).render(stretch)

    return Text.from_ansi(diagnostic(problem, path, text, paint, width))


def _conditions(trace: Trace, needs: tuple[Need, ...]) -> list[str]:
    own = [f"{step.path} needs {need.condition}" for step in trace.steps for need in step.needs]
    return own + [f"the contract needs {need.condition}" for need in needs]


def _closing(trace: Trace | None, problems: tuple[Problem, ...]) -> Text:
    if problems:
        return Text(f"{len(problems)} problem" + "s" * (len(problems) != 1), style="bold red")
    if trace is not None and trace.arch.contract.mirrors and trace.shape_out == trace.shape_in:
        return Text(f"ok: {spell(trace.shape_in)} comes back unchanged", style="green")
    return Text("ok", style="green")


def _can_print(screen: Console, text: str) -> bool:
    try:
        text.encode(screen.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
