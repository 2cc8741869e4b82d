"""Sizes times scale factors, as torch's floating point has them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..problem import SIZE_LIMIT, refusal
from ..size import Size
from ..sorts import Sort, WrongValue

if TYPE_CHECKING:
    from random import Random

# A symbolic size must give torch's result for every size up to this one, with steps of at most this period.
LARGEST_SIZE = 10**6
LARGEST_PERIOD = 256


class Scales(Sort):
    """A number for every spatial axis, or a tuple with one for each, or None."""

    expected = "a number, a tuple of numbers or None"

    def read(self, value: object, rank: int) -> object:
        if isinstance(value, list):
            value = tuple(value)
        for item in value if isinstance(value, tuple) else (value,):
            if (not isinstance(item, (int, float)) and value is not None) or isinstance(item, bool):
                raise WrongValue(self.expected)
        return value

    def schema(self, rank: int) -> dict[str, object]:
        one = {"type": "number"}
        return {"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]}

    def sample(self, random: Random, rank: int) -> object:
        scales = (2, 3, 1, 2.0, 1.5, 0.5, 0.7, 0.1, 1.1, 2.3, 1 / 3, 0.29, 0, -1)
        if random.random() < 0.6:
            return random.choice(scales)
        return tuple(random.choice(scales) for _ in range(random.choice((1, 2, 2, 3))))


def scaled(size: Size, scale: float, argument: str = "scale_factor") -> Size:
    """`floor(size * scale)`, in double precision as torch computes it; 0 where that is no size at all.

    >>> scaled(100, 0.29)
    28
    """
    if isinstance(size, int):
        result = size * scale
        return int(result) if 1 <= result < 2**63 else 0
    if not scale > 0:
        return 0
    ratio, witness = ratio_of(scale)
    if ratio is None:
        raise refusal(
            SIZE_LIMIT,
            f"{argument} {scale} has no exact formula for size {size}",
            note=witness,
            argument=argument,
        )
    return size * ratio[0] // ratio[1]


@cache
def ratio_of(scale: float) -> tuple[tuple[int, int] | None, str]:
    """(p, q) with `floor(size * scale)`, rounded as floats are, equal to `size*p//q`; else why there is none.

    Between multiples of q the exact value is 1/q away from a whole number, far beyond any rounding; at a
    multiple it is whole, and a scale a little below p/q may fall short of it: 100 * 0.29 is 28.999....

    >>> ratio_of(1.5)[0], ratio_of(0.1)[0], ratio_of(0.29)[1]
    ((3, 2), (1, 10), '100 * 0.29 = 28.999999999999996 in floating point, one short of 29')
    """
    if not scale <= LARGEST_SIZE:
        return None, f"it is larger than {LARGEST_SIZE}"
    for q in range(1, LARGEST_PERIOD + 1):
        p = round(scale * q)
        if p and p / q == scale:
            break
    else:
        return None, f"it is no ratio of whole numbers with a divisor of at most {LARGEST_PERIOD}"
    top, bottom = scale.as_integer_ratio()
    if top * q < p * bottom:
        for size in range(q, LARGEST_SIZE + 1, q):
            if int(size * scale) != size // q * p:
                return (
                    None,
                    f"{size} * {scale} = {size * scale} in floating point, one short of {size // q * p}",
                )
    return (p, q), ""
