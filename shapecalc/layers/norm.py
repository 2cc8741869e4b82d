"""Normalization of each channel, over the batch or over one sample. Every shape passes unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from ..arguments import Bool, Float, InChannels, MaybeFloat, NoneOnly
from ..layer import AXES, Field, Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, ONE_VALUE, ShapeError, refusal
from ..reading import Chain, mixing, pointwise
from ..saving import Saved
from ..size import Size, product, same
from ..sorts import Real
from ._axes import shape_text
from ._refusals import wrong_channels, wrong_rank

if TYPE_CHECKING:
    from random import Random

Epsilon = Annotated[float, Real(samples=(1e-5, 1e-5, 1e-3, 0.1, 0.0))]


class _ChannelNorm(Layer, abstract=True):
    """One mean, one variance and, with `affine`, one weight and one bias for every channel."""

    echoed = True
    role = "norm"

    num_features: InChannels
    eps: Epsilon = 1e-5
    momentum: MaybeFloat = 0.1
    affine: Bool = True
    track_running_stats: Bool = True
    bias: Bool = True

    @property
    def num_parameters(self) -> int:
        return self.num_features * (1 + self.bias) if self.affine else 0

    def check_channels(self, need: Needs, channels: Size) -> None:
        """Without weights and statistics torch looks at no channel count."""
        if channels != self.num_features and (self.affine or self.track_running_stats):
            need(same(channels, self.num_features), lambda: wrong_channels(self, "num_features", channels))

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        """Sometimes a single value for each channel, and some inputs without a batch."""
        axes = (cls.rank or random.randint(0, 3)) + 2 - (random.random() < 0.12) + (random.random() < 0.04)
        single = random.random() < 0.08
        batch = 1 if single and random.random() < 0.7 else 2
        sizes = [1 if single else random.randint(1, 6) for _ in range(4)]
        return ((batch, random.choice((1, 2, 3, 4)), *sizes)[:axes],)


class _BatchNorm(_ChannelNorm, abstract=True):
    ranks: ClassVar[tuple[int, ...]]

    def validate(self) -> None:
        if self.eps <= 0:
            raise refusal(
                BAD_ARGUMENT,
                f"eps must be positive during training, and is {self.eps}",
                argument="eps",
                repairs=({"eps": 1e-5},),
            )

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in self.ranks:
            raise self._wrong_rank(x)
        if x[1] != self.num_features:
            self.check_channels(need, x[1])
        if isinstance(x[0], int) and x[0] == 1:  # a symbolic batch stands for two samples or more
            need(product(x[2:]) > 1, lambda: self._one_value(x))
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        """Running statistics are constants once trained; without them the whole batch is read."""
        if self.track_running_stats:
            return (pointwise(inputs[0]),)
        return (mixing(inputs[0], [axis for axis in range(len(out)) if axis != 1]),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, and mean and deviation of each channel."""
        return Saved(inputs=(0,), numbers=2 * inputs[0][1], formatted=len(out) > 2)

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input alone: mean and deviation are the running ones, where there are such."""
        saved = self.saved(out, *inputs)
        return saved._replace(numbers=0) if saved and self.track_running_stats else saved

    def _wrong_rank(self, x: Shape) -> ShapeError:
        names = ("batch", "channels", *AXES.get(self.rank, ()))
        takes = " or ".join(f"{rank} ({', '.join(names[:rank])})" for rank in self.ranks)
        fitting = [kind.__name__ for kind in (BatchNorm1d, BatchNorm2d, BatchNorm3d) if len(x) in kind.ranks]
        return wrong_rank(self, x, takes, f"`{fitting[0]}` takes {len(x)}" if fitting else None)

    def _one_value(self, x: Shape) -> ShapeError:
        return refusal(
            ONE_VALUE,
            f"{type(self).__name__} has one value per channel to normalize in training",
            note=f"{shape_text(x)} has 1 value for each of {x[1]} channels, and a variance needs at least 2",
        )


class BatchNorm1d(_BatchNorm):
    """`torch.nn.BatchNorm1d`: (N, C) or (N, C, L), unchanged.

    `num_features` must be C, and there must be more than one value for each channel (N*L > 1)
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html; Ioffe & Szegedy 2015).

    >>> BatchNorm1d(64).num_parameters, BatchNorm1d(64).shape(Needs(), (2, 64))
    (128, (2, 64))
    """

    rank = 1
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`torch.nn.BatchNorm2d`: (N, C, H, W), unchanged; N*H*W must be more than 1.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html)
    """

    rank = 2
    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """`torch.nn.BatchNorm3d`: (N, C, D, H, W), unchanged; N*D*H*W must be more than 1.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html)
    """

    rank = 3
    ranks = (5,)


class SyncBatchNorm(_BatchNorm):
    """`torch.nn.SyncBatchNorm`: (N, C, ...) of at least two axes, unchanged.

    In one process, as on the CPU, it is a batch norm for any number of axes
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html).
    """

    ranks = tuple(range(2, 17))

    num_features: InChannels
    eps: Epsilon = 1e-5
    momentum: MaybeFloat = 0.1
    affine: Bool = True
    track_running_stats: Bool = True
    process_group: NoneOnly = None
    bias: Bool = True

    def _wrong_rank(self, x: Shape) -> ShapeError:
        return wrong_rank(self, x, "at least 2 (batch, channels, ...)")


class LazyBatchNorm1d(BatchNorm1d, lazy=True):
    """`torch.nn.LazyBatchNorm1d`: a `BatchNorm1d` that takes `num_features` from its input."""


class LazyBatchNorm2d(BatchNorm2d, lazy=True):
    """`torch.nn.LazyBatchNorm2d`: a `BatchNorm2d` that takes `num_features` from its input."""


class LazyBatchNorm3d(BatchNorm3d, lazy=True):
    """`torch.nn.LazyBatchNorm3d`: a `BatchNorm3d` that takes `num_features` from its input."""


class _InstanceNorm(_ChannelNorm, abstract=True):
    num_features: InChannels
    eps: Float = 1e-5
    momentum: MaybeFloat = 0.1
    affine: Bool = False
    track_running_stats: Bool = False
    bias: Bool = True

    def inferred_axis(self, field: Field, shape: Shape) -> int | None:
        """The channels, with or without a batch before them; a lazy kind always takes axis 1."""
        return 1 if self.eager else -self.rank - 1

    def shape(self, need: Needs, x: Shape) -> Shape:
        if len(x) not in (self.rank + 1, self.rank + 2):
            raise self._wrong_rank(x)
        channels = x[-self.rank - 1]
        if channels != self.num_features:
            if (
                len(x) == self.rank + 1
                and not isinstance(channels, int)
                and (self.affine or self.track_running_stats)
            ):
                raise self._wrong_rank(x)  # the batch would be read as channels
            self.check_channels(need, channels)
        if (several := product(x[-self.rank :]) > 1) is not True:
            need(several, lambda: self._one_value(x))
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        if self.track_running_stats:
            return (pointwise(inputs[0]),)
        return (mixing(inputs[0], range(len(out) - self.rank, len(out))),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """As a batch norm of all channels of all samples, for each of which weight and statistics are repeated."""
        repeated = 2 + (2 if self.track_running_stats else 0) + (1 if self.affine else 0)
        return Saved(inputs=(0,), numbers=repeated * product(inputs[0][: -self.rank]), in_a_row=True)

    def saved_in_evaluation(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Without a mean and a deviation of its own, where there are running ones."""
        saved = self.saved(out, *inputs)
        if saved is None or not self.track_running_stats:
            return saved
        return saved._replace(numbers=saved.numbers - 2 * product(inputs[0][: -self.rank]))

    def _wrong_rank(self, x: Shape) -> ShapeError:
        names = ("channels", *AXES[self.rank])
        count = len(names)
        return wrong_rank(self, x, f"{count} ({', '.join(names)}) or {count + 1} (batch, {', '.join(names)})")

    def _one_value(self, x: Shape) -> ShapeError:
        return refusal(
            ONE_VALUE,
            f"{type(self).__name__} has one value per channel and sample to normalize",
            note=f"{' x '.join(AXES[self.rank])} is {shape_text(x[-self.rank :])}"
            ", and a variance needs at least 2 values",
        )


class InstanceNorm1d(_InstanceNorm):
    """`torch.nn.InstanceNorm1d`: (N, C, L) or (C, L), unchanged; L must be more than 1.

    Without `affine` and `track_running_stats` (the default) torch does not look at `num_features`
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html; Ulyanov et al. 2016).
    """

    rank = 1


class InstanceNorm2d(_InstanceNorm):
    """`torch.nn.InstanceNorm2d`: (N, C, H, W) or (C, H, W), unchanged; H*W must be more than 1.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html)
    """

    rank = 2


class InstanceNorm3d(_InstanceNorm):
    """`torch.nn.InstanceNorm3d`: (N, C, D, H, W) or (C, D, H, W), unchanged; D*H*W must be more than 1.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html)
    """

    rank = 3


class _LazyInstanceNorm(_InstanceNorm, abstract=True):
    """The lazy kinds' defaults are not those of `InstanceNorm2d`: weights and statistics are on."""

    num_features: InChannels
    eps: Float = 1e-5
    momentum: MaybeFloat = 0.1
    affine: Bool = True
    track_running_stats: Bool = True
    bias: Bool = True


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d, lazy=True):
    """`torch.nn.LazyInstanceNorm1d`: an `InstanceNorm1d` with weights; `num_features` is axis 1."""


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d, lazy=True):
    """`torch.nn.LazyInstanceNorm2d`: an `InstanceNorm2d` with weights; `num_features` is axis 1."""


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d, lazy=True):
    """`torch.nn.LazyInstanceNorm3d`: an `InstanceNorm3d` with weights; `num_features` is axis 1."""
