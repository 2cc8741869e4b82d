"""One layer's arithmetic as a picture: along each axis, which positions its windows take, and which nothing takes.

A convolution or pool is drawn as windows over its padded input. A transposed layer is drawn twice: as what each input
adds to the output, with the taps that each output sums, and as the ordinary convolution that makes the same of the
input with zeros put in. Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", draw both.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..show.text import visible
from ..trace import Trace
from .canvas import COLUMN, FONT, Box, Canvas, Label, Line, Picture, text_width
from .figures import figure
from .pixels import grid_picture
from .strips import Columns, Strip, role_of

BORDER = 16.0
SMALL = 9.0
#: The height of a cell and of a window's row.
CELL, ROW = 20.0, 18.0


def layer_picture(trace: Trace, number: int, width: float = 960) -> Picture:
    """The picture of layer `number` of a trace, about `width` pixels wide at most.

    Of a layer that cannot run, its first window over what it is given. Raises `NothingToDraw` with the reason.
    """
    path, layer, change, error, strips, grids, letters = figure(trace, number)
    canvas = Canvas()
    inner = max(width, 360) - 2 * BORDER
    y = canvas.paragraph(BORDER, BORDER - 4, inner, visible(path), "ink", 16)
    y = canvas.paragraph(BORDER, y + 2, inner, visible(layer), "dim")
    y = canvas.paragraph(BORDER, y + 2, inner, change, "bad" if error else "size")
    y = canvas.paragraph(BORDER, y + 2, inner, letters, "dim") if letters else y
    y = canvas.paragraph(BORDER, y + 2, inner, visible(error), "bad") if error else y
    for strip in strips:
        y = _axis(canvas, strip, y + 14, inner)
    for grid in grids:
        y = grid_picture(canvas, grid, BORDER, y + 14, inner)
    y = _legend(canvas, strips, y + 12, inner) if strips else y
    said = [*(f"{strip.name}: {strip.summary}" for strip in strips), *(grid.summary for grid in grids)]
    description = "; ".join([change, *said])
    widest = max([label.box[2] for label in canvas.labels] + [box.x + box.width for box in canvas.boxes])
    return canvas.picture(widest + BORDER, y + BORDER, visible(f"{path}: {layer}"), visible(description))


def _axis(canvas: Canvas, strip: Strip, y: float, width: float) -> float:
    """One axis: its formula, its positions, its windows."""
    y = canvas.paragraph(BORDER, y, width, strip.formula or strip.name, "size")
    y = canvas.paragraph(BORDER, y + 1, width, strip.summary, "bad" if strip.is_broken else "dim") + 8
    step = max(CELL + 2, text_width(str(max(strip.last, -strip.first)), SMALL) + 6)
    columns = Columns(strip, int((width - _names(strip)) / step))
    left = BORDER + _names(strip)
    name = "output" if strip.transposed else "input"
    canvas.labels.append(Label(BORDER, y + CELL - 6, name, "dim", "start"))
    for position in columns.positions():
        x = left + step * columns.column(position)
        canvas.boxes.append(Box(x, y, step - 2, CELL, role_of(strip, position), 2))
        text = strip.name_of(position)
        if position in strip.sources:
            text = str(strip.sources[position])
        if text:
            role = "dim" if position in strip.sources else "ink"
            canvas.labels.append(Label(x + step / 2 - 1, y + CELL / 2 + 3, text, role, size=SMALL))
    if columns.is_elided:
        x = left + step * columns.head
        canvas.labels.append(Label(x + step / 2 - 1, y + CELL / 2 + 3, "…", "dim"))
    y += CELL + 4
    before = -1
    for window, taps in strip.windows:
        if window != before + 1:
            canvas.labels.append(Label(BORDER, y + ROW - 6, "…", "dim", "start"))
            y += ROW
        _window(canvas, columns, strip, (window, taps), step, y)
        before, y = window, y + ROW
    if strip.runs:
        canvas.labels.append(Label(BORDER, y + ROW - 6, strip.counted, "dim", "start"))
        for position in columns.positions():
            if 0 <= position < strip.size:
                count = strip.count(position)
                x = left + step * columns.column(position) + step / 2 - 1
                role = "dim" if count else "bad"
                canvas.labels.append(Label(x, y + ROW - 6, str(count), role, size=SMALL))
        y += ROW
    return y


def _names(strip: Strip) -> float:
    """The room at the left for the names of the rows."""
    return strip.name_columns * FONT * COLUMN


def _window(
    canvas: Canvas, columns: Columns, strip: Strip, one: tuple[int, Sequence[int]], step: float, y: float
) -> None:
    """A window: a line from its first to its last tap, and a mark on each tap."""
    window, taps = one
    name = f"{'input' if strip.transposed else 'output'} {window}"
    canvas.labels.append(Label(BORDER, y + ROW - 6, name, "ink", "start"))
    if not taps:
        return
    middle, left = y + ROW / 2, BORDER + _names(strip) + step / 2 - 1
    role = "beyond" if strip.is_broken else "window"
    ends = left + step * columns.column(taps[0]), left + step * columns.column(taps[-1])
    if ends[0] != ends[1]:
        canvas.lines.append(Line(((ends[0], middle), (ends[1], middle)), role))
    marked = [position for position in columns.positions() if position in taps]
    if not marked:  # all of it is left out
        canvas.labels.append(Label(ends[0], middle + 3, "…", "dim"))
    for tap in marked:
        mark = "tap" if strip.name_of(tap) else role_of(strip, tap)
        canvas.boxes.append(Box(left + step * columns.column(tap) - 4, middle - 4, 8, 8, mark, 4))


def _legend(canvas: Canvas, strips: list[Strip], y: float, width: float) -> float:
    """What is dashed, red or marked."""
    meanings = [
        ("tap", "tap"),
        ("pad", " or ".join(dict.fromkeys(strip.beside for strip in strips if not strip.spread))),
    ]
    meanings += [("made", "output"), ("read", "read"), ("gap", "inserted zero")]
    reds = {"beyond the input": any(strip.is_broken for strip in strips)}
    reds["reached by no tap"] = any(
        strip.transposed and not all(run[1] for run in strip.runs) for strip in strips
    )
    reds["never read"] = any(strip.unread for strip in strips)
    meanings.append(("unread", " or ".join(red for red, is_meant in reds.items() if is_meant)))
    roles = {box.role for box in canvas.boxes}
    shown = [(role, text, 5 if role == "tap" else 2) for role, text in meanings if role in roles]
    return canvas.legend(BORDER, y, width, shown)
