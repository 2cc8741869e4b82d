"""Multiply-accumulates of calls that no kind stands for: of the products of matrices that torch makes of them.

They are those of `torch.utils.flop_counter`, which counts the same operators. On tensors without data a call is run
again with other sizes, and the formula is fitted: each formula among the sizes stands for itself, to a power.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ...layer import Shape
from ...size import Size, product, smallest

_aten = torch.ops.aten
#: Operators that multiply matrices, and where these stand among their arguments.
_MULTIPLY = {_aten.mm: 0, _aten.bmm: 0, _aten.addmm: 1, _aten.baddbmm: 1}
#: The highest power of a size.
DEGREE = 4


class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the multiply-accumulates of what runs in it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        place = _MULTIPLY.get(func.overloadpacket)
        if place is not None:
            a, b = args[place : place + 2]
            self.macs += a.numel() * int(b.shape[-1])
        return func(*args, **(kwargs or {}))


def fitted(
    counted: int, sizes: Sequence[Size], hints: Sequence[int], count: Callable[[list[int]], int]
) -> Size:
    """The formula of a count, which is `counted` at the hints of the sizes, and `count` of others.

    >>> from ...size import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> fitted(10 * 400 * 7, [H, W], [20, 7], lambda sizes: 10 * sizes[0] ** 2 * sizes[1])
    10*H*H*W
    """
    found = Fraction(counted)
    formula: Size = 1
    for place, (size, hint) in enumerate(zip(sizes, hints)):
        twice, thrice = (
            count([other * (times if at == place else 1) for at, other in enumerate(hints)])
            for times in (2, 3)
        )
        powers = [n for n in range(DEGREE) if (twice, thrice) == (counted * 2**n, counted * 3**n)]
        if not powers:
            return counted
        found /= hint ** powers[0]
        formula = formula * product([size] * powers[0])
    return formula * int(found) if found.denominator == 1 else counted


def of_chain(shapes: Sequence[Shape]) -> Size:
    """A product of several matrices in the best order, which torch looks for; a vector first or last is a matrix.

    >>> of_chain([(10, 100), (100, 5), (5, 50)])
    7500
    """
    shapes = list(shapes)
    if len(shapes[0]) == 1:
        shapes[0] = (1, *shapes[0])
    sizes = [shape[0] for shape in shapes] + [shapes[-1][-1] if len(shapes[-1]) > 1 else 1]
    count = len(shapes)
    best: dict[tuple[int, int], Size] = {(start, start): 0 for start in range(count)}
    for length in range(1, count):
        for start in range(count - length):
            end = start + length
            best[start, end] = smallest(
                *(
                    best[start, cut] + best[cut + 1, end] + sizes[start] * sizes[cut + 1] * sizes[end + 1]
                    for cut in range(start, end)
                )
            )
    return best[0, count - 1]


def of_attention(query: Shape, key: Shape, value: Shape) -> Size:
    """Queries with keys, and weights with values.

    >>> of_attention((2, 4, 17, 6), (2, 4, 17, 6), (2, 4, 17, 6))
    27744
    """
    return product(query[:-1]) * key[-2] * (query[-1] + value[-1])


def of_weight(name: str, x: Shape, weight: Shape, out: Shape) -> Size:
    """Of a convolution or a linear map with a weight that a row makes; 0 of anything else.

    >>> of_weight("conv2d", (2, 4, 8, 8), (6, 4, 3, 3), (2, 6, 6, 6)), of_weight("linear", (2, 4), (6, 4), (2, 6))
    (15552, 48)
    """
    if name.startswith("conv_transpose"):
        return product(x) * product(weight[1:])
    if name.startswith("conv") or (name == "linear" and len(weight) == 2):
        return product(out) * product(weight[1:])
    return 0
