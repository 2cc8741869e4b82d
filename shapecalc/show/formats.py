"""The formats of `shapecalc check`, each a module here; this table is where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, Protocol

from ..problem import Problem
from ..trace import Trace


class Judged(Protocol):
    """What a format reads of a report."""

    @property
    def path(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def trace(self) -> Trace | None: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def ok(self) -> bool: ...


class Format(NamedTuple):
    """A format's module: with `printed(report, charset)`, or `document(reports, alone, charset)` of all reports."""

    module: str
    is_document: bool = False

    def printed(self, report: Judged, charset: str) -> str:
        """One report as text."""
        text: str = import_module(f".{self.module}", __package__).printed(report, charset)
        return text

    def document(self, reports: Sequence[Judged], alone: bool, charset: str) -> str:
        """All reports as one text; `alone` says that one file was asked for, not a list of them."""
        text: str = import_module(f".{self.module}", __package__).document(reports, alone, charset)
        return text


#: Every format by its name on the command line.
FORMATS = {
    "full": Format("full"),
    "concise": Format("concise"),
    "json": Format("json", is_document=True),
    "github": Format("github"),
    "sarif": Format("sarif", is_document=True),
    "junit": Format("junit", is_document=True),
}
