"""`shapecalc compare`: what it is given, and what it prints."""

from __future__ import annotations

import shutil

from .comparison import Comparison, compared, lines
from .inputs import UsageError, is_unusable, judged, settings, shape
from .output import charset, write
from .report import Report
from .show.text import visible


def compare(
    paths: tuple[str, str | None],
    inputs: list[str],
    set: list[str] | None = None,
    call: str | None = None,
    as_json: bool = False,
) -> int:
    """Print the comparison and return the exit status; raises `UsageError`.

    One path takes two inputs; two paths take one, or none.
    """
    first, second = paths
    if second is None and len(inputs) != 2:
        raise UsageError("compare takes two PATHs, or one and two inputs: --input 1x10x474 --input 1x10x473")
    if len(inputs) > 2:
        raise UsageError(f"compare takes at most two inputs, not {len(inputs)}")
    pairs = zip((first, second or first), (inputs * 2)[:2] if inputs else (None, None))
    reports = []
    for path, given in pairs:
        report = judged(path, shape(given), settings(set, call, None, given))
        if report.trace is None:
            return _unread(report)
        reports.append(report)
    found = compared(*reports)
    if as_json:
        write(found.to_json() + "\n")
    else:
        write("".join(f"{visible(line, charset())}\n" for line in _lines(found)))
    return 0 if found.same_shapes else 1


def _lines(found: Comparison) -> list[str]:
    return lines(found, shutil.get_terminal_size().columns)


def _unread(report: Report) -> int:
    """Say what is wrong with a spec that there is nothing to compare of."""
    if not is_unusable(report):
        from .show.full import printed

        write(printed(report, charset()))
    return 2
