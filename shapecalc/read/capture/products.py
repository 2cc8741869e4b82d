"""Multiply-accumulates of calls that no kind stands for: products of matrices under other names.

They are those of `torch.utils.flop_counter`, which counts the products that torch makes of such a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...layer import Shape
from ...size import Size, product


def macs(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], shapes: Sequence[Shape]) -> Size:
    """Of a call by its name, its arguments, and the shapes of the tensors among them; 0 of any other call.

    >>> macs("scaled_dot_product_attention", (), {}, [(2, 4, 17, 6)] * 3), macs("exp", (), {}, [(2, 3)])
    (27744, 0)
    """
    if name == "scaled_dot_product_attention" and len(shapes) >= 3:
        query, key, value = shapes[:3]
        return product(query[:-1]) * key[-2] * (query[-1] + value[-1])
    if name in ("addmm", "baddbmm", "addbmm") and len(shapes) == 3:
        return product(shapes[1]) * shapes[2][-1]
    if name == "inner" and len(shapes) == 2:
        return product(shapes[0]) * product(shapes[1][:-1])
    if name == "tensordot" and len(shapes) == 2:
        summed = kwargs.get("dims", args[2] if len(args) > 2 else 2)
        return product(shapes[0]) * product(shapes[1][summed:]) if isinstance(summed, int) else 0
    if name == "einsum" and args and isinstance(args[0], str):
        return _einsum(args[0], shapes)
    return 0


def _einsum(equation: str, shapes: Sequence[Shape]) -> Size:
    """Operand by operand from the left, each a product of matrices: every letter once; without one to sum over, none.

    A letter that only one of two operands has, and nothing behind them, is summed away before.

    >>> _einsum("oc,nchw->nohw", [(4, 6), (2, 6, 10, 11)]), _einsum("i,j->ij", [(3,), (4,)])
    (5280, 0)
    >>> _einsum("ab,bc,cd->ad", [(2, 3), (3, 4), (4, 5)])
    64
    """
    given, _, result = equation.replace(" ", "").partition("->")
    words = given.split(",")
    if len(words) != len(shapes):
        return 0
    if "->" not in equation:
        result = "".join(letter for letter in {*given} - {",", "."} if given.count(letter) == 1)
    sizes: dict[str, Size] = {}
    axes = list[set[str]]()
    for word, shape in zip(words, shapes):
        before, dots, behind = word.partition("...")
        ahead = len(shape) - len(before) - len(behind) if dots else 0
        letters = [*before, *(f"...{number}" for number in range(-ahead, 0)), *behind]
        if len(letters) != len(shape):
            return 0
        axes.append(set(letters))
        for letter, size in zip(letters, shape):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    kept = {*result, *(letter for letter in sizes if letter[0] == ".")}
    counted: Size = 0
    left = axes[0]
    for place, right in enumerate(axes[1:], 1):
        wanted = kept.union(*axes[place + 1 :])
        multiplied = {letter for letter in left | right if letter in wanted or letter in left & right}
        if not left & right <= wanted:
            counted = counted + product([sizes[letter] for letter in sorted(multiplied)])
        left = multiplied & wanted
    return counted
