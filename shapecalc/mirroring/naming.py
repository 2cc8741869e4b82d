"""What a decoder's layers are called: as the encoder's blocks and names, in the other direction.

Names are kept but for words that say a direction: the mirror of `down1` is `up1`. What the encoder does not name,
the decoder counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from ..arch import Arch
from ..registry import KINDS

if TYPE_CHECKING:
    from .decoder import Entry

_PAIRS = (
    ("down", "up"),
    ("downsample", "upsample"),
    ("enc", "dec"),
    ("encode", "decode"),
    ("encoder", "decoder"),
    ("pool", "unpool"),
    ("flatten", "unflatten"),
    ("contract", "expand"),
)
_OPPOSITES = dict(_PAIRS) | {up: down for down, up in _PAIRS}
#: What a name of the decoder would hide, or is no name in a spec.
_TAKEN = frozenset(("x", "input", "N", "_", "repeat", "layers", "encoder", "bottleneck", "decoder"))


def opposite(name: str) -> str:
    """The name with every word that says a direction turned round.

    >>> opposite("down1"), opposite("enc_block2"), opposite("Down"), opposite("stem")
    ('up1', 'dec_block2', 'Up', 'stem')
    """
    return "".join(_turned("".join(letters)) for _, letters in groupby(name, str.isalpha))


def _turned(word: str) -> str:
    other = _OPPOSITES.get(word.lower(), word.lower())
    return other if word.islower() else other.capitalize() if word.istitle() else word


def paths(arch: Arch, entries: Iterable[Entry]) -> list[str]:
    """The path of each entry below `decoder`; those of one named block of the encoder stand in one block.

    A name with a mirror of one layer is that layer's; of several, a block's. An echo bears no name of its own.
    """
    every = list(entries)
    sizes = Counter(entry.home for entry in every if not entry.is_echo)
    tree = _Tree(arch.variables)
    for entry in every:
        blocks, name = _names(arch, entry.home)
        if entry.is_echo:
            name = None
        elif name and sizes[entry.home] > 1:
            blocks, name = [*blocks, name], None
        tree.add(blocks, name)
    return tree.paths


def _names(arch: Arch, home: int) -> tuple[list[str], str | None]:
    """The paths of the named blocks around a node, and its own if that is named."""
    parts = arch.nodes[home - 1].path.split(".") if home else [""]
    named = [
        ".".join(parts[: depth + 1]) for depth, part in enumerate(parts) if part and not part.isdecimal()
    ]
    named = named[1:] if parts[0] in arch.sections else named
    is_named = bool(named) and len(named[-1].split(".")) == len(parts)
    return (named[:-1], named[-1]) if is_named else (named, None)


class _Tree:
    """Paths in the order of the list that they stand in: an item without a name is called by its number."""

    def __init__(self, variables: Iterable[str]) -> None:
        self.paths: list[str] = []
        self._taken = {*_TAKEN, *variables, *KINDS}
        self._open: list[tuple[str, str]] = []  # the encoder's blocks, and the decoder's for them
        self._items: Counter[str] = Counter()
        self._used: set[str] = set()

    def add(self, blocks: list[str], name: str | None) -> None:
        """One more layer, in the mirrors of the encoder's `blocks`, outermost first."""
        same = 0
        while same < min(len(blocks), len(self._open)) and self._open[same][0] == blocks[same]:
            same += 1
        del self._open[same:]
        for block in blocks[same:]:
            self._open.append((block, self._item(opposite(block.rpartition(".")[2]))))
        self.paths.append(self._item(opposite(name.rpartition(".")[2]) if name else None))

    def _item(self, name: str | None) -> str:
        """The path of a new item in the innermost open block."""
        block = self._open[-1][1] + "." if self._open else ""
        number = self._items[block]
        self._items[block] += 1
        if name is None:
            return f"{block}{number}"
        turn, own = 1, name
        while own in self._taken or block + own in self._used:
            turn += 1
            own = f"{name}_{turn}"
        self._used.add(block + own)
        return block + own
