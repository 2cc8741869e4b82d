"""The algebra of sizes against plain integers: one formula text, run on a symbol and on numbers."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from size_chains import CHAIN, FEW, HUGE, MONOTONE, POINTS, SMALL, Chain, H, N, W, run, text_value, value

from shapecalc.size import (
    Condition,
    Expr,
    ceil_div,
    divides,
    largest,
    product,
    quotient,
    same,
    smallest,
    whole,
)


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
        for n, h, w in itertools.product((1, 2, HUGE), (1, 2, 3, 11, HUGE + 1), (1, 4, 26)):
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
