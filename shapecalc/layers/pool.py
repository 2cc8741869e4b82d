"""Max and average pools of 1, 2 and 3 spatial axes: a window slides over each axis."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, NamedTuple

from ..arguments import Bool
from ..layer import KINDS, Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, POOL_PADDING, TOO_SMALL, ShapeError, refusal
from ..reading import Chain, windowed
from ..saving import FORMATTED_INPUT, Saved
from ..size import Size, product
from ..sorts import Integer, Ints
from ..window import Slide, pool_formula, pool_output, transposed_output
from ._mirrors import Windowed, one, undone
from ._refusals import no_window_fits
from ._spatial import Spatial

PoolKernel = Annotated["int | tuple[int, ...]", Ints(low=1, single=True)]
PoolStride = Annotated["int | tuple[int, ...] | None", Ints(low=1, high=3, single=True, optional=True)]
PoolPadding = Annotated["int | tuple[int, ...]", Ints(low=0, high=2, single=True)]
PoolDilation = Annotated["int | tuple[int, ...]", Ints(low=1, high=3, single=True)]
Divisor = Annotated["int | None", Integer(optional=True)]


class Window(NamedTuple):
    """How an axis is pooled; the arguments of `pool_output` after the size."""

    kernel_size: int
    stride: int
    padding: int
    dilation: int
    ceil_mode: bool


class Pool(Spatial, abstract=True):
    """What all pools with windows share. The kinds annotate the arguments, in orders that differ."""

    role = "pool"

    @cached_property
    def _windows(self) -> tuple[Window, ...]:
        """The window of each axis; a padding or dilation that the kind does not have counts as 0 or 1."""
        padding = self.per_axis("padding") if "padding" in self.fields else (0,) * self.rank
        dilation = self.per_axis("dilation") if "dilation" in self.fields else (1,) * self.rank
        stride = self.per_axis("kernel_size" if self.__dict__["stride"] is None else "stride")
        windows = zip(self.per_axis("kernel_size"), stride, padding, dilation)
        return tuple(Window(*window, self.__dict__["ceil_mode"]) for window in windows)

    def validate(self) -> None:
        """Padding is at most half the kernel. Dilating it does not allow more."""
        for axis, (kernel_size, _, padding, _, _) in enumerate(self._windows):
            if padding > kernel_size // 2:
                raise refusal(
                    POOL_PADDING,
                    f"padding {padding} is more than half of kernel {kernel_size}",
                    note=f"it may be at most {kernel_size}//2 = {kernel_size // 2}",
                    argument="padding",
                    repairs=(self.with_axis("padding", axis, kernel_size // 2),),
                )

    def shape(self, need: Needs, x: Shape) -> Shape:
        rank = self.rank
        if not 1 <= len(x) - rank <= 2:
            raise self.wrong_rank(x)
        out = [*x[:-rank]]
        for size, window in zip(x[-rank:], self._windows):
            fitting = pool_output(size, *window)
            if (runs := fitting >= 1) is not True:
                axis = len(out) - len(x)
                need(runs, lambda axis=axis: self._too_small(axis, x))  # type: ignore[misc]
            out.append(fitting)
        return tuple(out)

    def _too_small(self, axis: int, x: Shape) -> ShapeError:
        """The refusal of an axis, counted from the back, in which no window fits."""
        size, window = x[axis], self._windows[axis]
        formula, fitting = pool_formula(size, *window), pool_output(size, *window)
        repairs = self._repairs_too_small(axis, size) if isinstance(size, int) else ()
        return no_window_fits(self.axes[axis], size, window, formula, fitting, repairs)

    def _repairs_too_small(self, axis: int, size: int) -> tuple[dict[str, object], ...]:
        """A last window that reaches over the edge, or the largest kernel that fits."""
        _, _, padding, dilation, ceil_mode = self._windows[axis]
        smaller = (size + 2 * padding - 1) // dilation + 1
        over_the_edge: tuple[dict[str, object], ...] = () if ceil_mode else ({"ceil_mode": True},)
        return (*over_the_edge, self.with_axis("kernel_size", axis, max(smaller, 1)))

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """As a convolution of the same windows from every channel to every channel; see `undone`."""
        x, out = self.with_channels(taken), self.with_channels(made)
        if not isinstance(x[1], int):
            return None
        windows = Windowed(x[1], x[1], tuple(window[:4] for window in self._windows), learned=False)
        return self.between_channels(taken, undone(style, windows, x, out))

    def check_unpadded(self, need: Needs, x: Shape) -> None:
        """Torch's 3-d average pool compares the kernel with the input before padding it."""
        for axis, window in zip(range(-self.rank, 0), self._windows):
            if (runs := x[axis] >= window.kernel_size) is not True:
                need(runs, lambda axis=axis: self._over_unpadded(axis, x))  # type: ignore[misc]

    def _over_unpadded(self, axis: int, x: Shape) -> ShapeError:
        name, size, kernel_size = self.axes[axis], x[axis], self._windows[axis].kernel_size
        return refusal(
            TOO_SMALL,
            f"{name} {size} is smaller than kernel {kernel_size}",
            note=f"{type(self).__name__} wants the kernel inside the input before padding it",
            argument="kernel_size",
            repairs=(self.with_axis("kernel_size", axis, size),) if isinstance(size, int) else (),
        )

    def remainders(self, *inputs: Shape) -> tuple[Size, ...]:
        if self._windows[0].ceil_mode:
            return ()
        return tuple(
            (size + 2 * padding - dilation * (kernel_size - 1) - 1) % stride
            for size, (kernel_size, stride, padding, dilation, _) in zip(
                inputs[0][-self.rank :], self._windows
            )
        )

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide, ...]:
        """An average that counts the padding counts zeros; no other pool sees it."""
        mode = "zeros" if self.__dict__.get("count_include_pad") else "ignored"
        return tuple(
            Slide(
                size, number, window.kernel_size, window.stride, window.padding, window.dilation, False, mode
            )
            for size, number, window in zip(inputs[0][-self.rank :], out[-self.rank :], self._windows)
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (windowed(inputs[0], out, self.slides(out, *inputs)),)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return tuple(
            f"{name} {pool_formula(size, *window)} = {result}"
            for name, size, window, result in zip(
                self.axes, inputs[0][-self.rank :], self._windows, out[-self.rank :]
            )
        )


class _MaxPool(Pool, abstract=True):
    kernel_size: PoolKernel
    stride: PoolStride = None
    padding: PoolPadding = 0
    dilation: PoolDilation = 1
    return_indices: Bool = False
    ceil_mode: Bool = False

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """In the style *unpool* with the pool's own indices, where torch allows the size: less than a stride off.

        A dilated window can step over an input shorter than its dilation; torch's index is then outside of it.
        """
        sizes, places = taken[-self.rank :], made[-self.rank :]
        if style != "unpool":
            return super().mirror(taken, made, style)
        usual = [
            transposed_output(number, k, s, p, 0, d) for number, (k, s, p, d, _) in zip(places, self._windows)
        ]
        strides = [window.stride for window in self._windows]
        missing = [a - b for a, b in zip(sizes, usual)]
        if not all(isinstance(d, int) and -s < d < s for d, s in zip(missing, strides)):
            return super().mirror(taken, made, style)
        reached = all(
            w.dilation == 1 or (size >= w.dilation) is True for size, w in zip(sizes, self._windows)
        )
        if not reached or (any(missing) and not all(isinstance(size, int) for size in sizes)):
            return super().mirror(taken, made, style)
        reaches = [window.dilation * (window.kernel_size - 1) + 1 for window in self._windows]
        unpool, paddings = KINDS[f"MaxUnpool{self.rank}d"], [window.padding for window in self._windows]
        size = sizes if any(missing) else None
        stride = None if strides == reaches else one(strides)
        return (unpool(one(reaches), stride=stride, padding=one(paddings), output_size=size),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), indices=product(out), formatted=True)


class MaxPool1d(_MaxPool):
    """`torch.nn.MaxPool1d`: (N, C, L) to (N, C, L'), stride = kernel_size where it is None.

    L' = (L + 2*padding - dilation*(kernel_size-1) - 1)//stride + 1, and with `ceil_mode` as `pool_output` has
    it (https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html, Shape).
    """

    rank = 1


class MaxPool2d(_MaxPool):
    """`torch.nn.MaxPool2d`: (N, C, H, W) to (N, C, H', W'), each axis as in `MaxPool1d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html

    >>> MaxPool2d(3, 2).shape(Needs(), (2, 8, 10, 474))
    (2, 8, 4, 236)
    >>> MaxPool2d(3, 2, ceil_mode=True).shape(Needs(), (2, 8, 10, 474))
    (2, 8, 5, 237)
    """

    rank = 2


class MaxPool3d(_MaxPool):
    """`torch.nn.MaxPool3d`: (N, C, D, H, W) to (N, C, D', H', W'), each axis as in `MaxPool1d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html
    """

    rank = 3


class _AvgPool(Pool, abstract=True):
    kernel_size: PoolKernel
    stride: PoolStride = None
    padding: PoolPadding = 0
    ceil_mode: Bool = False
    count_include_pad: Bool = True

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return FORMATTED_INPUT


class AvgPool1d(_AvgPool):
    """`torch.nn.AvgPool1d`: (N, C, L) to (N, C, L'), as `MaxPool1d` without dilation.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
    """

    rank = 1


class _AvgPoolWithDivisor(_AvgPool, abstract=True):
    divisor_override: Divisor = None

    def validate(self) -> None:
        super().validate()
        if self.divisor_override == 0:
            raise refusal(
                BAD_ARGUMENT,
                "divisor_override must not be 0",
                argument="divisor_override",
                repairs=({"divisor_override": None},),
            )


class AvgPool2d(_AvgPoolWithDivisor):
    """`torch.nn.AvgPool2d`: (N, C, H, W) to (N, C, H', W'), each axis as in `AvgPool1d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """

    rank = 2


class AvgPool3d(_AvgPoolWithDivisor):
    """`torch.nn.AvgPool3d`: (N, C, D, H, W) to (N, C, D', H', W'), each axis as in `AvgPool1d`.

    Unlike the others it wants each kernel inside the input before padding
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html; seen in torch 2.13).
    """

    rank = 3

    def shape(self, need: Needs, x: Shape) -> Shape:
        out = super().shape(need, x)
        self.check_unpadded(need, x)
        return out
