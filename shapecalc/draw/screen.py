"""A network as lines of text, for a terminal: a bar for each tensor, skips at the left."""

from __future__ import annotations

from ..problem import Problem
from ..show.formula import signed, spelt
from ..show.text import cells, encodes, visible, wrapped
from ..trace import Trace
from .blocks import FAILED, UNREACHED, WRONG, Block, blocks
from .canvas import COLUMN, fitted, lanes, scaled
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
    signs = ASCII_GUTTER if is_plain else GUTTER
    gutters, hidden = _gutters(found, signs, max(width // 10, 2))
    gutter = max(map(cells, gutters)) + 2 if any(gutters) else 0
    columns = [
        [visible(_name(block), charset) for block in found],
        [" ".join(filter(None, (block.kind, block.window))) for block in found],
        [_size(block, charset, is_plain) for block in found],
    ]
    widths = _widths(columns, width - gutter - LEAST_BAR)
    columns = [column for column, least in zip(columns, widths) if least]
    widths = [*filter(None, widths)]
    room = width - gutter - sum(least + 2 for least in widths)
    bars = _bars(found, max(LEAST_BAR, min(room, MOST_BAR)), ASCII_SHADES if is_plain else SHADES)
    arrow = "->" if is_plain else "→"
    output = "cannot run" if trace.output is None else spelt(trace.output, charset)
    title = f"{visible(trace.arch.name, charset)}  {spelt(trace.input, charset)} {arrow} {output}"
    first, *rest = wrapped(title, width - 2)
    lines = [first, *(f"  {line}" for line in rest)]
    for before, below, bar, *texts in zip(gutters, [*gutters[1:], ""], bars, *columns):
        folded = [_fitted(text, least) for text, least in zip(texts, widths)]
        for number in range(max(map(len, folded))):
            row = before if not number else _carried(before, below, signs)
            cut = [part[number] if number < len(part) else "" for part in folded]
            padded = [text + " " * (least - cells(text)) for text, least in zip(cut, widths)]
            line = row + " " * (gutter - cells(row)) + "  ".join([*padded, bar if not number else ""])
            lines.append(visible(line.rstrip(), charset))
    if hidden:
        lines.append(f"{hidden} skip{'s' * (hidden > 1)} not shown: no room")
    for problem in problems:
        if problem.severity == "error":
            text = f"{problem.code.id} {problem.path or 'output'}: {signed(problem.message, charset)}"
            lines += wrapped(visible(text, charset), width)
    return lines


def _widths(columns: list[list[str]], width: int) -> list[int]:
    """How wide names, kinds and sizes are, two blanks behind each: what is too much goes without kinds, then folds."""
    names, kinds, sizes = (max(map(cells, column)) for column in columns)
    if names + kinds + sizes + 2 * (2 + bool(kinds)) <= width:
        return [names, kinds, sizes]
    room = max(width - 4, 2)
    names = min(names, max(room // 2, room - sizes))
    return [names, 0, min(sizes, room - names)]


def _fitted(text: str, columns: int) -> list[str]:
    return fitted(text, (columns + 0.5) * COLUMN, 1) or [""]


def _carried(gutter: str, below: str, signs: str) -> str:
    """The gutter of a line that goes on with a row: what runs on to the row below."""
    past, none = signs[1], (" ", signs[3])
    runs = (one not in none and other not in none for one, other in zip(gutter, below))
    return "".join(past if runs_on else " " for runs_on in runs).rstrip()


def _name(block: Block) -> str:
    return block.path + (f" (x{block.repeats})" if block.repeats > 1 else "")


def _size(block: Block, charset: str, is_plain: bool) -> str:
    if block.state == UNREACHED:
        return ""
    if block.state == FAILED:
        return f"{'x' if is_plain else '✗'} {block.note(charset)}"
    text = spelt(block.shape, charset)
    return f"{text} {'!' if is_plain else '✗'} {block.note(charset)}" if block.state == WRONG else text


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


def _gutters(found: list[Block], signs: str, most: int) -> tuple[list[str], int]:
    """What skips draw at the left of their rows, in at most `most` lanes, and how many had no room."""
    bundles = [sorted(rows) for rows in _bundles(found)]
    places = lanes([(rows[0] + 0.1, rows[-1] - 0.1) for rows in bundles])
    count = min(most, 1 + max(places, default=-1))
    grid = [[" "] * (2 * count) for _ in found]
    begin, past, end, along, both, cross = list(signs)
    for rows, lane in zip(bundles, places):
        if lane >= most:
            continue
        column = 2 * (count - 1 - lane)
        for row in range(rows[0] + 1, rows[-1]):
            grid[row][column] = cross if grid[row][column] == along else past
        for row in rows:
            corner = begin if row == rows[0] else end if row == rows[-1] else both
            for other in range(column + 1, 2 * count):
                grid[row][other] = {" ": along, past: cross}.get(grid[row][other], grid[row][other])
            grid[row][column] = corner if grid[row][column] in (" ", along, past, cross) else both
    return ["".join(row).rstrip() for row in grid], sum(lane >= most for lane in places)


def _bundles(found: list[Block]) -> list[set[int]]:
    """The rows of skips that run together: those into one block, and else those out of one."""
    into = {
        number: [source for source in dict.fromkeys(block.sources) if source != number - 1]
        for number, block in enumerate(found)
    }
    bundles = [{number, *sources} for number, sources in into.items() if len(sources) > 1]
    alone: dict[int, set[int]] = {}
    for number, sources in into.items():
        if len(sources) == 1:
            alone.setdefault(sources[0], {sources[0]}).add(number)
    return [*bundles, *alone.values()]
