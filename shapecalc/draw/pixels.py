"""Channels that become pixels, as a picture: a tile for each channel, and the pixels of all of them in one."""

from __future__ import annotations

from .canvas import Box, Canvas, Label, Line, text_width
from .shuffling import Grid, ends

CELL, SMALL = 22.0, 9.0
#: Between two tiles or blocks, and between the two sides.
GAP, ARROW = 8.0, 36.0
#: How many places of a block are shown at most, and how many pixels across: the first that have room are taken.
SIZES = ((2, 8), (2, 5), (2, 4), (1, 4))


def grid_picture(canvas: Canvas, grid: Grid, x: float, y: float, width: float) -> float:
    """Tiles and pixels side by side, the input at the left; returns where the next thing goes."""
    for formula in grid.formulas:
        y = canvas.paragraph(x, y, width, formula, "size")
    y = canvas.paragraph(x, y + 1, width, grid.summary, "dim") + 6
    step = max(CELL, text_width(str(grid.factor**2 - 1), SMALL) + 6)
    for across, most in SIZES:
        across, inside = min(across, grid.pixels[1]), ends(grid.factor, most)
        side = (step * across * len(inside)) + GAP * len(inside)
        if 2 * side + ARROW <= width:
            break
    titles = (
        f"input channel{'s' * (grid.coarse == 'input')}",
        f"output channel{'s' * (grid.coarse == 'output')}",
    )
    numbers = {grid.coarse: f" 0 to {grid.factor**2 - 1}", grid.fine: " 0"}
    left = max(side, text_width(titles[0] + numbers["input"]))
    right = x + left + ARROW
    y += 14
    canvas.labels.append(Label(x, y, titles[0] + numbers["input"], "ink", "start"))
    canvas.labels.append(Label(right, y, titles[1] + numbers["output"], "ink", "start"))
    y += 8
    places = (x, right) if grid.coarse == "input" else (right, x)
    low = _tiles(canvas, grid, inside, across, (places[0], y), step)
    bottom = max(low, _blocks(canvas, grid, inside, across, (places[1], y), step))
    middle = (y + bottom) / 2
    canvas.lines.append(Line(((x + left + 8, middle), (right - 10, middle)), "flow", arrow=True))
    said = f"number: the {grid.coarse} channel; colour: the pixel of that channel"
    return canvas.paragraph(x, bottom + 4, width, said, "dim")


def _tiles(
    canvas: Canvas, grid: Grid, inside: list[int | None], across: int, at: tuple[float, float], step: float
) -> float:
    """The coarse channels: a tile of pixels each, in the order in which a block has them."""
    high = grid.pixels[0] * CELL + GAP
    for row, first in enumerate(inside):
        for column, second in enumerate(inside):
            x, y = at[0] + column * (across * step + GAP), at[1] + row * high
            if first is None or second is None:
                canvas.labels.append(Label(x + across * step / 2, y + high / 2, "…", "dim"))
                continue
            channel = grid.channel(first, second)
            for pixel in range(grid.pixels[0]):
                for other in range(across):
                    _cell(canvas, x + other * step, y + pixel * CELL, step, channel, pixel + other)
    return at[1] + len(inside) * high


def _blocks(
    canvas: Canvas, grid: Grid, inside: list[int | None], across: int, at: tuple[float, float], step: float
) -> float:
    """The fine channel: a block for each pixel."""
    wide, high = len(inside) * step + GAP, len(inside) * CELL + GAP
    for block in range(grid.pixels[0]):
        for other in range(across):
            x, y = at[0] + other * wide, at[1] + block * high
            for row, first in enumerate(inside):
                for column, second in enumerate(inside):
                    left, top = x + column * step, y + row * CELL
                    if first is None or second is None:
                        canvas.labels.append(Label(left + step / 2, top + CELL / 2 + 3, "…", "dim"))
                        continue
                    channel = grid.channel(block * grid.factor + first, other * grid.factor + second)
                    _cell(canvas, left, top, step, channel, block + other)
    bottom = at[1] + grid.pixels[0] * high
    if grid.more[1] or across < grid.pixels[1]:
        canvas.labels.append(Label(at[0] + across * wide + 6, at[1] + high / 2, "…", "dim"))
    if grid.more[0]:
        canvas.labels.append(Label(at[0] + wide / 2, bottom + 6, "…", "dim"))
        bottom += 12
    return bottom


def _cell(canvas: Canvas, x: float, y: float, step: float, channel: int, pixel: int) -> None:
    """A pixel: its number is the channel, its colour says which pixel it is of its channel."""
    canvas.boxes.append(Box(x, y, step - 2, CELL - 2, "made" if pixel % 2 else "read", 2))
    canvas.labels.append(Label(x + step / 2 - 1, y + CELL / 2 + 2, str(channel), "ink", size=SMALL))
