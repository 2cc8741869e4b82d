"""Sets of positions along one axis as bit masks, bit `i` for position `i`, and what windows make of them.

Each is done for all positions at once, by shifts and by the binary text of the mask, in time linear in the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .size import Size
from .window import Slide

#: Of a longer axis, positions are not followed one by one.
LONGEST = 100_000_000


def full(size: Size) -> int:
    """All positions of an axis. Raises `ValueError` for more than `LONGEST`."""
    if int(size) > LONGEST:
        raise ValueError(f"{int(size):,} positions are not followed one by one: at most {LONGEST:,} are")
    return (1 << int(size)) - 1


def bits(mask: int) -> Iterator[int]:
    """The positions in a mask, ascending."""
    flags = bin(mask)[:1:-1]
    position = flags.find("1")
    while position >= 0:
        yield position
        position = flags.find("1", position + 1)


def mask_of(positions: Iterable[int], size: int) -> int:
    """The mask of positions on an axis of that size.

    >>> mask_of((0, 2), 4), list(bits(5))
    (5, [0, 2])
    """
    flags = bytearray(b"0") * full(size).bit_length()
    for position in positions:
        flags[-1 - position] = ord("1")
    return int(flags, 2) if flags else 0


def covered(slide: Slide, windows: int) -> int:
    """The positions of the axis under the taps of some windows, tap by tap for all windows at once.

    >>> bin(covered(Slide(10, 5, kernel_size=3, stride=2, before=1), 0b10))
    '0b1110'
    """
    firsts = int(("0" * (slide.stride - 1)).join(bin(windows)[2:]), 2)
    under = 0
    for tap in slide.taps(0):
        under |= _shifted(firsts, tap)
    return under & full(slide.size)


def touching(slide: Slide, positions: int) -> int:
    """The windows with a tap on one of the positions of the axis.

    >>> bin(touching(Slide(10, 5, kernel_size=3, stride=2, before=1), 0b1000))
    '0b110'
    """
    firsts = 0
    for tap in slide.taps(0):
        firsts |= _shifted(positions, -tap)
    every = bin(firsts)[:1:-1][:: slide.stride]
    return int(every[::-1] or "0", 2) & full(slide.number)


def _shifted(mask: int, by: int) -> int:
    return mask << by if by >= 0 else mask >> -by
