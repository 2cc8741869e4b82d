"""The two window formulas: how many windows fit (convolution, pooling), and its transpose.

Sources: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", relationships
6, 13 and 14 with dilation; the shape sections of `torch.nn.Conv2d` and `torch.nn.ConvTranspose2d`.
The text works on integers and on symbolic sizes alike.
"""

from __future__ import annotations

from .size import Size


def window_output(size: Size, kernel_size: int, stride: int, padding: int, dilation: int) -> Size:
    """How many windows fit along an axis; `padding` is on each side.

    >>> window_output(10, kernel_size=3, stride=2, padding=1, dilation=1)
    5
    """
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def transposed_output(
    size: Size, kernel_size: int, stride: int, padding: int, output_padding: int, dilation: int
) -> Size:
    """The size that a transposed convolution returns along an axis.

    >>> transposed_output(5, kernel_size=3, stride=2, padding=1, output_padding=1, dilation=1)
    10
    """
    return (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1


def window_formula(size: Size, kernel_size: int, stride: int, padding: int, dilation: int) -> str:
    """`window_output`, filled in."""
    return f"({size} + 2*{padding} - {dilation}*({kernel_size}-1) - 1)//{stride} + 1"


def transposed_formula(
    size: Size, kernel_size: int, stride: int, padding: int, output_padding: int, dilation: int
) -> str:
    """`transposed_output`, filled in."""
    return f"({size}-1)*{stride} - 2*{padding} + {dilation}*({kernel_size}-1) + {output_padding} + 1"
