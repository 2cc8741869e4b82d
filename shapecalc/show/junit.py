"""JUnit's XML, which CI servers show as test results: a suite for each file, a case for each finding.

Errors and warnings are failures; a note is a case that passes and says it in `system-out`; a file without
findings is one case that passes; a file that could not be read is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from ..problem import Problem
from .formats import Judged
from .text import visible

CLEAN = "shapes"


def document(reports: Sequence[Judged], alone: bool, charset: str) -> str:
    """The reports as one XML document in ASCII, with references for all other characters."""
    suites = [_suite(report) for report in reports]
    counts = [sum(numbers) for numbers in zip(*(suite[0] for suite in suites))] or [0, 0, 0]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<testsuites name="shapecalc"{_counted(counts)}>']
    lines += [line for suite in suites for line in suite[1]]
    text = "\n".join([*lines, "</testsuites>"]) + "\n"
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _suite(report: Judged) -> tuple[list[int], list[str]]:
    """A file's numbers of cases, failures and errors, and its lines."""
    path = report.path or "<text>"
    cases = [
        _case(path, problem, report.trace is None and problem.place is None) for problem in report.problems
    ]
    if not cases:
        cases = [(0, 0, [f'<testcase name={_quoted(CLEAN)} classname={_quoted(path)} time="0"/>'])]
    counts = [len(cases), sum(case[0] for case in cases), sum(case[1] for case in cases)]
    head = f'  <testsuite name={_quoted(path)}{_counted(counts)} skipped="0" time="0">'
    return counts, [head, *(f"    {line}" for case in cases for line in case[2]), "  </testsuite>"]


def _case(path: str, problem: Problem, unusable: bool) -> tuple[int, int, list[str]]:
    """Whether a problem is a failure, whether it is an error, and its lines."""
    at = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
    layer = f" {problem.path}" if problem.path else ""
    name = f"{problem.code.id} {problem.code.name}{layer}{' ' + at[1:] if at else ''}"
    lines = [path + at, f"{problem.severity}[{problem.code.id}]: {problem.message}"]
    lines += [f"note: {problem.note}"] if problem.note else []
    lines += [f"help: {problem.help}"] if problem.help else []
    body = "\n".join(escape(visible(line)) for line in lines)
    tag = "error" if unusable else "system-out" if problem.severity == "note" else "failure"
    said = (
        "" if tag == "system-out" else f" message={_quoted(problem.message)} type={_quoted(problem.code.id)}"
    )
    return (
        int(tag == "failure"),
        int(tag == "error"),
        [
            f'<testcase name={_quoted(name)} classname={_quoted(path)} time="0">',
            f"  <{tag}{said}>{body}</{tag}>",
            "</testcase>",
        ],
    )


def _counted(counts: Sequence[int]) -> str:
    return "".join(f' {name}="{count}"' for name, count in zip(("tests", "failures", "errors"), counts))


def _quoted(text: str) -> str:
    return quoteattr(visible(text))
