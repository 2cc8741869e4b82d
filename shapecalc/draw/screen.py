"""A network as lines of text, for a terminal: a bar for each tensor, skips at the left."""

from __future__ import annotations

from ..problem import Problem
from ..show.formula import signed, spelt
from ..show.text import cells, encodes, visible, wrapped
from ..trace import Trace
from .blocks import FAILED, UNREACHED, WRONG, Block, blocks
from .canvas import lanes, scaled
from .folding import readable

#: A bar's signs from few channels to many, and the gutter's: from here, past, to here, along, both, across.
SHADES, ASCII_SHADES = "░▒▓█", ".:*#"
GUTTER, ASCII_GUTTER = "╭│╰─├┼", "+|+-++"
#: The shortest longest bar; with less room the kinds go, and the bars are never shorter.
LEAST_BAR, MOST_BAR = 12, 48


def screen(
    trace: Trace, problems: tuple[Problem, ...] = (), width: int = 80, charset: str = "utf-8"
) -> list[str]:
    """The lines: at each tensor its name, layer, shape, and a bar as long as its sizes and as dark as its channels."""
    found = readable(blocks(trace, problems))
    is_plain = not encodes(SHADES + GUTTER + "×→✗", charset)
    gutters = _gutters(found, ASCII_GUTTER if is_plain else GUTTER)
    names = [_name(block) for block in found]
    kinds = [" ".join(filter(None, (block.kind, block.window))) for block in found]
    sizes = [_size(block, charset, is_plain) for block in found]
    columns = [gutters, names, kinds, sizes]
    room = width - sum(max(map(cells, column)) + 2 for column in columns if any(column))
    if room < LEAST_BAR:
        columns.remove(kinds)
        room += max(map(cells, kinds)) + 2
    bars = _bars(found, max(LEAST_BAR, min(room, MOST_BAR)), ASCII_SHADES if is_plain else SHADES)
    columns = [column for column in (*columns, bars) if any(column)]
    widths = [max(map(cells, column)) for column in columns]
    arrow = "->" if is_plain else "→"
    output = "cannot run" if trace.output is None else spelt(trace.output, charset)
    lines = [f"{visible(trace.arch.name, charset)}  {spelt(trace.input, charset)} {arrow} {output}"]
    for row in zip(*columns):
        padded = [text + " " * (least - cells(text)) for text, least in zip(row, widths)]
        lines.append(visible("  ".join(padded).rstrip(), charset))
    for problem in problems:
        if problem.severity == "error":
            text = f"{problem.code.id} {problem.path or 'output'}: {signed(problem.message, charset)}"
            lines += wrapped(visible(text, charset), width)
    return lines


def _name(block: Block) -> str:
    return block.path + (f" (x{block.repeats})" if block.repeats > 1 else "")


def _size(block: Block, charset: str, is_plain: bool) -> str:
    if block.state == UNREACHED:
        return ""
    if block.state == FAILED:
        return f"{'x' if is_plain else '✗'} {block.note}"
    text = spelt(block.shape, charset)
    return f"{text} {'!' if is_plain else '✗'} {block.note}" if block.state == WRONG else text


def _bars(found: list[Block], longest: int, shades: str) -> list[str]:
    """Centred bars, so that an hourglass looks like one; a vector is one sign long."""
    lengths, _ = scaled([block.scale[1] for block in found if block.scale[1]], 1, longest)
    darkness, _ = scaled([block.scale[0] for block in found], 0, len(shades) - 0.01)
    bars = []
    for block in found:
        length = round(lengths.get(block.scale[1], 1))
        bar = shades[int(darkness[block.scale[0]])] * length
        bars.append("" if block.state in (FAILED, UNREACHED) else " " * ((longest - length) // 2) + bar)
    return bars


def _gutters(found: list[Block], signs: str) -> list[str]:
    """What each skip draws at the left of its rows."""
    skips = [
        (source, number)
        for number, block in enumerate(found)
        for source in block.sources
        if source != number - 1
    ]
    places = lanes([(source + 0.1, number - 0.1) for source, number in skips])
    count = 1 + max(places, default=-1)
    grid = [[" "] * (2 * count) for _ in found]
    begin, past, end, along, both, cross = list(signs)
    for (source, number), lane in zip(skips, places):
        column = 2 * (count - 1 - lane)
        for row in range(source + 1, number):
            grid[row][column] = cross if grid[row][column] == along else past
        for row, corner in ((source, begin), (number, end)):
            for other in range(column + 1, 2 * count):
                grid[row][other] = {" ": along, past: cross}.get(grid[row][other], grid[row][other])
            grid[row][column] = corner if grid[row][column] in (" ", along) else both
    return ["".join(row).rstrip() if count else "" for row in grid]
