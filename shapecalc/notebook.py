"""What a notebook shows of an architecture, a trace, a report or a proposal: its drawing, or its text.

The classes stand on lower floors than the drawings; they find this module through `picturing` when a notebook asks.
"""

from __future__ import annotations

from html import escape
from typing import Any

from .arch import Arch
from .contract import contract
from .problem import Problem, ShapeError
from .trace import Trace, trace


def svg(value: Any) -> str | None:
    """The drawing of it as SVG; None where no input is known, or nothing could be read."""
    traced, problems = _traced(value)
    if traced is None:
        return None
    from .draw.network import network
    from .draw.svg import svg

    return svg(network(traced, problems))


def html(value: Any) -> str:
    """The drawing, and under it what is wrong; its text where there is nothing to draw."""
    drawing = svg(value)
    if drawing is None:
        return f"<pre>{escape(_text(value))}</pre>"
    _, problems = _traced(value)
    said = "".join(f"<pre>{escape(str(problem))}</pre>" for problem in problems)
    return f"<div>{drawing}{said}</div>"


def bundle(value: Any) -> dict[str, str]:
    """Every form that there is, by its MIME type; the text alone where drawing fails."""
    forms = {"text/plain": _text(value)}
    try:
        drawing = svg(value)
        if drawing is not None:
            forms |= {"image/svg+xml": drawing, "text/html": html(value)}
    except Exception:
        # a notebook that shows nothing helps nobody; the text says what there is to say
        pass
    return forms


def _traced(value: Any) -> tuple[Trace | None, tuple[Problem, ...]]:
    """The trace to draw, and the problems to mark in it."""
    if isinstance(value, Arch):
        try:
            value = trace(value)
        except ShapeError:
            return None, ()
    if isinstance(value, Trace):
        return value, (*value.problems, *contract(value).problems)
    traced = value.trace  # of a report, or of a proposal
    return traced, getattr(value, "problems", ())


def _text(value: Any) -> str:
    if isinstance(value, Trace):
        output = "cannot run" if value.shape_out is None else value.output
        return f"<Trace {value.arch.name}: {value.input} to {output}, {len(value.steps)} steps>"
    return str(value) if hasattr(value, "problems") else repr(value)
