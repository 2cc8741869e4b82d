"""One piece of `chunk` and `split`.

Both run along dim 1, the channels, unless told otherwise: dim 0, torch's own default, is the batch here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..layer import Needs, Shape
from ..problem import AXIS, BAD_ARGUMENT, EMPTY_OUTPUT, RESHAPE, SIZE_LIMIT, ShapeError, refusal
from ..size import Size, ceil_div, divides, same, smallest
from ..sorts import Numbers
from ._axes import Dim
from .index import Along

if TYPE_CHECKING:
    from random import Random

SplitSize = Annotated["int | tuple[int, ...]", Numbers()]


class Chunk(Along):
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

    def first(self, size: Size) -> tuple[Size, int]:
        return _first(self, size, ceil_div(size, self.chunks)), 1

    def expression(self, *inputs: str) -> str:
        return f"torch.chunk({inputs[0]}, {self.chunks}, dim={self.dim})[{self.index}]"

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        if random.random() < 0.6:
            arguments["chunks"] = abs(arguments["chunks"]) or 1
            arguments["index"] = random.choice((0, -1, 1))
        return inputs


class Split(Along):
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
            raise refusal(
                BAD_ARGUMENT, f"split_size {self.split_size} must be at least 1", argument="split_size"
            )
        return _piece(need, self, size, self.split_size, name)

    def first(self, size: Size) -> tuple[Size, int]:
        if isinstance(self.split_size, tuple):
            return sum(self.split_size[: self.index % len(self.split_size)]), 1
        return _first(self, size, self.split_size), 1

    def _section(self, need: Needs, size: Size, name: str, sections: tuple[int, ...]) -> Size:
        if any(section < 0 for section in sections):
            raise refusal(BAD_ARGUMENT, f"split_size {sections} has a negative size", argument="split_size")
        need(same(size, sum(sections)), lambda: self._misfit(name, sections))
        if not -len(sections) <= self.index < len(sections):
            raise _no_piece(self, f"there are {len(sections)} pieces")
        if not sections[self.index]:
            raise refusal(EMPTY_OUTPUT, f"piece {self.index} of {sections} is empty", argument="index")
        return sections[self.index]

    def _misfit(self, name: str, sections: tuple[int, ...]) -> ShapeError:
        total = " + ".join(map(str, sections)) or "0"
        note = f"{total} = {sum(sections)}"
        return refusal(
            RESHAPE, f"split_size {sections} does not add up to {name}", note, argument="split_size"
        )

    def expression(self, *inputs: str) -> str:
        return f"torch.split({inputs[0]}, {self.split_size}, dim={self.dim})[{self.index}]"

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        split, dim, (x,) = arguments["split_size"], random.randrange(len(inputs[0])), inputs
        if random.random() < 0.7:
            if isinstance(split, tuple):
                split = tuple(max(section, 0) for section in split)
                x = (*x[:dim], sum(split) or 1, *x[dim + 1 :])
            arguments.update(split_size=split or 1, dim=dim, index=random.choice((0, 0, -1, 1)))
        return (x,)


def _piece(need: Needs, layer: Chunk | Split, size: Size, each: Size, name: str) -> Size:
    """The size of piece `index` where every piece but the last is `each`."""
    before: Size = layer.index
    if layer.index < 0:
        pieces = _pieces(layer, size, each)
        before = pieces + layer.index
        need(before >= 0, lambda: _no_piece(layer, f"{name} makes {pieces} pieces"))
    rest = size - each * before
    need(rest >= 1, lambda: _no_piece(layer, f"{name} is used up by the {before} before it, {each} each"))
    return smallest(each, rest)


def _first(layer: Chunk | Split, size: Size, each: Size) -> Size:
    """Where piece `index` begins."""
    return each * (layer.index if layer.index >= 0 else _pieces(layer, size, each) + layer.index)


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
