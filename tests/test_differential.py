"""The registry against real torch: a short seeded run of every kind, and a long one behind its marker."""

from __future__ import annotations

import pytest
from differential import run

from shapecalc.layer import KINDS

CASES, LONG_CASES = 24, 1500


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_agrees_with_torch(kind: str) -> None:
    accepted, refused, disagreements = run([kind], CASES, seed=20261122)
    assert not disagreements, "\n".join(disagreements[:5])
    assert accepted, "no case was accepted: the comparison would show little"
    assert accepted + refused > CASES // 2


@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_agrees_with_torch_at_length(kind: str) -> None:
    _, _, disagreements = run([kind], LONG_CASES, seed=1)
    assert not disagreements, "\n".join(disagreements[:5])
