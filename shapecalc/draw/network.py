"""A network, drawn to scale."""

from __future__ import annotations

from itertools import groupby

from ..cost import total
from ..problem import Problem
from ..shapes import letters, spell
from ..show.formula import spelt
from ..show.text import visible
from ..size import Size
from ..trace import Trace
from .blocks import DRAWN_AS, FAILED, UNREACHED, WANTED, WRONG, Block, blocks
from .canvas import LINE, Box, Canvas, Label, Line, Picture, listed
from .folding import readable
from .layout import Cell, Layout, placed
from .routes import UNDER, Routes, draw, routed

BORDER = 16.0
TITLE = 16.0
#: The least width, so that title and legend have room.
NARROWEST = 460.0
#: What the colours mean.
MEANINGS = {
    "input": "input",
    "encoder": "encoder",
    "bottleneck": "bottleneck",
    "code": "code",
    "decoder": "decoder",
    "layers": "layers",
    "down": "way down",
    "up": "way up",
    "join": "several inputs",
}


def network(trace: Trace, problems: tuple[Problem, ...] = (), width: float = 960) -> Picture:
    """The picture of a trace, about `width` pixels wide at most; what is wrong with it is red.

    Raises nothing: a trace that ends early is drawn up to the layer that cannot run.
    """
    found = readable(blocks(trace, problems))
    room = max(width, NARROWEST) - 2 * BORDER
    for reserved in range(0, 200, 20):
        layout = placed(found, room - reserved)
        if layout.width + routed(layout, 0).margin <= room:
            break
    canvas = Canvas()
    least = NARROWEST - 2 * BORDER
    inner = max(layout.width + routed(layout, 0).margin, least)
    y = _heading(canvas, trace, inner)
    routes = routed(layout, y + 18)
    left = BORDER + (inner - layout.width - routes.margin) / 2
    _level_lines(canvas, layout, routes, left)
    draw(canvas, layout, routes, left)
    for row in layout.rows:
        for cell in row:
            _cell(canvas, cell, routes, left, layout.is_hourglass)
        _brackets(canvas, row, routes, left)
    y = routes.bands[-1].bottom + 8
    y = _errors(canvas, problems, y, inner)
    y = _legend(canvas, layout, trace, y + 10, inner)
    name = visible(trace.arch.name)
    return canvas.picture(inner + 2 * BORDER, y + BORDER, name, described(trace, problems))


def described(trace: Trace, problems: tuple[Problem, ...]) -> str:
    """The picture in words, for who does not see it."""
    output = "cannot run" if trace.shape_out is None else spell(trace.shape_out)
    steps = f"{len(trace.arch.nodes)} layers from {spell(trace.shape_in)} to {output}"
    errors = [problem.message for problem in problems if problem.severity == "error"]
    return visible("; ".join([steps, *errors]))


def _heading(canvas: Canvas, trace: Trace, width: float) -> float:
    y = canvas.paragraph(BORDER, BORDER - 4, width, visible(trace.arch.name) or "Network", "ink", TITLE)
    output = "cannot run" if trace.output is None else spelt(trace.output)
    parts = [f"{spelt(trace.input)} → {output}"]
    if trace.output is not None:
        cost = total(trace)
        parts += [f"{cost.params:,} parameters"]
        parts += [f"{_short(cost.macs)} MACs"] if isinstance(cost.macs, int) else []
    return canvas.lines_of(BORDER, y + 3, listed(parts, width, " · "), "dim")


def _short(number: Size) -> str:
    """1,234, 12.3 M."""
    assert isinstance(number, int)
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if number >= unit:
            return f"{number / unit:.3g} {name}" if number < 1000 * unit else f"{number // unit:,} {name}"
    return f"{number:,}"


def role_of(block: Block, side: str) -> str:
    """What a block's colour says."""
    if block.state in (FAILED, UNREACHED):
        return block.state
    if block.section == "input":
        return "input"
    if block.is_join:
        return "join"
    return side if block.section == "layers" and side != "flow" else block.section


def _cell(canvas: Canvas, cell: Cell, routes: Routes, left: float, is_hourglass: bool) -> None:
    axis, block = routes.bands[cell.row].axis, cell.block
    role = role_of(block, cell.side)
    if role not in (*MEANINGS, FAILED, UNREACHED):
        role = "layers"
    if block.state == WRONG:
        role += " wrong"
    x, y = left + cell.middle - cell.thickness / 2, axis - cell.height / 2
    corner = 1.5 if block.scale[1] else cell.thickness / 2
    canvas.boxes.append(Box(x, y, cell.thickness, cell.height, role, corner, block.title))
    if block.state == FAILED:
        canvas.lines.append(Line(((x, y), (x + cell.thickness, y + cell.height)), "broken"))
        canvas.lines.append(Line(((x, y + cell.height), (x + cell.thickness, y)), "broken"))
    y += cell.height + UNDER - 3
    for text, text_role in cell.texts:
        y += LINE
        shown = "size bad" if block.state in (WRONG, WANTED) and text_role == "size" else text_role
        canvas.labels.append(Label(left + cell.middle, y, text, shown, title=block.title))


def _brackets(canvas: Canvas, row: list[Cell], routes: Routes, left: float) -> None:
    """Under what is folded, how often it stands there."""
    for fold, group in groupby(row, key=lambda cell: cell.block.fold):
        cells = list(group)
        if not fold:
            continue
        y = routes.bands[cells[0].row].bottom - 18
        start, stop = left + cells[0].x + 6, left + cells[-1].right - 6
        canvas.lines.append(Line(((start, y - 5), (start, y), (stop, y), (stop, y - 5)), "bracket"))
        text = f"×{cells[0].block.repeats}"
        canvas.labels.append(Label((start + stop) / 2, y + 13, text, "ink"))


def _level_lines(canvas: Canvas, layout: Layout, routes: Routes, left: float) -> None:
    """Between mirror partners: what stands on one line should have one size."""
    for number, row in enumerate(layout.rows):
        down = [cell for cell in row if cell.side == "down"]
        up = [cell for cell in row if cell.side == "up"]
        if down and up and number < len(layout.rows) - 1:
            y, wrong = routes.bands[number].axis, any(cell.block.state == WRONG for cell in up)
            wrong |= all(any(cell.block.state == WANTED for cell in side) for side in (down, up))  # in a join
            ends = ((left + down[-1].right + 4, y), (left + up[0].x - 4, y))
            canvas.lines.append(Line(ends, "mismatch" if wrong else "level"))


def _errors(canvas: Canvas, problems: tuple[Problem, ...], y: float, width: float) -> float:
    for problem in problems:
        if problem.severity == "error":
            where = f" {problem.path}:" if problem.path else ":"
            text = visible(f"{problem.code.id}{where} {problem.message}")
            y = canvas.paragraph(BORDER, y + 3, width, text, "bad")
    return y


def _legend(canvas: Canvas, layout: Layout, trace: Trace, y: float, width: float) -> float:
    roles = {role_of(cell.block, cell.side) for row in layout.rows for cell in row}
    meanings = [(role, text, 1.5) for role, text in MEANINGS.items() if role in roles]
    y = canvas.legend(BORDER, y, width, meanings)
    notes = [f"thickness: channels ({layout.thicknesses} scale)"]
    if any(cell.block.scale[1] for row in layout.rows for cell in row):
        notes.append(f"height: geometric mean of the spatial sizes ({layout.heights} scale)")
    if any(not cell.block.scale[1] for row in layout.rows for cell in row):
        notes.append("rounded: a vector, its features as height")
    if letters(trace.input):
        notes.append(f"letters drawn as {DRAWN_AS}")
    if any(cell.block.fold for row in layout.rows for cell in row):
        notes.append("×n: the last of n turns")
    return canvas.lines_of(BORDER, y + 4, listed(notes, width, "; "), "dim")
