"""Where the classes of lower floors find what a notebook shows of them.

The drawings stand above these classes. `notebook` is looked up by its name, and only when somebody asks.
"""

from __future__ import annotations

from typing import Any


def as_svg(value: object) -> str | None:
    """Its drawing; None where there is nothing to draw."""
    made: str | None = _notebook().svg(value)
    return made


def as_html(value: object) -> str:
    """Its drawing, and what is wrong with it."""
    made: str = _notebook().html(value)
    return made


def as_bundle(value: object) -> dict[str, str]:
    """Every form that there is, by MIME type."""
    made: dict[str, str] = _notebook().bundle(value)
    return made


def _notebook() -> Any:
    from importlib import import_module

    return import_module("shapecalc.notebook")
