"""Activations: each number on its own, so that every shape passes unchanged."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar

from ..arguments import Bool, InChannels
from ..layer import Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, CHANNELS, ShapeError, refusal
from ..reading import Chain, pointwise
from ..saving import INPUT, OUTPUT, Saved
from ..size import Size, product, same
from ..sorts import Choice, Real, WrongValue

#: the largest number that the kernels take
FLOAT32_MAX = 3.4028234663852886e38


def fits(value: float) -> bool:
    """Whether torch turns the number into a 32-bit float; infinities are fine."""
    return not FLOAT32_MAX < abs(value) < inf


class Scalar(Real):
    """A number that fits into 32 bits."""

    def read(self, value: object, rank: int) -> object:
        number = super().read(value, rank)
        if isinstance(number, (int, float)) and not fits(number):
            raise WrongValue(f"{self.expected} that a 32-bit float can hold", out_of_range=True)
        return number


Number = Annotated[float, Scalar(samples=(-1.0, 0.0, 0.1, 0.5, 1, 6.0, 1e39))]
Bound = Annotated[float, Real(samples=(-2.0, -1.0, 0.0, 1.0, 6.0, 1e39))]
MaybeBound = Annotated["float | None", Real(optional=True, samples=(-2.0, 0, 2.0))]
Approximate = Annotated[str, Choice("none", "tanh")]
Width = Annotated[float, Scalar(samples=(0, 0.5, 1.0, -0.5, inf))]


class _Activation(Layer, abstract=True):
    """`needs_output`: the gradient is worked out from the output, not the input; `undoes`: in place, too."""

    echoed = True
    role = "activation"
    needs_output: ClassVar[bool] = False
    undoes: ClassVar[bool] = False

    def shape(self, need: Needs, x: Shape) -> Shape:
        return x

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return (pointwise(*inputs),)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        if self.__dict__.get(
            "inplace"
        ):  # what is overwritten is kept as a copy, unless the result does as well
            return Saved(output=True, shares=0) if self.undoes else Saved(numbers=product(out), shares=0)
        return (OUTPUT if self.needs_output else INPUT)._replace(elementwise=True)


class _InPlace(_Activation, abstract=True):
    inplace: Bool = False


class _Alpha(_Activation, abstract=True):
    alpha: Number = 1.0
    inplace: Bool = False


class _Shrink(_Activation, abstract=True):
    lambd: Number = 0.5


class CELU(_Alpha):
    """`torch.nn.CELU`: every shape, unchanged; alpha must not be 0 (Barron 2017)."""

    undoes = True

    def validate(self) -> None:
        if self.alpha == 0 or not fits(1 / self.alpha):
            raise refusal(
                BAD_ARGUMENT,
                f"alpha must not be 0, and is {self.alpha}",
                note="CELU divides by it",
                argument="alpha",
                repairs=({"alpha": 1.0},),
            )


class ELU(_Alpha):
    """`torch.nn.ELU`: every shape, unchanged (Clevert et al. 2015)."""

    undoes = True


class GELU(_Activation):
    """`torch.nn.GELU`: every shape, unchanged (Hendrycks & Gimpel 2016)."""

    approximate: Approximate = "none"


class Hardshrink(_Shrink):
    """`torch.nn.Hardshrink`: every shape, unchanged."""


class Hardsigmoid(_InPlace):
    """`torch.nn.Hardsigmoid`: every shape, unchanged."""


class Hardswish(_InPlace):
    """`torch.nn.Hardswish`: every shape, unchanged (Howard et al. 2019)."""


class Hardtanh(_Activation):
    """`torch.nn.Hardtanh`: every shape, unchanged; max_val must be greater than min_val.

    `min_value` and `max_value` are older names, and win
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html).
    """

    min_val: Bound = -1.0
    max_val: Bound = 1.0
    inplace: Bool = False
    min_value: MaybeBound = None
    max_value: MaybeBound = None

    def validate(self) -> None:
        low = self.min_val if self.min_value is None else self.min_value
        high = self.max_val if self.max_value is None else self.max_value
        argument = "max_val" if self.max_value is None else "max_value"
        if high <= low:
            raise refusal(
                BAD_ARGUMENT, f"max_val {high} must be greater than min_val {low}", argument=argument
            )
        if not (fits(low) and fits(high)):
            raise refusal(
                BAD_ARGUMENT, f"a 32-bit float cannot hold both {low} and {high}", argument=argument
            )


class LeakyReLU(_Activation):
    """`torch.nn.LeakyReLU`: every shape, unchanged (Maas et al. 2013)."""

    undoes = True
    negative_slope: Number = 0.01
    inplace: Bool = False


class LogSigmoid(_Activation):
    """`torch.nn.LogSigmoid`: every shape, unchanged."""

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), numbers=product(out))


class Mish(_InPlace):
    """`torch.nn.Mish`: every shape, unchanged (Misra 2019)."""


class PReLU(_Activation):
    """`torch.nn.PReLU`: (N, C, ...), unchanged, with one learned slope, or one for each of the C channels.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html; He et al. 2015)

    >>> PReLU(16).num_parameters
    16
    """

    num_parameters: InChannels = 1  # torch's argument, and what `Layer` means by it
    init: Number = 0.25

    def shape(self, need: Needs, x: Shape) -> Shape:
        if self.num_parameters != 1:
            channels = x[1] if len(x) > 1 else 1
            need(same(channels, self.num_parameters), lambda: self._wrong_channels(channels))
        return x

    def _wrong_channels(self, found: Size) -> ShapeError:
        repairs: tuple[dict[str, object], ...] = ({"num_parameters": found}, {"num_parameters": 1})
        return refusal(
            CHANNELS,
            f"input has {found} channel{'s' * (found != 1)}, but num_parameters is {self.num_parameters}",
            note="it must be 1 or the number of channels",
            argument="num_parameters",
            repairs=repairs[found == 1 :] if isinstance(found, int) else (),
        )


class RReLU(_Activation):
    """`torch.nn.RReLU`: every shape, unchanged; lower is at most upper, and both finite (Xu et al. 2015)."""

    lower: Number = 1 / 8
    upper: Number = 1 / 3
    inplace: Bool = False

    def validate(self) -> None:
        for name in ("lower", "upper"):
            value = getattr(self, name)
            if not -inf < value < inf:
                raise refusal(BAD_ARGUMENT, f"{name} must be finite, and is {value}", argument=name)
        if self.lower > self.upper:
            message = f"lower {self.lower} must not be greater than upper {self.upper}"
            raise refusal(BAD_ARGUMENT, message, argument="lower", repairs=({"lower": self.upper},))

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Slopes are drawn for all numbers."""
        slopes = product(out)
        return Saved((), True, slopes, shares=0) if self.inplace else Saved(inputs=(0,), numbers=slopes)


class ReLU(_InPlace):
    """`torch.nn.ReLU`: every shape, unchanged."""

    needs_output = True
    undoes = True


class ReLU6(_InPlace):
    """`torch.nn.ReLU6`: every shape, unchanged (Howard et al. 2017)."""


class SELU(_InPlace):
    """`torch.nn.SELU`: every shape, unchanged (Klambauer et al. 2017)."""

    undoes = True


class SiLU(_InPlace):
    """`torch.nn.SiLU`: every shape, unchanged (Elfwing et al. 2017)."""


class Sigmoid(_Activation):
    """`torch.nn.Sigmoid`: every shape, unchanged."""

    needs_output = True


class Softplus(_Activation):
    """`torch.nn.Softplus`: every shape, unchanged."""

    beta: Number = 1.0
    threshold: Number = 20.0


class Softshrink(_Activation):
    """`torch.nn.Softshrink`: every shape, unchanged; lambd must not be negative."""

    lambd: Width = 0.5

    def validate(self) -> None:
        if not 0 <= self.lambd < inf:
            raise refusal(
                BAD_ARGUMENT,
                f"lambd must not be negative or infinite, and is {self.lambd}",
                argument="lambd",
                repairs=({"lambd": abs(self.lambd)},),
            )


class Softsign(_Activation):
    """`torch.nn.Softsign`: every shape, unchanged."""

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(inputs=(0,), numbers=product(out))


class Tanh(_Activation):
    """`torch.nn.Tanh`: every shape, unchanged."""

    needs_output = True


class Tanhshrink(_Activation):
    """`torch.nn.Tanhshrink`: every shape, unchanged."""

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        return Saved(numbers=product(out))


class Threshold(_Activation):
    """`torch.nn.Threshold`: every shape, unchanged."""

    threshold: Number
    value: Number
    inplace: Bool = False
