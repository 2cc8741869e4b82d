"""Shape patterns: what they match, what they say when they do not, and what is no pattern."""

from __future__ import annotations

import pytest

from shapecalc.layer import Shape
from shapecalc.pattern import Mismatch, PatternError, expected, matched, parse, symbolic
from shapecalc.shapes import N
from shapecalc.size import symbol

W = symbol("w")


@pytest.mark.parametrize(
    ("pattern", "taken", "made", "message"),
    [
        ("b 1 h w -> b 1 h w", (4, 1, 10, 474), (4, 1, 10, 474), None),
        ("b 1 h w -> b 16 h//2 (w+1)//2", (4, 1, 10, 473), (4, 16, 5, 237), None),
        ("b _ h w -> b _ w h", (4, 1, 10, 474), (4, 3, 474, 10), None),
        ("b ... -> b ...", (4, 1, 10, 474), (4, 1, 10, 474), None),
        ("b c ... -> b 2*c ...", (4, 3, 10, 474), (4, 6, 10, 474), None),
        ("b c *space -> b n", (4, 3, 10, 474), (4, 7), None),
        ("... w -> ... w-2", (4, 3, 10), (4, 3, 8), None),
        ("... -> ...", (), (), None),
        ("h-1 h -> h", (4, 5), (5,), None),
        ("b 1 h w -> b 1 h w", (4, 1, 10, 474), (4, 1, 9, 473), "axis 2 of the output is 9, but `h` is 10"),
        ("b 1 h w -> b 1 h w", (4, 3, 10, 474), (4, 3, 10, 474), "axis 1 of the input is 3, but 1 is wanted"),
        ("h h -> h", (4, 5), (4,), "axis 1 of the input is 5, but `h` is 4"),
        ("b 1 h -> b 1 h", (4, 1, 10, 474), (4,), "the input 4x1x10x474 has 4 axes, the pattern 3 axes"),
        ("b c ... -> b", (4,), (4,), "the input 4 has 1 axis, the pattern at least 2 axes"),
        ("b ... -> b ...", (4, 1, 10), (4, 1, 9), "`...` is 1x9 in the output, and 1x10 before it"),
        ("b h, b -> b", (4, 5), (4,), "the pattern has 2 inputs, and there are 1"),
    ],
)
def test_matches(pattern: str, taken: Shape, made: Shape, message: str | None) -> None:
    found = matched(parse(pattern), [taken], [made])
    assert (found.message if isinstance(found, Mismatch) else None) == message


def test_symbols_give_conditions() -> None:
    found = matched(parse("b 1 w -> b 1 w"), [(N, 1, W)], [(N, 1, 2 * (W // 2))])
    assert isinstance(found, list)
    (condition,) = found
    assert (condition.at(w=10), condition.at(w=11)) == (True, False)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a -> b -> c", "more than one arrow"),
        ("... a ... -> a", "more than one `...`"),
        ("h.w -> h", "`h.w` in `h.w -> h` is no size"),
        ("f(h) -> h", "is no size"),
        ("h/2 -> h", "is no size"),
        ("h -> v+1", "nothing gives `v` a size"),
        ("h -> h//0", "divides by 0"),
        ("h k -> h//k", "a divisor is a positive integer"),
        ("h -> 'x'", "is no size"),
    ],
)
def test_what_is_no_pattern(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=message.replace("(", r"\(").replace(".", r"\.")):
        matched(parse(pattern), [(W, symbol("k"))[: len(pattern.split("->")[0].split())]], [(4,)])


def test_the_left_side_as_a_shape() -> None:
    assert symbolic(parse("b 1 10 w, b 3 -> b")) == ((N, 1, 10, W), (N, 3))
    with pytest.raises(PatternError, match="`h//2` leaves the input open"):
        symbolic(parse("b h//2 -> b"))


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("b c h -> b 2*c h//2", (2, 6, 4)),
        ("b ... -> 1 ...", (1, 3, 8)),
        ("b c h -> b _", None),
        ("b c h -> ...", None),
    ],
)
def test_the_output_that_is_asked_for(pattern: str, made: Shape | None) -> None:
    parsed = parse(pattern)
    assert expected(parsed.outputs[0], [(2, 3, 8)], parsed) == made
