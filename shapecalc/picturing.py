"""The methods by which a notebook asks a value for its forms.

The drawings stand above the classes that have them. `notebook` is looked up by its name, and only when somebody asks.
"""

from __future__ import annotations

from typing import Any, TypeVar

_C = TypeVar("_C", bound=type)


def pictured(cls: _C) -> _C:
    """A class whose values a notebook shows as drawings; not by a base, for a NamedTuple has none."""
    for method in (_repr_svg_, _repr_html_, _repr_mimebundle_):
        setattr(cls, method.__name__, method)
    return cls


def _repr_svg_(self: object) -> str | None:
    """Its drawing; None where there is nothing to draw."""
    made: str | None = _notebook().svg(self)
    return made


def _repr_html_(self: object) -> str:
    """Its drawing, and what is wrong with it."""
    made: str = _notebook().html(self)
    return made


def _repr_mimebundle_(self: object, include: object = None, exclude: object = None) -> dict[str, str]:
    """Every form that there is, by MIME type; a notebook itself leaves out what it does not want."""
    made: dict[str, str] = _notebook().bundle(self)
    return made


def _notebook() -> Any:
    from importlib import import_module

    return import_module("shapecalc.notebook")
