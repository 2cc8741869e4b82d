"""The recorded cases: errors at their place, correct networks without a finding (tests/cases_check.py)."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import cases_check

CASES = cases_check.cases()
QUICK = {
    "same-67551",
    "cv-1680",
    "ch-skipseq",
    "up-unpool-38640",
    "ok-mnist-example",
    "ok-vaal",
    "ls-dcgan-61",
}

pytestmark = pytest.mark.skipif(not CASES, reason="the recorded cases are not here")


def params() -> list[Any]:
    """The quick ones always, the others in long runs."""
    return [
        pytest.param(case, id=case["id"], marks=[] if case["id"] in QUICK else pytest.mark.long)
        for case in CASES
    ]


@pytest.mark.parametrize("case", params())
def test_a_recorded_case(case: dict[str, Any]) -> None:
    verdict = cases_check.judged(case)
    assert verdict.right, f"{verdict.found}, recorded {case.get('fail', case['expect'])}\n{verdict.said}"
