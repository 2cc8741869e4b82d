"""`shapecalc check`: what it was asked, what holds for each file, and what it prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..config.config import Config, ConfigError
from ..config.file import finder
from ..lint.selection import Selection
from ..lint.selectors import selection, split
from ..report import Report
from ..shapes import Shape
from ..show.formats import FORMATS
from .inputs import Settings, is_unusable, reports
from .output import USAGE, UsageError, charset, complain, write

if TYPE_CHECKING:
    from ..config.baseline import Baseline


class Asked(NamedTuple):
    """The options of `shapecalc check`; None and () where nothing was said."""

    paths: Sequence[str]
    shape: Shape | None
    settings: Settings
    select: Sequence[str] | None = None
    extend_select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    profile: str | None = None
    config: str | None = None
    isolated: bool = False
    format: str | None = None
    statistics: bool = False
    baseline: str | None = None
    update_baseline: bool = False
    exit_zero: bool = False
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


def check(asked: Asked) -> int:
    """Check the files and print what is found; the exit status. Raises `UsageError`."""
    wanted = _selection(asked)
    if asked.config is not None and asked.isolated:
        raise UsageError("--config and --isolated do not go together")
    try:
        nearest = finder(asked.config, asked.isolated)
        return _checked(asked, nearest, lambda path: nearest(path).selection(path, wanted))
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _selection(asked: Asked) -> Selection:
    select = None if asked.select is None else split(asked.select)
    try:
        return selection(select, split(asked.ignore), asked.profile, split(asked.extend_select))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _first(paths: Sequence[str]) -> str:
    """What lies in the folder whose configuration says how the run as a whole goes: that of the first path."""
    path = paths[0]
    return os.path.join(path, "-") if os.path.isdir(path) else path


def _checked(asked: Asked, nearest: Callable[[str], Config], select: Callable[[str], Selection]) -> int:
    here = nearest(_first(asked.paths))
    known = _baseline(asked, here)
    format = asked.format or here.format or ("full" if sys.stdout.isatty() else "concise")
    if asked.statistics and format not in ("full", "concise", "json"):
        raise UsageError(f"--statistics goes with the formats full, concise and json, not with {format}")
    found = reports(
        asked.paths, asked.shape, asked.settings, select, lambda path: nearest(path).excludes(path)
    )
    if asked.diff or asked.fix:
        from .fix import Plan, diffs, mended

        if asked.fix and not asked.diff and "-" in asked.paths:
            raise UsageError("--fix cannot write to stdin; --diff shows the change")
        plan = Plan(asked.unsafe_fixes or here.unsafe_fixes, asked.diff, select)
        after = mended(found, plan, asked.shape, asked.settings)
        if asked.diff:
            return diffs(after)
        found = (report for report, _ in after)
    done = _printed(found, known, format, asked)
    if any(map(is_unusable, done)):
        return USAGE
    if known is not None and asked.update_baseline:
        return _updated(known)
    if known is not None:
        _say_held(known)
    return int(not asked.exit_zero and any(report.fails for report in done))


def _printed(found: Iterator[Report], known: Baseline | None, format: str, asked: Asked) -> list[Report]:
    """The reports, their known findings held back, once they are printed."""
    chosen = FORMATS[format]
    done: list[Report] = []
    for report in found:
        if known is not None and not is_unusable(report):
            report = known.without_known(report)
        if not (chosen.is_document or asked.statistics or asked.update_baseline or is_unusable(report)):
            write("\n" * bool(done) * (format == "full") + chosen.printed(report, charset()))
        done.append(report)
    if asked.statistics and not asked.update_baseline:
        _write_statistics(done, format)
    elif chosen.is_document and not asked.update_baseline:
        alone = len(asked.paths) == 1 and not os.path.isdir(asked.paths[0])
        write(chosen.document(done, alone, charset()))
    elif len(done) > 1 and sys.stderr.isatty():
        wrong = sum(report.fails for report in done)
        complain(f"{len(done)} files, {wrong or 'none'} with problems")
    return done


def _write_statistics(done: list[Report], format: str) -> None:
    from ..show.statistics import statistics, statistics_json

    problems = [problem for report in done if not is_unusable(report) for problem in report.problems]
    write(statistics_json(problems) if format == "json" else statistics(problems))


def _baseline(asked: Asked, here: Config) -> Baseline | None:
    """The baseline asked for, or that of the configuration."""
    path = asked.baseline or here.baseline
    if path is None:
        if asked.update_baseline:
            raise UsageError("--update-baseline needs --baseline FILE")
        return None
    from ..config.baseline import BaselineError, read

    try:
        return read(path, may_be_missing=asked.update_baseline)
    except BaselineError as error:
        raise UsageError(f"{path}: {error}") from None


def _updated(known: Baseline) -> int:
    try:
        known.write()
    except OSError as error:
        raise UsageError(f"{known.path}: cannot be written: {error.strerror or error}") from None
    complain(f"{known.path}: {known.held} known, {known.new} new, {known.gone} gone")
    return 0


def _say_held(known: Baseline) -> None:
    if known.held:
        complain(f"{known.path}: {_findings(known.held)} held back")
    if known.gone:
        verb = "is" if known.gone == 1 else "are"
        complain(
            f"{known.path}: {_findings(known.gone)} {verb} no longer there; --update-baseline takes them out"
        )


def _findings(number: int) -> str:
    return f"{number} known finding{'s' * (number != 1)}"
