"""Symbols and integers through the same rules agree at every point."""

from __future__ import annotations

import pytest
from symbolic import run


def test_symbols_agree_with_integers() -> None:
    tally = run(chains=250, count=40, seed=3)
    assert not tally.mismatches, "\n".join(tally.mismatches[:5])
    assert tally.points > 8_000
    assert tally.accepted > tally.points // 5


@pytest.mark.long
def test_symbols_agree_with_integers_at_length() -> None:
    tally = run(chains=3000, count=60, seed=4)
    assert not tally.mismatches, "\n".join(tally.mismatches[:5])
    assert tally.points > 100_000
