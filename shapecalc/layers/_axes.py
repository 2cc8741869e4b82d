"""What several families say of axes: which one a `dim` names, what it is called, and sizes written out."""

from __future__ import annotations

from typing import Annotated

from ..layer import AXES, Shape
from ..problem import AXIS, refusal
from ..size import Size, product
from ..sorts import Integer, Numbers

Dim = Annotated[int, Integer(high=4)]
Dims = Annotated["int | tuple[int, ...]", Numbers(high=4)]
OptionalDims = Annotated["int | tuple[int, ...] | None", Numbers(high=4, optional=True)]


def axis_at(dim: int, rank: int, argument: str = "dim", of: str = "input") -> int:
    """The axis that `dim` names, counted from the front; a negative one counts from the back.

    Torch takes 0 and -1 on a tensor without axes, too.

    >>> axis_at(-1, 4)
    3
    """
    rank = max(rank, 1)
    if -rank <= dim < rank:
        return dim % rank
    raise refusal(
        AXIS,
        f"{argument} {dim} is out of range for an {of} of {many(rank, 'axis', 'axes')}",
        note=f"it may be from {-rank} to {rank - 1}",
        argument=argument,
    )


def axes_at(dims: int | tuple[int, ...], rank: int, argument: str = "dim") -> list[int]:
    """The axes that `dims` names, each once."""
    axes = [axis_at(dim, rank, argument) for dim in (dims if isinstance(dims, tuple) else (dims,))]
    for position, axis in enumerate(axes):
        if axis in axes[:position]:
            raise refusal(AXIS, f"axis {axis} is named twice in {argument} {dims}", argument=argument)
    return axes


def axis_name(axis: int, rank: int) -> str:
    """What a person calls the axis of a tensor of `rank` axes.

    >>> axis_name(2, 4), axis_name(2, 6)
    ('height', 'axis 2')
    """
    return ("batch", "channels", *AXES[rank - 2])[axis] if rank - 2 in AXES else f"axis {axis}"


def sized_axis(axis: int, shape: Shape) -> str:
    """The axis with its size: `height 5`, `axis 1 of size 5`."""
    return with_size(axis_name(axis, len(shape)), shape[axis])


def with_size(name: str, size: Size) -> str:
    """The name of an axis and its size, so that two numbers do not run together."""
    return f"{name} of size {size}" if name[-1].isdigit() else f"{name} {size}"


def many(number: int, one: str, more: str) -> str:
    """
    >>> many(1, "axis", "axes"), many(2, "axis", "axes")
    ('1 axis', '2 axes')
    """
    return f"{number} {one if number == 1 else more}"


def written_out(sizes: Shape) -> str:
    """The product of the sizes with its factors: `32*10*474 = 151680`.

    >>> written_out((32, 10, 474))
    '32*10*474 = 151680'
    """
    if len(sizes) < 2:
        return str(product(sizes))
    return f"{'*'.join(map(_factor, sizes))} = {product(sizes)}"


def shape_text(sizes: tuple[object, ...]) -> str:
    """The sizes as a shape, -1 and `N` among them: `Nx64x-1`."""
    return "x".join(map(_factor, sizes)) or "a single number"


def _factor(size: object) -> str:
    text = str(size)
    return text if isinstance(size, int) or text.isidentifier() else f"({text})"
