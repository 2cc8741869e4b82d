"""Doctests in docstrings, for the site: each as a block of code."""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object


class Fenced(Extension):
    """Fences the paragraphs that begin with a prompt."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            paragraphs = obj.docstring.value.split("\n\n")
            obj.docstring.value = "\n\n".join(
                f"```pycon\n{part.rstrip()}\n```" if part.startswith(">>>") else part for part in paragraphs
            )
