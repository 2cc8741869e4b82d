"""Adaptive average and max pools: the output's sizes are an argument, and the windows follow from them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool
from ..layer import Layer, Needs, Shape
from ..reading import Chain, windowed
from ..saving import INPUT, NOTHING, Saved
from ..size import Size, product, same
from ..sorts import Ints
from ..window import Pick, Repeat
from ._mirrors import resized
from ._spatial import Spatial

if TYPE_CHECKING:
    from random import Random

OneSize = Annotated["int | tuple[int, ...]", Ints(low=1)]
KeptSizes = Annotated["int | tuple[int | None, ...]", Ints(low=1, holes=True)]


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
    return Pick(size, number, taps, repeat=Repeat(size, number, taps).shortest)


def averaged_from(sizes: Shape) -> Saved:
    """What an average to these sizes keeps: to a single number it is a mean, which keeps nothing."""
    return NOTHING if all(size == 1 for size in sizes) else INPUT


class ToldSize(Spatial, abstract=True):
    """A pool that is told its output's sizes: what undoes it is a resize to what they were."""

    role = "pool"

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        if not 1 <= len(taken) - self.rank <= 2:
            return super().mirror(taken, made, style)
        return self.between_channels(taken, resized(taken[-self.rank :], made[-self.rank :]))


class _Adaptive(ToldSize, abstract=True):
    """What the adaptive pools share: None keeps an axis."""

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
