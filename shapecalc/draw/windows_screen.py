"""One layer's windows as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..show.formula import signed
from ..show.text import encodes, visible, wrapped
from ..trace import Trace
from .figures import figure
from .shuffling import Grid, ends
from .strips import Columns, Strip, role_of

#: A tap on the axis, one beside it, a line between taps, nothing there, a position beside the axis, something left out.
SIGNS, PLAIN = "●○─!·…", "*o-!.~"


def layer_screen(trace: Trace, number: int, width: int = 80, charset: str = "utf-8") -> list[str]:
    """The lines: each axis with its positions, first and last windows. Raises `NothingToDraw` with the reason."""
    path, layer, change, error, strips, grids, letters = figure(trace, number)
    is_plain = not encodes("●○─·…→", charset)
    lines = wrapped(f"{path}: {layer}", width)
    lines += wrapped(change.replace("→", "->") if is_plain else change, width)
    lines += [letters] if letters else []
    lines += wrapped(error, width) if error else []
    for strip in strips:
        lines += ["", *wrapped(strip.formula or strip.name, width), *wrapped(strip.summary, width)]
        lines += _rows(strip, width, is_plain)
    for grid in grids:
        lines += ["", *(part for formula in grid.formulas for part in wrapped(formula, width))]
        lines += [*wrapped(grid.summary, width), "", *_table(grid, width, is_plain)]
    return [visible(signed(line, charset), charset).rstrip() for line in lines]


def _rows(strip: Strip, width: int, is_plain: bool) -> list[str]:
    tap, zero, line, none, pad, gap = [*(PLAIN if is_plain else SIGNS)]
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
    if strip.sources:
        rows.append(row("copied from", lambda position: str(strip.sources.get(position, ""))))
    before = -1
    for window, taps in strip.windows:
        rows += [gap] if window != before + 1 else []
        label = f"{'input' if strip.transposed else 'output'} {window}"
        marked = row(label, _marks(strip, taps, tap + zero, line), _between(columns, taps, line, gap))
        rows.append(marked[:names] + _joined(marked[names:], line))
        before = window
    if strip.runs:
        rows.append(row(strip.counted, lambda p: str(strip.count(p)) if 0 <= p < strip.size else ""))
    return rows


def _marks(strip: Strip, taps: Sequence[int], signs: str, line: str) -> Callable[[int], str]:
    """What a window puts on a position: a tap on the axis or beside it, the line between two, or nothing."""

    def mark(position: int) -> str:
        if position in taps:
            return signs[0] if strip.name_of(position) else signs[1]
        return line if taps and taps[0] < position < taps[-1] else ""

    return mark


def _between(columns: Columns, taps: Sequence[int], line: str, gap: str) -> str:
    """What a window puts on the gap: a line where it goes on behind it, three dots where all of it is left out."""
    if not any(position in taps for position in columns.positions()):
        return gap if taps else ""
    return line if columns.column(taps[0]) <= columns.head <= columns.column(taps[-1]) else ""


def _joined(row: str, line: str) -> str:
    """The row with the blanks between its marks drawn through."""
    marks = row.strip()
    return row[: len(row) - len(row.lstrip())] + marks.replace(" ", line)


def _table(grid: Grid, width: int, is_plain: bool) -> list[str]:
    """The first pixels of the fine channel, each as the coarse channel that it is, in blocks of one coarse pixel."""
    gap = PLAIN[-1] if is_plain else SIGNS[-1]
    room = len(str(grid.factor**2 - 1))
    name = f"{grid.fine} row"
    for across, most in ((grid.pixels[1], 8), (grid.pixels[1], 4), (1, 4)):
        inside = ends(grid.factor, most)
        if len(name) + 6 + across * (len(inside) * (room + 1) + 2) <= width:
            break
    names, lines = len(name) + 4, [f"{grid.fine} channel 0, as {grid.coarse} channels"]
    for block in range(grid.pixels[0]):
        for row in inside:
            if row is None:
                lines.append(gap)
                continue
            cells = []
            for other in range(across):
                numbers = (
                    gap
                    if column is None
                    else str(grid.channel(block * grid.factor + row, other * grid.factor + column))
                    for column in inside
                )
                cells.append(" ".join(number.rjust(room) for number in numbers))
            more = f"  {gap}" if grid.more[1] or across < grid.pixels[1] else ""
            at = block * grid.factor + row
            lines.append(f"{f'{name} {at}':{names}}{'   '.join(cells)}{more}")
        lines += [""] if block + 1 < grid.pixels[0] else [gap] * grid.more[0]
    return lines
