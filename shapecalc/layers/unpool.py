"""Max unpooling: values go back to the places that a max pool took them from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from ..arguments import Kernel, Padding
from ..layer import Needs, Shape
from ..problem import BAD_ARGUMENT, EMPTY_OUTPUT, JOIN, UNPOOL_SIZE, ShapeError, refusal
from ..reading import Chain, windowed
from ..saving import Saved
from ..shapes import spell
from ..size import Size, same
from ..sorts import Ints, Numbers
from ..window import Slide
from ._spatial import Spatial

if TYPE_CHECKING:
    from random import Random


class _OutputSize(Numbers):
    """The size to return: of the spatial axes, or of all axes as `x.size()` has it."""

    def sample(self, random: Random, rank: int) -> object:
        if random.random() < 0.5:
            return None
        near = random.randint(1, 12)
        sizes = [max(0, near + random.choice((0, 0, 0, 0, -1, 1))) for _ in range(rank)]
        before = random.choice(((), (), (2, 3), (3,) if random.random() < 0.3 else ()))
        return (*before, *sizes)


UnpoolStride = Annotated["int | tuple[int, ...] | None", Ints(low=1, high=4, optional=True)]
OutputSize = Annotated["tuple[int, ...] | None", _OutputSize(scalar=False, optional=True)]


class _MaxUnpool(Spatial, abstract=True):
    """What the unpools share. `output_size` is what torch takes as an argument of `forward`."""

    inputs = ("input", "indices")
    integer_inputs = ("indices",)
    forward_fields = ("output_size",)

    kernel_size: Kernel
    stride: UnpoolStride = None
    padding: Padding = 0
    output_size: OutputSize = None

    @cached_property
    def _windows(self) -> tuple[tuple[int, int, int], ...]:
        """(kernel_size, stride, padding) of each axis."""
        stride = self.per_axis("kernel_size" if self.stride is None else "stride")
        return tuple(zip(self.per_axis("kernel_size"), stride, self.per_axis("padding")))

    def validate(self) -> None:
        if self.output_size is not None and len(self.output_size) not in (self.rank, self.rank + 2):
            names = ", ".join(self.axes)
            raise refusal(
                BAD_ARGUMENT,
                f"output_size has {len(self.output_size)} sizes, and takes {self.rank} ({names}) or all",
                argument="output_size",
            )

    def shape(self, need: Needs, x: Shape, indices: Shape) -> Shape:
        self.check_rank(x)
        if x != indices:
            self._check_indices(need, x, indices)
        sizes = x[-self.rank :]
        out: Shape = tuple(_inverse(size, *window) for size, window in zip(sizes, self._windows))
        if self.output_size is not None:
            out = self._chosen(need, x, out)
        for axis, size in enumerate(out):
            need(size >= 1, lambda axis=axis: self._empty(axis, x))  # type: ignore[misc]
        return (*x[: -self.rank], *out)

    def _check_indices(self, need: Needs, x: Shape, indices: Shape) -> None:
        def differ() -> ShapeError:
            text = f"indices have the shape {spell(indices)}, and the input has {spell(x)}"
            return refusal(JOIN, text, note="the pool that made the input gives indices of its shape")

        if len(x) != len(indices):
            raise differ()
        for size, other in zip(x, indices):
            need(same(size, other), differ)

    def _chosen(self, need: Needs, x: Shape, usual: Shape) -> Shape:
        """`output_size`, which may differ from the usual size by less than a stride."""
        chosen = (self.output_size or ())[-self.rank :]
        for axis, (given, size, (_, stride, _)) in enumerate(zip(chosen, usual, self._windows)):
            need(size > given - stride, lambda axis=axis: self._not_near(axis, usual))  # type: ignore[misc]
            need(size < given + stride, lambda axis=axis: self._not_near(axis, usual))  # type: ignore[misc]
        return chosen

    def _not_near(self, axis: int, usual: Shape) -> ShapeError:
        name, size, stride = self.axes[axis], usual[axis], self._windows[axis][1]
        low, high = size - stride + 1, size + stride - 1
        chosen = list(self.output_size or ())[-self.rank :]
        given = chosen[axis]
        mends: tuple[dict[str, object], ...] = ()
        if isinstance(size, int) and isinstance(low, int) and isinstance(high, int):
            chosen[axis] = max(low, 1) if given < size else high
            mends = ({"output_size": tuple(chosen)},)
        return refusal(
            UNPOOL_SIZE,
            f"output_size {given} is too far from {name} {size}",
            note=f"it may be from {low} to {high}, less than stride {stride} away",
            argument="output_size",
            repairs=mends,
        )

    def _empty(self, axis: int, x: Shape) -> ShapeError:
        name, size, window = self.axes[axis], x[axis - self.rank], self._windows[axis]
        if self.output_size is not None:
            return refusal(
                EMPTY_OUTPUT, f"output_size leaves nothing of {name} {size}", argument="output_size"
            )
        return self.cropped_away(axis, size, window[2], _formula(size, *window), _inverse(size, *window))

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """A position may hold what any window over it found there; the indices choose, and have no gradient."""
        windows = [
            Slide(size, number, *window, transposed=True)
            for number, size, window in zip(inputs[0][-self.rank :], out[-self.rank :], self._windows)
        ]
        return windowed(inputs[0], out, windows), None

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The indices, which the pool that they are from keeps."""
        return Saved(graded=(1,))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        sizes, results = inputs[0][-self.rank :], out[-self.rank :]
        if self.output_size is not None:
            return tuple(
                f"{name} {size} to output_size {one}" for name, size, one in zip(self.axes, sizes, results)
            )
        return tuple(
            f"{name} {_formula(size, *window)} = {result}"
            for name, size, window, result in zip(self.axes, sizes, self._windows, results)
        )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = cls.rank + random.choice((0, 1, *(2,) * 18, 3))
        shape = (2, *(random.randint(1, 4) for _ in range(axes - 1)))
        other = (
            tuple(max(1, size + random.choice((0, 0, 1))) for size in shape)
            if random.random() < 0.06
            else shape
        )
        return (shape, other if random.random() < 0.97 else shape[1:])


def _inverse(size: Size, kernel_size: int, stride: int, padding: int) -> Size:
    """The size that a pool without dilation makes `size` windows of, none reaching over it."""
    return (size - 1) * stride - 2 * padding + kernel_size


def _formula(size: Size, kernel_size: int, stride: int, padding: int) -> str:
    return f"({size}-1)*{stride} - 2*{padding} + {kernel_size}"


class MaxUnpool1d(_MaxUnpool):
    """`torch.nn.MaxUnpool1d`: (N, C, L) and indices of that shape to (N, C, L').

    L' = (L-1)*stride - 2*padding + kernel_size, or `output_size` less than a stride away
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html, Shape).
    """

    rank = 1


class MaxUnpool2d(_MaxUnpool):
    """`torch.nn.MaxUnpool2d`: (N, C, H, W) and indices to (N, C, H', W'), each axis as in `MaxUnpool1d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html

    >>> MaxUnpool2d(2, output_size=(11, 10)).shape(Needs(), (2, 8, 5, 5), (2, 8, 5, 5))
    (2, 8, 11, 10)
    """

    rank = 2


class MaxUnpool3d(_MaxUnpool):
    """`torch.nn.MaxUnpool3d`: (N, C, D, H, W) and indices to (N, C, D', H', W'), as in `MaxUnpool1d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html
    """

    rank = 3
