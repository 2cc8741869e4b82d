"""GitHub's workflow commands: a line on an action's log that becomes an annotation of the changed file.

Escapes as GitHub documents them for its runner: `%`, CR and LF in a message, and `:` and `,` in a property.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..problem import Problem
from .formats import Judged
from .paths import from_root
from .text import visible

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def printed(report: Judged, charset: str) -> str:
    """A line for each problem."""
    return "".join(f"{line}\n" for line in github(report.path, report.problems, charset))


def github(path: str | None, problems: tuple[Problem, ...], charset: str = "utf-8") -> Iterator[str]:
    """The problems as workflow commands; columns stand only where a problem is on one line, as GitHub asks."""
    for problem in problems:
        properties = {"file": _property(from_root(path), charset)} if path and path != "<stdin>" else {}
        if place := problem.place:
            properties |= {"line": str(place.line), "endLine": str(place.end_line)}
            if place.line == place.end_line:
                properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
        properties["title"] = _property(f"{problem.code.id} {problem.code.name}", charset)
        listed = ",".join(f"{name}={value}" for name, value in properties.items())
        yield f"::{COMMANDS[problem.severity]} {listed}::{_message(_said(problem), charset)}"


def _said(problem: Problem) -> str:
    """What is wrong, why, and how it is mended, a line each."""
    layer = f"{problem.path}: " if problem.path else ""
    lines = [layer + problem.message]
    lines += [f"note: {problem.note}"] if problem.note else []
    lines += [f"help: {problem.help}"] if problem.help else []
    return "\n".join(lines)


def _message(text: str, charset: str) -> str:
    r"""The text in a command's message.

    >>> _message("100%\nof it", "utf-8")
    '100%25%0Aof it'
    """
    lines = text.replace("%", "%25").replace("\r", "%0D").split("\n")
    return "%0A".join(visible(line, charset) for line in lines)


def _property(text: str, charset: str) -> str:
    """The text as a property's value.

    >>> _property("a,b:c%.yaml", "utf-8")
    'a%2Cb%3Ac%25.yaml'
    """
    return _message(text, charset).replace(":", "%3A").replace(",", "%2C")
