"""One axis of a layer, as numbers: its positions, and what its windows take. Both drawings of a layer show these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..ledger import Run


class NothingToDraw(Exception):
    """The layer has no windows, does not run, or its sizes are letters."""


class Strip(NamedTuple):
    """One axis, or several that are alike: positions `first` to `last`, and the `taps` of each window.

    The positions 0 to `size` - 1 are the axis's own; with a `spread`, one in so many of them, and all others are
    inserted zeros. `sources` says what the padding beside the axis repeats. `unread` are input positions that nothing
    reads, `runs` how many taps are on each position of a transposed layer's output. `beside` and `counted` are words:
    what stands beside the axis, and what `runs` counts.
    """

    name: str
    size: int
    first: int
    last: int
    windows: tuple[tuple[int, Sequence[int]], ...]
    number: int
    transposed: bool
    sources: dict[int, int]
    unread: tuple[range, ...]
    runs: tuple[Run, ...]
    formula: str
    summary: str
    beside: str = "padding"
    counted: str = "taps"
    is_broken: bool = False
    spread: int = 0

    def name_of(self, position: int) -> str:
        """The index of a position of the axis; nothing for padding and inserted zeros."""
        index, zeros = divmod(position, self.spread or 1)
        return str(index) if 0 <= position < self.size and not zeros else ""

    @property
    def name_columns(self) -> int:
        """How many columns the name of a row takes, with a blank behind it."""
        return max(11, len(f"output {self.windows[-1][0]}" if self.windows else "")) + 1

    def count(self, position: int) -> int:
        """How many taps are on a position of a transposed layer's output."""
        return next((count for positions, count in self.runs if position in positions), 0)


class Columns:
    """Where the positions of a strip stand in `most` columns: all, or the first and last with a gap between."""

    def __init__(self, strip: Strip, most: int) -> None:
        self.first, self.last = strip.first, strip.last
        total, most = strip.last - strip.first + 1, max(most, 5)
        self.is_elided = total > most
        self.head = most // 2 if self.is_elided else total
        self.tail = most - 1 - self.head if self.is_elided else 0

    def positions(self) -> list[int]:
        """The positions that are shown."""
        head = list(range(self.first, self.first + self.head))
        return head + list(range(self.last - self.tail + 1, self.last + 1))

    def has(self, position: int) -> bool:
        """Whether the position is shown."""
        return position < self.first + self.head or position > self.last - self.tail

    def column(self, position: int) -> int:
        """Its column; of a hidden one, the gap's."""
        if position < self.first + self.head:
            return position - self.first
        if position > self.last - self.tail:
            return self.head + position - (self.last - self.tail)
        return self.head


def role_of(strip: Strip, position: int) -> str:
    """What a position is: `pad`, `gap` (a zero put in), `read`, `unread`, or an output that is `made`."""
    if strip.spread and not strip.name_of(position):
        return "gap"
    if not 0 <= position < strip.size:
        is_beyond = strip.is_broken and position >= strip.size - strip.first
        return "unread" if is_beyond else "pad"
    if strip.transposed:
        return "made" if strip.count(position) else "unread"
    return "unread" if any(position in positions for positions in strip.unread) else "read"


def plural(number: int, name: str) -> str:
    """The number with its noun: 1 tap, 2 taps."""
    return f"{number} {name}{'s' * (number != 1)}"
