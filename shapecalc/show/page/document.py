"""The page: what a check says, as one HTML file that asks nothing of a network and reads without a script too."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from ...input_sizes import Sizes
from ...lint.selection import Selection
from ...trace import Trace
from ...version import __version__
from ..formats import Judged
from ..formula import spelt
from ..text import visible
from .follow import following
from .live import MOST_CHARACTERS, Off, records
from .parts import costs, fields, layers, no_fields, problems, verdict
from .seen import seen

#: What a page may load: nothing. Its own style and script stand in it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def document(report: Judged, drawing: str | None = None, selection: Selection = Selection()) -> str:
    """The page of a report that was judged with `selection`; `drawing` is an `<svg>` element."""
    trace = report.trace
    title = visible((trace.arch.name if trace else None) or report.path or "shapecalc")
    main, script, follow = [verdict(report)], "", {}
    if trace is not None:
        try:
            found, script = _live(trace, selection)
            follow = following(found.trace)
            main.append(fields(trace, found, follow))
        except Off as off:
            main.append(no_fields(str(off)))
        main += [_figure(drawing, spelt(trace.input))] if drawing else []
        main.append(layers(trace, report.problems, follow))
    main.append(problems(report))
    main += [costs(trace), seen(trace)] if trace is not None else []
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}: shapecalc report</title>",
            f"<style>\n{_own('page.css')}</style>",
            "</head>",
            "<body>",
            f'<header><h1>{escape(title)}</h1><p class="path">{escape(visible(report.path or ""))}</p></header>',
            "<main>",
            *main,
            "</main>",
            f"<footer><p>Made by shapecalc {__version__}. The page is complete: it loads nothing.</p></footer>",
            script,
            "</body>",
            "</html>",
            "",
        )
    )


def _live(trace: Trace, selection: Selection) -> tuple[Sizes, str]:
    """Which sizes work, and the records with the script that answers from them; raises `Off`."""
    exported, found = records(trace, selection)
    data = json.dumps(exported, separators=(",", ":")).replace("<", "\\u003c")
    if len(data) > MOST_CHARACTERS:
        raise Off(f"the formulas of this network take {len(data):,} characters, over {MOST_CHARACTERS:,}")
    code = _own("formulas.js") + _own("page.js")
    script = f'<script type="application/json" id="records">{data}</script>\n<script>\n{code}</script>'
    return found, script


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _figure(drawing: str, size: str) -> str:
    return (
        '<section aria-labelledby="drawing"><h2 id="drawing">Drawing</h2>'
        f'<figure><div class="wide" tabindex="0" role="group" aria-labelledby="drawing">{drawing}</div>'
        f"<figcaption>At {escape(size)}, to scale.</figcaption></figure></section>"
    )
