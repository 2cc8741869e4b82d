"""`shapecalc report`: one HTML page of what a check says, which answers for other sizes as well."""

from __future__ import annotations

from ..config.config import ConfigError
from ..config.file import finder
from ..lint.selectors import selection
from ..shapes import Shape
from .inputs import Settings, is_unusable, judged
from .output import USAGE, UsageError, save


def report_page(path: str, shape: Shape | None, settings: Settings, output: str | None, force: bool) -> int:
    """Write the page of a check, with the rules that the nearest configuration turns on; the exit status.

    Raises `UsageError`.
    """
    from ..draw.network import network
    from ..draw.svg import svg
    from ..show.page.document import document

    try:
        config = finder(None, False)(path)
        chosen = config.selection(path, selection())
        report = judged(path, shape, settings, chosen)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    if is_unusable(report):
        return USAGE
    drawing = None if report.trace is None else svg(network(report.trace, report.problems), "page")
    save(document(report, drawing, chosen), output, force, path)
    return int(report.fails)
