"""The page's section on receptive fields: the screen of `shapecalc field`, folded."""

from __future__ import annotations

from html import escape

from ...trace import Trace
from ..fields import fields, fields_lines


def seen(trace: Trace) -> str:
    """The section; nothing where there is no layer, no spatial axis, or `sample:` names an axis that is none."""
    try:
        found = fields(trace)
    except ValueError:
        return ""
    if not trace.steps or not found.axes:
        return ""
    return (
        '<section aria-labelledby="seen"><h2 id="seen">Receptive fields</h2>'
        "<details><summary>What each position sees of the input</summary>"
        f'<pre tabindex="0">{escape(chr(10).join(fields_lines(found)))}</pre></details></section>'
    )
