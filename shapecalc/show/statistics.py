"""How often each code was found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from ..problem import Code, Problem


def counts(problems: Iterable[Problem]) -> list[tuple[int, Code, str]]:
    """Number, code and severity of what was found, the most frequent first."""
    found = Counter((problem.code, problem.severity) for problem in problems)
    return sorted(((number, *key) for key, number in found.items()), key=lambda row: (-row[0], row[1]))


def statistics(problems: Iterable[Problem]) -> str:
    """A line for each code: number, code, severity, name."""
    rows = counts(problems)
    width = max((len(str(number)) for number, _, _ in rows), default=0)
    return "".join(
        f"{number:>{width}}  {code.id}  {severity:<7}  {code.name}\n" for number, code, severity in rows
    )


def statistics_json(problems: Iterable[Problem]) -> str:
    """The same as a JSON array."""
    rows = [
        {"code": code.id, "name": code.name, "severity": severity, "count": number}
        for number, code, severity in counts(problems)
    ]
    return json.dumps(rows, indent=2) + "\n"
