"""The lines between blocks: straight to the next one, round the end of a row, and skips over the top.

Lines run where no text is: above the blocks of a row, between two rows, at the border of two cells, or in the
margin at the right.
"""

from __future__ import annotations

from typing import NamedTuple

from .canvas import LINE, Canvas, Line, Point, lanes
from .layout import PAD, Cell, Layout

#: The distance between two lanes, the room between two rows, and between a block and its labels.
LANE = 9.0
CHANNEL = 20.0
UNDER = 4.0
#: Room below the labels for the bracket of a repeat.
BRACKET = 22.0


class Edge(NamedTuple):
    """A tensor's way from one cell to another; `is_skip` goes over the top."""

    source: Cell
    target: Cell
    is_skip: bool

    @property
    def in_one_row(self) -> bool:
        return self.source.row == self.target.row

    @property
    def goes_round(self) -> bool:
        """Whether it needs the margin: a skip to another row, or a step over a row."""
        rows = abs(self.source.row - self.target.row)
        return rows > 1 or (self.is_skip and rows > 0)


class Band(NamedTuple):
    """Where a row stands: its lanes begin at `top`, its blocks' middle is `axis`, its labels end at `bottom`."""

    top: float
    axis: float
    bottom: float
    tallest: float

    def lane(self, number: int) -> float:
        """The height of a lane, the lowest just above the blocks."""
        return self.axis - self.tallest / 2 - LANE * (number + 1)

    def channel(self, is_above: bool) -> float:
        """The height of the channel above or below the row."""
        return (self.top - CHANNEL if is_above else self.bottom) + CHANNEL / 2


class Routes(NamedTuple):
    """The edges, the bundle that each runs in, the lanes of bundles in rows and in the margin, and the rows' bands."""

    edges: list[Edge]
    bundles: list[int]
    row_lanes: dict[tuple[int, int], int]
    margin_lanes: dict[int, int]
    bands: list[Band]

    @property
    def margin(self) -> float:
        return LANE * (1 + max(self.margin_lanes.values(), default=-1)) + (4 if self.margin_lanes else 0)


def edges_of(layout: Layout) -> list[Edge]:
    """Every source of every cell, once."""
    cells = {cell.number: cell for row in layout.rows for cell in row}
    return [
        Edge(cells[source], cell, source != number - 1)
        for number, cell in sorted(cells.items())
        for source in dict.fromkeys(cell.block.sources)
    ]


def _bundled(edges: list[Edge]) -> list[int]:
    """A number for each edge; skips into one block, and else those out of one block, run together and share it."""
    skips = [edge for edge in edges if edge.is_skip]
    arriving = [edge.target.number for edge in skips]
    numbers: dict[tuple[str, int], int] = {}
    found = []
    for number, edge in enumerate(edges):
        key = ("alone", number)
        if edge.is_skip:
            joins = arriving.count(edge.target.number) > 1
            key = ("into", edge.target.number) if joins else ("out of", edge.source.number)
        found.append(numbers.setdefault(key, len(numbers)))
    return found


def routed(layout: Layout, top: float) -> Routes:
    """Lanes for the edges, and from them the height of each row, the first of which begins at `top`."""
    edges = edges_of(layout)
    bundles = _bundled(edges)
    members: dict[int, list[Edge]] = {}
    for bundle, edge in zip(bundles, edges):
        members.setdefault(bundle, []).append(edge)
    row_lanes: dict[tuple[int, int], int] = {}
    bands: list[Band] = []
    for number, row in enumerate(layout.rows):
        over = [bundle for bundle in members if any(_runs_over(edge, number) for edge in members[bundle])]
        found = lanes([_span(members[bundle], number, layout.width) for bundle in over], 3)
        row_lanes |= {(bundle, number): lane for bundle, lane in zip(over, found)}
        count = 1 + max(found, default=-1)
        tallest = max(cell.height for cell in row)
        axis = top + LANE * count + (3 if count else 0) + tallest / 2
        under = max(cell.height / 2 + UNDER + LINE * len(cell.texts) for cell in row)
        bottom = axis + under + BRACKET * any(cell.block.fold for cell in row)
        bands.append(Band(top, axis, bottom, tallest))
        top = bottom + CHANNEL
    round_ones = [bundle for bundle in members if any(edge.goes_round for edge in members[bundle])]
    routes = Routes(edges, bundles, row_lanes, {}, bands)
    heights = [_heights(bundle, members[bundle], routes) for bundle in round_ones]
    return routes._replace(margin_lanes=dict(zip(round_ones, lanes(heights, 1))))


def _heights(bundle: int, edges: list[Edge], routes: Routes) -> tuple[float, float]:
    """What of the margin edges take that run together."""
    heights = [y for edge in edges if edge.goes_round for y in _turns(bundle, edge, routes)]
    return min(heights), max(heights)


def _turns(bundle: int, edge: Edge, routes: Routes) -> tuple[float, float]:
    """The heights at which an edge goes from its source's row to the margin, and from there to its target's."""
    start, end = routes.bands[edge.source.row], routes.bands[edge.target.row]
    if edge.is_skip:
        above, over = (routes.row_lanes[bundle, cell.row] for cell in (edge.source, edge.target))
        return start.lane(above), end.lane(over)
    down = edge.target.row > edge.source.row
    return start.channel(not down), end.channel(down)


def _runs_over(edge: Edge, row: int) -> bool:
    return edge.is_skip and row in (edge.source.row, edge.target.row)


def _span(edges: list[Edge], row: int, width: float) -> tuple[float, float]:
    """What of a row's lane edges that run together take: from block to block, or to the margin."""
    here = [edge for edge in edges if _runs_over(edge, row)]
    ends = [cell.middle for edge in here for cell in (edge.source, edge.target) if cell.row == row]
    ends += [] if all(edge.in_one_row for edge in here) else [width + LANE]
    return min(ends), max(ends)


def draw(canvas: Canvas, layout: Layout, routes: Routes, left: float) -> None:
    """Every edge, `left` pixels from the left border of the picture."""
    for index, edge in enumerate(routes.edges):
        points = _points(index, edge, layout, routes)
        role = "skip" if edge.is_skip else "flow"
        if edge.target.block.state == "failed":
            role = "broken"
        moved = tuple((x + left, y) for x, y in points)
        canvas.lines.append(Line(moved, role, arrow=True))


def _points(index: int, edge: Edge, layout: Layout, routes: Routes) -> list[Point]:
    source, target = edge.source, edge.target
    start, end = routes.bands[source.row], routes.bands[target.row]
    bundle = routes.bundles[index]
    margin = layout.width + LANE * (1 + routes.margin_lanes.get(bundle, 0))
    if edge.is_skip:
        out, into = source.middle + _aside(source), target.middle - _aside(target)
        above, over = _turns(bundle, edge, routes)
        first = [(out, start.axis - source.height / 2), (out, above)]
        last = [(into, over), (into, end.axis - target.height / 2)]
        between = [] if edge.in_one_row else [(margin, above), (margin, over)]
        return [*first, *between, *last]
    leaving = (source.middle + source.thickness / 2, start.axis)
    arriving = (target.middle - target.thickness / 2, end.axis)
    if edge.in_one_row:
        return [leaving, arriving]
    channel, beyond = _turns(bundle, edge, routes)
    beside, before = source.right, target.x
    if abs(beside - before) < PAD and not edge.goes_round:  # one stroke, without a kink
        beside = before = (beside + before) / 2
    points = [leaving, (beside, start.axis), (beside, channel)]
    if edge.goes_round:
        points += [(margin, channel), (margin, beyond)]
        channel = beyond
    return [*points, (before, channel), (before, end.axis), arriving]


def _aside(cell: Cell) -> float:
    """Skips leave a block a little to the right of its middle, and arrive a little to the left."""
    return min(3.0, cell.thickness / 4)
