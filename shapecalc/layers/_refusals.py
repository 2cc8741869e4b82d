"""Refusals that several families share."""

from __future__ import annotations

from ..layer import Layer, Shape
from ..problem import CHANNELS, TOO_SMALL, WRONG_RANK, ShapeError, refusal
from ..size import Size


def wrong_rank(
    layer: Layer, shape: Shape, takes: str, note: str | None = None, name: str = "input"
) -> ShapeError:
    """Too few or too many axes; `takes` says what the layer takes: "4 (batch, channels, height, width)"."""
    axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
    return refusal(WRONG_RANK, f"{name} has {axes}, and {type(layer).__name__} takes {takes}", note)


def wrong_channels(layer: Layer, argument: str, found: Size) -> ShapeError:
    """Other channels than an argument of the layer says."""
    return refusal(
        CHANNELS,
        f"input has {found} channels, but {argument} is {getattr(layer, argument)}",
        argument=argument,
        repairs=({argument: found},) if isinstance(found, int) else (),
    )


def no_window_fits(
    name: str,
    size: Size,
    window: tuple[int, ...],
    formula: str,
    fitting: Size,
    repairs: tuple[dict[str, object], ...] = (),
) -> ShapeError:
    """An axis in which no window fits; the window begins with kernel_size, stride, padding, dilation."""
    kernel_size, _, padding, dilation, *_ = window
    spread = f" (dilated to {dilation * (kernel_size - 1) + 1})" if dilation > 1 else ""
    padded = f" padded to {size + 2 * padding}" if padding else ""
    value = f" = {fitting}" if isinstance(size, int) else ""
    return refusal(
        TOO_SMALL,
        f"{name} {size}{padded} is smaller than kernel {kernel_size}{spread}",
        note=f"{name} {formula}{value}, and must be at least 1",
        argument="kernel_size",
        repairs=repairs,
    )
