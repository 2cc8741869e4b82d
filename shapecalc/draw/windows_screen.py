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
    is_plain = not encodes("●─○·…→", charset)
    lines = wrapped(f"{path}: {layer}", width)
    lines.append(change.replace("→", "->") if is_plain else change)
    lines += wrapped(error, width) if error else []
    for strip in strips:
        lines += ["", *wrapped(strip.formula or strip.name, width), *wrapped(strip.summary, width)]
        lines += _rows(strip, width, is_plain)
    return [visible(signed(line, charset), charset).rstrip() for line in lines]


def _rows(strip: Strip, width: int, is_plain: bool) -> list[str]:
    tap, line, none, pad, gap = "*-!.~" if is_plain else "●─!·…"
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
    rows = [row(name, lambda position: str(position) if 0 <= position < strip.size else pad, gap)]
    if any(role_of(strip, position) == "unread" for position in shown):
        word = "no tap" if strip.transposed else "beyond" if strip.is_broken else "never read"
        rows.append(row(word, lambda position: none if role_of(strip, position) == "unread" else ""))
    before = -1
    for window, taps in strip.windows:
        rows += [gap] if window != before + 1 else []
        label = f"{'input' if strip.transposed else 'output'} {window}"
        rows.append(
            _joined(row(label, _marks(taps, tap, line), line if _spans(columns, taps) else ""), tap, line)
        )
        before = window
    if strip.runs:
        rows.append(row("taps", lambda p: str(strip.count(p)) if 0 <= p < strip.size else ""))
    return rows


def _marks(taps: Sequence[int], tap: str, line: str) -> Callable[[int], str]:
    """What a window puts on a position: a tap, the line between two, or nothing."""
    inside, low, high = frozenset(taps), min(taps, default=0), max(taps, default=-1)
    return lambda position: tap if position in inside else line if low < position < high else ""


def _spans(columns: Columns, taps: Sequence[int]) -> bool:
    """Whether a window begins before the gap and ends behind it."""
    return bool(taps) and columns.column(min(taps)) <= columns.head <= columns.column(max(taps))


def _joined(row: str, tap: str, line: str) -> str:
    """The row with the blanks between its marks drawn through."""
    first, last = row.find(tap), row.rfind(tap)
    if first < 0:
        return row
    return row[:first] + row[first : last + 1].replace(" ", line) + row[last + 1 :]
