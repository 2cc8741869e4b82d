"""Joint solutions against brute force on a grid."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from size_chains import MONOTONE, Chain, H, N, W, run

from shapecalc.algebra.sets import SizeSet
from shapecalc.algebra.solve import Solution, solve
from shapecalc.size import SizeLimit, divides, quotient, same, smallest, whole

GRID = range(1, 61)
KINDS = [
    "product",
    "product of more",
    "product at least",
    "product at most",
    "multiple",
    "sum",
    "sum at least",
]
KINDS += ["sum's multiple", "same", "order", "row"]
QUESTION = st.tuples(st.sampled_from(KINDS), MONOTONE, MONOTONE, st.integers(1, 60), st.integers(1, 60))


def asked(question: tuple[str, Chain, Chain, int, int], h: Any, w: Any) -> Any:
    kind, left, right, p, q = question
    f, g = run(left, h), run(right, w)
    value = run(left, p) * run(right, q)
    conditions: dict[str, Any] = {
        "product": lambda: same(3 * f * g, 3 * value),
        "product of more": lambda: same(f * g * (w // 2), value * (q // 2)),
        "product at least": lambda: 2 * f * g >= value % 500,
        "product at most": lambda: f * g <= value % 500,
        "multiple": lambda: divides(p, f * g * 2 + q % 2),
        "sum": lambda: same(f + g, run(left, p) + run(right, q)),
        "sum at least": lambda: f - smallest(g, 9) >= p - 9,
        "sum's multiple": lambda: divides(q, f + g),
        "same": lambda: same(f, g),
        "order": lambda: f >= g,
        "row": lambda: same(h % 7, q % 7) if p % 2 else w >= p,
    }
    return conditions[kind]()


def distance(point: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(point, other, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(QUESTION, min_size=1, max_size=2), st.integers(1, 60), st.integers(1, 60))
def test_solutions_are_those_of_the_grid(questions: Any, h: int, w: int) -> None:
    found = solve([asked(question, H, W) for question in questions], ("H", "W"))
    truth = [
        (a, b)
        for a, b in itertools.product(GRID, GRID)
        if all(asked(question, a, b) for question in questions)
    ]
    assert [(a, b) for a, b in itertools.product(GRID, GRID) if found.contains(H=a, W=b)] == truth
    assert found.with_fixed("H", W=w).upto(60) == [a for a, b in truth if b == w]
    assert found.with_fixed("W", H=h).upto(60) == [b for a, b in truth if a == h]
    check_projections(found, truth)
    check_nearest(found, truth, (h, w))


def check_projections(found: Solution, truth: list[tuple[int, int]]) -> None:
    for index, name in enumerate(("H", "W")):
        try:
            axis = found.axis(name)
        except SizeLimit:
            assert len(found.rest) > 1
            continue
        projected = {point[index] for point in truth}
        assert projected <= set(axis.upto(60))
        for value in sorted(set(axis.upto(60)) - projected)[:2]:  # what it goes with lies outside the grid
            others = found.fixed(**{name: value})
            assert (others.axis("HW"[1 - index]).minimum or 0) > 60


def check_nearest(found: Solution, truth: list[tuple[int, int]], point: tuple[int, int]) -> None:
    near = found.nearest(H=point[0], W=point[1])
    best = min(truth, key=lambda other: (distance(point, other), other), default=None)
    if best and distance(point, best) <= 60 - max(point):  # none outside the grid is nearer
        assert near == {"H": best[0], "W": best[1]}
    elif near:
        assert found.contains(**near)
        assert best is None or distance(point, (near["H"], near["W"])) <= distance(point, best)


@settings(max_examples=25, deadline=None)
@given(MONOTONE, MONOTONE, MONOTONE, st.integers(0, 12), st.integers(0, 3))
def test_three_symbols(first: Chain, second: Chain, third: Chain, p: int, kind: int) -> None:
    def condition(n: Any, h: Any, w: Any) -> Any:
        f = run(first, n) * run(second, h) * run(third, w)
        total = run(first, n) + run(second, h) + run(third, w)
        return [same(f, p * 12), f >= p, divides(p + 1, f), same(total, 2 * p)][kind]

    found = solve([condition(N, H, W)], ("H", "N", "W"))
    for n, h, w in itertools.product(range(1, 12), repeat=3):
        assert found.contains(N=n, H=h, W=w) == condition(n, h, w)


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([], "always"),
        ([True, H >= 5], "H ≥ 5"),
        ([H >= 5, H <= 3], "never"),
        ([False, same(H, W)], "never"),
        ([same(16 * H * W, 250)], "never"),
        ([same(2 * (H // 4) * (W // 4), 2 * 49)], "4 ≤ H ≤ 7 and 196 ≤ W ≤ 199, or 28 ≤ H ≤ 31 and 28 ≤ W ≤ 31, or 196 ≤ H ≤ 199 and 4 ≤ W ≤ 7"),
        ([same((H // 4) * (H // 2), 98)], "H = 28, 29"),
        ([N * H * W >= 2], "W ≥ 2, or N ≥ 2, or H ≥ 2"),
        ([divides(4, H * W)], "W ≡ 0 (mod 4), or H ≡ 0 (mod 2) and W ≡ 0 (mod 2), or H ≡ 0 (mod 4)"),
        ([same(H + W, 4)], "H = 1 and W = 3, or H = 2 and W = 2, or H = 3 and W = 1"),
        ([same(H % 2, W % 2)], "H ≡ 1 (mod 2) and W ≡ 1 (mod 2), or H ≡ 0 (mod 2) and W ≡ 0 (mod 2)"),
        ([same(H // 2, W // 3)], "⌊H/2⌋ = ⌊W/3⌋"),
        ([same(H // 2, W // 3), H >= 9], "H ≥ 9, where ⌊H/2⌋ = ⌊W/3⌋"),
        ([same(H // 2, W // 3), same(H * W, 600)], "H = 20 and W = 30"),
    ],
)  # fmt: skip
def test_by_hand(conditions: Any, text: str) -> None:
    assert str(solve(conditions)) == text


def test_boxes_and_rest() -> None:
    whole_rows: Any = quotient(N * H * 25, 16)
    assert solve([whole(whole_rows)]).boxes is not None
    found = solve([same(H, W), H >= 3], ("H", "N", "W"))
    assert (found.symbols, found.boxes, len(found.frame), len(found.rest)) == (("H", "N", "W"), None, 1, 1)
    assert found.fixed(H=7).boxes == ({"N": SizeSet.all("N"), "W": SizeSet.of("W", [7])},)
    assert found.with_fixed("W") == SizeSet.from_condition(W >= 3)
    assert found.nearest(H=1, W=9, N=2) == {"H": 3, "N": 2, "W": 3}
    assert solve([H >= 2], never=True).nearest(H=3) is None
    assert not solve([same(H, W + 1), H <= 1])
    with pytest.raises(KeyError, match="X"):
        found.axis("X")


def test_projections_along_a_tree_of_conditions() -> None:
    found = solve([same(H // 2, 3 * W), same(W, 5 * N + 1), N >= 2])
    assert str(found.axis("H")) == "H ≡ 6, 7 (mod 30), H ≥ 66"
    assert str(found.axis("N")) == "all N ≥ 2"
    with pytest.raises(SizeLimit, match="circle"):
        solve([same(H, W), same(H // 2, W // 3), H >= W]).axis("H")


def test_what_does_not_come_apart_is_kept() -> None:
    kept: Any
    for kept in (same(H * W, N * (H + W)), H * W >= 10**12, same(H * W, (10**9 + 7) * (10**9 + 9)), H >= W):
        found = solve([kept])
        assert found.rest == (kept,)
        point = {"H": 10**9 + 7, "W": 10**9 + 9, "N": 10**8}
        assert found.contains(**point) == kept.at(**point)
        assert found.with_fixed("W", H=4, N=3) == SizeSet.from_condition(kept.given(H=4, N=3))
    with pytest.raises(SizeLimit, match="not found"):
        solve([same(H * W, N * (H + W))]).axis("H")
    assert solve([same(H * 10**9, W)]).nearest(H=10**6, W=1) is None  # too far to search
    assert solve([same(H * W, N * (H + W)), H <= 4, W <= 4]).axis("N").upto(9) == [1, 2]


def test_huge_sizes() -> None:
    found = solve([same((H // 4) * (W // 4), 10**12)])
    assert found.nearest(H=10**6, W=10**6) == {"H": 4 * 10**6, "W": 4 * 10**6}
    assert found.contains(H=4, W=4 * 10**12 + 3)
    assert str(solve([same(H * 10**400, 3 * 10**400 * W)]).axis("H")) == "H ≡ 0 (mod 3)"


def test_importing_the_package_leaves_them_out() -> None:
    code = "import sys, shapecalc.size; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "algebra.formula" in loaded
    assert "algebra.sets" not in loaded
    assert "algebra.solve" not in loaded
