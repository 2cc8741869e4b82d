"""`shapecalc compare`: what it is given, and what it prints."""

from __future__ import annotations

import functools

from ..arch import Arch
from ..comparison import compared, lines
from ..config.config import ConfigError
from ..config.file import finder
from ..lint.selectors import selection
from ..report import Report
from ..size import SizeLimit
from .inputs import architecture, is_unusable, judged_as, settings, shape
from .output import UsageError, charset, width, write, write_lines


def compare(
    paths: tuple[str, str | None],
    inputs: list[str],
    set: list[str] | None = None,
    call: str | None = None,
    as_json: bool = False,
) -> int:
    """Print the comparison and return the exit status; raises `UsageError`.

    One path takes two inputs; two paths take one, or none. The rules are those that each one's configuration turns on.
    """
    first, second = paths
    if second is None and len(inputs) != 2:
        raise UsageError("compare takes two PATHs, or one and two inputs: --input 1x10x474 --input 1x10x473")
    if len(inputs) > 2:
        raise UsageError(f"compare takes at most two inputs, not {len(inputs)}")

    @functools.cache  # stdin can be read once
    def read(path: str, given: str | None) -> Arch | Report:
        return architecture(path, settings(set, call, None, given))

    find, reports = finder(), []
    for path, given in zip((first, second or first), (inputs * 2)[:2] if inputs else (None, None)):
        size = shape(given)
        try:
            chosen = find(path).selection(path, selection())
        except ConfigError as error:
            raise UsageError(str(error)) from None
        report = judged_as(read(path, None if path == "-" else given), size, chosen)
        if report.trace is None:
            return _unread(report)
        reports.append(report)
    found = compared(*reports)
    try:
        if as_json:
            write(found.to_json() + "\n")
        else:
            write_lines(lines(found, width(), charset()))
    except SizeLimit as limit:
        raise UsageError(f"a formula grows too large: {limit}; give numbers for its letters") from None
    return 0 if found.same_shapes else 1


def _unread(report: Report) -> int:
    """Say what is wrong with a spec that there is nothing to compare of."""
    if not is_unusable(report):
        from ..show.full import printed

        write(printed(report, charset()))
    return 2
