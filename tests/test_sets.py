"""Size sets against Python's sets: every operation, on 1..2000 and beyond 10**18."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from size_chains import CHAIN, H, W, run

from shapecalc.algebra.sets import SizeSet
from shapecalc.size import CAP, SizeLimit, divides, same

LAST = 2000
UNIVERSE = range(1, LAST + 1)
FAR = range(10**18, 10**18 + 100)

SPANS = st.lists(
    st.tuples(
        st.integers(1, 60), st.integers(1, 5), st.integers(1, 30), st.sampled_from([None, 20, 75, 1000])
    ),
    max_size=3,
)
CONDITIONS = st.lists(
    st.tuples(
        CHAIN, st.sampled_from([">=", "<=", "==", "%", "same", "square", "times"]), st.integers(1, 40), CHAIN
    ),
    min_size=1,
    max_size=2,
)


def asked(question: Any, h: Any) -> Any:
    """The condition; True or False for an integer h."""
    chain, relation, k, other = question
    size = run(chain, h)
    conditions: dict[str, Any] = {
        ">=": lambda: size >= k,
        "<=": lambda: size <= k,
        "==": lambda: same(size, k),
        "%": lambda: divides(k, size),
        "same": lambda: same(size, run(other, h)),
        "square": lambda: same(size * size, 4 * k * k),
        "times": lambda: same(size * run(other, h), 6 * k) if k % 2 else size * run(other, h) <= 100 * k,
    }
    return conditions[relation]()


as_set = SizeSet.from_condition


def spelled(spans: Any) -> tuple[SizeSet, set[int], set[int]]:
    """A set made by unions and intersections, and its members near and far."""
    made = SizeSet.none()
    near: set[int] = set()
    far: set[int] = set()
    for first, length, period, stop in spans:
        length = min(length, period)
        part = as_set((H - first) % period <= length - 1) & as_set(H - first >= 0)
        if stop is not None:
            part -= as_set(H - stop >= 0)
        made |= part
        for universe, found in ((UNIVERSE, near), (FAR, far)):
            found |= {
                h
                for h in universe
                if h >= first and (h - first) % period < length and (stop is None or h < stop)
            }
    return made, near, far


@settings(max_examples=150, deadline=None)
@given(SPANS, SPANS)
def test_the_algebra_of_sets(left: Any, right: Any) -> None:
    (a, near_a, far_a), (b, near_b, far_b) = spelled(left), spelled(right)
    everything, far = set(UNIVERSE), set(FAR)
    for made, near, distant in [
        (a, near_a, far_a),
        (a & b, near_a & near_b, far_a & far_b),
        (a | b, near_a | near_b, far_a | far_b),
        (a - b, near_a - near_b, far_a - far_b),
        (a ^ b, near_a ^ near_b, far_a ^ far_b),
        (~a, everything - near_a, far - far_a),
    ]:
        assert set(made.upto(LAST)) == near
        assert {h for h in FAR if h in made} == distant
        assert made.first(5) == sorted(near)[:5]
        assert bool(made) == bool(near)
        assert made.minimum == min(near, default=None)
        if made.finite:
            assert (len(made), made.maximum) == (len(near), max(near, default=None))
        assert eval(f"[{made.plain()} for H in range(1, 300)]") == [h in near for h in range(1, 300)]
    assert (a <= b) == (near_a <= near_b and far_a <= far_b)
    assert (a == b) == (near_a == near_b and far_a == far_b)
    again = ~(~a & ~b)
    assert again == a | b
    assert hash(again) == hash(a | b)
    assert str(again) == str(a | b)
    assert (a | b) - b <= a
    assert not a & ~a


@settings(max_examples=100, deadline=None)
@given(SPANS, st.integers(1, 1200))
def test_neighbours(spans: Any, h: int) -> None:
    a, near, _ = spelled(spans)
    below, above = (
        max((x for x in near if x <= h), default=None),
        min((x for x in near if x >= h), default=None),
    )
    assert (a.below(h), a.above(h)) == (below, above)
    assert a.below(h, strict=True) == max((x for x in near if x < h), default=None)
    assert a.above(h, strict=True) == min((x for x in near if x > h), default=None)
    assert a.nearest(h) == min(near, key=lambda x: (abs(x - h), x), default=None)


@settings(max_examples=150, deadline=None)
@given(CONDITIONS)
def test_conditions_become_the_sets_where_they_hold(conditions: Any) -> None:
    made, truth = SizeSet.all(), set(UNIVERSE)
    for question in conditions:
        made &= as_set(asked(question, H))
        truth = {h for h in truth if asked(question, h)}
    assert set(made.upto(LAST)) == truth
    for h in FAR[:20]:
        assert (h in made) == all(asked(question, h) for question in conditions)


class TestText:
    mod4, mod16 = SizeSet.from_condition(divides(4, H)), SizeSet.from_condition(divides(16, H))
    one = SizeSet.from_condition(same(H % 4, 1))

    @pytest.mark.parametrize(
        ("made", "text", "plain"),
        [
            (SizeSet.all(), "all H", "H >= 1"),
            (SizeSet.none("W"), "none", "False"),
            (as_set(H >= 5), "all H ≥ 5", "H >= 5"),
            (SizeSet.of("H", [28]), "only 28", "H == 28"),
            (SizeSet.of("H", [30, 28, 0, -3]), "only 28, 30", "H in (28, 30)"),
            (SizeSet.between("H", 13, 20), "13 ≤ H ≤ 20", "13 <= H <= 20"),
            (as_set(H <= 9), "H ≤ 9", "H <= 9"),
            (mod16, "H ≡ 0 (mod 16)", "H % 16 == 0"),
            (~mod16, "H ≢ 0 (mod 16)", "H % 16 != 0"),
            (one & as_set(H >= 10), "H ≡ 1 (mod 4), H ≥ 13", "H % 4 == 1 and H >= 13"),
            (mod4 | one, "H ≡ 0, 1 (mod 4)", "H % 4 in (0, 1)"),
            (mod16 - SizeSet.of("H", [16]), "H ≡ 0 (mod 16), H ≥ 32", "H % 16 == 0 and H >= 32"),
            (mod16 - SizeSet.of("H", [32]), "H ≡ 0 (mod 16) except 32", "H % 16 == 0 and not (H == 32)"),
            (
                (mod4 & as_set(H >= 10)) | SizeSet.of("H", [5]),
                "H ≡ 0 (mod 4), H ≥ 12, and 5",
                "(H % 4 == 0 and H >= 12) or H == 5",
            ),
            (~SizeSet.of("H", [7]), "all H except 7", "H >= 1 and not (H == 7)"),
            (mod4 & as_set(H <= 400), "H ≡ 0 (mod 4), 4 ≤ H ≤ 400", "H % 4 == 0 and 4 <= H <= 400"),
            (as_set(H % 16 <= 8), "H ≡ 0..8 (mod 16)", "0 <= H % 16 < 9"),
        ],
    )
    def test_how_it_is_written(self, made: SizeSet, text: str, plain: str) -> None:
        assert (str(made), made.pretty(), made.plain()) == (text, text, plain)

    def test_long_lists_are_cut_for_people_only(self) -> None:
        made = SizeSet.of("H", range(1, 999, 3))
        assert str(made) == "only 1, 4, 7, 10, 13, 16, … (333 sizes)"
        assert eval(made.plain(), {"H": 997})

    def test_a_set_as_a_clause(self) -> None:
        assert SizeSet.of("H", [28, 30]).clause() == "H = 28, 30"
        assert as_set(H >= 5).clause() == "H ≥ 5"
        assert self.mod16.clause() == "H ≡ 0 (mod 16)"
        assert SizeSet.all().clause() == "all H"


def test_long_periods_and_huge_sizes_cost_nothing() -> None:
    size = H
    for stride in (7, 11, 13, 16):
        size = (size - 1) // stride + 1
    for stride in (16, 13, 11, 7):
        size = (size - 1) * stride + 1
    strides, poolings = as_set(same(size, H)), as_set(divides(2**20, H))
    assert (str(strides), str(~poolings)) == ("H ≡ 1 (mod 16016)", "H ≢ 0 (mod 1048576)")
    assert str(strides & as_set(divides(2**20, H + 15))).endswith(f"(mod {1001 * 2**20})")
    assert poolings.nearest(10**18) == 10**18 // 2**20 * 2**20
    above = poolings & as_set(H >= 10**18)
    below = poolings - above
    assert len(below) == (10**18 - 1) // 2**20
    assert below | above == poolings
    assert below | as_set(H >= 10**18) != poolings
    assert (below | as_set(same(H % 7, 3)) & as_set(H >= 10**18)).below(10**18) == below.maximum
    assert as_set(divides(10**400, H)).minimum == 10**400


def test_limits_are_said() -> None:
    with pytest.raises(SizeLimit, match=str(CAP)):
        as_set(divides(2**20, H)) | as_set(divides(3**12, H))
    with pytest.raises(TypeError, match="no end"):
        len(SizeSet.all())
    with pytest.raises(ValueError, match="do not combine"):
        print(SizeSet.all("H") & SizeSet.all("W"))
    with pytest.raises(ValueError, match="H and W"):
        SizeSet.from_condition(same(H, W))


def test_sets_as_values() -> None:
    a = SizeSet.of("H", [3, 4])
    assert (a < SizeSet.all(), a > a, a >= a) == (True, False, True)
    assert (list(a), 3 in a, "3" in a, 0 in SizeSet.all()) == ([3, 4], True, False, False)
    assert list(itertools.islice(~a, 4)) == [1, 2, 5, 6]
    assert len({a, SizeSet.between("H", 3, 4)}) == 1
