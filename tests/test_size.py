"""The algebra of sizes against plain integers: one formula text, run on a symbol and on numbers."""

from __future__ import annotations

import doctest
import importlib
import itertools
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.size import (
    CAP,
    Condition,
    Expr,
    SizeLimit,
    at,
    ceil_div,
    divides,
    largest,
    product,
    quotient,
    same,
    smallest,
    symbol,
    whole,
)

H: Any = symbol("H")
W: Any = symbol("W")
N: Any = symbol("N")
HUGE = 10**12
Chain = list[tuple[str, int]]
POINTS = [*range(1, 201), *range(HUGE, HUGE + 30), 2**61 - 1]
FEW = [*POINTS[:24], *POINTS[96:230:60]]

# A chain is a list of (operation, number); `run` is the one formula text, for symbols and for integers.
SMALL = st.integers(-6, 9)
STEP = st.one_of(
    st.tuples(st.just("+"), SMALL),
    st.tuples(st.just("*"), st.integers(-3, 4)),
    st.tuples(st.sampled_from(["//", "ceil", "%"]), st.integers(1, 5)),
    st.tuples(st.sampled_from(["min", "max"]), st.integers(-5, 60)),
    st.tuples(st.sampled_from(["+h//", "min h//", "max -h//"]), st.integers(1, 3)),
    st.tuples(st.sampled_from(["conv", "transposed"]), st.integers(1, 3)),
)
CHAIN = st.lists(STEP, max_size=5)
MONOTONE = st.lists(
    st.one_of(
        st.tuples(st.just("+"), SMALL),
        st.tuples(st.just("*"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["//", "ceil"]), st.integers(1, 7)),
        st.tuples(st.sampled_from(["conv", "transposed"]), st.integers(1, 4)),
    ),
    max_size=6,
)


def run(chain: Chain, h: Any) -> Any:
    size = h
    for operation, k in chain:
        operations: dict[str, Any] = {
            "+": lambda s, k: s + k,
            "*": lambda s, k: k * s,
            "//": lambda s, k: s // k,
            "ceil": ceil_div,
            "%": lambda s, k: s % k,
            "min": smallest,
            "max": lambda s, k: largest(k, s),
            "+h//": lambda s, k: s + h // k,
            "min h//": lambda s, k: smallest(s, h // k),
            "max -h//": lambda s, k: largest(3 - h // k, s),
            "conv": lambda s, k: (s + 2 * k - 2 * (k - 1) - 1) // k + 1,
            "transposed": lambda s, k: (s - 1) * k - 2 + 2 * (k - 1) + 1,
        }
        size = operations[operation](size, k)
    return size


def value(size: Any, **values: int) -> Any:
    return at(size, values)


def text_value(size: Any, **values: int) -> Any:
    return eval(str(size), {"min": min, "max": max}, values)


@settings(max_examples=250, deadline=None)
@given(CHAIN)
def test_a_symbol_runs_through_a_chain_as_every_integer_does(chain: Chain) -> None:
    size = run(chain, H)
    for h in POINTS:
        assert value(size, H=h) == run(chain, h)
    for h in FEW:
        assert text_value(size, H=h) == run(chain, h)
    values = [run(chain, h) for h in POINTS]
    assert isinstance(size, int) == (len(set(values)) == 1 and size == values[0])


@settings(max_examples=150, deadline=None)
@given(CHAIN, CHAIN)
def test_comparisons_and_equality_are_decided_or_conditions(left: Chain, right: Chain) -> None:
    a, b = run(left, H), run(right, H)
    pairs = [(run(left, h), run(right, h)) for h in POINTS]
    for symbolic, plain in [
        (a < b, [x < y for x, y in pairs]),
        (a <= b, [x <= y for x, y in pairs]),
        (a > b, [x > y for x, y in pairs]),
        (a >= b, [x >= y for x, y in pairs]),
        (same(a, b), [x == y for x, y in pairs]),
        (divides(3, a), [x % 3 == 0 for x, _ in pairs]),
    ]:
        if isinstance(symbolic, Condition):
            assert [symbolic.at(H=h) for h in POINTS] == plain
            assert [in_spans(symbolic.spans, h) for h in POINTS] == plain
            assert [text_value(symbolic, H=h) for h in FEW] == [plain[POINTS.index(h)] for h in FEW]
        else:
            assert set(plain) == {symbolic}
    assert (a == b) == all(x == y for x, y in pairs)
    assert (a != b) == any(x != y for x, y in pairs)


def rational(a: Any, b: Any) -> Any:
    return quotient(a, b)


def in_spans(spans: Any, h: Any) -> Any:
    return any(
        h >= first and (h - first) % period < length and (stop is None or h < stop)
        for first, length, period, stop in spans
    )


@settings(max_examples=100, deadline=None)
@given(CHAIN, CHAIN)
def test_sums_differences_and_extremes_of_two_sizes(left: Chain, right: Chain) -> None:
    a, b = run(left, H), run(right, H)
    results = [a + b, a - b, smallest(a, b, 7), largest(a, b)]
    for h in POINTS:
        x, y = run(left, h), run(right, h)
        assert [value(size, H=h) for size in results] == [x + y, x - y, min(x, y, 7), max(x, y)]
    assert smallest(a, b) + largest(a, b) == a + b
    assert smallest(a, b) == smallest(b, a)
    assert str(a + b) == str(b + a)
    assert a + b - b == a


@settings(max_examples=150, deadline=None)
@given(MONOTONE, st.integers(1, 6), st.integers(-4, 9), st.integers(1, 6))
def test_two_routes_to_one_function_are_equal_and_look_alike(chain: Chain, m: int, c: int, n: int) -> None:
    size = run(chain, H)
    routes = [
        [size // m // n, size // n // m, size // (m * n)],
        [(size + c * m) // m, size // m + c],
        [size % m, size - m * (size // m), (size + m * c) % m],
        [sum((size + k) // m for k in range(m)), size],
        [ceil_div(size, m), (size + m - 1) // m, -(-size // m)],
        [smallest(size, size + m), size],
    ]
    for route in routes:
        for other in route[1:]:
            assert other == route[0]
            assert hash(other) == hash(route[0])
            assert str(other) == str(route[0])
    assert size != size + 1 or not isinstance(size, Expr)


@settings(max_examples=40, deadline=None)
@given(MONOTONE, MONOTONE, MONOTONE, st.integers(1, 12), st.integers(1, 12))
def test_products_of_several_symbols(first: Chain, second: Chain, third: Chain, c: int, m: int) -> None:
    def flatten(n: Any, h: Any, w: Any) -> Any:
        return product((n, c, run(first, h), run(second, w)))

    def odd(n: Any, h: Any, w: Any) -> Any:
        return flatten(n, h, w) * m + run(third, h) * run(first, h) - 5 * run(second, w) + n + m

    for formula in (flatten, odd, lambda n, h, w: odd(n, h, w) - n * h * w):
        size = formula(N, H, W)
        for n, h, w in itertools.product((1, 2, 5, HUGE), (1, 2, 3, 11, 30, HUGE + 1), (1, 4, 7, 26)):
            assert value(size, N=n, H=h, W=w) == formula(n, h, w) == text_value(size, N=n, H=h, W=w)
            for answer, truth in [
                (divides(m, size), formula(n, h, w) % m == 0),
                (same(size, 60), formula(n, h, w) == 60),
                (size >= 9, formula(n, h, w) >= 9),
            ]:
                assert (answer.at(N=n, H=h, W=w) if isinstance(answer, Condition) else answer) == truth
    total = flatten(N, H, W)
    rest = quotient(total, N)
    assert rest is not None
    assert rest * N == total
    assert rest == c * run(first, H) * run(second, W)
    part = quotient(total, m)
    if part is not None:
        assert part * m == total
        for n, h in itertools.product((1, 2, 3, 4, 60), range(1, 20)):
            if at_all(whole(part), N=n, H=h, W=9):
                assert value(part, N=n, H=h, W=9) == flatten(n, h, 9) // m == text_value(part, N=n, H=h, W=9)
                assert value(part + h, N=n, H=h, W=9) == flatten(n, h, 9) // m + h
    else:
        assert all(flatten(n, h, w) % m for n, h, w in itertools.product((1, 2, 3), range(1, 9), range(1, 9)))


def at_all(answer: Any, **values: int) -> Any:
    return answer.at(**values) if isinstance(answer, Condition) else answer


@settings(max_examples=60, deadline=None)
@given(MONOTONE, MONOTONE, SMALL, SMALL)
def test_polynomials_are_equal_when_they_agree(first: Chain, second: Chain, c: int, d: int) -> None:
    f, g = run(first, H), run(second, W)
    assert (f + c) * (g + d) == f * g + d * f + c * g + c * d
    assert (f + c) * (g + d) - f * g - d * f - c * g == c * d
    assert hash((f + c) * g) == hash(f * g + g * c)
    assert (f * g == f * g + W) is False
    assert f * (W // 2) + f * ((W + 1) // 2) == f * W
    assert (H // 2) * (H // 2 + 1) + f == (H // 2) * (H // 2) + H // 2 + f


def test_equality_decided_on_a_determining_grid() -> None:
    bit = H % 2
    assert bit * bit == bit
    assert bit * (1 - bit) == 0
    assert isinstance(bit * (1 - bit), int)
    assert bit * (H % 4) != bit
    rare = H // 10**6 % 2  # the first points tried do not tell it from 0
    assert rare * W != W * 0
    assert rare * (W + 1) - rare * W == rare
    assert smallest(H, 3) * smallest(H, 3) != 9


def test_constants_are_integers() -> None:
    for size in (
        H - H,
        H * 0,
        H % 1,
        smallest(H, 1),
        largest(-H, 0),
        H * W - W * H,
        4 * H % 2,
        H // 2 * 2 % 2,
    ):
        assert type(size) is int
    assert [same(H, H), same(H, H + 1), H >= 1, H < 1, H * W >= 1, same(2 * H, 5), same(16 * H * W, 250)] == [
        *(True, False, True, False, True, False, False)
    ]


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
        *[f"algebra.{part}" for part in ("staircase", "pieces", "expr", "condition", "text")],
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
