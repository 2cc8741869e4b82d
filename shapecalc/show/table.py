"""The layer table: a row a step, up to and including the layer that cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ..arch import Call
from ..layer import Layer, Shape
from ..shapes import sample
from ..trace import Trace
from .formula import separator, spelt, spelt_size, texts_apart
from .text import visible
from .windows import window

COLUMNS = ("layer", "kind", "in → out", "window", "parameters")
#: Columns that are left out where the screen has no room for them, the least needed first.
SPARED = (3, 4, 1)
PARAMETERS = 4
GAP = 2
#: The style of the last row, which only counts.
TOTAL = "none"


class Glyphs(NamedTuple):
    """What a screen can print: its charset, and the signs that depend on it."""

    charset: str
    arrow: str
    cross: str


def table(trace: Trace, glyphs: Glyphs, width: int) -> Table:
    """The rows of the trace; a failing layer's row says what it was given."""
    rows = list(_rows(trace, glyphs))
    shown = _fitting([cells for cells, _ in rows], width)
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    for column in shown:
        title = COLUMNS[column].replace("→", glyphs.arrow)
        drawn.add_column(
            title,
            overflow="fold",
            justify="right" if column == PARAMETERS else "left",
            no_wrap=column == PARAMETERS,
        )
    for cells, style in rows:
        if style == TOTAL and PARAMETERS not in shown:
            continue
        drawn.add_row(*[cells[column] for column in shown], style=style)
    return drawn


def _rows(trace: Trace, glyphs: Glyphs) -> Iterator[tuple[list[Text], str | None]]:
    """The cells of each row, and the style of the whole row."""
    total = 0
    for step in trace.steps:
        total += step.params
        shapes = _shapes(step.ins, step.out, glyphs)
        params = Text(f"{step.params:,}" if step.params else "", style="dim")
        yield (
            [
                *_names(step.path, step.layer, glyphs, "cyan", step.call),
                shapes,
                Text(window(step.layer), style="dim"),
                params,
            ],
            None,
        )
    if trace.failed is not None:
        node = trace.arch.nodes[trace.failed]
        taken = " and ".join(spelt(sample(shape), glyphs.charset) for shape in trace.failed_in)
        shapes = Text(f"{taken} {glyphs.arrow} {glyphs.cross}")
        yield [*_names(node.path, node.layer, glyphs), shapes, Text(window(node.layer)), Text()], "bold red"
    if total:
        yield [Text("total", style="dim"), Text(), Text(), Text(), Text(f"{total:,}", style="bold")], TOTAL


def _names(path: str, layer: Layer, glyphs: Glyphs, style: str = "", call: Call | None = None) -> list[Text]:
    """The path and the kind; a row that rests on no rule says so."""
    kind = Text(repr(layer).partition("(")[0])
    if call is not None and call.standing != "EXACT":
        kind.append(f" ({call.standing.lower()})", style="dim")
    return [Text(visible(path, glyphs.charset), style=style), kind]


def _fitting(rows: list[list[Text]], width: int) -> list[int]:
    """The columns that there is room for, if only the shapes of a join are broken into lines."""
    widths = [cell_len(title) for title in COLUMNS]
    for cells in rows:
        parts = [
            cell.plain.split(" and ") if column == 2 else [cell.plain] for column, cell in enumerate(cells)
        ]
        widths = [max(least, *map(cell_len, texts)) for least, texts in zip(widths, parts)]
    shown = list(range(len(COLUMNS)))
    for column in SPARED:
        if sum(widths[shown_] + GAP for shown_ in shown) - GAP <= width:
            break
        shown.remove(column)
    return shown


def _shapes(taken: tuple[Shape, ...], returned: Shape, glyphs: Glyphs) -> Text:
    """Both sides of the arrow; the axes that changed stand out, a shape that stays is said once.

    Formulas are said once too: what goes in stands in the rows above.
    """
    if taken == (returned,):
        return Text(spelt(returned, glyphs.charset), style="dim")
    has_formulas = any(separator(shape, glyphs.charset) != "x" for shape in taken)
    text = Text("" if has_formulas else " and ".join(spelt(shape, glyphs.charset) for shape in taken) + " ")
    text.append(f"{glyphs.arrow} ")
    return text.append_text(_marked(returned, taken[0], glyphs.charset))


def _marked(returned: Shape, taken: Shape, charset: str) -> Text:
    text = Text("" if returned else "scalar")
    between = separator(returned, charset)
    for axis, size in enumerate(returned):
        text.append(between if axis else "")
        same_axis = len(taken) == len(returned) and taken[axis] == size
        (shown,) = texts_apart([spelt_size(size, charset)])
        text.append(shown, style="" if same_axis else "bold green")
    return text
