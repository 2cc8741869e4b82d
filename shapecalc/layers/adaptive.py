"""Pools that are told their output: adaptive average and max pools, and fractional max pools."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool, Kernel
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, EMPTY_OUTPUT, SIZE_LIMIT, TOO_SMALL, ShapeError, refusal
from ..reading import Chain, Link, Links, kept, windowed
from ..saving import INPUT, NOTHING, Saved
from ..size import Size, product, same
from ..sorts import Ints, Sort, WrongValue
from ..window import Pick, Repeat
from ._mirrors import resized
from ._scale import ratio_of
from .pool import Spatial

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


OneSize = Annotated["int | tuple[int, ...]", Ints(low=1)]
KeptSizes = Annotated["int | tuple[int | None, ...]", Ints(low=1, holes=True)]
WantedSizes = Annotated["int | tuple[int, ...] | None", Ints(low=1, high=3, optional=True)]
Shares = Annotated["float | tuple[float, ...] | None", Ratios()]


def averaged(size: Size, number: Size) -> Pick:
    """The windows of an adaptive pool: number `o` goes from floor(o*size/number) to ceil((o+1)*size/number).

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html; `start_index` and
    `end_index` in ATen's AdaptivePooling.h)
    """

    def taps(window: int) -> range:
        assert isinstance(size, int)
        assert isinstance(number, int)
        return range(window * size // number, -(-(window + 1) * size // number))

    if not isinstance(size, int) or not isinstance(number, int):
        return Pick(size, number, taps)
    return Pick(size, number, taps, repeat=Repeat(size, number, taps))


def averaged_from(sizes: Shape) -> Saved:
    """What an average to these sizes keeps: to a single number it is a mean, which keeps nothing."""
    return NOTHING if all(size == 1 for size in sizes) else INPUT


class _Adaptive(Spatial, abstract=True):
    """What the adaptive pools share: the output's sizes are an argument, None keeps an axis."""

    role = "pool"

    output_size: KeptSizes

    @cached_property
    def _wanted(self) -> tuple[int | None, ...]:
        return self.per_axis("output_size")

    def shape(self, need: Needs, x: Shape) -> Shape:
        rank = self.rank
        if not 1 <= len(x) - rank <= 2:
            self.check_other_rank(need, x)
        sizes = [size if wanted is None else wanted for size, wanted in zip(x[-rank:], self._wanted)]
        return (*x[:-rank], *sizes)

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Pick, ...]:
        return tuple(
            averaged(size, number) for size, number in zip(inputs[0][-self.rank :], out[-self.rank :])
        )

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """A single window reads all of its axis, whatever the size."""
        windows = [None if window.number == 1 else window for window in self.slides(out, *inputs)]
        return (windowed(inputs[0], out, windows),)

    def check_other_rank(self, need: Needs, x: Shape) -> None:
        """Refuse an input without batch and channels, or with more axes."""
        raise self.wrong_rank(x)

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """Resized to what it was."""
        if not 1 <= len(taken) - self.rank <= 2:
            return super().mirror(taken, made, style)
        return self.between_channels(taken, resized(taken[-self.rank :], made[-self.rank :]))

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = cls.rank + random.choice((-1, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4))
        return ((2, *(random.choice((1, 1, 2, 3, 5, 8, 11)) for _ in range(axes - 1))),)

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        return tuple(
            f"{name} {size}, kept by None" if wanted is None else f"{name} {size} to output_size {wanted}"
            for name, size, wanted in zip(self.axes, inputs[0][-self.rank :], self._wanted)
        )


class _AdaptiveMean(_Adaptive, abstract=True):
    """The average pools of rank 2 and 3, for which torch takes a plain mean where every output size is 1."""

    def check_other_rank(self, need: Needs, x: Shape) -> None:
        """The mean is taken over the last axes of an input of any rank.

        Where `output_size` is an integer the input may even lack the channels. A symbolic batch is not
        pooled away like that.
        """
        lacks_channels = isinstance(self.output_size, int) and len(x) == self.rank and isinstance(x[0], int)
        if len(x) <= self.rank and not lacks_channels:
            raise self.wrong_rank(x)
        for size, wanted in zip(x[-self.rank :], self._wanted):
            need(same(size if wanted is None else wanted, 1), lambda: self.wrong_rank(x))

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return averaged_from(out[-self.rank :])


class _AdaptiveMax(_Adaptive, abstract=True):
    output_size: KeptSizes
    return_indices: Bool = False

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), indices=product(out))


class AdaptiveAvgPool1d(_Adaptive):
    """`torch.nn.AdaptiveAvgPool1d`: (N, C, L) to (N, C, output_size); None is not taken here.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html
    """

    rank = 1
    output_size: OneSize

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return averaged_from(out[-1:])


class AdaptiveAvgPool2d(_AdaptiveMean):
    """`torch.nn.AdaptiveAvgPool2d`: (N, C, H, W) to (N, C, *output_size); None in the tuple keeps that axis.

    To output size 1 torch pools an input of any rank
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html; seen in torch 2.13).

    >>> AdaptiveAvgPool2d((None, 7)).shape(Needs(), (2, 64, 10, 9))
    (2, 64, 10, 7)
    """

    rank = 2


class AdaptiveAvgPool3d(_AdaptiveMean):
    """`torch.nn.AdaptiveAvgPool3d`: (N, C, D, H, W) to (N, C, *output_size), as `AdaptiveAvgPool2d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html
    """

    rank = 3


class AdaptiveMaxPool1d(_AdaptiveMax):
    """`torch.nn.AdaptiveMaxPool1d`: (N, C, L) to (N, C, output_size); None is not taken here.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html
    """

    rank = 1
    output_size: OneSize
    return_indices: Bool = False


class AdaptiveMaxPool2d(_AdaptiveMax):
    """`torch.nn.AdaptiveMaxPool2d`: (N, C, H, W) to (N, C, *output_size); None in the tuple keeps that axis.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
    """

    rank = 2


class AdaptiveMaxPool3d(_AdaptiveMax):
    """`torch.nn.AdaptiveMaxPool3d`: (N, C, D, H, W) to (N, C, *output_size), as `AdaptiveMaxPool2d`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html
    """

    rank = 3


class _FractionalMaxPool(Spatial, abstract=True):
    """Max pools over windows at random places, as many along each axis as asked for."""

    role = "pool"

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
            out = tuple(_share(size, ratio) for size, ratio in zip(sizes, self.per_axis("output_ratio")))
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

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """Resized to what it was."""
        if not 1 <= len(taken) - self.rank <= 2:
            return super().mirror(taken, made, style)
        return self.between_channels(taken, resized(taken[-self.rank :], made[-self.rank :]))

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


def _share(size: Size, ratio: float) -> Size:
    """`floor(size * ratio)`, in double precision as torch computes it."""
    if isinstance(size, int):
        return int(size * ratio)
    whole, witness = ratio_of(ratio)
    if whole is None:
        text = f"output_ratio {ratio} has no exact formula for size {size}"
        raise refusal(SIZE_LIMIT, text, note=witness, argument="output_ratio")
    return size * whole[0] // whole[1]


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
