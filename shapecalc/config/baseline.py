"""A baseline: the findings that were there when the linter was taken up. Known ones are held back, new ones shown.

A finding is known by its file, its code and the text of its layer, so that moved lines and renumbered layers keep it,
and a changed argument does not. Of findings that look the same a baseline knows a number.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..files import write_whole
from ..lint.identity import Identity, identities
from ..problem import Problem
from ..report import Report
from ..version import __version__

VERSION = 1


class BaselineError(ValueError):
    """The file is no baseline, or cannot be read."""


class Known(NamedTuple):
    """A file's name as the baseline has it, and what is known of it."""

    path: str
    identity: Identity


class Baseline:
    """What a baseline file knows, and what a run finds.

    `held` counts the findings that were known, `gone` those of the checked files that are there no more.
    """

    def __init__(self, path: str, known: Mapping[Known, int]) -> None:
        self.path = path
        self.known = Counter(known)
        self.found: Counter[Known] = Counter()
        self.checked: set[str] = set()

    def without_known(self, report: Report) -> Report:
        """The report with its new findings only."""
        name = self._name(report.path)
        self.checked.add(name)
        new: list[Problem] = []
        for problem, identity in identities(report.problems, report.trace, report.text):
            known = Known(name, identity)
            self.found[known] += 1
            if self.found[known] > self.known[known]:
                new.append(problem)
        return report._replace(problems=tuple(new))

    @property
    def held(self) -> int:
        """How many findings were known."""
        return (self.known & self.found).total()

    @property
    def new(self) -> int:
        """How many findings were not."""
        return (self.found - self.known).total()

    @property
    def gone(self) -> int:
        """How many known findings of the checked files were not found."""
        return sum(count for known, count in (self.known - self.found).items() if known.path in self.checked)

    def write(self) -> None:
        """Write what was found, and what is known of files that were not checked and still exist.

        Whole or not at all; raises `OSError`.
        """
        kept = {
            known: count
            for known, count in self.known.items()
            if known.path not in self.checked and os.path.lexists(os.path.join(self._folder, known.path))
        }
        write_whole(self.path, _text(kept | dict(self.found)), force=True)

    @property
    def _folder(self) -> str:
        return os.path.dirname(os.path.abspath(self.path))

    def _name(self, path: str | None) -> str:
        """The file's path from the baseline's folder, so that both can be moved together."""
        if path is None or path == "<stdin>":
            return "<stdin>"
        return os.path.relpath(os.path.abspath(path), self._folder).replace(os.sep, "/")


def read(path: str, may_be_missing: bool = False) -> Baseline:
    """The baseline in a file, an empty one where it may be missing and is. Raises `BaselineError`."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        if may_be_missing:
            return Baseline(path, {})
        raise BaselineError("there is no such file; --update-baseline makes it") from None
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"is no baseline: {error}") from None
    return Baseline(path, dict(_findings(content)))


def _findings(content: object) -> Iterable[tuple[Known, int]]:
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise BaselineError(f"is no baseline of version {VERSION}")
    try:
        for item in content["findings"]:
            path, code, at, count = (item[key] for key in ("path", "code", "at", "count"))
            if not all(isinstance(text, str) for text in (path, code, at)) or not isinstance(count, int):
                raise TypeError
            yield Known(path, Identity(code, at)), count
    except (KeyError, TypeError):
        raise BaselineError("is no baseline: a finding has `path`, `code`, `at` and `count`") from None


def _text(counts: Mapping[Known, int]) -> str:
    """The file: a finding on a line, in order, so that a change of it reads well."""
    lines = [
        json.dumps({"path": known.path, "code": known.identity.code, "at": known.identity.at, "count": count})
        for known, count in sorted(counts.items())
    ]
    inner = ",\n".join(f"    {line}" for line in lines)
    listed = f"[\n{inner}\n  ]" if lines else "[]"
    tool = json.dumps(f"shapecalc {__version__}")
    return f'{{\n  "version": {VERSION},\n  "tool": {tool},\n  "findings": {listed}\n}}\n'
