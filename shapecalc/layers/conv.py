"""Convolutions of 1, 2 and 3 spatial axes, and their Lazy forms."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from ..arguments import Bool, Count, Dilation, InChannels, Kernel, Stride
from ..layer import Layer, Needs, Shape
from ..problem import PAD_TOO_LARGE, SAME_STRIDE, ShapeError, refusal
from ..reading import Chain, grouped, windowed
from ..saving import FORMATTED_INPUT, Saved
from ..size import Size, product
from ..sorts import Choice, Ints
from ..window import Slide, window_formula, window_output
from ._mirrors import Windowed, one, undone
from ._refusals import no_window_fits
from ._spatial import ChannelMixing

ConvPadding = Annotated["int | tuple[int, ...] | str", Ints(low=0, high=3, words=("same", "valid"))]
PaddingMode = Annotated[str, Choice("zeros", "reflect", "replicate", "circular")]


class _Conv(ChannelMixing, abstract=True):
    in_channels: InChannels
    out_channels: Count
    kernel_size: Kernel
    stride: Stride = 1
    padding: ConvPadding = 0
    dilation: Dilation = 1
    groups: Count = 1
    bias: Bool = True
    padding_mode: PaddingMode = "zeros"

    def validate(self) -> None:
        super().validate()
        if self.padding == "same" and any(stride != 1 for stride in self.per_axis("stride")):
            raise refusal(
                SAME_STRIDE,
                f"padding='same' needs stride 1, and stride is {self.stride}",
                argument="padding",
                repairs=({"padding": tuple(d * (k - 1) // 2 for k, _, _, d in self._windows)}, {"stride": 1}),
            )

    @cached_property
    def _windows(self) -> tuple[tuple[int, int, int, int], ...]:
        """(kernel_size, stride, padding, dilation) of each axis; a padding in words counts as 0."""
        padding = (0,) * self.rank if isinstance(self.padding, str) else self.per_axis("padding")
        return tuple(
            zip(self.per_axis("kernel_size"), self.per_axis("stride"), padding, self.per_axis("dilation"))
        )

    @cached_property
    def _is_special(self) -> bool:
        return self.padding == "same" or self.padding_mode != "zeros"

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) != self.rank + 2 or x[1] != self.in_channels:
            if self.is_unbatched(x):
                return self.shape(need, (1, *x))[1:]
            self.check_input(need, x)
        if self._is_special:
            if self.padding_mode != "zeros":
                self._check_padding_mode(need, x)
            if self.padding == "same":
                return (x[0], self.out_channels, *x[2:])
        out = [x[0], self.out_channels]
        for size, window in zip(x[2:], self._windows):
            fitting = window_output(size, *window)
            if (runs := fitting >= 1) is not True:
                need(runs, lambda axis=len(out) - 2: self._too_small(axis, x))  # type: ignore[misc]
            out.append(fitting)
        return tuple(out)

    def _check_padding_mode(self, need: Needs, x: Shape) -> None:
        """Reflection must be smaller than the input, circular padding at most as large (`torch.nn.functional.pad`)."""
        for axis, (size, (kernel_size, _, padding, dilation)) in enumerate(zip(x[2:], self._windows)):
            widest = padding if self.padding != "same" else (dilation * (kernel_size - 1) + 1) // 2
            least = {"reflect": widest + 1, "circular": widest, "replicate": 1}[self.padding_mode]
            need(size >= least, lambda axis=axis, widest=widest: self._pad_too_large(axis, widest, x))  # type: ignore[misc]

    def _pad_too_large(self, axis: int, widest: int, x: Shape) -> ShapeError:
        name, size = self.axes[axis], x[2 + axis]
        at_most = f"{size} - 1" if self.padding_mode == "reflect" else f"{size}"
        return refusal(
            PAD_TOO_LARGE,
            f"padding {widest} is too large for {name} {size} with padding_mode='{self.padding_mode}'",
            note=f"it may be at most {at_most}",
            argument="padding",
            repairs=({"padding_mode": "replicate"}, {"padding_mode": "zeros"}),
        )

    def _too_small(self, axis: int, x: Shape) -> ShapeError:
        size, window = x[2 + axis], self._windows[axis]
        formula, fitting = window_formula(size, *window), window_output(size, *window)
        repairs = self._repairs_too_small(axis, size) if isinstance(size, int) else ()
        return no_window_fits(self.axes[axis], size, window, formula, fitting, repairs)

    def _repairs_too_small(self, axis: int, size: int) -> tuple[dict[str, object], ...]:
        """The smallest padding under which the kernel fits, and the largest kernel that fits.

        Before both, where some is padded, and less than the dilated kernel reaches: as much as keeps the size.
        """
        kernel_size, _, padding, dilation = self._windows[axis]
        reaches = [d * (k - 1) // 2 for k, _, _, d in self._windows]
        wider = -((size - dilation * (kernel_size - 1) - 1) // 2)
        smaller = (size + 2 * padding - 1) // dilation + 1
        paddings = [window[2] for window in self._windows]  # of a word it counts as 0
        paddings[axis] = wider
        repairs: tuple[dict[str, object], ...]
        repairs = {"padding": one(paddings)}, self.with_axis("kernel_size", axis, smaller)
        return ({"padding": one(reaches)}, *repairs) if 0 < padding < reaches[axis] else repairs

    @property
    def transposed_kind(self) -> str | None:
        if isinstance(self.padding, str) or self.padding_mode != "zeros":
            return None
        return type(self).__name__.replace("Conv", "ConvTranspose")

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """With padding='same' the near side has `reach//2`; every padding_mode is undone as zeros are."""
        windows = self._windows
        if self.padding == "same":
            windows = tuple((k, s, d * (k - 1) // 2, d) for k, s, _, d in windows)
        channels = self.out_channels, self.in_channels
        return undone(style, Windowed(*channels, windows, self.groups, self.bias), taken, made)

    def remainders(self, *inputs: Shape) -> tuple[Size, ...]:
        if self.padding == "same" or all(stride == 1 for _, stride, _, _ in self._windows):
            return ()
        return tuple(
            (size + 2 * padding - dilation * (kernel_size - 1) - 1) % stride
            for size, (kernel_size, stride, padding, dilation) in zip(inputs[0][-self.rank :], self._windows)
        )

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide, ...]:
        """With padding='same' an odd sum has its smaller half in front."""
        same = self.padding == "same"
        return tuple(
            Slide(size, number, k, s, d * (k - 1) // 2 if same else p, d, padding_mode=self.padding_mode)
            for size, number, (k, s, p, d) in zip(inputs[0][-self.rank :], out[-self.rank :], self._windows)
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        x, axis = inputs[0], len(out) - self.rank - 1
        channels = grouped(axis, x[axis], out[axis], self.groups)
        return (windowed(x, out, self.slides(out, x), channels),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input; where torch pads it first, the padded one, too, which a padding of zeros needs no input for."""
        x, sizes = inputs[0], list[Size]()
        for size, (kernel_size, _, padding, dilation) in zip(x[-self.rank :], self._windows):
            both = dilation * (kernel_size - 1) if self.padding == "same" else 2 * padding
            uneven = both % 2
            sizes.append(size + (uneven if self.padding_mode == "zeros" else both))
        padded = product((*x[: -self.rank], *sizes))
        if self.padding_mode == "zeros":
            return (
                FORMATTED_INPUT if tuple(sizes) == x[-self.rank :] else Saved(numbers=padded, formatted=True)
            )
        read: tuple[int, ...] = () if self.padding_mode == "circular" else (0,)
        return Saved(read, numbers=padded, when=((0,),) * len(read), formatted=True)

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Every output position takes `in_channels/groups` kernels of taps."""
        per_position = (
            self.in_channels // self.groups * self.out_channels * product(self.per_axis("kernel_size"))
        )
        return per_position * product(out[-self.rank :]) * product(out[: -self.rank - 1])

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        sizes = inputs[0][-self.rank :]
        if self.padding == "same":
            return tuple(f"{name} {size}, kept by padding='same'" for name, size in zip(self.axes, sizes))
        return tuple(
            f"{name} {window_formula(size, *window)} = {result}"
            for name, size, window, result in zip(self.axes, sizes, self._windows, out[-self.rank :])
        )


class Conv1d(_Conv):
    """`torch.nn.Conv1d`: (N, C, L) to (N, out_channels, L').

    L' = (L + 2*padding - dilation*(kernel_size-1) - 1)//stride + 1
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html, Shape).
    """

    rank = 1


class Conv2d(_Conv):
    """`torch.nn.Conv2d`: (N, C, H, W) to (N, out_channels, H', W').

    Each axis as in `Conv1d` (https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html, Shape;
    Dumoulin & Visin 2016, relationship 6).
    """

    rank = 2


class Conv3d(_Conv):
    """`torch.nn.Conv3d`: (N, C, D, H, W) to (N, out_channels, D', H', W'), each axis as in `Conv1d`."""

    rank = 3


class LazyConv1d(Conv1d, lazy=True):
    """`torch.nn.LazyConv1d`: a `Conv1d` that takes `in_channels` from its input."""


class LazyConv2d(Conv2d, lazy=True):
    """`torch.nn.LazyConv2d`: a `Conv2d` that takes `in_channels` from its input."""


class LazyConv3d(Conv3d, lazy=True):
    """`torch.nn.LazyConv3d`: a `Conv3d` that takes `in_channels` from its input."""
