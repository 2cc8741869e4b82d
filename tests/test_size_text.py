"""How sizes are written, what they refuse, their limits, and what they cost to import."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from typing import Any

import pytest
from size_chains import H, N, W

from shapecalc.size import CAP, SizeLimit, divides, largest, quotient, same, smallest


def rational(a: Any, b: Any) -> Any:
    return quotient(a, b)


def test_twenty_poolings_and_back() -> None:
    size = H
    for _ in range(20):
        size = (size - 2) // 2 + 1
    assert str(size) == "H//1048576"
    for _ in range(20):
        size = (size - 1) * 2 + 2
    assert str(size) == "1048576*(H//1048576)"
    assert str(same(size, H)) == "H % 1048576 == 0"


def test_coprime_strides() -> None:
    size = H
    for stride in (7, 11, 13, 16):
        size = (size - 1) // stride + 1
    assert str(size) == "(H+16015)//16016"
    for stride in (16, 13, 11, 7):
        size = (size - 1) * stride + 1
    assert str(size) == "16016*((H-1)//16016)+1"
    assert str(same(size, H)) == "H % 16016 == 1"


@pytest.mark.parametrize(
    ("size", "text", "pretty"),
    [
        (H, "H", "H"),
        ((H - 1) // 2 + 1, "(H+1)//2", "⌊(H+1)/2⌋"),
        ((H - 1) // 4 * 4 + 4, "4*((H-1)//4)+4", "4·⌊(H−1)/4⌋ + 4"),
        (16 * ((H + 1) // 2) * (W // 2), "16*((H+1)//2)*(W//2)", "16·⌊(H+1)/2⌋·⌊W/2⌋"),
        (5 - H, "5-H", "5 − H"),
        (H % 4 - 1, "H%4-1", "H mod 4 − 1"),
        ((3 * H + 1) // 2, "(3*H+1)//2", "⌊(3·H+1)/2⌋"),
        ((2 * (H // 3) + 1) // 3, "(2*(H//3)+1)//3", "⌊(2·⌊H/3⌋+1)/3⌋"),
        (H // 2 + H // 3 - 4, "H//2+H//3-4", "⌊H/2⌋ + ⌊H/3⌋ − 4"),
        (smallest(H // 2, 7), "min(H//2, 7)", "min(⌊H/2⌋, 7)"),
        (largest(2, smallest(H, 7)), "max(2, min(H, 7))", "max(2, min(H, 7))"),
        (N * (H - 4) * (W + 3) + H + 2, "N*(H-4)*(W+3)+H+2", "N·(H−4)·(W+3) + H + 2"),
        (quotient(N * 500, 320), "25*N//16", "25·N/16"),
        (H >= 29, "H >= 29", "H ≥ 29"),
        ((H - 29) // 2 + 1 >= 1, "H >= 29", "H ≥ 29"),
        (same(H % 4, 1), "H % 4 == 1", "H ≡ 1 (mod 4)"),
        (same(H // 4, 7), "28 <= H <= 31", "28 ≤ H ≤ 31"),
        (
            divides(3, smallest(H, 3) + H // 3),
            "(H if H < 3 else (H//3)%3) == 0",
            "(H if H < 3 else ⌊H/3⌋ mod 3) = 0",
        ),
        (3 * H <= 20, "H <= 6", "H ≤ 6"),
        (divides(2, H * 3), "H % 2 == 0", "H ≡ 0 (mod 2)"),
        (same(16 * (H // 4) * (W // 4), 256), "16*(H//4)*(W//4) == 256", "16·⌊H/4⌋·⌊W/4⌋ = 256"),
        (same(H // 2, W // 2), "H//2 == W//2", "⌊H/2⌋ = ⌊W/2⌋"),
        (H > W + 2, "H >= W+3", "H ≥ W+3"),
        (divides(20, N * 16 * H), "(H*N) % 5 == 0", "H·N ≡ 0 (mod 5)"),
    ],
)
def test_how_it_is_written(size: Any, text: str, pretty: str) -> None:
    assert (str(size), size.pretty()) == (text, pretty)


def test_refusals() -> None:
    for refuse in (bool, int, range, lambda size: [0][size], lambda size: size // 0, lambda size: size // W):
        with pytest.raises(TypeError, match=r"size|symbolic"):
            refuse(H)
    with pytest.raises(TypeError, match="H >= 5"):
        bool(H >= 5)
    with pytest.raises(ValueError, match="not a whole number"):
        rational(N, 2).at(N=3)
    with pytest.raises(ValueError, match="at least 1"):
        H.at(H=0)
    attempts: list[Any] = [lambda: H + 0.5, lambda: H * "2", lambda: H < "2", lambda: 5 // H]
    for attempt in attempts:
        with pytest.raises(TypeError):
            attempt()


def test_what_is_not_representable_says_so() -> None:
    with pytest.raises(SizeLimit, match=str(CAP)):
        (H * 70001) // 150001
    with pytest.raises(SizeLimit, match=str(CAP)):
        H // 40009 + H // 40013
    with pytest.raises(SizeLimit, match="pieces would grow"):
        smallest(H // 5005, H % 12 * 5)
    with pytest.raises(SizeLimit, match="cannot be written"):
        (H * W) // 2
    with pytest.raises(SizeLimit, match="smaller"):
        smallest(H, W)


def test_quotients() -> None:
    assert quotient(12, 4) == 3
    assert quotient(12, 5) is None
    assert quotient(0, H) == 0
    assert quotient(7, H) is None
    assert quotient(H * 6, -2) == -3 * H
    assert quotient(H * W + W, W) == H + 1
    assert quotient(H, W) is None
    assert quotient(2 * H + 1, 2) is None
    assert quotient(N * 3, 2 * N) is None
    assert quotient(rational(N * 500, 320) * 320, N) == 500
    assert quotient(rational(N * 16 * H, 12) * 3, H) == 4 * N


def test_doctests_and_cheap_import() -> None:
    for name in (
        "size",
        *[
            f"algebra.{part}"
            for part in (
                "staircase",
                "pieces",
                "expr",
                "condition",
                "text",
                "cycle",
                "divisors",
                "roots",
                "sets",
                "solve",
            )
        ],
    ):
        results = doctest.testmod(importlib.import_module(f"shapecalc.{name}"))
        assert results.attempted
        assert not results.failed
    code = """if True:
        import math, sys, types
        package = sys.modules["shapecalc"] = types.ModuleType("shapecalc")  # leave out what it imports
        package.__path__ = ["shapecalc"]
        before = set(sys.modules)
        import shapecalc.size
        print(*set(sys.modules) - before)
    """
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {name.partition(".")[0] for name in loaded.split()} == {"__future__", "shapecalc"}


def test_long_formulas_are_written_whole() -> None:
    size = sum(((H + k) // (5 + 2 * k) for k in range(4)), W)
    assert len(str(size)) > 1000
    assert eval(str(size), {"H": 474, "W": 10}) == size.at(H=474, W=10)


def test_numbers_beyond_floats() -> None:
    huge = 10**400
    size = huge * H * W + W
    assert size >= huge
    assert size.at(H=1, W=2) == 2 * huge + 2
    assert (size >= 2 * huge + 2).at(H=1, W=2)
    assert not (size - huge**2 >= 0).at(H=1, W=2)
    assert str(same(H * huge, 7 * huge)) == "H == 7"
    most: Any = largest(H, huge)
    assert most.at(H=5) == huge


def test_symbols_are_fixed_one_by_one() -> None:
    size = (H // 2) * W * 3 + N
    assert size.given(W=4) == 12 * (H // 2) + N
    assert size.given(W=4, N=1, H=6) == size.at(H=6, W=4, N=1) == 37
    condition: Any = same(size, 60)
    assert str(condition.given(N=6, W=9)) == "4 <= H <= 5"
    assert condition.given(N=6, W=9, H=4) is True
