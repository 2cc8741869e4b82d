"""Fractional max pools: windows at random places, as many as are asked for or as a share of the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool, Kernel
from ..layer import Needs, Shape
from ..problem import BAD_ARGUMENT, EMPTY_OUTPUT, TOO_SMALL, ShapeError, refusal
from ..reading import Chain, Link, Links, kept
from ..saving import Saved
from ..size import Size, product
from ..sorts import Ints, Sort, WrongValue
from ._scale import scaled
from .adaptive import ToldSize

if TYPE_CHECKING:
    from random import Random


class Ratios(Sort):
    """A number for every spatial axis, or a tuple with one for each, or None."""

    def describe(self, rank: int) -> str:
        return f"a number between 0 and 1 or a tuple of {rank} or None"

    def read(self, value: object, rank: int) -> object:
        value = tuple(value) if isinstance(value, list) else value
        items = value if isinstance(value, tuple) else (value,) * rank
        if value is not None and not (
            len(items) == rank and all(type(item) in (int, float) for item in items)
        ):
            raise WrongValue(self.describe(rank))
        return value

    def schema(self, rank: int) -> dict[str, object]:
        one = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
        array = {"type": "array", "items": one, "minItems": rank, "maxItems": rank}
        return {"anyOf": [one, array, {"type": "null"}]}

    def sample(self, random: Random, rank: int) -> object:
        ratios = (0.5, 0.3, 0.75, 1 / 3, 0.29, 0.1, 0.62, random.choice((1, 0.05, 0.999)))
        if random.random() < 0.5:
            return None
        one_for_all = random.random() < 0.6
        return random.choice(ratios) if one_for_all else tuple(random.choice(ratios) for _ in range(rank))


WantedSizes = Annotated["int | tuple[int, ...] | None", Ints(low=1, high=3, optional=True)]
Shares = Annotated["float | tuple[float, ...] | None", Ratios()]


class _FractionalMaxPool(ToldSize, abstract=True):
    """Max pools over windows at random places, as many along each axis as asked for."""

    kernel_size: Kernel
    output_size: WantedSizes = None
    output_ratio: Shares = None
    return_indices: Bool = False

    #: how much larger than its last possible window an axis must be
    spare = 0

    def validate(self) -> None:
        if (self.output_size is None) == (self.output_ratio is None):
            both = "not both" if self.output_ratio is not None else "and neither is given"
            raise refusal(BAD_ARGUMENT, f"{type(self).__name__} takes output_size or output_ratio, {both}")
        for ratio in self.per_axis("output_ratio") if self.output_ratio is not None else ():
            if not 0 < ratio < 1:
                raise refusal(
                    BAD_ARGUMENT,
                    f"output_ratio {ratio} must be between 0 and 1, both excluded",
                    argument="output_ratio",
                )

    def shape(self, need: Needs, x: Shape) -> Shape:
        self.check_rank(x)
        sizes = x[-self.rank :]
        if self.output_size is not None:
            out: Shape = self.per_axis("output_size")
        else:
            out = tuple(
                scaled(size, ratio, "output_ratio")
                for size, ratio in zip(sizes, self.per_axis("output_ratio"))
            )
        for axis, (size, wanted, kernel_size) in enumerate(zip(sizes, out, self.per_axis("kernel_size"))):
            need(wanted >= 1, lambda axis=axis: self._empty(axis, x))  # type: ignore[misc]
            fits = size >= wanted + kernel_size - 1 + self.spare
            need(fits, lambda axis=axis, wanted=wanted: self._too_small(axis, wanted, x))  # type: ignore[misc]
        return (*x[: -self.rank], *out)

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """The windows are drawn at random: any position may be read."""
        x = inputs[0]
        links = [*(kept(axis, size) for axis, size in enumerate(x[: -self.rank])), *[Link()] * self.rank]
        return ((Links(tuple(links), x, out),),)

    def _empty(self, axis: int, x: Shape) -> ShapeError:
        name, size, ratio = self.axes[axis], x[axis - self.rank], self.per_axis("output_ratio")[axis]
        return refusal(
            EMPTY_OUTPUT,
            f"output_ratio {ratio} leaves nothing of {name} {size}",
            note=f"{name} floor({size}*{ratio}) must be at least 1",
            argument="output_ratio",
        )

    def _too_small(self, axis: int, wanted: Size, x: Shape) -> ShapeError:
        name, size, kernel_size = self.axes[axis], x[axis - self.rank], self.per_axis("kernel_size")[axis]
        reach = f"{wanted} + {kernel_size} - 1" + f" + {self.spare}" * (self.spare > 0)
        mends: list[dict[str, object]] = []
        if isinstance(size, int) and isinstance(wanted, int):
            mends += [self.with_axis("kernel_size", axis, max(size - wanted + 1 - self.spare, 1))]
            if self.output_size is not None:
                mends += [self.with_axis("output_size", axis, max(size - kernel_size + 1 - self.spare, 1))]
        return refusal(
            TOO_SMALL,
            f"{name} {size} is too small for {wanted} windows of kernel {kernel_size}",
            note=f"{wanted} windows at different places take {name} {reach}",
            argument="kernel_size",
            repairs=tuple(mends),
        )

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), indices=product(out))

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        sizes = inputs[0][-self.rank :]
        if self.output_size is not None:
            wanted = self.per_axis("output_size")
            return tuple(
                f"{name} {size} to output_size {one}" for name, size, one in zip(self.axes, sizes, wanted)
            )
        return tuple(
            f"{name} floor({size}*{ratio}) = {result}"
            for name, size, ratio, result in zip(
                self.axes, sizes, self.per_axis("output_ratio"), out[-self.rank :]
            )
        )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = cls.rank + random.choice((0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3))
        return ((2, *(random.randint(4, 20) for _ in range(axes - 1))),)


class FractionalMaxPool2d(_FractionalMaxPool):
    """`torch.nn.FractionalMaxPool2d`: (N, C, H, W) to output_size, or to floor(H*ratio), floor(W*ratio).

    An axis must hold output + kernel_size - 1 (Graham 2014, "Fractional Max-Pooling";
    https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html).
    """

    rank = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """`torch.nn.FractionalMaxPool3d`: as `FractionalMaxPool2d`, but an axis must be larger by one more.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html; seen in torch 2.13.
    """

    rank = 3
    spare = 1
