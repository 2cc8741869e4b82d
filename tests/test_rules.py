"""Every rule's page is its test: what its bad examples mark is found, and its good ones are quiet."""

from __future__ import annotations

import pytest

import shapecalc as sc
from shapecalc.lint.page import Example, page_of
from shapecalc.lint.rule import RULES, Rule, engine_codes
from shapecalc.lint.selection import Selection
from shapecalc.report import check_text

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code.id}-{'good' if example.good else 'bad'}-{number}")
    for rule in RULES.values()
    for number, example in enumerate(page_of(rule.page).examples)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_examples(rule: Rule, example: Example) -> None:
    """Exactly what is marked is found, with the rule and with all that is on by default."""
    selection = Selection(extend=(rule.code.id,), options={rule.code.name: dict(example.options)})
    report = check_text(example.text, None, selection=selection)
    found = {(problem.place.line if problem.place else 0, problem.code.id) for problem in report.problems}
    assert found == set(example.marked), report
    assert bool(found) != example.good


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code.id)
def test_pages(rule: Rule) -> None:
    page = page_of(rule.page)
    assert page.title and page.text, "a page has a title and a text"
    if rule.is_found_by_lint:
        assert rule.level in ("error", "warning", "note")
        assert page.source, "a rule names its source"
        assert {example.good for example in page.examples} == {True, False}
    assert all(rule.code.id in dict(example.marked).values() for example in page.examples if not example.good)


def test_codes_are_unique_and_named() -> None:
    names = [rule.code.name for rule in RULES.values()]
    assert len(names) == len(set(names))
    for id, code in engine_codes().items():
        assert id not in RULES or RULES[id].code == code


def test_a_failing_trace_has_its_error_alone() -> None:
    report = sc.check(
        sc.loads("input: 1x4x4\nlayers: ['Conv2d(1, 8, 3)', 'BatchNorm2d(8)', 'Conv2d(8, 8, 5)']")
    )
    assert [problem.code.id for problem in report.problems] == ["SHP105"]
