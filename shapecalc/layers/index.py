"""Parts of a tensor: `Slice`, `Select`, `Crop`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..arguments import Index
from ..layer import Layer, Needs, Shape
from ..problem import (
    AXIS,
    BAD_ARGUMENT,
    EMPTY_OUTPUT,
    TOO_SMALL,
    WRONG_RANK,
    ShapeError,
    refusal,
)
from ..reading import Chain, Link, Links, kept, windowed
from ..saving import SAME, Saved, viewed
from ..size import Size, ceil_div, largest, smallest
from ..sorts import Integer, Numbers
from ..window import Pick, Slide, unknown
from ._axes import Dim, axis_at, axis_name, many, sized_axis
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random

OptionalIndex = Annotated["int | None", Integer(optional=True)]
CropSize = Annotated["int | tuple[int, ...] | None", Numbers(optional=True, high=6)]


class Along(Layer, abstract=True):
    """A part along one axis, `dim`."""

    functional = True

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.__dict__["dim"], len(x))
        if not x:
            text = f"{type(self).__name__} takes an input with axes, and this one has none"
            raise refusal(WRONG_RANK, text)
        return (*x[:axis], self.part(need, x[axis], sized_axis(axis, x)), *x[axis + 1 :])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        (x,) = inputs
        axis = axis_at(self.__dict__["dim"], len(x))
        first, step = self.first(x[axis])
        links = [kept(place, size) for place, size in enumerate(x)]
        if isinstance(first, int):
            part = Slide(x[axis], out[axis], 1, step, -first, padding_mode="ignored")
            links[axis] = Link(axis, part)
        else:
            links[axis] = Link(axis, unknown(x[axis], out[axis]))
        return ((Links(tuple(links), x, out),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        axis = axis_at(self.__dict__["dim"], len(out))
        step = self.first(inputs[0][axis])[1]
        return viewed(lambda x, strides: (*strides[:axis], strides[axis] * step, *strides[axis + 1 :]))

    def first(self, size: Size) -> tuple[Size, int]:
        """Where the part begins, and how far apart its positions are."""
        raise NotImplementedError

    def part(self, need: Needs, size: Size, name: str) -> Size:
        """How much of the axis is taken; `name` is what it is called, with its size."""
        raise NotImplementedError

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 9) for _ in range(random.randint(0, 3)))),)


class Slice(Along):
    """`x[:, start:end:step]` along dim, with Python's reading of negative and overlong bounds.

    Torch takes positive steps only
    (https://docs.python.org/3/library/stdtypes.html#common-sequence-operations, notes 3 to 5).

    >>> Slice(2, 1, -1).shape(Needs(), (2, 3, 10))
    (2, 3, 8)
    """

    dim: Dim
    start: Index = 0
    end: OptionalIndex = None
    step: Index = 1

    def part(self, need: Needs, size: Size, name: str) -> Size:
        if self.step < 1:
            text = f"step {self.step} must be at least 1"
            raise refusal(BAD_ARGUMENT, text, argument="step", repairs=({"step": -self.step or 1},))
        start, end = self._bounds(size)
        need(end - start >= 1, lambda: self._empty(size, name))
        return ceil_div(end - start, self.step)

    def first(self, size: Size) -> tuple[Size, int]:
        return self._bounds(size)[0], self.step

    def _bounds(self, size: Size) -> tuple[Size, Size]:
        """Both counted from the front, and clipped where a slice that is not empty needs it."""
        start = self.start if self.start >= 0 else largest(size + self.start, 0)
        if self.end is None:
            return start, size
        return start, smallest(self.end, size) if self.end >= 0 else size + self.end

    def _empty(self, size: Size, name: str) -> ShapeError:
        start, end = self._bounds(size)
        text = f"slice {self.start}:{'' if self.end is None else self.end} of {name} is empty"
        return refusal(EMPTY_OUTPUT, text, note=f"it goes from {start} to {end}", argument="start")

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axis = axis_at(self.dim, len(out))
        start, end = self._bounds(inputs[0][axis])
        divided = f", over {self.step} rounded up" * (self.step > 1)
        return (f"{axis_name(axis, len(out))} {end} - {start}{divided} = {out[axis]}",)

    def expression(self, *inputs: str) -> str:
        bounds = f"{self.start or ''}:{'' if self.end is None else self.end}"
        bounds += f":{self.step}" * (self.step != 1)
        before = [":"] * self.dim if self.dim >= 0 else ["..."]
        return f"{inputs[0]}[{', '.join((*before, bounds, *[':'] * (-self.dim - 1)))}]"

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        if random.random() < 0.7:
            arguments["start"] = random.choice((0, 1, -2, -9))
            arguments.update({"step": abs(arguments["step"]) or 1} if "step" in arguments else {})
        return inputs


class Select(Layer):
    """`Tensor.select`: one index of an axis, which is dropped: `x[:, index]` along dim.

    (https://docs.pytorch.org/docs/stable/generated/torch.select.html)
    """

    functional = True

    dim: Dim
    index: Dim

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.dim, len(x))
        if not x:
            raise refusal(WRONG_RANK, "Select takes an input with axes, and this one has none")
        least = self.index + 1 if self.index >= 0 else -self.index
        need(x[axis] >= least, lambda: self._outside(axis, x))
        return x[:axis] + x[axis + 1 :]

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        (x,) = inputs
        axis = axis_at(self.dim, len(x))
        size = x[axis]
        here = Link(None, 1 << self.index % size if isinstance(size, int) else 0)
        before = [kept(place, size) for place, size in enumerate(x[:axis])]
        behind = [kept(place, size) for place, size in enumerate(x[axis + 1 :], axis)]
        return ((Links((*before, here, *behind), x, out),),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        axis = axis_at(self.dim, len(inputs[0]))
        return viewed(lambda x, strides: strides[:axis] + strides[axis + 1 :])

    def _outside(self, axis: int, x: Shape) -> ShapeError:
        text = f"index {self.index} is out of range for {sized_axis(axis, x)}"
        return refusal(AXIS, text, argument="index")

    def expression(self, *inputs: str) -> str:
        return f"{inputs[0]}.select({self.dim}, {self.index})"


class Crop(Layer):
    """The centre of the spatial axes (those after batch and channels), as large as size or a second input.

    Where one more must go than can be shared out, the far side loses it: 5 to 2 drops 1 and 2. It is what
    U-Net does to its skips before it joins them (Ronneberger et al. 2015, figure 1).
    """

    inputs = ("input", "like")
    optional_inputs = 1
    functional = True

    size: CropSize = None

    def shape(self, need: Needs, x: Shape, like: Shape | None = None) -> Shape:
        if len(x) < 3:
            raise wrong_rank(self, x, "3 or more (batch, channels, and what is cropped)")
        if (self.size is None) == (like is None):
            what = "neither `size` nor" if like is None else "both `size` and"
            raise refusal(BAD_ARGUMENT, f"Crop has {what} a second input to take it from", argument="size")
        sizes = self._wanted(x) if like is None else like[2:]
        if len(sizes) != len(x) - 2:
            given, axes = many(len(sizes), "size", "sizes"), many(len(x) - 2, "axis", "axes")
            text = f"Crop is given {given}, and the input has {axes} after the channels"
            raise refusal(WRONG_RANK, text, argument="size")
        for axis, (wanted, size) in enumerate(zip(sizes, x[2:])):
            need(wanted >= 1, lambda axis=axis: self._empty(axis, x, sizes))  # type: ignore[misc]
            need(size >= wanted, lambda axis=axis: self._too_large(axis, x, sizes))  # type: ignore[misc]
        return (*x[:2], *sizes)

    def _wanted(self, x: Shape) -> Shape:
        return self.size if isinstance(self.size, tuple) else (self.size or 0,) * (len(x) - 2)

    def _empty(self, axis: int, x: Shape, sizes: Shape) -> ShapeError:
        text = f"Crop cannot leave {sizes[axis]} of {sized_axis(axis + 2, x)}"
        return refusal(EMPTY_OUTPUT, text, argument="size")

    def _too_large(self, axis: int, x: Shape, sizes: Shape) -> ShapeError:
        name = axis_name(axis + 2, len(x))
        text = f"Crop to {name} {sizes[axis]} needs at least as much, and the input has {x[axis + 2]}"
        return refusal(TOO_SMALL, text, argument="size")

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        windows = list[Slide | Pick]()
        for size, left in zip(inputs[0][2:], out[2:]):
            first = (size - left) // 2
            if isinstance(first, int):
                windows.append(Slide(size, left, 1, 1, -first, padding_mode="ignored"))
            else:
                windows.append(unknown(size, left))
        return windowed(inputs[0], out, windows), *(None,) * (len(inputs) - 1)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return SAME

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        changed = [(axis, *sizes) for axis, sizes in enumerate(zip(inputs[0], out)) if sizes[0] != sizes[1]]
        return tuple(
            f"{axis_name(axis, len(out))} {size}, {(size - result) // 2} off the near side and"
            f" {(size - result + 1) // 2} off the far side = {result}"
            for axis, size, result in changed
        )

    def expression(self, *inputs: str) -> str:
        """`range(n - m + 1)` are the places where the crop fits; it takes the middle one."""
        x = inputs[0]
        sizes = str(self.size) if isinstance(self.size, tuple) else f"({self.size},) * ({x}.dim() - 2)"
        sizes = f"{inputs[1]}.shape[2:]" * (self.size is None) if len(inputs) > 1 else sizes
        pairs = f"zip({x}.shape[2:], {sizes}, strict=True)"
        return f"{x}[(..., *(slice(i, i + m) for n, m in {pairs} for i in [range(n - m + 1)[(n - m) // 2]]))]"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((3, 4, 4, 4, 5))
        x = (2, random.randint(1, 4), *(random.randint(2, 9) for _ in range(axes - 2)))
        if random.random() < 0.5:
            return (x,)
        like = (
            2,
            3,
            *(random.randint(1, size) if random.random() < 0.8 else random.randint(1, 9) for size in x[2:]),
        )
        return (x, like if random.random() < 0.9 else like[:-1])

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        if random.random() < 0.8:
            spatial = inputs[0][2:]
            size = random.randint(1, min(map(int, spatial)))
            arguments["size"] = random.choice((size, tuple(random.randint(1, int(axis)) for axis in spatial)))
            arguments.update({"size": None} if len(inputs) > 1 else {})
        return inputs
