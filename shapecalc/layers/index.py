"""Parts of a tensor: `Slice`, `Crop`, `Select`, and one piece of `chunk` and `split`.

Chunk and split run along dim 1, the channels, unless told otherwise (torch's own default is 0, the batch here).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..fields import Index, Integer, Numbers
from ..layer import Layer, Needs, Shape
from ..problem import AXIS, BAD_ARGUMENT, EMPTY_OUTPUT, RESHAPE, SIZE_LIMIT, TOO_SMALL, WRONG_RANK, ShapeError, refusal
from ..size import Size, ceil_div, divides, largest, same, smallest
from ._axes import Dim, axis_at, axis_name
from ._ranks import wrong_rank

if TYPE_CHECKING:
    from random import Random

OptionalIndex = Annotated["int | None", Integer(optional=True)]
SplitSize = Annotated["int | tuple[int, ...]", Numbers()]
CropSize = Annotated["int | tuple[int, ...] | None", Numbers(optional=True, high=6)]


class _Part(Layer, abstract=True):
    """A part along one axis."""

    functional = True

    dim: Dim

    def shape(self, need: Needs, x: Shape) -> Shape:
        axis = axis_at(self.dim, len(x))
        if not x:
            raise refusal(WRONG_RANK, f"{type(self).__name__} takes an input with axes, and this one has none")
        return (*x[:axis], self.part(need, x[axis], axis_name(axis, len(x))), *x[axis + 1 :])

    def part(self, need: Needs, size: Size, name: str) -> Size:
        """How much of the axis called `name` is taken."""
        raise NotImplementedError

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 9) for _ in range(random.randint(0, 3)))),)


class Slice(_Part):
    """`x[:, start:end:step]` along dim, with Python's reading of negative and overlong bounds.

    (https://docs.python.org/3/library/stdtypes.html#common-sequence-operations; torch takes positive steps only)

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
        length = self._bound(self.end, size) - self._bound(self.start, size)
        need(length >= 1, lambda: self._empty(size, name))
        return ceil_div(length, self.step)

    @staticmethod
    def _bound(bound: int | None, size: Size) -> Size:
        """Where a bound falls, counted from the front."""
        if bound is None:
            return size
        return largest(size + bound, 0) if bound < 0 else smallest(bound, size)

    def _empty(self, size: Size, name: str) -> ShapeError:
        start, end = self._bound(self.start, size), self._bound(self.end, size)
        text = f"{self.start}:{'' if self.end is None else self.end}"
        return refusal(
            EMPTY_OUTPUT, f"slice {text} of {name} {size} is empty", f"it goes from {start} to {end}", argument="start"
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axis = axis_at(self.dim, len(out))
        start, end = (self._bound(bound, inputs[0][axis]) for bound in (self.start, self.end))
        divided = f", over {self.step} rounded up" * (self.step > 1)
        return (f"{axis_name(axis, len(out))} {end} - {start}{divided} = {out[axis]}",)

    def expression(self, *inputs: str) -> str:
        bounds = f"{self.start or ''}:{'' if self.end is None else self.end}"
        bounds += f":{self.step}" * (self.step != 1)
        before = [":"] * self.dim if self.dim >= 0 else ["..."]
        return f"{inputs[0]}[{', '.join((*before, bounds, *[':'] * (-self.dim - 1)))}]"


class Chunk(_Part):
    """One piece of `torch.chunk`: the axis in pieces of ceil(size/chunks), the last perhaps smaller.

    There may be fewer pieces than asked for. Along dim 1 unless told otherwise (torch: 0)
    (https://docs.pytorch.org/docs/stable/generated/torch.chunk.html).
    """

    chunks: Dim
    dim: Dim = 1
    index: Dim = 0

    def part(self, need: Needs, size: Size, name: str) -> Size:
        if self.chunks < 1:
            raise refusal(BAD_ARGUMENT, f"chunks {self.chunks} must be at least 1", argument="chunks")
        return _piece(need, self, size, ceil_div(size, self.chunks), name)

    def expression(self, *inputs: str) -> str:
        return f"torch.chunk({inputs[0]}, {self.chunks}, dim={self.dim})[{self.index}]"

    @classmethod
    def sample_fitting(cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]) -> tuple[Shape, ...]:
        if random.random() < 0.6:
            arguments["chunks"] = abs(arguments["chunks"]) or 1
        return inputs


class Split(_Part):
    """One piece of `torch.split`: the axis in pieces of split_size, the last perhaps smaller.

    With a tuple, pieces of those sizes, which must add up. Along dim 1 unless told otherwise (torch: 0)
    (https://docs.pytorch.org/docs/stable/generated/torch.split.html).
    """

    split_size: SplitSize
    dim: Dim = 1
    index: Dim = 0

    def part(self, need: Needs, size: Size, name: str) -> Size:
        if isinstance(self.split_size, tuple):
            return self._section(need, size, name, self.split_size)
        if self.split_size < 1:
            raise refusal(BAD_ARGUMENT, f"split_size {self.split_size} must be at least 1", argument="split_size")
        return _piece(need, self, size, self.split_size, name)

    def _section(self, need: Needs, size: Size, name: str, sections: tuple[int, ...]) -> Size:
        if any(section < 0 for section in sections):
            raise refusal(BAD_ARGUMENT, f"split_size {sections} has a negative size", argument="split_size")
        need(same(size, sum(sections)), lambda: self._misfit(size, name, sections))
        if not -len(sections) <= self.index < len(sections):
            raise _no_piece(self, f"there are {len(sections)} pieces")
        if not sections[self.index]:
            raise refusal(EMPTY_OUTPUT, f"piece {self.index} of {sections} is empty", argument="index")
        return sections[self.index]

    def _misfit(self, size: Size, name: str, sections: tuple[int, ...]) -> ShapeError:
        total = " + ".join(map(str, sections)) or "0"
        note = f"{total} = {sum(sections)}"
        return refusal(RESHAPE, f"split_size {sections} does not add up to {name} {size}", note, argument="split_size")

    def expression(self, *inputs: str) -> str:
        return f"torch.split({inputs[0]}, {self.split_size}, dim={self.dim})[{self.index}]"

    @classmethod
    def sample_fitting(cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]) -> tuple[Shape, ...]:
        split, dim, (x,) = arguments["split_size"], arguments.get("dim", 1), inputs
        if random.random() < 0.6 and -len(x) <= dim < len(x):
            sections = tuple(max(section, 0) for section in split) if isinstance(split, tuple) else abs(split) or 1
            arguments["split_size"] = sections
            if isinstance(sections, tuple):
                x = tuple(sum(sections) or 1 if axis == dim % len(x) else size for axis, size in enumerate(x))
        return (x,)


def _piece(need: Needs, layer: Chunk | Split, size: Size, each: Size, name: str) -> Size:
    """The size of piece `index` where every piece but the last is `each`."""
    index = layer.index
    if index < 0:
        index += _pieces(layer, size, each)  # type: ignore[assignment]
        if isinstance(index, int) and index < 0:
            raise _no_piece(layer, f"{name} {size} makes {index - layer.index} pieces")
        need(index >= 0, lambda: _no_piece(layer, f"{name} {size} makes {index - layer.index} pieces"))
    rest = size - each * index
    need(rest >= 1, lambda: _no_piece(layer, f"{name} {size} is used up by the {index} before it, {each} each"))
    return smallest(each, rest)


def _pieces(layer: Chunk | Split, size: Size, each: Size) -> Size:
    if isinstance(each, int):
        return ceil_div(size, each)
    assert isinstance(layer, Chunk)
    if divides(layer.chunks, size) is True:
        return layer.chunks
    text = f"how many pieces {size} makes has no formula, so index {layer.index} cannot count from the back"
    raise refusal(SIZE_LIMIT, text, argument="index")


def _no_piece(layer: Chunk | Split, why: str) -> ShapeError:
    return refusal(AXIS, f"there is no piece {layer.index}", note=why, argument="index")


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

    def _outside(self, axis: int, x: Shape) -> ShapeError:
        name, size = axis_name(axis, len(x)), x[axis]
        return refusal(AXIS, f"index {self.index} is out of range for {name} {size}", argument="index")

    def expression(self, *inputs: str) -> str:
        return f"{inputs[0]}.select({self.dim}, {self.index})"


class Crop(Layer):
    """The centre of the spatial axes (those after batch and channels): to size, or to those of a second input.

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
            text = f"Crop is given {len(sizes)} sizes, and the input has {len(x) - 2} axes after the channels"
            raise refusal(WRONG_RANK, text, argument="size")
        for axis, (wanted, size) in enumerate(zip(sizes, x[2:])):
            need(wanted >= 1, lambda axis=axis: self._empty(axis, x, sizes))  # type: ignore[misc]
            need(size >= wanted, lambda axis=axis: self._too_large(axis, x, sizes))  # type: ignore[misc]
        return (*x[:2], *sizes)

    def _wanted(self, x: Shape) -> Shape:
        return self.size if isinstance(self.size, tuple) else (self.size or 0,) * (len(x) - 2)

    def _empty(self, axis: int, x: Shape, sizes: Shape) -> ShapeError:
        name = axis_name(axis + 2, len(x))
        return refusal(EMPTY_OUTPUT, f"Crop cannot leave {sizes[axis]} of {name} {x[axis + 2]}", argument="size")

    def _too_large(self, axis: int, x: Shape, sizes: Shape) -> ShapeError:
        name = axis_name(axis + 2, len(x))
        text = f"Crop to {name} {sizes[axis]} needs at least as much, and the input has {x[axis + 2]}"
        return refusal(TOO_SMALL, text, argument="size")

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        axes = enumerate(zip(inputs[0], out))
        return tuple(
            f"{axis_name(axis, len(out))} {size} - {(size - result) // 2} - {(size - result + 1) // 2} = {result}"
            for axis, (size, result) in axes
            if size != result
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
        like = (2, 3, *(random.randint(1, size) if random.random() < 0.8 else random.randint(1, 9) for size in x[2:]))
        return (x, like if random.random() < 0.9 else like[:-1])

    @classmethod
    def sample_fitting(cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]) -> tuple[Shape, ...]:
        if random.random() < 0.8:
            spatial = inputs[0][2:]
            size = random.randint(1, min(map(int, spatial)))
            arguments["size"] = random.choice((size, tuple(random.randint(1, int(axis)) for axis in spatial)))
            arguments.update({"size": None} if len(inputs) > 1 else {})
        return inputs


