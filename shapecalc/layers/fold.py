"""Sliding blocks: `Unfold` cuts an image into columns, `Fold` adds columns up to an image."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from ..arguments import Dilation, Kernel, Padding, Stride
from ..layer import AXES, Layer, Needs, Shape
from ..problem import CHANNELS, RESHAPE, ShapeError, refusal
from ..reading import Chain, Links, Regroup, Relation, permuted, windowed
from ..saving import Saved
from ..size import Size, divides, product, same
from ..sorts import Ints
from ..strides import plain
from ..window import Pick, Slide, window_formula, window_output
from ._axes import written_out
from ._mirrors import one
from ._refusals import no_window_fits, wrong_rank

if TYPE_CHECKING:
    from random import Random


ImageSize = Annotated["int | tuple[int, ...]", Ints(low=1, high=6)]


def _tap_of(slide: Slide) -> Callable[[int], tuple[int, ...]]:
    """Where tap `t` of block `b` is on the axis, which is number `t*blocks + b`; nowhere beyond it."""

    def taps(number: int) -> tuple[int, ...]:
        tap, block = divmod(number, int(slide.number))
        position = slide.taps(block)[tap]
        return (position,) if 0 <= position < int(slide.size) else ()

    return taps


def _taps_on(slide: Slide) -> Callable[[int], tuple[int, ...]]:
    """The taps of blocks, numbered as in `_tap_of`, that are on a position."""
    numbers, blocks = dict[int, list[int]](), int(slide.number)
    for block in range(blocks):
        for tap, position in enumerate(slide.taps(block)):
            numbers.setdefault(position, []).append(tap * blocks + block)
    return lambda position: tuple(numbers.get(position, ()))


def _sorted_taps(apart: Shape, slides: tuple[Slide, ...], columns: Shape) -> tuple[Relation, ...]:
    """From (C, taps*blocks, taps*blocks) to columns of (C*taps*taps, blocks*blocks)."""
    before = apart[:-2]
    cut = (*before, *(size for slide in slides for size in (slide.kernel_size, slide.number)))
    first = len(before)
    order = (*range(first), first, first + 2, first + 1, first + 3)
    moved = permuted(cut, order)
    return Regroup(apart, cut), moved, Regroup(moved.made, columns)


def _reversed(relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
    """The way back through relations that only move numbers."""
    back: list[Relation] = []
    for relation in reversed(relations):
        if isinstance(relation, Links):
            places = [link.axis for link in relation.links if link.axis is not None]
            back.append(permuted(relation.made, places))
        else:
            back.append(Regroup(relation.made, relation.taken))
    return tuple(back)


class _Blocks(Layer, abstract=True):
    """What both kinds share: windows on two axes, written as (kernel_size, stride, padding, dilation)."""

    rank = 2

    @cached_property
    def _windows(self) -> tuple[tuple[int, int, int, int], ...]:
        return tuple(zip(*(self.per_axis(name) for name in ("kernel_size", "stride", "padding", "dilation"))))

    @cached_property
    def _taps(self) -> int:
        return int(product(self.per_axis("kernel_size")))

    def _counted(self, need: Needs, sizes: Shape) -> Shape:
        """How many blocks fit along each axis."""
        counts = []
        for axis, (size, window) in enumerate(zip(sizes, self._windows)):
            count = window_output(size, *window)
            need(count >= 1, lambda axis=axis, size=size: self._too_small(axis, size))  # type: ignore[misc]
            counts.append(count)
        return tuple(counts)

    def _slides(self, sizes: Shape, transposed: bool = False) -> tuple[Slide, ...]:
        """The blocks on the two axes of the image."""
        return tuple(
            Slide(size, number, k, s, p, d, transposed)
            for size, number, (k, s, p, d) in zip(sizes, self._counted(Needs(), sizes), self._windows)
        )

    def _too_small(self, axis: int, size: Size) -> ShapeError:
        window = self._windows[axis]
        formula, fitting = window_formula(size, *window), window_output(size, *window)
        return no_window_fits(AXES[2][axis], size, window, formula, fitting)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Nothing; the output lies in memory as large as the input's, where that is the larger one."""
        taken, made = product(inputs[0]), product(out)
        is_larger = taken > made
        if not isinstance(is_larger, bool):
            return None
        return Saved(strides=plain(out), within=taken if is_larger else None)

    def _count_formulas(self, sizes: Shape, counts: Shape) -> tuple[str, ...]:
        return tuple(
            f"{name} {window_formula(size, *window)} = {count} blocks"
            for name, size, window, count in zip(AXES[2], sizes, self._windows, counts)
        )


class Unfold(_Blocks):
    """`torch.nn.Unfold`: (N, C, H, W) to (N, C*kernel_height*kernel_width, L), or the same without the batch.

    L is the number of blocks, on each axis as many as a convolution has outputs
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html, Shape).
    """

    kernel_size: Kernel
    dilation: Dilation = 1
    padding: Padding = 0
    stride: Stride = 1

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (3, 4):
            raise wrong_rank(self, x, "4 (batch, channels, height, width)")
        return (*x[:-3], x[-3] * self._taps, product(self._counted(need, x[-2:])))

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        size = tuple([size for size in taken[-2:] if isinstance(size, int)])
        windows = [one(values) for values in zip(*self._windows)]
        if len(size) != 2 or len(taken) != 4:
            return None
        return (Fold(size, windows[0], windows[3], windows[2], windows[1]),)

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide, ...]:
        return self._slides(inputs[0][-2:])

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """Each tap of each block apart: (C, H, W) to (C, taps*blocks, taps*blocks), whose axes are then sorted."""
        x, slides = inputs[0], self._slides(inputs[0][-2:])
        if not all(isinstance(size, int) for size in x[-2:]):
            return super().reads(out, *inputs)
        picks = [Pick(slide.size, slide.kernel_size * int(slide.number), _tap_of(slide)) for slide in slides]
        (cut,) = windowed(x, (*x[:-2], *(pick.number for pick in picks)), picks) or ()
        return ((cut, *_sorted_taps(cut.made, slides, out)),)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        *_, channels, height, width = inputs[0]
        counts = self._counted(Needs(), (height, width))
        kernel = "*".join(map(str, self.per_axis("kernel_size")))
        return (
            f"channels {channels}*{kernel} = {out[-2]}",
            *self._count_formulas((height, width), counts),
            f"blocks {written_out(counts)}",
        )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((3, 4, 4, 4, 4)) if random.random() < 0.93 else random.choice((2, 5))
        return ((2, random.randint(1, 4), *(random.randint(1, 12) for _ in range(3)))[:axes],)


class Fold(_Blocks):
    """`torch.nn.Fold`: (N, C*kernel_height*kernel_width, L) to (N, C, *output_size), or without the batch.

    L must be the number of blocks that `Unfold` cuts out of output_size
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html, Shape).
    """

    output_size: ImageSize
    kernel_size: Kernel
    dilation: Dilation = 1
    padding: Padding = 0
    stride: Stride = 1

    def shape(self, need: Needs, x: Shape) -> Shape:
        if (len(x) == 2 and not isinstance(x[0], int)) or len(x) not in (2, 3):
            raise wrong_rank(self, x, "3 (batch, channels times kernel, blocks)")
        need(divides(self._taps, x[-2]), lambda: self._indivisible(x))
        counts = self._counted(need, self.per_axis("output_size"))
        need(same(x[-1], product(counts)), lambda: self._wrong_blocks(x, counts))
        return (*x[:-2], x[-2] // self._taps, *self.per_axis("output_size"))

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        return (Unfold(self.kernel_size, self.dilation, self.padding, self.stride),)

    def _indivisible(self, x: Shape) -> ShapeError:
        return refusal(
            CHANNELS,
            f"axis {len(x) - 2} of the input is {x[-2]}, not divisible by the kernel's {self._taps} taps",
            note=f"kernel_size {written_out(self.per_axis('kernel_size'))}",
            argument="kernel_size",
        )

    def _wrong_blocks(self, x: Shape, counts: Shape) -> ShapeError:
        return refusal(
            RESHAPE,
            f"input has {x[-1]} blocks, but output_size {self.output_size} takes {product(counts)}",
            note=", ".join(self._count_formulas(self.per_axis("output_size"), counts)),
            argument="output_size",
        )

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide, ...]:
        return self._slides(self.per_axis("output_size"), transposed=True)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """As `Unfold` has it, the other way round."""
        x, slides = inputs[0], self.slides(out, *inputs)
        apart = (*out[:-2], *(slide.kernel_size * slide.number for slide in slides))
        picks = [Pick(slide.kernel_size * int(slide.number), slide.size, _taps_on(slide)) for slide in slides]
        return ((*_reversed(_sorted_taps(apart, slides, x)), *(windowed(apart, out, picks) or ())),)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        sizes = self.per_axis("output_size")
        kernel = "*".join(map(str, self.per_axis("kernel_size")))
        return (
            f"channels {inputs[0][-2]} // ({kernel}) = {out[-3]}",
            *self._count_formulas(sizes, self._counted(Needs(), sizes)),
        )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        rows = random.choice((4, 6, 12, 24, 36, 7))
        x = (2, rows, random.choice((1, 2, 3, 4, 6, 9)))
        return (x if random.random() < 0.7 else x[1:] if random.random() < 0.8 else (*x, 1),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """Mostly as many rows and columns as these blocks have."""
        layer = cls(**arguments)
        (x,) = inputs
        if random.random() < 0.85:
            x = (*x[:-2], layer._taps * random.randint(1, 3), x[-1])
        if random.random() < 0.85:
            counts = [
                window_output(size, *window)
                for size, window in zip(layer.per_axis("output_size"), layer._windows)
            ]
            x = (*x[:-1], abs(int(product(counts))) or 1)
        return (x,)
