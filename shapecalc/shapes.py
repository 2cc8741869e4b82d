"""Shapes from outside and back: `1x10x474`, `(1, 10, 474)`, `1xHxW`, `Nx1x10x474`.

A shape given from outside is one sample, without the batch; inside, every shape carries the batch first,
the symbol `N` unless the shape spells `N` itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from .problem import BAD_SHAPE, SpecError
from .size import Expr, Size, symbol

Shape = tuple[Size, ...]

#: The batch: how many samples go through at once.
N = symbol("N")

MOST_AXES = 16
MOST_DIGITS = 12


def whole_shape(given: str | int | Sequence[Size]) -> Shape:
    """The shape with its batch; `SpecError` (SHP011) for what is no shape.

    >>> whole_shape("1x10x474")
    (N, 1, 10, 474)
    >>> whole_shape("474xNx80")
    (474, N, 80)
    """
    if isinstance(given, str):
        sizes = tuple(_size_of(part, given) for part in _parts(given))
    elif isinstance(given, int) and not isinstance(given, bool):
        sizes = (_checked(given, given),)
    elif isinstance(given, Sequence):
        sizes = tuple(
            _size_of(part, given) if isinstance(part, str) else _checked(part, given) for part in given
        )
    else:
        raise SpecError(BAD_SHAPE, f"a shape is text like `1x10x474` or a tuple of integers, not {given!r}")
    if not sizes or len(sizes) > MOST_AXES:
        raise SpecError(
            BAD_SHAPE, f"a shape has 1 to {MOST_AXES} axes, and `{_show(given)}` has {len(sizes)}"
        )
    return sizes if N in sizes else (N, *sizes)


def sample(shape: Shape) -> Shape:
    """The shape of one sample: without the batch, where the batch is the first axis and unchanged.

    >>> sample((N, 16, 5, 237))
    (16, 5, 237)
    """
    return shape[1:] if shape and shape[0] == N else shape


def letters(shape: Shape) -> list[Expr]:
    """The sizes that are letters, or made of them; the batch is none.

    >>> letters(whole_shape("3x64x64")), letters(whole_shape("3xHx64"))
    ([], [H])
    """
    return [size for size in shape if not isinstance(size, int) and size != N]


def spell(shape: Shape) -> str:
    """The sample as text.

    >>> spell((N, 16, 5, 237))
    '16x5x237'
    >>> spell((N,))
    'scalar'
    """
    sizes = sample(shape)
    return "x".join(_bracket(size) for size in sizes) if sizes else "scalar"


def _bracket(size: Size) -> str:
    text = str(size)
    return text if isinstance(size, int) or text.isidentifier() else f"({text})"


def _parts(text: str) -> list[str]:
    for separator in "×X,":
        text = text.replace(separator, "x")
    text = text.strip()
    if text[:1] in "([" and text[-1:] in ")]":
        text = text[1:-1]
    return text.split("x")


def _size_of(part: str, given: object) -> Size:
    part = part.strip()
    if part.isascii() and part.isdigit():
        if len(part) > MOST_DIGITS:
            raise SpecError(BAD_SHAPE, f"size {part[:20]} in `{_show(given)}` has over {MOST_DIGITS} digits")
        return _checked(int(part), given)
    if part.isascii() and part.isidentifier():
        return symbol(part)
    missing = "a size is missing" if not part else f"`{part}` is neither a positive integer nor a letter"
    raise SpecError(
        BAD_SHAPE,
        f"{missing} in the shape `{_show(given)}`",
        help="sizes are written like `1x10x474` or `1xHxW`",
    )


def _checked(size: object, given: object) -> Size:
    if isinstance(size, Expr):
        return size
    if not isinstance(size, int) or isinstance(size, bool):
        raise SpecError(BAD_SHAPE, f"size {size!r} in the shape `{_show(given)}` is no integer")
    if not 0 < size < 10**MOST_DIGITS:
        wanted = "at least 1" if size <= 0 else f"under 10^{MOST_DIGITS}"
        raise SpecError(BAD_SHAPE, f"size {size} in the shape `{_show(given)}` must be {wanted}")
    return size


def _show(given: object) -> str:
    text = (
        given
        if isinstance(given, str)
        else "x".join(map(str, given))
        if isinstance(given, Sequence)
        else str(given)
    )
    return text if len(text) <= 60 else text[:57] + "..."
