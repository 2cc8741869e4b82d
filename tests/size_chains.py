"""Chains of operations, run on a symbol and on integers by one formula text."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shapecalc.size import at, ceil_div, largest, smallest, symbol

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
