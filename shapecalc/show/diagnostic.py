"""A problem drawn on its source text: place, caret, secondary places, note, help.

A drawing is lines of pieces, each with the name of its style, so that a screen can colour them and a test
can read them. No line is left for a terminal to break: a long source line is cut around what is marked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

from ..problem import Label, Place, Problem
from .text import cells, visible, wrapped

Piece = tuple[str, str]
Line = list[Piece]

#: A tab in a source line is drawn this wide, whatever its column.
TAB = "    "
DOTS = "..."
INDENT = "  "
SAFE = "   [safe fix]"
#: Below this many columns the source is not cut any further.
FEWEST_COLUMNS = 24


def diagnostic(
    problem: Problem, path: str | None, text: str | None, width: int = 120, charset: str = "utf-8"
) -> list[Line]:
    """The problem as lines, in the manner of compilers."""
    place = problem.place
    marks = _marks(problem, place) if place and text is not None else []
    margin = len(str(max(mark.place.line for mark in marks))) if marks else 1
    lines = _head(problem, width, charset)
    where = visible(path, charset) if path else "<text>" if place else ""
    if place:
        where += f":{place.line}:{place.column}"
    elif problem.path:
        where += f" `{visible(problem.path, charset)}`"
    if where:
        lines.append([(" " * margin + "-->", "gutter"), (f" {where.strip()}", "")])
    if marks and text is not None:
        lines.append(_row("", margin))
        lines += _Excerpt(text, marks, problem, margin, width, charset).lines()
    for word, said in (("note", problem.note), ("help", problem.help)):
        lines += _remark(word, said, problem, margin, width, charset) if said else []
    return lines


def remark(problem: Problem, width: int = 120, charset: str = "utf-8") -> list[Line]:
    """A note in short: where, what, and its repair; `shapecalc rule CODE` says the rest."""
    code = f"{problem.severity}[{problem.code.id}]"
    where = f" {visible(problem.path, charset)}:" if problem.path else ""
    said = f"{problem.message} ({problem.help})" if problem.help else problem.message
    first, *rest = wrapped(f"{code}{where} {visible(said, charset)}", width - len(INDENT))
    return [[(code, problem.severity), (first[len(code) :], "")], *([(INDENT + line, "")] for line in rest)]


def _head(problem: Problem, width: int, charset: str) -> list[Line]:
    code = f"{problem.severity}[{problem.code.id}]"
    first, *rest = wrapped(f"{code}: {visible(problem.message, charset)}", width)
    return [[(code, problem.severity), (first[len(code) :], "bold")], *([(line, "bold")] for line in rest)]


def _remark(word: str, said: str, problem: Problem, margin: int, width: int, charset: str) -> list[Line]:
    """A note or a help, its further lines below its first word."""
    lead = " " * (margin + 1)
    room = max(FEWEST_COLUMNS, width - len(lead) - len("= help: "))
    first, *rest = wrapped(visible(said, charset), room)
    lines: list[Line] = [[(f"{lead}=", "gutter"), (f" {word}:", "bold"), (f" {first}", "")]]
    lead += " " * len("= help: ")
    lines += [[(lead + line, "")] for line in rest]
    if word == "help" and problem.fix and problem.fix.safe:
        if cells((rest or [first])[-1]) + len(SAFE) <= room:
            lines[-1].append((SAFE, "safe"))
        else:
            lines.append([(lead, ""), (SAFE.strip(), "safe")])
    return lines


def _row(number: int | str, margin: int, *pieces: Piece) -> Line:
    return [(f"{number:>{margin}} |", "gutter"), *pieces]


def _marks(problem: Problem, primary: Place) -> list[Label]:
    """The places to mark, the problem's own among them, in the order of the text."""
    own = next((label.text for label in problem.labels if label.place == primary), "")
    others = [label for label in problem.labels if label.place != primary]
    return sorted([Label(primary, own), *others])


class _Excerpt:
    """The marked lines of the source, each with its carets below it."""

    def __init__(
        self, text: str, marks: list[Label], problem: Problem, margin: int, width: int, charset: str
    ) -> None:
        self.source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.marks, self.problem, self.margin, self.charset = marks, problem, margin, charset
        # one column is left for a caret behind the last character
        self.width = max(FEWEST_COLUMNS, width - margin - len(" | ") - 1)

    def lines(self) -> Iterator[Line]:
        shown = 0
        for number, marks in groupby(self.marks, lambda mark: mark.place.line):
            if shown and number > shown + 1:
                yield [(DOTS, "gutter")]
            yield from self.line(number, list(marks))
            shown = number

    def line(self, number: int, marks: list[Label]) -> Iterator[Line]:
        """One line of the source and its marks; drawn again for a mark that is too far from the others."""
        line = _Glyphs(self.source[number - 1] if number <= len(self.source) else "", self.charset)
        spans = [line.span(mark.place) for mark in marks]
        together = line.window(min(start for start, _ in spans), max(end for _, end in spans), self.width)
        drawn = None
        for mark, (start, end) in zip(marks, spans):
            window = (
                together or line.window(start, end, self.width) or line.window(start, start + 1, self.width)
            )
            assert window is not None
            if window != drawn:
                yield _row(number, self.margin, (f" {line.cut(*window)}", ""))
                drawn = window
            yield from self.pointer(mark, *line.columns(start, min(end, max(window[1], start + 1)), *window))

    def pointer(self, mark: Label, column: int, length: int) -> Iterator[Line]:
        """The carets, and what is said of them: to the right, or below where that has no room."""
        own = mark.place == self.problem.place
        style = self.problem.severity if own else "label"
        carets, said = ("^" if own else "-") * length, visible(mark.text, self.charset)
        blank = " " * (column + 1)
        if not said or column + length + 1 + cells(said) <= self.width + 1:
            yield _row("", self.margin, (blank, ""), (f"{carets} {said}".rstrip(), style))
            return
        yield _row("", self.margin, (blank, ""), (carets, style))
        parts = wrapped(said, self.width)
        blank = " " * (1 + max(0, min(column, self.width - max(map(cells, parts)))))
        for part in parts:
            yield _row("", self.margin, (blank, ""), (part, style))


class _Glyphs:
    """A source line as it is drawn: a text for each character, and the column where each begins."""

    def __init__(self, line: str, charset: str) -> None:
        self.line = line
        self.drawn: Sequence[str] = line
        self.starts: Sequence[int] = range(len(line) + 1)
        if not (line.isascii() and line.isprintable()):
            self.drawn = [TAB if character == "\t" else visible(character, charset) for character in line]
            self.starts = [0, *accumulate(map(cells, self.drawn))]

    def span(self, place: Place) -> tuple[int, int]:
        """The characters of this line that the place covers; of several lines, those on its first."""
        start = min(place.column - 1, len(self.line))
        end = place.end_column - 1 if place.end_line == place.line else len(self.line.rstrip())
        return start, max(start, min(end, len(self.line)))

    def window(self, start: int, end: int, width: int) -> tuple[int, int] | None:
        """The characters to draw so that `start` to `end` are seen; None where they do not fit in `width`."""
        starts, count = self.starts, len(self.line)
        if starts[-1] <= width:
            return 0, count
        room = width - 2 * len(DOTS)
        if starts[end] - starts[start] > room:
            return None
        # a third of the room goes to what stands before the mark, more where nothing stands after it
        least = max(starts[start] - room // 3, starts[end] - room)
        least = min(least, starts[-1] - room - len(DOTS))
        first = min(start, bisect_left(starts, least))
        space = width - len(DOTS) * bool(first)
        if starts[-1] - starts[first] <= space:
            return first, count
        return first, bisect_right(starts, starts[first] + space - len(DOTS)) - 1

    def cut(self, first: int, last: int) -> str:
        """The characters of a window, with dots where others are left out."""
        return DOTS * bool(first) + "".join(self.drawn[first:last]) + DOTS * (last < len(self.line))

    def columns(self, start: int, end: int, first: int, last: int) -> tuple[int, int]:
        """Where the characters `start` to `end` begin in a drawn window, and how many columns they take."""
        length = self.starts[min(end, len(self.line))] - self.starts[start]
        return self.starts[start] - self.starts[first] + len(DOTS) * bool(first), max(1, length)
