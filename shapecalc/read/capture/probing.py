"""The formula of an operation that no rule describes: it is run at other sizes, and what comes out is fitted.

On tensors without data that costs microseconds. A size that is no sum of the symbols, each so many times, stays the
number that it is at the sizes of this run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
    given = formulas(rec, (args, kwargs))
    return [
        tuple(
            _fitted(rec, given, size, {name: twice[name][row][axis] for name in names}, thrice[row][axis])
            for axis, size in enumerate(sizes)
        )
        for row, sizes in enumerate(base)
    ]


def _fitted(rec: Recorder, given: list[Expr], size: int, twice: Mapping[str, int], thrice: int) -> Size:
    """A size that goes in and comes out again, be it a product or what a floor left; else a sum of symbols."""
    tripled = {name: 3 * rec.hints[name] for name in twice}
    seen = [(rec.hints, size), (tripled, thrice)]
    seen += [({**rec.hints, name: 2 * rec.hints[name]}, other) for name, other in twice.items()]
    for formula in given:
        if all(formula.at(**hints) == found for hints, found in seen):
            return formula
    found: Size = size
    for name, other in twice.items():
        slope, rest = divmod(other - size, rec.hints[name])
        if rest:
            return size
        found = found + slope * (symbol(name) - rec.hints[name])
    expected = found.at(**tripled) if isinstance(found, Expr) else found
    return found if expected == thrice else size


def _symbols(rec: Recorder, tree: Any) -> set[str]:
    return {name for size in formulas(rec, tree) for name in size.symbols}


def formulas(rec: Recorder, tree: Any) -> list[Expr]:
    """The formulas among the sizes of a call, each once."""
    found: dict[Expr, None] = {}
    for leaf in leaves(tree):
        sizes: tuple[Size, ...] = ()
        if isinstance(leaf, torch.Tensor) and (value := rec.value(leaf)):
            sizes = value.shape
        elif type(leaf) is Dim:
            sizes = (leaf.size,)
        found.update((size, None) for size in sizes if isinstance(size, Expr))
    return list(found)


def _sizes(rec: Recorder, func: Any, args: Any, kwargs: Any, times: Mapping[str, int]) -> list[list[int]]:
    """The sizes that come out where some symbols are so many times as large."""
    hints = {name: value * times.get(name, 1) for name, value in rec.hints.items()}
    made = again(rec, func, args, kwargs, lambda size: size.at(**hints))
    return [list(leaf.shape) for leaf in leaves(made) if isinstance(leaf, torch.Tensor)]


def again(rec: Recorder, func: Any, args: Any, kwargs: Any, number: Callable[[Expr], int]) -> Any:
    """What torch returns where the formulas are other numbers."""

    def at(size: Size) -> int:
        return number(size) if isinstance(size, Expr) else size

    def change(leaf: Any) -> Any:
        if isinstance(leaf, torch.Tensor) and (value := rec.value(leaf)):
            return torch.empty([at(size) for size in value.shape], dtype=leaf.dtype, device="meta")
        return at(leaf.size) if type(leaf) is Dim else leaf

    return func(*mapped(args, change), **mapped(kwargs, change))
