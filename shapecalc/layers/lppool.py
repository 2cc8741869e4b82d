"""Power-average (LP) pools of 1, 2 and 3 spatial axes: average pools of powers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ..arguments import Bool, Kernel
from ..layer import Needs, Shape
from ..problem import BAD_ARGUMENT, refusal
from ..saving import Saved
from ..size import product
from ..sorts import Real
from .pool import Pool, PoolStride

if TYPE_CHECKING:
    from random import Random

NormType = Annotated[float, Real(samples=(1, 2, 2.5, -1.0, 2, float("inf"), float("-inf"), 0))]


class _LPPool(Pool, abstract=True):
    norm_type: NormType
    kernel_size: Kernel
    stride: PoolStride = None
    ceil_mode: Bool = False

    def validate(self) -> None:
        if self.norm_type == 0:
            raise refusal(
                BAD_ARGUMENT,
                "norm_type must not be 0",
                note="torch raises to 1/norm_type",
                argument="norm_type",
            )

    @property
    def takes_maximum(self) -> bool:
        """Whether the norm is infinite: torch then runs a max pool."""
        return self.norm_type in (float("inf"), float("-inf"))

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """The input, its powers (or what is pooled of it), and of the output four steps of the root."""
        x = inputs[0]
        if self.takes_maximum:
            return Saved(inputs=(0,), numbers=product(x), indices=product(out))
        return Saved(inputs=(0,), numbers=product(x) + 4 * product(out))


class LPPool1d(_LPPool):
    """`torch.nn.LPPool1d`: (N, C, L) to (N, C, L'), as `AvgPool1d` without padding.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html
    """

    rank = 1

    def validate(self) -> None:
        super().validate()
        if isinstance(self.kernel_size, tuple) and not self.takes_maximum:
            raise refusal(
                BAD_ARGUMENT,
                f"kernel_size must be an integer, not {self.kernel_size}",
                note="torch multiplies by it as it stands",
                argument="kernel_size",
                repairs=({"kernel_size": self.kernel_size[0]},),
            )

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((2, 3, 3, 3, 3, 3, 3, 3, 3, 4))
        return ((2, *(random.randint(2, 12) for _ in range(axes - 1))),)


class LPPool2d(_LPPool):
    """`torch.nn.LPPool2d`: (N, C, H, W) to (N, C, H', W'), as `AvgPool2d` without padding.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html
    """

    rank = 2


class LPPool3d(_LPPool):
    """`torch.nn.LPPool3d`: (N, C, D, H, W) to (N, C, D', H', W'), as `AvgPool3d` without padding.

    It wants each kernel inside the input, as `AvgPool3d` does, unless the norm is infinite
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html; seen in torch 2.13).
    """

    rank = 3

    def shape(self, need: Needs, x: Shape) -> Shape:
        out = super().shape(need, x)
        if not self.takes_maximum:
            self.check_unpadded(need, x)
        return out
