"""The one rule of all pads, that of `torch.nn.functional.pad`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..layer import KINDS, Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, EMPTY_OUTPUT, PAD_TOO_LARGE, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, windowed
from ..saving import INPUT, NOTHING, Saved
from ..shapes import MOST_AXES
from ..size import Size
from ..sorts import Numbers
from ..window import Pick, Repeat, Slide
from ._axes import axis_name

if TYPE_CHECKING:
    from random import Random


class PairsOfSides(Numbers):
    """Two numbers for each axis, the last axis first: (left, right, top, bottom, ...); or one for all."""

    def sample(self, random: Random, rank: int) -> object:
        pairs = rank or random.choice((0, 1, 1, 2, 2, 3))
        pairs = random.choice((1, 2, 3)) if random.random() < 0.1 else pairs
        highest = random.choice((1, 2, 4, 8))
        if self.scalar and random.random() < 0.4:
            return random.randint(-2, highest)
        lowest = random.choice((0, 0, -1, -4))
        odd = random.random() < 0.04
        return tuple(random.randint(lowest, highest) for _ in range(2 * pairs + odd))


Sides = Annotated["int | tuple[int, ...]", PairsOfSides(most=32)]
SidesOnly = Annotated["tuple[int, ...]", PairsOfSides(most=32, scalar=False)]


class PaddingRule(Layer, abstract=True):
    """Adds to axes, and crops them where a side is negative; the argument `sides_argument` has the sides."""

    mode: ClassVar[str] = "constant"
    sides_argument: ClassVar[str] = "padding"

    @cached_property
    def _pairs(self) -> tuple[tuple[int, int], ...]:
        """(before, after) of each padded axis, the last axis first."""
        sides = self.__dict__[self.sides_argument]
        sides = sides if isinstance(sides, tuple) else (sides,) * (2 * self.rank)
        if len(sides) % 2:
            raise refusal(
                BAD_ARGUMENT,
                f"{self.sides_argument} has {len(sides)} numbers, and takes two for each axis",
                argument=self.sides_argument,
            )
        return tuple(zip(sides[::2], sides[1::2]))

    @cached_property
    def _ranks(self) -> range:
        """How many axes an input may have: constants pad any, other modes 1, 2 or 3 behind the channels."""
        pairs = len(self._pairs)
        if self.mode == "constant":
            return range(pairs, MOST_AXES + 1)
        return range(pairs + 1, pairs + 3) if 1 <= pairs <= 3 else range(0)

    @cached_property
    def _growths(self) -> tuple[tuple[int, int], ...]:
        """(what is added, least size that allows it) for each padded axis, the last axis first."""
        sums = [before + after for before, after in self._pairs]
        return tuple((s, max(1, 1 - s, self._widest_needs(*pair))) for s, pair in zip(sums, self._pairs))

    def _widest_needs(self, before: int, after: int) -> int:
        """The least size for the wider side; that something is left of the axis is another matter."""
        widest, crop = max(before, after), max(-before, 0) + max(-after, 0)
        if widest <= 0:
            return 1
        # Torch compares circular padding with the uncropped size, and copies from memory not yet written.
        return {"constant": crop, "replicate": 1, "reflect": widest + 1, "circular": widest + crop}[self.mode]

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in self._ranks:
            raise self._wrong_rank(x)
        out = [*x]
        for axis, (growth, least) in enumerate(self._growths, 1):
            size = x[-axis]
            if (runs := size >= least) is not True:
                need(runs, lambda axis=axis: self._too_small(x, axis))  # type: ignore[misc]
            out[-axis] = size + growth
        return tuple(out)

    def slides_of(self, x: Shape) -> tuple[Slide | Pick, ...]:
        """Each padded axis, in order, as windows of one tap."""
        axes = [(x[-axis], *sides) for axis, sides in enumerate(self._pairs, 1)]
        return tuple(_padded(*axis, self.mode) for axis in reversed(axes))

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (windowed(inputs[0], out, self.slides_of(inputs[0])),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return INPUT if self.mode in ("reflect", "replicate") else NOTHING

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """Each side the other way round: what was padded is cropped, what was cropped is padded with zeros."""
        if taken == made and not any(map(any, self._pairs)):
            return ()
        sides = tuple(-side for pair in self._pairs for side in pair)
        pairs = len(self._pairs)
        if pairs in (1, 2, 3):
            return (KINDS[f"ZeroPad{pairs}d"](sides),)
        return (KINDS["Pad"](sides),)

    def _wrong_rank(self, x: Shape) -> ShapeError:
        numbers, takes = 2 * len(self._pairs), " or ".join(map(str, reversed(self._ranks)))
        if self.mode == "constant":
            takes = f"at least {len(self._pairs)}"
        text = f"input has {len(x)} axes, and {self.mode} padding by {numbers} numbers takes {takes}"
        if not takes:
            text = f"{type(self).__name__} takes no {self.mode} padding by {numbers} numbers"
        return refusal(WRONG_RANK, text, argument=self.sides_argument)

    def _too_small(self, x: Shape, axis: int) -> ShapeError:
        """The refusal of an axis, counted from the back, that is smaller than its padding takes."""
        least, pair = self._growths[axis - 1][1], self._pairs[axis - 1]
        if self.mode in ("reflect", "circular") and least == self._widest_needs(*pair) and max(pair) > 0:
            most = x[-axis] - 1 if self.mode == "reflect" else x[-axis] + min(*pair, 0)
            return self._too_large(x, axis, most)
        return self._cropped_away(x, axis)

    def _too_large(self, x: Shape, axis: int, most: Size) -> ShapeError:
        name, size, (before, after) = axis_name(len(x) - axis, len(x)), x[-axis], self._pairs[axis - 1]
        crop = f" cropped to {most}" if self.mode == "circular" and min(before, after) < 0 else ""
        return refusal(
            PAD_TOO_LARGE,
            f"{self.mode} padding {max(before, after)} is too large for {name} {size}{crop}",
            note=f"it may be at most {most}"
            + (f", one less than the {name}" if self.mode == "reflect" else ""),
            argument=self.sides_argument,
            repairs=self._with_pair(axis, min(before, most), min(after, most))
            if isinstance(most, int)
            else (),
        )

    def _cropped_away(self, x: Shape, axis: int) -> ShapeError:
        name, size, (before, after) = axis_name(len(x) - axis, len(x)), x[-axis], self._pairs[axis - 1]
        value = f" = {size + before + after}" if isinstance(size, int) else ""
        note = f"{name} {_formula(size, before, after)}{value}, and must be at least 1"
        if max(before, after) > 0:
            note = f"a side may be cropped by at most {size}, and something must be left"
        return refusal(
            EMPTY_OUTPUT,
            f"{self.sides_argument} ({before}, {after}) crops all of {name} {size} away",
            note=note,
            argument=self.sides_argument,
            repairs=self._with_pair(axis, max(before, 0), max(after, 0)),
        )

    def _with_pair(self, axis: int, before: int, after: int) -> tuple[dict[str, object], ...]:
        """A repair: the sides with one pair changed."""
        pairs = [*self._pairs]
        pairs[axis - 1] = (before, after)
        return ({self.sides_argument: tuple(side for pair in pairs for side in pair)},)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = (cls.rank or 2) + random.choice((-1, 0, 1, 1, 1, *(2,) * 9, 3))
        return (((2, 3, *(random.randint(1, 10) for _ in range(axes - 2)))[: max(axes, 1)]),)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        x = inputs[0]
        changed = [axis for axis, pair in enumerate(self._pairs, 1) if pair != (0, 0)]
        return tuple(
            f"{axis_name(len(x) - axis, len(x))} {_formula(x[-axis], *self._pairs[axis - 1])} = {out[-axis]}"
            for axis in reversed(changed)
        )


def _padded(size: Size, before: int, after: int, mode: str) -> Slide | Pick:
    """One axis; circular padding repeats what is left after cropping."""
    if mode == "circular" and min(before, after) < 0:
        crop, left = max(-before, 0), size + min(before, 0) + min(after, 0)

        def taps(position: int) -> tuple[int, ...]:
            return (crop + (position - max(before, 0)) % int(left),)

        def inside(position: int) -> range:
            return range(position - before, position - before + 1)

        return Pick(size, size + before + after, taps, repeat=Repeat(1, 1, inside))
    outside = "ignored" if mode == "constant" else mode
    return Slide(size, size + before + after, 1, 1, before, padding_mode=outside)


def _formula(size: Size, before: int, after: int) -> str:
    """The sum of size and sides: `474 + 1 - 2`."""
    return f"{size} {_signed(before)} {_signed(after)}"


def _signed(number: int) -> str:
    return f"- {-number}" if number < 0 else f"+ {number}"
