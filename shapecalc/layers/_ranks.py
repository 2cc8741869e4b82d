"""The refusal of an input with too few or too many axes."""

from __future__ import annotations

from ..layer import Layer, Shape
from ..problem import WRONG_RANK, ShapeError, refusal


def wrong_rank(
    layer: Layer, shape: Shape, takes: str, note: str | None = None, name: str = "input"
) -> ShapeError:
    """`takes` says what the layer takes instead: "4 (batch, channels, height, width)"."""
    axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
    return refusal(WRONG_RANK, f"{name} has {axes}, and {type(layer).__name__} takes {takes}", note)
