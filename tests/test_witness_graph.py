"""Rules about the graph: a few random cases of every witness, and their repairs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
import witness_graph

from shapecalc.lint.page import Example, page_of
from shapecalc.lint.rule import RULES, Rule
from shapecalc.read.spec import loads
from shapecalc.repair.changes import retraced
from shapecalc.trace import trace


@pytest.mark.parametrize("witness", witness_graph.WITNESSES, ids=lambda witness: witness.__name__)
def test_witnesses(witness: Callable[[Random], tuple[int, int]]) -> None:
    """`witness_graph.py` as a program measures more."""
    checked, differing = witness_graph.compare(witness, 12, 5)
    assert checked > 0
    assert differing == 0


@pytest.mark.long
@pytest.mark.parametrize("witness", witness_graph.WITNESSES, ids=lambda witness: witness.__name__)
def test_many_witnesses(witness: Callable[[Random], tuple[int, int]]) -> None:
    assert witness_graph.compare(witness, 300, 6)[1] == 0


REPAIRED = ("SHP316", "SHP317", "SHP318", "SHP320", "SHP321", "SHP323", "SHP327")

EXAMPLES = [
    pytest.param(RULES[code], example, id=f"{code}-{number}")
    for code in REPAIRED
    for number, example in enumerate(page_of(RULES[code].page).examples)
    if not example.good
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_repairs(rule: Rule, example: Example) -> None:
    """Each of them traces, and leaves nothing of the rule's; what is safe returns the same shape."""
    before = trace(loads(example.text))
    for finding in rule.findings(before):
        assert finding.repairs
        for repair in finding.repairs:
            after = retraced(before.arch, repair, before.shape_in)
            assert after is not None and after.ok, repair
            assert not list(rule.findings(after)), repair
            assert not finding.keeps_meaning or after.shape_out == before.shape_out


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code.id)
def test_letters_and_odd_graphs(rule: Rule) -> None:
    """No rule trips over symbolic sizes, an architecture without a layer to compare, or an input read twice."""
    for text in (
        "input: 3xHxW\nlayers: ['Conv2d(3, 8, 3)', BatchNorm2d(8), ReLU, 'MaxPool2d(2)', Sigmoid]",
        "input: 3xHxW\nencoder: ['Conv2d(3, 8, 3, stride=2)']\ndecoder: ['ConvTranspose2d(8, 3, 3, stride=2)', Tanh]",
        "input: L\nlayers: [Identity, Dropout, Softmax]",
        "input: 4\nlayers: ['Linear(4, 4)', 'Add(input, x)', 'LSTM(4, 4)', Dropout1d]",
        "input: 2xLx4\nrange: [-1, 1]\nencoder: [Flatten(2)]\ndecoder: [ReLU]",
        "input: 1x6xW\nlayers: [p: 'MaxPool2d(2, return_indices=True)', 'MaxUnpool2d(2, indices=p)']",
    ):
        if rule.is_found_by_lint:
            list(rule.findings(trace(loads(text))))
