"""Where the blocks of a network stand: in rows by resolution where it goes down and up again, else line by line."""

from __future__ import annotations

from math import log
from typing import NamedTuple

from .blocks import UNREACHED, Block
from .canvas import COLUMN, FONT, fitted, listed, scaled, text_width

#: Room at both sides of a cell, and between the two sides of a row.
PAD = 9.0
MIDDLE = 30.0
#: How much further in the next row stands where there is no room for a staircase: at least, and where it fits.
INDENT, STEP = 22.0, 60.0
#: The largest block, in pixels: height in a row by itself and thickness.
TALLEST, THICKEST = 110.0, 56.0
#: Labels break after so many pixels; where an hourglass has no room else, earlier.
WIDEST, NARROWER = 19 * FONT * COLUMN, (15.1 * FONT * COLUMN, 11.1 * FONT * COLUMN)
#: What a line of one block costs, in lines: more than a break inside a resolution.
ALONE = 0.9
#: More resolutions than this are told apart only where they differ by half as much again.
MOST_LEVELS = 7


class Cell:
    """A block with its size in pixels, its lines of text (text, role), and its place once it has one."""

    def __init__(
        self, number: int, block: Block, thickness: float, height: float, widest: float = WIDEST
    ) -> None:
        self.number, self.block = number, block
        self.thickness, self.height = thickness, height
        self.texts = list(_texts(block, widest))
        self.width = max([thickness, *(text_width(text) for text, _ in self.texts)]) + 2 * PAD
        self.x, self.row = 0.0, 0
        self.side = "flow"  # or `down`, `up`, in an hourglass

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


class Layout(NamedTuple):
    """Rows of cells, the width of all, the names of the two scales, and whether the network comes back up."""

    rows: list[list[Cell]]
    width: float
    heights: str
    thicknesses: str
    is_hourglass: bool


def _texts(block: Block, widest: float) -> list[tuple[str, str]]:
    kind = f"{block.kind}" if block.kind else ""
    lines = [(part, "ink") for part in _name_lines(block.path, widest)]
    lines += [(part, "size") for part in _size_lines(block.size, widest)]
    lines += [(part, "dim") for part in fitted(kind, widest) + fitted(block.window, widest)]
    lines += [(part, "dim") for part in listed(_counted(block.after), widest, ", ")]
    lines += [(part, "bad") for part in fitted(block.note(), widest)]
    return lines


def _name_lines(path: str, widest: float) -> list[str]:
    """A path in at most four lines; of a longer one the end."""
    lines = fitted(path, widest)
    return lines if len(lines) <= 4 else [f"…{lines[-3]}", *lines[-2:]]


def _size_lines(size: str, widest: float) -> list[str]:
    """A shape in lines; formulas are broken between two axes, and inside one only where it is long."""
    lines: list[str] = []
    for part in size.split(" × "):
        if lines and text_width(f"{lines[-1]} × {part}") <= widest:
            lines[-1] += f" × {part}"
        else:
            lines += fitted(f"× {part}" if lines else part, 1.6 * widest)
    return lines


def _counted(names: tuple[str, ...]) -> list[str]:
    """Each name with how often it stands there."""
    return [
        name if names.count(name) == 1 else f"{name} ×{names.count(name)}" for name in dict.fromkeys(names)
    ]


def placed(found: list[Block], width: float) -> Layout:
    """The blocks in rows that are at most `width` wide, if only a cell is not wider."""
    heights, thicknesses = _sizes(found)
    scales = heights[1], thicknesses[1]

    def cells(widest: float) -> list[Cell]:
        return [_cell(*one, heights[0], thicknesses[0], widest) for one in enumerate(found)]

    levels = _levels(found)
    for widest in (WIDEST, *NARROWER) if levels is not None else ():
        rows = _hourglass(cells(widest), levels or [])
        total = _staircase(rows)
        if total > width:
            total = _indented(rows, width)
        if total <= width:
            return Layout(_numbered(rows), total, *scales, True)
    rows = _flow(cells(WIDEST), width)
    return Layout(_numbered(rows), max(row[-1].right for row in rows), *scales, False)


def _numbered(rows: list[list[Cell]]) -> list[list[Cell]]:
    for number, row in enumerate(rows):
        for cell in row:
            cell.row = number
    return rows


_Scale = tuple[dict[float, float], str]


def _sizes(found: list[Block]) -> tuple[_Scale, _Scale]:
    heights = scaled([block.scale[1] for block in found if block.scale[1]], 7, TALLEST)
    return heights, scaled([block.scale[0] for block in found], 4, THICKEST)


def _cell(
    number: int, block: Block, heights: dict[float, float], thicknesses: dict[float, float], widest: float
) -> Cell:
    channels, extent = block.scale
    if block.state == UNREACHED:
        return Cell(number, block, 24, 24, widest)
    if not extent:  # a vector stands upright: its features are its height
        return Cell(number, block, 8, thicknesses[channels], widest)
    return Cell(number, block, thicknesses[channels], heights[extent], widest)


def _flow(cells: list[Cell], width: float) -> list[list[Cell]]:
    """Line by line: as few lines as fit, broken where the resolution changes rather than between."""
    cost, begins = [0.0], [0]  # of the best way to set the first cells, and where its last line begins
    for stop in range(1, len(cells) + 1):
        best, taken = (float("inf"), stop - 1), 0.0
        for start in range(stop - 1, -1, -1):
            taken += cells[start].width
            if taken > width and start < stop - 1:
                break
            alone = ALONE * (stop - start == 1 < len(cells))
            best = min(best, (cost[start] + 1 + alone + _reluctance(cells, start), start))
        cost.append(best[0])
        begins.append(best[1])
    rows: list[list[Cell]] = []
    stop = len(cells)
    while stop:
        rows.insert(0, cells[begins[stop] : stop])
        stop = begins[stop]
    for row in rows:
        _set(row, 0.0)
    return rows


def _reluctance(cells: list[Cell], start: int) -> float:
    """What it costs to begin a line there, in lines."""
    if start == 0:
        return 0.0
    before, block = cells[start - 1].block, cells[start].block
    is_same = before.shape[1:] == block.shape[1:] and len(block.shape) > 1
    return 0.7 * is_same + 0.5 * bool(block.fold and block.fold == before.fold)


def _levels(found: list[Block]) -> list[int] | None:
    """The row of each block; below 0, as -1-row, of those on the way up. None where it does not come back up."""
    extents = [block.scale[1] or 1.0 for block in found]
    low = min(extents)
    first = extents.index(low)
    last = len(extents) - 1 - extents[::-1].index(low)
    if not (max(extents[:first], default=0) >= 1.9 * low and max(extents[last:]) >= 1.9 * low):
        return None
    down = _stages(extents[: last + 1])
    rows = [(min(stage), max(stage)) for stage in down]
    levels = [row for row, stage in enumerate(down) for _ in stage]
    row = len(rows)  # the first stage up may be nearest to the lowest row
    for stage in _stages(extents[last + 1 :]):
        above = range(0, row) if row else range(1)
        row = min(above, key=lambda number: abs(log(_nearest(stage[0], rows[number]) / stage[0])))
        levels += [-1 - row] * len(stage)
    return levels


def _nearest(extent: float, span: tuple[float, float]) -> float:
    return min(max(extent, span[0]), span[1])


def _stages(extents: list[float]) -> list[list[float]]:
    """The extents in groups of one resolution each."""
    for ratio in (1.0, 1.5):
        groups: list[list[float]] = []
        for extent in extents:
            if groups and max(extent, groups[-1][-1]) <= ratio * min(extent, groups[-1][-1]):
                groups[-1].append(extent)
            else:
                groups.append([extent])
        if len(groups) <= MOST_LEVELS:
            break
    return groups


def _hourglass(cells: list[Cell], levels: list[int]) -> list[list[Cell]]:
    """The cells of each row, those on the way down first."""
    rows: list[list[Cell]] = [[] for _ in range(1 + max(levels))]
    for cell, level in zip(cells, levels):
        cell.side = "down" if level >= 0 else "up"
        rows[level if level >= 0 else -1 - level].append(cell)
    return rows


def _sides(row: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    return [cell for cell in row if cell.side == "down"], [cell for cell in row if cell.side == "up"]


def _staircase(rows: list[list[Cell]]) -> float:
    """Each row begins where the one above ends, and on the way up the other way round."""
    x = 0.0
    for row in rows:
        x = _set(_sides(row)[0], x)
    for row in reversed(rows):
        x = _set(_sides(row)[1], x)
    return x


def _indented(rows: list[list[Cell]], width: float) -> float:
    """The way down at the left and the way up at the right, each row a little further in."""
    needed, wished = (max(_needed(*row, step) for row in enumerate(rows)) for step in (INDENT, STEP))
    total = max(needed, min(width, wished))
    room = [
        (total - _width(row) - MIDDLE) / (2 * number)
        for number, row in enumerate(rows)
        if number and all(_sides(row))
    ]
    indent = min([*room, STEP])
    for number, row in enumerate(rows):
        down, up = _sides(row)
        _set(down, indent * number if up else (total - _width(down)) / 2)
        _set(up, total - indent * number - _width(up))
    return total


def _needed(number: int, row: list[Cell], indent: float) -> float:
    """How wide a row is; one that has only one side needs no room for two."""
    width = _width(row)
    return width + MIDDLE + 2 * indent * number if all(_sides(row)) else width


def _width(cells: list[Cell]) -> float:
    return sum(cell.width for cell in cells)


def _set(cells: list[Cell], x: float) -> float:
    for cell in cells:
        cell.x, x = x, x + cell.width
    return x
