"""One layer's windows as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..show.formula import signed
from ..show.text import encodes, visible, wrapped
from ..trace import Trace
from .strips import Columns, Strip, figure, role_of


def layer_screen(trace: Trace, number: int, width: int = 80, charset: str = "utf-8") -> list[str]:
    """The lines: each axis with its positions, first and last windows. Raises `NothingToDraw` with the reason."""
    path, layer, change, error, strips = figure(trace, number)
    is_plain = not encodes("●○─·…→", charset)
    lines = wrapped(f"{path}: {layer}", width)
    lines.append(change.replace("→", "->") if is_plain else change)
    lines += wrapped(error, width) if error else []
    for strip in strips:
        lines += ["", *wrapped(strip.formula or strip.name, width), *wrapped(strip.summary, width)]
        lines += _rows(strip, width, is_plain)
    return [visible(signed(line, charset), charset).rstrip() for line in lines]


def _rows(strip: Strip, width: int, is_plain: bool) -> list[str]:
    tap, zero, line, none, pad, gap = "*o-!.~" if is_plain else "●○─!·…"
    room = len(str(max(strip.last, strip.size)))
    names = strip.name_columns
    columns = Columns(strip, (width - names) // (room + 1))
    shown = columns.positions()

    def row(name: str, at: Callable[[int], str], between: str = "") -> str:
        texts = [at(position).rjust(room) for position in shown]
        if columns.is_elided:
            texts.insert(columns.head, between.rjust(room))
        return f"{name:{names}}{' '.join(texts)}".rstrip()

    name = "output" if strip.transposed else "input"
    rows = [row(name, lambda position: strip.name_of(position) or pad, gap)]
    if any(role_of(strip, position) == "unread" for position in shown):
        word = "no tap" if strip.transposed else "beyond" if strip.is_broken else "never read"
        rows.append(row(word, lambda position: none if role_of(strip, position) == "unread" else ""))
    before = -1
    for window, taps in strip.windows:
        rows += [gap] if window != before + 1 else []
        label = f"{'input' if strip.transposed else 'output'} {window}"
        marked = row(label, _marks(strip, taps, tap + zero, line), _between(columns, taps, line, gap))
        rows.append(marked[:names] + _joined(marked[names:], line))
        before = window
    if strip.runs:
        rows.append(row("taps", lambda p: str(strip.count(p)) if 0 <= p < strip.size else ""))
    return rows


def _marks(strip: Strip, taps: Sequence[int], signs: str, line: str) -> Callable[[int], str]:
    """What a window puts on a position: a tap on the axis or beside it, the line between two, or nothing."""
    inside, low, high = frozenset(taps), min(taps, default=0), max(taps, default=-1)

    def mark(position: int) -> str:
        if position in inside:
            return signs[0] if strip.name_of(position) else signs[1]
        return line if low < position < high else ""

    return mark


def _between(columns: Columns, taps: Sequence[int], line: str, gap: str) -> str:
    """What a window puts on the gap: a line where it goes on behind it, three dots where all of it is left out."""
    if not any(map(columns.has, taps)):
        return gap if taps else ""
    return line if columns.column(min(taps)) <= columns.head <= columns.column(max(taps)) else ""


def _joined(row: str, line: str) -> str:
    """The row with the blanks between its marks drawn through."""
    marks = row.strip()
    return row[: len(row) - len(row.lstrip())] + marks.replace(" ", line)
