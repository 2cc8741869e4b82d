"""Layers as a spec spells them, and their refusals: for the tests of the kinds."""

from __future__ import annotations

from math import inf

import pytest

import shapecalc.layers
from shapecalc.layer import KINDS, Layer, Needs, Shape
from shapecalc.problem import Problem, ShapeError
from shapecalc.sorts import BATCH

assert shapecalc.layers


def layer(text: str) -> Layer:
    """The layer: `layer("View(N, -1)")`."""
    built = eval(text, {**KINDS, "N": BATCH, "inf": inf})
    assert isinstance(built, Layer)
    return built


def refused(text: str, *inputs: Shape) -> Problem:
    """Why the layer does not take the inputs, or its constructor the arguments."""
    with pytest.raises(ShapeError) as caught:
        layer(text).shape(Needs(), *inputs)
    return caught.value.problem
