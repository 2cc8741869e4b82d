"""Where a tensor's numbers lie: its strides, as `Tensor.stride()` has them, and whether a reshape is a view.

>>> plain((2, 3, 4)), is_plain((2, 4, 3), (12, 1, 4)), reshaped((2, 4, 3), (12, 1, 4), (2, 12))
((12, 4, 1), False, None)
"""

from __future__ import annotations

from .size import Size, same

Sizes = tuple[Size, ...]


class Undecided(Exception):
    """It depends on what the symbols stand for."""


def plain(shape: Sizes) -> Sizes:
    """The strides of numbers that lie one after another."""
    strides, step = list[Size](), 1
    for size in reversed(shape):
        strides.append(step)
        step = step * size  # type: ignore[assignment]
    return tuple(reversed(strides))


def is_plain(shape: Sizes, strides: Sizes) -> bool | None:
    """Whether the numbers lie one after another; None where that depends on the symbols.

    The stride of an axis of size 1 says nothing.
    """
    if all(size == 1 or has == wanted for size, has, wanted in zip(shape, strides, plain(shape))):
        return True
    certain = any(
        isinstance(size, int) and size != 1 and same(has, wanted) is False
        for size, has, wanted in zip(shape, strides, plain(shape))
    )
    return False if certain else None


def in_a_row(shape: Sizes, strides: Sizes) -> Sizes | None:
    """The strides, if the numbers lie one after another; None where torch makes a copy in which they do.

    Raises `Undecided` where that depends on the symbols.
    """
    plainly = is_plain(shape, strides)
    if plainly is None:
        raise Undecided
    return strides if plainly else None


def as_batch(shape: Sizes, strides: Sizes) -> Sizes | None:
    """The strides of a batch of matrices, whatever axes are in front of these; None where torch makes a copy.

    Raises `Undecided` where that depends on the symbols.
    """
    front: Size = 1
    for size in shape[:-2]:
        front = front * size
    return reshaped(shape, strides, (front, *shape[-2:]))


def has_channels_last(shape: Sizes, strides: Sizes) -> bool | None:
    """Whether torch takes the channels (axis 1) for the innermost axis, and gives its results this order, too.

    As `is_channels_last_strides_2d` in `c10/core/MemoryFormat.h`; None where that depends on the symbols, or where
    kernels differ, as some leave out axes of size 1.

    >>> has_channels_last((2, 4, 3, 5), (60, 1, 20, 4)), has_channels_last((2, 4, 3, 5), (120, 15, 5, 1))
    (True, False)
    """
    if not all(isinstance(number, int) for number in (*shape, *strides)):
        return None
    order = (1, *range(len(shape) - 1, 1, -1), 0)
    least, innermost = 0, int(strides[1])
    for axis in order:
        stride = int(strides[axis])
        if stride < least or innermost == 0 or (axis == 0 and least == innermost):
            break
        least = stride * int(shape[axis])
    else:
        return True
    last = tuple(shape[axis] for axis in reversed(order)), tuple(strides[axis] for axis in reversed(order))
    return None if is_plain(*last) and not is_plain(shape, strides) else False


def dense(shape: Sizes, strides: Sizes) -> Sizes:
    """The strides that an elementwise result has: its axes in the input's order, without gaps.

    Raises `Undecided` where the order cannot be told.

    >>> dense((2, 4, 3), (24, 1, 8))
    (12, 1, 4)
    """
    if is_plain(shape, strides) or all((a >= b) is True for a, b in zip(strides, (*strides[1:], 1))):
        return plain(shape)
    if not all(isinstance(stride, int) and stride > 0 for stride in strides):
        raise Undecided
    order = sorted(range(len(shape)), key=lambda axis: (-int(strides[axis]), axis))
    packed = dict(zip(order, plain(tuple(shape[axis] for axis in order))))
    return tuple(packed[axis] for axis in range(len(shape)))


def reshaped(shape: Sizes, strides: Sizes, wanted: Sizes) -> Sizes | None:
    """The strides of a view with the wanted sizes; None where torch makes a copy (`TensorUtils.cpp: computeStride`).

    Raises `Undecided` where that depends on the symbols.
    """
    if is_plain(shape, strides):
        return plain(wanted)
    if not all(isinstance(size, int) for size in (*shape, *wanted)):
        raise Undecided
    runs = list[tuple[Size, Size]]()  # of axes that lie one after another, with the stride of the last one
    for size, stride in zip(shape, strides):
        if size == 1:
            continue
        if runs and runs[-1][1] == stride * size:
            runs[-1] = (runs[-1][0] * size, stride)
        else:
            runs.append((size, stride))
    found, left = list[Size](), list(wanted)
    for numbers, stride in reversed(runs):
        taken: Size = 1
        while taken != numbers:
            if not left:
                return None
            size = left.pop()
            found.append(stride * taken)
            taken = taken * size
            if int(taken) > int(numbers):
                return None
    found += [1] * len(left)  # what is left are axes of size 1
    return tuple(reversed(found))
