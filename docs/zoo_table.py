"""The page of the zoo: what is published of each network, and what `shapecalc check` says of it.

Everything in the table but titles and sources is read from a trace; `tests/test_zoo.py` holds the parameters
and sizes against `examples/zoo/published.yaml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

import shapecalc as sc
from shapecalc.problem import Problem
from shapecalc.shapes import spell

ZOO = Path(__file__).parent.parent / "examples" / "zoo"

INTRODUCTION = """\
# Zoo

Published networks as specs, each with the sizes and the number of parameters that its paper or its best known
implementation has, and what `shapecalc check` says of them when nothing is selected or ignored. They are in
[examples/zoo](../examples/zoo). Made from the specs by `docs/zoo_table.py`.

| architecture | input | output | parameters | source of the count | findings at default |
| --- | --- | --- | ---: | --- | --- |
"""


def published() -> dict[str, dict[str, Any]]:
    """What `examples/zoo/published.yaml` says of each spec, by the spec's file name without its endings."""
    table: dict[str, dict[str, Any]] = yaml.safe_load((ZOO / "published.yaml").read_text(encoding="utf-8"))
    return table


def zoo_page() -> str:
    """The page."""
    return INTRODUCTION + "".join(row(name, facts) for name, facts in published().items())


def row(name: str, facts: Mapping[str, Any]) -> str:
    """A network's line in the table."""
    report = sc.check(ZOO / f"{name}.arch.yaml")
    trace = report.trace
    if trace is None or trace.output is None:
        raise ValueError(f"{name} does not run: {report.problems[0].message}")
    cells = [
        f"[{facts['title']}](../examples/zoo/{name}.arch.yaml)",
        spell(trace.input),
        spell(trace.output),
        f"{sum(step.params for step in trace.steps):,}",
        facts["source"],
        findings(report.problems),
    ]
    return f"| {' | '.join(cells)} |\n"


def findings(problems: Iterable[Problem]) -> str:
    """Problems counted by name and severity, as in "25 notes `bias-before-norm`"."""
    counts = Counter((problem.severity, problem.code.name) for problem in problems)
    return (
        ", ".join(
            f"{count} {severity}{'s' * (count > 1)} `{name}`" for (severity, name), count in counts.items()
        )
        or "none"
    )
