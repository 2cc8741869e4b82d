"""Transposed convolutions of 1, 2 and 3 spatial axes, and their Lazy forms."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from ..arguments import Bool, Count, Dilation, InChannels, Kernel, Padding, Stride
from ..layer import KINDS, Layer, Needs, Shape
from ..problem import OUTPUT_PADDING, ShapeError, refusal
from ..reading import Chain, grouped, windowed
from ..saving import FORMATTED_INPUT, Saved
from ..size import Size, product
from ..sorts import Choice
from ..window import Slide, transposed_formula, transposed_output
from ._mirrors import padded
from ._spatial import ChannelMixing

ZerosOnly = Annotated[str, Choice("zeros")]


class _ConvTranspose(ChannelMixing, abstract=True):
    in_channels: InChannels
    out_channels: Count
    kernel_size: Kernel
    stride: Stride = 1
    padding: Padding = 0
    output_padding: Padding = 0
    groups: Count = 1
    bias: Bool = True
    dilation: Dilation = 1
    padding_mode: ZerosOnly = "zeros"

    def validate(self) -> None:
        super().validate()
        for axis, (_, stride, _, output_padding, dilation) in enumerate(self._windows):
            if output_padding >= max(stride, dilation):
                raise refusal(
                    OUTPUT_PADDING,
                    f"output_padding {output_padding} must be smaller than stride {stride} or dilation {dilation}",
                    argument="output_padding",
                    repairs=self._repairs_output_padding(axis, max(stride, dilation) - 1),
                )

    def _repairs_output_padding(self, axis: int, most: int) -> tuple[dict[str, object], ...]:
        """The largest output_padding that the stride allows, or the least stride that allows this one."""
        stride = max(self.per_axis("output_padding")) + 1
        return self.with_axis("output_padding", axis, most), {"stride": stride}

    @cached_property
    def _windows(self) -> tuple[tuple[int, int, int, int, int], ...]:
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        return tuple(zip(*(self.per_axis(name) for name in names)))

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) != self.rank + 2 or x[1] != self.in_channels:
            if self.is_unbatched(x):
                return self.shape(need, (1, *x))[1:]
            self.check_input(need, x)
        out = [x[0], self.out_channels]
        for size, window in zip(x[2:], self._windows):
            returned = transposed_output(size, *window)
            if (runs := returned >= 1) is not True:
                need(runs, lambda axis=len(out) - 2: self._cropped_away(axis, x))  # type: ignore[misc]
            out.append(returned)
        return tuple(out)

    def _cropped_away(self, axis: int, x: Shape) -> ShapeError:
        size, window = x[2 + axis], self._windows[axis]
        formula, returned = transposed_formula(size, *window), transposed_output(size, *window)
        return self.cropped_away(axis, size, window[2], formula, returned)

    @property
    def is_uneven(self) -> bool:
        """Whether inside the border some output positions sum more taps than others.

        Tap t reaches the positions d*t modulo the stride; all residues must be reached equally often
        (Odena et al. 2016, "Deconvolution and checkerboard artifacts", https://distill.pub/2016/deconv-checkerboard).
        """
        for kernel_size, stride, _, _, dilation in self._windows:
            reached = [dilation * tap % stride for tap in range(kernel_size)]
            if len({reached.count(position) for position in range(stride)}) > 1:
                return True
        return False

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """The convolution with the same arguments; an output_padding over the stride is cropped before."""
        names = ("kernel_size", "stride", "padding", "dilation", "groups", "bias")
        conv = KINDS[f"Conv{self.rank}d"]
        back = conv(self.out_channels, self.in_channels, **{name: getattr(self, name) for name in names})
        surplus = [(0, -(spare // stride * stride)) for _, stride, _, spare, _ in self._windows]
        return (*padded(surplus), back)

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Slide, ...]:
        return tuple(
            Slide(size, number, k, s, p, d, transposed=True)
            for number, size, (k, s, p, _, d) in zip(
                inputs[0][-self.rank :], out[-self.rank :], self._windows
            )
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        x, axis = inputs[0], len(out) - self.rank - 1
        channels = grouped(axis, x[axis], out[axis], self.groups)
        return (windowed(x, out, self.slides(out, x), channels),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return FORMATTED_INPUT

    def macs(self, out: Shape, *inputs: Shape) -> Size:
        """Every *input* position is spread over `out_channels/groups` kernels of taps."""
        x = inputs[0]
        per_position = (
            self.in_channels // self.groups * self.out_channels * product(self.per_axis("kernel_size"))
        )
        return per_position * product(x[-self.rank :]) * product(x[: -self.rank - 1])

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return tuple(
            f"{name} {transposed_formula(size, *window)} = {result}"
            for name, size, window, result in zip(
                self.axes, inputs[0][-self.rank :], self._windows, out[-self.rank :]
            )
        )


class ConvTranspose1d(_ConvTranspose):
    """`torch.nn.ConvTranspose1d`: (N, C, L) to (N, out_channels, L').

    L' = (L-1)*stride - 2*padding + dilation*(kernel_size-1) + output_padding + 1
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html, Shape).
    """

    rank = 1


class ConvTranspose2d(_ConvTranspose):
    """`torch.nn.ConvTranspose2d`: (N, C, H, W) to (N, out_channels, H', W').

    Each axis as in `ConvTranspose1d` (Dumoulin & Visin 2016, relationship 14).
    """

    rank = 2


class ConvTranspose3d(_ConvTranspose):
    """`torch.nn.ConvTranspose3d`: (N, C, D, H, W) to (N, out_channels, D', H', W'), as in `ConvTranspose1d`."""

    rank = 3


class LazyConvTranspose1d(ConvTranspose1d, lazy=True):
    """`torch.nn.LazyConvTranspose1d`: a `ConvTranspose1d` that takes `in_channels` from its input."""


class LazyConvTranspose2d(ConvTranspose2d, lazy=True):
    """`torch.nn.LazyConvTranspose2d`: a `ConvTranspose2d` that takes `in_channels` from its input."""


class LazyConvTranspose3d(ConvTranspose3d, lazy=True):
    """`torch.nn.LazyConvTranspose3d`: a `ConvTranspose3d` that takes `in_channels` from its input."""
