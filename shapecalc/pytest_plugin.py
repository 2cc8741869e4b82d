"""The pytest plugin: the fixtures `shape_check` and `no_broadcast_loss`, a marker, and specs as test items.

It is loaded in every session of every project that has shapecalc installed, so it imports nothing but pytest
until it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .report import Report

#: The tables of the comparisons that failed in the test that runs.
TABLES = pytest.StashKey[list[str]]()

MARKER = """\
shape_check(input=None, select=None, ignore=None, warnings=True): what the fixture `shape_check` asks for in \
this test, unless the call says otherwise"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--shapecalc`, and `shapecalc = true` in the configuration: collect `*.arch.yaml` files."""
    group = parser.getgroup("shapecalc")
    group.addoption("--shapecalc", action="store_true", help="check *.arch.yaml files as test items")
    parser.addini("shapecalc", "check *.arch.yaml files as test items", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for `--strict-markers`."""
    config.addinivalue_line("markers", MARKER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A spec file, where specs are asked for."""
    if not file_path.name.endswith(".arch.yaml"):
        return None
    if not (parent.config.getoption("--shapecalc") or parent.config.getini("shapecalc")):
        return None
    collector: pytest.Collector = SpecFile.from_parent(parent, path=file_path)
    return collector


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """What `assert shapes(...) == "..."` says when it fails: the axis and both numbers.

    pytest cuts longer explanations, so the table stands in a section of its own.
    """
    difference = getattr(left, "difference", None)
    if op != "==" or type(left).__module__ != "shapecalc.testing" or not isinstance(difference, str):
        return None
    first, _, rest = difference.partition("\n\n")
    config.stash.setdefault(TABLES, []).append(rest)
    return [f"{left!r} is not {right!r}", *first.splitlines()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts the tables of failed comparisons into the test's report."""
    report = yield
    tables = item.config.stash.get(TABLES, [])
    if report.failed:
        report.sections += [("shapes", table) for table in tables]
    tables.clear()
    return report


@pytest.fixture
def shape_check(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """Checks a model, an Arch or a spec's path, `shape_check(model, "1x10x474")`, and returns the report.

    The test fails, with the text that `shapecalc check` prints, where torch would refuse, the contract is
    broken, or (unless `warnings=False`) the linter warns. The marker `shape_check` gives the defaults.
    """
    marker = request.node.get_closest_marker("shape_check")
    defaults: dict[str, Any] = dict(marker.kwargs) if marker else {}

    def checked(target: Any, input: Any = None, **options: Any) -> Report:
        __tracebackhide__ = True
        wanted = {"input": None, "select": None, "ignore": None, "warnings": True} | defaults | options
        if input is not None:
            wanted["input"] = input
        report = _report(target, wanted.pop("input"), wanted.pop("select"), wanted.pop("ignore"))
        if _fails(report, wanted.pop("warnings")):
            pytest.fail(str(report), pytrace=False)
        if wanted:
            raise TypeError(f"shape_check takes no {', '.join(wanted)}")
        return report

    return checked


@pytest.fixture
def no_broadcast_loss() -> Iterator[None]:
    """In the test, losses refuse a target that torch would broadcast against the output in silence."""
    from .testing import no_broadcast_loss

    with no_broadcast_loss():
        yield


def _report(target: Any, input: Any, select: Iterable[str] | None, ignore: Iterable[str] | None) -> Report:
    from .lint.selection import Selection
    from .report import check

    selection = Selection(select=None if select is None else tuple(select), ignore=tuple(ignore or ()))
    if not isinstance(target, str | os.PathLike):
        from .read.module import from_module, is_module

        if is_module(target):
            return check(from_module(target, input), selection=selection)
    return check(target, input, selection=selection)


def _fails(report: Report, warnings: bool) -> bool:
    severities = ("error", "warning") if warnings else ("error",)
    return any(problem.severity in severities for problem in report.problems)


class SpecFile(pytest.File):
    """A spec as a collector: an item for each thing that it promises."""

    def collect(self) -> Iterable[pytest.Item]:
        """`runs`; then `restores` or `output`, `latent`, where they are promised; `lint`."""
        from .problem import SpecError
        from .read.spec import load

        try:
            arch = load(self.path)
        except (SpecError, UnicodeDecodeError):
            names = ["runs"]
        else:
            promise = arch.contract
            promises = {"restores": promise.mirrors, "output": promise.output, "latent": promise.latent}
            names = ["runs", *(name for name, made in promises.items() if made), "lint"]
        for name in names:
            item: pytest.Item = SpecItem.from_parent(self, name=name)
            yield item


class SpecFailure(Exception):
    """A spec does not keep what it promises; the text is the report."""


#: The codes that break each promise; all errors that no other item names belong to `runs`.
PROMISES = {"restores": ("SHP201",), "output": ("SHP202", "SHP204"), "latent": ("SHP203",)}


class SpecItem(pytest.Item):
    """One promise of one spec."""

    def runtest(self) -> None:
        """Fails with the text that `shapecalc check` prints."""
        from .problem import SpecError
        from .report import check

        try:
            report = check(self.path)
        except SpecError as error:
            if report_is_missing_input(error):
                pytest.skip(error.problem.message)
            raise
        if not all(self.is_kept(problem.code.id, problem.severity) for problem in report.problems):
            raise SpecFailure(str(report))
        if self.name != "runs" and (report.trace is None or report.trace.failed is not None):
            pytest.skip("it does not run")

    def is_kept(self, code: str, severity: str) -> bool:
        """Whether a problem is none of this item's."""
        if self.name in PROMISES:
            return code not in PROMISES[self.name]
        if self.name == "lint":
            return severity != "warning"
        return severity != "error" or any(code in codes for codes in PROMISES.values())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report, without a traceback through this file."""
        if isinstance(excinfo.value, SpecFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item stands."""
        return self.path, None, f"{self.path.name}: {self.name}"


def report_is_missing_input(error: Exception) -> bool:
    """Whether a spec cannot be checked because it states no input."""
    return getattr(getattr(error, "problem", None), "code", ("",))[0] == "SHP014"
