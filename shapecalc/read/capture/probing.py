"""The formula of an operation that no rule describes: it is run at other sizes, and what comes out is fitted.

On tensors without data that costs microseconds. A size that is no sum of the symbols, each so many times, stays the
number that it is at the sizes of this run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from ...layer import Shape
from ...size import Expr, Size, symbol
from .dims import Dim
from .value import leaves, mapped

if TYPE_CHECKING:
    from .recorder import Recorder


def is_about_data(error: BaseException) -> bool:
    """Whether torch could not go on without the values of a tensor."""
    text = str(error)
    return isinstance(error, NotImplementedError) or re.search(r"\bmeta\b", text, re.IGNORECASE) is not None


def shapes(rec: Recorder, func: Any, args: Any, kwargs: Any, results: list[torch.Tensor]) -> list[Shape]:
    """The shapes of the results, in formulas where they could be found."""
    base = [list(tensor.shape) for tensor in results]
    names = sorted(_symbols(rec, (args, kwargs)))
    plain: list[Shape] = [tuple(sizes) for sizes in base]
    if not names or rec.real:
        return plain
    try:
        twice = {name: _sizes(rec, func, args, kwargs, {name: 2}) for name in names}
        thrice = _sizes(rec, func, args, kwargs, dict.fromkeys(names, 3))
    except Exception:
        return plain
    if any(list(map(len, found)) != list(map(len, base)) for found in (*twice.values(), thrice)):
        return plain
    return [
        tuple(
            _fitted(rec, size, {name: twice[name][row][axis] for name in names}, thrice[row][axis])
            for axis, size in enumerate(sizes)
        )
        for row, sizes in enumerate(base)
    ]


def _fitted(rec: Recorder, size: int, twice: Mapping[str, int], thrice: int) -> Size:
    found: Size = size
    for name, other in twice.items():
        slope, rest = divmod(other - size, rec.hints[name])
        if rest:
            return size
        found = found + slope * (symbol(name) - rec.hints[name])
    hints = {name: 3 * rec.hints[name] for name in twice}
    expected = found.at(**hints) if isinstance(found, Expr) else found
    return found if expected == thrice else size


def _symbols(rec: Recorder, tree: Any) -> set[str]:
    found: set[str] = set()
    for leaf in leaves(tree):
        sizes: tuple[Size, ...] = ()
        if isinstance(leaf, torch.Tensor) and (value := rec.value(leaf)):
            sizes = value.shape
        elif type(leaf) is Dim:
            sizes = (leaf.size,)
        found.update(name for size in sizes if isinstance(size, Expr) for name in size.symbols)
    return found


def _sizes(rec: Recorder, func: Any, args: Any, kwargs: Any, times: Mapping[str, int]) -> list[list[int]]:
    """The sizes that come out where some symbols are so many times as large."""
    hints = {name: value * times.get(name, 1) for name, value in rec.hints.items()}

    def at(size: Size) -> int:
        return size.at(**hints) if isinstance(size, Expr) else size

    def change(leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor) and (value := rec.value(leaf)):
            return torch.empty([at(size) for size in value.shape], dtype=leaf.dtype, device="meta")
        return at(leaf.size) if type(leaf) is Dim else leaf

    made = func(*mapped(args, change), **mapped(kwargs, change))
    return [list(leaf.shape) for leaf in leaves(made) if isinstance(leaf, torch.Tensor)]
