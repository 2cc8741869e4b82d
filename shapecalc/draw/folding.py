"""Fewer blocks for long networks: repeats shown once, and named groups as one block."""

from __future__ import annotations

from .blocks import RAN, Block


def readable(found: list[Block]) -> list[Block]:
    """The blocks as they are drawn: repeats folded, and named groups as one block where there are too many still."""
    return grouped(folded(found))


def folded(found: list[Block], most: int = 24) -> list[Block]:
    """The blocks with repeats shown once, where there are more than `most`: the last of them, `repeats` times.

    What repeats does the same at the same distance on the same extent; its channels may grow (as in a DenseNet).
    """
    if len(found) <= most:
        return found
    kept: list[int] = []  # numbers of blocks that stay
    turns: dict[int, tuple[int, int]] = {}  # how often, and in which fold
    replaced: dict[int, int] = {}
    position = 0
    numbers: dict[tuple[object, ...], int] = {}
    kinds = [numbers.setdefault(_signature(found, number), number) for number in range(len(found))]
    while position < len(found):
        period, count = _repeat(kinds, position)
        if count < 3 and not (count == 2 and period >= 4 and len(found) > 4 * most):
            kept.append(position)
            position += 1
            continue
        last = position + period * (count - 1)
        for number in range(position, last):
            replaced[number] = last + (number - position) % period
        for number in range(last, last + period):
            kept.append(number)
            turns[number] = (count, last + 1)
        position = last + period
    return _renumbered(found, kept, turns, replaced)


def _signature(found: list[Block], number: int) -> tuple[object, ...]:
    block = found[number]
    distances = tuple(number - source for source in block.sources)
    channels = block.scale[0] if not block.is_join and block.kind != "Cat" else 0
    return (block.kind, block.window, block.after, block.shape[1:], channels, distances, block.state)


def _repeat(kinds: list[int], start: int) -> tuple[int, int]:
    """The period and the number of turns of the repeat that starts there and takes most."""
    best = (1, 1)
    for period in range(1, (len(kinds) - start) // 2 + 1):
        alike, last = 0, len(kinds) - start - period
        while alike < last and kinds[start + alike] == kinds[start + period + alike]:
            alike += 1
        count = alike // period + 1
        if count > 1 and period * count > best[0] * best[1]:
            best = (period, count)
    return best


def _renumbered(
    found: list[Block], kept: list[int], turns: dict[int, tuple[int, int]], replaced: dict[int, int]
) -> list[Block]:
    place = {number: index for index, number in enumerate(kept)}
    result = list[Block]()
    start = 0  # of the fold that the block stands in, its first block
    for index, number in enumerate(kept):
        block = found[number]
        if index and turns.get(number) != turns.get(kept[index - 1]):
            start = index
        sources = [place[source] if source in place else place[replaced[source]] for source in block.sources]
        # what it reads of the turn before its own comes in from the block before the fold
        sources = [source if source < index else start - 1 for source in sources]
        turned = tuple(dict.fromkeys(max(source, 0) for source in sources))
        repeats, fold = turns.get(number, (1, 0))
        result.append(block._replace(sources=turned, repeats=repeats, fold=fold))
    return result


def grouped(found: list[Block], most: int = 48) -> list[Block]:
    """The blocks with those of one name as one, where there are more than `most`: the innermost names first.

    A group of which others read more than its end stays as it is; so does what is wrong.
    """
    depths = sorted({block.path.count(".") for block in found}, reverse=True)
    for depth in depths:
        if len(found) <= most:
            break
        if depth:
            found = _grouped_at(found, depth)
    return found


def _grouped_at(found: list[Block], depth: int) -> list[Block]:
    kept: list[int] = []
    place: dict[int, int] = {}
    made: dict[int, Block] = {}
    start = 0
    while start < len(found):
        stop = start + 1
        name = _name_of(found[start], depth)
        while name and stop < len(found) and _name_of(found[stop], depth) == name:
            stop += 1
        if stop - start > 1 and _is_closed(found, start, stop):
            made[stop - 1] = _group(found, start, stop, name)
            kept.append(stop - 1)
        else:
            kept += range(start, stop)
        start = stop
    place = {number: index for index, number in enumerate(kept)}
    blocks = [made.get(number, found[number]) for number in kept]
    return [block._replace(sources=tuple(place[source] for source in block.sources)) for block in blocks]


def _name_of(block: Block, depth: int) -> str:
    """The first names of its path, where it has more of them."""
    parts = block.path.split(".")
    return ".".join(parts[:depth]) if len(parts) > depth and block.state == RAN and not block.fold else ""


def _is_closed(found: list[Block], start: int, stop: int) -> bool:
    """Whether all that stands behind reads of these blocks the last one only."""
    return all(not start <= source < stop - 1 for block in found[stop:] for source in block.sources)


def _group(found: list[Block], start: int, stop: int, name: str) -> Block:
    members = found[start:stop]
    outside = dict.fromkeys(source for block in members for source in block.sources if source < start)
    kinds = tuple(kind for block in members for kind in block.members or (block.kind,))
    counted = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    title = "\n".join(block.title for block in members)
    return members[-1]._replace(
        path=name,
        kind=", ".join(counted),
        window="",
        after=(),
        sources=tuple(outside),
        title=title,
        members=kinds,
    )
