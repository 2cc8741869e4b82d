"""Broken architectures: the layer that we name is the one where real torch raises."""

from __future__ import annotations

import pytest
from broken_check import run


def test_the_layer_named_is_where_torch_raises() -> None:
    tally, wrong = run(40, 20261122)
    assert not wrong, wrong[0]
    assert tally["refused"] >= 40
    assert tally["ran"] > 20


@pytest.mark.long
def test_many_broken_architectures() -> None:
    tally, wrong = run(3000, 7)
    assert not wrong, wrong[0]
    assert tally["refused"] >= 3000
