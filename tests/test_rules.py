"""Every rule's page is its test: what its bad examples mark is found, and its good ones are quiet."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc as sc
from shapecalc.lint import rule as rule_module
from shapecalc.lint import rules
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


NEW_RULE = '''"""A layer is called Bob.

Bob is no name for a layer.

Bad:
    input: 4
    layers:
      - bob: ReLU  # SHP399

Good:
    input: 4
    layers:
      - alice: ReLU

Source: nobody.
"""

from shapecalc.lint.rule import Finding

LEVEL = "warning"


def findings(trace, *, name="bob"):
    for number, step in enumerate(trace.steps):
        if step.path.endswith(name):
            yield Finding(number, f"it is called {name}")
'''


def test_a_new_rule_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the folder of rules is found, selected, configured and has its page, with nothing else touched."""
    (tmp_path / "shp399_called_bob.py").write_text(NEW_RULE)
    monkeypatch.setattr(rules, "__path__", [str(tmp_path), *rules.__path__])
    rule_module._rules.cache_clear()
    try:
        (rule,) = RULES.find("called-bob")
        (bad, good) = page_of(rule.page).examples
        assert (rule.level, rule.options, page_of(rule.page).source) == (
            "warning",
            {"name": "bob"},
            "nobody.",
        )
        for example in (bad, good):
            found = check_text(example.text, None).problems
            assert [(problem.place and problem.place.line, problem.code.id) for problem in found] == [
                *example.marked
            ]
        assert check_text(bad.text, None, selection=Selection(ignore=("called-bob",))).problems == ()
        options = Selection(options={"called-bob": {"name": "alice"}})
        assert check_text(good.text, None, selection=options).fails
    finally:
        rule_module._rules.cache_clear()
