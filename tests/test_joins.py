"""Joins: which layer a name or a path means."""

from __future__ import annotations

import pytest

from shapecalc.problem import SpecError
from shapecalc.read.spec import loads
from shapecalc.report import check_text


def graph(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Each node's path below `layers` and the sources that it reads: 0 the input, n the n-th node."""
    return [(node.path.removeprefix("layers."), node.sources) for node in loads(f"layers:\n{text}").nodes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a name, and what the layer above returns
        ("- a: ReLU\n- Tanh\n- Cat(x, a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- a: ReLU\n- Tanh\n- Add(a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- ReLU\n- Add(x, input)", [("0", (0,)), ("1", (1, 0))]),
        ("- ReLU\n- Cat: [x, input]", [("0", (0,)), ("1", (1, 0))]),
        ("- ReLU\n- Cat(x, input, x, dim=2)", [("0", (0,)), ("1", (1, 0, 1))]),
        # a layer called x or input is that layer
        ("- x: ReLU\n- Tanh\n- Add(x, input)", [("x", (0,)), ("1", (1,)), ("2", (1, 0))]),
        ("- input: ReLU\n- Tanh\n- Add(x, input)", [("input", (0,)), ("1", (1,)), ("2", (2, 1))]),
        # paths, from the own block outwards, then from the top
        ("- [ReLU, Tanh]\n- Cat(x, layers.0.0)", [("0.0", (0,)), ("0.1", (1,)), ("1", (2, 1))]),
        ("- [ReLU, Tanh]\n- Cat(x, 0.0)", None),
        ("- b: [ReLU, Tanh]\n- Cat(x, b.0, b)", [("b.0", (0,)), ("b.1", (1,)), ("1", (2, 1, 2))]),
        (
            "- b: [a: ReLU, c: [ReLU, 'Cat(x, b.a, a)']]",
            [("b.a", (0,)), ("b.c.0", (1,)), ("b.c.1", (2, 1, 1))],
        ),
        # the nearest of two, and one that stands anywhere
        (
            "- p: [a: ReLU]\n- q: [a: Tanh, 'Add(x, a)']\n- Add(p.a, q.a)",
            [("p.a", (0,)), ("q.a", (1,)), ("q.1", (2, 2)), ("2", (1, 2))],
        ),
        ("- p: [[[a: ReLU]]]\n- Add(x, a)", [("p.0.0.a", (0,)), ("1", (1, 1))]),
        # each turn of a repeat has its own
        (
            "- repeat: 2\n  layers: [a: ReLU, 'Add(x, a)']",
            [("0.0.a", (0,)), ("0.0.1", (1, 1)), ("0.1.a", (2,)), ("0.1.1", (3, 3))],
        ),
        # inputs by their names
        ("- p: MaxPool2d(2)\n- ReLU\n- MaxUnpool2d(2, indices=p)", [("p", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- p: MaxPool2d(2)\n- MaxUnpool2d: {kernel_size: 2, indices: p}", [("p", (0,)), ("1", (1, 1))]),
        ("- a: ReLU\n- Tanh\n- Bilinear(4, 4, 5, input2=a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- a: ReLU\n- Tanh\n- Conv2d(3, 8, 3, input=a)", [("a", (0,)), ("1", (1,)), ("2", (1,))]),
        (
            "- a: ReLU\n- MultiheadAttention(8, 2, key=a, value=input)",
            [("a", (0,)), ("1", (1, 1, 0))],
        ),
        # leading names of functional kinds
        ("- a: ReLU\n- Tanh\n- Crop(x, a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- a: ReLU\n- Tanh\n- Crop(x, like=a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- a: ReLU\n- Tanh\n- View(a, N, -1)", [("a", (0,)), ("1", (1,)), ("2", (1,))]),
        ("- a: ReLU\n- Tanh\n- View: [a, N, -1]", [("a", (0,)), ("1", (1,)), ("2", (1,))]),
        ("- a: ReLU\n- Tanh\n- MatMul(a)", [("a", (0,)), ("1", (1,)), ("2", (2, 1))]),
        ("- Pad: [[1, 1], reflect]", [("0", (0,))]),
    ],
)
def test_joins(text: str, expected: list[tuple[str, tuple[int, ...]]] | None) -> None:
    if expected is None:  # an integer alone is no name
        with pytest.raises(SpecError):
            graph(text)
    else:
        assert graph(text) == expected


def test_joins_across_sections() -> None:
    arch = loads(
        "encoder: [a: ReLU, ReLU]\nbottleneck: [ReLU]\n"
        "decoder: ['Add(x, a)', 'Add(x, encoder.1)', 'Add(x, encoder, bottleneck)']"
    )
    assert [node.sources for node in arch.nodes[3:]] == [(3, 1), (4, 2), (5, 2, 3)]


def test_reading_is_linear_in_its_errors_too() -> None:
    """A late mistake in a long file is found without looking at all the others again."""
    lines = "".join(f"  - a{i}: ReLU\n  - Add(x, a{i})\n" for i in range(5_000))
    (problem,) = check_text(f"layers:\n{lines}  - Add(x, a5000)\n  - a5000: ReLU\n", None).problems
    assert problem.message == "`a5000` stands below; a join reads only layers above it"
    assert problem.place == (10_002, 12, 10_002, 17)
