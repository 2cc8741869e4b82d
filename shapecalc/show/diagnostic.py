"""A problem drawn on its source text: place, caret, secondary places, note, help.

The drawing is plain text; `paint` colours stretches of it where the screen can.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from ..problem import Label, Place, Problem

Paint = Callable[[str, str], str]

#: Lines longer than this are cut around the marked place.
MOST_COLUMNS = 160


def unpainted(text: str, style: str) -> str:
    """No colour."""
    return text


def diagnostic(problem: Problem, path: str | None, text: str | None, paint: Paint = unpainted, width: int = 120) -> str:
    """The problem as lines, in the manner of compilers."""
    head = paint(f"{problem.severity}[{problem.code.id}]", problem.severity) + paint(f": {problem.message}", "bold")
    if problem.place is None or text is None:
        where = " ".join(part for part in (path, f"`{problem.path}`" if problem.path else "") if part)
        lines = [head, *([f" {paint('-->', 'gutter')} {where}"] if where else [])]
        margin = " "
    else:
        marks = _marks(problem, problem.place)
        margin = " " * len(str(max(mark.place.line for mark in marks)))
        place = f"{path or '<text>'}:{problem.place.line}:{problem.place.column}"
        lines = [head, f"{margin}{paint('-->', 'gutter')} {place}", f"{margin} {paint('|', 'gutter')}"]
        lines += _excerpt(marks, text, margin, problem, paint, width)
    for word, said in (("note", problem.note), ("help", problem.help)):
        if said:
            suffix = paint("   [safe fix]", "safe") if word == "help" and problem.fix and problem.fix.safe else ""
            lines.append(f"{margin} {paint('=', 'gutter')} {paint(f'{word}:', 'bold')} {said}{suffix}")
    return "\n".join(lines)


def _marks(problem: Problem, primary: Place) -> list[Label]:
    """The places to mark, the problem's own among them, in the order of the text."""
    own = next((label.text for label in problem.labels if label.place == primary), "")
    others = [label for label in problem.labels if label.place != primary]
    return sorted([Label(primary, own), *others])


def _excerpt(marks: list[Label], text: str, margin: str, problem: Problem, paint: Paint, width: int) -> list[str]:
    source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines: list[str] = []
    shown = None
    for place, said in marks:
        if shown is not None and place.line > shown + 1:
            lines.append(paint("...", "gutter"))
        own = place == problem.place
        line = source[place.line - 1] if place.line <= len(source) else ""
        end = place.end_column if place.end_line == place.line else len(line) + 1
        line, start, end = _cut(line, place.column - 1, max(end - 1, place.column), max(40, width - len(margin) - 3))
        if place.line != shown:
            number = paint(f"{place.line:>{len(margin)}} |", "gutter")
            lines.append(f"{number} {line}")
        underline = ("^" if own else "-") * max(1, _cells(line[start:end]))
        pointer = paint(f"{underline} {said}".rstrip(), problem.severity if own else "label")
        lines.append(f"{margin} {paint('|', 'gutter')} {' ' * _cells(line[:start])}{pointer}")
        shown = place.line
    return lines


def _cut(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """The line with tabs and control characters as blanks, cut to `width` around what is marked."""
    line = "".join(character if character.isprintable() else " " for character in line)
    if len(line) <= width:
        return line, start, end
    first = max(0, min(start - width // 3, len(line) - width + 3))
    last = min(len(line), first + width - 6)
    before, after = "..." if first else "", "..." if last < len(line) else ""
    shift = len(before) - first
    return before + line[first:last] + after, start + shift, min(end, last) + shift


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
