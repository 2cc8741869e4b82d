"""What a notebook shows of an architecture, a trace, a report or a proposal: its drawing, or its text.

The classes stand on lower floors than the drawings; they find this module through `picturing` when a notebook asks.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

from .arch import Arch
from .contract import contract
from .problem import Problem
from .trace import Trace, trace


class _Shown(NamedTuple):
    """A drawing, where there is one, and what is wrong with what it shows."""

    drawing: str | None = None
    problems: tuple[Problem, ...] = ()


def svg(value: Any) -> str | None:
    """The drawing of it as SVG; None where no input is known, or nothing could be read or drawn."""
    return _shown(value).drawing


def html(value: Any) -> str:
    """The drawing, and under it what is wrong; its text where there is nothing to draw."""
    return _html(value, _shown(value))


def bundle(value: Any) -> dict[str, str]:
    """Every form that there is, by its MIME type; the text alone where nothing is drawn."""
    shown = _shown(value)
    forms = {"text/plain": _text(value)}
    if shown.drawing is not None:
        forms |= {"image/svg+xml": shown.drawing, "text/html": _html(value, shown)}
    return forms


def _html(value: Any, shown: _Shown) -> str:
    if shown.drawing is None:
        return f"<pre>{escape(_text(value))}</pre>"
    said = "".join(f"<pre>{escape(str(problem))}</pre>" for problem in shown.problems)
    return f"<div>{shown.drawing}{said}</div>"


def _shown(value: Any) -> _Shown:
    """What there is to see; nothing where drawing fails, for the text says what there is to say."""
    try:
        traced, problems = _traced(value)
        if traced is None:
            return _Shown()
        from .draw.network import network
        from .draw.svg import svg

        return _Shown(svg(network(traced, problems)), problems)
    except Exception:
        return _Shown()


def _traced(value: Any) -> tuple[Trace | None, tuple[Problem, ...]]:
    """The trace to draw, and the problems to mark in it; raises `SpecError` where an Arch has no input."""
    if isinstance(value, Arch):
        value = trace(value)
    if isinstance(value, Trace):
        return value, (*value.problems, *contract(value).problems)
    traced = value.trace  # of a report, or of a proposal
    return traced, getattr(value, "problems", ())


def _text(value: Any) -> str:
    if isinstance(value, Trace):
        output = "cannot run" if value.shape_out is None else value.output
        return f"<Trace {value.arch.name}: {value.input} to {output}, {len(value.steps)} steps>"
    return str(value) if hasattr(value, "problems") else repr(value)
