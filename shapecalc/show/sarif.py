"""SARIF 2.1.0 (OASIS), which code scanning takes: results with regions, fixes and their rules' pages.

Lines and columns count from 1, columns in code points (`columnKind`), and an end column is the one behind
the region, all as in `Place`. Paths are relative to `%SRCROOT%`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ..lint.identity import identities
from ..lint.page import page_of
from ..lint.rule import RULES
from ..problem import Code, Fix, Label, Place, Problem
from ..version import __version__
from .formats import Judged
from .paths import from_root

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Object = dict[str, Any]


def document(reports: Sequence[Judged], alone: bool, charset: str) -> str:
    """The reports as one run, in ASCII."""
    unusable = [report for report in reports if _is_unusable(report)]
    usable = [report for report in reports if not _is_unusable(report)]
    codes = {problem.code: problem.severity for report in usable for problem in report.problems}
    ordered = sorted(codes)
    paths = [report.path for report in usable if report.path]
    run = {
        "tool": {"driver": _driver([(code, codes[code]) for code in ordered])},
        "invocations": [_invocation(unusable)],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "artifacts": [{"location": _location(path)} for path in dict.fromkeys(paths)],
        "results": [result for report in usable for result in _results(report, ordered)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _is_unusable(report: Judged) -> bool:
    return report.trace is None and all(problem.place is None for problem in report.problems)


def _driver(codes: list[tuple[Code, str]]) -> Object:
    return {
        "name": "shapecalc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code, severity) for code, severity in codes],
    }


def _rule(code: Code, severity: str) -> Object:
    """What SARIF says of a rule: its page, where it has one."""
    rule = RULES.get(code.id)
    page = page_of(rule.page) if rule and rule.page else None
    metadata: Object = {
        "id": code.id,
        "name": "".join(part.capitalize() for part in code.name.split("-")),
        "shortDescription": {"text": page.title if page else code.name.replace("-", " ")},
        "defaultConfiguration": {"level": rule.level if rule else severity},
    }
    if page:
        said = f"{page.text}\n\nSource: {page.source}" if page.source else page.text
        metadata["fullDescription"] = {"text": page.text.split("\n\n")[0]}
        metadata["help"] = {"text": said, "markdown": said}
    return metadata


def _invocation(unusable: list[Judged]) -> Object:
    """How the run went: files that could not be read are no results, but mean that it is not complete."""
    notes = [
        {"level": "error", "message": {"text": problem.message}, "locations": [_physical(report.path, None)]}
        for report in unusable
        for problem in report.problems
    ]
    return {"executionSuccessful": not notes} | ({"toolExecutionNotifications": notes} if notes else {})


def _results(report: Judged, codes: list[Code]) -> list[Object]:
    seen: dict[object, int] = {}
    results = []
    for problem, identity in identities(report.problems, report.trace, report.text):
        seen[identity] = seen.get(identity, 0) + 1
        results.append(
            _result(problem, report.path, codes)
            | {"partialFingerprints": {"shapecalc/v1": f"{_digest(*identity)}:{seen[identity]}"}}
        )
    return results


def _digest(*parts: str) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _result(problem: Problem, path: str | None, codes: list[Code]) -> Object:
    said = [problem.message]
    said += [f"note: {problem.note}"] if problem.note else []
    said += [f"help: {problem.help}"] if problem.help else []
    location = _physical(path, problem.place)
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path, "kind": "member"}]
    result: Object = {
        "ruleId": problem.code.id,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": "\n".join(said)},
        "locations": [location],
    }
    if problem.labels:
        result["relatedLocations"] = [_related(label, path) for label in dict.fromkeys(problem.labels)]
    if problem.fix and path:
        result["fixes"] = [_fix(problem.fix, problem.help or problem.message, path)]
    return result


def _related(label: Label, path: str | None) -> Object:
    return _physical(path, label.place) | {"message": {"text": label.text}}


def _fix(fix: Fix, said: str, path: str) -> Object:
    """The edits; an insertion deletes a region without length, as SARIF has it."""
    replacements = [
        {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.text}} for edit in fix.edits
    ]
    change = {"artifactLocation": _location(path), "replacements": replacements}
    return {"description": {"text": said}, "artifactChanges": [change]}


def _physical(path: str | None, place: Place | None) -> Object:
    physical: Object = {"artifactLocation": _location(path)}
    if place:
        physical["region"] = _region(place)
    return {"physicalLocation": physical}


def _location(path: str | None) -> Object:
    """A relative URI with its base, or that of a file outside of it."""
    if path is None or path == "<stdin>":
        return {"uri": "stdin"}
    rooted = from_root(path)
    uri = quote(rooted.encode("utf-8", "surrogateescape"))
    if rooted.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _region(place: Place) -> Object:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
