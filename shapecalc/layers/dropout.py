"""Dropout in its six kinds. Every shape passes unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import Bool, Probability
from ..layer import Layer, Needs, Shape
from ..reading import Chain, pointwise
from ..saving import SAME, Saved
from ..size import Size, product
from ._refusals import wrong_rank

if TYPE_CHECKING:
    from random import Random


class _Dropout(Layer, abstract=True):
    role = "dropout"

    p: Probability = 0.5
    inplace: Bool = False

    def shape(self, need: Needs, x: Shape) -> Shape:
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (pointwise(*inputs),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """A mask of numbers, of which `_masked` says how many; where everything is dropped, one 0."""
        masked = self._masked(inputs[0])
        if self.p == 0 or masked is None:
            return SAME if self.p == 0 else None
        numbers = 1 if self.p == 1 else masked
        return Saved(numbers=numbers, shares=0 if self.overwrites else None, elementwise=True)

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        return SAME

    @property
    def overwrites(self) -> bool:
        """Whether it works in place."""
        return bool(self.inplace)

    def _masked(self, x: Shape) -> Size | None:
        return None

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 8) for _ in range(random.randint(0, 5)))),)


class _ChannelDropout(_Dropout, abstract=True):
    """Drops whole channels, so it wants them; where nothing or everything is dropped torch does not look."""

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) < 2 and 0 < self.p < 1:
            raise wrong_rank(self, x, "at least 2 (batch, channels, ...)")
        return x


class Dropout(_Dropout):
    """`torch.nn.Dropout`: every shape, unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html)
    """

    def _masked(self, x: Shape) -> Size | None:
        return product(x)


class Dropout1d(_Dropout):
    """`torch.nn.Dropout1d`: (N, C, L) or (C, L), unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html)
    """

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (2, 3):
            raise wrong_rank(self, x, "2 (channels, length) or 3 (batch, channels, length)")
        return x

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        return ((2, *(random.randint(1, 8) for _ in range(random.choice((0, 1, 1, 2, 2, 2, 3, 4))))),)

    def _masked(self, x: Shape) -> Size | None:
        return x[0] * x[1] if len(x) == 3 else x[0]


class Dropout2d(_ChannelDropout):
    """`torch.nn.Dropout2d`: (N, C, H, W), unchanged; torch takes any number of axes from two on.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html)
    """

    def _masked(self, x: Shape) -> Size | None:
        return x[0] * x[1] if len(x) > 1 else None


class Dropout3d(_Dropout):
    """`torch.nn.Dropout3d`: (N, C, D, H, W), unchanged; torch takes any number of axes.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html)
    """

    def _masked(self, x: Shape) -> Size | None:
        return x[0] * x[1] if len(x) == 5 else x[0]


class AlphaDropout(_Dropout):
    """`torch.nn.AlphaDropout`: every shape, unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html; Klambauer et al. 2017)
    """

    @property
    def overwrites(self) -> bool:
        """Torch does not look at `inplace` here."""
        return False

    def _masked(self, x: Shape) -> Size | None:
        return product(x)


class FeatureAlphaDropout(_ChannelDropout):
    """`torch.nn.FeatureAlphaDropout`: (N, C, ...) of at least two axes, unchanged.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html)
    """

    @property
    def overwrites(self) -> bool:
        """Torch does not look at `inplace` here."""
        return False

    def _masked(self, x: Shape) -> Size | None:
        return x[0] * x[1] if len(x) > 1 else None
