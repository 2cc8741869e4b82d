"""Size sets: exact subsets of the integers >= 1, periodic from some point on."""

from __future__ import annotations

from .boxes import boxes
from .cycle import EMPTY, FULL, ascending, how_many
from .segments import (
    ALL,
    NONE,
    at_or_above,
    at_or_below,
    both,
    contains,
    either,
    equal,
    intervals,
    negated,
    of_intervals,
    stretches,
    union,
)
from .set_text import set_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .condition import Condition
    from .segments import Segments


class SizeSet:
    """A set of sizes, for one symbol.  Immutable; equal sets are equal and have one hash.

    >>> from shapecalc.size import same, symbol
    >>> h = symbol("H")
    >>> works = SizeSet.from_condition(same(h % 4, 1)) & SizeSet.from_condition(h >= 10)
    >>> str(works), works.first(3), works.nearest(474), 10**18 + 1 in works
    ('H ≡ 1 (mod 4), H ≥ 13', [13, 17, 21], 473, True)

    Operations whose result has more than `CAP` intervals raise `SizeLimit`.
    """

    __slots__ = ("_segments", "symbol")
    symbol: str

    def __init__(self, symbol: str, segments: Segments) -> None:
        self.symbol = symbol
        self._segments = segments

    @classmethod
    def all(cls, symbol: str = "H") -> SizeSet:
        """Every size."""
        return cls(symbol, ALL)

    @classmethod
    def none(cls, symbol: str = "H") -> SizeSet:
        """No size."""
        return cls(symbol, NONE)

    @classmethod
    def of(cls, symbol: str, sizes: Iterable[int]) -> SizeSet:
        """These sizes."""
        return cls(symbol, of_intervals([(h, h + 1) for h in set(sizes) if h >= 1]))

    @classmethod
    def between(cls, symbol: str, low: int, high: int) -> SizeSet:
        """low <= size <= high"""
        low = max(low, 1)
        return cls(symbol, of_intervals([(low, high + 1)] if low <= high else []))

    @classmethod
    def from_condition(cls, condition: Condition | bool, symbol: str = "H") -> SizeSet:
        """Exactly where a condition on one symbol holds; for True and False the symbol must be said.

        >>> from shapecalc.size import same, symbol
        >>> str(SizeSet.from_condition(same(symbol("H") // 2 * (symbol("H") // 2) * 64, 64 * 49)))
        'only 14, 15'
        """
        if isinstance(condition, bool):
            return cls(symbol, ALL if condition else NONE)
        names = condition.symbols
        if len(names) != 1:
            raise ValueError(f"{condition} depends on {' and '.join(sorted(names))}, not on one symbol")
        (name,) = names
        return cls(name, union([box[name] for box in boxes(condition)]))

    @property
    def segments(self) -> Segments:
        """The set in the raw (see `segments`)."""
        return self._segments

    def _other(self, other: SizeSet) -> Segments:
        if self.symbol != other.symbol:
            raise ValueError(f"a set of {self.symbol} and one of {other.symbol} do not combine")
        return other._segments

    def __and__(self, other: SizeSet) -> SizeSet:
        return SizeSet(self.symbol, both(self._segments, self._other(other)))

    def __or__(self, other: SizeSet) -> SizeSet:
        return SizeSet(self.symbol, either(self._segments, self._other(other)))

    def __sub__(self, other: SizeSet) -> SizeSet:
        return SizeSet(self.symbol, both(self._segments, negated(self._other(other))))

    def __xor__(self, other: SizeSet) -> SizeSet:
        return (self - other) | (other - self)

    def __invert__(self) -> SizeSet:
        return SizeSet(self.symbol, negated(self._segments))

    def __le__(self, other: SizeSet) -> bool:
        return not self - other

    def __lt__(self, other: SizeSet) -> bool:
        return self <= other and self != other

    def __ge__(self, other: SizeSet) -> bool:
        return other <= self

    def __gt__(self, other: SizeSet) -> bool:
        return other < self

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SizeSet)
            and self.symbol == other.symbol
            and equal(self._segments, other._segments)
        )

    def __hash__(self) -> int:  # the last stretch is determined by the set
        return hash((self.symbol, self._segments[-1], self.minimum))

    def __bool__(self) -> bool:
        return self._segments != NONE

    def __contains__(self, size: object) -> bool:
        return isinstance(size, int) and contains(self._segments, size)

    def __iter__(self) -> Iterator[int]:
        for lo, hi in intervals(self._segments):
            while hi is None or lo < hi:
                yield lo
                lo += 1

    def __len__(self) -> int:
        if not self.finite:
            raise TypeError(f"{self} has no end")
        return sum(how_many(c, start, stop) for start, stop, c in stretches(self._segments) if stop)

    @property
    def finite(self) -> bool:
        """Has it a greatest member, or none?"""
        return self._segments[-1][1] == EMPTY

    def first(self, count: int) -> list[int]:
        """The first members, up to so many."""
        found: list[int] = []
        for h in self if count > 0 else ():
            found.append(h)
            if len(found) == count:
                break
        return found

    def upto(self, last: int) -> list[int]:
        """All members <= last."""
        found: list[int] = []
        for start, stop, c in stretches(self._segments):
            end = last + 1 if stop is None else min(stop, last + 1)
            for lo, hi in ascending(c, start, end):
                found += range(lo, hi)
        return found

    def below(self, size: int, strict: bool = False) -> int | None:
        """The greatest member <= size (< size)."""
        return at_or_below(self._segments, size - strict)

    def above(self, size: int, strict: bool = False) -> int | None:
        """The least member >= size (> size)."""
        return at_or_above(self._segments, size + strict)

    def nearest(self, size: int) -> int | None:
        """The member nearest to the size; of two, the smaller."""
        below, above = self.below(size), self.above(size)
        if below is None or above is None:
            return above if below is None else below
        return below if size - below <= above - size else above

    @property
    def minimum(self) -> int | None:
        """The least member."""
        return self.above(1)

    @property
    def maximum(self) -> int | None:
        """The greatest member, if it is finite."""
        start, _ = self._segments[-1]
        return self.below(start) if self.finite else None

    @property
    def everything(self) -> bool:
        """Is it every size?"""
        return self._segments == ((1, FULL),)

    def __str__(self) -> str:
        return set_text(self._segments, self.symbol)

    def __repr__(self) -> str:
        return f"<{self}>"

    def clause(self) -> str:
        """As a condition among others: 'H = 28, 30' for 'only 28, 30', 'H ≥ 5' for 'all H ≥ 5'."""
        text = str(self)
        for word, instead in (("only ", f"{self.symbol} = "), ("all ", "")):
            if text.startswith(word) and " " in text[len(word) :] + instead:
                return instead + text[len(word) :]
        return text

    def pretty(self) -> str:
        """As `str`.

        >>> print((~SizeSet.between("H", 1, 4)).pretty())
        all H ≥ 5
        """
        return str(self)

    def plain(self) -> str:
        """As Python that says whether H is in the set.

        >>> (SizeSet.of("H", [28, 30]) | ~SizeSet.between("H", 1, 99)).plain()
        'H >= 100 or H in (28, 30)'
        """
        return set_text(self._segments, self.symbol, plain=True)
