"""Which numbers an activation returns: its image, as an interval.

    >>> from shapecalc.layers.activation import Hardtanh, LeakyReLU, ReLU, Sigmoid
    >>> image(ReLU()), image(Sigmoid()), image(LeakyReLU(0.2))
    (Image(low=0.0, high=inf), Image(low=0.0, high=1.0), Image(low=-inf, high=inf))
    >>> image(Sigmoid(), image(ReLU()))
    Image(low=0.5, high=1.0)

The formulas are those of torch's documentation (https://docs.pytorch.org/docs/stable/nn.html, Non-linear
Activations).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log1p
from typing import Any, NamedTuple

from ..layer import Layer


class Image(NamedTuple):
    """The numbers between two bounds, which may be approached and not reached."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{_side(self.low)} to {_side(self.high)}"

    @property
    def is_bounded(self) -> bool:
        return self.low > -inf and self.high < inf

    def holds(self, other: Image) -> bool:
        """Whether the other lies in this one."""
        return self.low <= other.low and other.high <= self.high


LINE = Image(-inf, inf)


def image(layer: Layer, given: Image = LINE) -> Image | None:
    """What an activation returns of numbers in `given`; None where no simple bound is known."""
    kind = type(layer).__name__
    if given == LINE and kind in _LOWEST:
        return Image(_LOWEST[kind], inf)
    rule = _MONOTONE.get(kind)
    if rule is None or not _rises(layer):
        return None
    try:
        low, high = (rule(layer, bound) for bound in given)
    except OverflowError:
        return None
    return Image(low, high) if low <= high else None


def kept(layer: Layer) -> Image | None:
    """The numbers that an activation returns as they are."""
    kind = type(layer).__name__
    if kind in ("ReLU", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU"):
        return Image(0.0, inf)
    if kind == "ReLU6":
        return Image(0.0, 6.0)
    return Image(*_bounds(layer)) if kind == "Hardtanh" else None


def _rises(layer: Any) -> bool:
    """Whether a larger number never returns a smaller one: not with a slope, an alpha or a beta below 0."""
    slopes = [vars(layer).get(name, 1.0) for name in ("negative_slope", "alpha", "beta")]
    return bool(min(slopes) >= 0 and vars(layer).get("beta") != 0 and vars(layer).get("threshold", 20) >= 15)


def _side(bound: float) -> str:
    return f"{bound:.3g}".replace("inf", "infinity")


def _bounds(layer: Any) -> tuple[float, float]:
    low = layer.min_val if layer.min_value is None else layer.min_value
    high = layer.max_val if layer.max_value is None else layer.max_value
    return float(low), float(high)


def _between(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


def _softplus(x: float) -> float:
    return x if x > 30 else log1p(exp(x))


def _exponential(x: float, alpha: float, scale: float = 1.0) -> float:
    return x if x > 0 else alpha * (exp(x * scale) - 1)


def _sloped(x: float, slope: float) -> float:
    return x if x >= 0 else (slope * x if slope else 0.0)


#: Of the kinds that fall before they rise, the lowest number: found by minimizing the formula.
_LOWEST = {"GELU": -0.16997121, "SiLU": -0.27846455, "Mish": -0.30884023, "Hardswish": -0.375}

#: Of the others, the value at a bound.
_MONOTONE: dict[str, Callable[[Any, float], float]] = {
    "ReLU": lambda layer, x: max(x, 0.0),
    "ReLU6": lambda layer, x: _between(x, 0.0, 6.0),
    "Hardtanh": lambda layer, x: _between(x, *_bounds(layer)),
    "LeakyReLU": lambda layer, x: _sloped(x, layer.negative_slope),
    "ELU": lambda layer, x: _exponential(x, layer.alpha),
    "CELU": lambda layer, x: _exponential(x, layer.alpha, 1 / layer.alpha),
    "SELU": lambda layer, x: 1.0507009873554805 * _exponential(x, 1.6732632423543772),
    "Sigmoid": lambda layer, x: _sigmoid(x),
    "Tanh": lambda layer, x: 2 * _sigmoid(2 * x) - 1,
    "Hardsigmoid": lambda layer, x: _between(x, -3.0, 3.0) / 6 + 0.5,
    "LogSigmoid": lambda layer, x: -_softplus(-x),
    "Softplus": lambda layer, x: _softplus(x * layer.beta) / layer.beta,
    "Softsign": lambda layer, x: x / (1 + abs(x)) if abs(x) < inf else (1.0 if x > 0 else -1.0),
}
