"""Configuration: what a file says of the specs below it, and what the command line makes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ..lint.selection import Selection
from ..lint.selectors import named


class ConfigError(ValueError):
    """A configuration cannot be understood, or not be read; the message names file, line and key."""


class Config(NamedTuple):
    """What a configuration file says; `folder` is the one that its patterns and paths are relative to."""

    folder: str = "."
    select: Sequence[str] | None = None
    extend_select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    per_file_ignores: Mapping[str, Sequence[str]] = {}
    exclude: Sequence[str] = ()
    profile: str | None = None
    options: Mapping[str, Mapping[str, Any]] = {}
    format: str | None = None
    baseline: str | None = None
    unsafe_fixes: bool = False

    def selection(self, path: str, asked: Selection = Selection()) -> Selection:
        """What is on for the spec at `path`, where the command line asked for this much.

        What the command line selects replaces the file's choice altogether; what it adds or takes away comes
        on top of it, and what is ignored for this file stays so.
        """
        select, extend, ignore = asked.select, asked.extend, asked.ignore
        if select is None:
            select = self.select if self.select is None else _without(self.select, ignore)
            extend = [*_without(self.extend_select, ignore), *extend]
            ignore = [*_without(self.ignore, asked.extend), *ignore]
        patterns = [pattern for pattern in self.per_file_ignores if self._matches(path, pattern)]
        here = [
            code.id
            for pattern in patterns
            for selector in self.per_file_ignores[pattern]
            for code in named(selector)
        ]
        return Selection(select, extend, [*ignore, *here], asked.profile or self.profile, self.options)

    def excludes(self, path: str) -> bool:
        """Whether a file or folder that was found by looking is to be left out."""
        return any(self._matches(path, pattern) for pattern in self.exclude)

    def _matches(self, path: str, pattern: str) -> bool:
        """Whether the path or a folder above it fits a pattern; one without `/` before its end fits at any depth."""
        if ".py:" in path:  # a model in a file
            path = path.rpartition(":")[0]
        relative = os.path.relpath(os.path.abspath(path), self.folder).replace(os.sep, "/")
        parts = relative.split("/")
        if "/" not in pattern.rstrip("/"):
            return any(fnmatchcase(part, pattern.rstrip("/")) for part in parts)
        heads = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        return any(_fits(head.split("/"), pattern.strip("/").split("/")) for head in heads)


def _fits(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether folders and a file fit the parts of a pattern, where `**` stands for any number of folders."""
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_fits(parts[skipped:], patterns[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _fits(parts[1:], patterns[1:])


def _without(selectors: Sequence[str], others: Sequence[str]) -> list[str]:
    """The selectors that name something which the others do not name."""
    over = {code for other in others for code in named(other)}
    return [selector for selector in selectors if not set(named(selector)) <= over]
